"""Options as users write them, and what is refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mirrorcheck.errors import UsageError
from mirrorcheck.settings import (
    DEFAULT_AGENTS,
    Options,
    agents,
    complete,
    globs_regex,
    parse_duration,
    parse_memory,
    parse_moment,
    parse_percent,
)

DAY = datetime(2026, 11, 22, 18, 57, 1, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("1.5m", 90), ("500ms", 0.5), ("2", 2), (" 1 h ", 3600)])
def test_durations(text: str, seconds: float) -> None:
    """A duration is a number with a unit, seconds without."""
    assert parse_duration(text, "--horizon") == seconds


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "not a duration"), ("-1s", "not a duration"), ("0s", "out of range"), ("169h", "out of range")],
)
def test_refused_durations(text: str, why: str) -> None:
    """What is no duration, or none from a millisecond to a week, is refused."""
    with pytest.raises(UsageError, match=why):
        parse_duration(text, "--horizon")


@pytest.mark.parametrize(
    ("text", "size"), [("512M", 1 << 29), ("1G", 1 << 30), ("1.5 GiB", 3 << 29), ("2gb", 1 << 31), (1 << 30, 1 << 30)]
)
def test_memory(text: str | int, size: int) -> None:
    """A size is a number with a unit of 1,024, bytes without."""
    assert parse_memory(text, "--memory") == size


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "no size"), ("-1G", "no size"), ("a lot", "no size"), ("2K", "no size"), ("100M", "512M at least")],
)
def test_refused_memory(text: str, why: str) -> None:
    """What is no size, or too little for anything, is refused with what to give."""
    with pytest.raises(UsageError, match=f"--memory {text} .*{why}"):
        parse_memory(text, "--memory")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("18:57:02", "2026-11-22T18:57:02+01:00"),
        ("2026-11-22T18:57:02Z", "2026-11-22T18:57:02+00:00"),
        ("2026-11-21", "2026-11-21T00:00:00+01:00"),
        ("Nov 21 7pm", "2026-11-21T19:00:00+01:00"),
        ("18:57 UTC", "2026-11-22T18:57:00+00:00"),
        ("18:57:02 +0530", "2026-11-22T18:57:02+05:30"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    """What a time leaves out is the log's date and zone."""
    assert parse_moment(text, "--since", DAY) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("text", ["", "18", "20261122", "1.5", "soon", "18:57 XYZ", "25:99", "99999999999999-1"])
def test_refused_moments(text: str) -> None:
    """Bare numbers, unknown zones and what is no time are refused."""
    with pytest.raises(UsageError, match="--since"):
        parse_moment(text, "--since", DAY.astimezone(UTC))


def test_percentages() -> None:
    """A percentage may carry its sign, and lies between 0 and 100."""
    assert [parse_percent(given, "--expect") for given in (50, "50", "12.5 %")] == [50, 50, 12.5]
    for given in ("half", "-1", "101", "nan", "inf", float("nan")):
        with pytest.raises(UsageError, match="no percentage"):
            parse_percent(given, "--expect")


def test_agents() -> None:
    """Agents are added to the defaults; `none` empties these."""
    assert agents(["curl/*"]) == (*DEFAULT_AGENTS, "curl/*")
    assert agents(["none", "curl/*"]) == ("curl/*",)
    assert complete(Options(exclude_agent=("none",))).exclude_agents == ()


def test_globs() -> None:
    """Globs match whole texts, bytes that are no UTF-8 among them."""
    assert globs_regex([]) is None
    pattern = globs_regex(["/health*", "/\udcff"], ignore_case=True)
    assert pattern is not None
    assert [bool(pattern.match(text)) for text in (b"/HEALTHZ", b"/\xff", b"/x/health")] == [True, True, False]
