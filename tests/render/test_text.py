from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mirrorcheck.render.text import TimeFormat, counted, cut, duration, interval, number, percent
from mirrorcheck.render.visible import visible

_ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("/a b", "/a b"),
        ("\x1b[31m\x07", r"\x1b[31m\x07"),
        ("\x7f\x9b\t\r\n", r"\x7f\x9b\x09\x0d\x0a"),
        ("\u202ecod.exe\u2066\u2029", r"\u202ecod.exe\u2066\u2029"),
        ("e\u0301\u200d\ufe0f\U000e0041", r"e\u0301\u200d\ufe0f\U000e0041"),
        ("\udc80", r"\udc80"),
        ("/größe/界", "/größe/界"),
    ],
)
def test_what_a_terminal_obeys_is_escaped(raw: str, shown: str) -> None:
    """Controls, overrides, separators, marks and surrogates are spelt out; letters of any script stay."""
    assert visible(raw) == shown


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", r"/gr\xf6\u754c"), ("latin-1", r"/grö\u754c")])
def test_what_an_encoding_lacks_is_escaped(encoding: str, shown: str) -> None:
    """A character that the stream cannot carry is spelt out instead of raising."""
    assert visible("/grö界", encoding) == shown


@given(text=_ANY_TEXT, width=st.integers(-2, 60), encoding=st.sampled_from(["utf-8", "ascii", "no-such-codec"]))
def test_cut_text_fits_and_keeps_both_ends(text: str, width: int, encoding: str) -> None:
    """No more cells than asked for, whole where that suffices, and the beginning and end where it does not."""
    shown, whole = cut(text, width, encoding), visible(text, encoding)
    assert cell_len(shown) <= max(width, 0)
    if cell_len(whole) <= width:
        assert shown == whole
    elif width > 5:
        mark = "…" if encoding == "utf-8" else "..."
        places = [place for place in range(len(shown)) if shown.startswith(mark, place)]  # the text may hold some, too
        assert any(whole.startswith(shown[:at]) and whole.endswith(shown[at + len(mark) :]) for at in places)


def test_a_megabyte_is_cut_like_a_short_text() -> None:
    """What lies out of sight is not looked at, and changes nothing."""
    assert cut("/start" + "x" * (1 << 20) + "end", 11) == cut("/start" + "x" * 40 + "end", 11) == "/star…xxend"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(0.0, "0.00 %"), (1.0, "100.00 %"), (521 / 750, "69.47 %"), (1 - 1e-6, "99.9999 %"), (1e-6, "0.0001 %")],
)
def test_percentages_say_100_and_0_only_where_it_is_so(ratio: float, shown: str) -> None:
    """One miss in a million is no 100.00 %."""
    assert percent(ratio) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.97222, 1.0, "[97.2, 100]"),
        (0.0, 0.016, "[0, 1.6]"),
        (0.462, 0.524, "[46.2, 52.4]"),
        (0.99921, 0.99984, "[99.92, 99.98]"),
        (0.9, 0.99999, "[90.0, 99.999]"),
        (1.0, 1.0, "[100, 100]"),
    ],
)
def test_interval_has_the_decimals_it_is_worth(low: float, high: float, shown: str) -> None:
    """Narrow intervals get more decimals, and an end short of 100 does not look like 100."""
    assert interval(low, high) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (0.0, "0 ms"),
        (-0.01, "0.0 ms"),
        (0.42, "0.4 ms"),
        (12.4, "12 ms"),
        (-3.0, "-3 ms"),
        (1000.0, "1 s"),
        (7310.0, "7.3 s"),
    ],
)
def test_durations_are_in_the_unit_that_fits(milliseconds: float, shown: str) -> None:
    """Milliseconds below a second, seconds from there on, and no minus before nothing."""
    assert duration(milliseconds) == shown


def test_counts_have_separators_and_a_noun_that_agrees() -> None:
    """1 line, 0 lines, 1,204 lines."""
    assert [counted(count, "line") for count in (0, 1, 1204)] == ["0 lines", "1 line", "1,204 lines"]
    assert number(1e6) == "1,000,000"


def test_clock_writes_utc_whatever_the_zone() -> None:
    """A moment is shown in UTC, and so are the days that decide whether dates are shown."""
    moment = datetime(2026, 11, 23, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    clock = TimeFormat.over([moment, None, datetime(2026, 11, 22, 1, tzinfo=UTC)])
    assert clock.title() == "2026-11-22, times in UTC"
    assert clock.time(moment) == "23:30:00"


def test_clock_without_moments_has_no_title() -> None:
    """Nothing read, no day to name."""
    assert TimeFormat.over([None]).title() == ""
