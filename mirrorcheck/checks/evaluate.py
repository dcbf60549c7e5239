"""A report, or its JSON document, and expectations in; the verdicts out, corrected for being many."""

from collections.abc import Mapping
from dataclasses import replace

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.checks.limits import limit_checks
from mirrorcheck.checks.proportions import holm
from mirrorcheck.checks.ratio import ratio_checks
from mirrorcheck.checks.stretches import judged
from mirrorcheck.checks.verdicts import Check, Verdict, Verdicts
from mirrorcheck.report import Report
from mirrorcheck.saved import read_report


def evaluate(found: Report | Mapping[str, object], wanted: Expectations) -> Verdicts:
    """Hold a report, or the parsed JSON document of one, against what is expected of it.

    That all pass needs no correction for their number: each has to (intersection-union). That one fails does, since of
    many true expectations one fails by chance: failures of tests are held against Holm's bounds. What is counted rather
    than tested takes no part. Raises InputError for a document that is none.
    """
    report = found if isinstance(found, Report) else read_report(found)
    looked_at = judged(report, while_on=wanted.while_on)
    checks = (*ratio_checks(report, looked_at, wanted), *limit_checks(report, looked_at, wanted))
    return Verdicts(_corrected(checks, wanted.confidence), wanted.confidence)


def _corrected(checks: tuple[Check, ...], confidence: float) -> tuple[Check, ...]:
    tests = [index for index, check in enumerate(checks) if check.p_value is not None]
    rejected = holm((checks[index].p_value or 0.0 for index in tests), 1.0 - confidence)
    doubtful = {
        index
        for index, fails in zip(tests, rejected, strict=True)
        if checks[index].verdict == Verdict.FAIL and not fails
    }
    return tuple(_doubted(check, len(tests)) if index in doubtful else check for index, check in enumerate(checks))


def _doubted(check: Check, tests: int) -> Check:
    note = f"fails by itself (p = {check.p_value:.2g}), but one of {tests} checks may do so by chance"
    return replace(check, verdict=Verdict.INCONCLUSIVE, notes=(note, *check.notes))
