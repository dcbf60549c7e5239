import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.checks.proportions import Band, Judgement, Sample, holm, join, judge
from mirrorcheck.checks.verdicts import CheckResult

counts = st.integers(1, 60)


def tails(hits: int, trials: int, ratio: float) -> tuple[float, float]:
    """How likely so few hits or fewer, and so many or more, are: by adding up all outcomes."""
    chances = [1.0]
    for _ in range(trials):
        chances = [
            (chances[k] if k < len(chances) else 0.0) * (1 - ratio) + (chances[k - 1] * ratio if k else 0.0)
            for k in range(len(chances) + 1)
        ]
    return sum(chances[: hits + 1]), sum(chances[hits:])


@given(counts, st.floats(0, 1), st.sampled_from([Band(0.3, 0.6), Band(0.0, 0.3), Band(0.6, 1.0)]))
def test_bounds_leave_out_what_the_tail_allows(trials: int, share: float, band: Band) -> None:
    """A band with two ends gives each half of the error, one with one end all of it, and no end is left half used."""
    hits = round(share * trials)
    found = judge(band, Sample(hits, trials), 0.95)
    each = 0.025 if band == Band(0.3, 0.6) else 0.05
    if hits:
        assert tails(hits, trials, found.low)[1] == pytest.approx(each)
    if hits < trials:
        assert tails(hits, trials, found.high)[0] == pytest.approx(each)
    assert (found.low == 0.0, found.high == 1.0) == (hits == 0, hits == trials)


@pytest.mark.parametrize(
    ("band", "sides"), [(Band(0.4, 0.6), 2), (Band(0.4, 1.0), 1), (Band(0.0, 0.6), 1)], ids=["both", "low", "high"]
)
def test_p_value_is_that_of_the_side_it_lies_on(band: Band, sides: int) -> None:
    """Doubled where it could lie on the other side as well; 1 within the band."""
    low, high = Sample(8, 40), Sample(32, 40)
    expected_low = sides * tails(8, 40, 0.4)[0] if band.low else 1.0
    expected_high = sides * tails(32, 40, 0.6)[1] if band.high < 1 else 1.0
    assert judge(band, low, 0.95).p_value == pytest.approx(expected_low)
    assert judge(band, high, 0.95).p_value == pytest.approx(expected_high)
    assert judge(band, Sample(20, 40), 0.95).p_value == 1.0


def judgement(verdict: CheckResult, low: float, high: float, p_value: float, side: int) -> Judgement:
    """What one end of a range says."""
    return Judgement(verdict, low, high, p_value, side)


PASSING = judgement(CheckResult.PASS, 0.48, 0.52, 1.0, 0)
LEANING = judgement(CheckResult.INCONCLUSIVE, 0.44, 0.5, 0.3, -1)
BELOW = judgement(CheckResult.FAIL, 0.2, 0.3, 0.001, -1)
FAR_BELOW = judgement(CheckResult.FAIL, 0.1, 0.2, 0.0001, -1)
ABOVE = judgement(CheckResult.FAIL, 0.7, 0.8, 0.002, 1)


@pytest.mark.parametrize(
    ("ends", "joined"),
    [
        ([PASSING], PASSING),
        ([PASSING, PASSING], PASSING),
        ([PASSING, LEANING], judgement(CheckResult.INCONCLUSIVE, 0.44, 0.52, 1.0, 0)),
        ([LEANING, BELOW], judgement(CheckResult.INCONCLUSIVE, 0.2, 0.5, 0.3, -1)),
        ([FAR_BELOW, BELOW], judgement(CheckResult.FAIL, 0.1, 0.3, 0.001, -1)),
        ([BELOW, ABOVE], judgement(CheckResult.INCONCLUSIVE, 0.2, 0.8, 1.0, 0)),
        ([PASSING, BELOW], judgement(CheckResult.INCONCLUSIVE, 0.2, 0.52, 1.0, 0)),
    ],
)
def test_ends_of_a_range(ends: list[Judgement], joined: Judgement) -> None:
    """They must agree, on the side too; the interval is that of all, and the chance of error the largest."""
    assert join(ends) == joined
    assert join(ends[::-1]) == joined


@given(st.lists(st.floats(0, 0.2), max_size=6))
def test_holm_is_the_closed_test(values: list[float]) -> None:
    """A hypothesis is rejected if each set of them that it is in has one below alpha by the size of the set."""
    sets = [{i for i in range(len(values)) if mask >> i & 1} for mask in range(1, 1 << len(values))]
    closed = [
        all(min(values[i] for i in each) <= 0.05 / len(each) for each in sets if one in each)
        for one in range(len(values))
    ]
    assert holm(values, 0.05) == closed
