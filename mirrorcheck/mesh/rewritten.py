"""Finds whether the rule may have been different for a while between two readings of the mesh."""

from collections.abc import Iterator, Mapping

from mirrorcheck.mesh.documents import Document, name_of, namespace_of, number, word
from mirrorcheck.mesh.hosts import place_of
from mirrorcheck.mesh.model import Objects
from mirrorcheck.mesh.read import rules_of, services_named

Name = tuple[str, str, str]
"""Kind, namespace and name of an object."""


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
            yield _name(each)
    yield from (_name(each) for each in objects.virtual_services if not each.get("spec", {}).get("hosts"))


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
    return {_name(each): each for each in (*rules, *objects.destination_rules)}


def _name(document: Document) -> Name:
    return word(document, "kind"), namespace_of(document), name_of(document)
