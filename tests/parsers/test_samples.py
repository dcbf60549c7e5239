"""Each folder of testdata/formats: its sample.log is recognised and read as its expected.json says, in every way."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from mirrorcheck_parsers import Format, Parser, detect
from mirrorcheck_parsers.exact.explain import explain

CASES = Path(__file__).parents[2] / "testdata" / "formats"
SAMPLES = sorted(path.parent for path in CASES.glob("*/sample.log"))
MANY = 40  # lines of one kind, as a real log has them

Line = dict[str, Any]


def read(format: Format, *chunks: bytes, exact: bool = False) -> list[Line]:
    """Read a whole stream that must be records only, as plain values."""
    parser = Parser(format, exact=exact)
    lines: list[Line] = []
    for batch in (*map(parser.feed, chunks), parser.flush()):
        assert not batch.samples
        texts = {name: batch.text(name) for name in batch.spans} if batch.parsed else {}
        for row in range(batch.parsed):
            told = {name: column[row].decode("utf-8", "backslashreplace") for name, column in texts.items()}
            lines.append({"time_us": int(batch.time_us[row]), "well_formed": bool(batch.well_formed[row]), **told})
    return lines


@pytest.fixture(params=SAMPLES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> tuple[Format, bytes, Any]:
    """Give the format that is found in a sample, the sample, and what is expected of it."""
    folder: Path = request.param
    sample = folder.joinpath("sample.log").read_bytes()
    found = detect(sample).format
    assert found
    return found, sample, json.loads(folder.joinpath("expected.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("way")
def test_a_sample_is_recognised_and_read(case: tuple[Format, bytes, Any]) -> None:
    """The format, its clock and every field of every line are those expected."""
    found, sample, expected = case
    assert (found.name, found.clock, found.resolution_us) == tuple(
        expected[name] for name in ("format", "clock", "resolution_us")
    )
    assert read(found, sample) == expected["lines"]


@pytest.mark.usefixtures("way")
def test_a_sample_is_read_alike_in_whole_columns(case: tuple[Format, bytes, Any]) -> None:
    """Many lines at once, or one by one: the same records."""
    found, sample, expected = case
    assert read(found, sample * MANY) == expected["lines"] * MANY
    assert read(found, sample * MANY, exact=True) == expected["lines"] * MANY


@pytest.mark.unmeasured
def test_a_sample_may_be_cut_anywhere(case: tuple[Format, bytes, Any]) -> None:
    """A stream cut in two gives the same records."""
    found, sample, expected = case
    for place in range(0, len(sample) + 1, 13):
        assert read(found, sample[:place], sample[place:]) == expected["lines"]


def test_a_sample_is_explained_to_its_end(case: tuple[Format, bytes, Any]) -> None:
    """The explanation of a record reaches its end; that of a damaged line names a place in it."""
    found, sample, _ = case
    for line in sample.splitlines():
        assert explain(found, line).column == len(line) + 1
        for place in range(0, len(line), 7):
            assert 1 <= explain(found, line[:place]).column <= place + 1


def test_most_samples_are_read_in_whole_columns(way: str, case: tuple[Format, bytes, Any]) -> None:
    """No line of a usual sample is left to the slow way; hostile headers, several in one, and escaped pairs are."""
    found, sample, _ = case
    seldom = (b'"a "b"', b'7","203', b'\\"x')
    with patch("mirrorcheck_parsers.exact.lines.match_line") as exactly:
        exactly.return_value = None
        parser = Parser(found)
        parsed = parser.feed(sample * MANY).parsed
    is_usual = way == "compiled" and not any(sign in sample for sign in seldom)
    assert (parsed == MANY * sample.count(b"\n")) == is_usual
