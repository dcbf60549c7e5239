"""What the proxy makes of a request: attempts at pods of the primary, and copies to the shadow."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.truth.mixes.circumstances import HOP, NOT_LOGGED, SECOND_ATTEMPTS, SLOW, TENTH, Circumstances
from tests.truth.mixes.classes import BOTH, NONE, PROXY, RARE, SECOND, TWO, Mix
from tests.truth.mixes.clients import Sent, traceparent
from tests.truth.mixes.lines import ABSENT, Line

_FAILING, _FAILING_AGAIN = 0.05, 0.4  # of the requests, and of what is tried again
OK, _GIVEN_UP = 200, 499
_RETRIED = (502, 503, 503, 504, _GIVEN_UP)
_NOT_RETRIED = (500,)
_MOST_RETRIES = 2
_BACKOFF_S = (0.025, 0.25)
_GIVES_UP_S = 0.25
_USUAL_S, _SPREAD = 0.005, 0.6  # the median of a request's duration, and how far its logarithm strays
_ON_THE_WAY_S = 0.0005
_SLOW_S, _TENTH_S = (0.05, 2.5), (0.0, 40.0)
_TENTH = 0.1
_SECOND_PERCENT, _RARE = 50.0, 0.005
_CLIENT, _PROXIES = "198.51.100.7", ("10.240.0.29", "10.240.0.31")


@dataclass(frozen=True, slots=True, eq=False)
class Proxy:
    """A proxy amid what happens: in a mix, under circumstances, with the clocks of the pods.

    outage: the seconds between which it mirrors nothing. ahead: seconds, by pod, of the primary and of the shadow.
    """

    mix: Mix
    circumstances: Circumstances
    outage: tuple[float, float]
    ahead: tuple[list[float], list[float]]
    random: np.random.Generator

    @property
    def chain(self) -> str:
        """X-Forwarded-For of originals."""
        known = self.circumstances.gateway and self.circumstances.chain != NOT_LOGGED
        return _CLIENT if known else ABSENT

    def attempts(self, request: Sent, number: int) -> Iterator[Line]:
        """The attempts at a request, up to one that succeeds or is not tried again."""
        at, span = request.at + _ON_THE_WAY_S, traceparent(request.trace, self.random)
        for attempt in range(1, 2 + _MOST_RETRIES):
            status = self._status(attempt)
            took = _GIVES_UP_S if status == _GIVEN_UP else self._took()
            yield self._line(request, number, at + took, 0, status=status, attempt=attempt, span=span, took=took)
            if status not in _RETRIED or self.mix.errors not in {PROXY, BOTH}:
                return
            at += took + self.random.uniform(*_BACKOFF_S)

    def copies(self, request: Sent, number: int) -> Iterator[Line]:
        """The copies of a request, as many as the policies in force say."""
        if self.outage[0] <= request.at < self.outage[1]:
            return
        for _ in range(self._how_many()):
            took = self._took()
            end = request.at + self._on_the_way() + took
            span = traceparent(request.trace, self.random)
            yield self._line(request, number, end, 1, status=OK, attempt=1, span=span, took=took)

    def _how_many(self) -> int:
        draw, percent = 100 * self.random.random(), self.circumstances.policy
        first = draw < percent
        if self.mix.duplicates == TWO:
            return 2 * first
        if self.mix.duplicates == SECOND:
            return first + (draw < _SECOND_PERCENT)
        return first + (first and self.mix.duplicates == RARE and self.random.random() < _RARE)

    def _status(self, attempt: int) -> int:
        if self.mix.errors == NONE or self.random.random() >= (_FAILING if attempt == 1 else _FAILING_AGAIN):
            return OK
        known = (*_RETRIED, *(_NOT_RETRIED * len(_RETRIED) if self.mix.errors == BOTH else ()))
        return known[int(self.random.integers(len(known)))]

    def _line(  # noqa: PLR0913  # what differs between an attempt and a copy is a keyword each
        self, request: Sent, number: int, end: float, side: int, *, status: int, attempt: int, span: str, took: float
    ) -> Line:
        pod = int(self.random.random() * self.circumstances.pods)
        return Line(
            end=end + self.ahead[side][pod],
            pod=pod,
            request=f"GET {request.target} HTTP/1.1",
            of=number,
            status=status,
            chain=self._copied_chain() if side else self.chain,
            request_id=request.request_id,
            traceparent=span,
            # A client can claim an attempt only where the proxy does not count them itself.
            attempt=request.claims if self.circumstances.forgery == SECOND_ATTEMPTS else str(attempt),
            took=took,
        )

    def _copied_chain(self) -> str:
        if self.circumstances.chain != HOP:
            return self.chain
        hop = _PROXIES[int(self.random.random() * len(_PROXIES))]
        return hop if self.chain == ABSENT else f"{self.chain},{hop}"

    def _took(self) -> float:
        return float(self.random.lognormal(float(np.log(_USUAL_S)), _SPREAD))

    def _on_the_way(self) -> float:
        way = _ON_THE_WAY_S + self.random.exponential(_ON_THE_WAY_S)
        if self.circumstances.pace == SLOW:
            return float(way + self.random.uniform(*_SLOW_S))
        late = self.circumstances.pace == TENTH and self.random.random() < _TENTH
        return float(way + (self.random.uniform(*_TENTH_S) if late else 0.0))
