"""Plays a log of a class: a seed in, the lines of both sides and the truth about them out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from tests.truth.mixes import others
from tests.truth.mixes.circumstances import NO_ID, SOME, Circumstances, draw
from tests.truth.mixes.classes import DISTINCT, ONCE, RARE, Mix
from tests.truth.mixes.clients import Sent, asks_again, sent
from tests.truth.mixes.lines import Line
from tests.truth.mixes.proxy import OK, Proxy

_CLOCKS_S = 0.005  # by which the clocks of pods differ at most
_CUT = (0.1, 0.9)  # of the requests, where logs begin and end amid the traffic
_BEFORE = (0.2, 0.6)  # of the requests, where an outage begins


@dataclass(frozen=True, slots=True)
class Truth:
    """Of how many requests the primary's log has a whole line, and how many of these were not copied."""

    requests: int
    missed: int

    @property
    def ratio(self) -> float:
        """The share that was copied."""
        return 1 - self.missed / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """The lines of both sides, of which requests they are, and which of all requests were copied."""

    mix: Mix
    circumstances: Circumstances
    primary: list[Line]
    shadow: list[Line]
    copied: frozenset[int]

    @property
    def surplus(self) -> int:
        """Copies that can stand for those of other requests, as nothing tells whose they are: without ids, keys alike.

        They are of originals that were not logged, or came twice for once. A second policy's are no accident.
        """
        told = self.circumstances.ids != NO_ID and self.circumstances.forgery != SOME
        if told or self.mix.keys == DISTINCT:
            return 0
        copies = [line.of for line in self.shadow if line.of is not None and not line.broken]
        known = copies if self.mix.duplicates in {ONCE, RARE} else set(copies)
        return len(known) - len(set(copies) & {line.of for line in self.primary})

    @property
    def truth(self) -> Truth:
        """What is true of the requests that can be read in the primary's log."""
        logged = {line.of for line in self.primary if line.of is not None and not line.broken}
        return Truth(len(logged), len(logged - self.copied))


def drawn(mix: Mix, seed: int) -> tuple[Circumstances, np.random.Generator]:
    """The circumstances of a log, and the generator that draws what happens in them."""
    random = np.random.default_rng([seed, crc32(mix.name.encode())])
    return draw(mix, random), random


def play(mix: Mix, seed: int) -> Played:
    """Draw the circumstances and let clients, proxy and pods do what they do."""
    circumstances, random = drawn(mix, seed)
    asked = sent(mix, circumstances, random)
    proxy = Proxy(mix, circumstances, _outage(circumstances, asked, random), _clocks(circumstances, random), random)
    primary, shadow = _through(proxy, asked)
    copied = frozenset(line.of for line in shadow if line.of is not None)
    until = max(line.end for line in primary)
    primary += [*others.probes(circumstances, until, random), *others.scans(circumstances, until, random)]
    shadow += [
        *others.probes(circumstances, until, random),
        *others.direct(circumstances, asked, proxy.chain, random),
    ]
    ours, theirs = (_logged(lines, circumstances, asked, random) for lines in (primary, shadow))
    return Played(mix, circumstances, ours, theirs, copied)


def _through(proxy: Proxy, asked: Iterable[Sent]) -> tuple[list[Line], list[Line]]:
    """Each request's attempts and copies, and those of what its client asks again."""
    waiting, number = list(asked), 0
    primary: list[Line] = []
    shadow: list[Line] = []
    while waiting:
        request = waiting.pop()
        attempts = list(proxy.attempts(request, number))
        shadow += proxy.copies(request, number)
        if proxy.random.random() >= proxy.circumstances.orphans:
            primary += attempts
        if attempts[-1].status != OK:
            waiting += asks_again(request, attempts[-1].end, proxy.mix, proxy.random)
        number += 1
    return primary, shadow


def _outage(circumstances: Circumstances, asked: Sequence[Sent], random: np.random.Generator) -> tuple[float, float]:
    first = random.uniform(*_BEFORE)
    ends = (int(end * len(asked)) for end in (first, first + circumstances.outage))
    begin, end = (asked[place].at for place in ends)
    return begin, end


def _clocks(circumstances: Circumstances, random: np.random.Generator) -> tuple[list[float], list[float]]:
    primary, shadow = random.uniform(0, _CLOCKS_S, (2, circumstances.pods)).tolist()
    return primary, shadow


def _logged(
    lines: list[Line], circumstances: Circumstances, asked: Sequence[Sent], random: np.random.Generator
) -> list[Line]:
    """What of the lines is in the log, some broken."""
    if circumstances.cut:
        begin, end = (asked[int(place * len(asked))].at for place in _CUT)
        lines = [line for line in lines if begin <= line.end < end]
    broken = random.random(len(lines)) < circumstances.broken
    return [line._replace(broken=True) if breaks else line for line, breaks in zip(lines, broken.tolist(), strict=True)]
