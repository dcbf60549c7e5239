import io
import json
import math
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.report.dump import dump, to_document
from mirrorcheck.report.model import Offset, Report, Verdict, Warning_
from tests.render.cases import CASES, HEALTHY, INTERRUPTED


def _dumped(report: Report) -> str:
    stream = io.StringIO()
    dump(report, stream)
    return stream.getvalue()


def _loaded(report: Report) -> dict[str, object]:
    return cast("dict[str, object]", json.loads(_dumped(report)))


@pytest.mark.parametrize("name", CASES)
def test_document_survives_the_round_trip(name: str) -> None:
    """What is read back is what was written, in one document of ASCII that ends with a line end."""
    text = _dumped(CASES[name])
    assert json.loads(text) == to_document(CASES[name])
    assert text.isascii()
    assert text.endswith("}\n")


def test_names_at_the_top_are_those_promised() -> None:
    """The names that scripts rely on are there, and nothing that only Python knows is."""
    document = _loaded(INTERRUPTED)
    assert document["schema"] == "mirrorcheck.report/1"
    assert next(iter(document)) == "schema"
    assert set(document) == {
        "schema",
        "version",
        "verdict",
        "sides_determined_by",
        "sides",
        "lines",
        "format",
        "originals",
        "shadow",
        "ratio",
        "ratio_range",
        "missed_range",
        "ratio_while_on",
        "on_from",
        "on_to",
        "phases",
        "timeline",
        "offset",
        "proxies",
        "missed_by",
        "explanation",
        "missed_examples",
        "responses",
        "status_changes",
        "retries",
        "writes_mirrored",
        "warnings",
        "filters",
        "expected",
        "other_lines",
        "gaps",
        "sight",
        "rules",
        "rule_off",
        "probes",
        "missed_before_on",
        "missed_after_on",
        "sampling",
        "copying",
        "likeness",
        "exclusions",
    }
    assert document["lines"] == {
        "primary": {
            "read": 750,
            "parsed": 750,
            "foreign": 0,
            "unparsed": 0,
            "rejoined": 0,
            "repeated": 0,
            "unproven": 0,
        },
        "shadow": {
            "read": 521,
            "parsed": 521,
            "foreign": 0,
            "unparsed": 0,
            "rejoined": 0,
            "repeated": 0,
            "unproven": 0,
        },
    }
    assert document["format"] == {"primary": "nginx main", "shadow": "nginx main"}
    assert document["status_changes"] == [{"primary": 200, "shadow": 500, "count": 31}]
    assert document["writes_mirrored"] == {"POST": 71}


def test_moments_are_utc_and_trailing_underscores_are_dropped() -> None:
    """A phase runs `from` a moment `to` another, with microseconds and Z."""
    phases = cast("list[dict[str, object]]", _loaded(INTERRUPTED)["phases"])
    assert (phases[1]["from"], phases[1]["to"]) == ("2026-11-22T18:11:20.000000Z", "2026-11-22T18:11:23.000000Z")
    assert phases[1]["missed"] == 229


def test_unknown_and_endless_numbers_are_null() -> None:
    """JSON has no NaN and no infinity: a reader gets null for both."""
    report = replace(HEALTHY, offset=Offset(math.nan, math.inf, -math.inf, 1.5), expected=None)
    assert _loaded(report)["offset"] == {"median_ms": None, "p99_ms": None, "min_ms": None, "max_ms": 1.5}
    assert _loaded(report)["expected"] is None


def test_numbers_of_numpy_are_plain_numbers() -> None:
    """Sums taken on columns need no care before they are reported."""
    originals = replace(HEALTHY.originals, total=cast("int", np.int64(3)))
    offset = Offset(cast("float", np.float32(0.5)), 1.0, 0.0, 1.0)
    document = _loaded(replace(HEALTHY, originals=originals, offset=offset))
    assert cast("dict[str, object]", document["originals"])["total"] == 3
    assert cast("dict[str, object]", document["offset"])["median_ms"] == 0.5


def test_what_is_no_noun_of_a_report_is_refused() -> None:
    """A value that has no place in JSON is a mistake of the program, not an empty object."""
    with pytest.raises(TypeError, match="not a noun of a report: object"):
        to_document(replace(HEALTHY, explanation=cast("str", object())))


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_makes_valid_json(text: str) -> None:
    """Controls, quotes and lone surrogates come back as text that strict readers take."""
    report = replace(HEALTHY, verdict=Verdict(text, text, text), warnings=(Warning_("code", text),))
    (warning,) = cast("list[dict[str, str]]", _loaded(report)["warnings"])
    assert warning["text"] == text.encode("utf-8", "backslashreplace").decode("utf-8")
    assert warning["text"].encode("utf-8").decode("utf-8") == warning["text"]
