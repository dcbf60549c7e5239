"""What clients send: when, for which target and with which ids; and again, where they ask again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tests.truth.mixes.circumstances import COLLIDING, SECOND_ATTEMPTS, SOME, Circumstances
from tests.truth.mixes.classes import BOTH, CLIENT, DISTINCT, EIGHT, ONE, REUSED, ZIPF, Mix
from tests.truth.mixes.lines import ABSENT
from tests.truth.traffic import Floats

_TARGETS = {ZIPF: 200, EIGHT: 8, ONE: 1}
_BATCH = 4
_BETWEEN_S = (0.001, 0.05)  # of the calls of one batch
_FORGED = 0.1  # of the requests
_NEAR = 50  # requests before, of whose ids one is forged
_SOME = (0.5, 0.98)  # of the lines that have ids, where only some have
_AGAIN_S = (0.03, 2.0)
_MOST_AGAIN = 2


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as a client sends it: when (seconds), for which target, with which ids, and how often before.

    claims: the attempt count that the client sends itself.
    """

    at: float
    target: str
    request_id: str
    trace: str
    claims: str = ABSENT
    again: int = 0


def sent(mix: Mix, circumstances: Circumstances, random: np.random.Generator) -> list[Sent]:
    """All that clients send of their own accord, in order."""
    count = circumstances.requests
    at = _arrivals(circumstances, random) if mix.ids != REUSED else _batches(circumstances, random)
    targets = _targets(mix, count, random)
    owners = np.arange(count)
    if mix.ids == REUSED:
        owners -= owners % _BATCH
        targets = targets[owners] if circumstances.alike and mix.keys != DISTINCT else targets
    requests = [
        Sent(float(when), f"/p/{target}", request_id(random), trace(random))
        for when, target in zip(at, targets.tolist(), strict=True)
    ]
    shared = [
        replace(own, request_id=requests[owner].request_id, trace=requests[owner].trace) if owner != place else own
        for place, (own, owner) in enumerate(zip(requests, owners.tolist(), strict=True))
    ]
    return sorted(_forged(shared, circumstances, random), key=lambda each: each.at)


def _arrivals(circumstances: Circumstances, random: np.random.Generator) -> Floats:
    return np.cumsum(random.exponential(1 / circumstances.rate, circumstances.requests)) + random.random()


def _batches(circumstances: Circumstances, random: np.random.Generator) -> Floats:
    """A client sends four requests, one after the other; they come in the order of the batches, not of time."""
    count = -(-circumstances.requests // _BATCH)
    first = np.cumsum(random.exponential(_BATCH / circumstances.rate, count)) + random.random()
    between = random.uniform(*_BETWEEN_S, (count, _BATCH))
    between[:, 0] = 0.0
    at: Floats = (first[:, None] + np.cumsum(between, axis=1)).ravel()[: circumstances.requests]
    return at


def _targets(mix: Mix, count: int, random: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if mix.keys == DISTINCT:
        return np.arange(count)
    known = _TARGETS[mix.keys]
    weights = 1 / np.arange(1, known + 1) if mix.keys == ZIPF else np.ones(known)
    return random.choice(known, count, p=weights / weights.sum())


def _forged(requests: list[Sent], circumstances: Circumstances, random: np.random.Generator) -> Iterator[Sent]:
    """The requests, some of them with ids that are none of theirs, with a claim, or without ids."""
    with_ids = random.uniform(*_SOME)
    for number, each in enumerate(requests):
        if circumstances.forgery == SOME and random.random() >= with_ids:
            yield replace(each, request_id=ABSENT, trace=ABSENT)
        elif circumstances.forgery in {"", SOME} or random.random() >= _FORGED:
            yield each
        elif circumstances.forgery == COLLIDING:
            victim = requests[int(random.integers(max(0, number - _NEAR), number + 1))]
            yield replace(each, request_id=victim.request_id, trace=victim.trace)
        elif circumstances.forgery == SECOND_ATTEMPTS:
            yield replace(each, claims="2")


def asks_again(request: Sent, answered: float, mix: Mix, random: np.random.Generator) -> Iterator[Sent]:
    """What the client sends after a failure, which it got at a moment."""
    if mix.errors not in {CLIENT, BOTH} or request.again == _MOST_AGAIN:
        return
    once_more = replace(request, at=answered + random.uniform(*_AGAIN_S), again=request.again + 1)
    if mix.ids == REUSED or request.request_id == ABSENT:
        yield once_more
    else:
        yield replace(once_more, request_id=request_id(random), trace=trace(random))


def request_id(random: np.random.Generator) -> str:
    """A UUID, as Envoy makes one."""
    digits = _digits(random)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:]}00-{digits[:12]}"


def trace(random: np.random.Generator) -> str:
    """The id of a trace."""
    return f"{_digits(random)}{_digits(random)}"


def traceparent(of_trace: str, random: np.random.Generator) -> str:
    """The header of a span in a trace."""
    return ABSENT if of_trace == ABSENT else f"00-{of_trace}-{_digits(random)}-01"


def _digits(random: np.random.Generator) -> str:
    """Sixteen of them, hexadecimal."""
    return f"{int(random.random() * (1 << 53)):016x}"
