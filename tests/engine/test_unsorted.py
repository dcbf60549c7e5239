"""Long logs that are not in order of time are sorted first, and then analyzed in steps like those that are."""

import random
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from mirrorcheck.engine import steps as engine
from mirrorcheck.engine.batch import analyze_sources
from mirrorcheck.engine.steps import StepSize, analyze_long
from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.outcomes.settle import JudgedSpan, Settled, settle
from mirrorcheck.outcomes.sides.model import Sides
from mirrorcheck.reading.open import open_logs
from mirrorcheck.reading.stepped_log import SteppedLog
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Settings, complete
from mirrorcheck.sources.files import Progress
from mirrorcheck.totals.lines_spool import LinesSpool
from mirrorcheck.totals.lines_table import write_outcomes
from tests.engine.test_steps import A_SECOND, OPTIONS, SECONDS, SMALL, assert_alike, copies_of, shop
from tests.logs import START, Request, write
from tests.sample import sampled

Lines = list[Request]


def shuffled(lines: Lines) -> Lines:
    """In no order at all."""
    return random.Random(1).sample(lines, len(lines))


def newest_first(lines: Lines) -> Lines:
    """As many exports are."""
    return lines[::-1]


def by_shard(lines: Lines) -> Lines:
    """What several wrote, one after the other."""
    return [each for shard in range(5) for each in lines[shard::5]]


def later_half_first(lines: Lines) -> Lines:
    """As files of one log that were joined in the order of their names."""
    return lines[len(lines) // 2 :] + lines[: len(lines) // 2]


def in_order_at_first(lines: Lines) -> Lines:
    """As a log to which a file in no order was added."""
    return lines[:2_500] + shuffled(lines[2_500:])


ORDERS = [shuffled, newest_first, by_shard, later_half_first]
RUNS = [1 << 30, 200_000, 12_000]  # bytes: one that is held, some, and some fifty


def analyzed(  # as `analyze_long` takes it
    folder: Path, size: StepSize = SMALL, spool: LinesSpool | None = None, progress: Progress | None = None
) -> Report:
    """The report on a folder's logs in steps; as a whole where the spool is all that could tell lines."""
    names = (sorted(map(str, folder.glob(f"{side}*"))) for side in ("v1", "v2"))
    return analyze_long(open_logs((), *names).inputs, complete(OPTIONS), progress, size, spool)


def whole(folder: Path) -> Report:
    """The report on the same logs, settled as one whole."""
    names = (sorted(map(str, folder.glob(f"{side}*"))) for side in ("v1", "v2"))
    return analyze_sources(open_logs((), *names).inputs, complete(OPTIONS))


def assert_in_steps(report: Report) -> None:
    """Of steps alone no table is held."""
    with pytest.raises(UsageError, match="--outcomes"):
        _ = report.table


def of_requests(report: Report) -> Report:
    """A report without what tells where lines lie."""
    examples = tuple(replace(each, file="", line=0) for each in report.missed_examples)
    primary, shadow = (replace(side, files=()) for side in (report.primary, report.shadow_side))
    return replace(report, missed_examples=examples, primary=primary, shadow_side=shadow)


@pytest.mark.parametrize("sorted_bytes", sampled(RUNS, 3))
@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_lines_makes_no_difference(
    tmp_path: Path, order: Callable[[Lines], Lines], sorted_bytes: int
) -> None:
    """Of requests for pages of their own, all that is said is what is said of these lines in order of time."""
    drawn = random.Random(2)
    originals = [
        Request(second=n // A_SECOND, target=f"/page/{n}", size=drawn.randrange(99)) for n in range(SECONDS * A_SECOND)
    ]
    lacking = set(drawn.sample(range(len(originals)), 15))
    copies = [each.copy() for n, each in enumerate(originals) if n not in lacking and not 30 <= each.second < 45]
    for name in ("not", "ordered"):
        (tmp_path / name).mkdir()
    for side, lines in (("v1", order(originals)), ("v2", order(copies))):
        write(tmp_path / "not" / f"{side}.log", lines)
        write(tmp_path / "ordered" / f"{side}.log", sorted(lines, key=lambda each: each.second))
    found = analyzed(tmp_path / "not", replace(SMALL, sorted_bytes=sorted_bytes))
    assert_in_steps(found)
    assert of_requests(found) == of_requests(analyzed(tmp_path / "ordered"))
    logged = (tmp_path / "not" / "v1.log").read_text().splitlines()
    assert all(f" {each.target} " in logged[each.line - 1] for each in found.missed_examples)


@pytest.mark.parametrize("seed", sampled(range(6), 1))
@pytest.mark.parametrize("order", ORDERS)
def test_one_log_or_both_in_disorder(tmp_path: Path, order: Callable[[Lines], Lines], seed: int) -> None:
    """Where requests are alike, counts, phases, ranges and warnings are those of the whole."""
    originals = shop(seed)
    write(tmp_path / "v1.log", order(originals))
    write(tmp_path / "v2.log", copies_of(originals, seed))
    found = analyzed(tmp_path)
    assert_in_steps(found)
    assert_alike(whole(tmp_path), found)


def test_several_logs_of_which_one_turns_out_late(tmp_path: Path) -> None:
    """Each log is sorted that needs it, whenever that shows."""
    originals = shop(3)
    copies = copies_of(originals, 3)
    middle = len(originals) // 2
    write(tmp_path / "v1-0.log", newest_first(originals[::2]))
    write(tmp_path / "v1-1.log", [*originals[1:middle:2], *originals[middle + 1 :: 2][::-1]])
    write(tmp_path / "v2-0.log", copies[::2])
    write(tmp_path / "v2-1.log", copies[1::2])
    (tmp_path / "v2-2.log").write_text("2026/11/22 18:00:00 [notice] 1#1: start worker processes\n" * 50)
    found, expected = analyzed(tmp_path), whole(tmp_path)
    assert_in_steps(found)
    assert (found.originals, found.shadow) == (expected.originals, expected.shadow)
    assert (found.primary, found.shadow_side) == (expected.primary, expected.shadow_side)


@pytest.mark.parametrize("turned", [True, False])
def test_exports_that_may_be_newest_first(tmp_path: Path, turned: bool) -> None:  # noqa: FBT001  # a case
    """What a program writes in that order is turned, lines of one second, too; what it does not is left as it is."""
    originals = shop(4)
    for side, requests in (("v1", originals), ("v2", copies_of(originals, 4))):
        lines = [
            f"{START.replace(minute=each.second // 60, second=each.second % 60):%Y-%m-%dT%H:%M:%S}.000Z "
            f'{{app="web", pod="{side}-{n % 2}"}} {each.line()}\n'
            for n, each in enumerate(requests)
        ]
        (tmp_path / f"{side}.log").write_text("".join(lines[::-1] if turned else lines))
    found, expected = analyzed(tmp_path, replace(SMALL, sorted_bytes=100_000)), whole(tmp_path)
    assert_in_steps(found)
    assert (found.originals, found.shadow, found.verdict.word) == (
        expected.originals,
        expected.shadow,
        expected.verdict.word,
    )
    assert (found.primary, found.shadow_side) == (expected.primary, expected.shadow_side)
    one = analyzed(tmp_path, StepSize(lines=100, whole=20_000, bytes_=20_000))
    assert one == expected


@pytest.mark.parametrize("order", [shuffled, newest_first, in_order_at_first])
def test_the_table_has_the_order_of_the_log(tmp_path: Path, order: Callable[[Lines], Lines]) -> None:
    """Each line once, where it stands, though the first steps were begun anew."""
    originals = shop(5)
    write(tmp_path / "v1.log", order(originals))
    write(tmp_path / "v2.log", copies_of(originals, 5))
    (tmp_path / "laid-aside").mkdir()
    spool = LinesSpool(tmp_path / "laid-aside")
    expected = whole(tmp_path).table
    write_outcomes(analyzed(tmp_path, spool=spool).tables(), tmp_path / "all.parquet")
    found = pl.read_parquet(tmp_path / "all.parquet")
    place = ["side", "file", "line", "time", "method", "target", "status"]
    assert found.select(place).equals(expected.select(place))
    lone = expected["target"].str.starts_with("/orders/")
    assert lone.any()
    sure = ["outcome", "pair_file", "pair_line"]
    assert found.filter(lone).select(sure).equals(expected.filter(lone).select(sure))


@pytest.mark.parametrize("order", [later_half_first, shuffled])
def test_logs_that_hold_the_same_lines_in_no_order(tmp_path: Path, order: Callable[[Lines], Lines]) -> None:
    """That is seen in any order; they are settled as a whole, and each line counts once."""
    lines = [each.line() for each in order(shop(7))]
    (tmp_path / "v1.log").write_text("\n".join([*lines[1_000:], ""]))
    (tmp_path / "v1.log.1").write_text("\n".join([*lines[:2_500], ""]))
    write(tmp_path / "v2.log", copies_of(shop(7), 7, 1.0))
    found, expected = analyzed(tmp_path), whole(tmp_path)
    assert expected.primary.lines.repeated
    assert (found.originals, found.shadow, found.primary) == (expected.originals, expected.shadow, expected.primary)


def test_disorder_is_seen_before_all_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of the end of all logs that come early bring no step to its end."""
    read_on, held = SteppedLog.read_on, [0]

    def noted(log: SteppedLog) -> None:
        read_on(log)
        held.append(log.lines)

    monkeypatch.setattr(SteppedLog, "read_on", noted)
    originals = shop(8) + [replace(each, second=each.second + SECONDS) for each in shop(9)]
    write(tmp_path / "v1.log", in_order_at_first(originals))
    write(tmp_path / "v2.log", in_order_at_first(copies_of(originals, 8)))
    assert_in_steps(analyzed(tmp_path))
    assert max(held) < len(originals) / 2


def test_memory_says_how_large_steps_are() -> None:
    """As many lines as ever by default; half of the memory is for less than half of them, as some is for all else."""
    usual, half, double = (StepSize.of(size << 29) for size in (2, 1, 4))
    assert usual == StepSize()
    assert 0 < half.lines < usual.lines / 2
    assert 2 * usual.lines < double.lines
    assert (half.whole - half.lines) / usual.whole == pytest.approx((half.lines / usual.lines) * 0.4, abs=0.01)
    assert [half.sorted_bytes, double.sorted_bytes] == [usual.sorted_bytes // 2, usual.sorted_bytes * 2]


@pytest.mark.parametrize("ends", [KeyboardInterrupt, InputError])
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: type[BaseException]) -> None:
    """Wherever it ends, by Ctrl-C or by a log that is damaged: the temporary folder goes."""
    originals = shop(6)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    write(tmp_path / "v1.log", shuffled(originals))
    write(tmp_path / "v2.log", copies_of(originals, 6))
    folders: list[Path] = []

    def interrupted(sides: Sides, settings: Settings, span: JudgedSpan) -> Settled:
        folders.extend(scratch.iterdir())
        if folders:
            raise ends
        return settle(sides, settings, span)

    monkeypatch.setattr(engine, "settle", interrupted)
    with pytest.raises(ends):
        analyzed(tmp_path, replace(SMALL, sorted_bytes=50_000))
    assert folders
    assert not [*scratch.iterdir()]
