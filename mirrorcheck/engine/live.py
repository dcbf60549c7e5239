"""Events of a live source in, one after the other; a look at the mirror and the report of all of it out, at any time.

What is known is found by the stages that read saved logs: a look runs them over all lines that are held. A recording
that is fed through the engine therefore tells what the watching told.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from mirrorcheck.engine.evict import evict
from mirrorcheck.engine.growing_stream import GrowingStream
from mirrorcheck.engine.look import Evicted, Look
from mirrorcheck.engine.siblings import TemplateFormats
from mirrorcheck.engine.sided import by_span, gaps_of
from mirrorcheck.engine.sight import no_sight, of_pods, of_rule, rule_unknown, sight, unread
from mirrorcheck.engine.spans import gap_of
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.engine.watermark import Watermarks
from mirrorcheck.errors import InputError
from mirrorcheck.outcomes.settle import JudgedSpan, settle
from mirrorcheck.outcomes.sides.by_name import by_name, names_origins
from mirrorcheck.outcomes.sides.common_hop import without_common_hop
from mirrorcheck.outcomes.sides.model import Sides
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
    FeedEvent,
    Gap,
    Listing,
    Note,
    Opened,
    Proof,
    RuleKnown,
    RuleSeen,
    Side,
    SideChange,
    Text,
)
from mirrorcheck.sources.formats import given_formats
from mirrorcheck.totals import rule_absent as rule_off
from mirrorcheck.totals.totals import LiveFacts

MOST_LINES = 4_000_000
"""How many lines are held for the report; about 150 bytes each."""


class Engine:
    """Takes events from one thread and looks from another."""

    def __init__(self, settings: Settings, path_of: Callable[[str], Path], most_lines: int = MOST_LINES) -> None:
        self._settings, self._path_of, self._most_lines = settings, path_of, most_lines
        self._past = Evicted()
        self._exclusions = Filter.of(settings)
        given = given_formats(settings.formats, settings.nginx_conf)
        self._formats = Formats(settings.log_format, given, settings.container)
        self._siblings = TemplateFormats()
        self._lock = Lock()
        self._streams: dict[str, StreamState] = {}
        self._gaps: list[Gap] = []
        self._rules: list[RuleSeen] = []
        self._rule_known: RuleKnown | None = None
        self._notes: list[Note] = []
        self._listings: dict[str, Listing] = {}  # by namespace
        self._ended_us: int | None = None

    def take(self, event: FeedEvent, now_us: int) -> None:
        """Note an event; the text of a stream must lie in its file before."""
        with self._lock:
            match event:
                case Opened():
                    self._streams[event.stream] = self._stream(event, now_us)
                case Gap():
                    self._gaps.append(event)
                case RuleSeen() | RuleKnown():
                    self._rule(event)
                case SideChange():
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

    def _move(self, change: SideChange) -> None:
        state = self._streams.get(change.stream)
        if state is None:
            return  # it never opened
        state.changes = (*state.changes, change)
        if gap := gap_of(state.reading.opened, change):
            self._gaps.append(gap)

    def _stream(self, opened: Opened, now_us: int) -> StreamState:
        lives = sum(state.reading.opened.pod == opened.pod for state in self._streams.values())
        name = (opened.pod or opened.stream) + (f" ({lives + 1})" if lives else "")
        path = self._path_of(opened.stream)
        reading = GrowingStream(opened, name, path, self._formats, self._exclusions, self._siblings)
        return StreamState(reading, heard_us=now_us)

    def _hear(self, event: Text | Proof | Broken | Closed, now_us: int) -> None:
        state = self._streams.get(event.stream)
        if state is None:
            return  # it never opened: nothing of it was kept
        match event:
            case Text():
                state.waiting.append(event.data)
                state.broken = False
            case Proof():
                state.proof_us = max(state.proof_us, event.through_us)
                state.broken = False
            case Broken():
                state.reconnects += event.tries == 1
                state.broken, state.why, state.tries = True, event.reason, event.tries
                return
            case Closed():
                state.closed = True
        state.heard_us = now_us

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

    def look(self, now_us: int) -> Look:
        """Settle all lines that are held; those after the frontier may change yet."""
        states = self._read()
        for state in states:
            state.silent = not state.closed and now_us - state.heard_us > 2 * self._settings.horizon_us
        silent = [state.gap_from_here("nothing was heard of it") for state in states if state.silent]
        found = self._find(states, silent, now_us, final=False)
        self._let_go(found)
        return found

    def _let_go(self, found: Look) -> None:
        """Forget the oldest lines where too many are held; what became of them stays counted."""
        letting = evict(found, self._most_lines)
        if letting is None:
            return
        readings = {state.reading.name: state.reading for state in found.states}
        for stream, lines in letting.lines:
            readings[stream].forget(lines)
        self._past += letting.past

    def end(self, now_us: int) -> Look:
        """Settle all lines for good: what a stream logged after it was last read may explain what has no partner."""
        states = self._read()
        for state in states:
            state.reading.finish()
        _share(states)
        rest = [state.gap_from_here("the watching ended") for state in states if not state.closed]
        return self._find(states, rest, now_us, final=True)

    def _find(self, states: Sequence[StreamState], open_gaps: Sequence[Gap], now_us: int, *, final: bool) -> Look:
        with self._lock:
            gaps, rules, notes = tuple(self._gaps), tuple(self._rules), tuple(self._notes)
            rule_known = self._rule_known
            listings, ended_us = tuple(self._listings.values()), self._ended_us
        doubtful = rule_off.doubtful(rules)
        told = self._tell(states, [*gaps, *doubtful, *open_gaps, *of_pods(listings, ENDLESS_US)], rules, final=final)
        settled = settle(told, self._settings, JudgedSpan())
        watermarks, watched = self._watermarks(states, rule_known, now_us), LiveFacts(gaps, rules)
        unlogged = self._unlogged(states, final=final)
        return Look(
            told,
            settled,
            watermarks,
            tuple(states),
            watched,
            notes,
            self._past,
            unlogged,
            no_sight(states, listings, now_us),
            sight(states, [*gaps, *doubtful], ended_us) if final else None,
            rule_unknown(rule_known, now_us),
        )

    def _unlogged(self, states: Sequence[StreamState], *, final: bool) -> Unlogged | None:
        """What was asked for and no log has, once both sides have one; a pod that says nothing yet may have it."""
        heard = [state for state in states if state.reading.counts.parsed]
        if not final and not all(any(state.is_on(side) for state in heard) for side in SIDES):
            return None
        unlogged = find_unlogged((state.reading.format for state in heard if state.reading.format), self._settings)
        silent = not final and len(heard) < len(states)
        return replace(unlogged, may_come=True) if unlogged and silent else unlogged

    def _read(self) -> list[StreamState]:
        """Parse what has come since the last look; returns what is known of the streams with that text, and no more.

        A proof that comes meanwhile may be of lines that are not parsed yet.
        """
        with self._lock:
            states = [replace(state) for state in self._streams.values()]
            for state in self._streams.values():
                state.waiting = []
        for state in states:
            state.reading.take(b"".join(state.waiting))
        _share(states)
        return states

    def _tell(
        self, states: Sequence[StreamState], gaps: Sequence[Gap], rules: Sequence[RuleSeen], *, final: bool
    ) -> Sides:
        streams = without_common_hop([state.reading.stream() for state in states])
        opened = [state.reading.opened for state in states]
        if any(map(names_origins, streams)) and not any(one.side for one in opened):
            return self._by_name(streams, final=final)
        return replace(
            by_span(states, streams),
            primary_gaps=gaps_of("primary", gaps, states),
            shadow_gaps=(*gaps_of("shadow", gaps, states), *rule_off.unseen(rules)),
        )

    def _by_name(self, streams: Sequence[Stream], *, final: bool) -> Sides:
        """The sides of a capture; while it goes on, the pods of one may be yet to come."""
        try:
            return by_name(streams, self._settings)
        except InputError:
            if final:
                raise
            return Sides((), (), "")

    def _watermarks(self, states: Sequence[StreamState], rule_known: RuleKnown | None, now_us: int) -> Watermarks:
        """A side without a stream that can be read holds nobody up; nothing of it was seen after the last one was."""
        of = {side: [state for state in states if state.is_on(side)] for side in SIDES}
        return Watermarks(
            _complete_us(of["primary"], "primary", now_us),
            _complete_us(of["shadow"], "shadow", now_us),
            self._settings.horizon_us,
            heard_us=_complete_us([state for state in of["primary"] if not state.is_mute], "primary", now_us),
            seen_us=min(_seen_us(of[side], side, now_us) for side in SIDES),
            sure_us=min([state.complete_us("shadow") for state in of["shadow"]] + [now_us]),
            rule_us=rule_known.through_us if rule_known else ENDLESS_US,
        )


def _complete_us(states: Sequence[StreamState], side: Side, now_us: int) -> int:
    return min([state.complete_us(side) for state in states if not state.silent] + [now_us])


def _seen_us(states: Sequence[StreamState], side: Side, now_us: int) -> int:
    """Up to here something of a side was seen: up to now, if only that it has no stream that may tell more."""
    open_ = [state for state in states if state.complete_us(side) < ENDLESS_US]
    return (
        now_us
        if not all(state.silent for state in open_)
        else max([state.watermark_us for state in open_], default=now_us)
    )


def _share(states: Sequence[StreamState]) -> None:
    """Tell each log what all of them have."""
    shared = Shared.of(state.reading.format for state in states)
    for state in states:
        state.reading.share(shared)
