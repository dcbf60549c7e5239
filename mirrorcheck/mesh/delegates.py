"""Replaces the delegations of a VirtualService by the routes of its delegates.

As Istio does (mergeVirtualServicesIfNeeded in pilot/pkg/model/virtualservice.go): a delegate has no hosts, inherits
what it leaves open, and is under the conditions of both. Without a delegate, or one exported to the root's namespace,
the route does not exist.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mirrorcheck.mesh.documents import Document, entries, name_of, namespace_of, section, word, words
from mirrorcheck.mesh.model import Finding

_INHERITED = ("mirror", "mirrors", "mirrorPercent", "mirrorPercentage", "redirect", "directResponse")

Delegates: TypeAlias = Mapping[tuple[str, str], Document]
"""VirtualServices without hosts by namespace and name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One route of a merged rule. home: the namespace of its hosts; delegate: the VirtualService that it comes from."""

    at: str
    home: str
    route: Document
    delegate: tuple[str, str] | None = None


def merged_routes(root: Document, delegates: Delegates) -> tuple[list[Entry], list[Finding]]:
    """The routes of a rule in their order, and what is wrong with its delegations."""
    found: list[Entry] = []
    findings: list[Finding] = []
    for index, route in enumerate(entries(root, "spec", "http")):
        at, delegation = f"http[{index}]", section(route, "delegate")
        if not delegation:
            found.append(Entry(at, namespace_of(root), route))
            continue
        key = (word(delegation, "namespace") or namespace_of(root), word(delegation, "name"))
        delegate = delegates.get(key)
        if delegate is None or not _is_exported(delegate, namespace_of(root)):
            findings.append(_missing(at, key, exists=delegate is not None, root=root))
            continue
        for number, leaf in enumerate(entries(delegate, "spec", "http")):
            found.append(Entry(f"{key[1]} http[{number}]", key[0], _merged(route, leaf), key))
    return found, findings


def delegates_among(virtual_services: Iterable[Document]) -> Delegates:
    """The delegates by namespace and name."""
    return {(namespace_of(each), name_of(each)): each for each in virtual_services if is_delegate(each)}


def is_delegate(virtual_service: Document) -> bool:
    """Whether a VirtualService has no hosts of its own."""
    return not words(virtual_service, "spec", "hosts")


def _is_exported(delegate: Document, namespace: str) -> bool:
    exported = words(delegate, "spec", "exportTo")
    own = namespace == namespace_of(delegate)
    return not exported or "*" in exported or namespace in exported or ("." in exported and own)


def _missing(at: str, key: tuple[str, str], *, exists: bool, root: Document) -> Finding:
    named = f"{at} of VirtualService {name_of(root)} delegates to {key[1]} in {key[0]}"
    if exists:
        remedy = f"Add {namespace_of(root)} to its exportTo."
        return Finding("error", "delegate-not-exported", f"{named}, which is not exported to its namespace", remedy)
    remedy = "Create it, without hosts, or name the right one."
    return Finding("error", "delegate-missing", f"{named}, which does not exist or has hosts of its own", remedy)


def _merged(root: Document, leaf: Document) -> Document:
    inherited = {name: root[name] for name in _INHERITED if name in root}
    return inherited | dict(leaf) | {"match": _merged_matches(entries(root, "match"), entries(leaf, "match"))}


def _merged_matches(root: list[Document], leaf: list[Document]) -> list[Document]:
    if not root or not leaf:
        return root or leaf
    return [_merged_match(outer, inner) for inner in leaf for outer in root]


def _merged_match(outer: Document, inner: Document) -> Document:
    both: dict[str, object] = {**outer, **inner}
    for name, value in outer.items():
        if isinstance(value, Mapping) and isinstance(inner.get(name), Mapping) and name.lower().endswith("s"):
            both[name] = {**value, **inner[name]}
    return both
