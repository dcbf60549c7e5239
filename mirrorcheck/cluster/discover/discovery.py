"""Finds a service's pods, their sides and the mirror rule, and reads the rule again.

Needs these rights in the service's namespace: get on services, list on pods, get on pods/log, and get and list on the
mesh's kinds. Missing ones are worked around or named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import Forbidden
from mirrorcheck.cluster.discover.containers import ContainerChoice, choose_container
from mirrorcheck.cluster.discover.inventory import NAME, gather, selections
from mirrorcheck.cluster.discover.mesh_objects import Listed, read_mesh, reread_mesh
from mirrorcheck.cluster.discover.target import Target, pipe
from mirrorcheck.errors import UsageError
from mirrorcheck.mesh.access_logs import about_access_logs, check_fields
from mirrorcheck.mesh.documents import Document, name_of, namespace_of, word
from mirrorcheck.mesh.groups import PROXIES, shown
from mirrorcheck.mesh.model import Finding, Objects, Overrides, RuleReading, ordered
from mirrorcheck.mesh.read import Name, namespaces_named, read
from mirrorcheck.sources.feed import Side

UNREADABLE_LOGS = "logs-unreadable"
"""The code of what is found where logs may not be read."""
_KIND = re.compile(r"(?:svc|services?)/")


def discover(client: Client, service: str, overrides: Overrides) -> Target:
    """Find a service's pods, which of their containers to read, and its mirror rule.

    service: its name, with svc/ before it as kubectl takes it or without; its namespace is the client's. Raises
    UsageError for a name that no service can have, and ClusterError where there is no such service, its pods may not be
    listed, or the server cannot be asked.
    """
    name = _KIND.sub("", service, count=1)
    if not NAME.fullmatch(name):
        raise UsageError(f"{service} is no name of a service. `kubectl get services` shows them.")
    listed = read_mesh(client, name, client.namespace)
    objects = gather(client, name, client.namespace, listed, overrides)
    return _target(client, objects, read(objects, overrides), listed, overrides)


def discover_all(client: Client, service: str, overrides: Overrides) -> dict[str, Target]:
    """Find the same for each shadow that the rule copies to, by its name; "" where there is one, or the user names one.

    Raises as `discover` does.
    """
    first = discover(client, service, overrides)
    names = first.reading.shadows
    if overrides.shadow or len(names) == 1 or first.mirror is None:
        return {"": first}
    return {name: discover(client, service, replace(overrides, shadow=name, beside=names)) for name in names}


def reread(client: Client, target: Target, *, wide: bool = False) -> Target | None:
    """Read the rule again; None while nothing was written, else the target anew, which may say the same.

    Asks for one list of each kind that is served, from the server's cache and in the namespaces that the rule is
    written in; wide: in all namespaces, as at first, so that a rule that comes from elsewhere is seen too. ClusterError
    where the server cannot be asked, or lets something be read no more: try again later.
    """
    name, namespace, known = target.service, target.namespace, namespaces_named(target.objects)
    listed = read_mesh(client, name, namespace) if wide else reread_mesh(client, target.listed, known, name, namespace)
    before = [each for each in _versions(target.listed) if wide or each[1] in known]
    if set(before) == set(_versions(listed)):
        return None
    if not wide:  # it may name what is written elsewhere
        listed = read_mesh(client, name, namespace)
    _refuse_less(target.listed, listed)
    objects = gather(client, name, namespace, listed, target.overrides, target.mirrored)
    reading = read(objects, target.overrides, target.mirrored)
    if reading == target.reading and objects.telemetry == target.objects.telemetry:
        return replace(target, objects=objects, listed=listed)
    return _target(client, objects, reading, listed, target.overrides, target.mirrored)


def with_last_sides(client: Client, before: Target, now: Target, last: Mapping[Name, Document]) -> Target:
    """The target as it is now, whose rule is gone, with the sides that the rule had at its end.

    before: as it was when it was last read. last: what is gone since then, as it was at its end, as far as that is
    known: the rule may have had other sides then than anybody read. ClusterError where the server cannot be asked.
    """
    if now.mirror is not None or not last:
        return now
    name, namespace, overrides = now.service, now.namespace, now.overrides
    listed = [replace(each, found=(*each.found, *_of_kind(each, last.values()))) for each in now.listed]
    objects = gather(client, name, namespace, listed, overrides, before.mirrored)
    ended = _with_sides(read(objects, overrides, before.mirrored), before.mirrored)
    if ended is None or (ended.primary, ended.shadow) == (now.reading.primary, now.reading.shadow):
        return now
    objects = gather(client, name, namespace, now.listed, overrides, ended)
    return _target(client, objects, read(objects, overrides, ended), now.listed, overrides, ended)


def _with_sides(reading: RuleReading, before: RuleReading | None) -> RuleReading | None:
    """The reading whose sides stay where there is no rule: the last one of a rule, from the first with a mirror on."""
    without = before is not None and reading.state == "no mirror"
    return reading if reading.mirror is not None or without else before


def _of_kind(listed: Listed, documents: Iterable[Document]) -> Iterator[Document]:
    for each in documents:
        if (word(each, "kind"), word(each, "apiVersion").partition("/")[0]) == (listed.kind.kind, listed.kind.group):
            yield each


def with_pods(target: Target, pods: Mapping[str, tuple[Document, ...]]) -> Target | None:
    """The target by the pods that are there now, by namespace; None while nothing else is wrong. Asks nobody.

    What it says of the sides stays: that is the rule's to say.
    """
    objects = replace(target.objects, pods={**target.objects.pods, **pods})
    reading = replace(target.reading, findings=read(objects, target.overrides, target.mirrored).findings)
    if reading == target.reading:
        return None
    of_logs = [each for each in target.findings if each not in target.reading.findings]
    return replace(target, reading=reading, objects=objects, findings=ordered((*reading.findings, *of_logs)))


def _refuse_less(before: Iterable[Listed], now: Iterable[Listed]) -> None:
    """Raise Forbidden if a right was withdrawn meanwhile: what is not seen any more may still exist."""
    readable = {each.kind for each in before if each.readable and each.path}
    for each in now:
        if each.kind in readable and not each.readable:
            raise Forbidden(f"needs get and list on {each.kind.resource}", "list", each.kind.resource)


def _versions(listed: Iterable[Listed]) -> list[tuple[str, str, str, str]]:
    """The version of the rules: each object's kind, namespace, name and resource version."""
    return [
        (each.kind.kind, namespace_of(found), name_of(found), word(found, "metadata", "resourceVersion"))
        for each in listed
        for found in each.found
    ]


def _target(  # noqa: PLR0913, PLR0917  # what was read, and what for
    client: Client,
    objects: Objects,
    reading: RuleReading,
    listed: tuple[Listed, ...],
    overrides: Overrides,
    before: RuleReading | None = None,
) -> Target:
    watches = selections(reading, objects)
    target = Target(
        service=objects.service,
        namespace=objects.namespace,
        reading=reading,
        containers={},
        watches=watches,
        findings=reading.findings,
        overrides=overrides,
        objects=objects,
        listed=listed,
        mirrored=_with_sides(reading, before),
    )
    primary = choose_container(client, target.pods("primary"), overrides.container)
    shadow = choose_container(client, target.pods("shadow"), overrides.container, primary.name)
    choices: dict[Side, ContainerChoice] = {"primary": primary, "shadow": shadow}
    findings = ordered((*reading.findings, *_about_logs(target, choices)))
    return replace(target, containers=choices, findings=findings)


def _about_logs(target: Target, choices: Mapping[Side, ContainerChoice]) -> list[Finding]:
    """What is wrong with the logs of either side that has pods."""
    findings: list[Finding] = []
    for side, choice in choices.items():
        if pods := target.pods(side):
            findings += _about_choice(target, side, choice)
            if choice.name in PROXIES:
                findings += about_access_logs(side, pods, target.objects.telemetry)
    primary, shadow = choices["primary"], choices["shadow"]
    if primary.seen == shadow.seen == "access log":
        findings += check_fields(primary.fields, shadow.fields)
    return findings


def _about_choice(target: Target, side: Side, choice: ContainerChoice) -> list[Finding]:
    groups = target.reading.primary if side == "primary" else (target.reading.shadow,)
    named = f"the {side}'s pods"
    match choice.seen:
        case "forbidden":
            way = pipe(groups[0].namespace, shown(groups[0].labels), choice.name)
            what = f"logs of {named} may not be read: needs get on pods/log in {groups[0].namespace}"
            return [Finding("error", UNREADABLE_LOGS, what, f"Ask for it; or, where kubectl may: {way}")]
        case "absent":
            what = f"{named} have no container {choice.name}"
            return [Finding("error", "container-missing", what, "Give another name with --container.")]
        case "other lines":
            names = ", ".join((choice.name, *choice.others))
            what = f"no container of {named} writes access logs in a known format (read: {names})"
            remedy = "Switch them on (nginx: access_log /dev/stdout main), or name the container with --container."
            return [Finding("error", "no-access-log", what, remedy)]
        case "silent":
            what = f"container {choice.name} of {named} has no access-log line yet"
            return [Finding("note", "no-line-yet", what, "Send a request, or name another one with --container.")]
        case "access log":
            return []
