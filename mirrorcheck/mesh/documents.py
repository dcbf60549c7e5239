"""Reads values of an expected type at a path of a JSON object; empty where there is none.

An object may be a custom resource without a schema, so nothing is taken for granted.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]
"""An object as JSON has it."""
Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values, sorted by name."""


def section(document: Document, *path: str) -> Document:
    """The object at a path."""
    found = _at(document, path)
    return found if isinstance(found, Mapping) else {}


def entries(document: Document, *path: str) -> list[Document]:
    """The objects of the list at a path."""
    found = _at(document, path)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def words(document: Document, *path: str) -> list[str]:
    """The strings of the list at a path."""
    found = _at(document, path)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def word(document: Document, *path: str) -> str:
    """The string at a path."""
    found = _at(document, path)
    return found if isinstance(found, str) else ""


def number(document: Document, *path: str) -> float | None:
    """The number at a path; None where there is none."""
    found = _at(document, path)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def labels(document: Document, *path: str) -> Labels:
    """The string values of the object at a path."""
    return tuple(sorted((name, value) for name, value in section(document, *path).items() if isinstance(value, str)))


def merged(*layers: Labels) -> Labels:
    """Labels of several layers; the later win."""
    return tuple(sorted({name: value for layer in layers for name, value in layer}.items()))


def has(document: Document, wanted: Labels) -> bool:
    """Whether an object carries all these labels."""
    carried = section(document, "metadata", "labels")
    return all(carried.get(name) == value for name, value in wanted)


def name_of(document: Document) -> str:
    """The name of an object."""
    return word(document, "metadata", "name")


def namespace_of(document: Document) -> str:
    """The namespace of an object."""
    return word(document, "metadata", "namespace")


def concerns(document: Document, namespace: str) -> bool:
    """Whether an object can say anything about the services of a namespace.

    It can if it lies in the namespace, names it, has a wildcard for a host, or delegates (to an unknown place). In a
    cluster with thousands of rules this leaves a few.
    """
    return namespace_of(document) == namespace or _names(document.get("spec"), namespace, f".{namespace}.")


def _at(document: Document, path: tuple[str, ...]) -> object:
    found: object = document
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _names(found: object, namespace: str, inner: str) -> bool:
    if isinstance(found, str):
        return found == namespace or inner in found or found.startswith("*")
    if isinstance(found, Mapping):
        return "delegate" in found or any(_names(each, namespace, inner) for each in found.values())
    return isinstance(found, list) and any(_names(each, namespace, inner) for each in found)
