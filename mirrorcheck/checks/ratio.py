"""Checks the mirror ratio."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mirrorcheck.checks.checked_ratio import CheckedRatio
from mirrorcheck.checks.expectations import Expectations, Limit, percent
from mirrorcheck.checks.proportions import Band, Judgement, join, judge, requests_more
from mirrorcheck.checks.reasons import because, count_text, interval, span_text, when
from mirrorcheck.checks.verdicts import Check, CheckResult, joint
from mirrorcheck.report.model import Report

_NEARLY_ALL = 0.9  # from here on a miss is an exception, and worth its name


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the ratio: its band, and how it is written."""

    name: str
    option: str
    band: Band
    expected: str


def ratio_checks(report: Report, checked: CheckedRatio, wanted: Expectations) -> Iterator[Check]:
    """The checks that ask for a ratio: --expect, --min-ratio and --max-missed."""
    if wanted.expect is not None and wanted.band:
        expected = f"{percent(wanted.expect)} % +-{percent(wanted.within)}"
        yield _band_check(report, checked, wanted, _Question("mirror ratio", "expect", wanted.band, expected))
    elif wanted.expect is not None:
        yield _every_request(report, checked, wanted)
    if wanted.min_ratio is not None:
        band, expected = Band(wanted.min_ratio, 1.0), f"at least {percent(wanted.min_ratio)} %"
        yield _band_check(report, checked, wanted, _Question("minimum mirror ratio", "min-ratio", band, expected))
    if wanted.max_missed is not None and not (wanted.expect == 1.0 and not wanted.within):
        yield _missed(report, checked, wanted, wanted.max_missed)


def _missed(report: Report, checked: CheckedRatio, wanted: Expectations, limit: Limit) -> Check:
    if limit.share is not None:
        band, expected = Band(round(1.0 - limit.share, 12), 1.0), f"at most {limit.text}"
        check = _band_check(report, checked, wanted, _Question("missed requests", "max-missed", band, expected))
        turned = None if check.value is None else 1.0 - check.value
        low, high = (None if end is None else 1.0 - end for end in (check.high, check.low))
        found = check.found
        if turned is not None:
            found = span_text(1.0 - checked.ends[1], 1.0 - checked.ends[0], low, high)
        evidence = f"{checked.missed:,} of {checked.originals:,}"
        return replace(check, value=turned, low=low, high=high, found=found, evidence=evidence, count=checked.missed)
    low, high, allowed = checked.missed_low, checked.missed_high, limit.count or 0
    verdict = CheckResult.INCONCLUSIVE
    if checked.originals:
        verdict = CheckResult.FAIL if low > allowed else CheckResult.PASS if high <= allowed else verdict
    check = Check(
        name="missed requests",
        option="max-missed",
        verdict=verdict,
        expected=f"at most {limit.text}",
        found=count_text(low, high),
        evidence=f"of {checked.originals:,}",
        value=checked.missed,
        low=low,
        high=high,
        count=checked.missed,
        total=checked.originals,
    )
    return replace(check, notes=because(report, checked, check, nearly_all=True))


def _every_request(report: Report, checked: CheckedRatio, wanted: Expectations) -> Check:
    """100 % and 0 %: one request to the contrary falsifies either, and without one it takes `min_requests` to pass."""
    everything = wanted.expect == 1.0
    least, most = (checked.missed_low, checked.missed_high) if everything else _copied(checked)
    allowed = _allowed(checked, wanted) if everything else 0
    verdict, more = CheckResult.PASS, 0
    if least > allowed:
        verdict = CheckResult.FAIL
    elif most > allowed:
        verdict = CheckResult.INCONCLUSIVE
    elif checked.originals < max(1, wanted.min_requests):
        verdict, more = CheckResult.INCONCLUSIVE, max(1, wanted.min_requests) - checked.originals
    value, low, high = _interval(checked, wanted)
    missed = f"{checked.missed:,} of {checked.originals:,} missed"
    copied = f"{checked.paired:,} of {checked.originals:,} copied"
    check = Check(
        name="mirror ratio",
        option="expect",
        verdict=verdict,
        expected=f"{percent(wanted.expect or 0.0)} %" + (f", {allowed:,} may miss" if allowed else ""),
        found=_found(checked, low, high),
        evidence=missed if everything and checked.missed else copied,
        value=value,
        low=low,
        high=high,
        count=checked.paired,
        total=checked.originals,
        more=more or None,
    )
    return replace(check, notes=because(report, checked, check, nearly_all=everything))


def _found(checked: CheckedRatio, low: float | None, high: float | None) -> str:
    """The ratio, or its range where the logs leave it open, and an interval where there is one."""
    return span_text(*checked.ends, low, high) if checked.originals else "no requests"


def _copied(checked: CheckedRatio) -> tuple[int, int]:
    hidden = checked.missed_high - checked.missed
    return max(0, checked.paired - hidden), checked.paired + min(checked.perhaps_copied, checked.missed)


def _allowed(checked: CheckedRatio, wanted: Expectations) -> int:
    """How many misses --max-missed allows beside --expect 100; a share is that of the requests there are."""
    limit = wanted.max_missed
    if limit is None:
        return 0
    # Rounded, because 1 % of 300 is 3, and in binary fractions a little less.
    return int(round(limit.share * checked.originals, 9)) if limit.share is not None else limit.count or 0


def _interval(checked: CheckedRatio, wanted: Expectations) -> tuple[float | None, float | None, float | None]:
    """The ratio, and where one stretch with certain counts makes it its two-sided interval."""
    if not checked.originals:
        return None, None, None
    value = checked.paired / checked.originals
    if not checked.sure:
        return value, None, None
    [sample] = checked.stretches[0].samples
    if not sample.trials:
        return value, None, None
    one_sided = checked.paired in {0, checked.originals}
    low, high = sample.bounds((1.0 - wanted.confidence) / (1.0 if one_sided else 2.0))
    return value, low, high


def _band_check(report: Report, checked: CheckedRatio, wanted: Expectations, question: _Question) -> Check:
    """Every stretch must keep the band, and every end of what the logs leave open; one that breaks it is enough."""
    judgements = [
        join([judge(question.band, sample, wanted.confidence) for sample in stretch.samples])
        for stretch in checked.stretches
    ]
    low, high = (judgements[0].low, judgements[0].high) if len(judgements) == 1 else (None, None)
    p_value = min(1.0, len(judgements) * min((each.p_value for each in judgements), default=1.0))
    verdict = joint([each.verdict for each in judgements])
    if verdict == CheckResult.FAIL and p_value > 1.0 - wanted.confidence:
        verdict = CheckResult.INCONCLUSIVE  # the worst of many phases breaks any band now and then
    value = checked.paired / checked.originals if checked.originals else None
    check = Check(
        name=question.name,
        option=question.option,
        verdict=verdict,
        expected=question.expected,
        found=_found(checked, low, high),
        evidence=f"{checked.paired:,} of {checked.originals:,}",
        value=value,
        low=low,
        high=high,
        count=checked.paired,
        total=checked.originals,
        p_value=p_value,
        more=_more(question.band, checked, wanted) if verdict == CheckResult.INCONCLUSIVE else None,
    )
    reasons = because(report, checked, check, nearly_all=question.band.low >= _NEARLY_ALL)
    return replace(check, notes=(*_phase_notes(checked, judgements), *reasons))


def _more(band: Band, checked: CheckedRatio, wanted: Expectations) -> int | None:
    """How many requests would settle it; None where it is not their number that leaves it open."""
    if len(checked.stretches) != 1:
        return None
    samples = checked.stretches[0].samples

    def judge_at(trials: float) -> CheckResult:
        return join([judge(band, sample.scaled(trials), wanted.confidence) for sample in samples]).verdict

    return requests_more(judge_at, checked.originals)


def _phase_notes(checked: CheckedRatio, judgements: list[Judgement]) -> Iterator[str]:
    """Each phase that does not keep the band, by its moment."""
    if len(judgements) <= 1:
        return
    what = "rule or ratio" if checked.off_by_rule else "ratio"
    yield f"the {what} changed, and each of the {len(judgements)} phases is judged by itself"
    for stretch, judgement in zip(checked.stretches, judgements, strict=True):
        if judgement.verdict != CheckResult.PASS:
            found = f"{stretch.paired:,} of {stretch.originals:,}, {interval(judgement.low, judgement.high)}"
            yield f"{judgement.verdict}: {found}, {when(stretch.from_, stretch.to)}"
