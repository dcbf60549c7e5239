"""Reads the mirror rule in force for a service from the objects of a cluster and the user's overrides."""

from collections.abc import Sequence

from mirrorcheck.mesh.checks import check_mirror, check_pods, pods_of
from mirrorcheck.mesh.documents import Labels, entries, merged, namespace_of, word
from mirrorcheck.mesh.gateway_routes import every_gateway_route, read_gateway_routes
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
)
from mirrorcheck.mesh.other_mirrors import every_other_mirror, read_other_mirrors
from mirrorcheck.mesh.route_rules import read_route_rules
from mirrorcheck.mesh.virtual_services import every_virtual_service, read_virtual_services

_ARTICLE = ((("version", "v1"),), (("version", "v2"),))
"""The labels of both sides without a rule, as in the experiment that made mirroring known."""


def rules_of(objects: Objects) -> list[Rule]:
    """The rules that the service's requests go by, of all kinds."""
    named, same = (objects.service, objects.namespace), same_services(objects)
    return [
        *read_virtual_services(objects.virtual_services, *named, same),
        *read_gateway_routes(objects.routes, *named, same),
        *read_route_rules(objects.route_rules, *named),
        *read_other_mirrors(objects.others, same),
    ]


def services_named(objects: Objects) -> set[tuple[str, str]]:
    """Namespace and name of every service whose selector `read` needs, as far as is known without them.

    This includes the services in every mirroring rule of the namespace: a service for one version of the pods may have
    any name, and only its selector shows which pods it means.
    """
    every = (
        *every_virtual_service(objects.virtual_services),
        *every_gateway_route(objects.routes),
        *every_other_mirror(objects.others),
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
    findings += _about_state(state, rules, objects, before) + _about_others(mirror, others)
    if mirror is not None:
        findings += check_mirror(mirror, rules, objects)
    primary, shadow = _sides(mirror, rules, objects, overrides, before)
    findings += check_pods(primary, shadow, objects, mirror=mirror)
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
) -> list[Finding]:
    withheld = ", ".join(objects.unreadable)
    if state == "unreadable":
        what = f"rule not readable: needs get and list on {withheld}"
        remedy = "Ask for these rights, or give --primary, --shadow and --expect."
        return [Finding("warning", "rule-unreadable", what, remedy)]
    found = []
    if withheld:
        what = f"not everything could be read: needs get and list on {withheld}"
        found.append(Finding("note", "resources-unreadable", what, "What they say of the service is not known."))
    if state == "no mirror":
        what = f"no mirror configured: 0 copies expected ({rules[0].source} has none)"
        found.append(Finding("note", "no-mirror", what, "Add a mirror to it; watch sees it at once."))
    if state == "no rule" and before is not None:
        what = f"the rule of service {objects.service} was removed: 0 copies expected; the sides are those that it had"
        found.append(Finding("note", "rule-removed", what, "Put it back; watch sees it at once."))
    elif state == "no rule":
        where = f" in namespace {objects.namespace}" if objects.narrow else ""
        what = f"no rule for service {objects.service} was found{where}: the sides are determined by labels"
        remedy = "Give --expect with the percentage that you expect, and --primary and --shadow for other sides."
        found.append(Finding("note", "no-rule", what, remedy))
    return found


def _about_others(mirror: Mirror | None, others: Sequence[Mirror]) -> list[Finding]:
    found = []
    for other in others if mirror else ():
        what = f"another mirror, not watched: {other.source}: {other}"
        found.append(Finding("note", "several-mirrors", what, f"Give --shadow {other.shadow.name} to watch that one."))
    return found


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
