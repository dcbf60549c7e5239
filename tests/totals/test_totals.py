"""Totals of pieces add up to those of the whole, in any order, and stay small however many lines they are of."""

from dataclasses import replace
from functools import cache, reduce
from operator import add
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.engine.batch import settle_streams
from mirrorcheck.outcomes.final import final_lines, take
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Piece
from mirrorcheck.reading.open import open_logs
from mirrorcheck.reading.readers import read_inputs
from mirrorcheck.settings import Options, complete
from mirrorcheck.totals import timeline
from mirrorcheck.totals.history import History
from mirrorcheck.totals.quantiles import Quantiles
from mirrorcheck.totals.sampling import judge_sampling
from mirrorcheck.totals.totals import Totals, fold
from tests.recordings import NAMES, sides
from tests.sample import sampled

SETTINGS = complete(Options(horizon="15s"))
SECOND_US = 1_000_000
IN_TURN = list(dict.fromkeys(["sampled-50", "primary-retried", *NAMES]))


@cache
def settled(name: str) -> Settled:
    """The settled lines of a recording."""
    paths = sides(name)
    logs = open_logs((), *(tuple(map(str, paths[side])) for side in ("primary", "shadow")))
    return settle_streams(logs.inputs, SETTINGS, read_inputs(logs.inputs, SETTINGS))[1]


def pieces(whole: Settled, cuts: int) -> list[Settled]:
    """The lines in pieces of about as many originals each, one after the other in time."""
    places = np.quantile(whole.primary.placed_us, np.arange(1, cuts + 1) / (cuts + 1))
    found, rest = [], whole
    for until_us in places.tolist():
        piece = Piece(until_us=int(until_us))
        final = final_lines(replace(rest, primary=replace(rest.primary, piece=piece)))
        lines = final.originals, final.copies
        found.append(take(rest, *lines))
        rest = take(rest, *(~each for each in lines))
    return [*found, rest]


def exact(totals: Totals) -> dict[str, Any]:
    """What adds up exactly."""
    parts = (totals.history.total, totals.history.hits)
    groups = {
        trait: sorted(counts.select("value", "missed", "originals").filter(counts["missed"] > 0).iter_rows())
        for trait, counts in totals.misses.groups.items()
    }
    responses = totals.responses
    return {
        "partition": totals.partition,
        "counts": parts,
        "times": totals.history.times_us().tolist(),
        "copied": np.repeat(totals.history.from_us, totals.history.paired).tolist(),
        "delays": sorted(totals.delay_us.numbers.tolist()),
        "groups": groups,
        "responses": [responses.paired, responses.compared, responses.status_equal, responses.bytes_differ],
        "changes": sorted(responses.changes.iter_rows()),
        "latency": sorted(responses.slower.numbers.tolist()),
        "proxies": sorted(totals.proxies.hops.select("hop", "copies").iter_rows()),
        "writes": totals.writes,
        "spans": (totals.primary_span, totals.shadow_span),
        "logs": (totals.findings.primary, totals.findings.shadow, totals.findings.same_lines, totals.findings.gone),
    }


@pytest.mark.parametrize("cuts", [1, 4])
@pytest.mark.parametrize("name", sampled(IN_TURN, 3))
def test_pieces_add_up_to_the_whole(name: str, cuts: int) -> None:
    """Whatever the cuts: each line is in one piece, and what is said of pieces is, in sum, what is said of all."""
    whole = settled(name)
    parts = pieces(whole, cuts)
    assert sum(part.primary.table.height for part in parts) == whole.primary.table.height
    assert sum(part.shadow.table.height for part in parts) == whole.shadow.table.height
    folded = [fold(part, SETTINGS, whole=False) for part in parts]
    assert exact(reduce(add, folded)) == exact(fold(whole, SETTINGS, whole=False))


@pytest.mark.parametrize("name", sampled(IN_TURN[1:], 1))
def test_order_of_adding_makes_no_difference(name: str) -> None:
    """Adding is associative and commutative."""
    one, two, three, four = (fold(part, SETTINGS, whole=False) for part in pieces(settled(name), 3))
    expected = exact(one + two + three + four)
    assert exact((one + two) + (three + four)) == expected
    assert exact(four + (two + (three + one))) == expected


def test_partners_stay_together() -> None:
    """No piece has a copy without the original that it was paired with, or an attempt without the first one."""
    for part in pieces(settled("primary-retried"), 5):
        pairs = np.flatnonzero(part.copy_of >= 0)
        assert (part.original_of[part.copy_of[pairs]] == pairs).all()
        assert (part.response_of >= 0).all()


HISTORIES = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=60)


def history(steps: list[tuple[int, bool]], start_us: int = 0) -> History:
    """Originals so many seconds after each other, copied or not."""
    times_us = start_us + np.cumsum([step for step, _ in steps], dtype=np.int64) * SECOND_US
    return History.of(times_us, np.array([copied for _, copied in steps], np.bool_))


@given(HISTORIES, st.integers(0, 60))
def test_a_history_is_the_sum_of_its_pieces(steps: list[tuple[int, bool]], cut: int) -> None:
    """Cut anywhere: phases, runs and outcomes are those of the whole."""
    whole = history(steps)
    first = history(steps[:cut])
    rest = history(steps[cut:], int(first.from_us[-1]) if len(first) else 0)
    for found in (first + rest, rest + first):
        assert found.outcomes().tolist() == whole.outcomes().tolist()
        assert found.runs() == whole.runs()
        assert timeline.cut(found, 15 * SECOND_US) == timeline.cut(whole, 15 * SECOND_US)


@given(HISTORIES, st.integers(1, 20))
def test_a_bounded_history_keeps_its_counts(steps: list[tuple[int, bool]], most: int) -> None:
    """In fewer stretches all originals are counted, in their order."""
    whole = history(steps)
    found = whole.bounded(most)
    assert len(found) <= max(most, 1)
    assert (found.total, found.hits, found.runs()) == (whole.total, whole.hits, whole.runs())
    assert (np.diff(found.from_us) >= 0).all()
    assert (found.until_us >= found.from_us).all()
    assert found.times_us().tolist() == sorted(found.times_us().tolist())


def test_a_bounded_history_shows_its_phases() -> None:
    """An outage of 200 among 20,000 is found in stretches of a few originals, to a stretch; draws stay draws."""
    random = np.random.default_rng(3)
    copied = random.random(20_000) < 0.5
    copied[9_000:9_200] = False
    whole = History.of(np.arange(20_000) * SECOND_US, copied)
    bounded = whole.bounded(4_000)
    assert 1_000 < len(bounded) <= 4_000
    longest = int(bounded.originals.max())
    phases = timeline.cut(bounded, 15 * SECOND_US)
    for phase, expected in zip(phases, timeline.cut(whole, 15 * SECOND_US), strict=True):
        assert abs(phase.originals - expected.originals) <= 2 * longest
    found, expected_ = (judge_sampling(each, [each.total]) for each in (whole.bounded(4_000), whole))
    assert found
    assert expected_
    assert found.kind == expected_.kind


NUMBERS = st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=80)


@given(NUMBERS, NUMBERS, st.floats(0, 1))
def test_quantiles_of_counted_numbers_are_those_of_all(one: list[int], other: list[int], level: float) -> None:
    """Counted or not, they are what numpy says."""
    whole = np.quantile([*one, *other], level)
    added = Quantiles(np.array(one)) + Quantiles(np.array(other))
    counted = Quantiles(np.array([*one, *other])).bounded(len(set(one) | set(other)))
    assert added.at([level])[0] == whole
    assert counted.at([level])[0] == pytest.approx(whole, abs=1e-6)
    assert len(counted) == len(one) + len(other)


@given(st.lists(st.floats(1e-3, 1e6), min_size=30, max_size=200, unique=True))
def test_rounded_numbers_are_near(numbers: list[float]) -> None:
    """More numbers than there is room for are off by less than a percent, the least and the greatest by nothing."""
    found = Quantiles(np.array(numbers)).bounded(20)
    ends = found.at([0.0, 1.0])
    assert ends.tolist() == [min(numbers), max(numbers)]
    ordered = np.sort(numbers)
    assert found.at(np.arange(len(numbers)) / (len(numbers) - 1)) == pytest.approx(ordered, rel=0.01)
    assert len(found) == len(numbers)


def test_pieces_with_other_judgements_are_weighed() -> None:
    """Chance that explains the pairs of a few originals only leaves those of all the others proven."""
    doubts = fold(settled("sampled-50"), SETTINGS).doubts
    assert not (doubts + replace(doubts, originals=1)).open
