"""Checks a report, or its JSON document, against expectations, and corrects the verdicts for being many."""

from collections.abc import Mapping
from dataclasses import replace

from mirrorcheck.checks.checked_ratio import CheckedRatio, judged
from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.checks.limits import limit_checks
from mirrorcheck.checks.proportions import holm
from mirrorcheck.checks.ratio import ratio_checks
from mirrorcheck.checks.sequential import EveryRequest, SequentialTest
from mirrorcheck.checks.unjudged import not_judged, unjudged_checks, with_unjudged
from mirrorcheck.checks.verdicts import Check, CheckResult, Verdicts
from mirrorcheck.pairing import CopyingKind
from mirrorcheck.report.load import read_report
from mirrorcheck.report.model import Report
from mirrorcheck.report.several import Reports
from mirrorcheck.totals.verdict import CHANCE, SPLIT

_OF_THE_TEST = frozenset({"expect", "min-ratio"})
_OF_A_RANGE = frozenset({"expect", "min-ratio", "max-missed"})  # whose range holds what chance may have paired
_OPEN = f"{CHANCE}: {SPLIT}; log $http_x_request_id on both"
_OF_NO_PAIR = frozenset({"max-unobserved", "max-excluded", "max-unparsed", "min-requests"})


def evaluate(
    found: Report | Mapping[str, object], wanted: Expectations, test: SequentialTest | EveryRequest | None = None
) -> Verdicts:
    """Hold a report, or the parsed JSON document of one, against what is expected of it.

    `test`: of the ratio, where the report was made when it was sure: looked at again and again, nothing else will do.

    That all pass needs no correction for their number: each has to (intersection-union). That one fails does, since of
    many true expectations one fails by chance: failures of tests are held against Holm's bounds. What is counted rather
    than tested takes no part. Raises InputError for a document that is none.
    """
    report = found if isinstance(found, Report) else read_report(found)
    checked = judged(report, while_on=wanted.while_on)
    checks = (
        *ratio_checks(report, checked, wanted),
        *limit_checks(report, checked, wanted),
        *unjudged_checks(report, wanted),
    )
    if test is not None:
        checks = tuple(_by(test, check, checked) if check.option in _OF_THE_TEST else check for check in checks)
    if report.copying and report.copying.kind == CopyingKind.OPEN:
        checks = tuple(check if check.option in _OF_NO_PAIR else _by_chance(check) for check in checks)
    checks = with_unjudged(_corrected(checks, wanted.confidence), report, wanted, stopped=test is not None)
    return Verdicts(checks, wanted.confidence, not_judged(report))


def evaluate_all(
    reports: Reports, wanted: Expectations, tests: Mapping[str, SequentialTest | EveryRequest] | None = None
) -> Verdicts:
    """Hold the reports on several shadows against what is expected of each; tests: as in `evaluate`, by name."""
    tests = tests or {}
    return Verdicts.together({name: evaluate(report, wanted, tests.get(name)) for name, report in reports.items()})


def _by(test: SequentialTest | EveryRequest, check: Check, checked: CheckedRatio) -> Check:
    """The check of the ratio with the verdict of the sequential test, unless what did not parse leaves it open."""
    if checked.perhaps_copied and check.verdict == CheckResult.INCONCLUSIVE:
        return check
    requests = test.paired + test.missed
    sure = "not sure yet" if test.verdict == CheckResult.INCONCLUSIVE else "sure"
    note = f"{sure} after {requests:,} requests in the order of their time, looked at as they came"
    notes = (note, *check.notes) if test.verdict == check.verdict else (note,)
    return replace(check, verdict=test.verdict, notes=notes, p_value=None, more=None)


def _by_chance(check: Check) -> Check:
    """The check where the pairs may be accidents: what lies beyond the whole range still fails, and nothing passes."""
    fails = check.verdict == CheckResult.FAIL and check.option in _OF_A_RANGE
    return check if fails else replace(check, verdict=CheckResult.INCONCLUSIVE, notes=(_OPEN, *check.notes), more=None)


def _corrected(checks: tuple[Check, ...], confidence: float) -> tuple[Check, ...]:
    tests = [index for index, check in enumerate(checks) if check.p_value is not None]
    rejected = holm((checks[index].p_value or 0.0 for index in tests), 1.0 - confidence)
    kept = {
        index
        for index, fails in zip(tests, rejected, strict=True)
        if checks[index].verdict == CheckResult.FAIL and not fails
    }
    return tuple(_not_rejected(check, len(tests)) if index in kept else check for index, check in enumerate(checks))


def _not_rejected(check: Check, tests: int) -> Check:
    note = f"fails by itself (p = {check.p_value:.2g}), but one of {tests} checks may do so by chance"
    return replace(check, verdict=CheckResult.INCONCLUSIVE, notes=(note, *check.notes))
