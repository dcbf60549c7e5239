import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from mirrorcheck.render.text import duration, hundredths, number
from mirrorcheck.report.dump import to_document
from mirrorcheck.report.model import CountedResponses, Expected, Report, StatusChange
from mirrorcheck.totals.breakdown import NOTHING_IN_COMMON
from tests.render.cases import CASES, HEALTHY, HOSTILE, INTERRUPTED, SAMPLED, bins
from tests.render.screens import WIDTHS, golden_file, screen

_ESCAPE_CODES = re.compile(r"\x1b\[[0-9;]*m")
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_screen_is_the_golden_one(name: str, width: int) -> None:
    """Each hand-built report looks in a pinned terminal as it was last agreed to look."""
    assert screen(CASES[name], width) == golden_file(name, width).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("percent", "inside", "explanation", "brief"),
    [
        (50.0, True, NOTHING_IN_COMMON, True),
        (50.0, True, "", True),
        (50.0, True, "70 of 75 misses are for /api/cart.", False),
        (50.0, False, NOTHING_IN_COMMON, False),
        (50.0, None, NOTHING_IN_COMMON, False),
        (100.0, True, NOTHING_IN_COMMON, False),
    ],
)
def test_what_sampling_leaves_is_not_named(
    percent: float, explanation: str, *, inside: bool | None, brief: bool
) -> None:
    """Where less than 100 % is expected, and found, who was not copied is chance: a number says it all."""
    found = replace(SAMPLED, expected=Expected(percent, inside), explanation=explanation, missed_range=None)
    shown = screen(found, 80)
    assert [name in shown for name in ("missed by", "first missed", "while on")] == [not brief] * 3
    assert ("2,488 originals, as an expected 50 % leaves; nothing sets them" in shown) == brief


@pytest.mark.parametrize("name", CASES)
def test_colour_only_underlines(name: str) -> None:
    """Without its colours a screen holds the same characters, and without a terminal there are no escape codes."""
    plain = screen(CASES[name], 80)
    assert _ESCAPE_CODES.sub("", screen(CASES[name], 80, colour=True)) == plain
    assert "\x1b" not in plain


def test_no_screen_is_wider_than_110_columns() -> None:
    """A huge terminal gets lines that an eye can follow."""
    assert screen(INTERRUPTED, 300) == screen(INTERRUPTED, 110)


def _poisoned(noun: object, text: str) -> object:
    """Return a noun of the same shape with `text` in place of each of its texts."""
    match noun:
        case str():
            return text
        case tuple():
            return tuple(_poisoned(each, text) for each in noun)
        case dict():
            return {name: _poisoned(each, text) for name, each in noun.items()}
        case _ if is_dataclass(noun) and not isinstance(noun, type):
            return replace(noun, **{each.name: _poisoned(getattr(noun, each.name), text) for each in fields(noun)})
        case _:
            return noun


@given(
    name=st.sampled_from(sorted(CASES)),
    text=st.text(st.characters(exclude_categories=()), max_size=200),
    width=st.integers(1, 140),
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1"]),
)
@example(name="sampled", text=HOSTILE, width=80, encoding="utf-8")
@example(name="sampled", text="界" * 90, width=80, encoding="utf-8")
@example(name="sampled", text="[red]" * 40, width=80, encoding="ascii")
def test_no_text_gets_raw_onto_the_screen_or_past_its_edge(name: str, text: str, width: int, encoding: str) -> None:
    """Whatever the logs hold, no line is too wide and no character is one that a terminal obeys."""
    shown = screen(cast("Report", _poisoned(CASES[name], text)), width, encoding)
    for line in shown.split("\n"):
        assert cell_len(line) <= width
        assert not line or line.isprintable()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_other_encodings_get_what_they_can_show(name: str, encoding: str) -> None:
    """A terminal that is not in UTF gets an ASCII sparkline and dots for what is cut."""
    shown = screen(CASES[name], 80, encoding)
    assert not set(shown) & set("…▁▂▃▄▅▆▇█")
    assert ("over time" in shown) == bool(CASES[name].timeline)


def test_sparkline_shows_a_lone_miss_and_a_lone_copy() -> None:
    """The highest bar is kept for everything and the lowest for nothing; a bin without originals is a space."""
    full, empty, hole = bins("x0 ", 10_000, 1.0)
    almost = replace(full, paired=9_999, missed=1)
    barely = replace(empty, paired=1, missed=9_999)
    assert "over time     █▇▂▁ █\n" in screen(replace(HEALTHY, timeline=(full, almost, barely, empty, hole, full)), 80)


def test_timeline_with_more_bins_than_characters_is_merged_not_cut() -> None:
    """The end of a long timeline is on the screen: neighbours share a character."""
    timeline = bins("x" * 199 + "0", 10, 1.0)
    assert f"over time     {'█' * 49}▆\n" in screen(replace(HEALTHY, timeline=timeline), 80)


def test_singular_and_plural() -> None:
    """One line is a line, one file is a file, and one pair is a pair."""
    lines = replace(HEALTHY.primary.lines, read=1, parsed=1)
    one = replace(
        HEALTHY, primary=replace(HEALTHY.primary, lines=lines), responses=replace(HEALTHY.responses, compared=1)
    )
    assert "nginx main        1 line " in screen(one, 80)
    assert "1 certain pair of" in screen(one, 80)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bytes_differ": 3, "bytes_differ_status_equal": 3}, "differ on 3 (all with the same status)"),
        ({"bytes_differ": 3, "bytes_differ_status_equal": 0}, "differ on 3 (all with another status)"),
        ({"bytes_differ": 3, "bytes_differ_status_equal": 1}, "differ on 3 (1 of them with the same status)"),
        ({"compared": 0}, "not compared: every pair is one of several identical requests"),
        ({"counted": CountedResponses(900, 900, 0, 0, 0, 0)}, "others   status changed on 0 of 900"),
        ({"counted": CountedResponses(900, 900, 5, 9, 3, 3), "compared": 0}, "changed on 5 to 9 of 900 (new 5xx 3)"),
        ({"latency_ratio": 2.0, "shadow_median_ms": None}, "median 2.00 times the primary's (on 8,102 pairs)"),
        ({"status_changes": (StatusChange(0, 200, 1),)}, "000 -> 200   1"),
        ({"status_compared": 0, "bytes_compared": 0}, "status   not logged on both sides"),
        ({"status_compared": 0, "bytes_compared": 0}, "bytes    not logged on both sides"),
        ({"status_compared": 8_100, "status_equal": 8_100}, "equal on all 8,100, not logged on 2"),
        ({"bytes_compared": 8_100, "bytes_equal": 8_100}, "equal on all 8,100, not logged on 2"),
        ({"status_compared": 8_000, "bytes_compared": 8_100, "bytes_differ": 3}, "differ on 3, not logged on 2"),
    ],
)
def test_answers_say_what_differs(changes: dict[str, object], said: str) -> None:
    """Differences in size are told apart by whether the status explains them; what rests on nothing is not told."""
    report = replace(HEALTHY, responses=replace(HEALTHY.responses, **changes))  # type: ignore[arg-type]
    assert said in screen(report, 110)


def _in_json(value: object) -> Iterator[str]:
    """Yield every number that a reader of the JSON document finds, as a screen may write it."""
    match value:
        case dict():
            yield from _in_json(list(value.values()))
        case list():
            yield number(len(value))
            for each in value:
                yield from _in_json(each)
        case str():
            yield from _in_text(value)
        case int() | float():
            yield from _as_written(value)


def _in_text(text: str) -> Iterator[str]:
    yield from _NUMBER.findall(text)
    if _MOMENT.fullmatch(text):
        moment = datetime.fromisoformat(text)
        yield from (str(moment.day), *f"{moment:%Y %m %d %H %M %S}".split())


def _as_written(value: float) -> Iterator[str]:
    yield from (number(value), f"{value:g}", f"{value:.2f}", f"{value:03.0f}", f"{value * 100:g}")
    yield from _NUMBER.findall(f"{duration(value)} {duration(value * 1000)}")
    yield from (hundredths(value, decimals) for decimals in range(1, 5))


def _derived(report: Report) -> Iterator[str]:
    """Yield the sums and rests that a screen adds to what the document holds."""
    yield "99"  # "99 % within": p99_ms by its name
    if report.offset:  # whole-second stamps hide up to one second more
        resolution_ms = max(report.primary.resolution_ms, report.shadow_side.resolution_ms)
        for delay_ms in (report.offset.p99_ms, report.offset.max_ms):
            yield from _NUMBER.findall(duration(delay_ms + resolution_ms))
    for found in (report.ratio, report.ratio_while_on, *(phase.ratio for phase in report.phases)):
        yield number(found.paired + found.missed)
    for groups in report.missed_by.values():
        for shown in range(len(groups)):
            yield number(report.originals.missed - sum(group.missed for group in groups[:shown]))
    yield number(report.originals.missed - min(len(report.missed_examples), 6))
    yield number(sum(change.count for change in report.responses.status_changes[6:]))
    for names in (report.primary.pods, report.shadow_side.pods):
        yield number(max(len(names) - 4, 0))


@pytest.mark.parametrize("name", ["healthy", "interrupted", "sampled", "no-copies", "empty", "ranges"])
def test_every_number_on_the_screen_is_in_the_json(name: str) -> None:
    """What a screen says in numbers can be found again, or added up, in the JSON document."""
    report = CASES[name]
    known = {*_in_json(to_document(report)), *_derived(report)}
    assert not [token for token in _NUMBER.findall(screen(report, 110)) if token not in known]


def test_times_have_dates_only_where_days_differ() -> None:
    """One day is named once; several days put a date before each time that begins another day."""
    assert "18:11:16 - 18:11:41" in screen(HEALTHY, 80)
    assert "2026-11-22, times in UTC" in screen(HEALTHY, 80)
    assert "Nov 22 22:54:36 - Nov 23 04:11:16" in screen(SAMPLED, 80)
    assert "Nov 22 18:11:16 - 22:54:36" in screen(SAMPLED, 80)


def test_moments_are_named_where_no_phases_tell_them() -> None:
    """Misses by moment repeat what several phases say; within one phase they are shown as times."""
    assert "later" not in screen(SAMPLED, 80)
    assert "Nov 22 18:11:16   1,300 of 2,600" in screen(replace(SAMPLED, phases=SAMPLED.phases[:1]), 110)


@pytest.mark.parametrize(
    ("shadow", "shown"), [("v2.log", ".../access.log  "), ("/var/v2/access.log", ".../v1/access.log  ")]
)
def test_long_paths_of_files_keep_what_tells_them_apart(shadow: str, shown: str) -> None:
    """The name of a file is shown, whatever it lies in, with its folder where another file has the same name."""
    primary = replace(HEALTHY.primary.files[0], name="/var/recordings/of/november/v1/access.log")
    report = replace(
        HEALTHY,
        primary=replace(HEALTHY.primary, files=(primary,)),
        shadow_side=replace(HEALTHY.shadow_side, files=(replace(primary, name=shadow),)),
    )
    assert f"  {shown}" in screen(report, 80)
