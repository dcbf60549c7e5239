"""What is compiled gives the same as the reference for every line, ties included, and stays inside of its columns."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck.pairing import ambiguity, blocks, compiled, number_keys, pair
from mirrorcheck.pairing.aligned import mark_alone
from mirrorcheck.pairing.assignment import best_partners, match_run
from mirrorcheck.pairing.match import match
from mirrorcheck.pairing.merge import Merged, Timed, merge
from mirrorcheck.pairing.model import Ints
from mirrorcheck.pairing.second_copies import KeyGroups
from tests.pairing.sides import Logged, in_order, side
from tests.sample import examples

pytestmark = pytest.mark.skipif(compiled.kernel is None, reason="the kernel was not compiled")

Keyed = tuple[int, int]  # key, time

# Few times and keys, so that many are equal; also before 1970, and a century apart.
times = st.integers(-6, 6) | st.integers(0, 400) | st.sampled_from([-(1 << 52), 1 << 52])
lines = st.lists(st.tuples(st.integers(0, 3) | st.integers(0, 40), times), max_size=24)
waits = st.sampled_from([0, 1, 3, 60, 1 << 40])


def both_ways(work: Callable[[], Any]) -> tuple[Any, Any]:
    """The results of what is compiled and of the reference, as lists."""
    made = work()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(compiled, "kernel", None)
        return _listed(made), _listed(work())


def _listed(made: Any) -> Any:  # noqa: ANN401  # columns in nouns and tuples
    if isinstance(made, np.ndarray):
        return made.tolist()
    if isinstance(made, tuple | list):
        return [_listed(each) for each in made]
    if hasattr(made, "__slots__"):
        return [_listed(getattr(made, name)) for name in made.__slots__]
    return made


def timed(side: list[Keyed], rows: Ints | None = None) -> Timed:
    """One side, whose stamps are cut to three."""
    time_us = np.array([time for _, time in side], np.int64)
    key = np.array([key for key, _ in side], np.uint64)
    return Timed(key, time_us, time_us - time_us % 3, np.arange(len(side)) if rows is None else rows)


def merged_of(originals: list[Keyed], copies: list[Keyed], pause_us: int) -> Merged:
    """Both sides as they are merged."""
    return merge(timed(originals), timed(copies), pause_us)


@examples(300)
@given(originals=lines, copies=lines, pause_us=waits, every=st.integers(1, 3))
@example(originals=[], copies=[], pause_us=0, every=1)
@example(originals=[(1, 5), (1, 5)], copies=[(1, 5), (1, 5)], pause_us=0, every=1)
def test_merging(originals: list[Keyed], copies: list[Keyed], pause_us: int, every: int) -> None:
    """Both sides are in the same order, also some rows of them, and fall into the same runs."""
    some = timed(originals).take(np.arange(0, len(originals), every))
    fast, slow = both_ways(lambda: merge(some, timed(copies), pause_us))
    assert fast == slow


@examples(300)
@given(originals=lines, copies=lines, pause_us=waits, horizon_us=st.sampled_from([0, 3, 30, 500, 1 << 60]))
def test_matching(originals: list[Keyed], copies: list[Keyed], pause_us: int, horizon_us: int) -> None:
    """The same lines are paired, whichever of several best matchings that is, and in the same order."""
    merged = merged_of(originals, copies, pause_us)
    fast, slow = both_ways(lambda: match(merged, horizon_us))
    assert fast == slow


@examples(500)
@given(
    run=st.lists(st.tuples(st.integers(0, 8) | st.integers(-900, 900), st.booleans()), max_size=60).map(sorted),
    horizon_us=st.integers(0, 40) | st.sampled_from([200, 1 << 60]),
    resolution=st.sampled_from([1, 5]),
)
def test_matching_exactly(run: list[tuple[int, bool]], horizon_us: int, resolution: int) -> None:
    """The exact matcher takes the same of equal ways, where the horizon binds, too."""
    time_us, is_copy = np.array([time for time, _ in run], np.int64), np.array([copy for _, copy in run], np.bool_)
    fast, slow = both_ways(lambda: match_run(time_us, time_us - time_us % resolution, is_copy, horizon_us))
    assert fast == slow


@examples(200)
@given(moments=st.lists(st.integers(0, 9) | st.integers(0, 900), max_size=30), left_over=st.integers(0, 30))
def test_partners(moments: list[int], left_over: int) -> None:
    """Of equal ways to leave lines out the same is taken."""
    many = np.array(sorted(moments), np.int64)
    few = np.array(sorted(moments[left_over:]), np.int64) + 2
    fast, slow = both_ways(lambda: best_partners(few, many))
    assert fast == slow


@examples(300)
@given(originals=lines, copies=lines, apart_us=waits, order=st.randoms(use_true_random=False))
def test_groups(originals: list[Keyed], copies: list[Keyed], apart_us: int, order: random.Random) -> None:
    """Groups hold the same lines, those alone and those near each other are the same, and so are their sums."""
    merged = merged_of(originals, copies, 1 << 60)
    original = ~merged.is_copy & np.array([order.random() < 0.8 for _ in range(len(merged))], np.bool_)
    paired = original & np.array([order.random() < 0.8 for _ in range(len(merged))], np.bool_)
    copy = merged.is_copy & np.array([order.random() < 0.8 for _ in range(len(merged))], np.bool_)
    for work in (
        lambda: merged.groups(apart_us),
        lambda: mark_alone(merged, apart_us),
        lambda: ambiguity.count_near(merged, apart_us),
        lambda: merged.count_sides(merged.groups(apart_us)),
        lambda: KeyGroups.of(merged, original, copy, paired, apart_us),
    ):
        fast, slow = both_ways(work)
        assert fast == slow


@examples(200)
@given(
    originals=st.lists(st.integers(0, 3) | st.integers(0, (1 << 64) - 1), max_size=30),
    copies=st.lists(st.integers(0, 3) | st.integers(0, (1 << 64) - 1), max_size=30),
    count=st.integers(1, 300),
)
def test_keys(originals: list[int], copies: list[int], count: int) -> None:
    """Keys get the same numbers, and go into the same blocks and samples."""
    key, copy_key = np.array(originals, np.uint64), np.array(copies, np.uint64)
    for work in (
        lambda: number_keys(key, copy_key),
        lambda: blocks.split(key, count),
        lambda: blocks.share_of_keys(key, count),
    ):
        fast, slow = both_ways(work)
        assert fast == slow


@examples(300)
@given(
    originals=lines,
    copies=lines,
    spans=st.lists(st.tuples(st.integers(0, 47), st.integers(0, 5), st.integers(0, 90)), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_stretches(
    originals: list[Keyed], copies: list[Keyed], spans: list[tuple[int, int, int]], order: random.Random
) -> None:
    """The same lines lie in a stretch, whether stretches touch, hold one another or reach beyond their run."""
    merged = merged_of(originals, copies, 60)
    stands = np.array([order.random() < 0.8 for _ in range(len(merged))], np.bool_)
    inside = [(first, first + further, margin_us) for first, further, margin_us in spans if first < len(merged)]
    ends = [
        (first, last if last < len(merged) and merged.run[last] == merged.run[first] else first, margin_us)
        for first, last, margin_us in inside
    ]
    if ends:
        columns = ambiguity.Spans(*(np.array(column, np.int64) for column in zip(*ends, strict=True)))
        fast, slow = both_ways(lambda: ambiguity.count_in_stretches(merged, stands, columns))
        assert fast == slow


def test_stretches_that_overlap() -> None:
    """Spans that share a line are one stretch, and what lies in any of them counts together."""
    merged = merged_of([(1, time) for time in range(0, 20, 2)], [(1, time) for time in range(1, 20, 2)], 60)
    spans = ambiguity.Spans(np.array([0, 3, 12]), np.array([5, 8, 13]), np.zeros(3, np.int64))
    fast, slow = both_ways(lambda: ambiguity.count_in_stretches(merged, np.ones(20, np.bool_), spans))
    assert fast == slow == [5, 4] * 4 + [5] + [1] * 11


def test_whole_pairings() -> None:
    """Partners, candidates and what is alike are the same for every line of a log that has something of all."""
    source = random.Random(7)
    sent = [Logged(number / 7, source.choice((1, 2, 3, number)), request=number) for number in range(900)]
    sent += [replace(line, second=line.second + 0.1, status=503) for line in sent if source.random() < 0.1]
    received = [
        replace(line, second=line.second + source.choice((0.01, 0.02, 4.0)))
        for line in sent
        for _ in range(source.choices((0, 1, 2), (2, 7, 1))[0])
        if line.status != 503
    ]
    sides_ = [side(in_order(each), resolution_us=1_000) for each in (sent, received)]
    for lines_ in (sides_, [replace(each, key=each.key % np.uint64(2)) for each in sides_]):
        fast, slow = both_ways(partial(pair, *lines_, horizon_us=60_000_000))
        assert fast == slow


def test_large_groups() -> None:
    """Groups too large to be counted by kind are counted, too."""
    merged = merged_of([(1, 0)] * 9 + [(2, 0)] * 9 + [(3, 0)], [(1, 0)] * 2 + [(2, 0)] * 2 + [(4, 0)] * 20, 5)
    original = ~merged.is_copy
    fast, slow = both_ways(lambda: KeyGroups.of(merged, original, merged.is_copy, original, 5))
    assert fast == slow == [[1, 9], [0, 2], [1, 9], [1, 2]]


def whole(numbers: int) -> Ints:
    """A column of so many numbers."""
    return np.zeros(numbers, np.int64)


FLAGS, KEYS = np.zeros(4, np.bool_), np.zeros(4, np.uint64)
FULL = (KEYS, whole(4), whole(4), np.arange(4))
MERGED = (whole(8), np.zeros(8, np.bool_), *(whole(8) for _ in range(3)))
CALLS: dict[str, tuple[Any, ...]] = {
    "number_keys": (KEYS, KEYS, KEYS.copy(), KEYS.copy()),
    "split": (KEYS, 4, whole(4), whole(4)),
    "merge": (FULL, FULL, 5, *MERGED),
    "number_runs": (whole(4), whole(4), 5, whole(4)),
    "match_even": (whole(4), FLAGS, whole(4), 5, whole(2), whole(2), whole(4)),
    "match_run": (whole(4), whole(4), FLAGS, 5, whole(2), whole(2)),
    "best_partners": (whole(4), whole(4), whole(4)),
    "mark_alone": (whole(4), whole(4), FLAGS, 5, FLAGS.copy()),
    "count_near": (whole(4), whole(4), FLAGS, 5, whole(4)),
    "share_of_keys": (KEYS, 4, whole(4)),
    "count_sides": (whole(4), FLAGS, whole(2), whole(2)),
    "count_in_stretches": (whole(4), whole(4), FLAGS, FLAGS, whole(2), whole(2), whole(2), whole(4)),
    "link": (np.arange(4), whole(2), whole(2), whole(4), whole(4)),
    "write_candidates": (np.arange(4), FLAGS, *(whole(4) for _ in range(3)), 5, whole(4), whole(4), whole(4)),
    "count_groups": (whole(4), whole(4), FLAGS, FLAGS, FLAGS, 5, np.zeros((516, 4), np.int64)),
}


# By the length of which columns the others are measured, where that is not the first one's.
MEASURES = {"number_keys": (0, 1), "match_even": (2,), "match_run": (2,), "count_sides": (0, 2)}
MEASURES |= {"count_in_stretches": (0, 4), "link": (0, 1, 3, 4), "write_candidates": (0, 6, 7, 8)}


@pytest.mark.parametrize("name", CALLS)
def test_columns_that_do_not_fit(name: str) -> None:
    """A column that is too short, has gaps, or is of another type, raises before anything is written."""
    call, given_columns = getattr(compiled.kernel, name), CALLS[name]
    call(*given_columns)
    for place, column in enumerate(given_columns):
        if not isinstance(column, np.ndarray):
            continue
        short = () if place in MEASURES.get(name, (0,)) else (column[:-1],)
        for wrong in (*short, np.repeat(column, 2)[::2], column.astype(np.int32)):
            with pytest.raises(ValueError, match=r"a column of|not C-contiguous|fewer of the many"):
                call(*given_columns[:place], wrong, *given_columns[place + 1 :])


@pytest.mark.parametrize("row", [-1, 4, 1 << 62])
def test_rows_outside_of_their_side(row: int) -> None:
    """A row that its side does not have is no place to read from."""
    with pytest.raises(ValueError, match="not inside its side"):
        merge(timed([(1, 1)] * 4, np.array([0, row])), timed([]), 5)


@pytest.mark.parametrize("place", [-1, 2])
def test_places_outside_of_their_columns(place: int) -> None:
    """Neither a place nor a row that is not there is written to or read from."""
    here, beyond, flag = np.array([0, 1]), np.array([1, place]), np.zeros(2, np.bool_)
    with pytest.raises(ValueError, match="not inside its sides"):
        compiled.kernel.link(here, here, beyond, whole(2), whole(2))
    with pytest.raises(ValueError, match="not inside its sides"):
        compiled.kernel.link(beyond, here, here, whole(2), whole(2))
    with pytest.raises(ValueError, match="not inside its side"):
        compiled.kernel.write_candidates(beyond, flag, here, here, here + 2, 5, whole(2), whole(2), whole(2))
    with pytest.raises(ValueError, match="beyond the last one"):
        compiled.kernel.count_sides(beyond, flag, whole(2), whole(2))
    for ends in ((here, beyond), (beyond, here)):
        with pytest.raises(ValueError, match="beyond the last line"):
            compiled.kernel.count_in_stretches(here, here, flag, flag, *ends, here, whole(2))


def test_no_blocks() -> None:
    """Without a block there is none for a key."""
    with pytest.raises(ValueError, match="blocks"):
        compiled.kernel.split(KEYS, 0, whole(4), whole(4))
    with pytest.raises(ValueError, match="blocks"):
        compiled.kernel.share_of_keys(KEYS, 0, whole(4))
