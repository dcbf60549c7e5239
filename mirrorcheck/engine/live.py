"""Events of a live source in, one after the other; a look at the mirror and the report of all of it out, at any time.

What is known is found by the stages that read saved logs: a look runs them over all lines that are held. A recording
that is fed through the engine therefore tells what the watching told.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from mirrorcheck.engine.evict import let_go
from mirrorcheck.engine.growing_stream import Reading
from mirrorcheck.engine.look import Found, Past
from mirrorcheck.engine.siblings import Siblings
from mirrorcheck.engine.sided import by_span, gaps_of
from mirrorcheck.engine.sight import no_sight, of_pods, of_rule, rule_unknown, sight, unread
from mirrorcheck.engine.spans import gap_of
from mirrorcheck.engine.stream_state import Eye
from mirrorcheck.engine.watermark import Frontier
from mirrorcheck.errors import InputError
from mirrorcheck.outcomes.settle import Span, settle
from mirrorcheck.outcomes.sides.by_name import by_name, says_whose
from mirrorcheck.outcomes.sides.common_hop import without_common_hop
from mirrorcheck.outcomes.sides.sides import Sides
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.required_fields import Unlogged, find_unlogged
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Shared
from mirrorcheck.settings import Settings
from mirrorcheck.sources.feed import (
    ENDLESS_US,
    SIDES,
    Broken,
    Closed,
    Ended,
    Event,
    Gap,
    Listing,
    Note,
    Opened,
    Proof,
    RuleKnown,
    RuleSeen,
    Side,
    Sided,
    Text,
)
from mirrorcheck.sources.formats import given_formats
from mirrorcheck.totals import rule_absent as rule_off
from mirrorcheck.totals.totals import Watched

MOST_LINES = 4_000_000
"""How many lines are held for the report; about 150 bytes each."""


class Engine:
    """Takes events from one thread and looks from another."""

    def __init__(self, settings: Settings, path_of: Callable[[str], Path], most_lines: int = MOST_LINES) -> None:
        self._settings, self._path_of, self._most_lines = settings, path_of, most_lines
        self._past = Past()
        self._exclusions = Filter.of(settings)
        given = given_formats(settings.formats, settings.nginx_conf)
        self._formats = Formats(settings.log_format, given, settings.containers)
        self._siblings = Siblings()
        self._lock = Lock()
        self._eyes: dict[str, Eye] = {}
        self._gaps: list[Gap] = []
        self._rules: list[RuleSeen] = []
        self._rule_known: RuleKnown | None = None
        self._notes: list[Note] = []
        self._listings: dict[str, Listing] = {}  # by namespace
        self._ended_us: int | None = None

    def take(self, event: Event, now_us: int) -> None:
        """Note an event; the text of a stream must lie in its file before."""
        with self._lock:
            match event:
                case Opened():
                    self._eyes[event.stream] = self._eye(event, now_us)
                case Gap():
                    self._gaps.append(event)
                case RuleSeen() | RuleKnown():
                    self._rule(event)
                case Sided():
                    self._move(event)
                case Note():
                    self._notes.append(event)
                case Listing() | Ended():
                    self._list(event)
                case _:
                    self._hear(event, now_us)

    def _rule(self, event: RuleSeen | RuleKnown) -> None:
        if isinstance(event, RuleSeen):
            self._rules.append(event)
        else:
            self._rule_known = event

    def _move(self, change: Sided) -> None:
        eye = self._eyes.get(change.stream)
        if eye is None:
            return  # it never opened
        eye.changes = (*eye.changes, change)
        if gap := gap_of(eye.reading.opened, change):
            self._gaps.append(gap)

    def _eye(self, opened: Opened, now_us: int) -> Eye:
        lives = sum(eye.reading.opened.pod == opened.pod for eye in self._eyes.values())
        name = (opened.pod or opened.stream) + (f" ({lives + 1})" if lives else "")
        path = self._path_of(opened.stream)
        reading = Reading(opened, name, path, self._formats, self._exclusions, self._siblings)
        return Eye(reading, heard_us=now_us)

    def _hear(self, event: Text | Proof | Broken | Closed, now_us: int) -> None:
        eye = self._eyes.get(event.stream)
        if eye is None:
            return  # it never opened: nothing of it was kept
        match event:
            case Text():
                eye.waiting.append(event.data)
                eye.broken = False
            case Proof():
                eye.proof_us = max(eye.proof_us, event.through_us)
                eye.broken = False
            case Broken():
                eye.reconnects += event.tries == 1
                eye.broken, eye.why, eye.tries = True, event.reason, event.tries
                return
            case Closed():
                eye.closed = True
        eye.heard_us = now_us

    def _list(self, event: Listing | Ended) -> None:
        """Note whether pods can be listed; since when not, where the reason is another one. Or that it is over."""
        if isinstance(event, Ended):
            self._ended_us = event.at_us
            return
        before = self._listings.get(event.namespace)
        lasts = event.reason and before and before.reason
        self._listings[event.namespace] = replace(event, through_us=before.through_us) if before and lasts else event

    def unread(self, now_us: int, lost: str = "") -> list[Gap]:
        """The gaps that last, as they end with the watching now: those of what cannot be read.

        lost: why nothing could be kept any more, so that it is all streams; empty where it could.
        """
        gaps = unread(self._read(), self._listings.values(), now_us, lost)
        return [*gaps, *of_rule(self._rule_known, now_us)]

    def look(self, now_us: int) -> Found:
        """Settle all lines that are held; those after the frontier may change yet."""
        eyes = self._read()
        for eye in eyes:
            eye.silent = not eye.closed and now_us - eye.heard_us > 2 * self._settings.horizon_us
        silent = [eye.gap_from_here("nothing was heard of it") for eye in eyes if eye.silent]
        found = self._find(eyes, silent, now_us, final=False)
        self._let_go(found)
        return found

    def _let_go(self, found: Found) -> None:
        """Forget the oldest lines where too many are held; what became of them stays counted."""
        letting = let_go(found, self._most_lines)
        if letting is None:
            return
        readings = {eye.reading.name: eye.reading for eye in found.eyes}
        for stream, lines in letting.lines:
            readings[stream].forget(lines)
        self._past += letting.past

    def end(self, now_us: int) -> Found:
        """Settle all lines for good: what a stream logged after it was last read may explain what has no partner."""
        eyes = self._read()
        for eye in eyes:
            eye.reading.finish()
        _share(eyes)
        rest = [eye.gap_from_here("the watching ended") for eye in eyes if not eye.closed]
        return self._find(eyes, rest, now_us, final=True)

    def _find(self, eyes: Sequence[Eye], open_gaps: Sequence[Gap], now_us: int, *, final: bool) -> Found:
        with self._lock:
            gaps, rules, notes = tuple(self._gaps), tuple(self._rules), tuple(self._notes)
            rule_known = self._rule_known
            listings, ended_us = tuple(self._listings.values()), self._ended_us
        doubtful = rule_off.doubtful(rules)
        told = self._tell(eyes, [*gaps, *doubtful, *open_gaps, *of_pods(listings, ENDLESS_US)], rules, final=final)
        settled = settle(told, self._settings, Span())
        frontier, watched = self._frontier(eyes, rule_known, now_us), Watched(gaps, rules)
        unlogged = self._unlogged(eyes, final=final)
        return Found(
            told,
            settled,
            frontier,
            tuple(eyes),
            watched,
            notes,
            self._past,
            unlogged,
            no_sight(eyes, listings, now_us),
            sight(eyes, [*gaps, *doubtful], ended_us) if final else None,
            rule_unknown(rule_known, now_us),
        )

    def _unlogged(self, eyes: Sequence[Eye], *, final: bool) -> Unlogged | None:
        """What was asked for and no log has, once both sides have one; a pod that says nothing yet may have it."""
        heard = [eye for eye in eyes if eye.reading.counts.parsed]
        if not final and not all(any(eye.is_on(side) for eye in heard) for side in SIDES):
            return None
        unlogged = find_unlogged((eye.reading.format for eye in heard if eye.reading.format), self._settings)
        silent = not final and len(heard) < len(eyes)
        return replace(unlogged, may_come=True) if unlogged and silent else unlogged

    def _read(self) -> list[Eye]:
        """Parse what has come since the last look; returns what is known of the streams with that text, and no more.

        A proof that comes meanwhile may be of lines that are not parsed yet.
        """
        with self._lock:
            eyes = [replace(eye) for eye in self._eyes.values()]
            for eye in self._eyes.values():
                eye.waiting = []
        for eye in eyes:
            eye.reading.take(b"".join(eye.waiting))
        _share(eyes)
        return eyes

    def _tell(self, eyes: Sequence[Eye], gaps: Sequence[Gap], rules: Sequence[RuleSeen], *, final: bool) -> Sides:
        streams = without_common_hop([eye.reading.stream() for eye in eyes])
        opened = [eye.reading.opened for eye in eyes]
        if any(map(says_whose, streams)) and not any(one.side for one in opened):
            return self._by_name(streams, final=final)
        return replace(
            by_span(eyes, streams),
            primary_gaps=gaps_of("primary", gaps, eyes),
            shadow_gaps=(*gaps_of("shadow", gaps, eyes), *rule_off.unseen(rules)),
        )

    def _by_name(self, streams: Sequence[Stream], *, final: bool) -> Sides:
        """The sides of a capture; while it goes on, the pods of one may be yet to come."""
        try:
            return by_name(streams, self._settings)
        except InputError:
            if final:
                raise
            return Sides((), (), "")

    def _frontier(self, eyes: Sequence[Eye], rule_known: RuleKnown | None, now_us: int) -> Frontier:
        """A side without a stream that can be read holds nobody up; nothing of it was seen after the last one was."""
        of = {side: [eye for eye in eyes if eye.is_on(side)] for side in SIDES}
        return Frontier(
            _complete_us(of["primary"], "primary", now_us),
            _complete_us(of["shadow"], "shadow", now_us),
            self._settings.horizon_us,
            heard_us=_complete_us([eye for eye in of["primary"] if not eye.is_mute], "primary", now_us),
            seen_us=min(_seen_us(of[side], side, now_us) for side in SIDES),
            sure_us=min([eye.complete_us("shadow") for eye in of["shadow"]] + [now_us]),
            rule_us=rule_known.through_us if rule_known else ENDLESS_US,
        )


def _complete_us(eyes: Sequence[Eye], side: Side, now_us: int) -> int:
    return min([eye.complete_us(side) for eye in eyes if not eye.silent] + [now_us])


def _seen_us(eyes: Sequence[Eye], side: Side, now_us: int) -> int:
    """Up to here something of a side was seen: up to now, if only that it has no stream that may tell more."""
    open_ = [eye for eye in eyes if eye.complete_us(side) < ENDLESS_US]
    return now_us if not all(eye.silent for eye in open_) else max([eye.watermark_us for eye in open_], default=now_us)


def _share(eyes: Sequence[Eye]) -> None:
    """Tell each log what all of them have."""
    shared = Shared.of(eye.reading.format for eye in eyes)
    for eye in eyes:
        eye.reading.share(shared)
