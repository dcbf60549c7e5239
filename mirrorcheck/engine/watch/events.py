"""Finds the events of a watching in successive looks: each once, and none before it is certain."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mirrorcheck.engine.decided import Decided
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.snapshot import Event, EventKind
from mirrorcheck.engine.watch.request_info import request_info
from mirrorcheck.engine.watch.shadow_pods import ShadowPods
from mirrorcheck.outcomes.final import second_copies_within_us
from mirrorcheck.outcomes.settle import Bools, Ints, Settled
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.observe import ABSENT, method_name
from mirrorcheck.sources.feed import ENDLESS_US, RuleSeen
from mirrorcheck.totals import rule_absent

_ALL = 100  # percent
_AT_ONCE = 200  # of a kind in one look: their text is read from the logs again
_KEPT = 1000  # of a kind


class EventLog:
    """Keeps the newest `kept` events of each kind, so that many misses displace no gap. For one thread."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._added = 0
        self._counts: dict[EventKind, int] = {}
        self._newest: dict[EventKind, deque[tuple[int, Event]]] = {}

    def add(self, event: Event) -> None:
        """Add an event, and number it (`nth`)."""
        self._added += 1
        nth = self._counts[event.kind] = self._counts.get(event.kind, 0) + 1
        newest = self._newest.setdefault(event.kind, deque(maxlen=self._kept))
        newest.append((self._added, replace(event, nth=nth)))

    def events(self) -> tuple[Event, ...]:
        """The kept events of all kinds in the order in which they were added."""
        every = [entry for newest in self._newest.values() for entry in newest]
        return tuple(event for _, event in sorted(every, key=lambda entry: entry[0]))


class _Reported:
    """Remembers how far each stream was reported; lines of one that is read late, or again, are reported then."""

    def __init__(self) -> None:
        self._us: dict[str, int] = {}

    def new(self, side: SideLines, complete_us: Mapping[str, int], until_us: int) -> Bools:
        """By row of the side's table: decided (not after `until_us`), and not so before.

        complete_us: by the name of a stream, up to when it is complete.
        """
        names = [part.stream.source.name for part in side.parts]
        reported_us = np.array([self._us.get(name, 0) for name in names], np.int64)
        new: Bools = (side.placed_us > reported_us[side.part]) & (side.placed_us <= until_us)
        # A line of a whole second is placed behind its stamp, which the stream is complete up to.
        np.maximum.at(reported_us, side.part[new], side.placed_us[new])
        for name, upto_us in zip(names, reported_us.tolist(), strict=True):
            self._us[name] = max(upto_us, min(until_us, complete_us.get(name, until_us)))
        return new


class EventFinder:
    """Keeps the log of events, and how far each kind was reported."""

    def __init__(self, expect: float | None = None) -> None:
        """expect: the percentage that the user expects, in place of the rule's."""
        self._expect = expect
        self._log = EventLog()
        self._originals_reported, self._copies_reported = _Reported(), _Reported()
        self._pairs_reported, self._doubles_reported = _Reported(), _Reported()
        self._gaps = self._rules = self._notes = 0

    def note(self, look: Look, decided: Decided) -> None:
        """Add what has become certain since the last look."""
        settled, watermarks = decided.settled, look.watermarks
        complete_us = {state.reading.name: state.watermark_us for state in look.states}
        until_us = min(watermarks.originals_us, watermarks.rule_us)
        new = self._originals_reported.new(settled.primary, complete_us, until_us)
        new_copies = self._copies_reported.new(settled.shadow, complete_us, watermarks.copies_us)
        # What has a partner may be decided, and go, before the horizon has passed.
        cut_us = look.decided.pairs_us if look.decided else until_us
        new_pairs = self._pairs_reported.new(settled.primary, complete_us, max(until_us, cut_us))
        doubles_us = max(watermarks.copies_us, cut_us + second_copies_within_us(settled))
        new_doubles = self._doubles_reported.new(settled.shadow, complete_us, doubles_us)
        news = [
            *self._originals(settled, new, look),
            *_differences(settled, _latest(new_pairs & _differs(settled), settled.primary.placed_us)),
            *_copies(settled, new_copies, new_doubles),
            *(Event(gap.to_us, "gap", gap.reason, gap.pod) for gap in look.facts.gaps[self._gaps :]),
            *(Event(rule.at_us, "rule", rule.text) for rule in _new_rules(look.facts.rules, self._rules)),
            *(Event(gap.to_us, "gap", gap.reason) for gap in rule_absent.doubtful(look.facts.rules[self._rules :])),
            *(Event(note.at_us, "note", note.text) for note in look.notes[self._notes :]),
        ]
        self._gaps, self._rules, self._notes = len(look.facts.gaps), len(look.facts.rules), len(look.notes)
        for event in sorted(news, key=lambda event: event.at_us):
            self._log.add(event)

    def events(self) -> tuple[Event, ...]:
        """The latest of each kind, oldest first."""
        return self._log.events()

    def _originals(self, settled: Settled, new: Bools, look: Look) -> Iterator[Event]:
        times_us, rules = settled.primary.placed_us, look.facts.rules
        missed = new & (settled.original_outcome == Outcome.MISSED)
        sampled = self._sampled(times_us, rules) | self._undue(settled, look)
        yield from _misses(settled, _latest(missed & ~sampled, times_us), "missed", look)
        yield from _misses(settled, _latest(missed & sampled, times_us), "uncopied", look)

    def _sampled(self, times_us: Ints, rules: Sequence[RuleSeen]) -> Bools:
        """Whether less than everything was expected to be copied at these times, or may have been.

        A rule that mirrors without a single percentage has several, or excludes routes.
        """
        if self._expect is not None or not rules:
            return np.full(len(times_us), self._expect is not None and self._expect < _ALL)
        return rule_absent.in_any(times_us, [stretch for rule, stretch in rule_absent.reaches(rules) if _samples(rule)])

    def _undue(self, settled: Settled, look: Look) -> Bools:
        """By original: no rule asked for its copy, and nothing else had copied one before, as far as known."""
        times_us, rules = settled.primary.placed_us, look.facts.rules
        undue: Bools = rule_absent.in_any(times_us, rule_absent.absences(rules))
        copied_before = look.ledger.totals is not None and look.ledger.totals.partition.paired
        if self._expect is None and not copied_before and rules and not any(r.mirrors is not False for r in rules):
            paired = settled.original_outcome == Outcome.PAIRED
            undue |= times_us < (times_us[paired].min() if paired.any() else ENDLESS_US)
        return undue


def _copies(settled: Settled, new: Bools, new_doubles: Bools) -> Iterator[Event]:
    shadow, outcome = settled.shadow, settled.shadow_outcome
    told = (new & (outcome == Outcome.ORPHAN)) | (new_doubles & (outcome == Outcome.DUPLICATE))
    rows = _latest(told, shadow.placed_us)
    for row, event in zip(rows.tolist(), _requests(shadow, rows, "orphan"), strict=True):
        kind: EventKind = "orphan" if outcome[row] == Outcome.ORPHAN else "duplicate"
        yield replace(event, kind=kind, candidates=int(settled.shadow_candidates[row]))


def _samples(rule: RuleSeen) -> bool:
    return rule.mirrors is True if rule.expect is None else rule.expect < _ALL


def _new_rules(rules: Sequence[RuleSeen], known: int) -> Iterator[RuleSeen]:
    """The rules after the first `known` ones that differ from the one before, in more than their problems."""
    before = rules[known - 1] if known else None
    for rule in rules[known:]:
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


def _misses(settled: Settled, rows: Ints, kind: EventKind, look: Look) -> Iterator[Event]:
    if not len(rows):
        return
    pods = ShadowPods(look)
    for row, event in zip(rows.tolist(), _requests(settled.primary, rows, kind), strict=True):
        candidates = int(settled.original_candidates[row])
        yield replace(event, candidates=candidates, shadow_pods=pods.at(event.at_us))


def _differences(settled: Settled, rows: Ints) -> Iterator[Event]:
    statuses, shadow_statuses = settled.primary.table["status"], settled.shadow.table["status"]
    for row, event in zip(rows.tolist(), _requests(settled.primary, rows, "differs"), strict=True):
        shadow_status = shadow_statuses[int(settled.copy_of[row])]
        yield replace(event, status=statuses[int(settled.response_of[row])], shadow_status=shadow_status)


def _requests(side: SideLines, rows: Ints, kind: EventKind) -> Iterator[Event]:
    """Some rows of a side as events."""
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
