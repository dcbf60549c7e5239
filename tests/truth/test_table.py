"""The part of VERDICTS.md on logs with known truth: its promise holds in every row, and a sample made anew agrees."""

import re

import pytest

from benchmarks.verdicts import OF_LOGS, TARGET
from mirrorcheck.checks.proportions import Sample
from tests.sample import sampled
from tests.truth import table
from tests.truth.cells import Cell, published_cells
from tests.truth.judge import judge_all
from tests.truth.tally import Tally, tally

pytestmark = pytest.mark.unmeasured

ALPHA = 0.05
SURE = 1e-6  # the chance that a comparison below fails although nothing is wrong
LOGS = 200  # at least
NEW_SEEDS = range(10_001, 10_002)  # none that the table was made with
PUBLISHED = list(table.published())


def test_rows_are_the_published_cells() -> None:
    """None is left out, each once, and each has enough logs."""
    assert sorted(cell.name for cell, _ in PUBLISHED) == sorted(cell.name for cell in published_cells())
    assert all(counts["logs"] >= LOGS for _, counts in PUBLISHED)


def test_promise_holds_in_every_row() -> None:
    """What is not true passes in no more logs than 5 in 100, whether anything is mirrored or not."""
    for cell, counts in PUBLISHED:
        if not cell.world.as_marked:
            assert counts["false pass"] <= ALPHA * counts["logs"], cell.name


def test_mirrors_of_mixed_loads_are_recognised() -> None:
    """Every request copied, 100 URLs and more: the check of it passes in all logs but 5 in 100, marker or not."""
    rows = [
        (cell, counts)
        for cell, counts in PUBLISHED
        if cell.world.name in {"mirror-100-plain", "mirror-100-hop"} and cell.load.urls >= 100
    ]
    assert len(rows) == 8
    for cell, counts in rows:
        assert counts["pass"] >= (1 - ALPHA) * counts["logs"], cell.name


def test_summary_says_what_the_rows_hold() -> None:
    """The counts of all rows, and the worst of them."""
    text = TARGET.read_text(encoding="utf-8").partition(OF_LOGS)[2]
    rows = [counts for cell, counts in PUBLISHED if not cell.world.mirrors and not cell.world.as_marked]
    said = r"^- Nothing mirrored: ([\d,]+) of ([\d,]+) logs pass, in the worst of (\d+) rows ([\d.]+) %"
    found = re.search(said, text, re.MULTILINE)
    assert found
    assert int(found[1].replace(",", "")) == sum(counts["false pass"] for counts in rows)
    assert int(found[2].replace(",", "")) == sum(counts["logs"] for counts in rows)
    assert int(found[3]) == len(rows)
    assert float(found[4]) == round(max(100 * counts["false pass"] / counts["logs"] for counts in rows), 1)
    assert re.search(r"^- Lines in no class or in two: in 0 logs\.$", text, re.MULTILINE)


@pytest.fixture(scope="module", name="anew", params=sampled([11, 3], 1))
def _anew(request: pytest.FixtureRequest) -> list[tuple[Cell, dict[str, int], Tally]]:
    """A row in so many, made and judged with another seed: about 20 or 60 logs."""
    return [(cell, counts, tally(cell, judge_all(cell, NEW_SEEDS))) for cell, counts in PUBLISHED[:: request.param]]


def test_sample_made_anew_agrees_with_the_table(anew: list[tuple[Cell, dict[str, int], Tally]]) -> None:
    """By other draws the same shares, within binomial limits, over the splits and over the mirrors."""
    assert len(anew) >= 15
    for kind in ((False, False), (False, True), (True, False)):
        rows = [(counts, table.counts_of(found)) for cell, counts, found in anew if _kind(cell) == kind]
        for head in rows[0][0]:
            found, said = (sum(row[at][head] for row in rows) for at in (1, 0))
            of, logs = (sum(row[at]["logs"] for row in rows) for at in (1, 0))
            assert _agree(found, of, said, logs), (head, found, said)


def test_sample_made_anew_keeps_the_promise(anew: list[tuple[Cell, dict[str, int], Tally]]) -> None:
    """No more is wrong than a chance of 5 % explains, and every line is in one class."""
    for kind in ((False, False), (True, False)):
        rows = [found for cell, _, found in anew if _kind(cell) == kind]
        wrong, logs = sum(each.false_pass for each in rows), sum(each.logs for each in rows)
        assert Sample(wrong, logs).bounds(SURE)[0] <= ALPHA
        assert not any(each.lost for each in rows)


def _kind(cell: Cell) -> tuple[bool, bool]:
    return cell.world.mirrors, cell.world.as_marked


def _agree(found: int, of: int, said: int, logs: int) -> bool:
    """Whether one true probability explains both counts."""
    (low, high), (said_low, said_high) = Sample(found, of).bounds(SURE), Sample(said, logs).bounds(SURE)
    return low <= said_high and said_low <= high
