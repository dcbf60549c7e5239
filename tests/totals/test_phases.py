from datetime import UTC, datetime
from itertools import combinations, pairwise
from math import log

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck.totals.phases import Segment, Stretches, cut_costs, cut_phases, join, mirrored_span, runs_of

SECOND = 1_000_000
HORIZON = 60 * SECOND
Outcomes = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]


def times_with_pauses(n: int, pauses: tuple[int, ...] = ()) -> Times:
    """A request each millisecond, and ten horizons of silence before each position of `pauses`."""
    gaps = np.full(n, 1000, dtype=np.int64)
    gaps[list(pauses)] = 10 * HORIZON
    return np.cumsum(gaps)


def phases_of(paired: Outcomes, pauses: tuple[int, ...] = (), *, time_us: Times | None = None) -> tuple[Segment, ...]:
    """Cut outcomes of requests a millisecond apart, or at the times given."""
    time_us = times_with_pauses(len(paired), pauses) if time_us is None else time_us
    return cut_phases(time_us, paired, horizon_us=HORIZON)


def counts(phases: tuple[Segment, ...]) -> list[tuple[int, int]]:
    """Of each phase how many were paired, of how many."""
    return [(phase.paired, phase.originals) for phase in phases]


def stretches(*parts: tuple[int, float], seed: int = 0) -> Outcomes:
    """Independent decisions: so many originals at such a ratio, one part after the other."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.random(n) < ratio for n, ratio in parts])


def misfit(originals: npt.NDArray[np.int64], paired: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Minus the log-likelihood of stretches at their own ratio."""
    total = np.zeros(len(originals))
    for part in (paired, originals - paired):
        some = part > 0
        total[some] -= part[some] * np.log(part[some] / originals[some])
    return total


def naive_best(paired: Outcomes, cost: npt.NDArray[np.float64]) -> float:
    """The least misfit plus cost over all partitions, by the plain quadratic recurrence over every position."""
    hits = np.concatenate(([0], np.cumsum(paired)))
    best = np.zeros(len(paired) + 1)
    for end in range(1, len(best)):
        start = np.arange(end)
        best[end] = (best[:end] + cost[:end] + misfit(end - start, hits[end] - hits[:end])).min()
    return float(best[-1])


def achieved(phases: tuple[Segment, ...], cost: npt.NDArray[np.float64]) -> float:
    """The misfit plus cost of the partition that was found."""
    sizes, hits = (np.array(column) for column in zip(*((p.originals, p.paired) for p in phases), strict=True))
    return float(misfit(sizes, hits).sum() + sum(cost[p.first] for p in phases))


def test_article_is_two_of_two_and_none_of_three_after_the_pause() -> None:
    """The article's five originals are cut at the pause of eight minutes: mirrored before it, not after."""
    stamps = ("15:20:16", "15:20:17", "15:28:30", "15:28:31", "15:28:32")
    days = (datetime.fromisoformat(f"2018-05-04T{stamp}").replace(tzinfo=UTC) for stamp in stamps)
    time_us = np.array([int(day.timestamp()) * SECOND for day in days], dtype=np.int64)
    phases = phases_of(np.array([True, True, False, False, False]), time_us=time_us)
    assert phases == (
        Segment(first=0, last=1, from_us=int(time_us[0]), to_us=int(time_us[1]), originals=2, paired=2),
        Segment(first=2, last=4, from_us=int(time_us[2]), to_us=int(time_us[4]), originals=3, paired=0),
    )
    assert [phase.missed for phase in phases] == [0, 3]


def test_nothing_has_no_phase() -> None:
    """Without originals there is no timeline to cut."""
    assert phases_of(np.array([], dtype=np.bool_), time_us=np.array([], dtype=np.int64)) == ()


def test_columns_of_different_length_are_refused() -> None:
    """A time for each outcome: anything else is an error of the caller."""
    with pytest.raises(ValueError, match="one time"):
        phases_of(np.array([True, True]), time_us=np.array([1], dtype=np.int64))


@pytest.mark.parametrize("n", [1, 2, 10, 100_000])
@pytest.mark.parametrize("outcome", [True, False])
def test_one_outcome_all_the_way_is_one_phase(n: int, outcome: bool) -> None:  # noqa: FBT001 (a case, not a flag)
    """Everything mirrored, or nothing, is one phase, pauses or not."""
    pauses = tuple(range(1, n, 1 + n // 5))
    assert counts(phases_of(np.full(n, outcome), pauses)) == [(n * outcome, n)]


@pytest.mark.parametrize("n", [2, 3, 5, 10, 100, 1000, 1_000_000])
@pytest.mark.parametrize("lone", [True, False])
def test_lone_outcome_never_makes_a_phase(n: int, lone: bool) -> None:  # noqa: FBT001 (a case, not a flag)
    """One miss among copies, or one copy among misses, is no phase: at either end, inside, nor between two pauses."""
    for position in {0, 1, n // 2, n - 2, n - 1}:
        paired = np.full(n, not lone)
        paired[position] = lone
        beside = tuple(place for place in (position, position + 1) if 0 < place < n)
        assert len(phases_of(paired)) == 1
        assert len(phases_of(paired, beside)) == 1


@pytest.mark.unmeasured
@pytest.mark.parametrize(("n", "runs"), [(100, 200), (400, 100), (5000, 15)])
@pytest.mark.parametrize("ratio", [0.005, 0.1, 0.5, 0.9])
def test_steady_ratio_is_hardly_ever_cut(n: int, runs: int, ratio: float) -> None:
    """At most 2 % of runs at a steady ratio are cut, with no pause or with three of them."""
    rng = np.random.default_rng(n)
    cut = 0
    for run in range(runs):
        pauses = tuple(rng.choice(np.arange(1, n), 3, replace=False)) if run % 2 else ()
        cut += len(phases_of(rng.random(n) < ratio, pauses)) > 1
    assert cut / runs <= 0.02


def test_short_outage_in_a_million_is_found_exactly() -> None:
    """Twenty misses in a row inside a million copies are a phase of their own, with exact edges."""
    paired = np.ones(1_000_000, dtype=np.bool_)
    paired[777_000:777_020] = False
    assert counts(phases_of(paired)) == [(777_000, 777_000), (0, 20), (222_980, 222_980)]


def test_restart_of_the_shadow_is_found_exactly() -> None:
    """229 misses in a row of 750 originals are an outage with exact edges."""
    assert counts(phases_of(stretches((131, 1), (229, 0), (390, 1)))) == [(131, 131), (0, 229), (390, 390)]


@pytest.mark.parametrize(
    ("ratios", "each", "off_by"),
    [
        ((0.0, 1.0), 200, 0),
        ((1.0, 0.0, 1.0), 200, 0),
        ((1.0, 0.3), 200, 5),
        ((0.0, 0.1), 400, 60),
        ((0.0, 0.5, 0.1, 1.0), 400, 40),
        ((0.5, 0.6), 8_000, 500),
    ],
)
def test_changes_of_the_percentage_are_found_near_where_they_were(
    ratios: tuple[float, ...], each: int, off_by: int
) -> None:
    """Each border lies within what chance allows of the moment at which the percentage changed."""
    for seed in range(4):
        phases = phases_of(stretches(*((each, ratio) for ratio in ratios), seed=seed))
        assert len(phases) == len(ratios)
        for i, phase in enumerate(phases):
            assert abs(phase.first - i * each) <= off_by


@pytest.mark.unmeasured
def test_outage_is_found_among_more_runs_than_the_exact_search_takes() -> None:
    """At a steady 50 % of 300,000 an outage is found as soon as it pays for its two cuts, with its very edges."""
    for seed in range(2):
        paired = stretches((200_000, 0.5), (135, 0.0), (100_000, 0.5), seed=seed)
        _, outage, _ = phases_of(paired)
        assert outage.paired == 0
        assert outage.first <= 200_000
        assert outage.last >= 200_134
        assert paired[outage.first - 1]
        assert paired[outage.last + 1]


@pytest.mark.unmeasured
@pytest.mark.parametrize("parts", [((3000, 0.5),), ((1500, 0.5), (70, 0.0), (1200, 0.5)), ((1000, 0.4), (1500, 0.6))])
def test_coarse_search_finds_what_the_exact_one_would(parts: tuple[tuple[int, float], ...]) -> None:
    """Where there are too many runs for the exact search, the likelihood reached is nevertheless the best."""
    for seed in range(2):
        paired = stretches(*parts, seed=seed)
        time_us = times_with_pauses(len(paired), (700, 1900))
        cost = cut_costs(Stretches.single(time_us, paired), horizon_us=HORIZON)
        assert achieved(phases_of(paired, time_us=time_us), cost) == pytest.approx(naive_best(paired, cost), abs=1e-6)


run_lengths = st.lists(st.integers(1, 25), min_size=1, max_size=10)
gaps = st.sampled_from([0, 1, SECOND, HORIZON, HORIZON + 1])


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Times, Outcomes]:
    """Runs of outcomes with pauses here and there."""
    lengths = draw(run_lengths)
    paired = np.repeat(np.arange(len(lengths)) % 2 == draw(st.integers(0, 1)), lengths)
    gap = np.full(len(paired), SECOND, dtype=np.int64)
    for place, size in draw(st.dictionaries(st.integers(0, len(paired) - 1), gaps, max_size=4)).items():
        gap[place] = size
    return np.cumsum(gap), paired


@given(timelines())
@example((np.array([0, HORIZON + 1]), np.array([True, False])))
def test_partition_is_the_best_of_all_and_adds_up(timeline: tuple[Times, Outcomes]) -> None:
    """Phases are contiguous, cover every original, count rightly, and no other partition is better."""
    time_us, paired = timeline
    phases = cut_phases(time_us, paired, horizon_us=HORIZON)
    assert phases[0].first == 0
    assert phases[-1].last == len(paired) - 1
    assert all(before.last + 1 == after.first for before, after in pairwise(phases))
    for phase in phases:
        span = slice(phase.first, phase.last + 1)
        assert (phase.originals, phase.paired) == (len(paired[span]), paired[span].sum())
        assert (phase.from_us, phase.to_us) == (time_us[phase.first], time_us[phase.last])
    cost = cut_costs(Stretches.single(time_us, paired), horizon_us=HORIZON)
    assert achieved(phases, cost) == pytest.approx(naive_best(paired, cost), abs=1e-9)


def test_cut_is_cheap_at_pauses_and_at_the_edges_of_mirroring_only() -> None:
    """A pause longer than the horizon, the first and the last copied request are free places; other pauses are not."""
    time_us = np.array([0, 1, 2, 2 + HORIZON, 3 + 2 * HORIZON, 4 + 2 * HORIZON, 5 + 2 * HORIZON], dtype=np.int64)
    cost = cut_costs(
        Stretches.single(time_us, np.array([False, True, False, True, True, True, False])), horizon_us=HORIZON
    )
    inside = 3 * np.log(7)
    assert cost[[0, 7]].tolist() == [0, 0]
    assert cost[[2, 3, 5]].tolist() == [inside] * 3
    assert cost[4] == pytest.approx(3.3175)
    assert cost[[1, 6]].tolist() == pytest.approx([5.2984] * 2)


def test_edges_within_one_second() -> None:
    """Requests that bear the stamp of the last copied one, but come after it, are none of its phase."""
    paired = stretches((400, 0.3), (400, 0.0), seed=1)
    stamps = np.arange(800, dtype=np.int64) // 100 * SECOND
    before, after = phases_of(paired, time_us=stamps)
    assert before.last == np.flatnonzero(paired)[-1]
    assert after.paired == 0


def test_without_a_copy_there_is_no_edge() -> None:
    """Where nothing was copied, every place is an ordinary one."""
    cost = cut_costs(Stretches.single(times_with_pauses(50), np.zeros(50, np.bool_)), horizon_us=HORIZON)
    assert len(set(cost[1:-1].tolist())) == 1
    assert cut_costs(Stretches.single(np.array([], dtype=np.int64), np.array([], np.bool_)), horizon_us=1).tolist() == [
        0
    ]


def test_many_pauses_share_the_chance_of_a_false_cut() -> None:
    """Each of a hundred pauses must gain more than a single one."""
    one, many = (
        cut_costs(Stretches.single(times_with_pauses(300, pauses), np.zeros(300, np.bool_)), horizon_us=HORIZON)
        for pauses in ((150,), tuple(range(100, 200)))
    )
    assert one[150] < many[150] < one[149]


def test_runs_begin_where_the_outcome_changes() -> None:
    """The first run begins at 0, each further one where the outcome differs from the one before."""
    assert runs_of(np.array([1, 1, 1, 1]), np.array([1, 1, 0, 1])).tolist() == [0, 2, 3]
    assert runs_of(np.array([2, 3, 2, 4]), np.array([2, 3, 1, 4])).tolist() == [0, 2, 3]
    assert runs_of(np.array([], np.int64), np.array([], np.int64)).tolist() == []


def test_while_on_runs_from_the_first_copy_to_the_last() -> None:
    """A hole between the first paired original and the last belongs to the span; without a pair there is none."""
    assert mirrored_span(np.array([False, True, False, False, True, False])) == slice(1, 5)
    assert mirrored_span(np.array([False, False])) is None
    assert mirrored_span(np.array([], dtype=np.bool_)) is None


def loss(originals: int, paired: int) -> float:
    """Minus the logarithm of the likelihood of so many copies at their own ratio."""
    return -sum(count * log(count / originals) for count in (paired, originals - paired) if count)


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1)), min_size=1, max_size=6))
def test_parts_are_joined_in_the_best_way_of_all(parts: list[tuple[int, float]]) -> None:
    """A border stays where it raises the likelihood by more than half the 99 % quantile of chi-square."""
    size = len(parts)
    sizes = np.array([n for n, _ in parts])
    hits = np.array([round(n * ratio) for n, ratio in parts])
    border = 3.3175 + log(max(size - 1, 1))

    def worth(cuts: tuple[int, ...]) -> float:
        ends = pairwise((0, *cuts, size))
        return sum(loss(int(sizes[a:b].sum()), int(hits[a:b].sum())) for a, b in ends) + border * len(cuts)

    found = join(sizes, hits)
    assert [part.start for part in found] == [0, *(part.stop for part in found[:-1])]
    assert found[-1].stop == size
    best = min(worth(cuts) for k in range(size) for cuts in combinations(range(1, size), k))
    assert worth(tuple(part.start for part in found[1:])) <= best + 1e-9


@pytest.mark.unmeasured
def test_steady_parts_are_hardly_ever_parted() -> None:
    """Of a hundred timelines with three given borders about one keeps any, at whatever ratio."""
    rng = np.random.default_rng(3)
    for ratio in (0.03, 0.5, 0.9):
        sizes = np.array([400, 90, 700, 250])
        parted = sum(len(join(sizes, rng.binomial(sizes, ratio))) > 1 for _ in range(2000))
        assert 2 <= parted <= 60
