"""Evaluates a live source at any time: a look, or the final report.

A look runs the same stages as for saved logs, over all lines that are held. So a recording that is fed through the
engine gives the results of the watching.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from mirrorcheck.engine.evict import HELD, HeldLines, find_cut, lag_us, lines_of
from mirrorcheck.engine.growing_stream import GrowingStream, TemplateFormats
from mirrorcheck.engine.ledger import NOTHING
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.sides import by_span, gaps_of
from mirrorcheck.engine.sight import no_sight, of_pods, of_rule, rule_unknown, sight, unread
from mirrorcheck.engine.spans import gap_of
from mirrorcheck.engine.stream_state import StreamState, Watermarks
from mirrorcheck.errors import InputError
from mirrorcheck.outcomes.settle import JudgedSpan, settle
from mirrorcheck.outcomes.sides.by_name import by_name, names_origins
from mirrorcheck.outcomes.sides.common_hop import without_common_hop
from mirrorcheck.outcomes.sides.model import Piece, Sides
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.required_fields import Unlogged, find_unlogged
from mirrorcheck.reading.stream import Stream, all_observed
from mirrorcheck.reading.stream_reader import Shared
from mirrorcheck.settings import Settings
from mirrorcheck.sources import feed
from mirrorcheck.sources.formats import given_formats
from mirrorcheck.totals import rule_absent
from mirrorcheck.totals.lines_spool import LinesSpool
from mirrorcheck.totals.timeline import LiveFacts


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known at an instant; events: how many were taken, texts aside."""

    states: list[StreamState]
    gaps: tuple[feed.Gap, ...]
    rules: tuple[feed.RuleSeen, ...]
    rule_known: feed.RuleKnown | None
    notes: tuple[feed.Note, ...]
    listings: tuple[feed.Listing, ...]
    ended_us: int | None
    events: int


class Engine:
    """Evaluates a live source; events come from one thread, looks are asked for by another."""

    def __init__(
        self,
        settings: Settings,
        path_of: Callable[[str], Path],
        held: HeldLines = HELD,
        spool: LinesSpool | None = None,
    ) -> None:
        """held: how many lines; of the others the totals are kept, and the lines in a spool, if there is one."""
        self._spool = spool
        self._settings, self._path_of, self._most = settings, path_of, held
        self._lag_us = settings.horizon_us
        self._ledger = NOTHING
        self._exclusions = Filter.of(settings)
        given = given_formats(settings.formats, settings.nginx_conf)
        self._formats = Formats(settings.log_format, given, settings.container)
        self._templates = TemplateFormats()
        self._lock = Lock()
        self._streams: dict[str, StreamState] = {}
        self._gaps: list[feed.Gap] = []
        self._rules: list[feed.RuleSeen] = []
        self._rule_known: feed.RuleKnown | None = None
        self._notes: list[feed.Note] = []
        self._listings: dict[str, feed.Listing] = {}  # by namespace
        self._ended_us: int | None = None
        self._events = 0  # that were taken, texts aside

    def take(self, event: feed.FeedEvent, now_us: int) -> None:
        """Note an event; the text of a stream must lie in its file before."""
        with self._lock:
            self._events += self._is_kept(event)
            match event:
                case feed.Opened():
                    self._streams[event.stream] = self._stream(event, now_us)
                case feed.Gap():
                    self._gaps.append(event)
                case feed.RuleSeen() | feed.RuleKnown():
                    self._note_rule(event)
                case feed.SideChange():
                    self._change_side(event)
                case feed.Note():
                    self._notes.append(event)
                case feed.Listing() | feed.Ended():
                    self._note_listing(event)
                case _:
                    self._update_stream(event, now_us)

    def _is_kept(self, event: feed.FeedEvent) -> bool:
        """Whether a recording has it among its events: all but texts, and what is of a stream that never opened."""
        if isinstance(event, feed.Closed | feed.SideChange):
            return event.stream in self._streams
        return not isinstance(event, feed.Text)

    def _note_rule(self, event: feed.RuleSeen | feed.RuleKnown) -> None:
        if isinstance(event, feed.RuleSeen):
            self._rules.append(event)
        else:
            self._rule_known = event

    def _change_side(self, change: feed.SideChange) -> None:
        state = self._streams.get(change.stream)
        if state is None:
            return  # it never opened
        state.changes = (*state.changes, change)
        if gap := gap_of(state.reading.opened, change):
            self._gaps.append(gap)

    def _stream(self, opened: feed.Opened, now_us: int) -> StreamState:
        earlier = sum(state.reading.opened.pod == opened.pod for state in self._streams.values())
        name = (opened.pod or opened.stream) + (f" ({earlier + 1})" if earlier else "")
        path = self._path_of(opened.stream)
        reading = GrowingStream(opened, name, path, self._formats, self._exclusions, self._templates)
        return StreamState(reading, heard_us=now_us)

    def _update_stream(self, event: feed.Text | feed.Proof | feed.Broken | feed.Closed, now_us: int) -> None:
        state = self._streams.get(event.stream)
        if state is None:
            return  # it never opened: nothing of it was kept
        match event:
            case feed.Text():
                state.waiting.append(event.data)
                state.broken = False
            case feed.Proof():
                state.proof_us = max(state.proof_us, event.through_us)
                state.broken = False
            case feed.Broken():
                state.reconnects += event.tries == 1
                state.broken, state.why, state.tries = True, event.reason, event.tries
                return
            case feed.Closed():
                state.closed = True
        state.heard_us = now_us

    def _note_listing(self, event: feed.Listing | feed.Ended) -> None:
        """Note whether pods can be listed (one reason after another keeps the first instant), or the end."""
        if isinstance(event, feed.Ended):
            self._ended_us = event.at_us
            return
        before = self._listings.get(event.namespace)
        lasts = event.reason and before and before.reason
        self._listings[event.namespace] = replace(event, through_us=before.through_us) if before and lasts else event

    def unread(self, now_us: int, lost: str = "") -> list[feed.Gap]:
        """The open gaps, of what cannot be read; they end with the watching now.

        lost: why nothing could be kept any more, so that all streams have one; empty if that is not so.
        """
        gaps = unread(self._read().states, self._listings.values(), now_us, lost)
        return [*gaps, *of_rule(self._rule_known, now_us)]

    def look(self, now_us: int) -> Look:
        """Settle all lines that are held; those after the watermarks may change yet."""
        seen = self._read()
        for state in seen.states:
            state.silent = not state.closed and now_us - state.heard_us > 2 * self._settings.horizon_us
        look = self._settle(seen, _silent_gaps(seen.states), now_us)
        self._lag_us = lag_us(look.settled, self._settings.horizon_us)
        if look.decided:
            self._evict(look)
        return look

    def settle_as(self, decided: feed.Decided) -> None:
        """Settle what a watcher had settled by then, and let go what was decided."""
        seen = self._read()
        for state in seen.states:
            state.silent = state.reading.opened.stream in decided.silent
        self._evict(self._settle(seen, _silent_gaps(seen.states), decided.at_us, decided=decided))

    def _evict(self, look: Look) -> None:
        """Forget the lines that are decided; their totals stay."""
        settled = look.settled
        self._ledger, gone = self._ledger.without_decided(settled, self._settings, look.facts, self._spool)
        readings = {state.reading.name: state.reading for state in look.states}
        for side, rows in zip((settled.primary, settled.shadow), gone, strict=True):
            for stream, lines in lines_of(side, rows):
                readings[stream].forget(lines)

    def _recall(self, states: Sequence[StreamState]) -> None:
        """Hold all lines again, if they are so few that they can be settled as one whole."""
        if self._ledger.totals and sum(state.reading.counts.parsed for state in states) <= self._most.whole:
            for state in states:
                state.reading.recall()
            self._ledger = NOTHING

    def end(self, now_us: int) -> Look:
        """Settle all lines finally; what open streams logged after their last line may explain what has no partner."""
        seen = self._read()
        for state in seen.states:
            state.reading.finish()
        _share(seen.states)
        self._recall(seen.states)
        rest = [state.gap_from_here("the watching ended") for state in seen.states if not state.closed]
        return self._settle(seen, rest, now_us, final=True)

    def _settle(
        self,
        seen: _Seen,
        open_gaps: Sequence[feed.Gap],
        now_us: int,
        *,
        decided: feed.Decided | None = None,
        final: bool = False,
    ) -> Look:
        """decided: what is known to be so; else it is found."""
        states, gaps, rules = seen.states, seen.gaps, seen.rules
        doubtful = rule_absent.doubtful(rules)
        all_gaps = [*gaps, *doubtful, *open_gaps, *of_pods(seen.listings, feed.ENDLESS_US)]
        sides = self._sides(states, all_gaps, rules, final=final)
        watermarks = Watermarks.of(states, seen.rule_known, self._settings.horizon_us, now_us)
        known_us = decided.known_us if decided else min(watermarks.primary_us, watermarks.shadow_us) - self._lag_us
        if not final and decided is None:
            decided = self._decided(seen, sides, watermarks, known_us, now_us)
        sides = replace(sides, piece=self._piece(decided, known_us, final=final))
        return Look(
            sides=sides,
            settled=self._ledger.joined(settle(sides, self._settings, JudgedSpan()), self._settings.horizon_us),
            watermarks=watermarks,
            decided=decided,
            states=tuple(states),
            facts=LiveFacts(gaps, rules),
            notes=seen.notes,
            ledger=self._ledger,
            spool=self._spool,
            unlogged=self._unlogged(states, final=final),
            no_sight=no_sight(states, seen.listings, now_us),
            sight=sight(states, [*gaps, *doubtful], seen.ended_us) if final else None,
            rule_unknown=rule_unknown(seen.rule_known, now_us),
        )

    def _decided(
        self, seen: _Seen, sides: Sides, watermarks: Watermarks, known_us: int, now_us: int
    ) -> feed.Decided | None:
        cut = find_cut(sides, watermarks, self._ledger, self._most.looks, known_us)
        read = tuple((state.reading.opened.stream, state.reading.taken) for state in seen.states)
        silent = tuple(state.reading.opened.stream for state in seen.states if state.silent)
        if cut is None:
            return None
        return feed.Decided(now_us, cut.pairs_us, cut.open_us, known_us, seen.events, read, silent)

    def _piece(self, decided: feed.Decided | None, known_us: int, *, final: bool) -> Piece:
        """What is held: all lines, or those up to where they are decided, or those whose end is not known yet."""
        if decided:
            return self._ledger.piece(decided.pairs_us, decided.open_us, known_us)
        if final or self._ledger.totals is None:
            return self._ledger.piece()
        return self._ledger.piece(self._ledger.until_us, known_us=known_us)

    def _unlogged(self, states: Sequence[StreamState], *, final: bool) -> Unlogged | None:
        """Options that no log can serve, once both sides have logs; those of silent pods may serve them yet."""
        parsed = [state for state in states if state.reading.counts.parsed]
        if not final and not all(any(state.is_on(side) for state in parsed) for side in feed.SIDES):
            return None
        unlogged = find_unlogged((state.reading.format for state in parsed if state.reading.format), self._settings)
        silent = not final and len(parsed) < len(states)
        return replace(unlogged, may_come=True) if unlogged and silent else unlogged

    def _read(self) -> _Seen:
        """Parse what has come since the last look; returns what was known before the parsing.

        A proof that comes meanwhile may cover lines that are not parsed yet.
        """
        with self._lock:
            seen = _Seen(
                states=[replace(state) for state in self._streams.values()],
                gaps=tuple(self._gaps),
                rules=tuple(self._rules),
                rule_known=self._rule_known,
                notes=tuple(self._notes),
                listings=tuple(self._listings.values()),
                ended_us=self._ended_us,
                events=self._events,
            )
            for state in self._streams.values():
                state.waiting = []
        for state in seen.states:
            state.reading.take(b"".join(state.waiting))
        _share(seen.states)
        return seen

    def _sides(
        self, states: Sequence[StreamState], gaps: Sequence[feed.Gap], rules: Sequence[feed.RuleSeen], *, final: bool
    ) -> Sides:
        streams = without_common_hop(all_observed([state.reading.read() for state in states]))
        opened = [state.reading.opened for state in states]
        if any(map(names_origins, streams)) and not any(one.side for one in opened):
            return self._by_name(streams, final=final)
        return replace(
            by_span(states, streams),
            primary_gaps=gaps_of("primary", gaps, states),
            shadow_gaps=(*gaps_of("shadow", gaps, states), *rule_absent.unseen(rules)),
        )

    def _by_name(self, streams: Sequence[Stream], *, final: bool) -> Sides:
        """The sides of a capture; while it goes on, the pods of one side may be missing."""
        try:
            return by_name(streams, self._settings)
        except InputError:
            if final:
                raise
            return Sides((), (), "")


def _silent_gaps(states: Sequence[StreamState]) -> list[feed.Gap]:
    return [state.gap_from_here("nothing was heard of it") for state in states if state.silent]


def _share(states: Sequence[StreamState]) -> None:
    """Let each stream know which fields all of them have."""
    shared = Shared.of(state.reading.format for state in states)
    for state in states:
        state.reading.share(shared)
