"""Puts the verdict in words, and what the evidence leaves open between two ends."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mirrorcheck.outcomes.exclusions import excluded_copies
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.outcomes.sides.model import Part
from mirrorcheck.pairing import CopiedShare, CopyingKind, Evidence, Outcome
from mirrorcheck.pairing.second_copies import AmbiguousCounts
from mirrorcheck.reading.observe import method_name
from mirrorcheck.report import model as report
from mirrorcheck.totals import constants
from mirrorcheck.totals.doubts import Doubts
from mirrorcheck.totals.history import History
from mirrorcheck.totals.partition import Partition

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "CONNECT")
_MOST_STEPS = 4
_UNPAIRED = (Outcome.MISSED, Outcome.RETRY, Outcome.UNOBSERVED, Outcome.ORPHAN, Outcome.DUPLICATE)
_MOST_DECIMALS = 8
CHANCE = "chance explains the pairs"
SPLIT = "traffic that is split between the two sides would leave the same lines"
_UNDECIDABLE = "second copies of one request look like copies of another"
_BUSY = "identical requests are so frequent that a copy may belong to another one"
_ACCIDENTS = "chance pairs some lines of the shadow that are traffic of its own, and nothing marks copies"
_WAY_OUT = (
    "Log $http_x_request_id on both sides, or what marks copies on the shadow (X-Forwarded-For, as nginx main does)"
)


def verdict(  # noqa: PLR0913, PLR0917  # each is another side of the answer
    history: History,
    phases: tuple[report.Phase, ...],
    partition: report.Originals,
    shadow: report.ShadowLines,
    open_ratio: report.Range | None,
    copying: report.Copying | None = None,
) -> report.Verdict:
    """The answer in a word, a sentence and, where there is more to it, how it went or what is open."""
    total, paired = history.total, history.hits
    if not total:
        read = f"{counted(shadow.total, 'shadow line was', 'shadow lines were')} read" if shadow.total else ""
        return report.Verdict("NO DATA", _no_originals(partition), read)
    if not paired:
        return report.Verdict("NOT MIRRORING", f"{_copied(0, total)}, 0 %", _none(shadow, open_ratio, copying))
    if copying and copying.kind == CopyingKind.OPEN:
        return report.Verdict(
            "CANNOT TELL", f"{_at_most(paired, total)}, or none", f"{SPLIT.capitalize()}: {CHANCE}. {_WAY_OUT}"
        )
    details = []
    if len(phases) > 1:
        details.append(_course(phases))
    if open_ratio and open_ratio.low < open_ratio.high:
        details.append(f"It may be {percent(open_ratio.low)} to {percent(open_ratio.high)} %: {open_ratio.why}.")
    sentence = f"{_copied(paired, total)}, {percent(paired / total)} %"
    return report.Verdict(_word(paired / total, phases, open_ratio), sentence, " ".join(details))


def percent(ratio: float) -> str:
    """A ratio in percent, with as many decimals as distinguish it from 0 and 100."""
    if ratio in {0.0, 1.0}:
        return f"{100 * ratio:.0f}"
    texts = (f"{100 * ratio:.{decimals}f}" for decimals in range(2, _MOST_DECIMALS))
    return next((text for text in texts if float(text) not in {0.0, 100.0}), f"{100 * ratio:g}")


def counted(count: int, one: str, several: str) -> str:
    """A number and its noun, such as 1 line or 1,024 lines."""
    return f"{count:,} {one if count == 1 else several}"


def _copied(paired: int, total: int) -> str:
    if total == 1:
        return "the only request was copied" if paired else "the only request was not copied"
    if paired in {0, total}:
        return f"{'all' if paired else 'none of'} {total:,} requests were copied"
    return f"{paired:,} of {total:,} requests {'was' if paired == 1 else 'were'} copied"


def _at_most(paired: int, total: int) -> str:
    if total == 1:
        return "the only request may have been copied"
    return f"{'all' if paired == total else f'up to {paired:,} of'} {total:,} requests may have been copied"


def _no_originals(partition: report.Originals) -> str:
    if not partition.total:
        return "no original request was found, so there is nothing to judge"
    classes = {"excluded": partition.excluded, "retry": partition.retry, "unobserved": partition.unobserved}
    classes |= {"paired outside the span that is judged": partition.paired}
    why = ", ".join(f"{count:,} {name}" for name, count in classes.items() if count)
    return f"no original request is left to judge: {counted(partition.total, 'line', 'lines')}, {why}"


def _none(shadow: report.ShadowLines, open_ratio: report.Range | None, copying: report.Copying | None) -> str:
    """Why nothing was copied, and how much may have been all the same."""
    if open_ratio and open_ratio.high:
        return f"{_no_copies(shadow, copying)}; it may be 0 to {percent(open_ratio.high)} %: {open_ratio.why}"
    return _no_copies(shadow, copying)


def _no_copies(shadow: report.ShadowLines, copying: report.Copying | None) -> str:
    if not shadow.total:
        return "the shadow's log has no request at all"
    if copying:
        return (
            f"the shadow's {shadow.total:,} lines are traffic of its own: they pair no better than by chance, which "
            f"leaves at most {percent(copying.high)} % of the requests that may have been copied"
        )
    if shadow.total == 1:
        return f"the shadow's only line is {'direct traffic' if shadow.direct else 'no copy of one of them'}"
    if shadow.direct:
        direct = counted(shadow.direct, "is", "are")
        return f"none of the shadow's {shadow.total:,} lines is a copy: {direct} direct traffic"
    return f"none of the shadow's {shadow.total:,} lines is a copy of one of them"


def _word(ratio: float, phases: tuple[report.Phase, ...], open_ratio: report.Range | None) -> str:
    if len(phases) == 1:
        if ratio == 1:
            return "UNCLEAR" if open_ratio and open_ratio.low < 1 else "MIRRORING"
        return "INCOMPLETE" if ratio >= constants.INCOMPLETE_FROM else "PARTIAL"
    first, last = phases[0], phases[-1]
    if any(not phase.paired for phase in phases[1:-1]):
        return "INTERRUPTED"
    if first.paired and last.paired:
        return "CHANGED"
    if not first.paired and not last.paired:
        return "STARTED AND STOPPED"
    return "STOPPED" if first.paired else "STARTED"


def _course(phases: tuple[report.Phase, ...]) -> str:
    """How the ratio went, phase by phase; the first four."""
    dated = phases[0].from_.date() != phases[-1].to.date()
    clock = "%Y-%m-%d %H:%M:%S" if dated else "%H:%M:%S"
    steps = ", then ".join(_step(phase, clock) for phase in phases[:_MOST_STEPS])
    more = len(phases) - _MOST_STEPS
    return f"{steps}; {counted(more, 'more phase', 'more phases')}" if more > 0 else steps


def _step(phase: report.Phase, clock: str) -> str:
    if not phase.paired:
        what = f"none of {phase.originals:,}"
    elif not phase.missed:
        what = f"{phase.paired:,} of {phase.originals:,}"
    else:
        what = f"{phase.paired:,} of {phase.originals:,} ({percent(phase.paired / phase.originals)} %)"
    return f"{what} from {phase.from_:{clock}}"


def missed_range(doubts: Doubts, partition: Partition, shadow: Sequence[Part]) -> report.MissedRange | None:
    """The missed originals as a range where the evidence leaves it open, None where the count is sure."""
    count = partition.missed
    open_ = list(_uncertainties(doubts, partition, shadow))
    retries = min(count, sum(each.retries for each in open_))
    copied = min(count - retries, sum(each.copied for each in open_))
    hidden = max((each.hidden for each in open_), default=0)
    why = "; ".join(each.why for each in open_)
    return report.MissedRange(count - retries - copied, count + hidden, why, copied) if open_ else None


@dataclass(frozen=True, slots=True)
class _Uncertainty:
    """Why it is open how many were missed: misses that may be `retries` or have been `copied`, and `hidden` ones."""

    why: str
    retries: int = 0
    copied: int = 0
    hidden: int = 0


def _uncertainties(doubts: Doubts, partition: Partition, shadow: Sequence[Part]) -> Iterator[_Uncertainty]:
    """What leaves it open, of so many misses and pairs."""
    count, paired = partition.missed, partition.paired
    unpaired, spare = (any(of[each] for each in _UNPAIRED) for of in (partition.originals, partition.shadow))
    ambiguous = doubts.ambiguity.counts(unpaired=unpaired, spare=spare)
    if doubts.open and paired:
        perhaps = unparsed_copies(shadow) + partition.shadow[Outcome.UNOBSERVED]
        yield _Uncertainty(f"{SPLIT}: {CHANCE}", copied=perhaps, hidden=paired)
    # Where the pairs are open, so is which lines have none.
    if retries := min(count, doubts.perhaps_retries if doubts.open else doubts.missed_retries):
        yield _Uncertainty(_may_be_retries(retries, proven=doubts.retries == Evidence.PROVEN), retries=retries)
    if repeated := min(count, doubts.repeated_ids):
        # The proxy's attempts, or requests to which a client gave the id of another.
        ids = "the id of a request that did not fail before, and may be"
        own = counted(
            repeated, f"repeats {ids} a retry or a request of its", f"repeat {ids} retries or requests of their"
        )
        yield _Uncertainty(f"{own} own", retries=repeated)
    if early := min(count, doubts.early_misses):
        lines = counted(early, "line of the first moments may be a retry", "lines of the first moments may be retries")
        yield _Uncertainty(f"{lines} of requests before the log begins", retries=early)
    if copied := min(count, ambiguous.copied):
        yield _Uncertainty("copies taken for second ones of a request may be those of others", copied=copied)
    if not doubts.open:
        yield from _uncertainties_of_pairs(doubts, ambiguous, partition, shadow)


def _uncertainties_of_pairs(
    doubts: Doubts, ambiguous: AmbiguousCounts, partition: Partition, shadow: Sequence[Part]
) -> Iterator[_Uncertainty]:
    """What leaves it open whether the pairs are ones, and whether lines that did not parse are copies."""
    count = partition.missed
    busy = ambiguous.hidden
    if busy:
        yield _Uncertainty(_UNDECIDABLE if doubts.undecidable else _BUSY, hidden=busy)
    if (hidden := accidents(partition.paired, count, doubts.copied)) > busy:
        yield _Uncertainty(_ACCIDENTS, hidden=hidden)
    if count and (unparsed := unparsed_copies(shadow)):
        lines, each = counted(unparsed, "line", "lines"), "" if unparsed == 1 else "each "
        why = f"{lines} of the shadow did not parse, and {each}may be the copy of one of them"
        yield _Uncertainty(why, copied=unparsed)
    if count and (repeated := sum(part.counts.unproven for part in shadow)):
        yield _Uncertainty(
            f"of what two files of the shadow hold alike, {repeated:,} may be copies, too", copied=repeated
        )


def copying(copied: CopiedShare | None) -> report.Copying | None:
    """What the test against chance says, None where there was none."""
    if copied is None:
        return None
    share, low, high = (min(1.0, max(0.0, each)) for each in (copied.estimate, copied.low, copied.high))
    return report.Copying(str(copied.copying), share, low, high)


def accidents(paired: int, missed: int, copied: CopiedShare | None) -> int:
    """How many of the pairs of the ratio may be accidents: those beyond what chance cannot explain."""
    decided = paired + missed
    if copied is None or (copied.high + constants.MODEL_ERROR) * decided >= paired:
        return 0
    return paired - int(max(0.0, copied.low) * decided)


def unparsed_copies(shadow: Sequence[Part]) -> int:
    """The shadow's lines that did not parse: each may be the copy of any original that has none."""
    return sum(part.counts.unparsed for part in shadow)


def _may_be_retries(count: int, *, proven: bool) -> str:
    if proven:
        return f"up to {count:,} more may be retries"
    return f"{count:,} may be retries of failed requests: too few isolated ones to prove it"


def ratio_range(partition: Partition, missed: report.MissedRange | None) -> report.Range | None:
    """The ends of the ratio that belong to the ends of the missed originals."""
    paired, count = partition.paired, partition.missed
    if missed is None or not paired + count:
        return None
    fewest_paired = paired - max(0, int(missed.high) - count)
    # A retry is no request of its own; a request whose copy did not parse is one that was copied.
    most_paired = paired + (missed.copied or 0)
    most = most_paired / max(1, most_paired + int(missed.low))
    return report.Range(max(0, fewest_paired) / (paired + count), most, missed.why)


def writes_mirrored(settled: Settled) -> Counter[str]:
    """Copies of requests with side effects, by method: all that are paired, and others that are copies for sure.

    An orphan, a duplicate, or a copy whose original lies before the logs was mirrored all the same if it carries the
    marker, and so was one that is excluded for what its own text says. Where there is no marker, nothing but a pair is
    certain, and where chance explains the pairs, nothing is.
    """
    if settled.open:
        return Counter()
    outcome = settled.shadow_outcome
    unpaired = np.isin(outcome, (Outcome.ORPHAN, Outcome.DUPLICATE, Outcome.UNOBSERVED))
    mirrored = (outcome == Outcome.PAIRED) | (settled.sure_copies & unpaired)
    mirrored[excluded_copies(settled)] = True
    methods = settled.shadow.table["method"].to_numpy()[mirrored]
    codes, counts = np.unique(methods, return_counts=True)
    named = {method_name(code): int(count) for code, count in zip(codes, counts, strict=True)}
    return Counter({name: count for name, count in named.items() if name and name not in _SAFE_METHODS})


def expected(percent: float | None, ratio: report.Ratio) -> report.Expected | None:
    """Whether the interval holds the percentage that --expect gives."""
    if percent is None:
        return None
    if ratio.low is None or ratio.high is None:
        return report.Expected(percent, None)
    return report.Expected(percent, ratio.low <= percent / 100 <= ratio.high)
