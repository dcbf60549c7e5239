"""Looks come in, one after the other; what happened goes out, each happening once and none before it is certain."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mirrorcheck.engine.decided import Decided
from mirrorcheck.engine.look import Found
from mirrorcheck.engine.state import Happening, Kind
from mirrorcheck.engine.watch.in_sight import InSight
from mirrorcheck.engine.watch.journal import Journal
from mirrorcheck.engine.watch.requests_told import known
from mirrorcheck.engine.watch.told import Told
from mirrorcheck.outcomes.settle import Bools, Ints, Settled
from mirrorcheck.outcomes.sides.lines import SideLines
from mirrorcheck.pairing import Outcome
from mirrorcheck.reading.observe import ABSENT, method_name
from mirrorcheck.sources.feed import ENDLESS_US, RuleSeen
from mirrorcheck.totals import rule_absent as rule_off

_ALL = 100  # percent
_AT_ONCE = 200  # of a kind in one look: their text is read from the logs again


class Chronicle:
    """Keeps how far each kind has been told."""

    def __init__(self, expect: float | None = None) -> None:
        """expect: the percentage that the user expects, in place of the rule's."""
        self._expect = expect
        self._journal = Journal()
        self._originals_told, self._copies_told = Told(), Told()
        self._gaps = self._rules = self._notes = 0

    def note(self, found: Found, decided: Decided) -> None:
        """Add what has become certain since the last look."""
        settled, frontier = decided.settled, found.frontier
        complete_us = {eye.reading.name: eye.watermark_us for eye in found.eyes}
        until_us = min(frontier.originals_us, frontier.rule_us)
        new = self._originals_told.new(settled.primary, complete_us, until_us)
        new_copies = self._copies_told.new(settled.shadow, complete_us, frontier.copies_us)
        news = [
            *self._originals(settled, new, found),
            *_copies(settled, new_copies),
            *(Happening(gap.to_us, "gap", gap.reason, gap.pod) for gap in found.watched.gaps[self._gaps :]),
            *(Happening(rule.at_us, "rule", rule.text) for rule in _new_rules(found.watched.rules, self._rules)),
            *(Happening(gap.to_us, "gap", gap.reason) for gap in rule_off.doubtful(found.watched.rules[self._rules :])),
            *(Happening(note.at_us, "note", note.text) for note in found.notes[self._notes :]),
        ]
        self._gaps, self._rules, self._notes = len(found.watched.gaps), len(found.watched.rules), len(found.notes)
        for happening in sorted(news, key=lambda happening: happening.at_us):
            self._journal.add(happening)

    def happenings(self) -> tuple[Happening, ...]:
        """The latest of each kind, oldest first."""
        return self._journal.happenings()

    def _originals(self, settled: Settled, new: Bools, found: Found) -> Iterator[Happening]:
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
        undue: Bools = rule_off.in_any(times_us, rule_off.rule_off(rules))
        if self._expect is None and rules and not any(rule.mirrors is not False for rule in rules):
            paired = settled.original_outcome == Outcome.PAIRED
            undue |= times_us < (times_us[paired].min() if paired.any() else ENDLESS_US)
        return undue


def _copies(settled: Settled, new: Bools) -> Iterator[Happening]:
    shadow, outcome = settled.shadow, settled.shadow_outcome
    rows = _latest(new & ((outcome == Outcome.ORPHAN) | (outcome == Outcome.DUPLICATE)), shadow.placed_us)
    for row, happening in zip(rows.tolist(), _requests(shadow, rows, "orphan"), strict=True):
        kind: Kind = "orphan" if outcome[row] == Outcome.ORPHAN else "duplicate"
        yield replace(happening, kind=kind, candidates=int(settled.shadow_candidates[row]))


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
    status = settled.primary.table["status"].to_numpy()[settled.answer_of[rows]]
    shadow_status = settled.shadow.table["status"].to_numpy()[copies]
    other = (shadow_status != status) & (status != ABSENT) & (shadow_status != ABSENT)
    differs[rows] = other & (settled.shadow_candidates[copies] == 1)
    return differs


def _misses(settled: Settled, rows: Ints, kind: Kind, found: Found) -> Iterator[Happening]:
    if not len(rows):
        return
    in_sight = InSight(found)
    for row, happening in zip(rows.tolist(), _requests(settled.primary, rows, kind), strict=True):
        candidates = int(settled.original_candidates[row])
        yield replace(happening, candidates=candidates, in_sight=in_sight.at(happening.at_us))


def _differences(settled: Settled, rows: Ints) -> Iterator[Happening]:
    statuses, shadow_statuses = settled.primary.table["status"], settled.shadow.table["status"]
    for row, happening in zip(rows.tolist(), _requests(settled.primary, rows, "differs"), strict=True):
        shadow_status = shadow_statuses[int(settled.copy_of[row])]
        yield replace(happening, status=statuses[int(settled.answer_of[row])], shadow_status=shadow_status)


def _requests(side: SideLines, rows: Ints, kind: Kind) -> Iterator[Happening]:
    """The requests of some rows of a side, as their lines tell them."""
    for row, line in zip(rows.tolist(), known(side, rows), strict=True):
        yield Happening(
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
