"""The constants by which units and requests are decided: at half or at double their value, another answer comes out."""

from collections.abc import Callable

import pytest

from mirrorcheck_parsers import KNOWN, detect
from mirrorcheck_parsers.catalogue import units
from mirrorcheck_parsers.detection import detect as detection
from mirrorcheck_parsers.exact import requestlike


def unit(*values: str, documented: tuple[str, str] | None = None) -> Callable[[], str]:
    """Infer the unit of durations."""
    return lambda: units.infer_unit("took", documented, [value.encode() for value in values]).unit


def name(number: int) -> Callable[[], str]:
    """Detect the format of lines that end with a number."""
    line = f'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 {number}\n'.encode()

    def detected() -> str:
        found = detect(line).format
        return found.name if found else ""

    return detected


def requests(*keys: str) -> Callable[[], str]:
    """Judge a JSON line with these keys that is in no format."""
    line = "{" + ",".join(f'"{key}":"1"' for key in keys) + "}"
    return lambda: "request" if requestlike.RequestLike(KNOWN[0]).includes(line.encode()) else "foreign"


@pytest.mark.parametrize(
    ("constant", "factor", "decided", "answer"),
    [
        ((units.LEAST_MEDIAN_US, "s"), 2, unit("0.00003"), "s"),
        ((units.LEAST_MEDIAN_US, "s"), 0.5, unit("0.000015"), ""),
        ((units.LEAST_MEDIAN_US, "ms"), 2, unit("0.15"), ""),
        ((units.LEAST_MEDIAN_US, "ms"), 0.5, unit("0.07"), "s"),
        ((units.LEAST_MEDIAN_US, "us"), 2, unit("120"), ""),
        ((units.LEAST_MEDIAN_US, "us"), 0.5, unit("70"), "ms"),
        ((units.LEAST_MEDIAN_US, "ns"), 2, unit("15000"), ""),
        ((units.LEAST_MEDIAN_US, "ns"), 0.5, unit("7000"), "us"),
        ((units.LEAST_US, "ms"), 2, unit("0.025", "0.15", "0.15"), ""),
        ((units.LEAST_US, "ms"), 0.5, unit("0.015", "0.15", "0.15"), "s"),
        ((vars(units), "MOST_MEDIAN_US"), 2, unit("3.0"), "ms"),
        ((vars(units), "MOST_MEDIAN_US"), 0.5, unit("1.5"), ""),
        ((vars(units), "MOST_US"), 2, unit("500", "500", "400000"), "us"),
        ((vars(units), "MOST_US"), 0.5, unit("500", "500", "200000"), ""),
        ((vars(units), "EVER_US"), 2, unit("5000000", documented=("ms", "a program")), "ns"),
        ((vars(units), "EVER_US"), 0.5, unit("2500000", documented=("ms", "a program")), "ms"),
        ((vars(detection), "LEAST_MICROS"), 2, name(150), "Apache common with microseconds"),
        ((vars(detection), "LEAST_MICROS"), 0.5, name(70), "common with a number"),
        ((vars(requestlike), "ENOUGH_KEYS"), 2, requests("path", "status", "host"), "request"),
        ((vars(requestlike), "ENOUGH_KEYS"), 0.5, requests("path", "status"), "foreign"),
    ],
)
def test_a_constant_decides_between_its_half_and_its_double(
    monkeypatch: pytest.MonkeyPatch,
    constant: tuple[dict[str, float], str],
    factor: float,
    decided: Callable[[], str],
    answer: str,
) -> None:
    """Each value stands where it does for a reason: what lies between it and its half or double is answered so."""
    assert decided() == answer
    table, key = constant
    monkeypatch.setitem(table, key, table[key] * factor)
    assert decided() != answer
