"""What was read of the mesh twice comes in; whether its rule may have said a third thing in between goes out."""

from collections.abc import Iterator, Mapping

from mirrorcheck.mesh.documents import Document, name_of, namespace_of, number, word
from mirrorcheck.mesh.hosts import place_of
from mirrorcheck.mesh.model import Objects
from mirrorcheck.mesh.read import rules_of, services_named

Name = tuple[str, str, str]
"""Kind, namespace and name of an object."""


def rewritten(before: Objects, after: Objects, last: Mapping[Name, Document]) -> bool:
    """Whether what the rule is written in may have been changed more than once, and was something else meanwhile.

    last: what is gone, as it was at its end, as far as that is known. A custom resource's generation counts the changes
    of what it asks for, by whoever made them; one that was removed and made anew has another uid. One without any
    generation counts as changed once with each other version.
    """
    old, new = _by_name(before), _by_name(after)
    names = {*_written_in(before), *_written_in(after)}
    return sum(_changes(old.get(name), new.get(name), last.get(name)) for name in names) > 1


def removed(before: Objects, after: Objects) -> set[Name]:
    """What the rule was written in, and is gone."""
    return set(_written_in(before)) & _by_name(before).keys() - _by_name(after).keys()


def _written_in(objects: Objects) -> Iterator[Name]:
    """The rules in force, what they delegate to, and the labels of the subsets that they name."""
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
    if after is None:  # whether it was changed before it was removed is not known without its end
        return 1 + (_changes(before, last, None) if last else 1)
    if word(before, "metadata", "uid") != word(after, "metadata", "uid"):
        return 2
    counts = [number(each, "metadata", "generation") for each in (before, after)]
    if counts[0] is None or counts[1] is None:
        return int(word(before, "metadata", "resourceVersion") != word(after, "metadata", "resourceVersion"))
    return round(counts[1] - counts[0])


def _by_name(objects: Objects) -> dict[Name, Document]:
    groups = (
        objects.virtual_services,
        objects.destination_rules,
        objects.routes,
        objects.route_rules,
        objects.others,
    )
    return {_name(each): each for group in groups for each in group}


def _name(document: Document) -> Name:
    return word(document, "kind"), namespace_of(document), name_of(document)
