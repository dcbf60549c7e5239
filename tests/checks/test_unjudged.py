"""What no verdict rests on: named in every one, and within limits or no pass."""

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from rich.console import Console

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.sequential import EveryRequest, sequential
from mirrorcheck.checks.verdicts import Check, CheckResult, NotJudged, Verdicts
from mirrorcheck.render.ci import github
from mirrorcheck.render.ci.junit import write_junit
from mirrorcheck.render.ci.markdown import to_markdown
from mirrorcheck.render.terminal.verdicts import dump, render
from mirrorcheck.report.dump import to_document
from mirrorcheck.report.model import (
    ExcludedGroup,
    Exclusions,
    LineCounts,
    MissedRange,
    Report,
    Retries,
    SideReport,
    UnparsedSample,
    Warning_,
)
from tests.checks.reports import report

PASS, FAIL, INCONCLUSIVE = CheckResult.PASS, CheckResult.FAIL, CheckResult.INCONCLUSIVE
WARNING = "the logs hold no shadow marker: all shadow lines are taken as copies, direct traffic is not recognised."


def verdicts(found: Report, **options: float | str | bool) -> Verdicts:
    """All checks that the options ask for."""
    return evaluate(found, complete_checks(CheckOptions(**options)))  # type: ignore[arg-type]  # by their names


def check(found: Report, **options: float | str | bool) -> Check:
    """The one check that the options ask for."""
    [only] = verdicts(found, **options).checks
    return only


def excluding(uncorroborated: int, asked: int = 0, corroborated: int = 0, judged: int = 1000) -> Report:
    """A report of requests all copied, besides so many that were excluded."""
    found, excluded = report((judged, 0)), asked + corroborated + uncorroborated
    lines = corroborated + uncorroborated
    groups = (ExcludedGroup("kube-probe/*", lines, uncorroborated, "for 9 paths"),) if lines else ()
    originals = replace(found.originals, total=judged + excluded, excluded=excluded)
    return replace(found, originals=originals, exclusions=Exclusions(asked, groups))


def unparsed_side(side: SideReport, unparsed: int, parsed: int = 1000) -> SideReport:
    """A side of which so many lines did not parse."""
    samples = tuple(UnparsedSample("v.log", 7 + number, "no end", "\x1b") for number in range(min(unparsed, 20)))
    return replace(side, lines=LineCounts(parsed + unparsed, parsed, 0, unparsed, 0), unparsed_samples=samples)


def unparsed(primary: int = 0, shadow: int = 0, missed: int = 0) -> Report:
    """A report of 1,000 requests, some missed, in logs with so many lines that did not parse."""
    low = max(0, missed - shadow)
    found = report((1000 - missed, missed), missed=(low, missed) if low < missed else None)
    return replace(
        found,
        primary=unparsed_side(found.primary, primary),
        shadow_side=unparsed_side(found.shadow_side, shadow),
        exclusions=Exclusions(0, ()),
    )


def unobserved(count: int) -> Report:
    """A report of 1,000 requests besides so many whose fate the logs do not show."""
    found = report((1000, 0))
    return replace(found, originals=replace(found.originals, total=1000 + count, unobserved=count))


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (excluding(10), PASS),
        (excluding(11), INCONCLUSIVE),
        (excluding(0, asked=5000, corroborated=500), PASS),
        (excluding(14, asked=5000, corroborated=500), PASS),
        (excluding(16, asked=5000, corroborated=500), INCONCLUSIVE),
        (unparsed(primary=10), PASS),
        (unparsed(primary=11), INCONCLUSIVE),
        (unparsed(shadow=11), INCONCLUSIVE),
        (unobserved(111), PASS),
        (unobserved(112), INCONCLUSIVE),
    ],
)
def test_defaults(found: Report, verdict: CheckResult) -> None:
    """Beyond a limit that nobody gave, what would pass cannot be told; and what fails, fails."""
    judged = check(found, expect=100)
    assert judged.verdict == verdict
    assert any(note.startswith("would pass, but ") for note in judged.notes) == (verdict == INCONCLUSIVE)
    assert check(found, expect=10, within=5).verdict == FAIL


@pytest.mark.parametrize(
    ("found", "option"),
    [(excluding(50), "max_excluded"), (unparsed(primary=50), "max_unparsed"), (unobserved(200), "max_unobserved")],
)
def test_given_limits(found: Report, option: str) -> None:
    """One that was given is a check of its own, in place of the default: it fails, or lets the others pass."""
    wide = verdicts(found, expect=100, **{option: "20%"})
    assert [each.verdict for each in wide.checks] == [PASS, PASS]
    tight = verdicts(found, expect=100, **{option: 1})
    assert [each.verdict for each in tight.checks] == [PASS, FAIL]
    assert tight.checks[1].option == option.replace("_", "-")
    assert verdicts(found, **{option: "20%"}).verdict == PASS


def test_every_line_says_what_was_not_judged() -> None:
    """Whatever the verdict is, and whatever is checked; the number of requests is no pass of them."""
    found = replace(excluding(200, asked=3), retries=Retries(11, "proven", 4))
    found = replace(found, primary=unparsed_side(found.primary, 5), shadow_side=unparsed_side(found.shadow_side, 6))
    words = "3 excluded as asked, 200 excluded, 5 unparsed, 6 unparsed of the shadow, 4 presumed to be retries"
    words += ", 7 retries by id"
    judged = verdicts(found, expect=100, max_orphans=0, forbid_writes=True, max_missed=3, min_requests=10)
    assert len(judged.checks) == 4
    assert all(each.evidence.endswith(f"; not judged: {words}") for each in judged.checks)
    assert [each.verdict for each in judged.checks] == [INCONCLUSIVE] * 3 + [PASS]
    assert check(found, expect=10, within=5).evidence == f"1,000 of 1,000; not judged: {words}"
    assert judged.not_judged == NotJudged(3, 200, 200, 5, 6, 0, 4, retries=7)
    assert ";" not in check(report((1000, 0)), expect=100).evidence


def test_lines_that_did_not_parse_are_named() -> None:
    """The first two of each side, beneath a check of the ratio."""
    notes = check(unparsed(primary=3, shadow=1), expect=100).notes
    assert [note for note in notes if note.startswith("unparsed: ")] == [
        "unparsed: v.log line 7, no end",
        "unparsed: v.log line 8, no end",
        "unparsed: v.log line 7, no end",
    ]
    assert not any(note.startswith("unparsed") for note in check(unparsed(primary=3), forbid_writes=True).notes)


@pytest.mark.parametrize(
    ("missed", "shadow", "verdict", "found"),
    [
        (32, 32, INCONCLUSIVE, "96.80 to 100.00 %"),
        (32, 40, INCONCLUSIVE, "96.80 to 100.00 %"),
        (32, 31, FAIL, "96.80 to 99.90 %"),
    ],
)
def test_copies_that_did_not_parse(missed: int, shadow: int, verdict: CheckResult, found: str) -> None:
    """Each may be that of a missed request: the ratio is a range, and one certain miss fails 100 %."""
    judged = check(unparsed(shadow=shadow, missed=missed), expect=100)
    assert (judged.verdict, judged.found) == (verdict, found)
    assert any(note.startswith("between ") for note in judged.notes)


@pytest.mark.unmeasured
def test_copies_that_did_not_parse_are_copies() -> None:
    """At the upper end of the range they are paired: there are as many requests, unlike with retries."""
    open_ = unparsed(shadow=100, missed=500)
    assert check(open_, max_missed="60%").found.startswith("40.00 to 50.00 %")
    assert check(open_, expect=57, within=2).verdict == INCONCLUSIVE
    assert check(open_, min_ratio=59).verdict == INCONCLUSIVE  # 600 of 1,000 may, as 500 of 900 may not
    assert check(open_, expect=80, within=10).verdict == FAIL
    retries = report((500, 500), missed=(400, 500))
    assert check(retries, expect=80, within=10).found.startswith("50.00 to 55.56 %")


def test_nothing_expected_and_a_line_that_did_not_parse() -> None:
    """It may be the copy that there must not be."""
    nothing = replace(unparsed(shadow=1, missed=1000), missed_range=MissedRange(999, 1000, "why"))
    assert check(nothing, expect=0).verdict == INCONCLUSIVE
    assert check(unparsed(missed=1000), expect=0).verdict == PASS


def test_a_sequential_test_knows_nothing_of_what_did_not_parse() -> None:
    """A miss that ends the watching may have a copy among the lines that did not parse."""
    wanted = complete_checks(CheckOptions(expect=100))
    test = sequential(wanted)
    assert isinstance(test, EveryRequest)
    failed = test.after(np.arange(1000) != 7)
    assert failed.verdict == FAIL
    [judged] = evaluate(unparsed(shadow=1, missed=1), wanted, failed).checks
    assert judged.verdict == INCONCLUSIVE
    [judged] = evaluate(unparsed(missed=1), wanted, failed).checks
    assert judged.verdict == FAIL


def test_what_is_under_way_when_the_watching_ends() -> None:
    """Whoever stops when the ratio is sure, or asks for the common span, leaves requests out on purpose."""
    wanted = complete_checks(CheckOptions(expect=100))
    test = sequential(wanted)
    assert isinstance(test, EveryRequest)
    [judged] = evaluate(unobserved(500), wanted, test.after(np.ones(1000, np.bool_))).checks
    assert judged.verdict == PASS
    overlap = replace(unobserved(500), filters=replace(report().filters, overlap=True))
    assert check(overlap, expect=100).verdict == PASS
    assert verdicts(overlap, expect=100, max_unobserved=10).verdict == FAIL


def test_orphans_of_originals_that_did_not_parse() -> None:
    """As many of them as there are such lines may be copies of these."""
    found = unparsed(primary=9)
    found = replace(found, shadow=replace(found.shadow, total=1010, paired=1000, orphan=10))
    assert check(found, max_orphans=0).verdict == FAIL
    assert (check(found, max_orphans=1).verdict, check(found, max_orphans=1).found) == (INCONCLUSIVE, "1 to 10")
    assert check(found, max_orphans=10).verdict == PASS


@pytest.mark.parametrize(("excluded", "verdict"), [(10, PASS), (20, INCONCLUSIVE)])
def test_older_reports(excluded: int, verdict: CheckResult) -> None:
    """They do not say why lines were excluded, so that many may be too many, and never fail."""
    document = to_document(excluding(excluded))
    del document["exclusions"]
    wanted = complete_checks(CheckOptions(expect=100))
    judged = evaluate(document, wanted)
    assert judged.verdict == verdict
    assert judged.not_judged == NotJudged(0, excluded, None, 0, 0, 0, 0)
    assert any("an older version wrote" in note for note in judged.checks[0].notes) == (verdict == INCONCLUSIVE)
    given = evaluate(document, complete_checks(CheckOptions(max_excluded=1)))
    assert given.verdict == verdict


def test_warnings_stand_under_what_they_weaken() -> None:
    """Without a marker the ratio and the copies are in doubt, the answers are not; a new warning is of the ratio."""
    known, new, harmless = Warning_("no_marker", WARNING), Warning_("new", "mind."), Warning_("clock_skew", "5 s.")
    found = replace(report((1000, 0)), warnings=(known, new, harmless))
    judged = verdicts(found, expect=100, max_orphans=0, max_new_5xx=0)
    assert [[note for note in each.notes if note.startswith("warning: ")] for each in judged.checks] == [
        [f"warning: {WARNING}", "warning: mind."],
        [f"warning: {WARNING}"],
        [],
    ]


def test_all_outputs_say_it(tmp_path: Path) -> None:
    """JUnit, Markdown, annotations, JSON and the terminal at 80 columns."""
    judged = verdicts(replace(excluding(300), warnings=(Warning_("no_marker", WARNING),)), expect=100)
    write_junit(judged, None, tmp_path / "junit.xml")
    element = ET.parse(tmp_path / "junit.xml").find(".//error")  # noqa: S314  # our own
    assert element is not None
    annotations, document, screen = io.StringIO(), io.StringIO(), io.StringIO()
    github.annotate(judged, None, annotations)
    dump(judged, CheckResult.INCONCLUSIVE, 3, document)
    render(judged, CheckResult.INCONCLUSIVE, Console(file=screen, width=80, highlight=False))
    assert all(len(line) <= 80 for line in screen.getvalue().splitlines())
    loaded = json.loads(document.getvalue())
    assert loaded["not_judged"]["uncorroborated"] == 300
    [found] = loaded["checks"]
    texts = {
        "junit": f"{element.get('message')} {element.text}",
        "markdown": to_markdown(judged, CheckResult.INCONCLUSIVE),
        "github": annotations.getvalue(),
        "json": f"{found['evidence']} {found['notes']}",
        "terminal": " ".join(screen.getvalue().split()),
    }
    for name, text in texts.items():
        assert "not judged: 300 excluded" in text, name
        assert "would pass, but 300 of 1,300 originals" in text, name
        assert "no shadow marker" in text, name


def test_api_has_the_exclusions() -> None:
    """A report says why originals were excluded, and None where an older one does not."""
    assert excluding(3).exclusions == Exclusions(0, (ExcludedGroup("kube-probe/*", 3, 3, "for 9 paths"),))
    assert mirrorcheck.Report.exclusions is None
