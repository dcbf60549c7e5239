"""Evaluates a live source at any time: a look, or the final report.

A look runs the same stages as for saved logs, over all lines that are held. So a recording that is fed through the
engine gives the results of the watching.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from mirrorcheck.engine.evict import HELD, Cut, HeldLines, find_cut, lag_us, lines_of
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

    def take(self, event: feed.FeedEvent, now_us: int) -> None:
        """Note an event; the text of a stream must lie in its file before."""
        with self._lock:
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
        gaps = unread(self._read(), self._listings.values(), now_us, lost)
        return [*gaps, *of_rule(self._rule_known, now_us)]

    def look(self, now_us: int) -> Look:
        """Settle all lines that are held; those after the watermarks may change yet."""
        rule_known = self._rule_known  # before the sides: a rule that is known by now may have moved a stream meanwhile
        states = self._read()
        for state in states:
            state.silent = not state.closed and now_us - state.heard_us > 2 * self._settings.horizon_us
        silent = [state.gap_from_here("nothing was heard of it") for state in states if state.silent]
        look = self._settle(states, silent, rule_known, now_us, final=False)
        self._lag_us = lag_us(look.settled, self._settings.horizon_us)
        if look.cut:
            self._evict(look)
        return look

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
        states = self._read()
        for state in states:
            state.reading.finish()
        _share(states)
        self._recall(states)
        rest = [state.gap_from_here("the watching ended") for state in states if not state.closed]
        return self._settle(states, rest, self._rule_known, now_us, final=True)

    def _settle(
        self,
        states: Sequence[StreamState],
        open_gaps: Sequence[feed.Gap],
        rule_known: feed.RuleKnown | None,
        now_us: int,
        *,
        final: bool,
    ) -> Look:
        with self._lock:
            gaps, rules, notes = tuple(self._gaps), tuple(self._rules), tuple(self._notes)
            listings, ended_us = tuple(self._listings.values()), self._ended_us
        doubtful = rule_absent.doubtful(rules)
        all_gaps = [*gaps, *doubtful, *open_gaps, *of_pods(listings, feed.ENDLESS_US)]
        sides = self._sides(states, all_gaps, rules, final=final)
        watermarks = Watermarks.of(states, rule_known, self._settings.horizon_us, now_us)
        cut = None if final else self._cut(sides, watermarks)
        sides = replace(sides, piece=self._piece(cut, final=final))
        return Look(
            sides=sides,
            settled=self._ledger.joined(settle(sides, self._settings, JudgedSpan()), self._settings.horizon_us),
            watermarks=watermarks,
            cut=cut,
            states=tuple(states),
            facts=LiveFacts(gaps, rules),
            notes=notes,
            ledger=self._ledger,
            spool=self._spool,
            unlogged=self._unlogged(states, final=final),
            no_sight=no_sight(states, listings, now_us),
            sight=sight(states, [*gaps, *doubtful], ended_us) if final else None,
            rule_unknown=rule_unknown(rule_known, now_us),
        )

    def _cut(self, sides: Sides, watermarks: Watermarks) -> Cut | None:
        return find_cut(sides, watermarks, self._ledger.until_us, self._most.looks, self._lag_us)

    def _piece(self, cut: Cut | None, *, final: bool) -> Piece:
        """What is held: all lines, or those after a cut, or those whose end is not known yet."""
        if cut:
            return self._ledger.piece(cut.pairs_us, cut.open_us)
        ongoing = self._ledger.totals is not None and not final
        return self._ledger.piece(self._ledger.until_us) if ongoing else self._ledger.piece()

    def _unlogged(self, states: Sequence[StreamState], *, final: bool) -> Unlogged | None:
        """Options that no log can serve, once both sides have logs; those of silent pods may serve them yet."""
        parsed = [state for state in states if state.reading.counts.parsed]
        if not final and not all(any(state.is_on(side) for state in parsed) for side in feed.SIDES):
            return None
        unlogged = find_unlogged((state.reading.format for state in parsed if state.reading.format), self._settings)
        silent = not final and len(parsed) < len(states)
        return replace(unlogged, may_come=True) if unlogged and silent else unlogged

    def _read(self) -> list[StreamState]:
        """Parse what has come since the last look; returns the states of the streams as of before the parsing.

        A proof that comes meanwhile may cover lines that are not parsed yet.
        """
        with self._lock:
            states = [replace(state) for state in self._streams.values()]
            for state in self._streams.values():
                state.waiting = []
        for state in states:
            state.reading.take(b"".join(state.waiting))
        _share(states)
        return states

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


def _share(states: Sequence[StreamState]) -> None:
    """Let each stream know which fields all of them have."""
    shared = Shared.of(state.reading.format for state in states)
    for state in states:
        state.reading.share(shared)
