"""Splits are never proven to be mirrors, whatever their traffic is like; mirrors are where their lines can show it."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mirrorcheck.pairing import CopiedShare, CopyingKind, Stamped, judge_copying
from tests.sample import examples, sampled

SECOND = 1_000_000
Times = NDArray[np.float64]  # seconds
Bools = NDArray[np.bool_]
Router = Callable[[np.random.Generator, int], Bools]

SEEDS = range(2)


def _steady(_: np.random.Generator, count: int, rate: float) -> Times:
    return np.arange(count) / rate


def _irregular(rng: np.random.Generator, count: int, rate: float) -> Times:
    times: Times = np.cumsum(rng.exponential(1 / rate, count))
    return times


def _bursty(rng: np.random.Generator, count: int, rate: float) -> Times:
    begins = np.repeat(np.cumsum(rng.exponential(8 / rate, count)), rng.geometric(1 / 8, count))[:count]
    times: Times = np.sort(begins + rng.exponential(0.5 / rate, count))
    return times


ARRIVALS = {"steady": _steady, "irregular": _irregular, "bursty": _bursty}


def _at_random(share: float) -> Router:
    return lambda rng, count: rng.random(count) < share


def _in_turn(period: int) -> Router:
    return lambda _, count: np.arange(count) % period == period - 1


def _rising(rng: np.random.Generator, count: int) -> Bools:
    return rng.random(count) < np.linspace(0.05, 0.5, count)


ROUTERS: dict[str, Router] = {
    "half": _at_random(0.5),
    "a tenth": _at_random(0.1),
    "canary": _rising,
    "in turn": _in_turn(2),
    "every tenth": _in_turn(10),
}


def _stamped(times: Times, keys: NDArray[np.uint64], resolution_us: int) -> Stamped:
    order = np.argsort(times, kind="stable")
    time_us = (times[order] * SECOND / resolution_us).astype(np.int64) * resolution_us
    return Stamped(keys[order], time_us)


def _keys(rng: np.random.Generator, count: int, urls: int) -> NDArray[np.uint64]:
    return rng.integers(1, urls + 1, count).astype(np.uint64)


def _nearest(originals: Stamped, shadow: Stamped) -> NDArray[np.int64]:
    """Delays as a matcher finds them: from each shadow line's nearest original of its key."""
    delays = []
    for key in np.unique(shadow.key):
        ours = np.sort(originals.time_us[originals.key == key])
        if len(ours):
            theirs = shadow.time_us[shadow.key == key]
            after = np.searchsorted(ours, theirs).clip(1, max(1, len(ours) - 1))
            near = np.stack([theirs - ours[after - 1], theirs - ours[np.minimum(after, len(ours) - 1)]])
            delays.append(np.take_along_axis(near, np.abs(near).argmin(axis=0)[None], axis=0)[0])
    return np.concatenate(delays) if delays else np.zeros(0, np.int64)


def _judged(originals: Stamped, shadow: Stamped, resolution_us: int) -> CopiedShare:
    return judge_copying(originals, shadow, _nearest(originals, shadow), resolution_us)


def _split(  # noqa: PLR0913, PLR0917  # each is one of the things that a split may be like
    seed: int, router: Router, arrivals: str, load: tuple[float, int], resolution_us: int, count: int = 800
) -> CopiedShare:
    rng, (rate, urls) = np.random.default_rng(seed), load
    times = ARRIVALS[arrivals](rng, count, rate) + rng.exponential(0.003, count)
    keys, to_shadow = _keys(rng, count, urls), router(rng, count)
    ours = _stamped(times[~to_shadow], keys[~to_shadow], resolution_us)
    return _judged(ours, _stamped(times[to_shadow], keys[to_shadow], resolution_us), resolution_us)


def _mirror(seed: int, copied: float, arrivals: str, load: tuple[float, int], resolution_us: int) -> CopiedShare:
    rng, (rate, urls), count = np.random.default_rng(seed), load, 800
    times, keys = ARRIVALS[arrivals](rng, count, rate), _keys(rng, count, urls)
    chosen = rng.random(count) < copied
    ours = _stamped(times + rng.exponential(0.003, count), keys, resolution_us)
    theirs = (times + rng.exponential(0.004, count))[chosen]
    return _judged(ours, _stamped(theirs, keys[chosen], resolution_us), resolution_us)


@pytest.mark.unmeasured
@pytest.mark.parametrize("resolution_us", [1000, SECOND])
@pytest.mark.parametrize("urls", sampled([5, 1, 100], 2))
@pytest.mark.parametrize("arrivals", ARRIVALS)
@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("seed", sampled(SEEDS, 1))
def test_no_split_is_proven(seed: int, router: str, arrivals: str, urls: int, resolution_us: int) -> None:
    """Whatever routes the requests, however they arrive: what it leaves is no proof of a mirror."""
    for rate in (0.2, 20, 500):
        share = _split(seed, ROUTERS[router], arrivals, (rate, urls), resolution_us)
        assert share.copying is not CopyingKind.PROVEN, rate
        assert share.low == 0.0


@pytest.mark.parametrize("copied", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("arrivals", ARRIVALS)
def test_mirrors_of_a_mixed_load_are_proven(copied: float, arrivals: str) -> None:
    """A hundred URLs are enough, with stamps of a second, too."""
    for rate in (0.2, 20):
        for seed in SEEDS:
            share = _mirror(seed, copied, arrivals, (rate, 100), SECOND)
            assert share.copying is CopyingKind.PROVEN, (rate, seed)
            assert share.low <= copied <= share.high, (rate, seed)


@pytest.mark.parametrize("copied", [1.0, 0.5, 0.1])
def test_one_url_is_proven_by_fine_stamps_and_irregular_requests(copied: float) -> None:
    """Pauses between requests that are longer than the delay of copies set each pair apart."""
    for rate in (0.2, 2, 20):
        for seed in SEEDS:
            assert _mirror(seed, copied, "irregular", (rate, 1), 1000).copying is CopyingKind.PROVEN, (rate, seed)


def test_one_url_at_a_constant_rate_is_open() -> None:
    """In turn at a constant rate is what a mirror at half that rate looks like, and the other way round."""
    for seed in SEEDS:
        for resolution_us in (1000, SECOND):
            assert _mirror(seed, 1.0, "steady", (2, 1), resolution_us).copying is CopyingKind.OPEN
            assert _split(seed, ROUTERS["in turn"], "steady", (4, 1), resolution_us).copying is CopyingKind.OPEN


@pytest.mark.parametrize("rate", [2, 20, 2000])
@pytest.mark.parametrize("resolution_us", [1000, SECOND])
def test_a_list_gone_through_again_and_again_in_turn_is_open(rate: float, resolution_us: int) -> None:
    """A load generator's URLs, an odd number of them, go to either side alternately: cells of one key are even."""
    count = 1600
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        times = _steady(rng, count, rate) + rng.exponential(0.003, count)
        keys, to_shadow = (np.arange(count) % 101).astype(np.uint64), np.arange(count) % 2 == 1
        ours = _stamped(times[~to_shadow], keys[~to_shadow], resolution_us)
        share = _judged(ours, _stamped(times[to_shadow], keys[to_shadow], resolution_us), resolution_us)
        assert share.copying is not CopyingKind.PROVEN


@pytest.mark.parametrize("router", ["half", "in turn"])
def test_keys_of_their_own_refute_a_mirror(router: str) -> None:
    """Where hardly two requests are alike, a mirror would have left pairs."""
    for seed in SEEDS:
        share = _split(seed, ROUTERS[router], "irregular", (2, 10_000), SECOND, count=5000)
        assert share.copying is CopyingKind.REFUTED
        assert share.high < 0.1


def test_a_mirror_of_a_short_while_is_not_refuted() -> None:
    """Most of the time the shadow had traffic of its own; what it had at the end was copied."""
    rng, count = np.random.default_rng(1), 8000
    times, keys = _irregular(rng, count, 2), _keys(rng, count, 2000)
    late = times > np.quantile(times, 0.95)
    shadow = np.concatenate([times[late] + 0.004, _irregular(rng, count, 2)[~late]])
    wanted = np.concatenate([keys[late], _keys(rng, count, 2000)[~late]])
    ours, theirs = _stamped(times, keys, SECOND), _stamped(shadow, wanted, SECOND)
    assert _judged(ours, theirs, SECOND).copying is not CopyingKind.REFUTED


@examples(40)
@given(seed=st.integers(0, 1000), split=st.booleans(), skew_s=st.integers(-3600, 3600))
def test_order_and_clocks_change_nothing(seed: int, *, split: bool, skew_s: int) -> None:
    """Lines in any order, and a shadow whose clock is off, are judged as they would be otherwise."""
    rng, count = np.random.default_rng(seed), 300
    times, keys, chosen = _irregular(rng, count, 5), _keys(rng, count, 20), rng.random(count) < 0.5
    ours = _stamped(times[~chosen] if split else times, keys[~chosen] if split else keys, 1000)
    theirs = _stamped(times[chosen] + 0.005, keys[chosen], 1000)
    delays, skew_us = _nearest(ours, theirs), skew_s * SECOND
    shuffled = ours.take(rng.permutation(len(ours))), theirs.take(rng.permutation(len(theirs))).shifted(skew_us)
    assert judge_copying(*shuffled, delays + skew_us, 1000) == judge_copying(ours, theirs, delays, 1000)


def test_long_logs_are_judged_by_a_sample() -> None:
    """Of a million lines some keys are looked at, and of one busy key a stretch of time."""
    rng, count = np.random.default_rng(2), 500_000
    times = np.sort(rng.uniform(0, 3600, count))
    for urls, wanted in ((20_000, CopyingKind.PROVEN), (1, CopyingKind.OPEN)):
        keys = _keys(rng, count, urls)
        ours, theirs = _stamped(times, keys, SECOND), _stamped(times + 0.004, keys, SECOND)
        assert judge_copying(ours, theirs, np.zeros(count, np.int64), SECOND).copying is wanted


def test_six_requests_none_like_another_are_enough() -> None:
    """Each stands once on each side, and a line without a partner changes nothing; five may be an accident."""
    times = np.array([0.0, 1.1, 2.5, 2.9, 4.2, 5.8])
    keys = np.arange(6, dtype=np.uint64)
    ours, theirs = _stamped(times, keys, SECOND), _stamped(times + 0.004, keys, SECOND)
    assert _judged(ours, theirs, SECOND).copying is CopyingKind.PROVEN
    assert _judged(ours.take(np.arange(5)), theirs.take(np.arange(5)), SECOND).copying is CopyingKind.OPEN
    alone = Stamped(np.array([9], np.uint64), theirs.time_us[-1:] + SECOND)
    more = Stamped(np.append(theirs.key, alone.key), np.append(theirs.time_us, alone.time_us))
    assert _judged(ours, more, SECOND).copying is CopyingKind.PROVEN


def test_nothing_to_judge_is_open() -> None:
    """A side without lines, or lines of which none paired, tell nothing."""
    some = Stamped(np.arange(3, dtype=np.uint64), np.arange(3, dtype=np.int64))
    none = some.take(np.zeros(0, np.int64))
    for ours, theirs, delays in ((some, none, 1), (none, some, 1), (some, some, 0)):
        assert judge_copying(ours, theirs, np.zeros(delays, np.int64), 1000) == CopiedShare(
            CopyingKind.OPEN, 0.0, 0.0, 1.0
        )
