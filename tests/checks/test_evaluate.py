from dataclasses import replace

import pytest

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.proportions import holm
from mirrorcheck.checks.verdicts import CheckResult, Verdicts
from mirrorcheck.report.dump import to_document
from mirrorcheck.report.model import CountedResponses, MissedRange
from tests.checks.reports import report


def verdicts(found: mirrorcheck.Report, **options: float | str | bool) -> Verdicts:
    """All checks that the options ask for."""
    return evaluate(found, complete_checks(CheckOptions(**options)))  # type: ignore[arg-type]  # by their names


def answered(found: mirrorcheck.Report, **responses: object) -> mirrorcheck.Report:
    """The report with some of its comparison of answers changed; all of the compared have a status, if not said."""
    known = {"status_compared": responses.get("compared", found.responses.status_compared), **responses}
    return replace(found, responses=replace(found.responses, **known))  # type: ignore[arg-type]  # by their names


FOUND = answered(report((500, 500)), paired=500, compared=480, status_equal=470, new_server_errors=4)


def test_saved_report_gives_the_same_verdicts() -> None:
    """The JSON document of a report is judged as the report is."""
    options = {"expect": 50, "within": 5, "max_status_changes": "3%", "max_new_5xx": 3, "max_orphans": 0}
    assert verdicts(FOUND, **options) == evaluate(to_document(FOUND), complete_checks(CheckOptions(**options)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ({"max_status_changes": 10}, CheckResult.PASS),
        ({"max_status_changes": 9}, CheckResult.FAIL),
        ({"max_status_changes": "4%"}, CheckResult.PASS),
        ({"max_status_changes": "2%"}, CheckResult.INCONCLUSIVE),
        ({"max_status_changes": "1%"}, CheckResult.FAIL),
        ({"max_new_5xx": 4}, CheckResult.PASS),
        ({"max_new_5xx": 3}, CheckResult.FAIL),
    ],
)
def test_answers(options: dict[str, float | str], verdict: CheckResult) -> None:
    """Counts are what they are, shares are tested on the certain pairs."""
    [check] = verdicts(FOUND, **options).checks
    assert check.verdict == verdict
    assert check.total == 480
    assert "480 certain pairs" in check.evidence


def test_answers_that_nothing_compared() -> None:
    """Without a certain pair, and in documents that do not say, nothing is passed."""
    silent = answered(FOUND, compared=0, status_equal=0, new_server_errors=0)
    older = answered(FOUND, new_server_errors=None)
    assert verdicts(silent, max_status_changes=5).verdict == CheckResult.INCONCLUSIVE
    assert verdicts(silent, max_status_changes="5%").verdict == CheckResult.INCONCLUSIVE
    assert verdicts(silent, max_new_5xx=0).verdict == CheckResult.INCONCLUSIVE
    assert verdicts(older, max_new_5xx=0).verdict == CheckResult.INCONCLUSIVE


@pytest.mark.parametrize(
    ("options", "known", "verdict", "note"),
    [
        ({"max_status_changes": 0}, 0, CheckResult.INCONCLUSIVE, "the status is not logged on both sides"),
        ({"max_status_changes": "90%"}, 0, CheckResult.INCONCLUSIVE, "the status is not logged on both sides"),
        ({"max_new_5xx": 0}, 0, CheckResult.INCONCLUSIVE, "the status is not logged on both sides"),
        ({"max_status_changes": 0}, 470, CheckResult.INCONCLUSIVE, "10 certain pairs lack a status on one side"),
        ({"max_status_changes": 9}, 470, CheckResult.INCONCLUSIVE, "10 certain pairs lack a status on one side"),
        ({"max_status_changes": "2.5%"}, 470, CheckResult.INCONCLUSIVE, "10 certain pairs lack a status on one side"),
        ({"max_status_changes": 10}, 470, CheckResult.PASS, ""),
        ({"max_status_changes": 0}, 471, CheckResult.FAIL, ""),
    ],
)
def test_answers_that_are_not_logged(
    options: dict[str, float | str], known: int, verdict: CheckResult, note: str
) -> None:
    """A check on what only some or no lines hold passes or fails only where the others could not change that."""
    found = answered(FOUND, status_compared=known, status_equal=min(known, 470), new_server_errors=0)
    [check] = verdicts(found, **options).checks
    assert check.verdict == verdict
    assert any(note in each for each in check.notes) or not note
    assert check.total == (480 if known else 0)


IDENTICAL = CountedResponses(1000, 1000, 20, 40, 15, 30)
BUSY = answered(report((1480, 0)), paired=1480, compared=480, status_equal=470, new_server_errors=4, counted=IDENTICAL)


@pytest.mark.parametrize(
    ("options", "verdict", "found"),
    [
        ({"max_status_changes": 29}, CheckResult.FAIL, "30 to 50"),
        ({"max_status_changes": 30}, CheckResult.INCONCLUSIVE, "30 to 50"),
        ({"max_status_changes": 49}, CheckResult.INCONCLUSIVE, "30 to 50"),
        ({"max_status_changes": 50}, CheckResult.PASS, "30 to 50"),
        ({"max_new_5xx": 18}, CheckResult.FAIL, "19 to 34"),
        ({"max_new_5xx": 33}, CheckResult.INCONCLUSIVE, "19 to 34"),
        ({"max_new_5xx": 34}, CheckResult.PASS, "19 to 34"),
        ({"max_new_5xx": "0.5%"}, CheckResult.FAIL, ""),
        ({"max_new_5xx": "2%"}, CheckResult.INCONCLUSIVE, ""),
        ({"max_new_5xx": "4%"}, CheckResult.PASS, ""),
    ],
)
def test_answers_of_identical_requests(options: dict[str, float | str], verdict: CheckResult, found: str) -> None:
    """Both ends of what their counts allow must keep a limit, and what leaves it open is said with the way out."""
    [check] = verdicts(BUSY, **options).checks
    assert check.verdict == verdict
    assert check.total == 1480
    assert found in check.found
    assert "1,480 pairs, 480 of them certain" in check.evidence
    assert (verdict == CheckResult.INCONCLUSIVE) == any("1,000 pairs of identical" in note for note in check.notes)


def test_identical_requests_alone() -> None:
    """Without a certain pair counts decide, and equal ones pass."""
    all_equal = answered(
        BUSY, compared=0, status_equal=0, new_server_errors=0, counted=CountedResponses(*[1480] * 2, *[0] * 4)
    )
    assert verdicts(all_equal, max_status_changes=0, max_new_5xx=0).verdict == CheckResult.PASS
    without_status = answered(all_equal, compared=0, counted=CountedResponses(1480, 0, 0, 1480, 0, 1480))
    [check] = verdicts(without_status, max_status_changes=1480).checks
    assert check.verdict == CheckResult.INCONCLUSIVE
    assert "the status is not logged on both sides" in check.notes[0]
    certain_without = answered(BUSY, status_compared=0, status_equal=0, new_server_errors=0)
    [check] = verdicts(certain_without, max_status_changes=40).checks
    assert (check.verdict, check.found, check.total) == (CheckResult.INCONCLUSIVE, "20 to 520", 1480)
    assert "480 certain pairs lack a status on one side" in check.notes[0]


def test_identical_requests_that_may_be_no_pairs() -> None:
    """Where a pair may hide a miss, its copy is another's and changed nothing."""
    doubtful = replace(BUSY, missed_range=MissedRange(0, 5, "keys are busy"))
    [check] = verdicts(doubtful, max_status_changes=29).checks
    assert (check.verdict, check.found) == (CheckResult.INCONCLUSIVE, "25 to 50")
    assert verdicts(doubtful, max_status_changes=24).verdict == CheckResult.FAIL


def test_identical_requests_of_older_documents() -> None:
    """What an older version did not compare is open."""
    older = replace(BUSY, responses=replace(BUSY.responses, counted=None))
    assert verdicts(older, max_status_changes=9).verdict == CheckResult.FAIL
    assert verdicts(older, max_status_changes=10).verdict == CheckResult.INCONCLUSIVE
    assert verdicts(older, max_status_changes=1010).verdict == CheckResult.PASS


@pytest.mark.parametrize(
    ("others", "allowed", "verdict"),
    [
        (100, 1.6, CheckResult.PASS),
        (100, 1.3, CheckResult.FAIL),
        (300, 1.6, CheckResult.INCONCLUSIVE),
        (300, 1.3, CheckResult.INCONCLUSIVE),
        (300, 1.8, CheckResult.PASS),
        (1000, 9.0, CheckResult.INCONCLUSIVE),
    ],
)
def test_latency_beside_identical_requests(others: int, allowed: float, verdict: CheckResult) -> None:
    """Pairs that were not compared may all be slower, or all faster, than the median of those that were."""
    quantiles = tuple(1 + level / 20 for level in range(1, 20))
    some = {"paired": 1000 + others, "compared": 1000}
    found = answered(report((1000, 0)), latency_compared=1000, latency_ratio=1.5, latency_quantiles=quantiles, **some)
    [check] = verdicts(found, max_latency_ratio=allowed).checks
    assert check.verdict == verdict
    assert f"{others:,} others not compared" in check.evidence
    assert (verdict == CheckResult.INCONCLUSIVE) == any("of identical requests" in note for note in check.notes)


def test_times_that_are_not_logged() -> None:
    """A limit of times that one side does not log is open, and says what to log."""
    found = answered(FOUND, latency_compared=0, latency_ratio=None, latency_quantiles=())
    [check] = verdicts(found, max_latency_ratio=1.5).checks
    assert check.verdict == CheckResult.INCONCLUSIVE
    assert "$request_time" in check.notes[0]


@pytest.mark.parametrize(
    ("orphans", "hidden", "verdict"),
    [(0, 0, CheckResult.PASS), (3, 0, CheckResult.FAIL), (0, 5, CheckResult.INCONCLUSIVE), (3, 5, CheckResult.FAIL)],
)
def test_orphans(orphans: int, hidden: int, verdict: CheckResult) -> None:
    """What may hide a miss may be an orphan as well."""
    found = replace(
        report((400, 100)),
        shadow=replace(report().shadow, total=400 + orphans, paired=400, orphan=orphans),
        missed_range=MissedRange(100, 100 + hidden, "keys are busy") if hidden else None,
    )
    assert verdicts(found, max_orphans=2).verdict == verdict


def test_duplicates() -> None:
    """Second copies are counted apart from orphans."""
    found = replace(report((400, 0)), shadow=replace(report().shadow, total=410, paired=400, duplicate=10))
    assert verdicts(found, max_duplicates=9).verdict == CheckResult.FAIL
    assert verdicts(found, max_duplicates="5%").verdict == CheckResult.PASS
    assert verdicts(found, max_orphans=0).verdict == CheckResult.PASS


def test_writes() -> None:
    """One mirrored write is one too many, and its method is named."""
    found = replace(report((400, 0)), writes_mirrored={"POST": 3})
    [check] = verdicts(found, forbid_writes=True).checks
    assert check.verdict == CheckResult.FAIL
    assert check.notes == ("by method: POST 3",)
    assert verdicts(report((400, 0)), forbid_writes=True).verdict == CheckResult.PASS
    assert verdicts(report(), forbid_writes=True).verdict == CheckResult.INCONCLUSIVE


def test_writes_are_counted_among_all_copies() -> None:
    """A copy without an original is a copy, too: what was found is part of what it is found among."""
    shadow = replace(report().shadow, total=9, paired=0, orphan=7, duplicate=2)
    [check] = verdicts(replace(report(), shadow=shadow, writes_mirrored={"PUT": 7}), forbid_writes=True).checks
    assert (check.verdict, check.count, check.total) == (CheckResult.FAIL, 7, 9)


def test_unobserved() -> None:
    """The share of the requests whose fate the logs do not show."""
    found = replace(report((98, 0)), originals=replace(report().originals, total=100, paired=98, unobserved=2))
    assert verdicts(found, max_unobserved=2).verdict == CheckResult.PASS
    assert verdicts(found, max_unobserved="1.9%").verdict == CheckResult.FAIL
    assert verdicts(report(), max_unobserved=2).verdict == CheckResult.INCONCLUSIVE


def test_requests() -> None:
    """Too few requests are never a failure."""
    found = verdicts(report((100, 0)), expect=100, min_requests=150)
    assert [check.verdict for check in found.checks] == [CheckResult.INCONCLUSIVE, CheckResult.INCONCLUSIVE]
    assert verdicts(report((150, 0)), expect=100, min_requests=150).verdict == CheckResult.PASS


@pytest.mark.parametrize(
    ("pairs", "allowed", "verdict"),
    [
        (1000, 1.6, CheckResult.PASS),
        (1000, 1.3, CheckResult.FAIL),
        (1000, 1.5, CheckResult.INCONCLUSIVE),
        (4, 9, CheckResult.INCONCLUSIVE),
    ],
)
def test_latency(pairs: int, allowed: float, verdict: CheckResult) -> None:
    """The median is known no better than its order statistics; these quantiles rise from 1.05 to 1.95."""
    quantiles = tuple(1 + level / 20 for level in range(1, 20))
    found = answered(report((pairs, 0)), latency_compared=pairs, latency_ratio=1.5, latency_quantiles=quantiles)
    assert verdicts(found, max_latency_ratio=allowed).verdict == verdict


def test_latency_that_is_not_logged() -> None:
    """Without times there is nothing to judge, and the way out is named."""
    [check] = verdicts(report((500, 0)), max_latency_ratio=2).checks
    assert check.verdict == CheckResult.INCONCLUSIVE
    assert "$request_time" in check.notes[0]


def test_fail_beats_inconclusive_beats_pass() -> None:
    """The joint verdict is the worst of all, and that of no check is none."""
    good, open_, bad = report((500, 0)), report((40, 0)), report((500, 1))
    assert verdicts(good, expect=100, max_missed=0, max_orphans=0).verdict == CheckResult.PASS
    assert verdicts(open_, expect=100, max_orphans=0).verdict == CheckResult.INCONCLUSIVE
    assert verdicts(bad, expect=100, min_requests=900).verdict == CheckResult.FAIL
    assert Verdicts((), 0.95).verdict == CheckResult.INCONCLUSIVE


def test_no_data_never_passes() -> None:
    """Two empty logs pass no check at all."""
    everything = {
        "expect": 100, "min_ratio": 50, "max_missed": 5, "max_orphans": 5, "max_duplicates": 5, "max_status_changes": 5,
        "max_new_5xx": 5, "max_latency_ratio": 5, "max_unobserved": 5, "forbid_writes": True, "min_requests": 1,
    }  # fmt: skip
    for name, value in everything.items():
        beside = {"expect": 100} if name == "min_requests" else {}
        for check in verdicts(report(), **beside, **{name: value}).checks:
            assert check.verdict == CheckResult.INCONCLUSIVE, check.name


def test_one_failure_among_many_tests_is_held_against_their_number() -> None:
    """What fails by itself at 95 % may be chance among three; a count takes no part, and is no excuse."""
    found = answered(report((440, 560)), compared=1000, status_equal=995)
    assert verdicts(found, min_ratio=46.7).verdict == CheckResult.FAIL
    several = verdicts(found, min_ratio=46.7, max_status_changes="2%", expect=45, within=10)
    assert several.verdict == CheckResult.INCONCLUSIVE
    [doubted] = several.having(CheckResult.INCONCLUSIVE)
    assert "one of 3 checks may do so by chance" in doubted.notes[0]
    assert verdicts(found, min_ratio=46.7, max_status_changes=5, max_missed=600).verdict == CheckResult.FAIL


@pytest.mark.parametrize(
    ("values", "rejected"),
    [
        ([0.01, 0.04, 0.03], [True, False, False]),
        ([0.01, 0.02, 0.024], [True, True, True]),
        ([0.02, 0.02], [True, True]),
        ([0.05], [True]),
        ([], []),
    ],
)
def test_holm(values: list[float], rejected: list[bool]) -> None:
    """The smallest is held against alpha by their number, the next against one less, until one is too large."""
    assert holm(values, 0.05) == rejected
