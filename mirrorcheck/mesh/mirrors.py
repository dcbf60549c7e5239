"""Finds the mirrors in rules, one for each shadow that an object copies to, and the one to watch."""

from collections.abc import Iterator, Sequence

from mirrorcheck.mesh.documents import Labels
from mirrorcheck.mesh.groups import group_of, shown
from mirrorcheck.mesh.model import (
    WHOLE,
    Destination,
    Finding,
    Group,
    Mirror,
    Objects,
    Overrides,
    Passage,
    Route,
    Rule,
)


def mirrors_of(rules: Sequence[Rule], objects: Objects) -> tuple[list[Mirror], list[Finding]]:
    """Every mirror, in the order of the routes, and what is wrong with the places they name."""
    found: list[Mirror] = []
    findings: list[Finding] = []
    for rule in rules:
        shadows = dict.fromkeys(place for passage in rule.passages for place, _ in passage.copies)
        for shadow in shadows:
            mirror, more = _mirror(rule, shadow, rules, objects)
            found.append(mirror)
            findings += more
    return found, list(dict.fromkeys(findings))


def choose(mirrors: Sequence[Mirror], overrides: Overrides) -> tuple[Mirror | None, list[Finding]]:
    """The mirror that --shadow names, else the first; None where --shadow names another."""
    if not mirrors:
        return None, []
    if not overrides.shadow:
        return mirrors[0], []
    for mirror in mirrors:
        if is_named(mirror.shadow, overrides.shadow):
            return mirror, []
    there = ", ".join(dict.fromkeys(mirror.shadow.name for mirror in mirrors))
    what = f"no rule mirrors to {shown(overrides.shadow)}: the shadow is {there}"
    return None, [Finding("error", "shadow-not-mirrored", what, f"Give --shadow {mirrors[0].shadow.name}.")]


def is_named(group: Group, wanted: Labels | str) -> bool:
    """Whether a group is the one that --shadow means: by its name, or by labels that it asks for."""
    if isinstance(wanted, str):
        return wanted in {group.name, group.service}
    return set(wanted) <= set(group.labels)


def primaries(rules: Sequence[Rule], objects: Objects) -> tuple[Group, ...]:
    """Where the first rule sends requests, for a rule without a mirror."""
    places = [
        place for rule in rules[:1] for passage in rule.passages for place, weight in passage.destinations if weight
    ]
    return tuple(dict.fromkeys(group_of(place, objects)[0] for place in places))


def _mirror(rule: Rule, shadow: Destination, rules: Sequence[Rule], objects: Objects) -> tuple[Mirror, list[Finding]]:
    own = [passage for passage in rule.passages if any(place == shadow for place, _ in passage.copies)]
    group, findings = group_of(shadow, objects)
    primary: dict[Group, None] = {}
    for place in dict.fromkeys(place for passage in own for place, weight in passage.destinations if weight):
        found, more = group_of(place, objects)
        findings += more
        primary[found] = None
    several = tuple(each for each in primary if each != group)
    routes = tuple(_route(passage, shadow) for passage in own)
    unmirrored = tuple(_unmirrored(rules, rule, own, shadow))
    percents = {route.percent for route in routes}
    expect = percents.pop() if len(percents) == 1 and not unmirrored else None
    fraction = any(passage.fraction for passage in own)
    groups = several or tuple(primary)
    return Mirror(rule.source, groups, group, routes, expect, unmirrored, fraction, rule.by_sidecars), findings


def _route(passage: Passage, shadow: Destination) -> Route:
    """Two policies of a route for one shadow share a draw, so the greater share is copied at least once."""
    percent = max(share for place, share in passage.copies if place == shadow)
    total = sum(weight for _, weight in passage.destinations)
    direct = sum(weight for place, weight in passage.destinations if place == shadow)
    return Route(passage.at, passage.text, passage.takes_all, percent, WHOLE * direct / total if total else 0.0)


def _unmirrored(rules: Sequence[Rule], mirroring: Rule, own: Sequence[Passage], shadow: Destination) -> Iterator[str]:
    """Routes to the same primary that do not copy to the shadow."""
    primary = {place for each in own for place, weight in each.destinations if weight and place != shadow}
    for rule in rules:
        for passage in rule.passages:
            reaches = any(weight and place in primary for place, weight in passage.destinations)
            if reaches and all(place != shadow for place, _ in passage.copies):
                where = passage.at if rule is mirroring else f"{rule.source} {passage.at}"
                yield f"{passage.text} by {where}"


def twice(mirror: Mirror, rules: Sequence[Rule], objects: Objects) -> list[str]:
    """The routes that copy to a mirror's shadow more than once."""
    return [
        passage.at
        for rule in rules
        if rule.source == mirror.source
        for passage in rule.passages
        if sum(group_of(place, objects)[0] == mirror.shadow for place, _ in passage.copies) > 1
    ]
