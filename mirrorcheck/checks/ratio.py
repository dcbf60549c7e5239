"""What is judged of a report and what is expected of its mirror ratio in, the check of the ratio out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mirrorcheck.checks.expectations import Expectations, Limit, percent
from mirrorcheck.checks.proportions import Band, Judgement, join, judge, requests_more
from mirrorcheck.checks.reasons import because, interval, span_text, when
from mirrorcheck.checks.stretches import CheckedRatio, RatioSpan
from mirrorcheck.checks.verdicts import Check, CheckResult
from mirrorcheck.report.model import Report

_NEARLY_ALL = 0.9  # from here on a miss is an exception, and worth its name


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the ratio: its band, and how it is written."""

    name: str
    option: str
    band: Band
    expected: str


def ratio_checks(report: Report, looked_at: CheckedRatio, wanted: Expectations) -> Iterator[Check]:
    """The checks that ask for a ratio: --expect, --min-ratio and --max-missed."""
    if wanted.expect is not None and wanted.band:
        expected = f"{percent(wanted.expect)} % +-{percent(wanted.within)}"
        yield _band_check(report, looked_at, wanted, _Question("mirror ratio", "expect", wanted.band, expected))
    elif wanted.expect is not None:
        yield _every_request(report, looked_at, wanted)
    if wanted.min_ratio is not None:
        band, expected = Band(wanted.min_ratio, 1.0), f"at least {percent(wanted.min_ratio)} %"
        yield _band_check(report, looked_at, wanted, _Question("minimum mirror ratio", "min-ratio", band, expected))
    if wanted.max_missed is not None and not (wanted.expect == 1.0 and not wanted.within):
        yield _missed(report, looked_at, wanted, wanted.max_missed)


def _missed(report: Report, looked_at: CheckedRatio, wanted: Expectations, limit: Limit) -> Check:
    if limit.share is not None:
        band, expected = Band(round(1.0 - limit.share, 12), 1.0), f"at most {limit.text}"
        check = _band_check(report, looked_at, wanted, _Question("missed requests", "max-missed", band, expected))
        turned = None if check.value is None else 1.0 - check.value
        low, high = (None if end is None else 1.0 - end for end in (check.high, check.low))
        found = check.found if turned is None else _missed_share(looked_at, low, high)
        evidence = f"{looked_at.missed:,} of {looked_at.originals:,}"
        return replace(check, value=turned, low=low, high=high, found=found, evidence=evidence, count=looked_at.missed)
    low, high, allowed = looked_at.missed_low, looked_at.missed_high, limit.count or 0
    verdict = CheckResult.INCONCLUSIVE
    if looked_at.originals:
        verdict = CheckResult.FAIL if low > allowed else CheckResult.PASS if high <= allowed else verdict
    check = Check(
        name="missed requests",
        option="max-missed",
        verdict=verdict,
        expected=f"at most {limit.text}",
        found=_count_text(looked_at),
        evidence=f"of {looked_at.originals:,}",
        value=looked_at.missed,
        low=low,
        high=high,
        count=looked_at.missed,
        total=looked_at.originals,
    )
    return replace(check, notes=because(report, looked_at, check, nearly_all=True))


def _missed_share(looked_at: CheckedRatio, low: float | None, high: float | None) -> str:
    lowest, highest = looked_at.ends
    return span_text(1.0 - highest, 1.0 - lowest, low, high)


def _count_text(looked_at: CheckedRatio) -> str:
    if looked_at.missed_low == looked_at.missed_high:
        return f"{looked_at.missed:,}"
    return f"{looked_at.missed_low:,} to {looked_at.missed_high:,}"


def _every_request(report: Report, looked_at: CheckedRatio, wanted: Expectations) -> Check:
    """100 % and 0 %: one request to the contrary falsifies either, and without one it takes `min_requests` to pass."""
    everything = wanted.expect == 1.0
    least, most = (looked_at.missed_low, looked_at.missed_high) if everything else _copied(looked_at)
    allowed = _allowed(looked_at, wanted) if everything else 0
    verdict, more = CheckResult.PASS, 0
    if least > allowed:
        verdict = CheckResult.FAIL
    elif most > allowed:
        verdict = CheckResult.INCONCLUSIVE
    elif looked_at.originals < max(1, wanted.min_requests):
        verdict, more = CheckResult.INCONCLUSIVE, max(1, wanted.min_requests) - looked_at.originals
    value, low, high = _interval(looked_at, wanted)
    told = f"{looked_at.missed:,} of {looked_at.originals:,} missed"
    copied = f"{looked_at.paired:,} of {looked_at.originals:,} copied"
    check = Check(
        name="mirror ratio",
        option="expect",
        verdict=verdict,
        expected=f"{percent(wanted.expect or 0.0)} %" + (f", {allowed:,} may miss" if allowed else ""),
        found=_found(looked_at, low, high),
        evidence=told if everything and looked_at.missed else copied,
        value=value,
        low=low,
        high=high,
        count=looked_at.paired,
        total=looked_at.originals,
        more=more or None,
    )
    return replace(check, notes=because(report, looked_at, check, nearly_all=everything))


def _found(looked_at: CheckedRatio, low: float | None, high: float | None) -> str:
    """The ratio, or its range where the logs leave it open, and an interval where there is one."""
    return span_text(*looked_at.ends, low, high) if looked_at.originals else "no requests"


def _copied(looked_at: CheckedRatio) -> tuple[int, int]:
    hidden = looked_at.missed_high - looked_at.missed
    return max(0, looked_at.paired - hidden), looked_at.paired + min(looked_at.perhaps_copied, looked_at.missed)


def _allowed(looked_at: CheckedRatio, wanted: Expectations) -> int:
    """How many misses --max-missed allows beside --expect 100; a share is that of the requests there are."""
    limit = wanted.max_missed
    if limit is None:
        return 0
    # Rounded, because 1 % of 300 is 3, and in binary fractions a little less.
    return int(round(limit.share * looked_at.originals, 9)) if limit.share is not None else limit.count or 0


def _interval(looked_at: CheckedRatio, wanted: Expectations) -> tuple[float | None, float | None, float | None]:
    """The ratio, and where it comes from one stretch without a doubt its two-sided interval."""
    if not looked_at.originals:
        return None, None, None
    value = looked_at.paired / looked_at.originals
    if not looked_at.sure:
        return value, None, None
    [sample] = looked_at.stretches[0].samples
    if not sample.trials:
        return value, None, None
    one_sided = looked_at.paired in {0, looked_at.originals}
    low, high = sample.bounds((1.0 - wanted.confidence) / (1.0 if one_sided else 2.0))
    return value, low, high


def _band_check(report: Report, looked_at: CheckedRatio, wanted: Expectations, question: _Question) -> Check:
    """Every stretch must keep the band, and every end of what the logs leave open; one that breaks it is enough."""
    judgements = [_judge(question.band, stretch, wanted.confidence) for stretch in looked_at.stretches]
    low, high = (judgements[0].low, judgements[0].high) if len(judgements) == 1 else (None, None)
    p_value = min(1.0, len(judgements) * min((each.p_value for each in judgements), default=1.0))
    verdict = _joint([each.verdict for each in judgements])
    if verdict == CheckResult.FAIL and p_value > 1.0 - wanted.confidence:
        verdict = CheckResult.INCONCLUSIVE  # the worst of many phases breaks any band now and then
    value = looked_at.paired / looked_at.originals if looked_at.originals else None
    check = Check(
        name=question.name,
        option=question.option,
        verdict=verdict,
        expected=question.expected,
        found=_found(looked_at, low, high),
        evidence=f"{looked_at.paired:,} of {looked_at.originals:,}",
        value=value,
        low=low,
        high=high,
        count=looked_at.paired,
        total=looked_at.originals,
        p_value=p_value,
        more=_more(question.band, looked_at, wanted) if verdict == CheckResult.INCONCLUSIVE else None,
    )
    reasons = because(report, looked_at, check, nearly_all=question.band.low >= _NEARLY_ALL)
    return replace(check, notes=(*_phase_notes(looked_at, judgements), *reasons))


def _joint(verdicts: list[CheckResult]) -> CheckResult:
    if CheckResult.FAIL in verdicts:
        return CheckResult.FAIL
    return CheckResult.PASS if verdicts and set(verdicts) == {CheckResult.PASS} else CheckResult.INCONCLUSIVE


def _judge(band: Band, stretch: RatioSpan, confidence: float) -> Judgement:
    return join([judge(band, sample, confidence) for sample in stretch.samples])


def _more(band: Band, looked_at: CheckedRatio, wanted: Expectations) -> int | None:
    """How many requests would settle it; None where it is not their number that leaves it open."""
    if len(looked_at.stretches) != 1:
        return None
    samples = looked_at.stretches[0].samples

    def judge_at(trials: float) -> CheckResult:
        return join([judge(band, sample.scaled(trials), wanted.confidence) for sample in samples]).verdict

    return requests_more(judge_at, looked_at.originals)


def _phase_notes(looked_at: CheckedRatio, judgements: list[Judgement]) -> Iterator[str]:
    """Each phase that does not keep the band, by its moment."""
    if len(judgements) > 1:
        what = "rule or ratio" if looked_at.off_by_rule else "ratio"
        yield f"the {what} changed, and each of the {len(judgements)} phases is judged by itself"
    else:
        return
    for stretch, judgement in zip(looked_at.stretches, judgements, strict=True):
        if judgement.verdict != CheckResult.PASS:
            found = f"{stretch.paired:,} of {stretch.originals:,}, {interval(judgement.low, judgement.high)}"
            yield f"{judgement.verdict}: {found}, {when(stretch.from_, stretch.to)}"
