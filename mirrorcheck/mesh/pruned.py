"""Finds percentages that the author of a rule wrote and the API dropped.

The API drops an unknown field when it stores an object, so only a record of what was sent still shows it: kubectl's
annotation with the last applied object, or the fields that managers own.
"""

import json
from collections.abc import Iterator, Mapping

from mirrorcheck.mesh.documents import Document, entries, section, word

_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_KNOWN = ("mirrorPercentage", "percentage")
"""Names that every served version knows: if they are gone, they were removed on purpose."""
_BESIDE = ("mirror", "mirrors", "destination", "backendRef")
"""Fields beside a percentage: if they are gone too, the mirror was removed, and nothing was pruned."""


def pruned(document: Document) -> list[str]:
    """The names of percentages that were sent and are not stored, each once."""
    text = word(section(document, "metadata", "annotations"), _ANNOTATION)
    try:
        sent = json.loads(text) if text else {}
    except ValueError:
        sent = {}
    dropped = list(_dropped(section({"sent": sent}, "sent", "spec"), section(document, "spec")))
    for owner in entries(document, "metadata", "managedFields"):
        dropped += _owned(section(owner, "fieldsV1"))
    return sorted(set(dropped))


def misspelt(document: Document) -> list[str]:
    """The names of percentages that an API without a schema stores and no mesh knows."""
    return sorted({name for name in _keys(section(document, "spec")) if _looks_like_mirror_percentage(name)})


def _dropped(sent: object, stored: object) -> Iterator[str]:
    if isinstance(sent, list) and isinstance(stored, list):
        for each, counterpart in zip(sent, stored, strict=False):
            yield from _dropped(each, counterpart)
    elif isinstance(sent, Mapping) and isinstance(stored, Mapping):
        beside = any(name in stored for name in _BESIDE)
        for name, value in sent.items():
            if name in stored:
                yield from _dropped(value, stored[name])
            elif beside and name not in _KNOWN and _looks_like_percentage(name):
                yield name


def _owned(fields: object) -> Iterator[str]:
    for name in _keys(fields):
        own = name.removeprefix("f:")
        if own != name and _looks_like_mirror_percentage(own):
            yield own


def _keys(found: object) -> Iterator[str]:
    if isinstance(found, Mapping):
        for name, value in found.items():
            yield str(name)
            yield from _keys(value)
    elif isinstance(found, list):
        for each in found:
            yield from _keys(each)


def _looks_like_percentage(name: str) -> bool:
    return "percent" in name.lower() or name == "fraction"


def _looks_like_mirror_percentage(name: str) -> bool:
    plain = name.lower().replace("_", "").replace("-", "")
    return plain.startswith("mirrorpercent") and name not in ("mirrorPercentage", "mirrorPercent", "mirror_percent")
