"""Durations: told by the values, the name, the program or what is likely, and absent where nothing tells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers.catalogue.units import infer_unit, split_unit
from mirrorcheck_parsers.columnwise.numbers import read_durations
from mirrorcheck_parsers.columnwise.words import window
from mirrorcheck_parsers.formats.duration import OWN, UNIT_NAMES, read_duration

NANOS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


@given(st.integers(0, 10**15), st.sampled_from(sorted(NANOS)))
def test_a_duration_is_the_same_in_every_unit(nanos: int, unit: str) -> None:
    """A number of a unit, with that unit behind it, or with an exponent: all are as long."""
    whole, rest = divmod(nanos, NANOS[unit])
    decimals = str(rest).rjust(len(str(NANOS[unit])) - 1, "0") if NANOS[unit] > 1 else ""
    number = f"{whole}.{decimals}" if decimals else str(whole)
    assert read_duration(number.encode(), unit) == nanos // 1000
    assert read_duration(f"{number}{unit}".encode(), OWN) == nanos // 1000
    assert read_duration(f"{number} {unit}".encode(), "s") == nanos // 1000
    assert read_duration(f"{number}e0".encode(), unit) == nanos // 1000
    assert read_duration(number.encode(), OWN) is None


@pytest.mark.parametrize(
    ("text", "us"),
    [
        (b"1m2.5s", 62_500_000),
        (b"1h0m0s", 3_600_000_000),
        ("123.456\u00b5s".encode(), 123),
        (b"0.123456s", 123_456),
        (b"1.5 seconds", 1_500_000),
        (b"PT0.25S", 250_000),
        (b"PT1M", 60_000_000),
        (b"12 parsecs", None),
        (b"-3ms", None),
        (b"fast", None),
        (b"1" * 70, None),
        (b"", None),
    ],
)
def test_values_with_their_unit(text: bytes, us: int | None) -> None:
    """Go's durations, protobuf's, ISO 8601's; others are none."""
    assert read_duration(text, OWN) == us


values = (
    st.integers(0, 10**12).map(str)
    | st.decimals(0, 10**6, places=6).map(str)
    | st.sampled_from(["", "-", "0.5ms", "1e-3", "x", "00012", "1.5", "12.", "999999999999999999999"])
)


@pytest.mark.usefixtures("way")
@given(st.lists(values, max_size=8), st.sampled_from([*sorted(UNIT_NAMES), OWN]))
def test_columns_are_read_as_single_durations_are(texts: list[str], unit: str) -> None:
    """Whatever stands in the lines around it, a duration is what it is alone, -1 where it is none."""
    lines = [text.encode() for text in texts]
    text = b"\n".join((*lines, b""))
    start = np.cumsum([0, *(len(line) + 1 for line in lines)])[:-1]
    stop = start + np.array([len(line) for line in lines], np.int64)
    found = read_durations(window(text), (start, stop), unit).tolist()
    assert found == [-1 if (us := read_duration(line, unit)) is None else us for line in lines]


@pytest.mark.parametrize(
    ("name", "base", "unit"),
    [
        ("elapsed_us", "elapsed", "us"),
        ("duration_ns", "duration", "ns"),
        ("latency_in_ms", "latency", "ms"),
        ("request_time_seconds", "request_time", "s"),
        ("response_time_millis", "response_time", "ms"),
        ("duration", "duration", ""),
        ("status", "status", ""),
        ("ms", "ms", ""),
    ],
)
def test_names_say_units(name: str, base: str, unit: str) -> None:
    """A unit is the last word of a name, never all of it."""
    assert split_unit(name) == (base, unit)


DOCUMENTED = ("ns", "Traefik")


@pytest.mark.parametrize(
    ("name", "documented", "seen", "unit"),
    [
        ("duration", None, [b"1.5ms", b"12s"], OWN),
        ("duration_ms", DOCUMENTED, [b"1500"], "ms"),
        ("duration", DOCUMENTED, [b"4000", b"0"], "ns"),
        ("duration", DOCUMENTED, [b"0"], "ns"),
        ("duration", DOCUMENTED, [b"12", b"7"], "ms"),
        ("duration", DOCUMENTED, [b"0.012", b"0.004"], "s"),
        ("request_time", ("s", "nginx"), [b"0.012", b"3"], "s"),
        ("request_time", ("s", "nginx"), [b"0", b"1"], "s"),
        ("request_time", ("s", "nginx"), [b"12", b"30", b"7"], "ms"),
        ("duration", ("s", "zap"), [b"2400000", b"3000000"], "ns"),
        ("duration", None, [b"0.012", b"0.3", b"0.004"], "s"),
        ("duration", None, [b"12.5", b"0.8", b"3.25"], "ms"),
        ("duration", None, [b"0", b"0", b"1"], "ms"),
        ("duration", None, [b"12", b"3", b"480"], "ms"),
        ("duration", None, [b"2400000", b"31000000"], "ns"),
        ("duration", None, [b"3500", b"8200", b"4100"], "us"),
        ("duration", None, [b"450", b"380", b"1203"], ""),
        ("duration", None, [b"450", b"380", b"1203", b"7"], "ms"),
        ("duration", None, [b"250000", b"120000"], ""),
        ("duration", None, [b"0.5", b"0.8"], ""),
        ("duration", None, [b"0.0", b"0.0"], ""),
        ("duration", None, [b"10000000000000"], ""),
        ("duration", None, [b"slow"], ""),
        ("duration", None, [], ""),
    ],
)
def test_units_are_told(name: str, documented: tuple[str, str] | None, seen: list[bytes], unit: str) -> None:
    """Values first, then the name, the documentation where it can be true, and what is likely; else it is not told."""
    assert infer_unit(name, documented, seen).unit == unit


@given(
    st.sampled_from(["ms", "us", "ns"]), st.lists(st.floats(-1.0, 1.5), min_size=20, max_size=60), st.integers(1, 60)
)
def test_no_unit_is_told_wrongly(unit: str, decades: list[float], median_ms: int) -> None:
    """Whole numbers of any unit, of usual spread, are read in that unit or not at all."""
    took_ns = [median_ms * 1e6 * 10**decade for decade in decades]
    seen = [b"%d" % (nanos // NANOS[unit]) for nanos in took_ns]
    assert infer_unit("took", None, seen).unit in (unit, "")
