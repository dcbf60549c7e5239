"""The matcher as a whole: as many pairs as can be had, clocks set right, retries and doubles told."""

import random
from collections.abc import Callable
from dataclasses import fields, replace
from math import sin

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from mirrorcheck.pairing import Evidence, Outcome, Pairing, RequestLines, blocks, pair
from tests.pairing.sides import SECOND_US, Logged, in_order, side
from tests.sample import examples, sampled

pytestmark = pytest.mark.usefixtures("way")

MILLI_US = 1_000
HORIZON_US = 60 * SECOND_US

logged = st.builds(
    Logged, second=st.integers(0, 80).map(lambda quarters: quarters / 4), key=st.integers(1, 3) | st.integers(1, 30)
)


def most_pairs(originals: RequestLines, copies: RequestLines, horizon_us: int) -> int:
    """The number of pairs of an optimal assignment."""
    allowed = (originals.key[:, None] == copies.key) & (
        np.abs(originals.logged_us[:, None] - copies.logged_us) <= horizon_us
    )
    rows, columns = linear_sum_assignment(~allowed)
    return int(allowed[rows, columns].sum())


def check_pairs(found: Pairing, originals: RequestLines, copies: RequestLines, horizon_us: int) -> int:
    """Pairs are one to one, of one key, within the horizon, and are called paired; returns their number."""
    rows = np.flatnonzero(found.copy_of >= 0)
    partners = found.copy_of[rows]
    assert np.array_equal(found.original_of[partners], rows)
    assert np.array_equal(originals.key[rows], copies.key[partners])
    assert (np.abs(originals.logged_us[rows] - copies.logged_us[partners]) <= horizon_us).all()
    assert np.array_equal(found.original_outcome == Outcome.PAIRED, found.copy_of >= 0)
    assert np.array_equal(found.copy_outcome == Outcome.PAIRED, found.original_of >= 0)
    return len(rows)


def count(found: Pairing, outcome: Outcome) -> int:
    """How many lines of either side have the outcome."""
    return int((found.original_outcome == outcome).sum() + (found.copy_outcome == outcome).sum())


def wrong_pairs(found: Pairing, originals: list[Logged], copies: list[Logged]) -> int:
    """How many pairs are of two requests."""
    return sum(
        originals[row].request != copies[partner].request
        for row, partner in enumerate(found.copy_of.tolist())
        if partner >= 0
    )


@pytest.mark.unmeasured
@examples(150)
@given(sent=st.lists(logged, max_size=14), received=st.lists(logged, max_size=14), horizon_s=st.integers(1, 8))
@example(sent=[Logged(0), Logged(5)], received=[Logged(5.25), Logged(10)], horizon_s=6)
@example(sent=[Logged(0), Logged(1), Logged(2)], received=[], horizon_s=1)
@example(sent=[], received=[], horizon_s=1)
def test_as_many_pairs_as_can_be_had(sent: list[Logged], received: list[Logged], horizon_s: int) -> None:
    """Without retries and doubles the number of pairs is that of an optimal assignment, all within the horizon."""
    originals, copies = side(in_order(sent)), side(in_order(received))
    found = pair(originals, copies, horizon_us=horizon_s * SECOND_US)
    assume(found.twins is not Evidence.PROVEN)
    assert check_pairs(found, originals, copies, horizon_s * SECOND_US) == most_pairs(
        originals, copies, horizon_s * SECOND_US
    )


@pytest.mark.parametrize("delay_s", [-2.5, -2.3, 0.0, 2.0, 2.3, 2.5])
@pytest.mark.parametrize("seed", sampled(range(8), 3))
def test_delay_as_long_as_the_horizon(seed: int, delay_s: float) -> None:
    """A learnt offset close to the horizon moves no pair beyond it: that is judged on the stamps as logged."""
    source = random.Random(seed)
    sent = [
        Logged(20 + number / 2 + source.uniform(0.15, 0.35), 1 if number % 2 else 100 + number) for number in range(50)
    ]
    received = [
        Logged(line.second + delay_s + source.uniform(-0.1, 0.1), line.key) for line in sent if source.random() < 0.8
    ]
    originals, copies = side(in_order(sent)), side(in_order(received))
    found = pair(originals, copies, horizon_us=2 * SECOND_US)
    assert check_pairs(found, originals, copies, 2 * SECOND_US) == most_pairs(originals, copies, 2 * SECOND_US)


def traffic(
    *, pods: int, ahead: Callable[[int, int, float], float], seed: int = 1
) -> tuple[list[Logged], list[Logged]]:
    """Two requests a second for four minutes, every other one of a busy key; `ahead(side, pod, second)` skews."""
    source = random.Random(seed)
    sent, received = [], []
    for number in range(480):
        second = 100 + number / 2 + source.uniform(0, 0.1)
        key = 1 if number % 2 else 1_000 + number
        pod, copy_pod = source.randrange(pods), source.randrange(pods)
        copied = second + 0.02 + source.uniform(0, 0.02)
        sent.append(Logged(second + ahead(0, pod, second), key, stream=pod, request=number))
        received.append(Logged(copied + ahead(1, copy_pod, copied), key, stream=copy_pod, request=number))
    return in_order(sent), in_order(received)


def skewed(*by_pod: tuple[float, float]) -> Callable[[int, int, float], float]:
    """Clocks that are off by a constant for each pod: the primary's pods first, then the shadow's."""
    return lambda side_number, pod, _second: by_pod[side_number][pod]


def drifting(side_number: int, _pod: int, second: float) -> float:
    """The shadow's clock gains 50 ms a minute, on top of a second and a half."""
    return side_number * (1.5 + second * 0.05 / 60)


@pytest.mark.parametrize(
    ("pods", "ahead"),
    [
        (2, skewed((0, 0), (-3, 3))),
        (2, skewed((0, 3), (0, 0))),
        (2, skewed((0, 3), (-3, 1.5))),
        (1, drifting),
        (2, drifting),
    ],
    ids=["shadow's pods", "primary's pods", "pods of both sides", "drift", "drift of two pods"],
)
def test_clocks(pods: int, ahead: Callable[[int, int, float], float]) -> None:
    """Constant skews between pods and a steady drift are learnt from lone keys, and repeated keys pair rightly."""
    sent, received = traffic(pods=pods, ahead=ahead)
    found = pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)
    assert count(found, Outcome.PAIRED) == 2 * len(sent)
    assert wrong_pairs(found, sent, received) == 0


def test_drift_with_misses() -> None:
    """With a drift and a third of the copies missing, the requests missed are still the ones that were."""
    sent, received = traffic(pods=1, ahead=drifting)
    received = [line for line in received if line.request % 3]
    found = pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)
    missed = {sent[row].request for row in np.flatnonzero(found.original_outcome == Outcome.MISSED)}
    assert missed == {line.request for line in sent if not line.request % 3}


def steered(side_number: int, pod: int, second: float) -> float:
    """The primary's second pod is 20 s ahead, and its clock is steered to and fro by half a second within a minute."""
    return pod * (20 + sin(second / 10) / 2) if side_number == 0 else 0.0


def test_clock_far_off_and_steered() -> None:
    """What a pod's clock did at a moment is looked up at that moment, however far off the clock is."""
    sent, received = traffic(pods=2, ahead=steered)
    received = [line for line in received if line.request % 3]
    found = pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)
    missed = {sent[row].request for row in np.flatnonzero(found.original_outcome == Outcome.MISSED)}
    assert missed == {line.request for line in sent if not line.request % 3}


def burst(seed: int) -> tuple[list[Logged], list[Logged]]:
    """1,200 requests in 0.6 s, half of them copied, three pods to two; the clocks are up to 5.6 s apart."""
    source = random.Random(seed)
    ahead_s = ((0.0, -2.9, 1.1), (2.7, -1.7))
    sent, received = [], []
    for number in range(1_200):
        second = 100.2 + number * 0.0005
        key = source.randrange(60) if source.random() < 0.5 else source.randrange(60, 600)
        pod, copy_pod = source.randrange(3), source.randrange(2)
        sent.append(Logged(second + ahead_s[0][pod], key, stream=pod, request=number))
        if source.random() < 0.5:
            received.append(Logged(second + 0.001 + ahead_s[1][copy_pod], key, stream=copy_pod, request=number))
    return in_order(sent), in_order(received)


@pytest.mark.unmeasured
def test_burst_on_several_pods() -> None:
    """Where whole seconds say next to nothing, lone keys set the clocks of five pods: 24 of 25 pairs are right."""
    wrong = pairs = 0
    for sent, received in map(burst, range(6)):
        found = pair(side(sent), side(received), horizon_us=HORIZON_US)
        assert count(found, Outcome.PAIRED) == 2 * len(received)
        wrong, pairs = wrong + wrong_pairs(found, sent, received), pairs + len(received)
    assert wrong <= pairs / 25


def attempts(*, copied: int) -> tuple[list[Logged], list[Logged]]:
    """60 requests far from each other, of which the first 20 fail and are sent again; `copied` of each are mirrored."""
    sent, received = [], []
    for number in range(60):
        second, key = number * 10.0, number + 1
        if number < 20:
            sent += [Logged(second, key, 503, request=number), Logged(second + 0.1, key, request=number)]
            received += [Logged(second + 0.1 * attempt, key, request=number) for attempt in range(copied)]
        else:
            sent.append(Logged(second, key, request=number))
            received.append(Logged(second, key, request=number))
    return in_order(sent), in_order(received)


def test_retries_of_the_proxy() -> None:
    """One copy for each failed request and its repetition proves retries; the answer is the last attempt's."""
    sent, received = attempts(copied=1)
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.retries == Evidence.PROVEN
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), count(found, Outcome.ORPHAN)) == (20, 0, 0)
    assert count(found, Outcome.PAIRED) == 120
    for row in np.flatnonzero(found.original_outcome == Outcome.PAIRED):
        answer = found.response_of[row]
        assert (sent[answer].request, sent[answer].status) == (sent[row].request, 200)
    assert all(sent[row].status == 200 for row in np.flatnonzero(found.original_outcome == Outcome.RETRY))


def test_retries_at_pods_whose_clocks_are_unsteady() -> None:
    """An attempt is found although the line of the next one, at another pod, seems to be logged a moment earlier."""
    sent, received = [], []
    for number in range(90):
        second, key, slip = number * 10.0, number + 1, 0.08 * (-1) ** number
        if number < 30:
            failures = [Logged(second + 0.03 * turn, key, 503, request=number) for turn in range(1 + number % 2)]
            sent += [*failures, Logged(second + 0.07 + slip, key, stream=1, request=number)]
        else:
            sent.append(Logged(second + slip, key, stream=1, request=number))
        received.append(Logged(second, key, request=number))
    sent = in_order(sent)
    found = pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), count(found, Outcome.ORPHAN)) == (45, 0, 0)
    assert wrong_pairs(found, sent, received) == 0
    for row in np.flatnonzero(found.original_outcome == Outcome.PAIRED):
        assert sent[found.response_of[row]].status == 200


def test_attempts_of_one_moment() -> None:
    """A failure at one pod and the answer of another may be placed at the same moment; nothing is divided by it."""
    sent = in_order([Logged(0), Logged(0, 2), Logged(0, stream=1), Logged(0, 2, 503, stream=1)])
    found = pair(side(sent), side([]), horizon_us=HORIZON_US)
    assert count(found, Outcome.MISSED) == len(sent)


def test_retries_not_presumed() -> None:
    """Without presumed retries the repetitions are misses, however many lone keys speak for retries."""
    sent, received = attempts(copied=1)
    found = pair(side(sent), side(received), horizon_us=HORIZON_US, presume_retries=False)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED)) == (0, 20)


def test_retries_of_the_client() -> None:
    """A client's repetitions are mirrored like any request: as many copies as lines, and no retry."""
    sent, received = attempts(copied=2)
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.retries == Evidence.REFUTED
    assert (count(found, Outcome.RETRY), count(found, Outcome.PAIRED)) == (0, 160)


def test_retries_of_the_proxy_and_of_a_client() -> None:
    """Where retries are proven, a repetition that has a copy of its own is given back: it was another request."""
    sent, received = attempts(copied=1)
    received = in_order([*received, *(Logged(number * 10.0 + 0.1, number + 1, request=number) for number in range(3))])
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.retries == Evidence.PROVEN
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), count(found, Outcome.ORPHAN)) == (17, 0, 0)


def counted(*numbers: int, copied: int = 1) -> tuple[RequestLines, RequestLines]:
    """Requests far from each other, with an attempt each by the proxy's count; all fail but the last of a request."""
    sent = [
        Logged(number * 10.0 + 0.2 * turn, number + 1, 200 if turn == len(numbers) - 1 else 503, request=number)
        for number in range(8)
        for turn in range(len(numbers))
    ]
    received = [
        Logged(number * 10.0 + 0.2 * turn, number + 1, request=number) for number in range(8) for turn in range(copied)
    ]
    return replace(side(in_order(sent)), attempt=np.array(numbers * 8, np.int64)), side(in_order(received))


def test_attempts_that_the_proxy_counts() -> None:
    """Where the proxy counts its attempts, what follows a failure as the next one is presumed to be a retry."""
    sent, received = counted(1, 2, 3)
    found = pair(sent, received, horizon_us=HORIZON_US)
    assert found.retries == Evidence.PROVEN
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.presumed_retries) == (16, 0, 16)
    found = pair(sent, received, horizon_us=HORIZON_US, presume_retries=False)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED)) == (0, 16)


def test_attempts_that_are_counted_and_copied() -> None:
    """A copy of its own shows that what is counted as a further attempt is a request of its own."""
    found = pair(*counted(1, 2, copied=2), horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), count(found, Outcome.ORPHAN)) == (0, 0, 0)


def test_lone_attempts() -> None:
    """A further attempt without the first one is a request: its first attempt left no line, or a client counts."""
    sent, received = counted(2, copied=0)
    found = pair(sent, received, horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.missed_retries) == (0, 8, 0)


def test_attempt_counted_by_a_client() -> None:
    """One line with a count is a client's: retries are told as where nobody counts."""
    sent, received = attempts(copied=1)
    lines = side(sent)
    lone = np.where(np.arange(len(sent)) == len(sent) - 1, 2, -1)
    found = pair(replace(lines, attempt=lone), side(received), horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED)) == (20, 0)


def test_attempts_after_an_answer() -> None:
    """What is counted as an attempt after a line that did not fail may be one, or a client's request: it stays open."""
    lines, received = counted(1, 2)
    found = pair(replace(lines, failed=np.zeros(16, np.bool_)), received, horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.missed_retries) == (0, 8, 8)


def test_one_key_copied_twice_or_not_at_all() -> None:
    """With one URL and one agent, doubles cannot be told from misses: that is said, and nothing is called certain."""
    chance = random.Random(5)
    sent = [Logged(number / 4, request=number) for number in range(400)]
    received = [line for line in sent if chance.random() < 0.5 for _ in range(2)]
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.undecidable
    missed = count(found, Outcome.MISSED)
    assert missed <= 400 - len(received) / 2 <= missed + found.ambiguity.counts().hidden
    assert (found.original_candidates > 1).all()


@pytest.mark.parametrize("resolution_us", [SECOND_US, MILLI_US])
def test_thin_evidence(resolution_us: int) -> None:
    """A single chain with one copy proves nothing: its other line stays missed, marked as a possible retry."""
    sent = [Logged(0, 1, 503), Logged(0.1, 1), *(Logged(10.0 * key, key) for key in range(2, 5))]
    received = [Logged(0, 1), *(Logged(10.0 * key, key) for key in range(2, 5) if key % 2)]
    found = pair(
        side(sent, resolution_us=resolution_us), side(received, resolution_us=resolution_us), horizon_us=HORIZON_US
    )
    assert found.retries == Evidence.THIN
    assert count(found, Outcome.RETRY) == 0
    assert count(found, Outcome.MISSED) == 3
    assert found.missed_retries == 1


def test_retries_of_one_busy_key() -> None:
    """With one URL nothing proves the retries, and any line may be the one left over: all misses may be retries."""
    sent, received = [], []
    for number in range(300):
        second = 100 + number / 40
        sent += [Logged(second - 0.005, 1, 503, request=number)] * (number % 5 == 0) + [
            Logged(second, 1, request=number)
        ]
        received.append(Logged(second + 0.002, 1, request=number))
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.retries == Evidence.THIN
    assert count(found, Outcome.MISSED) == found.missed_retries == 60


def test_repeated_requests_that_did_not_fail() -> None:
    """Only a failed line is followed by a retry: two good ones with one copy are a pair and a miss."""
    sent = [Logged(10.0 * key + 0.1 * turn, key) for key in range(1, 41) for turn in range(2)]
    received = [Logged(10.0 * key, key) for key in range(1, 41)]
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.retries == Evidence.NONE
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED)) == (0, 40)


def test_exact_ids() -> None:
    """With ids what follows a failure is a retry, a further copy a double, certainly, and clocks need not agree."""
    sent = [
        Logged(0, 7, 503, request=0),
        Logged(1, 7, 503, request=0),
        Logged(2, 7, request=0),
        Logged(20, 8, request=1),
        Logged(21, 9, request=2),
    ]
    received = [Logged(3, 7, request=0), Logged(25, 9, request=2), Logged(26, 9, request=2), Logged(30, 10, request=3)]
    found = pair(side(sent, exact=True), side(received, exact=True), horizon_us=HORIZON_US)
    assert found.original_outcome.tolist() == [
        Outcome.PAIRED,
        Outcome.RETRY,
        Outcome.RETRY,
        Outcome.MISSED,
        Outcome.PAIRED,
    ]
    assert found.copy_outcome.tolist() == [Outcome.PAIRED, Outcome.PAIRED, Outcome.DUPLICATE, Outcome.ORPHAN]
    assert found.copy_of.tolist() == [0, -1, -1, -1, 1]
    assert found.response_of.tolist() == [2, 2, 2, 3, 4]
    assert found.retries == found.twins == Evidence.CERTAIN


def repeated(*, apart_s: float, status: int, copied: int) -> tuple[RequestLines, RequestLines]:
    """50 ids, of which the first 20 are those of three lines each; of these `copied` are mirrored."""
    sent = [
        Logged(10.0 * number + apart_s * turn, number, status if turn < 2 and number < 20 else 200, request=number)
        for number in range(50)
        for turn in range(3 if number < 20 else 1)
    ]
    received = [
        Logged(10.0 * number + apart_s * turn, number, request=number)
        for number in range(50)
        for turn in range(copied if number < 20 else 1)
    ]
    return tuple(side(in_order(lines), resolution_us=MILLI_US, exact=True) for lines in (sent, received))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("apart_s", "status", "copied", "retries", "missed", "perhaps"),
    [
        (0.2, 503, 1, 40, 0, 0),
        (0.2, 499, 0, 40, 20, 0),
        (0.2, 200, 1, 0, 40, 40),
        (0.2, 200, 0, 0, 60, 40),
        (0.2, 200, 3, 0, 0, 0),
        (5.0, 503, 1, 0, 40, 40),
        (0.2, 503, 3, 0, 0, 0),
        (0.2, 503, 2, 0, 20, 20),
    ],
    ids=[
        "retries of the proxy",
        "none of them copied",
        "no failure before",
        "none of these copied",
        "a client's requests, all copied",
        "long after the failure",
        "a client's repetitions, all copied",
        "a client's repetitions, two of three copied",
    ],
)
def test_ids_that_repeat(  # noqa: PLR0913, PLR0917  # a row of the table above
    apart_s: float, status: int, copied: int, retries: int, missed: int, perhaps: int
) -> None:
    """Only what follows a failure soon is a retry for sure; else a line without a copy may be one, or a miss."""
    sent, received = repeated(apart_s=apart_s, status=status, copied=copied)
    found = pair(sent, received, horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.repeated_ids) == (retries, missed, perhaps)
    assert (count(found, Outcome.DUPLICATE), count(found, Outcome.ORPHAN)) == (0, 0)
    assert (found.presumed_retries, found.missed_retries) == (0, 0)
    # Of two copies under the id of three requests, one may be a second one.
    assert bool(found.ambiguity.counts().hidden) == (copied == 2)


def test_constant_id_of_a_client() -> None:
    """An id that comes again without a failure is a client's own, so what follows its failures may be missed, too."""
    sent = [Logged(number * 0.6, 7, 503 if number % 2 else 200, request=number) for number in range(300)]
    sent += [Logged(300.0 + number, 1_000 + number, request=1_000 + number) for number in range(300)]
    received = [line for number, line in enumerate(sent) if number >= 300 or number % 2]
    found = pair(*(side(each, resolution_us=MILLI_US, exact=True) for each in (sent, received)), horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.repeated_ids) == (0, 150, 150)


def test_attempts_that_take_long() -> None:
    """How soon a retry came after a failure is told from when it began, where the lines say how long they took."""
    lines, received = repeated(apart_s=5.0, status=503, copied=1)
    for took_us in (-4_900_000, 4_900_000):  # the stamp is the end of the request, or its beginning
        sent = replace(lines, took_us=np.full(len(lines), took_us))
        assert count(pair(sent, received, horizon_us=HORIZON_US), Outcome.RETRY) == 40


def test_lines_without_ids_among_others() -> None:
    """Where some lines have no id, their retries are told as where none has."""
    sent, received = attempts(copied=1)
    lines, copies = side(sent, exact=True), side(received, exact=True)
    named = [np.array([each.request >= 30 for each in lines_], np.bool_) for lines_ in (sent, received)]
    found = pair(replace(lines, has_id=named[0]), replace(copies, has_id=named[1]), horizon_us=HORIZON_US)
    assert found.retries == Evidence.PROVEN
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.presumed_retries) == (20, 0, 20)


@pytest.mark.unmeasured
@pytest.mark.parametrize("missed", sampled([6, 0, 60], 2))
@pytest.mark.parametrize("again", sampled([0.5, 1.0, 0.02], 2))
@pytest.mark.parametrize("exact", [False, True], ids=["no id", "ids"])
def test_second_copies_hide_misses(*, missed: int, again: float, exact: bool) -> None:
    """Where copies come twice, the range of misses holds those that second copies of others hide, and little more."""
    source = random.Random(missed)
    sent = [Logged(20.0 * (number // 3) + number % 3 / 5, number // 3, request=number) for number in range(1200)]
    sent += [Logged(9000.0 + 10 * number, 1000 + number, request=1200 + number) for number in range(300)]
    lost = set(source.sample(range(1200), missed))
    received = [
        Logged(line.second + 0.01 * turn, line.key, request=line.request)
        for line in sent
        if line.request not in lost
        for turn in range(2 if source.random() < again else 1)
    ]
    lines = [side(in_order(each), resolution_us=MILLI_US, exact=exact) for each in (sent, received)]
    found = pair(*lines, horizon_us=HORIZON_US)
    counted = count(found, Outcome.MISSED)
    assert counted - found.ambiguity.counts().copied <= missed <= counted + found.ambiguity.counts().hidden
    assert counted + found.ambiguity.counts().hidden <= 1.5 * missed + 20 * (again < 1)
    if again == 1 and not missed:
        assert found.ambiguity.counts().hidden == 0


@pytest.mark.parametrize("seed", sampled(range(3), 2))
@pytest.mark.parametrize("keys", [1, 8, 400])
def test_accidents_that_nothing_shows(seed: int, keys: int) -> None:
    """Where half is copied and keys are alike, a second copy, or one of no original, may stand for a missed request.

    Three of the copies come twice, and three originals are not logged. On keys of their own each of these is seen.
    """
    source = random.Random(seed)
    sent = [Logged(number * 0.02, number % keys, request=number) for number in range(400)]
    copied = source.sample(range(400), 200)
    received = [Logged(sent[number].second + 0.005, sent[number].key, request=number) for number in copied]
    received += [Logged(line.second + 0.001, line.key, request=line.request) for line in received[:3]]
    logged = [line for line in sent if line.request not in copied[-3:]]
    lines = [side(in_order(each), resolution_us=MILLI_US) for each in (logged, received)]
    found = pair(*lines, horizon_us=HORIZON_US)
    counted = count(found, Outcome.MISSED)
    assert counted - found.ambiguity.counts().copied <= 200 <= counted + found.ambiguity.counts().hidden
    assert found.ambiguity.counts().hidden <= (0 if keys == 400 else 10)


@pytest.mark.parametrize("keys", ["own", "mixed"])
@pytest.mark.parametrize("seed", sampled(range(3), 2))
def test_twins(seed: int, keys: str) -> None:
    """0 or 2 copies a request: the requests without copies are missed, each with two has one duplicate.

    Where a busy key takes a third of the requests, its doubles are told by those with a key of their own.
    """
    source = random.Random(seed)
    sent, received = [], []
    for number in range(300):
        second = number * 2.0 + source.uniform(0, 1)
        line = Logged(second, 1 if keys == "mixed" and number % 3 == 0 else number + 10, request=number)
        sent.append(line)
        if source.random() < 0.5:
            received += [Logged(second + 0.005 * turn, line.key, request=number) for turn in (1, 2)]
    sent, received = in_order(sent), in_order(received)
    found = pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)
    assert found.twins == Evidence.PROVEN
    assert count(found, Outcome.MISSED) == len(sent) - len(received) // 2
    assert count(found, Outcome.DUPLICATE) == len(received) // 2
    assert count(found, Outcome.ORPHAN) == wrong_pairs(found, sent, received) == 0


def test_candidates() -> None:
    """A line alone with its key is certain; of k lines of a key side by side each is one of k."""
    sent = [Logged(0.1, 1), Logged(0.3, 1), Logged(0.5, 1), Logged(0.7, 2), Logged(500, 1)]
    received = [Logged(0.2, 1), Logged(0.4, 1), Logged(0.8, 2)]
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.original_candidates.tolist() == [3, 3, 3, 1, 1]
    assert found.copy_candidates.tolist() == [2, 2, 1]


@examples(60)
@given(sent=st.lists(logged, max_size=12), received=st.lists(logged, max_size=12), order=st.randoms())
def test_order_of_rows(sent: list[Logged], received: list[Logged], order: random.Random) -> None:
    """The order in which the rows of a side are given changes no number of outcomes."""
    originals, copies = side(in_order(sent)), side(in_order(received))
    rows, copy_rows = list(range(len(originals))), list(range(len(copies)))
    order.shuffle(rows)
    order.shuffle(copy_rows)
    found = pair(originals, copies, horizon_us=5 * SECOND_US)
    shuffled = pair(
        originals.take(np.array(rows, np.int64)), copies.take(np.array(copy_rows, np.int64)), horizon_us=5 * SECOND_US
    )
    for outcome in Outcome:
        assert count(shuffled, outcome) == count(found, outcome)


def retried_and_doubled(seed: int) -> tuple[list[Logged], list[Logged]]:
    """400 requests of 40 keys, a fifth of them tried twice, a fifth copied twice, a tenth not at all."""
    source = random.Random(seed)
    sent, received = [], []
    for number in range(400):
        second, key = 100 + number / 3, source.choice((source.randrange(1, 8), 100 + number))
        if source.random() < 0.2:
            sent.append(Logged(second - 0.1, key, 503, request=number))
        sent.append(Logged(second, key, request=number))
        received += [Logged(second + 0.02, key, request=number)] * source.choices((0, 1, 2), (1, 7, 2))[0]
    return in_order(sent), in_order(received)


@pytest.mark.parametrize("seed", sampled(range(4), 2))
def test_blocks_change_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether all lines are worked on at once or a few keys at a time, every line ends the same."""
    sent, received = retried_and_doubled(seed)
    originals, copies = side(sent), side(received)
    whole = pair(originals, copies, horizon_us=HORIZON_US)
    monkeypatch.setattr(blocks, "LINES_A_BLOCK", 16)
    split = pair(originals, copies, horizon_us=HORIZON_US)
    assert count(whole, Outcome.DUPLICATE)
    assert count(whole, Outcome.RETRY)
    assert whole.ambiguity.counts() == split.ambiguity.counts()
    for field in fields(Pairing):
        if field.name != "ambiguity":
            assert np.array_equal(getattr(whole, field.name), getattr(split, field.name)), field.name


def test_retries_of_requests_before_the_log_begins() -> None:
    """Where the proxy retries, a line of the first moment may be a further attempt whose first one is not logged."""
    sent, received = attempts(copied=1)
    second = sent[0].second
    sent = [Logged(second - 0.05, 9_999, request=9_999), *sent, Logged(second + 655, 9_998, request=9_998)]
    found = pair(
        side(sent, resolution_us=MILLI_US),
        side([*received, Logged(second + 660, 9_997)], resolution_us=MILLI_US),
        horizon_us=HORIZON_US,
    )
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.early_misses) == (20, 2, 1)


def test_retries_that_follow_later_than_proven_ones() -> None:
    """A client that repeats what failed after half a second is no proxy that does so after 30 ms; it may be one."""
    sent, received = [], []
    for number in range(120):
        second, later = number * 10.0, 0.03 if number < 30 else 0.5
        status = 503 if number < 40 else 200
        sent.append(Logged(second, number, status, request=number))
        if number < 40:
            sent.append(Logged(second + later, number, request=number))
        if not 30 <= number < 40:
            received.append(Logged(second + 0.005, number, request=number))
    found = pair(side(sent, resolution_us=MILLI_US), side(received, resolution_us=MILLI_US), horizon_us=HORIZON_US)
    assert (count(found, Outcome.RETRY), count(found, Outcome.MISSED), found.missed_retries) == (30, 20, 10)


def test_copies_without_originals_hide_misses() -> None:
    """Where lone copies lack their originals, so do others, and one may stand for a request that was missed."""
    source = random.Random(4)
    sent, received = [], []
    for number in range(1200):
        busy = number < 800
        line = Logged(number * 0.6 if busy else number * 5.0, 1 if busy else 1_000 + number, request=number)
        logged, copied = source.random() > 0.04, source.random() < 0.3
        sent += [line] * logged
        received += [replace(line, second=line.second + 0.01)] * copied
    found = pair(*(side(in_order(each), resolution_us=MILLI_US) for each in (sent, received)), horizon_us=HORIZON_US)
    truly = len({line.request for line in sent} - {line.request for line in received})
    missed = count(found, Outcome.MISSED)
    assert missed < truly <= missed + found.ambiguity.counts().hidden
    assert found.ambiguity.counts().hidden < 30


@pytest.mark.parametrize("twice", [201, 199, 150])
def test_one_key_with_nearly_as_many_copies_as_requests(twice: int) -> None:
    """By luck two policies at 50 % send nearly as many copies as there are requests: that proves no full mirror."""
    source = random.Random(twice)
    copied = set(source.sample(range(400), twice))
    sent = [Logged(number / 4, request=number) for number in range(400)]
    received = [line for line in sent if line.request in copied for _ in range(2)]
    found = pair(side(sent), side(received), horizon_us=HORIZON_US)
    assert found.undecidable == (twice > 160)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_copies_of_one_key_that_come_in_twos(share: float) -> None:
    """Where copies come in twos and requests do not, something copies twice, though no request has a key of its own."""
    source = random.Random(5)
    sent = [Logged(number / 10, request=number) for number in range(1500)]
    copied = [line for line in sent if source.random() < share]
    received = [replace(line, second=line.second + 0.004 + 0.002 * turn) for line in copied for turn in (1, 2)]
    lines = [side(in_order(each), resolution_us=MILLI_US) for each in (sent, received)]
    found = pair(*lines, horizon_us=HORIZON_US)
    assert found.twins == Evidence.PROVEN
    assert (count(found, Outcome.MISSED), count(found, Outcome.DUPLICATE)) == (1500 - len(copied), len(copied))


@pytest.mark.parametrize("slow", [False, True])
def test_copies_of_one_key_that_come_one_by_one(*, slow: bool) -> None:
    """Bursts of requests, and copies that are scattered by delays, are no second copies."""
    source = random.Random(6)
    starts = [number / 2 for number in range(600)]
    sent = [Logged(start + 0.003 * turn, request=turn) for start in starts for turn in range(1 if slow else 3)]
    received = [replace(line, second=line.second + source.uniform(0, 2.5 if slow else 0.003)) for line in sent]
    lines = [side(in_order(each), resolution_us=MILLI_US) for each in (sent, received)]
    found = pair(*lines, horizon_us=HORIZON_US)
    assert (count(found, Outcome.MISSED), count(found, Outcome.DUPLICATE)) == (0, 0)
