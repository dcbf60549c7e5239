"""Checks upper limits: counts as they are, shares by binomial tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from mirrorcheck.checks.checked_ratio import CheckedRatio
from mirrorcheck.checks.expectations import Expectations, Limit, percent
from mirrorcheck.checks.proportions import Band, Sample, join, judge, requests_more
from mirrorcheck.checks.reasons import count_text, ratio_text
from mirrorcheck.checks.verdicts import NO_DATA, Check, CheckResult
from mirrorcheck.report.model import CountedResponses, Report, Responses

_WAY_OUT = "which copy is whose is open: log $http_x_request_id on both sides"
_STATUS_MISSING = "the status is not logged on both sides: add $status to the log_format of both"
_TIME_MISSING = "how long a request took is not logged on both sides: add $request_time to the log_format of both"
_ORIGINALS_UNPARSED = "{:,} may be copies of requests of the primary that did not parse"
_LEVELS = 20  # the quantiles of a report are those of 1 to 19 twentieths


@dataclass(frozen=True, slots=True)
class _Observed:
    """How many of `total` were counted; up to `perhaps` more may be, or `fewer` less, for the reason `why`.

    nothing: why there is no total, where there is none.
    """

    name: str
    option: str
    count: int
    total: int
    noun: str
    perhaps: int = 0
    fewer: int = 0
    why: str = ""
    nothing: str = NO_DATA


def limit_checks(report: Report, checked: CheckedRatio, wanted: Expectations) -> Iterator[Check]:
    """The checks of orphans, duplicates, answers and side effects, and of how many requests there are."""
    for observed, limit in _observed(report, checked, wanted):
        yield _share(observed, limit.share, wanted) if limit.share is not None else _count(observed, limit.count or 0)
    if wanted.max_latency_ratio is not None:
        yield _latency(report, wanted.max_latency_ratio, wanted)
    if wanted.forbid_writes:
        yield _writes(report)
    if wanted.requests is not None:
        yield _requests(checked, wanted.requests)


def _observed(report: Report, checked: CheckedRatio, wanted: Expectations) -> Iterator[tuple[_Observed, Limit]]:
    shadow, responses = report.shadow, report.responses
    copies = shadow.paired + shadow.orphan + shadow.duplicate
    # What hides a miss is a copy that belongs to none: an orphan, or a second copy of another original.
    perhaps = checked.missed_high - checked.missed
    why = report.missed_range.why if report.missed_range else ""
    if wanted.max_orphans is not None:
        unparsed = min(shadow.orphan, report.primary.lines.unparsed)
        reason = "; ".join(filter(None, (why, _ORIGINALS_UNPARSED.format(unparsed) if unparsed else "")))
        seen = _Observed("orphans", "max-orphans", shadow.orphan, copies, "copies", perhaps, unparsed, reason)
        yield seen, wanted.max_orphans
    if wanted.max_duplicates is not None:
        seen = _Observed("duplicates", "max-duplicates", shadow.duplicate, copies, "copies", perhaps, why=why)
        yield seen, wanted.max_duplicates
    counted = _counted(responses)
    if wanted.max_status_changes is not None:
        changed = _Among(_with_status(responses) - responses.status_equal, *counted.status_changes)
        seen = _of_status(responses, "status changes", "max-status-changes", changed, perhaps)
        yield seen, wanted.max_status_changes
    if wanted.max_new_5xx is not None:
        errors = _Among(responses.new_server_errors, *counted.new_server_errors)
        yield _of_status(responses, "new server errors", "max-new-5xx", errors, perhaps), wanted.max_new_5xx


def _with_status(responses: Responses) -> int:
    """How many of the compared pairs have a status on both sides."""
    return responses.compared if responses.status_compared is None else responses.status_compared


def _counted(responses: Responses) -> CountedResponses:
    """The pairs that were compared by counts; where an older version wrote the report, nothing is known of them."""
    others = _not_compared(responses)
    return CountedResponses(others, 0, 0, others, 0, others) if responses.counted is None else responses.counted


def _not_compared(responses: Responses) -> int:
    """How many pairs were not compared one by one."""
    return max(0, responses.paired - responses.compared)


@dataclass(frozen=True, slots=True)
class _Among:
    """Pairs with something: of those that are certain, None where that is not known, and of the others at both ends."""

    certain: int | None
    low: int
    high: int


def _of_status(responses: Responses, name: str, option: str, found: _Among, no_pairs: int) -> _Observed:
    """What was counted of the pairs with a status on both sides; any of the others may be one as well.

    no_pairs: how many pairs may be none, as a miss may be hidden among them.
    """
    counted, known = _counted(responses), _with_status(responses) if found.certain is not None else 0
    logged = known > 0 or counted.status_compared > 0
    lacking = responses.compared - known if logged else 0
    by_counts = logged and counted.pairs > 0
    fewer = min(found.low, no_pairs) if by_counts else 0
    whys = [f"{lacking:,} certain pairs lack a status on one side"] if lacking else []
    if by_counts and (fewer or found.low < found.high):
        whys.append(f"{_identical(counted.pairs)} are compared by their numbers of each status alone, as {_WAY_OUT}")
    return _Observed(
        name=name,
        option=option,
        count=(found.certain or 0) + (found.low if by_counts else 0),
        total=known + lacking + (counted.pairs if by_counts else 0),
        noun=f"pairs, {responses.compared:,} of them certain" if by_counts else "certain pairs",
        perhaps=lacking + (found.high - found.low if by_counts else 0),
        fewer=fewer,
        why="; ".join(whys),
        nothing=_STATUS_MISSING if responses.paired and found.certain is not None else NO_DATA,
    )


def _identical(pairs: int) -> str:
    return f"{pairs:,} {'pair' if pairs == 1 else 'pairs'} of identical requests"


def _count(seen: _Observed, allowed: int) -> Check:
    verdict = CheckResult.INCONCLUSIVE
    if seen.total:
        verdict = (
            CheckResult.FAIL if _fewest(seen) > allowed else CheckResult.PASS if _most(seen) <= allowed else verdict
        )
    open_ = verdict == CheckResult.INCONCLUSIVE and seen.total
    return Check(
        name=seen.name,
        option=seen.option,
        verdict=verdict,
        expected=f"at most {allowed:,}" if allowed else "0",
        found=count_text(_fewest(seen), _most(seen)),
        evidence=f"of {seen.total:,} {seen.noun}",
        notes=(*([] if seen.total else [seen.nothing]), *([seen.why] if open_ else [])),
        value=seen.count,
        low=_fewest(seen),
        high=_most(seen),
        count=seen.count,
        total=seen.total,
    )


def _fewest(seen: _Observed) -> int:
    return seen.count - seen.fewer


def _most(seen: _Observed) -> int:
    return min(seen.total, seen.count + seen.perhaps)


def _share(seen: _Observed, allowed: float, wanted: Expectations) -> Check:
    band = Band(0.0, allowed)
    samples = [Sample(hits, seen.total) for hits in dict.fromkeys((seen.count, _fewest(seen), _most(seen)))]
    judged = join([judge(band, sample, wanted.confidence) for sample in samples])
    notes = [] if seen.total else [seen.nothing]
    more = None
    if judged.verdict == CheckResult.INCONCLUSIVE and seen.total:
        notes += [seen.why] if len(samples) > 1 else []
        [first, *others] = samples
        more = (
            None
            if others
            else requests_more(lambda n: judge(band, first.scaled(n), wanted.confidence).verdict, seen.total)
        )
        notes += [f"needs about {more:,} more {seen.noun}"] if more else []
    return Check(
        name=seen.name,
        option=seen.option,
        verdict=judged.verdict,
        expected=f"at most {percent(allowed)} %",
        found=ratio_text(seen.count / seen.total, judged.low, judged.high) if seen.total else "nothing",
        evidence=f"{seen.count:,} of {seen.total:,} {seen.noun}",
        notes=tuple(notes),
        value=seen.count / seen.total if seen.total else None,
        low=judged.low,
        high=judged.high,
        count=seen.count,
        total=seen.total,
        p_value=judged.p_value,
        more=more,
    )


def _latency(report: Report, allowed: float, wanted: Expectations) -> Check:
    """The median by its order statistics: a quantile that surely lies beyond it bounds it, however they spread.

    Pairs that were not compared may all lie on the other side of it, so where they are most of all, nothing bounds it.
    """
    responses = report.responses
    total, value, others = responses.latency_compared, responses.latency_ratio, _not_compared(report.responses)
    low, high = _around_median(responses.latency_quantiles, total, others, wanted.confidence)
    verdict = CheckResult.INCONCLUSIVE
    if high is not None and high <= allowed:
        verdict = CheckResult.PASS
    elif low is not None and low > allowed:
        verdict = CheckResult.FAIL
    return Check(
        name="latency ratio",
        option="max-latency-ratio",
        verdict=verdict,
        expected=f"at most {allowed:g}",
        found=_median_text(value, low, high),
        evidence=f"median of {total:,} certain pairs" + (f"; {others:,} others not compared" if others else ""),
        notes=_latency_notes(total, others) if verdict == CheckResult.INCONCLUSIVE else (),
        value=value,
        low=low,
        high=high,
        total=total,
        p_value=_median_p_value(responses.latency_quantiles, total, others, allowed) if total else None,
    )


def _latency_notes(total: int, others: int) -> tuple[str, ...]:
    """What leaves the median open, and the ways out."""
    identical = (f"{_identical(others)} are not compared, as {_WAY_OUT}",) if others else ()
    return (*identical, "needs more pairs whose times are logged") if total else (_TIME_MISSING, *identical)


def _median_text(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "not logged"
    return f"{value:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low is not None and high is not None else "")


def _around_median(
    quantiles: tuple[float, ...], total: int, others: int, confidence: float
) -> tuple[float | None, float | None]:
    """The innermost of the known quantiles that hold the median between them, each end for itself (one-sided)."""
    if len(quantiles) != _LEVELS - 1 or not total:
        return None, None
    for level in range(_LEVELS // 2 - 1, 0, -1):
        if _chance_of_rank(level, total, others) <= 1.0 - confidence:
            return quantiles[level - 1], quantiles[_LEVELS - level - 1]
    return None, None


def _chance_of_rank(level: int, total: int, others: int) -> float:
    """How likely the median lies below the quantile of `level` twentieths, as do all `others` at worst."""
    # A quantile between two values is no larger than the upper one; that lies above the median if so few do not.
    return Sample(ceil(level / _LEVELS * (total - 1)) + others, total + others).chance_below(0.5)


def _median_p_value(quantiles: tuple[float, ...], total: int, others: int, allowed: float) -> float:
    """Of the median being at most `allowed`, by the highest known quantile below the median that lies above it."""
    above = [level for level in range(1, _LEVELS // 2) if quantiles[level - 1] > allowed]
    return _chance_of_rank(above[0], total, others) if above else 1.0


def _writes(report: Report) -> Check:
    shadow = report.shadow
    count, total = sum(report.writes_mirrored.values()), shadow.paired + shadow.orphan + shadow.duplicate
    judged = report.ratio.paired + report.ratio.missed
    methods = ", ".join(f"{method} {number:,}" for method, number in report.writes_mirrored.items())
    verdict = CheckResult.FAIL if count else CheckResult.PASS if judged else CheckResult.INCONCLUSIVE
    return Check(
        name="mirrored writes",
        option="forbid-writes",
        verdict=verdict,
        expected="none",
        found=f"{count:,}" if count else "none",
        evidence=f"of {total:,} copies",
        notes=(f"by method: {methods}",) if count else () if judged else (NO_DATA,),
        value=count,
        count=count,
        total=total,
    )


def _requests(checked: CheckedRatio, least: int) -> Check:
    lacking = max(0, least - checked.originals)
    return Check(
        name="requests",
        option="min-requests",
        verdict=CheckResult.INCONCLUSIVE if lacking else CheckResult.PASS,
        expected=f"at least {least:,}",
        found=f"{checked.originals:,}",
        evidence="judged",
        notes=(f"needs {lacking:,} more requests",) if lacking else (),
        value=checked.originals,
        count=checked.originals,
        more=lacking or None,
    )
