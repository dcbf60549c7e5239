"""Each constant of the pairing decides something: halved or doubled, it lets one of these situations end otherwise."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mirrorcheck.pairing import (
    CopyingKind,
    Evidence,
    Outcome,
    Pairing,
    Stamped,
    constants,
    judge_copying,
    place,
)
from mirrorcheck.pairing import pair as pair_lines
from mirrorcheck.pairing.aligned import first_alignment
from mirrorcheck.pairing.attempts import by_id, counts_attempts
from mirrorcheck.pairing.cells import estimate_copied, lay_together
from mirrorcheck.pairing.chains import ChainEvidence
from mirrorcheck.pairing.clock import Anchors, learn_clocks
from mirrorcheck.pairing.evidence import (
    LoneChains,
    LoneKeys,
    judge_busy_twins,
    judge_retries,
    judge_twins,
    longest_chain,
    usual_gap,
)
from mirrorcheck.pairing.merge import Merged, Timed, merge
from mirrorcheck.pairing.regularity import Returns
from mirrorcheck.pairing.second_copies import KeyGroups, accidents, ambiguous_share
from mirrorcheck.pairing.twos import Deviations, deviations, stretch_us
from mirrorcheck.pairing.votes import agreed_offset
from tests.constants import Situation, names, wrong_if
from tests.pairing.sides import SECOND_US, Logged, in_order, side
from tests.sample import sampled

MS = 1_000
MINUTE_US = 60 * SECOND_US
Numbers = NDArray[np.int64]


def pair(sent: Sequence[Logged], received: Sequence[Logged], *, exact: bool = False) -> Pairing:
    """Pair lines with stamps in milliseconds."""
    originals, copies = (side(in_order(lines), resolution_us=MS, exact=exact) for lines in (sent, received))
    return pair_lines(originals, copies, horizon_us=MINUTE_US)


# Clocks


def reach(*delays_ms: float) -> int:
    """How far apart pairs may be that are alone with their keys, a second after each other."""
    sent = [Logged(100.0 + number, number + 1) for number in range(len(delays_ms))]
    return pair(
        sent, [replace(line, second=line.second + late / MS) for line, late in zip(sent, delays_ms, strict=True)]
    ).reach_us


def outliers(every: int) -> int:
    """The reach of 200 pairs, some of which take 100 ms longer."""
    return reach(*(5 + 100 * (number % every == every // 2) for number in range(200)))


def leap(by_s: float) -> list[int]:
    """Candidates of two requests of one key, 10 ms apart, sent while the shadow's clock leaps."""
    sent = [Logged(100.0 + number, 10 + number) for number in range(40)]
    sent += [Logged(119.5, 1), Logged(119.51, 1)]
    received = [
        replace(line, second=line.second + 0.005 + by_s * (0.5 if line.key == 1 else line.second >= 120))
        for line in sent
    ]
    found = pair(sent, received)
    return [int(found.original_candidates[row]) for row, line in enumerate(in_order(sent)) if line.key == 1]


def first_second(*lines: int) -> float:
    """Where the first line is placed within its second, of so many lines in successive seconds."""
    logged = np.repeat(np.arange(len(lines)), lines) * SECOND_US
    placed = place(logged, np.zeros(len(logged), np.int64), np.full(len(logged), SECOND_US))
    return float(placed[0] / SECOND_US)


def learnt(anchors: int) -> bool:
    """Whether so many anchors show a clock."""
    times, stream = np.arange(anchors) * SECOND_US, np.zeros(anchors, np.int64)
    return learn_clocks(Anchors(times, times + MS, stream, stream), 1, 1).learnt


def followed(anchors: int) -> bool:
    """Whether the clock of the second of two pods is followed while it is off for so many anchors."""
    times, stream = np.arange(60) * SECOND_US, np.arange(60) % 2
    off = np.zeros(60, np.int64)
    off[np.flatnonzero(stream)[12 : 12 + anchors]] = SECOND_US
    clocks = learn_clocks(Anchors(times + off, times, stream, np.zeros(60, np.int64)), 2, 1)
    return bool((np.abs(clocks.originals[1].ahead_us) > SECOND_US // 2).any())


def vote(requests: int, keys: int, jitter_s: float = 0.0) -> int | None:
    """By how much the copies of a few keys are later, which take 10 s or a little more."""
    source = random.Random(3)
    sent = in_order([Logged(source.uniform(0, 300), source.randrange(keys)) for _ in range(requests)])
    received = [replace(line, second=line.second + 10 + source.uniform(0, jitter_s)) for line in sent]
    return agreed_offset(side(sent, resolution_us=MS), side(in_order(received), resolution_us=MS), 30 * SECOND_US)


# Retries


def retries(after_s: float) -> int:
    """How many lines are retries that follow a failure with their id so much later."""
    sent = [
        Logged(10.0 * number + turn * after_s, number, 200 if turn else 503) for number in range(30) for turn in (0, 1)
    ]
    found = pair(sent, [line for line in sent if line.status == 503], exact=True)
    return int((found.original_outcome == Outcome.RETRY).sum())


def chains(
    copies: Sequence[int] = (), lines: int = 2, copied: int = 100, gaps_ms: Sequence[int] = (), alone: int = 100
) -> LoneChains:
    """Lone chains of so many lines and so many copies each, among so many lone requests."""
    length, every = np.full(len(copies), float(lines)), np.array(copies, float)
    lengths = np.full(len(copies), lines)
    return LoneChains(len(copies), length, every, lengths, np.array(gaps_ms, np.int64) * MS, alone, copied)


def counted(share: float) -> bool:
    """Whether a proxy counts attempts, if this share of the originals has a count."""
    lines = side([Logged(float(number), number) for number in range(100)])
    counts = np.where(np.arange(100) < 100 * share, 1 + (np.arange(100) == 0), 0)
    return counts_attempts(first_alignment(replace(lines, attempt=counts), lines))


def reopens(doubles: int) -> bool:
    """Whether chains are opened again for copies left over, if so many of 200 lone ids are copied twice."""
    sent = [Logged(10.0 * number, number) for number in range(200)]
    lines = [side(each, exact=True) for each in (sent, in_order([*sent, *sent[:doubles]]))]
    alignment = first_alignment(*lines)
    return by_id(alignment, alignment.merged(MINUTE_US), SECOND_US)[0].reopens


# Second copies


def lone(twice: int = 0, copied: int = 100, alone: int = 100, strays: int = 0, gap_ms: int = 1) -> LoneKeys:
    """Lone requests, some of which have two copies."""
    gaps = np.full(twice, gap_ms * MS)
    return LoneKeys(alone, copied + twice + strays, alone, copied, copied + twice, strays, gaps, gaps)


def twins(**of_lone: int) -> Evidence:
    """Whether these prove second copies, in groups of 1.5 s."""
    return judge_twins(lone(**of_lone), 1_500_000).evidence


def one_key(originals_us: Numbers, copies_us: Numbers) -> Merged:
    """Lines of one key, merged."""
    sides = [
        Timed(np.ones(len(each), np.uint64), each, each, np.arange(len(each))) for each in (originals_us, copies_us)
    ]
    return merge(sides[0], sides[1], 10_000 * SECOND_US)


def busy(gap_ms: int = 15, pairs: int = 30, span_s: int = 1_000, close: int = 0) -> Evidence:
    """Whether copies of one key that come in twos prove second ones; `close` originals follow each other at once."""
    begins = np.arange(pairs) * (span_s * SECOND_US // pairs)
    copies = np.sort(np.concatenate([begins, begins + gap_ms * MS]))
    originals = np.sort(np.concatenate([begins, begins[:close] + 30 * MS]))
    return judge_busy_twins([one_key(originals, copies)], MS).evidence


def hidden(*groups: tuple[int, int, int, int], strays: float = 0.0) -> int:
    """How many misses may be hidden in groups of so many originals, copies and pairs; the last: how many groups."""
    return ambiguous_share(KeyGroups(*np.array(groups, np.int64).T), strays).hidden


def in_twos(share: float, *strays: float) -> bool:
    """Whether stretches whose copies stray by so many variances show that copies come in twos."""
    return Deviations(np.array(strays), np.ones(len(strays))).in_twos(share)


def compared(originals: int) -> int:
    """How many pairs of stretches are compared, of a key with so many originals in each and half as many copies."""
    times = np.arange(originals) * (2 * SECOND_US // originals)
    merged = one_key(times, times[::2])
    return len(deviations(merged, np.ones(len(merged), np.bool_), 0, SECOND_US).squares)


# One busy key


def undecidable(requests: int, lone_keys: int = 0, twice: int | None = None) -> bool:
    """Whether second copies look like those of missed requests, if half of the requests are copied twice."""
    source = random.Random(requests)
    copied = set(source.sample(range(requests), requests // 2 + 1 if twice is None else twice))
    sent = [Logged(number / 4, request=number) for number in range(requests)]
    received = [line for line in sent if line.request in copied for _ in range(2)]
    apart = [Logged(10_000.0 + 10 * number, 10 + number) for number in range(lone_keys)]
    originals, copies = side([*sent, *apart]), side([*received, *apart])
    return pair_lines(originals, copies, horizon_us=MINUTE_US).undecidable


def unruled(requests: int) -> bool:
    """Whether two policies at 50 % are not ruled out, where each request is copied once within 1.2 s."""
    sent = [Logged(number / 4, request=number) for number in range(requests)]
    received = [Logged(line.second + line.request % 7 / 5, request=line.request) for line in sent]
    received.sort(key=lambda line: line.second)
    originals, copies = (side(lines, resolution_us=MS) for lines in (sent, received))
    return pair_lines(originals, copies, horizon_us=MINUTE_US).undecidable


# Mirror or split


def mirrored(  # noqa: PLR0913  # each is one of the things that a mirror may be like
    *,
    urls: int = 1,
    copied: float = 0.1,
    rate: float = 0.2,
    scatter_s: float = 0.004,
    fine: bool = False,
    count: int = 300,
) -> CopyingKind:
    """Whether the lines of a mirror are judged to be one."""
    rng, step_us = np.random.default_rng(1), MS if fine else SECOND_US
    times, keys = np.cumsum(rng.exponential(1 / rate, count)), rng.integers(1, urls + 1, count).astype(np.uint64)
    chosen = rng.random(count) < copied
    delays = rng.exponential(scatter_s, int(chosen.sum()))

    def stamped(seconds: NDArray[np.float64], of: NDArray[np.uint64]) -> Stamped:
        order = np.argsort(seconds, kind="stable")
        return Stamped(of[order], (seconds[order] * SECOND_US / step_us).astype(np.int64) * step_us)

    shadow = stamped(times[chosen] + delays, keys[chosen])
    return judge_copying(stamped(times, keys), shadow, (delays * SECOND_US).astype(np.int64), step_us).copying


def split(pairs: int) -> CopyingKind:
    """The same of traffic that is split, of which so many lines of each side found a partner."""
    rng, count = np.random.default_rng(1), 600
    times, keys = np.cumsum(rng.exponential(0.5, count)).astype(np.int64) * SECOND_US, rng.integers(1, 31, count)
    to_shadow = rng.random(count) < 0.5
    originals, shadow = (Stamped(keys[own].astype(np.uint64), times[own]) for own in (~to_shadow, to_shadow))
    return judge_copying(originals, shadow, rng.normal(0, SECOND_US, pairs).astype(np.int64), SECOND_US).copying


def own_pages(requests: int) -> CopyingKind:
    """The same of so many requests, none like another."""
    lines = Stamped(np.arange(requests, dtype=np.uint64), np.arange(requests) ** 2 * SECOND_US)
    return judge_copying(lines, lines.shifted(4 * MS), np.full(requests, 4 * MS), SECOND_US).copying


def share(cells: int) -> float:
    """How far above the estimate the interval ends of what was copied, if every second of these cells is a pair."""
    lines = Stamped(np.arange(cells, dtype=np.uint64), np.zeros(cells, np.int64))
    estimate, _, high = estimate_copied(lay_together(lines, lines.take(np.arange(0, cells, 2)), SECOND_US), 0.5)
    return round(high - estimate, 3)


def cells_of_a_busy_key() -> int:
    """Into how many cells 100 s of a key without pauses are cut."""
    lines = Stamped(np.ones(100, np.uint64), np.arange(100) * SECOND_US)
    return len(lay_together(lines, lines.take(np.zeros(0, np.int64)), SECOND_US).lines)


def in_turn(near: int, far: int, by: float) -> bool:
    """Whether keys return in turn, if so many return after about as many requests and the others at any time."""
    requests = [100 + round(by * 100 * number / near) for number in range(-near // 2, near // 2)]
    requests += [10 + 3 * number if number % 2 else 300 + 7 * number for number in range(far)]
    return Returns(np.full(near + far, SECOND_US), np.array(requests, np.int64), 0.0).widest_us(MS) < MINUTE_US


SITUATIONS = {
    "FEWEST_ANCHORS": [Situation(lambda: reach(*[5] * 15), 2 * SECOND_US), Situation(lambda: reach(*[5] * 30), 4 * MS)],
    "SPREAD_QUANTILE": [Situation(lambda: outliers(25), 200 * MS), Situation(lambda: outliers(200), 4 * MS)],
    "LEAST_SPREAD_US": [Situation(lambda: reach(*[5] * 30), 4 * MS)],
    "LEAP": [Situation(lambda: leap(0.012), [1, 1]), Situation(lambda: leap(0.024), [2, 2])],
    "BUSY_LINES": [Situation(lambda: first_second(1, 6), 0.5), Situation(lambda: first_second(2, 10), 0.85)],
    "FEWEST_IN_MEDIAN": [Situation(lambda: learnt(2), right=False), Situation(lambda: learnt(4), right=True)],
    "MEDIAN_WIDTHS": [Situation(lambda: followed(1), right=False), Situation(lambda: followed(2), right=True)],
    "VOTE_BIN_US": [Situation(lambda: vote(100, 20, 1.0), 10_478_000)],
    "VOTE_PROOF": [Situation(lambda: vote(60, 5), None), Situation(lambda: vote(100, 5), 10 * SECOND_US)],
    "RETRY_WINDOW_US": [Situation(lambda: retries(1.0), 30), Situation(lambda: retries(2.0), 0)],
    "NEARLY_ALL_RETRIES": [
        Situation(lambda: usual_gap(chains(gaps_ms=[10] * 94 + [100] * 6)), 200 * MS),
        Situation(lambda: usual_gap(chains(gaps_ms=[10] * 99 + [100])), 20 * MS),
    ],
    "TIMES_RETRY_GAP": [Situation(lambda: usual_gap(chains(gaps_ms=[100] * 20)), 200 * MS)],
    "USUAL_CHAIN": [Situation(lambda: longest_chain(chains([1])), 3)],
    "LONGEST_CHAIN": [Situation(lambda: longest_chain(chains([1], lines=14)), 10)],
    "COUNTING_SHARE": [Situation(lambda: counted(0.8), right=False), Situation(lambda: counted(0.95), right=True)],
    "DOUBLED": [Situation(lambda: reopens(3), right=True), Situation(lambda: reopens(6), right=False)],
    "PROOF": [
        Situation(lambda: judge_retries(chains([1] * 2)), Evidence.THIN),
        Situation(lambda: judge_retries(chains([1] * 3)), Evidence.PROVEN),
    ],
    "MOST_SURE": [
        Situation(lambda: judge_retries(chains([1] * 3)), Evidence.PROVEN),
        Situation(lambda: judge_retries(chains([1] * 2, copied=5000, alone=5000)), Evidence.THIN),
    ],
    "SLIP": [
        Situation(lambda: judge_retries(chains([2] * 2, copied=60)), Evidence.THIN),
        Situation(lambda: judge_retries(chains([2] * 2)), Evidence.REFUTED),
    ],
    "MOST_CHAINS": [
        Situation(lambda: judge_retries(chains([1] * 70 + [2] * 30, lines=4, copied=50)), Evidence.THIN),
        Situation(lambda: judge_retries(chains([1] * 100, lines=4, copied=50)), Evidence.PROVEN),
    ],
    "NEARLY_ALL_COPIED": [
        Situation(lambda: judge_retries(chains([1] * 70 + [2] * 30, lines=4, copied=65)), Evidence.THIN),
        Situation(lambda: judge_retries(chains([1] * 60 + [2] * 40, copied=95)), Evidence.PROVEN),
    ],
    "ALL_COPIED": [
        Situation(lambda: ChainEvidence(twins=Evidence.PROVEN, lone=lone(copied=60)).hide_twins(), right=True),
        Situation(lambda: ChainEvidence(twins=Evidence.PROVEN, lone=lone()).hide_twins(), right=False),
    ],
    "FEWEST_TWINS": [
        Situation(lambda: twins(twice=2), Evidence.THIN),
        Situation(lambda: twins(twice=4), Evidence.PROVEN),
    ],
    "TWINS_A_GROUP": [
        Situation(lambda: twins(twice=4, gap_ms=200), Evidence.THIN),
        Situation(lambda: twins(twice=4, gap_ms=100), Evidence.PROVEN),
    ],
    "MANY_TWINS": [
        Situation(lambda: twins(twice=10, gap_ms=1_000, copied=150), Evidence.THIN),
        Situation(lambda: twins(twice=10, gap_ms=1_000, copied=70), Evidence.PROVEN),
    ],
    "TIMES_STRAYS": [
        Situation(lambda: twins(twice=10, gap_ms=1_000, copied=50, strays=4), Evidence.THIN),
        Situation(lambda: twins(twice=10, gap_ms=1_000, copied=50, strays=2), Evidence.PROVEN),
    ],
    "CLOSE_TWINS_US": [Situation(busy, Evidence.PROVEN), Situation(lambda: busy(gap_ms=30), Evidence.NONE)],
    "FEWEST_CLOSE": [Situation(lambda: busy(pairs=15), Evidence.NONE), Situation(busy, Evidence.PROVEN)],
    "TIMES_CHANCE": [
        Situation(lambda: busy(span_s=8), Evidence.NONE),
        Situation(lambda: busy(span_s=16), Evidence.PROVEN),
    ],
    "TIMES_ORIGINALS": [
        Situation(lambda: busy(close=15), Evidence.NONE),
        Situation(lambda: busy(close=7), Evidence.PROVEN),
    ],
    "SIGMAS": [
        Situation(lambda: hidden((3, 3, 3, 200), (3, 4, 3, 20), (3, 2, 2, 20), (1, 1, 1, 200), (1, 2, 1, 20)), 7)
    ],
    "RARE": [
        Situation(lambda: hidden((2, 2, 2, 20), (1, 1, 1, 100), (1, 0, 0, 3), (1, 2, 1, 2), strays=0.02), 1),
        Situation(lambda: hidden((2, 2, 2, 20), (1, 1, 1, 100), (1, 0, 0, 10), strays=0.02), 2),
    ],
    "LIKELY": [Situation(lambda: accidents(30), 1), Situation(lambda: accidents(40), 2)],
    "UNSEEN": [Situation(lambda: accidents(10_000), 130)],
    "IN_NONE_OF": [Situation(lambda: accidents(1_000, seen_in=1_000), 9)],
    "ORIGINALS_A_STRETCH": [Situation(lambda: stretch_us(160, 1_000 * SECOND_US, 0), 50 * SECOND_US)],
    "IN_STEP_BY_CHANCE": [
        Situation(lambda: unruled(108), right=False),
        Situation(lambda: unruled(94), right=True),
    ],
    "FEWEST_STRETCHES": [
        Situation(lambda: in_twos(0.5, *[6] * 5), right=False),
        Situation(lambda: in_twos(0.5, *[6] * 10), right=True),
    ],
    "FEWEST_ORIGINALS": [Situation(lambda: compared(3), 0), Situation(lambda: compared(6), 1)],
    "MOST_DEVIATION": [
        Situation(lambda: in_twos(0.5, 9, 9, 9, 9, 0, 0), right=True),
        Situation(lambda: in_twos(0.5, 99, 99, 99, 0, 0, 0), right=False),
    ],
    "MOST_COPIED_ONCE": [
        Situation(lambda: in_twos(0.9, *[3] * 10), right=False),
        Situation(lambda: in_twos(0.99, *[5] * 6), right=True),
    ],
    "FEW_LONE": [
        Situation(lambda: undecidable(400, 6), right=True),
        Situation(lambda: undecidable(400, 12), right=False),
    ],
    "FEW_LONE_LINES": [
        Situation(lambda: undecidable(50, 2), right=True),
        Situation(lambda: undecidable(50, 5), right=False),
    ],
    "FEWEST_REQUESTS": [
        Situation(lambda: undecidable(15), right=False),
        Situation(lambda: undecidable(30), right=True),
    ],
    "NEARLY_AS_MANY": [
        Situation(lambda: undecidable(400, twice=150), right=False),
        Situation(lambda: undecidable(400, twice=201), right=True),
    ],
    "CHANCE_PROOF": [
        Situation(lambda: mirrored(scatter_s=0.6), CopyingKind.OPEN),
        Situation(mirrored, CopyingKind.PROVEN),
    ],
    "ACCIDENT": [
        Situation(lambda: own_pages(5), CopyingKind.OPEN),
        Situation(lambda: own_pages(6), CopyingKind.PROVEN),
    ],
    "DELAY_QUANTILES": [Situation(lambda: mirrored(rate=20, fine=True), CopyingKind.PROVEN)],
    "WIDEST_CELL_US": [
        Situation(lambda: mirrored(urls=5, scatter_s=0.6, fine=True), CopyingKind.OPEN),
        Situation(lambda: mirrored(urls=50, copied=0.2, rate=3.834, scatter_s=2.48, count=150), CopyingKind.PROVEN),
    ],
    "SPARSE": [
        Situation(lambda: mirrored(urls=20, copied=1.0, rate=20, scatter_s=0.2, count=40), CopyingKind.PROVEN),
        Situation(lambda: mirrored(urls=20, copied=1.0, rate=80, scatter_s=0.2, count=80), CopyingKind.OPEN),
    ],
    "FEW_COPIED": [Situation(lambda: split(20), CopyingKind.REFUTED), Situation(lambda: split(45), CopyingKind.OPEN)],
    "SHIFTS": [
        Situation(mirrored, CopyingKind.PROVEN),
        Situation(
            lambda: mirrored(urls=20, copied=0.3, rate=0.438, scatter_s=0.8, fine=True, count=80), CopyingKind.OPEN
        ),
    ],
    "LONGEST_CELL": [Situation(cells_of_a_busy_key, 13)],
    "SHARE_SIGMAS": [Situation(lambda: share(100), 0.216)],
    "MODEL_ERROR": [Situation(lambda: share(20_000), 0.039)],
    "NEAR_MEDIAN": [
        Situation(lambda: in_turn(60, 40, 0.28), right=True),
        Situation(lambda: in_turn(60, 40, 0.5), right=False),
    ],
    "REGULAR": [
        Situation(lambda: in_turn(40, 60, 0.2), right=False),
        Situation(lambda: in_turn(70, 30, 0.2), right=True),
    ],
    "FEW_RETURNS": [
        Situation(lambda: in_turn(4, 0, 0.0), right=False),
        Situation(lambda: in_turn(8, 0, 0.0), right=True),
    ],
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("factor", sampled([2.0, 0.5], 1))
@pytest.mark.parametrize("name", SITUATIONS)
def test_another_value_decides_otherwise(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """All situations end rightly, and one of them does not if the constant is half or double."""
    assert wrong_if(constants, name, factor, SITUATIONS[name], monkeypatch)


def test_every_constant_is_tried() -> None:
    """A new one needs a situation, too."""
    assert names(constants) == SITUATIONS.keys()
