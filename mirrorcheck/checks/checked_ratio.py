"""Takes from a report the spans that its mirror ratio is checked on, with what the logs leave open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mirrorcheck.checks.proportions import Sample
from mirrorcheck.errors import InputError
from mirrorcheck.report.load import WAY_OUT
from mirrorcheck.report.model import Report, RuleOff
from mirrorcheck.totals.sampling import CLUSTERED, REGULAR
from mirrorcheck.totals.while_mirroring import joined


@dataclass(frozen=True, slots=True)
class RatioSpan:
    """Originals of one ratio, and how many of the missed may be retries, or copied, or of the paired may hide a miss.

    parts: how many phases they come from; several where a rule was away in between, see `while_on.joined`.
    """

    from_: datetime
    to: datetime
    paired: int
    missed: int
    perhaps_retries: int = 0
    perhaps_missed: int = 0
    perhaps_copied: int = 0  # of the missed, see `MissedRange`
    inflation: float = 1.0
    discrepancy: float | None = None
    chosen_ends: int = 0  # copies that were not drawn, see `_trimmed`
    paired_rule_off: int = 0  # of `paired`: what --while-on leaves out where no rule mirrored
    missed_rule_off: int = 0
    parts: int = 1

    @property
    def originals(self) -> int:
        """All of them."""
        return self.paired + self.missed

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The ends of what the logs allow: as counted, with the fewest misses, with the most."""
        free = max(0, self.paired - self.chosen_ends)
        fewest, hidden = min(self.perhaps_retries, self.missed), min(self.perhaps_missed, free)
        copied = min(self.perhaps_copied, self.missed - fewest)
        ends = (
            (free, self.missed),
            (free + copied, self.missed - fewest - copied),
            (free - hidden, self.missed + hidden),
        )
        return tuple(
            Sample(paired, paired + missed, self.inflation, self.discrepancy) for paired, missed in dict.fromkeys(ends)
        )


@dataclass(frozen=True, slots=True)
class CheckedRatio:
    """All that a check of the ratio looks at.

    missed_low and missed_high: the ends of the misses, equal where they are sure. perhaps_copied: of the misses, those
    that may have been copied. off_before and off_after: misses that
    --while-on left out. rule_off: when no rule mirrored, and off_by_rule: how many originals were left out for it.
    """

    stretches: tuple[RatioSpan, ...]
    paired: int
    missed: int
    missed_low: int
    missed_high: int
    off_before: int = 0
    off_after: int = 0
    off_by_rule: int = 0
    rule_off: tuple[RuleOff, ...] = ()
    while_on: bool = False
    perhaps_copied: int = 0

    @property
    def originals(self) -> int:
        """All that are judged."""
        return self.paired + self.missed

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest ratio that the logs allow, equal where they leave nothing open; some originals."""
        lowest = max(0, self.paired - (self.missed_high - self.missed)) / self.originals
        copied = self.paired + min(self.perhaps_copied, self.missed - self.missed_low)
        return lowest, copied / max(1, copied + self.missed_low)

    @property
    def sure(self) -> bool:
        """Whether all comes from one phase with certain counts."""
        return len(self.stretches) == 1 and len(self.stretches[0].samples) == 1


def judged(report: Report, *, while_on: bool) -> CheckedRatio:
    """What is judged of a report: everything, or with `while_on` what lies between the first copy and the last.

    What lies between them while the recorded rule mirrored nothing is left out then, too. Without any copy there is no
    such stretch, and everything is judged for which a rule may have asked for copies.
    """
    missed = report.ratio.missed
    fewest, most = (report.missed_range.low, report.missed_range.high) if report.missed_range else (missed, missed)
    copied, sampling = _perhaps_copied(report), report.sampling
    whole = tuple(
        RatioSpan(
            phase.from_,
            phase.to,
            phase.paired,
            phase.missed,
            perhaps_retries=max(0, missed - int(fewest) - copied),
            perhaps_missed=int(most) - missed,
            perhaps_copied=copied,
            inflation=sampling.inflation if sampling and sampling.kind == CLUSTERED else 1.0,
            discrepancy=sampling.discrepancy if sampling and sampling.kind == REGULAR else None,
            paired_rule_off=phase.paired_rule_off,
            missed_rule_off=phase.missed_rule_off,
        )
        for phase in report.phases
    )
    found = CheckedRatio(whole, report.ratio.paired, missed, int(fewest), int(most), perhaps_copied=copied)
    if while_on and report.ratio.paired:
        found = _trimmed(found, report)
    return _without_rule_off(found, report) if while_on and report.rule_off else found


def _perhaps_copied(report: Report) -> int:
    """The misses that may have been copied after all; an older report says it only of lines that did not parse."""
    if report.exclusions is None or report.missed_range is None:
        return 0
    if report.missed_range.copied is not None:
        return report.missed_range.copied
    return min(report.shadow_side.lines.unparsed, report.ratio.missed - int(report.missed_range.low))


def _trimmed(found: CheckedRatio, report: Report) -> CheckedRatio:
    before, after = report.missed_before_on, report.missed_after_on
    if before is None or after is None or report.on_from is None or report.on_to is None:
        raise InputError(f"the report does not say when mirroring was on: an older version wrote it. {WAY_OUT}.")
    stretches = _shorn(_shorn(found.stretches, before)[::-1], after)[::-1]
    stretches = (replace(stretches[0], from_=report.on_from, chosen_ends=1), *stretches[1:])
    last = stretches[-1]
    # Where the stretch begins and ends was chosen by its copies; only what lies between them was drawn.
    stretches = (*stretches[:-1], replace(last, to=report.on_to, chosen_ends=last.chosen_ends + 1))
    missed = found.missed - before - after
    return replace(
        found,
        stretches=stretches,
        missed=missed,
        missed_low=max(0, missed - (found.missed - found.missed_low)),
        missed_high=missed + found.missed_high - found.missed,
        off_before=before,
        off_after=after,
        while_on=True,
        perhaps_copied=min(found.perhaps_copied, missed),
    )


def _without_rule_off(found: CheckedRatio, report: Report) -> CheckedRatio:
    """Without what happened while no rule mirrored: of what it parts, that is one which is one sample."""
    paired = sum(each.paired_rule_off for each in found.stretches)
    missed = sum(each.missed_rule_off for each in found.stretches)
    left = (
        replace(each, paired=each.paired - each.paired_rule_off, missed=each.missed - each.missed_rule_off)
        for each in found.stretches
    )
    samples = joined([each for each in left if each.originals], report.rule_off, report.rules)
    return replace(
        found,
        stretches=tuple(_one(parts) for parts in samples),
        paired=found.paired - paired,
        missed=found.missed - missed,
        missed_low=max(0, found.missed_low - missed),
        missed_high=found.missed_high - missed,
        off_by_rule=paired + missed,
        rule_off=report.rule_off,
    )


def _one(parts: Sequence[RatioSpan]) -> RatioSpan:
    """Several stretches as one; what the logs leave open is that of all of them already."""
    first = parts[0]
    # Each was counted off from a place of its own, see `Sample.bounds`.
    discrepancy = None if first.discrepancy is None else len(parts) * (first.discrepancy + 1.0) - 1.0
    return replace(
        first,
        to=parts[-1].to,
        paired=sum(each.paired for each in parts),
        missed=sum(each.missed for each in parts),
        discrepancy=discrepancy,
        chosen_ends=sum(each.chosen_ends for each in parts),
        paired_rule_off=sum(each.paired_rule_off for each in parts),
        missed_rule_off=sum(each.missed_rule_off for each in parts),
        parts=len(parts),
    )


def _shorn(stretches: tuple[RatioSpan, ...], misses: int) -> tuple[RatioSpan, ...]:
    """The stretches without the misses that they begin with."""
    while not stretches[0].paired:
        misses -= stretches[0].missed
        stretches = stretches[1:]
    return (replace(stretches[0], missed=stretches[0].missed - misses), *stretches[1:])
