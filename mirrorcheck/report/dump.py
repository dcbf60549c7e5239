"""Writes a report, or those on several shadows, as its JSON document."""

import json
import math
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from numbers import Integral, Real
from typing import TextIO

from mirrorcheck.report import several
from mirrorcheck.report.model import SCHEMA, Report
from mirrorcheck.report.several import Reports

# These stand under other names or in another place in the document; the outcomes are a table of their own.
_ELSEWHERE = frozenset({"primary", "shadow_side", "make_tables"})


def to_document(report: Report) -> dict[str, object]:
    """Return the report as plain JSON values under the names of its fields.

    Moments are ISO 8601 in UTC with microseconds and `Z`. What is not known, or no finite number, is null. `lines` and
    `format` are taken from the two `sides`, and `status_changes` from `responses`, so that they are at the top too.
    """
    sides = {"primary": report.primary, "shadow": report.shadow_side}
    return {
        "schema": SCHEMA,
        "lines": {side: plain(each.lines) for side, each in sides.items()},
        "format": {side: plain(each.format) for side, each in sides.items()},
        "sides": {side: plain(each) for side, each in sides.items()},
        "status_changes": plain(report.responses.status_changes),
        **_attributes(report, leave_out=_ELSEWHERE),
    }


def to_joint_document(reports: Reports) -> dict[str, object]:
    """Return the reports on several shadows as plain JSON values: each one's document behind the shadow's name."""
    return {
        "schema": several.SCHEMA,
        "sentence": plain(reports.sentence),
        "missed_by_all": plain(reports.missed_by_all),
        "missed_by_any": plain(reports.missed_by_any),
        "shadows": [{"name": name, **to_document(report)} for name, report in reports.items()],
    }


def dump(found: Report | Reports, stream: TextIO) -> None:
    """Write what was found to `stream` as one JSON document in ASCII, which any stream can carry, and a line end."""
    document = to_joint_document(found) if isinstance(found, Reports) else to_document(found)
    json.dump(document, stream, indent=2, allow_nan=False)
    stream.write("\n")


def plain(value: object) -> object:
    """Return a noun, or a value in one, as what JSON can hold and strict readers take."""
    match value:
        case None | bool():
            return value
        case str():
            # A file's name can hold lone surrogates, which strict readers of JSON refuse.
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case Integral():
            return int(value)
        case Real():
            return float(value) if math.isfinite(value) else None
        case _:
            return _nested(value)


def _nested(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case dict():
            return {plain(key): plain(each) for key, each in value.items()}
        case tuple() | list():
            return [plain(each) for each in value]
        case _:
            return _attributes(value)


def _attributes(noun: object, leave_out: frozenset[str] = frozenset()) -> dict[str, object]:
    if not is_dataclass(noun):
        raise TypeError(f"not a noun of a report: {type(noun).__name__}")
    return {
        field.name.removesuffix("_"): plain(getattr(noun, field.name))
        for field in fields(noun)
        if field.name not in leave_out
    }
