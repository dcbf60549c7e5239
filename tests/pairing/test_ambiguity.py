"""What is called certain is right, and little that is right is called doubtful."""

import random
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.pairing import Evidence, Outcome, Pairing, pair
from tests.pairing.sides import SECOND_US, Logged, in_order, side
from tests.sample import examples

pytestmark = pytest.mark.usefixtures("way")

MILLI_US = 1_000
HORIZON_US = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Claims:
    """How many misses and pairs there are, how many of them are called certain, and how many of these wrongly."""

    misses: int
    certain_misses: int
    wrong_misses: int
    pairs: int
    certain_pairs: int
    wrong_pairs: int

    def __add__(self, other: "Claims") -> "Claims":
        return Claims(
            self.misses + other.misses,
            self.certain_misses + other.certain_misses,
            self.wrong_misses + other.wrong_misses,
            self.pairs + other.pairs,
            self.certain_pairs + other.certain_pairs,
            self.wrong_pairs + other.wrong_pairs,
        )


def claims(found: Pairing, sent: list[Logged], received: list[Logged]) -> Claims:
    """Hold what is called certain against the requests."""
    copied = {line.request for line in received}
    missed = np.flatnonzero(found.original_outcome == Outcome.MISSED)
    paired = np.flatnonzero(found.copy_of >= 0)
    sure_misses = missed[found.original_candidates[missed] == 1]
    sure_pairs = paired[found.original_candidates[paired] == 1]
    return Claims(
        len(missed),
        len(sure_misses),
        sum(sent[row].request in copied for row in sure_misses),
        len(paired),
        len(sure_pairs),
        sum(sent[row].request != received[found.copy_of[row]].request for row in sure_pairs),
    )


def shop(source: random.Random) -> int:
    """A key: every other request is for one of sixty things, the others ask for one of a thousand."""
    return source.randrange(60) if source.random() < 0.5 else source.randrange(60, 1_060)


@pytest.mark.parametrize("resolution_us", [SECOND_US, MILLI_US])
def test_equals_prove_nothing(resolution_us: int) -> None:
    """With one key nothing shows how long copies take, however neatly they seem to lie by their originals."""
    source = random.Random(2)
    sent = [Logged(100 + number / 20, request=number) for number in range(400)]
    received = [Logged(line.second + 0.04, request=line.request) for line in sent if source.random() < 0.5]
    found = pair(
        side(sent, resolution_us=resolution_us), side(received, resolution_us=resolution_us), horizon_us=HORIZON_US
    )
    assert claims(found, sent, received).wrong_pairs == claims(found, sent, received).certain_pairs == 0
    assert (found.original_candidates > 1).all()


def stopped(seed: int) -> tuple[list[Logged], list[Logged]]:
    """150 requests a second for 5 s, all copied, save while the shadow is away, from within a second to within one."""
    source = random.Random(seed)
    away, back = source.uniform(101.1, 101.6), source.uniform(102.6, 102.9)
    sent = [Logged(100 + number / 150, shop(source), request=number) for number in range(750)]
    return sent, [line for line in sent if not away <= line.second < back]


def test_shadow_that_stops_within_a_second() -> None:
    """The few copies of that second are placed badly; what their originals could be exchanged with is not certain."""
    total = Claims(0, 0, 0, 0, 0, 0)
    for sent, received in map(stopped, (0, 3, 7, 8, 13)):
        found = pair(side(sent), side(received), horizon_us=HORIZON_US)
        total += claims(found, sent, received)
    assert total.wrong_misses <= 0.005 * total.certain_misses
    assert total.certain_misses >= 0.9 * total.misses
    assert total.wrong_pairs <= 0.01 * total.certain_pairs
    assert total.certain_pairs >= 0.9 * total.pairs


def copied_twice(seed: int) -> tuple[list[Logged], list[Logged]]:
    """A request every 50 ms, copied by one policy at 70 % and by another at 30 %."""
    source = random.Random(seed)
    sent, received = [], []
    for number in range(600):
        line = Logged(100 + number / 20 + source.uniform(0, 0.02), shop(source), request=number)
        sent.append(line)
        received += [
            Logged(line.second + 0.002 + source.uniform(0, 0.002), line.key, request=number)
            for share in (0.7, 0.3)
            if source.random() < share
        ]
    return in_order(sent), in_order(received)


def test_second_copies_in_the_place_of_missing_ones() -> None:
    """A second copy married to a missed request lies far from it, its own original between: none of that is certain."""
    total = Claims(0, 0, 0, 0, 0, 0)
    for sent, received in map(copied_twice, range(6)):
        found = pair(side(sent), side(received), horizon_us=HORIZON_US)
        assert found.twins == Evidence.PROVEN
        total += claims(found, sent, received)
    assert total.wrong_pairs <= 0.01 * total.certain_pairs
    assert total.certain_pairs >= 0.85 * total.pairs


def retried(seed: int) -> tuple[list[Logged], list[Logged]]:
    """500 requests a second, of which three in ten fail and are tried again, up to twice; all are copied once."""
    source = random.Random(seed)
    sent, received = [], []
    for number in range(1_000):
        second, key = 100 + number / 500, shop(source)
        failures = source.choice([1, 2, 3]) if source.random() < 0.3 else 0
        received.append(Logged(second + 0.001, key, request=number))
        for attempt in range(min(3, failures + 1)):
            sent.append(Logged(second, key, 503 if attempt < failures else 200, request=number))
            second += source.uniform(0.015, 0.045)
    return in_order(sent), in_order(received)


def test_requests_among_the_attempts_at_others() -> None:
    """A line between the attempts at another request of its key may be taken for one: neither of them is certain."""
    total = Claims(0, 0, 0, 0, 0, 0)
    for sent, received in map(retried, range(4)):
        found = pair(side(sent), side(received), horizon_us=HORIZON_US)
        assert found.retries == Evidence.PROVEN
        total += claims(found, sent, received)
    assert total.wrong_pairs <= 0.01 * total.certain_pairs
    assert total.certain_pairs >= 0.85 * total.pairs


def test_attempts_at_lone_requests() -> None:
    """Attempts at a request that is alone, and at two in a row of which neither was copied, leave all of it certain."""
    sent = [
        Logged(number * 10.0 + step, number + 1, 503 if step == 0 else 200, request=number)
        for number in range(40)
        for step in (0, 0.1)
    ]
    received = [Logged(number * 10.0, number + 1, request=number) for number in range(30)]
    in_a_row = ((0, 503), (0.1, 200), (0.102, 503), (0.2, 200))
    sent += [Logged(1_000.0 + step, 99, status) for step, status in in_a_row]
    found = pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)
    assert found.retries == Evidence.PROVEN
    assert (found.original_candidates == 1).all()


def held_up(*others: float) -> Pairing:
    """Two hundred keys copied at once, and one whose copy comes 5 s late; `others`: its requests that are not late."""
    sent = [Logged(100 + number / 2, 10 + number, request=number) for number in range(200)]
    sent += [Logged(second, 1) for second in others]
    received = in_order([*sent, Logged(125.2, 1)])
    sent = in_order([*sent, Logged(120.2, 1)])
    return pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)


def test_late_copy_of_a_lone_request() -> None:
    """A copy held up for 5 s is that of the one request of its key, certainly."""
    found = held_up()
    assert (found.original_candidates == 1).all()
    assert (found.copy_candidates == 1).all()


def test_late_copy_that_could_be_of_either() -> None:
    """With another request in between, either copy may be that of either; all other lines stay certain."""
    found = held_up(122.2)
    assert sorted(found.original_candidates.tolist()) == [1] * 200 + [2, 2]
    assert sorted(found.copy_candidates.tolist()) == [1] * 200 + [2, 2]


logged = st.builds(Logged, second=st.integers(0, 80).map(lambda quarters: quarters / 4), key=st.integers(1, 4))


@examples(60)
@given(sent=st.lists(logged, max_size=14), received=st.lists(logged, max_size=14))
def test_no_more_candidates_than_equals(sent: list[Logged], received: list[Logged]) -> None:
    """Each line is its own candidate, and there are at most as many as its side has lines of its key."""
    originals, copies = side(in_order(sent)), side(in_order(received))
    found = pair(originals, copies, horizon_us=8 * SECOND_US)
    for lines, candidates in ((originals, found.original_candidates), (copies, found.copy_candidates)):
        equals = (lines.key[:, None] == lines.key).sum(axis=1)
        assert ((candidates >= 1) & (candidates <= np.maximum(equals, 1))).all()
