"""A recording, its truth and an answer come in; how much any method could know from these logs goes out.

Stamps are whole seconds, and identical requests differ in nothing else. What is left to tell them apart is the order of
lines in a file, and how other lines, which can be told apart, lie around them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, floor

import numpy as np
from numpy.typing import NDArray

from tests.lab.loglines import Seen
from tests.lab.outcomes import Answer
from tests.lab.scenario import Scenario
from tests.lab.score import Share
from tests.lab.truth import Line, Truth

_ROUNDED_S = 0.0005  # the truth's moments are whole milliseconds


@dataclass(frozen=True, slots=True)
class Expected:
    """So many of so many are right, on average over what chance may do."""

    right: float
    of: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What identical requests leave to chance.

    alone_pairs, alone_named: pairs and misses that the best choice gets right if it knows of the identical requests of
    a second only how many there are, how many were copied, and their order. informed_pairs: the pairs that a judge gets
    right who knows the moment of every original and every other copy, and all other pairs. wrong_pairs, wrong_names: of
    the answer's wrong pairs (requests called missed wrongly), those where the right one (a missed one) is an identical
    request in the same second.
    """

    alone_pairs: Expected
    alone_named: Expected
    informed_pairs: Expected
    wrong_pairs: Share
    wrong_names: Share


@dataclass(frozen=True, slots=True)
class _Request:
    """A mirrored request: its first line on the primary, and its first copy or None, with their moments in seconds."""

    key: tuple[str, ...]
    at_s: float
    copy: Line | None
    copied_s: float

    @property
    def second(self) -> tuple[tuple[str, ...], int]:
        """What identical requests of one second have in common."""
        return self.key, floor(self.at_s)


def find(scenario: Scenario, true: Truth, answer: Answer, originals: Iterable[Seen], copies: Iterable[Seen]) -> Limits:
    """Work out what the logs of a recording allow, and which of an answer's errors are of that kind."""
    moments = Moments(scenario, true)
    requests = _requests(true, moments, originals, copies)
    alone: dict[object, list[bool]] = defaultdict(list)
    for request in requests.values():
        alone[request.second].append(request.copy is not None)
    sizes = [(len(group), sum(group)) for group in alone.values()]
    copied = [request for request in requests.values() if request.copy]
    return Limits(
        alone_pairs=Expected(sum(pairs_by_order(n, m) for n, m in sizes), len(copied)),
        alone_named=Expected(sum((n - m) ** 2 / n for n, m in sizes), len(requests) - len(copied)),
        informed_pairs=Expected(_informed(copied, requests.values(), moments), len(copied)),
        wrong_pairs=_wrong_pairs(true, answer, requests),
        wrong_names=_wrong_names(true, answer, requests),
    )


def pairs_by_order(requests: int, copied: int) -> float:
    """Tell how many of the pairs of so many identical requests, some of them copied, the best guess gets right.

    The i-th copy is that of the r-th request in C(r-1, i-1) C(n-r, m-i) of C(n, m) equally likely ways.
    """
    ways = (
        max(comb(r - 1, i - 1) * comb(requests - r, copied - i) for r in range(i, requests - copied + i + 1))
        for i in range(1, copied + 1)
    )
    return sum(ways) / comb(requests, copied)


class Moments:
    """The true moment of every line, on one clock."""

    def __init__(self, scenario: Scenario, true: Truth) -> None:
        self._scenario, self._true = scenario, true

    def at_s(self, line: Line) -> float:
        """Epoch seconds by a clock that is right."""
        clock = self._scenario.clock(line[0])
        passed_s = self._true.end_ms[line] / 1000 - clock.ahead_s
        return self._true.began_s + passed_s / (1 + clock.drift_ms_a_minute / 60_000)

    def between_s(self, line: Line) -> tuple[float, float]:
        """Between which moments a line lies by its stamp and its neighbours in the file (itself, if out of order)."""
        stem, number = line
        at_s, stamp_s = self.at_s(line), self._true.began_s + self._true.end_ms[line] / 1000
        low, high = at_s - (stamp_s - floor(stamp_s)), at_s + (floor(stamp_s) + 1 - stamp_s)
        before, after = (stem, number - 1), (stem, number + 1)
        if before in self._true.end_ms and after in self._true.end_ms:
            near = [self.at_s(each) for each in (before, line, after)]
            low, high = max(low, min(near)), min(high, max(near))
        return low - _ROUNDED_S, high + _ROUNDED_S


def _requests(
    true: Truth, moments: Moments, originals: Iterable[Seen], copies: Iterable[Seen]
) -> Mapping[int, _Request]:
    """By number of the request; those sent straight to one side are none."""
    firsts, first_copies = (_firsts(true, moments, lines) for lines in (originals, copies))
    return {
        number: _Request(seen.key, at_s, first_copies[number][1].line, first_copies[number][0])
        if number in first_copies
        else _Request(seen.key, at_s, None, 0.0)
        for number, (at_s, seen) in firsts.items()
    }


def _firsts(true: Truth, moments: Moments, lines: Iterable[Seen]) -> dict[int, tuple[float, Seen]]:
    """The first line of each request, with its moment."""
    firsts: dict[int, tuple[float, Seen]] = {}
    apart = true.direct | true.probes
    for moment, seen in sorted(((moments.at_s(seen.line), seen) for seen in lines), key=lambda each: each[0]):
        number = true.request_of.get(seen.line)
        if number is not None and number not in apart:
            firsts.setdefault(number, (moment, seen))
    return firsts


def _informed(copied: Sequence[_Request], requests: Iterable[_Request], moments: Moments) -> float:
    """How many pairs a judge gets right who knows all but one copy: its partner is its own or one of the missed.

    Each is as likely as copies take the time that would bring one into the gap between its neighbours.
    """
    missed: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for request in requests:
        if request.copy is None:
            missed[request.key].append(request.at_s)
    delays_s = np.sort(np.array([request.copied_s - request.at_s for request in copied]))
    return sum(_likeliest(request, missed[request.key], delays_s, moments) for request in copied)


def _likeliest(request: _Request, missed_s: list[float], delays_s: NDArray[np.float64], moments: Moments) -> float:
    """The probability of the likeliest partner of a copy."""
    if request.copy is None or not missed_s:
        return 1.0
    low, high = moments.between_s(request.copy)
    sent_s = np.array([request.at_s, *missed_s])
    weight = np.searchsorted(delays_s, high - sent_s, "right") - np.searchsorted(delays_s, low - sent_s, "left")
    return float(weight.max() / weight.sum())


def _wrong_pairs(true: Truth, answer: Answer, requests: Mapping[int, _Request]) -> Share:
    wrong = [
        (requests.get(number), requests.get(right if right is not None else -1))
        for number, right in (
            (true.request_of.get(row.line), true.request_of.get(row.partner))
            for row in answer.rows
            if row.outcome == "paired" and row.partner and row.line[0].startswith("v1")
        )
        if number is not None and number != right
    ]
    return Share(sum(bool(took and right and took.second == right.second) for took, right in wrong), len(wrong))


def _wrong_names(true: Truth, answer: Answer, requests: Mapping[int, _Request]) -> Share:
    named = (true.request_of.get(row.line) for row in answer.rows if row.outcome == "missed")
    found = (requests.get(number) for number in named if number is not None)
    wrong = [request for request in found if request and request.copy]
    missed = {request.second for request in requests.values() if request.copy is None}
    return Share(sum(request.second in missed for request in wrong), len(wrong))
