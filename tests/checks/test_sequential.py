from dataclasses import replace
from math import ceil, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.proportions import Band, Sample, judge
from mirrorcheck.checks.sample_size import chance_of_pass, passing_counts, sample_size
from mirrorcheck.checks.sequential import EveryRequest, SequentialTest, sequential
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.errors import UsageError
from tests.sample import sampled


def started(**options: float | str) -> SequentialTest | EveryRequest:
    """The test of an expectation, before it has seen anything."""
    test = sequential(complete_checks(CheckOptions(**options)))  # type: ignore[arg-type]  # by their names
    assert test
    return test


@pytest.mark.parametrize(
    ("options", "copied", "verdict", "most"),
    [
        ({"expect": 100}, False, CheckResult.FAIL, 1),
        ({"expect": 100}, True, CheckResult.PASS, 299),
        ({"expect": 100, "within": 1}, False, CheckResult.FAIL, 10),
        ({"expect": 100, "within": 1}, True, CheckResult.PASS, 310),
        ({"min_ratio": 99}, False, CheckResult.FAIL, 10),
        ({"expect": 50, "within": 5}, False, CheckResult.FAIL, 10),
        ({"expect": 50, "within": 5}, True, CheckResult.FAIL, 10),
        ({"expect": 0}, True, CheckResult.FAIL, 1),
        ({"expect": 0}, False, CheckResult.PASS, 299),
    ],
)
def test_dead_and_healthy_mirrors(options: dict[str, float], copied: bool, verdict: CheckResult, most: int) -> None:  # noqa: FBT001  # a case of a table
    """A dead mirror fails within ten requests, and a healthy one passes against 99 % after about three hundred."""
    test = started(**options).after(np.full(1000, copied))
    assert test.verdict == verdict
    assert test.paired + test.missed <= most


def test_as_soon_as_wald_would() -> None:
    """293 by Wald's approximate bounds; 299 is what keeps the promise exactly, one request at a time as in one go."""
    assert ceil(log(0.05 / 0.95) / log(0.99)) == 293
    assert 0.99**298 > 0.05 >= 0.99**299


@given(
    st.lists(st.booleans(), max_size=400),
    st.lists(st.integers(0, 400), max_size=6),
    st.sampled_from([(50, 5), (90, 5)]),
)
def test_batches_change_nothing(outcomes: list[bool], cuts: list[int], asked: tuple[float, float]) -> None:
    """However the originals are split over calls, the verdict and what it rests on are the same."""
    expect, within = asked
    whole = started(expect=expect, within=within).after(np.array(outcomes, np.bool_))
    split = started(expect=expect, within=within)
    ends = sorted(min(cut, len(outcomes)) for cut in cuts)
    for start, stop in zip([0, *ends], [*ends, len(outcomes)], strict=True):
        split = split.after(np.array(outcomes[start:stop], np.bool_))
    assert (split.verdict, split.paired, split.missed) == (whole.verdict, whole.paired, whole.missed)


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("truth", "wrong"), sampled([(0.449, CheckResult.PASS), (0.45, CheckResult.FAIL), (0.5, CheckResult.FAIL)], 2)
)
def test_error_rates_hold_however_long_one_looks(truth: float, wrong: CheckResult) -> None:
    """Of 300 runs, each looked at a thousand times, no more are wrong than 5 % allow (exact, one in a million)."""
    random = np.random.default_rng(3)
    runs = (started(expect=50, within=5).after(random.random(1000) < truth) for _ in range(300))
    errors = sum(test.verdict == wrong for test in runs)
    assert Sample(errors, 300).bounds(1e-6)[0] <= 0.05


def test_evidence_is_no_more_than_a_fair_bet() -> None:
    """At the border the likelihood ratio has a mean of 1 after any number of requests, summed over all outcomes."""
    test = SequentialTest(Band(0.4, 1.0), 0.6, 0.95)
    hits = np.arange(31)
    chances = np.array([np.prod([(30 - i) / (i + 1) for i in range(k)]) for k in hits]) * 0.4**hits * 0.6 ** (30 - hits)
    evidence = np.exp(test.not_below(hits, 30 - hits))
    assert float((chances * evidence).sum()) == pytest.approx(1.0)


def test_verdict_stays() -> None:
    """What comes after the verdict is not looked at."""
    failed = started(expect=100).after(np.array([True, False, True]))
    assert (failed.verdict, failed.paired, failed.missed) == (CheckResult.FAIL, 1, 1)
    assert failed.after(np.full(500, fill_value=True)) == failed


def test_misses_allowed_and_no_question() -> None:
    """--max-missed is what --expect 100 allows; without an expectation of the ratio there is no test."""
    test = started(expect=100, max_missed=2)
    assert test.after(np.array([True] * 298 + [False] * 2)).verdict == CheckResult.PASS
    assert test.after(np.full(3, fill_value=False)).verdict == CheckResult.FAIL
    assert sequential(complete_checks(CheckOptions(max_orphans=0))) is None


@pytest.mark.parametrize(("expect", "within"), sampled([(97, 5), (50, 5), (20, 3)], 1))
def test_sample_size_reaches_its_power_and_no_sooner(expect: float, within: float) -> None:
    """So many requests pass with the power asked for, and a few less do not."""
    wanted = complete_checks(CheckOptions(expect=expect, within=within))
    assert wanted.band
    size = sample_size(wanted, 0.9)
    assert chance_of_pass(wanted.band, size.fixed, expect / 100, 0.95) >= 0.9
    assert chance_of_pass(wanted.band, round(0.9 * size.fixed), expect / 100, 0.95) < 0.9
    assert size.mean < size.most


@pytest.mark.unmeasured
@pytest.mark.parametrize("requests", sampled([299, 1, 50, 400], 2))
@pytest.mark.parametrize("band", [Band(0.45, 0.55), Band(0.0, 0.01), Band(0.99, 1.0)])
def test_counts_that_pass_are_those_of_the_check(band: Band, requests: int) -> None:
    """The planner and the check agree on every count."""
    low, high = passing_counts(band, requests, 0.95)
    for hits in range(requests + 1):
        passes = judge(band, Sample(hits, requests), 0.95).verdict == CheckResult.PASS
        assert passes == (low <= hits <= high), hits


def test_sample_size_of_every_request_and_of_nothing() -> None:
    """100 % takes 299, and what no sensible number decides is refused."""
    assert sample_size(complete_checks(CheckOptions(expect=100)), 0.9).fixed == 299
    with pytest.raises(UsageError, match="Widen --within"):
        sample_size(complete_checks(CheckOptions(expect=50, within=0.01)), 0.9)
    with pytest.raises(UsageError, match="Give --expect"):
        sample_size(complete_checks(CheckOptions(min_ratio=99)), 0.9)
    asked = complete_checks(CheckOptions(expect=97, within=5))
    assert sample_size(replace(asked, confidence=0.999), 0.5).fixed > sample_size(asked, 0.5).fixed
