"""Which of several identical requests was missed is a guess: no phase and no regularity is made of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck import Report
from mirrorcheck.totals.exchangeable import Exchangeable
from mirrorcheck.totals.sampling import INDEPENDENT
from tests.logs import START, Request, write

pytestmark = pytest.mark.unmeasured

HORIZON_US = 60_000_000
REACH_S = 2  # of lines stamped in whole seconds, none of which has a key of its own


def logs(  # noqa: PLR0913  # each is another side of a load
    folder: Path, seconds: int, rate: int, ratio: Callable[[int], float], *, seed: int = 1, urls: int = 1
) -> tuple[Path, Path]:
    """A few URLs that are asked for about `rate` times a second, of which `ratio(second)` are copied by draws."""
    random = np.random.default_rng(seed)
    seconds_of = np.repeat(np.arange(seconds), random.poisson(rate, seconds)).tolist()
    every = [Request(second=second, target=f"/{random.integers(urls)}") for second in seconds_of]
    copied = random.random(len(every)) < np.array([ratio(each.second) for each in every])
    copies = [each.copy() for each, hit in zip(every, copied, strict=True) if hit]
    return write(folder / "v1.log", every), write(folder / "v2.log", copies)


def told(report: Report) -> tuple[object, ...]:
    """What a report says of the course of time."""
    return report.phases, report.sampling, report.timeline, report.ratio_while_on, report.missed_before_on


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_steady_ratio_of_one_url_is_one_phase(tmp_path: Path, seed: int) -> None:
    """Draws at 50 % are draws, although the matching leaves the misses out in rows."""
    primary, shadow = logs(tmp_path, 8, 500, lambda _: 0.5, seed=seed)
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert [phase.missed for phase in report.phases] == [report.ratio.missed]
    assert report.sampling
    assert report.sampling.kind == INDEPENDENT
    assert report.sampling.inflation == 1
    assert report.missed_before_on
    assert report.missed_before_on < 20


def test_a_stop_of_one_url_is_found_where_it_was(tmp_path: Path) -> None:
    """The three phases of a stop and a restart are told to within the doubt, and their misses add up."""
    primary, shadow = logs(tmp_path, 120, 40, lambda second: 0.0 if 50 <= second < 70 else 0.5)
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    before, off, after = report.phases
    assert off.paired == 0
    assert abs((off.from_ - START).total_seconds() - 50) <= REACH_S
    assert abs((off.to - START).total_seconds() - 69) <= REACH_S
    for phase in (before, after):
        assert phase.paired / phase.originals == pytest.approx(0.5, abs=0.05)
    assert sum(phase.missed for phase in report.phases) == report.ratio.missed
    assert sum(each.missed for each in report.timeline) == report.ratio.missed


def test_a_change_of_the_ratio_of_few_urls_is_found(tmp_path: Path) -> None:
    """Counts of stretches longer than the doubt show that half became a fifth."""
    primary, shadow = logs(tmp_path, 120, 40, lambda second: 0.5 if second < 60 else 0.2, urls=8)
    phases = mirrorcheck.analyze(primary=primary, shadow=shadow).phases
    assert phases[0].paired / phases[0].originals == pytest.approx(0.5, abs=0.05)
    assert phases[-1].paired / phases[-1].originals == pytest.approx(0.2, abs=0.05)


def test_the_same_lines_make_the_same_report(tmp_path: Path) -> None:
    """Nothing in a report is left to chance, nor to the order of the lines in the files."""
    primary, shadow = logs(tmp_path, 100, 10, lambda _: 0.5)
    turned = [tmp_path / "v1-turned.log", tmp_path / "v2-turned.log"]
    for file, other in zip((primary, shadow), turned, strict=True):
        other.write_text("".join(reversed(file.read_text().splitlines(keepends=True))))
    first, again = (told(mirrorcheck.analyze(primary=primary, shadow=shadow)) for _ in range(2))
    assert first == again
    assert told(mirrorcheck.analyze(primary=turned[0], shadow=turned[1])) == first


@given(st.lists(st.tuples(st.booleans(), st.integers(-1, 3), st.integers(0, 50)), min_size=1, max_size=60))
def test_exchanged_outcomes_stay_with_their_like(lines: list[tuple[bool, int, int]]) -> None:
    """What is certain stays where it is, and what may be exchanged is as often paired as before."""
    paired, alike, gap_us = (np.array(column) for column in zip(*lines, strict=True))
    found = Exchangeable(paired, np.cumsum(gap_us), alike, reach_us=100)
    for ends_as_one in (False, True):
        drawn = found.in_random_order(ends_as_one=ends_as_one)
        assert drawn[alike < 0].tolist() == paired[alike < 0].tolist()
        assert [drawn[alike == each].sum() for each in range(4)] == [paired[alike == each].sum() for each in range(4)]


def test_stretches_keep_their_counts() -> None:
    """Nothing is exchanged between stretches ten times as long as the doubt, nor across a border."""
    paired = np.arange(500) < 200
    found = Exchangeable(paired, np.arange(500) * 1000, np.zeros(500, np.int64), reach_us=10_000)
    assert found.in_random_order().reshape(5, 100).sum(axis=1).tolist() == [100, 100, 0, 0, 0]
    at_border = Exchangeable(np.arange(500) < 250, found.time_us, found.alike, found.reach_us)
    assert at_border.in_random_order(np.array([250])).tolist() == (np.arange(500) < 250).tolist()
    ends = found.in_random_order(ends_as_one=True).reshape(5, 100).sum(axis=1).tolist()
    assert (sum(ends), ends[1:3]) == (200, [100, 0])
    assert 0 < ends[0] < 100
