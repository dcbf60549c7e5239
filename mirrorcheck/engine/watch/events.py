"""Looks come in, one after the other; what happened goes out, each event once and none before it is certain."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mirrorcheck.engine.decided import Decided
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.snapshot import Event, EventKind
from mirrorcheck.engine.watch.event_log import EventLog
from mirrorcheck.engine.watch.in_sight import PodsRead
from mirrorcheck.engine.watch.reported import Reported
from mirrorcheck.engine.watch.request_info import request_info
from mirrorcheck.outcomes.settle import Bools, Ints, Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.observe import ABSENT, method_name
from mirrorcheck.sources.feed import ENDLESS_US, RuleSeen
from mirrorcheck.totals import rule_absent as rule_off

_ALL = 100  # percent
_AT_ONCE = 200  # of a kind in one look: their text is read from the logs again


class EventFinder:
    """Keeps how far each kind has been told."""

    def __init__(self, expect: float | None = None) -> None:
        """expect: the percentage that the user expects, in place of the rule's."""
        self._expect = expect
        self._journal = EventLog()
        self._originals_told, self._copies_told = Reported(), Reported()
        self._gaps = self._rules = self._notes = 0

    def note(self, found: Look, decided: Decided) -> None:
        """Add what has become certain since the last look."""
        settled, watermarks = decided.settled, found.watermarks
        complete_us = {state.reading.name: state.watermark_us for state in found.states}
        until_us = min(watermarks.originals_us, watermarks.rule_us)
        new = self._originals_told.new(settled.primary, complete_us, until_us)
        new_copies = self._copies_told.new(settled.shadow, complete_us, watermarks.copies_us)
        news = [
            *self._originals(settled, new, found),
            *_copies(settled, new_copies),
            *(Event(gap.to_us, "gap", gap.reason, gap.pod) for gap in found.watched.gaps[self._gaps :]),
            *(Event(rule.at_us, "rule", rule.text) for rule in _new_rules(found.watched.rules, self._rules)),
            *(Event(gap.to_us, "gap", gap.reason) for gap in rule_off.doubtful(found.watched.rules[self._rules :])),
            *(Event(note.at_us, "note", note.text) for note in found.notes[self._notes :]),
        ]
        self._gaps, self._rules, self._notes = len(found.watched.gaps), len(found.watched.rules), len(found.notes)
        for event in sorted(news, key=lambda event: event.at_us):
            self._journal.add(event)

    def events(self) -> tuple[Event, ...]:
        """The latest of each kind, oldest first."""
        return self._journal.events()

    def _originals(self, settled: Settled, new: Bools, found: Look) -> Iterator[Event]:
        times_us, rules = settled.primary.placed_us, found.watched.rules
        missed = new & (settled.original_outcome == Outcome.MISSED)
        sampled = self._sampled(times_us, rules) | self._undue(settled, rules)
        yield from _misses(settled, _latest(missed & ~sampled, times_us), "missed", found)
        yield from _misses(settled, _latest(missed & sampled, times_us), "uncopied", found)
        yield from _differences(settled, _latest(new & _differs(settled), times_us))

    def _sampled(self, times_us: Ints, rules: Sequence[RuleSeen]) -> Bools:
        """Whether less than everything was expected to be copied at these times, or may have been.

        A rule that mirrors and has no one percentage has several, or leaves routes out.
        """
        if self._expect is not None or not rules:
            return np.full(len(times_us), self._expect is not None and self._expect < _ALL)
        return rule_off.in_any(times_us, [stretch for rule, stretch in rule_off.reaches(rules) if _samples(rule)])

    def _undue(self, settled: Settled, rules: Sequence[RuleSeen]) -> Bools:
        """By original: no rule told the mesh to copy it, and nothing else had copied one before, as far as is known."""
        times_us = settled.primary.placed_us
        undue: Bools = rule_off.in_any(times_us, rule_off.absences(rules))
        if self._expect is None and rules and not any(rule.mirrors is not False for rule in rules):
            paired = settled.original_outcome == Outcome.PAIRED
            undue |= times_us < (times_us[paired].min() if paired.any() else ENDLESS_US)
        return undue


def _copies(settled: Settled, new: Bools) -> Iterator[Event]:
    shadow, outcome = settled.shadow, settled.shadow_outcome
    rows = _latest(new & ((outcome == Outcome.ORPHAN) | (outcome == Outcome.DUPLICATE)), shadow.placed_us)
    for row, event in zip(rows.tolist(), _requests(shadow, rows, "orphan"), strict=True):
        kind: EventKind = "orphan" if outcome[row] == Outcome.ORPHAN else "duplicate"
        yield replace(event, kind=kind, candidates=int(settled.shadow_candidates[row]))


def _samples(rule: RuleSeen) -> bool:
    return rule.mirrors is True if rule.expect is None else rule.expect < _ALL


def _new_rules(rules: Sequence[RuleSeen], told: int) -> Iterator[RuleSeen]:
    """Those behind the first `told` ones that say another thing; what is only wrong with one is a problem."""
    before = rules[told - 1] if told else None
    for rule in rules[told:]:
        if before is None or (rule.text, rule.expect, rule.mirrors) != (before.text, before.expect, before.mirrors):
            yield rule
        before = rule


def _latest(rows: Bools, times_us: Ints) -> Ints:
    """The numbers of the rows in order of time, as many as can be shown."""
    numbers = np.flatnonzero(rows)
    return numbers[np.argsort(times_us[numbers], kind="stable")][-_AT_ONCE:]


def _differs(settled: Settled) -> Bools:
    """By original: its copy is certain and was answered with another status than its last attempt."""
    differs = np.zeros(len(settled.original_outcome), np.bool_)
    rows = np.flatnonzero((settled.copy_of >= 0) & (settled.original_candidates == 1))
    copies = settled.copy_of[rows]
    status = settled.primary.table["status"].to_numpy()[settled.response_of[rows]]
    shadow_status = settled.shadow.table["status"].to_numpy()[copies]
    other = (shadow_status != status) & (status != ABSENT) & (shadow_status != ABSENT)
    differs[rows] = other & (settled.shadow_candidates[copies] == 1)
    return differs


def _misses(settled: Settled, rows: Ints, kind: EventKind, found: Look) -> Iterator[Event]:
    if not len(rows):
        return
    in_sight = PodsRead(found)
    for row, event in zip(rows.tolist(), _requests(settled.primary, rows, kind), strict=True):
        candidates = int(settled.original_candidates[row])
        yield replace(event, candidates=candidates, in_sight=in_sight.at(event.at_us))


def _differences(settled: Settled, rows: Ints) -> Iterator[Event]:
    statuses, shadow_statuses = settled.primary.table["status"], settled.shadow.table["status"]
    for row, event in zip(rows.tolist(), _requests(settled.primary, rows, "differs"), strict=True):
        shadow_status = shadow_statuses[int(settled.copy_of[row])]
        yield replace(event, status=statuses[int(settled.response_of[row])], shadow_status=shadow_status)


def _requests(side: SideLines, rows: Ints, kind: EventKind) -> Iterator[Event]:
    """The requests of some rows of a side, as their lines tell them."""
    for row, line in zip(rows.tolist(), request_info(side, rows), strict=True):
        yield Event(
            int(side.placed_us[row]),
            kind,
            pod=line.pod,
            method=method_name(side.table["method"][row]),
            target=line.target,
            status=side.table["status"][row],
            client=line.client,
            request_id=line.request_id,
            place=line.place,
        )
