"""Reads the mirror rule in force for a service from objects of a cluster and the user's overrides, and its changes."""

from collections.abc import Iterator, Mapping, Sequence

from mirrorcheck.mesh.checks import check_mirror, check_pods, pods_of
from mirrorcheck.mesh.documents import Document, Labels, entries, merged, name_of, namespace_of, number, word
from mirrorcheck.mesh.gateway_routes import gateway_rule, read_gateway_routes
from mirrorcheck.mesh.groups import DESTINATION_RULES, labels_name, same_services, selector_of, subsets
from mirrorcheck.mesh.mirrors import choose, mirrors_of, primaries
from mirrorcheck.mesh.model import (
    NOTHING,
    Finding,
    Group,
    Mirror,
    Objects,
    Overrides,
    Rule,
    RuleReading,
    RuleState,
    names,
    ordered,
    place_of,
)
from mirrorcheck.mesh.other_mirrors import other_mirrors
from mirrorcheck.mesh.route_rules import read_route_rules
from mirrorcheck.mesh.virtual_services import every_virtual_service, read_virtual_services

_ARTICLE = ((("version", "v1"),), (("version", "v2"),))
"""The labels of both sides without a rule, as in the experiment that made mirroring known."""
Name = tuple[str, str, str]
"""Kind, namespace and name of an object."""


def rules_of(objects: Objects) -> list[Rule]:
    """The rules that the service's requests go by, of all kinds."""
    named, same = (objects.service, objects.namespace), same_services(objects)
    return [
        *read_virtual_services(objects.virtual_services, *named, same),
        *read_gateway_routes(objects.routes, *named, same),
        *read_route_rules(objects.route_rules, *named),
        *(rule for rule in other_mirrors(objects.others) if rule.reaches(same)),
    ]


def services_named(objects: Objects) -> set[tuple[str, str]]:
    """Namespace and name of every service whose selector `read` needs, as far as is known without them.

    This includes the services in every mirroring rule of the namespace: a service for one version of the pods may have
    any name, and only its selector shows which pods it means.
    """
    every = (
        *every_virtual_service(objects.virtual_services),
        *map(gateway_rule, objects.routes),
        *other_mirrors(objects.others),
    )
    places = {
        place
        for rule in (*rules_of(objects), *(rule for rule in every if _may_be_near(rule, objects)))
        for passage in rule.passages
        for place, _ in (*passage.destinations, *passage.copies)
        if place.service
    }
    return {(place.namespace, place.service) for place in places} | {(objects.namespace, objects.service)}


def _may_be_near(rule: Rule, objects: Objects) -> bool:
    return any(
        passage.copies and any(place.namespace == objects.namespace for place, _ in passage.destinations)
        for passage in rule.passages
    )


def namespaces_named(objects: Objects) -> set[str]:
    """The namespaces of the rule in force and of what it names."""
    rules = rules_of(objects)
    sources = {rule.source.namespace for rule in rules}
    places = {namespace for namespace, _ in services_named(objects)}
    delegates = {
        word(route, "delegate", "namespace")
        for each in objects.virtual_services
        if namespace_of(each) in sources
        for route in entries(each, "spec", "http")
    }
    return (sources | places | delegates | {objects.namespace}) - {""}


def read(objects: Objects, overrides: Overrides = NOTHING, before: RuleReading | None = None) -> RuleReading:
    """Read the rule in force, the pods of each side, and everything that is wrong, errors first.

    before: the last reading with a mirror; if there is none now, its sides stay, except where routes name others.
    """
    rules = rules_of(objects)
    mirrors, findings = mirrors_of(rules, objects)
    findings = [each for rule in rules for each in rule.findings] + findings
    mirror, more = choose(mirrors, overrides)
    findings += more
    others = tuple(each for each in mirrors if each != mirror)
    state = _state(rules, mirrors, objects)
    findings += _about_state(state, rules, objects, before)
    if mirror is not None:
        unwatched = [each for each in others if each.shadow.name not in overrides.beside]
        findings += (*_about_others(unwatched), *check_mirror(mirror, rules, objects))
    primary, shadow = _sides(mirror, rules, objects, overrides, before)
    findings += check_pods(primary, shadow, objects, mirror)
    expect = _expected(mirror, state, overrides)
    text = _text(mirror, state, rules, primary, shadow, removed=before is not None)
    return RuleReading(mirror, others, primary, shadow, expect, text, state, ordered(findings))


def _state(rules: Sequence[Rule], mirrors: Sequence[Mirror], objects: Objects) -> RuleState:
    if mirrors:
        return "mirror"
    if rules:
        return "no mirror"
    return "unreadable" if set(objects.unreadable) - {DESTINATION_RULES} else "no rule"


def _about_state(
    state: RuleState, rules: Sequence[Rule], objects: Objects, before: RuleReading | None
) -> Iterator[Finding]:
    withheld = ", ".join(objects.unreadable)
    if state == "unreadable":
        what = f"rule not readable: needs get and list on {withheld}"
        remedy = "Ask for these rights, or give --primary, --shadow and --expect."
        yield Finding("warning", "rule-unreadable", what, remedy)
        return
    if withheld:
        what = f"not everything could be read: needs get and list on {withheld}"
        yield Finding("note", "resources-unreadable", what, "What they say of the service is not known.")
    if state == "no mirror":
        what = f"no mirror configured: 0 copies expected ({rules[0].source} has none)"
        yield Finding("note", "no-mirror", what, "Add a mirror to it; watch sees it at once.")
    if state == "no rule" and before is not None:
        what = f"the rule of service {objects.service} was removed: 0 copies expected; the sides are those that it had"
        yield Finding("note", "rule-removed", what, "Put it back; watch sees it at once.")
    elif state == "no rule":
        where = f" in namespace {objects.namespace}" if objects.narrow else ""
        what = f"no rule for service {objects.service} was found{where}: the sides are determined by labels"
        remedy = "Give --expect with the percentage that you expect, and --primary and --shadow for other sides."
        yield Finding("note", "no-rule", what, remedy)


def _about_others(others: Sequence[Mirror]) -> Iterator[Finding]:
    for other in others:
        what = f"another mirror, not watched: {other.source}: {other}"
        yield Finding("note", "several-mirrors", what, f"Give --shadow {other.shadow.name} to watch that one.")


def _sides(
    mirror: Mirror | None, rules: Sequence[Rule], objects: Objects, overrides: Overrides, before: RuleReading | None
) -> tuple[tuple[Group, ...], Group]:
    if overrides.primary:
        primary: tuple[Group, ...] = (_given(overrides.primary, objects),)
    elif mirror is not None:
        primary = mirror.primary
    else:
        primary = primaries(rules, objects) or (before.primary if before else (_given(_ARTICLE[0], objects),))
    if mirror is not None:
        return primary, mirror.shadow
    if overrides.shadow:
        return primary, _given(overrides.shadow, objects)
    if before is not None and before.shadow not in primary:
        return primary, before.shadow
    return primary, _unmirrored_shadow(primary, objects)


def _given(wanted: Labels | str, objects: Objects) -> Group:
    """Pods by these labels on top of the service's selector, or by these alone if that selects none."""
    name = wanted if isinstance(wanted, str) else labels_name(wanted)
    if isinstance(wanted, str):
        wanted = subsets(objects, objects.service, objects.namespace).get(wanted, (("version", wanted),))
    selector, _ = selector_of(objects, objects.service, objects.namespace)
    within = Group(name, objects.namespace, objects.service, merged(selector, wanted))
    alone = Group(name, objects.namespace, objects.service, wanted)
    return within if pods_of(within, objects) or not pods_of(alone, objects) else alone


def _unmirrored_shadow(primary: Sequence[Group], objects: Objects) -> Group:
    """Where a mirror would send copies: the only subset besides the primary, else as in the article."""
    taken = {group.name for group in primary}
    free = [name for name in subsets(objects, objects.service, objects.namespace) if name not in taken]
    return _given(free[0] if len(free) == 1 else _ARTICLE[1], objects)


def _expected(mirror: Mirror | None, state: RuleState, overrides: Overrides) -> float | None:
    if overrides.expect is not None:
        return overrides.expect
    if mirror is not None:
        return mirror.expect
    return 0.0 if state == "no mirror" else None


def _text(  # noqa: PLR0913  # each is another part of the sentence
    mirror: Mirror | None,
    state: RuleState,
    rules: Sequence[Rule],
    primary: tuple[Group, ...],
    shadow: Group,
    *,
    removed: bool,
) -> str:
    if mirror is not None:
        return f"{mirror.source}: {mirror}"
    if state == "no mirror":
        return f"{rules[0].source}: no mirror configured, 0 copies expected"
    if state == "no rule" and removed:
        return f"mirror rule removed, 0 copies expected: sides as before, {names(primary)} -> {shadow.name}"
    why = "rule not readable" if state == "unreadable" else "no mirror rule" if state == "no rule" else "no such mirror"
    return f"{why}, by labels: {names(primary)} -> {shadow.name}"


def rewritten(before: Objects, after: Objects, last: Mapping[Name, Document]) -> bool:
    """Whether the objects of the rule may have changed more than once, so that it was different in between.

    last: the last known state of removed objects. A custom resource's generation counts the changes of its spec; one
    that was removed and created anew has another uid. One without a generation counts as changed once if its version
    differs.
    """
    old, new = _by_name(before), _by_name(after)
    names = {*_objects_of_rule(before), *_objects_of_rule(after)}
    return sum(_changes(old.get(name), new.get(name), last.get(name)) for name in names) > 1


def removed(before: Objects, after: Objects) -> set[Name]:
    """The objects of the rule before that are gone."""
    return set(_objects_of_rule(before)) & _by_name(before).keys() - _by_name(after).keys()


def _objects_of_rule(objects: Objects) -> Iterator[Name]:
    """The rules in force, their delegates, and the DestinationRules of the services that they name."""
    rules = rules_of(objects)
    yield from ((rule.source.kind, rule.source.namespace, rule.source.name) for rule in rules)
    places = services_named(objects)
    for each in objects.destination_rules:
        place = place_of(word(each, "spec", "host"), namespace_of(each))
        if (place.namespace, place.service) in places:
            yield _name_of(each)
    yield from (_name_of(each) for each in objects.virtual_services if not each.get("spec", {}).get("hosts"))


def _changes(before: Document | None, after: Document | None, last: Document | None) -> int:
    if before is None:
        return round(number(after, "metadata", "generation") or 1) if after else 0
    if after is None:  # without its last state it may have changed before it was removed
        return 1 + (_changes(before, last, None) if last else 1)
    if word(before, "metadata", "uid") != word(after, "metadata", "uid"):
        return 2
    counts = [number(each, "metadata", "generation") for each in (before, after)]
    if counts[0] is None or counts[1] is None:
        return int(word(before, "metadata", "resourceVersion") != word(after, "metadata", "resourceVersion"))
    return round(counts[1] - counts[0])


def _by_name(objects: Objects) -> dict[Name, Document]:
    rules = (*objects.virtual_services, *objects.routes, *objects.route_rules, *objects.others)
    return {_name_of(each): each for each in (*rules, *objects.destination_rules)}


def _name_of(document: Document) -> Name:
    return word(document, "kind"), namespace_of(document), name_of(document)
