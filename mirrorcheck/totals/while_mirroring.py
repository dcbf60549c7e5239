"""Counts what was copied while mirroring was on, by the phases and the history of the mirror rule."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Protocol, TypedDict, TypeVar

import numpy as np

from mirrorcheck.report import model as report
from mirrorcheck.totals import phases, timeline
from mirrorcheck.totals.history import History


class Counted(Protocol):
    """Originals of a stretch of time in which the mirror ratio did not change."""

    @property
    def from_(self) -> datetime: ...  # noqa: D102  # of the first one
    @property
    def to(self) -> datetime: ...  # noqa: D102  # of the last one
    @property
    def paired(self) -> int: ...  # noqa: D102
    @property
    def missed(self) -> int: ...  # noqa: D102


Part = TypeVar("Part", bound=Counted)


class WhileOn(TypedDict):
    """The section of a report on the time between the first copy and the last."""

    ratio_while_on: report.Ratio
    on_from: datetime | None
    on_to: datetime | None
    missed_before_on: int
    missed_after_on: int


def while_on(
    history: History,
    found: tuple[report.Phase, ...],
    off: Sequence[report.RuleOff],
    rules: Sequence[report.SeenRule],
    *,
    known: bool,
) -> WhileOn:
    """Count between the first copy and the last: a hole in between is an outage and counts.

    What lies in a stretch without a rule does not count, copied or not. There is an interval where all of it is one
    sample, see `joined`; `known` is False where the count is a range, which has none. Without a copy all are before.
    """
    on = history.on
    within = history.part(on) if on else history.part(slice(0, 0))
    before = history.part(slice(0, on.start)).total if on else history.total
    parts = list(_within(history, found, on)) if on else []
    paired, missed = sum(each.paired for each in parts), sum(each.missed for each in parts)
    ratio = timeline.ratio(paired, missed, one_phase=known and len(joined(parts, off, rules)) <= 1)
    return {
        "ratio_while_on": ratio,
        "on_from": timeline.moment(int(within.from_us[0])) if on else None,
        "on_to": timeline.moment(int(within.until_us[-1])) if on else None,
        "missed_before_on": before,
        "missed_after_on": history.total - before - within.total,
    }


def _within(history: History, found: tuple[report.Phase, ...], on: slice) -> Iterator[report.Phase]:
    """The part of each phase that lies in `on` and under a rule, if any."""
    starts = np.searchsorted(history.before(), np.cumsum([0, *(phase.originals for phase in found)]))
    for phase, (start, end) in zip(found, pairwise(starts.tolist()), strict=True):
        own = history.part(slice(max(start, on.start), max(start, on.start, min(end, on.stop))))
        copied = int(own.drawn.sum())
        hits, misses = copied - phase.paired_rule_off, own.total - copied - phase.missed_rule_off
        if hits + misses:
            yield replace(phase, paired=hits, missed=misses)


def joined(
    parts: Sequence[Part], off: Sequence[report.RuleOff], rules: Sequence[report.SeenRule]
) -> tuple[Sequence[Part], ...]:
    """The parts, none empty and in order of time, by what is one sample each.

    Neighbours are one if a stretch without a rule parts them, the rule came back as it had been, and their ratios
    differ by no more than a steady mirror's do: at such a border, which no copy has chosen, 1 % of these would be
    parted. The draws are independent on either side, so the exact binomial interval of the sums holds if the ratio is
    the same, and it is wider than it need be for the mean of two ratios (W. Hoeffding, On the distribution of the
    number of successes in independent trials, 1956). Every other border was found where the ratio changed, and stays.
    """
    samples: list[Sequence[Part]] = []
    start = 0
    for end in range(1, len(parts) + 1):
        if end == len(parts) or not _came_back(parts[end - 1], parts[end], off, rules):
            samples += _alike(parts[start:end])
            start = end
    return tuple(samples)


def _alike(parts: Sequence[Part]) -> Iterator[Sequence[Part]]:
    paired = np.array([each.paired for each in parts], np.int64)
    missed = np.array([each.missed for each in parts], np.int64)
    return (parts[each] for each in phases.join(paired + missed, paired))


def _came_back(
    before: Counted, after: Counted, off: Sequence[report.RuleOff], rules: Sequence[report.SeenRule]
) -> bool:
    """Whether a stretch without a rule parts the two, and the rule after it says what the one before it said."""
    if not any(before.to < each.from_ and each.to < after.from_ for each in off):
        return False
    was, is_ = _in_force(rules, before.to), _in_force(rules, after.from_)
    return (was.percent, was.text) == (is_.percent, is_.text)


def _in_force(rules: Sequence[report.SeenRule], at: datetime) -> report.SeenRule:
    return max((each for each in rules if each.from_ <= at), key=lambda each: each.from_, default=rules[0])
