"""VERDICTS.md: its promise holds in every row, and a part of it, played anew, agrees with what it says."""

import re
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from benchmarks import verdicts
from benchmarks.verdicts import BROKEN, FIXED, HOLDS, NOT_DRAWN, ONE_BY_ONE, PARTED, SEARCHED, Setting
from mirrorcheck.checks.proportions import Sample
from mirrorcheck.checks.sequential import sequential
from mirrorcheck.checks.verdicts import CheckResult
from tests.sample import sampled

pytestmark = pytest.mark.unmeasured

TEXT = verdicts.TARGET.read_text(encoding="utf-8")
ALPHA = 0.05
SURE = 1e-6  # the chance that a comparison below fails although nothing is wrong
SAMPLE = 200


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    part = TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace(",", "") for cell in line.strip("|").split("|")] for line in lines]


AROUND = "Around a stretch without a rule"
TABLES = {"All at once": 4, "With phases searched": 4, "Not drawn one by one": 5, AROUND: 4, "One by one": 3}
"""Each table, and the column of the runs that passed."""


def published() -> Iterator[tuple[str, list[str], int, int, int]]:
    """Each row of each table, with the runs that passed, failed, and could not be told."""
    for title, column in TABLES.items():
        for row in rows(title):
            passed, failed, open_ = (int(cell) for cell in row[column : column + 3])
            yield title, row, passed, failed, open_


def agree(found: int, of: int, said: int, runs: int) -> bool:
    """Whether one true probability explains both counts."""
    (low, high), (said_low, said_high) = Sample(found, of).bounds(SURE), Sample(said, runs).bounds(SURE)
    return low <= said_high and said_low <= high


def test_tables_are_those_of_the_settings() -> None:
    """Nothing was left out, and every row has at least ten thousand runs."""
    for title, settings in zip(TABLES, (FIXED, SEARCHED, NOT_DRAWN, PARTED, ONE_BY_ONE), strict=True):
        assert len(rows(title)) == len(settings)
    assert all(passed + failed + open_ >= 10_000 for _, _, passed, failed, open_ in published())


def test_promise_holds_in_every_row() -> None:
    """No more runs are wrong than a chance of 5 % explains: passes of what is broken, failures of what holds."""
    for title, row, passed, failed, open_ in published():
        wrong = passed if BROKEN in row else failed if HOLDS in row else 0
        assert Sample(wrong, passed + failed + open_).bounds(SURE)[0] <= ALPHA, (title, row)


def test_both_sides_of_the_border_are_there() -> None:
    """Each expectation is played where it holds and where it is broken."""
    for title, row, *_ in published():
        if title in {"All at once", "One by one"}:
            name = row[0]
            kinds = {kind for other in rows(title) if other[0] == name for kind in other if kind in {HOLDS, BROKEN}}
            assert kinds == {HOLDS, BROKEN}, name


def test_true_40_passes_as_50_hardly_ever() -> None:
    """At 1,000 requests with a tolerance of 5 points, by the table: less than one in a million."""
    [row] = [row for row in rows("All at once") if row[:3] == ["50 % +-5", "1000", "40"]]
    assert row[4] == "0"
    assert float(row[7]) < 1e-6


def test_dead_and_healthy_mirrors_are_decided_soon() -> None:
    """By the table, one by one: 0 % within ten requests where 100 % is expected, and 100 % after about 300."""
    table = {(row[0], row[1]): row for row in rows("One by one")}
    assert float(table["100 %", "0"][7]) <= 10
    assert 290 <= float(table["100 %", "100"][6]) <= 310


@pytest.mark.parametrize("index", sampled(range(0, len(FIXED), 3), 2))
def test_fixed_rows_are_played_again(index: int) -> None:
    """By other draws the same shares, and the exact probability is that of the passes."""
    setting, row = FIXED[index], rows("All at once")[index]
    found = verdicts.counted_verdicts(setting, 2000, [99, index])
    for verdict, said in zip((CheckResult.PASS, CheckResult.FAIL, CheckResult.INCONCLUSIVE), row[4:7], strict=True):
        assert agree(found[verdict], 2000, int(said), 10_000)
    low, high = Sample(int(row[4]), 10_000).bounds(SURE)
    assert low <= float(row[7]) + 1e-9
    assert float(row[7]) <= high + 1e-9


@pytest.mark.parametrize("index", sampled([3, 0, 13, 23, 5, 8, 18, 20], 2))
def test_sequential_rows_are_played_again_with_the_test_itself(index: int) -> None:
    """The table is played on borders; the test, fed with draws, gives the same shares."""
    setting, row = ONE_BY_ONE[index], rows("One by one")[index]
    random = np.random.default_rng([98, index])
    found = [_played(setting, random) for _ in range(60)]
    for verdict, said in zip((CheckResult.PASS, CheckResult.FAIL, CheckResult.INCONCLUSIVE), row[3:6], strict=True):
        assert agree(found.count(verdict), 60, int(said), 10_000)


def _played(setting: Setting, random: np.random.Generator) -> CheckResult:
    test = sequential(setting.wanted)
    assert test
    return test.after(random.random(setting.requests) < setting.truth / 100).verdict


@pytest.mark.parametrize("index", sampled(range(len(SEARCHED)), 1))
def test_searched_rows_are_played_again(index: int) -> None:
    """Whole timelines give the same shares."""
    row = rows("With phases searched")[index]
    found = verdicts.searched_verdicts(SEARCHED[index], 60, [97, index])
    assert agree(found[CheckResult.PASS], 60, int(row[4]), 10_000)
    assert agree(found[CheckResult.FAIL], 60, int(row[5]), 10_000)


@pytest.mark.parametrize("index", sampled([*range(0, len(NOT_DRAWN), 2), *range(1, len(NOT_DRAWN), 2)], 2))
def test_rows_not_drawn_one_by_one_are_played_again(index: int) -> None:
    """Timelines in which one request tells of the next give the same shares, by either judgement."""
    row = rows("Not drawn one by one")[index]
    ours, naive = verdicts.undrawn_verdicts(NOT_DRAWN[index], SAMPLE, [96, index])
    assert agree(ours[CheckResult.PASS], SAMPLE, int(row[5]), 10_000)
    assert agree(naive[CheckResult.FAIL], SAMPLE, int(row[9]), 10_000)


def test_intervals_around_a_stretch_hold_the_mean() -> None:
    """No more runs leave it out than 5 in 100, and 10 where one side is asked; and one sample decides more than two."""
    for row in rows(AROUND):
        outside, passed, apart = (int(row[column]) for column in (8, 4, 9))
        promised = 2 * ALPHA if row[0].startswith("at least") else ALPHA
        assert Sample(outside, 10_000).bounds(SURE)[0] <= promised, row
        if row[3] == HOLDS:
            assert passed >= apart, row


@pytest.mark.parametrize("index", sampled([0, 5, 12, 2, 8], 1))
def test_rows_around_a_stretch_are_played_again(index: int) -> None:
    """By other draws the same shares, of verdicts, of what is one sample, and of intervals that leave the mean out."""
    row = rows(AROUND)[index]
    ours, apart, one, outside = verdicts.parted_verdicts(PARTED[index], SAMPLE, [95, index])
    found = [*(ours[each] for each in (CheckResult.PASS, CheckResult.FAIL, CheckResult.INCONCLUSIVE)), one, outside]
    for count, said in zip([*found, apart[CheckResult.PASS], apart[CheckResult.FAIL]], row[4:], strict=True):
        assert agree(count, SAMPLE, int(said), 10_000)


def test_summary_says_what_the_tables_hold() -> None:
    """The worst row of each table is the one that is named at the top."""
    for title, column in TABLES.items():
        found = re.search(rf"^- {title}: at most ([\d,]+) of 10,000 runs", TEXT, re.MULTILINE)
        assert found
        cells = [f"| {' | '.join(row)} |" for row in rows(title)]
        assert int(found[1].replace(",", "")) == max(islice(verdicts.errors(cells, column), None))
