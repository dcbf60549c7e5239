"""Reads a report back from its JSON document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from mirrorcheck.errors import InputError
from mirrorcheck.report import several
from mirrorcheck.report.model import SCHEMA, Report
from mirrorcheck.report.several import MissedBetween, Reports

WAY_OUT = "Write it anew with: mirrorcheck analyze ... --json"


def read_report(document: object, name: str = "the document") -> Report:
    """Return the report of a parsed `mirrorcheck.report/1` document.

    What older documents lack is None. Fields that this version does not know are passed over, since new ones may be
    added under one schema. Raises InputError, with `name`, for anything else.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else None
        raise InputError(f"{name} is no report that can be read: its schema is {found!r}, not {SCHEMA!r}. {WAY_OUT}.")
    sides = document.get("sides")
    if not isinstance(sides, Mapping):
        raise InputError(f"{name} is no complete report: its sides are missing. {WAY_OUT}.")
    fields = {**document, "primary": sides.get("primary"), "shadow_side": sides.get("shadow")}
    try:
        return msgspec.convert(_as_in_python(fields), Report)
    except msgspec.ValidationError as error:
        raise InputError(f"{name} is no complete report: {_reason(error)}. {WAY_OUT}.") from error


def read_reports(document: object, name: str = "the document") -> Report | Reports:
    """Return the report of a document, or those of a `mirrorcheck.reports/1` document; InputError as `read_report`."""
    if not isinstance(document, Mapping) or document.get("schema") != several.SCHEMA:
        return read_report(document, name)
    try:
        joint = msgspec.convert(document, _Joint)
    except msgspec.ValidationError as error:
        raise InputError(f"{name} is no complete report: {_reason(error)}. {WAY_OUT}.") from error
    shadows = {str(each.get("name")): read_report(each, name) for each in joint.shadows}
    return Reports(shadows, joint.sentence, joint.missed_by_all, joint.missed_by_any)


@dataclass(frozen=True, slots=True)
class _Joint:
    """What a document on several shadows holds besides its schema."""

    sentence: str
    shadows: Annotated[list[dict[str, object]], msgspec.Meta(min_length=1)]
    missed_by_all: MissedBetween | None
    missed_by_any: MissedBetween | None


def _as_in_python(value: object) -> object:
    """The same with `from_` for `from`; what is no text under that name is the count of a method called so."""
    if isinstance(value, Mapping):
        return {
            "from_" if name == "from" and isinstance(each, str) else name: _as_in_python(each)
            for name, each in value.items()
        }
    return [_as_in_python(each) for each in value] if isinstance(value, list) else value


def _reason(error: msgspec.ValidationError) -> str:
    """Where the document is wrong, and why: `phases[0].originals: expected int, got str`."""
    why, _, place = str(error).replace("`", "").replace("from_", "from").partition(" - at $")
    return f"{place.lstrip('.')}: {why[:1].lower()}{why[1:]}" if place else f"{why[:1].lower()}{why[1:]}"
