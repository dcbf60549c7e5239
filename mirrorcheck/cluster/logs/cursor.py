"""Gives each line of a stream that breaks and resumes once, and says what may be lost.

The API resumes at a whole second, so lines come again; several may have one stamp, and stamps may be out of order. Only
the sequence shows what is new. If the last emitted line does not come again, its file was rotated away or its end lost,
and maybe lines after it (the witness rule).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from mirrorcheck.cluster.logs import constants
from mirrorcheck.cluster.logs.stamps import SECOND, WIDTH, instant
from mirrorcheck.cluster.logs.window import Window


@dataclass(frozen=True, slots=True)
class Loss:
    """Lines of these instants, in ns and both inclusive, may be lost."""

    from_ns: int
    to_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fed:
    """The new lines in some bytes, and what may be lost before them.

    doubt: lines came without the witness, and wait for `accept`.
    """

    text: bytes
    losses: tuple[Loss, ...] = ()
    doubt: bool = False


class LineupMatch(Enum):
    """How the lines of a connection compare with those known before."""

    FOUND = "found"  # the last known line is among them
    MISSING = "missing"  # they go on without it
    SHORT = "short"  # they may end before it


class Lineup:
    """Finds where new lines begin: after the longest tail of the known lines that the sequence begins with."""

    def __init__(self, known: Sequence[int]) -> None:
        """known: the keys of the lines that must come again, in their order."""
        self._known = known
        self._starts: list[int] | None = None  # the places in `known` at which the lines may have begun
        self._held: list[bytes] = []
        self._checked = 0
        self._old: int | None = None if known else 0  # how many of the held lines are old, as far as is known

    def feed(self, lines: Sequence[bytes]) -> bool:
        """Take more lines; True as soon as they are lined up."""
        self._held += lines
        while self._checked < len(self._held):
            if self._starts == [] or not self._known:
                return True
            self._check(hash(self._held[self._checked]))
        return self._starts == [] or not self._known

    @property
    def match(self) -> LineupMatch:
        """How the lines compare, so far."""
        if self._old is not None:
            return LineupMatch.FOUND
        return LineupMatch.MISSING if self._starts == [] else LineupMatch.SHORT

    def new(self) -> list[bytes]:
        """Return the new lines."""
        if self._old is not None:
            return self._held[self._old :]
        known = Counter(self._known)
        fresh = []
        for line in self._held:
            known[hash(line)] -= 1
            if known[hash(line)] < 0:
                fresh.append(line)
        return fresh

    def _check(self, key: int) -> None:
        place = self._checked
        starts = range(len(self._known)) if self._starts is None else self._starts
        last = len(self._known) - 1
        self._checked += 1
        fits = [start for start in starts if self._known[start + place] == key]
        if fits and fits[-1] + place == last:
            # The later one finds out, the longer is the tail.
            self._old = self._checked
            fits.pop()
        self._starts = fits


class Cursor:
    """How far one stream was read, over all its connections."""

    def __init__(self, start: int | None, slack: int | None = None) -> None:
        """start: the second since 1970 to begin at, None for all there is; slack: in whole seconds, SLACK_S if None."""
        self.window = Window()
        self.first: bytes | None = None  # the first line emitted
        self.first_on = 0  # the number of the connection that gave it
        self.connections = 0
        self._start = start
        self._slack = constants.SLACK_S if slack is None else slack
        self._rest = b""
        self._first = True
        self._stamp = b""
        self._lineup: Lineup | None = None

    @property
    def last(self) -> int | None:
        """The instant of the last line emitted, in ns."""
        return self.window.last

    @property
    def torn(self) -> bool:
        """True if the connection has ended inside a line, or before the last emitted line."""
        return bool(self._rest) or (self._lineup is not None and self._lineup.match is LineupMatch.SHORT)

    @property
    def expecting(self) -> bool:
        """True if lines emitted before must come again on this connection, and have not all come yet."""
        return self._lineup is not None and self._lineup.match is not LineupMatch.FOUND

    def since(self) -> int | None:
        """Return the second to ask for; None for all there is."""
        if self.last is None or self._start is None:
            return self._start if self.last is None else self.last // SECOND - self._slack
        # What was logged before the start was never emitted: it must not come where the first emitted line is expected.
        return max(self._start, self.last // SECOND - self._slack)

    def begin(self) -> int | None:
        """Expect a new connection; returns the second to ask it for."""
        since = self.since()
        self.connections += 1
        self._rest, self._first = b"", True
        self._lineup = None if self.last is None else Lineup(self._expected(since))
        return since

    def forget(self) -> None:
        """Expect none of the lines emitted so far again: their file is gone."""
        self.window.clear()
        if self._lineup is not None:
            self._lineup = Lineup(())

    def feed(self, data: bytes) -> Fed:
        """Take the next bytes of the connection."""
        whole, newline, rest = (self._rest + data).rpartition(b"\n")
        self._rest = rest
        if not newline:
            return Fed(b"")
        lines = whole.split(b"\n")
        if self._first or self._lineup:
            self._first = False
            lines = _begun(lines)
        if not lines:
            return Fed(b"")
        return self._lined_up(lines) if self._lineup else self._steady(lines)

    def accept(self) -> Fed:
        """Emit the lines that came without the witness, and the loss: they are of this container, as was checked."""
        lineup, self._lineup = self._lineup, None
        if lineup is None:
            return Fed(b"")
        new, before = lineup.new(), self.last or 0
        fed = self._steady(new) if new else Fed(b"")
        loss = Loss(before, max(before, _first_instant(new, before)), "rotated log")
        return Fed(fed.text, (loss, *fed.losses))

    def ends_with(self, line: bytes) -> bool:
        """Return whether nothing is left in a log with this last line.

        line: with its newline, without which it is no line. Nothing is left if it is the last one emitted or, if none
        was, one from before the start.
        """
        if not line.endswith(b"\n"):
            return False
        if self.last is not None:
            return self.window.ends_with(line)
        at = instant(line)
        return at is not None and self._start is not None and at < self._start * SECOND

    def expect(self) -> Lineup:
        """Return what a plain read of `since` must begin with, to line it up without emitting it."""
        return Lineup(self._expected(self.since()))

    @staticmethod
    def compare(lineup: Lineup, data: bytes) -> Lineup:
        """Line up all that a plain read gave."""
        lineup.feed(_begun(data.split(b"\n")[:-1]))
        return lineup

    def _expected(self, since: int | None) -> list[int]:
        return self.window.since((since or 0) * SECOND)

    def _lined_up(self, lines: list[bytes]) -> Fed:
        lineup = self._lineup
        if lineup is None or not lineup.feed(lines):
            return Fed(b"")
        if lineup.match is LineupMatch.MISSING:
            return Fed(b"", doubt=True)
        self._lineup = None
        new = lineup.new()
        return self._steady(new) if new else Fed(b"")

    def _steady(self, lines: list[bytes]) -> Fed:
        """Emit lines, unless the kubelet reads a file again: then it goes back in time to an emitted line."""
        place = self._step_back(lines)
        text = self._emit(lines[:place])
        if place is None:
            return Fed(text)
        first = lines[place]
        at = instant(first) or 0
        loss = Loss(self.window.preceding(first) or at, at, "rotated log, read again")
        self._lineup = Lineup(self.window.keys_from(first))
        fed = self._lined_up(lines[place:])
        if fed.doubt:
            fed = self.accept()
        return Fed(text + fed.text, (loss, *fed.losses))

    def _step_back(self, lines: list[bytes]) -> int | None:
        stamps = [line[:WIDTH] for line in lines]
        if self._stamp <= stamps[0] and stamps == sorted(stamps):
            return None
        for place, (before, stamp) in enumerate(zip([self._stamp, *stamps], stamps, strict=False)):
            if stamp < before and (self.window.holds(lines[place]) or lines[place] in lines[:place]):
                return place
        return None

    def _emit(self, lines: list[bytes]) -> bytes:
        if not lines:
            return b""
        if self.first is None:
            self.first, self.first_on = lines[0], self.connections
        text = b"\n".join(lines) + b"\n"
        self._stamp = lines[-1][:WIDTH]
        self.window.add(text)
        return text


def _begun(lines: list[bytes]) -> list[bytes]:
    """Return the lines without stampless tails, which belong to lines from before the second asked for."""
    return [line for line in lines if instant(line) is not None]


def _first_instant(lines: Sequence[bytes], otherwise: int) -> int:
    return next((at for line in lines if (at := instant(line)) is not None), otherwise)
