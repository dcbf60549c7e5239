from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.verdicts import Check, CheckResult
from mirrorcheck.report.model import Retries, RuleOff, Sampling, SeenRule
from tests.checks.reports import PHASE, report

REGULAR = Sampling("regular", 1.0, 0.5)


def check(found: mirrorcheck.Report, **options: float | str | bool) -> Check:
    """The one check that the options ask for."""
    [only] = evaluate(found, complete_checks(CheckOptions(**options))).checks  # type: ignore[arg-type]  # by their names
    return only


@pytest.mark.parametrize(
    ("paired", "missed", "verdict"),
    [
        (500, 500, CheckResult.PASS),
        (482, 518, CheckResult.PASS),  # the lower bound is 45.06 %
        (481, 519, CheckResult.INCONCLUSIVE),
        (419, 581, CheckResult.INCONCLUSIVE),
        (418, 582, CheckResult.FAIL),  # the upper bound is 44.93 %
        (0, 1000, CheckResult.FAIL),
        (0, 0, CheckResult.INCONCLUSIVE),
    ],
)
def test_tolerance(paired: int, missed: int, verdict: CheckResult) -> None:
    """It passes where the whole interval lies within the tolerance and fails where it lies outside."""
    assert check(report((paired, missed)), expect=50, within=5).verdict == verdict


def test_interval_is_that_of_clopper_and_pearson() -> None:
    """The numbers are those of published tables: 81 of 263 gives [0.2527, 0.3676] (Newcombe, 1998, method 5)."""
    found = check(report((81, 182)), expect=30, within=10)
    assert found.low == pytest.approx(0.2527, abs=5e-5)
    assert found.high == pytest.approx(0.3676, abs=5e-5)


def test_evidence_needed() -> None:
    """What is too little says about how much more would do, and with so much more it passes."""
    found = check(report((117, 883)), expect=12, within=1)
    assert found.verdict == CheckResult.INCONCLUSIVE
    assert found.more is not None
    assert "needs about 7,000 more requests" in found.notes
    total = 1000 + found.more
    settled = check(report((round(0.117 * total), total - round(0.117 * total))), expect=12, within=1)
    assert settled.verdict == CheckResult.PASS


def test_ratio_on_the_border_is_never_settled() -> None:
    """A ratio exactly at the end of the tolerance says that no number of requests would do."""
    found = check(report((450, 550)), expect=50, within=5)
    assert found.verdict == CheckResult.INCONCLUSIVE
    assert any("no number of requests" in note for note in found.notes)


@pytest.mark.parametrize(
    ("paired", "missed", "verdict"),
    [
        (298, 0, CheckResult.INCONCLUSIVE),
        (299, 0, CheckResult.PASS),
        (2613, 1, CheckResult.FAIL),
        (0, 1, CheckResult.FAIL),
        (0, 0, CheckResult.INCONCLUSIVE),
    ],
)
def test_hundred_percent(paired: int, missed: int, verdict: CheckResult) -> None:
    """One miss fails 100 %; without any it passes from 299 requests on."""
    assert check(report((paired, missed)), expect=100).verdict == verdict


def test_hundred_percent_says_how_many_lack() -> None:
    """Below the least number of requests the check says how many more it takes."""
    found = check(report((40, 0)), expect=100)
    assert found.more == 259
    assert "needs about 260 more requests" in found.notes


@pytest.mark.parametrize(("paired", "missed", "verdict"), [(0, 299, CheckResult.PASS), (1, 5000, CheckResult.FAIL)])
def test_nothing_expected(paired: int, missed: int, verdict: CheckResult) -> None:
    """Of 0 % one copy is proof to the contrary."""
    assert check(report((paired, missed)), expect=0).verdict == verdict


@pytest.mark.parametrize(
    ("missed", "allowed", "verdict"),
    [
        (3, "3", CheckResult.PASS),
        (4, "3", CheckResult.FAIL),
        (10, "1%", CheckResult.PASS),
        (11, "1%", CheckResult.FAIL),
    ],
)
def test_hundred_percent_with_misses_allowed(missed: int, allowed: str, verdict: CheckResult) -> None:
    """--max-missed says how many misses --expect 100 allows, and is no check of its own then."""
    assert check(report((1000 - missed, missed)), expect=100, max_missed=allowed).verdict == verdict


@pytest.mark.parametrize(
    ("missed", "verdict"),
    [((0, 0), CheckResult.PASS), ((0, 5), CheckResult.INCONCLUSIVE), ((1, 5), CheckResult.FAIL)],
)
def test_range_of_misses(missed: tuple[int, int], verdict: CheckResult) -> None:
    """Where the count is a range both ends must say the same."""
    found = check(report((1000 - missed[0], missed[0]), missed=missed), expect=100)
    assert found.verdict == verdict
    assert any("some may be retries" in note for note in found.notes) == (missed[0] < missed[1])


def test_range_whose_ends_fail_on_either_side_is_open() -> None:
    """Both ends lie outside, one below and one above: what lies between may be right."""
    found = report((5000, 5000), missed=(1000, 9000))
    assert check(found, expect=50, within=1).verdict == CheckResult.INCONCLUSIVE


@pytest.mark.unmeasured
@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 40), st.integers(0, 40))
def test_range_is_never_surer_than_its_ends(paired: int, missed: int, fewer: int, more: int) -> None:
    """What a range decides each of its ends decides alike."""
    fewer, more = min(fewer, missed), min(more, paired)
    open_ = check(report((paired, missed), missed=(missed - fewer, missed + more)), expect=40, within=8)
    ends = [(paired, missed - fewer), (paired, missed), (paired - more, missed + more)]
    if open_.verdict != CheckResult.INCONCLUSIVE:
        assert {check(report(end), expect=40, within=8).verdict for end in ends} == {open_.verdict}


def test_every_phase_must_keep_the_tolerance() -> None:
    """A mixture that is right on average fails, names the phases, and has no interval."""
    found = check(report((1000, 0), (0, 1000)), expect=50, within=5)
    assert found.verdict == CheckResult.FAIL
    assert found.low is found.high is None
    assert sum(note.startswith("fail: ") for note in found.notes) == 2


def test_outage_fails_hundred_percent_also_while_on() -> None:
    """A hole between two copies counts, whatever is left out at the ends."""
    found = report((0, 500), (400, 0), (0, 100), (400, 0), (0, 300))
    assert check(found, expect=100, while_on=True).verdict == CheckResult.FAIL
    assert check(found, expect=50, within=5, while_on=True).verdict == CheckResult.FAIL


def test_while_on_leaves_out_the_ends() -> None:
    """What lies before the first copy and after the last is left out, and the check says how much."""
    found = report((0, 500), (400, 0), (0, 300))
    without = check(found, expect=100)
    assert without.verdict == CheckResult.FAIL
    assert any("--while-on" in note for note in without.notes)
    within = check(found, expect=100, while_on=True)
    assert within.verdict == CheckResult.PASS
    assert within.notes == ("excluded 500 before the first copy and 300 after the last",)


def test_while_on_does_not_count_the_copies_that_chose_it() -> None:
    """It begins and ends with a copy by its own choice: only what lies between says something of the ratio."""
    found = replace(report((30, 970)), missed_before_on=30, missed_after_on=40)
    judged = check(found, expect=3, within=1, while_on=True)
    bare = check(report((28, 900)), expect=3, within=1)
    assert (judged.low, judged.high) == (bare.low, bare.high)


def around(*parts: tuple[int, int], sampling: Sampling | None = None) -> mirrorcheck.Report:
    """A report of parts with so many paired and missed originals, between which the rule was away, and came back."""
    off = [(0, 100)] * (len(parts) - 1)
    phases = [part for pair in zip(parts, [*off, (0, 0)], strict=True) for part in pair][:-1]
    found = report(*phases, sampling=sampling)
    moments = [phase.from_ for phase in found.phases]
    return replace(
        found,
        phases=tuple(
            replace(
                each, from_=each.from_ + PHASE / 9, to=each.to - PHASE / 9, missed_rule_off=each.missed * (number % 2)
            )
            for number, each in enumerate(found.phases)
        ),
        rule_off=tuple(RuleOff(at, at + PHASE) for at in moments[1::2]),
        rules=tuple(SeenRule(at, None, "away" if number % 2 else "there") for number, at in enumerate(moments)),
    )


def test_parts_around_stretches_without_a_rule_are_one_sample() -> None:
    """Their sums are judged, but for the two copies at the very ends, which chose what is judged."""
    joint = check(around((150, 140), (130, 160), (151, 149)), expect=50, within=6, while_on=True)
    bare = check(report((429, 449)), expect=50, within=6)
    assert (joint.verdict, joint.low, joint.high) == (CheckResult.PASS, bare.low, bare.high)
    assert (joint.count, joint.total) == (431, 880)


def test_parts_that_are_counted_off_have_each_a_beginning() -> None:
    """Where every second request is copied, each part may begin anywhere in the count: one or two requests more."""
    one = check(report((298, 300), sampling=REGULAR), expect=50, within=2)
    joint = check(around((150, 150), (150, 150), sampling=REGULAR), expect=50, within=2, while_on=True)
    assert joint.low is not None
    assert joint.high is not None
    assert one.low is not None
    assert one.high is not None
    assert joint.high - joint.low == pytest.approx(2 * (one.high - one.low))


def test_while_on_without_a_copy_judges_everything() -> None:
    """A mirror that is dead is not off: it fails."""
    assert check(report((0, 500)), expect=100, while_on=True).verdict == CheckResult.FAIL


def test_least_ratio() -> None:
    """One-sided: 299 of 299 prove 99 % at 95 %, and 298 do not."""
    assert check(report((299, 0)), min_ratio=99).verdict == CheckResult.PASS
    assert check(report((298, 0)), min_ratio=99).verdict == CheckResult.INCONCLUSIVE
    assert check(report((950, 50)), min_ratio=99).verdict == CheckResult.FAIL


def test_share_of_misses_is_the_same_question_from_the_other_side() -> None:
    """At most 1 % missed is at least 99 % copied."""
    for counts in ((299, 0), (298, 0), (950, 50)):
        least, most = check(report(counts), min_ratio=99), check(report(counts), max_missed="1%")
        assert least.verdict == most.verdict
        assert least.value == pytest.approx(1 - (most.value or 0))
        assert most.low == pytest.approx(1 - (least.high or 0))
        assert most.high == pytest.approx(1 - (least.low or 0))


def test_number_of_misses_is_counted() -> None:
    """A number is no test: three of ten are more than two, and at most three."""
    assert check(report((7, 3)), max_missed=2).verdict == CheckResult.FAIL
    assert check(report((7, 3)), max_missed=3).verdict == CheckResult.PASS
    assert check(report((0, 0)), max_missed=3).verdict == CheckResult.INCONCLUSIVE


def test_counted_off_requests_need_no_slack() -> None:
    """A proxy that mirrors every second request is held to that, on far fewer requests than drawing would take."""
    assert check(report((500, 500), sampling=REGULAR), expect=50, within=1).verdict == CheckResult.PASS
    assert check(report((500, 500)), expect=50, within=1).verdict == CheckResult.INCONCLUSIVE
    assert check(report((520, 480), sampling=REGULAR), expect=50, within=1).verdict == CheckResult.FAIL


def test_misses_that_come_together_widen_the_interval() -> None:
    """Nine times the variance is a ninth of the requests."""
    clustered = check(report((500, 500), sampling=Sampling("clustered", 9.0, 40.0)), expect=50, within=5)
    assert clustered.verdict == CheckResult.INCONCLUSIVE
    ninth = check(report((56, 55)), expect=50, within=5)
    assert (clustered.high or 0) - (clustered.low or 0) == pytest.approx((ninth.high or 0) - (ninth.low or 0), rel=0.01)


def test_presumed_retries_are_named() -> None:
    """What was accepted without proof of an id stands beneath a check that passes."""
    found = replace(report((500, 0)), retries=Retries(210, "proven", 210))
    judged = check(found, expect=100)
    assert judged.verdict == CheckResult.PASS
    assert any("210 lines as retries" in note for note in judged.notes)


@pytest.mark.parametrize(("least", "named"), [(60, False), (95, True)])
def test_misses_are_explained_where_nearly_all_is_expected(least: int, named: bool) -> None:  # noqa: FBT001  # a case of a table
    """Where 40 % may be missed, the misses are no exceptions."""
    found = replace(report((50, 450)), explanation="450 of 450 misses are for /a.")
    [check] = evaluate(found, complete_checks(CheckOptions(min_ratio=least))).checks
    assert check.verdict == CheckResult.FAIL
    assert (found.explanation in check.notes) == named
