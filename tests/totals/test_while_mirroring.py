"""`mirrorcheck assert --while-on` on recordings of `watch --save`: what the history of the mirror rule explains."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.verdicts import Check, CheckResult
from mirrorcheck.engine.decided import decided
from mirrorcheck.report.dump import to_document
from mirrorcheck.report.load import read_report
from mirrorcheck.settings import Options
from mirrorcheck.sources.feed import ENDLESS_US, Closed, FeedEvent, RuleSeen, Text
from mirrorcheck.sources.recording import EVENTS, Recorder
from mirrorcheck.totals.rule_absent import SEEN_LATE_US, TAKEN_OVER_US, absences
from tests.engine.play import SECOND_US, Watcher, opened, stamp_us
from tests.logs import Request
from tests.program import call

START_US = stamp_us(Request().line().encode())
LENGTH_S = 240
A_SECOND = 5
Rules = Sequence[tuple[int, bool | None]]


def rule(at_s: int, mirrors: bool | None, text: str = "v1 -> v2") -> RuleSeen:  # noqa: FBT001  # None is an answer, too
    """A rule as the watcher saw it; `--expect 100` stands in for its percentage."""
    return RuleSeen(START_US + at_s * SECOND_US, 100.0, text if mirrors else "no mirror", (), mirrors)


def record(
    folder: Path, copied: Callable[[int, int], bool], rules: Rules = (), texts: Mapping[int, str] | None = None
) -> Path:
    """What `watch --save` keeps of five requests a second, of which those are copied that `copied(second, n)` says.

    texts: what the rule of that second says, where it is not what the others say.
    """
    every = [
        (second, Request(second=second, target=f"/{second}/{n}"), copied(second, n))
        for second in range(LENGTH_S)
        for n in range(A_SECOND)
    ]
    logs = {
        "v1": "".join(f"{each.line()}\n" for _, each, _ in every),
        "v2": "".join(f"{each.copy().line()}\n" for _, each, hit in every if hit),
    }
    told: list[FeedEvent] = [rule(at_s, mirrors, (texts or {}).get(at_s, "v1 -> v2")) for at_s, mirrors in rules]
    for stream, side in (("v1", "primary"), ("v2", "shadow")):
        told += [opened(stream, side), Text(stream, logs[stream].encode())]  # type: ignore[arg-type]  # it is a side
    recorder = Recorder(folder, Options(horizon="5s"))
    for event in [*told, Closed("v1", "done"), Closed("v2", "done")]:
        recorder.take(event)
    recorder.close()
    return folder


def run(*words: str) -> tuple[int, str]:
    """The exit status of the program and what it prints."""
    ran = call(Path(), *words, COLUMNS="110")
    assert ran.err == ""
    return ran.status, ran.out


def judge(found: mirrorcheck.Report, expect: int = 100, within: int | None = None) -> Check:
    """What is said of the ratio while mirroring was on."""
    wanted = complete_checks(CheckOptions(while_on=True, expect=expect, within=within))
    [check] = evaluate(found, wanted).checks
    return check


def off_from_60_to_120(second: int, _n: int) -> bool:
    """Nothing is copied for a minute."""
    return not 60 <= second < 120


REMOVED = ((0, True), (62, False), (119, True))


def test_rule_that_is_removed_and_put_back_explains_its_stretch(tmp_path: Path) -> None:
    """Without --while-on the misses fail; with it they are left out, and the check's line says so."""
    recording = str(record(tmp_path / "kept", off_from_60_to_120, REMOVED))
    assert run("assert", recording, "--expect", "100")[0] == 1
    status, out = run("assert", recording, "--expect", "100", "--while-on")
    assert status == 0
    assert out.splitlines()[2:] == [
        "  PASS  mirror ratio  expected 100 %  found 100.00 % [99.62, 100]  785 of 785 copied",
        "        excluded 415 while the rule mirrored nothing or proxies took it over: 18:00:52 - 18:02:14",
        "        what lies on either side is judged as one: the rule came back as it was, and its ratio but for chance",
    ]


def every(share: float) -> Callable[[int], bool]:
    """Which requests of a mirror of this share are copied, by their number: spread as chance would."""
    hits = np.random.default_rng(5).random(LENGTH_S * A_SECOND) < share
    return lambda number: bool(hits[number])


def test_report_shows_the_ratio_while_a_rule_mirrored(tmp_path: Path) -> None:
    """What lies in the stretch is no outage: the report leaves it out, names it, and has an interval."""
    recording = record(tmp_path / "kept", off_from_60_to_120, REMOVED)
    on = mirrorcheck.analyze(recording).ratio_while_on
    assert (on.paired, on.missed, on.high) == (785, 0, 1.0)
    assert on.low == pytest.approx(0.025 ** (1 / 785))
    out = run("analyze", str(recording))[1]
    assert "while on      100.00 %   [99.53, 100]     785 of 785   18:00:00 - 18:03:59" in out
    assert "without 18:00:52 - 18:02:14, when no rule mirrored" in out


@pytest.mark.parametrize(
    ("after", "text", "verdict", "one"),
    [
        (0.5, "v1 -> v2", CheckResult.PASS, True),
        (0.5, "40 % of v1 -> v2", CheckResult.INCONCLUSIVE, False),
        (0.9, "v1 -> v2", CheckResult.FAIL, False),
    ],
    ids=["same", "other-rule", "other-ratio"],
)
def test_parts_beside_a_stretch_are_one_sample_if_nothing_changed(
    after: float, text: str, verdict: CheckResult, tmp_path: Path, *, one: bool
) -> None:
    """The same rule and ratio: 260 and 525 requests prove together what neither does alone, with one interval."""
    before, behind = every(0.5), every(after)

    def copied(second: int, n: int) -> bool:
        number = second * A_SECOND + n
        return off_from_60_to_120(second, n) and (before(number) if second < 60 else behind(number))

    found = mirrorcheck.analyze(record(tmp_path / "kept", copied, REMOVED, {119: text}))
    check = judge(found, expect=50, within=6)
    assert check.verdict == verdict
    assert (check.low is not None, found.ratio_while_on.low is not None) == (one, one)
    assert any("judged as one" in note for note in check.notes) == one
    assert any("each of the 2 phases is judged by itself" in note for note in check.notes) != one
    assert check.count == found.ratio_while_on.paired
    assert check.total == found.ratio_while_on.paired + found.ratio_while_on.missed


@pytest.mark.parametrize("rules", [(), ((0, True),)], ids=["unknown", "kept"])
def test_mirror_that_flaps_fails(rules: Rules, tmp_path: Path) -> None:
    """A hole that no rule explains is an outage: --while-on changes nothing."""
    recording = record(tmp_path / "kept", off_from_60_to_120, rules)
    status, out = run("assert", str(recording), "--expect", "100", "--while-on")
    assert status == 1
    assert "300 of 1,200 missed" in out


@pytest.mark.parametrize(
    "rules",
    [
        ((0, False),),  # what was copied was copied by something else
        ((0, True), (62, None), (119, True)),  # it could not be read
        ((0, None), (62, False), (119, True)),
        ((0, True), (160, False), (200, True)),
    ],
    ids=["none", "unread", "unread-before", "later"],
)
def test_rule_that_explains_something_else(rules: Rules, tmp_path: Path) -> None:
    """Only a rule that mirrored, and then did not, explains a hole, and only at its time."""
    recording = record(tmp_path / "kept", off_from_60_to_120, rules)
    assert judge(mirrorcheck.analyze(recording)).verdict == CheckResult.FAIL


@pytest.mark.parametrize(
    ("second", "verdict"),
    [(49, CheckResult.FAIL), (52, CheckResult.PASS), (134, CheckResult.PASS), (137, CheckResult.FAIL)],
    ids=["long-before", "just-before", "just-after", "long-after"],
)
def test_a_change_takes_its_time_and_no_more(second: int, verdict: CheckResult, tmp_path: Path) -> None:
    """The rule is seen up to 10 s late and taken over within 15 s; a miss beyond counts, and is named."""
    recording = record(
        tmp_path / "kept", lambda at_s, n: off_from_60_to_120(at_s, n) and (at_s, n) != (second, 3), REMOVED
    )
    check = judge(mirrorcheck.analyze(recording))
    assert check.verdict == verdict
    named = [note for note in check.notes if note.startswith("missed: ")]
    assert [note.split()[3] for note in named] == ([f"/{second}/3"] if verdict == CheckResult.FAIL else [])


def test_what_is_copied_while_proxies_take_over_is_not_judged(tmp_path: Path) -> None:
    """Of a stretch nothing is judged, copied or not, even where all was: else chance would choose what counts."""

    def half(second: int, n: int) -> bool:
        changing = 52 <= second < 60 or 120 <= second <= 134
        return off_from_60_to_120(second, n) and (changing or (second * A_SECOND + n) % 7 in {0, 3, 5})

    check = judge(mirrorcheck.analyze(record(tmp_path / "kept", half, REMOVED)), expect=43, within=12)
    judged = [(second, n) for second in range(LENGTH_S) if not 52 <= second <= 134 for n in range(A_SECOND)]
    assert (check.verdict, check.count) == (CheckResult.PASS, sum(half(*each) for each in judged))
    assert check.total == len(judged) - 2  # which come after the last copy


def test_rule_that_is_removed_for_good(tmp_path: Path) -> None:
    """What comes after the last copy is left out once, in its second as well, and what comes before by the rule."""
    rules = ((0, True), (102, False))
    recording = record(tmp_path / "kept", lambda second, n: (second, n) < (99, 3), rules)
    check = judge(mirrorcheck.analyze(recording))
    assert (check.verdict, check.count, check.total) == (CheckResult.PASS, 92 * A_SECOND, 92 * A_SECOND)
    assert check.notes == (
        "excluded 0 before the first copy and 702 after the last",
        "excluded 38 while the rule mirrored nothing or proxies took it over: 18:01:32 - 18:01:39",
    )


def test_miss_before_the_first_copy_is_left_out_once(tmp_path: Path) -> None:
    """Though it lies in the second of that copy, and that in a stretch of the rule."""

    def copied(second: int, n: int) -> bool:
        return (second, n) != (0, 0) and not 5 <= second < 20

    recording = record(tmp_path / "kept", copied, ((0, True), (5, False), (20, True)))
    check = judge(mirrorcheck.analyze(recording))
    judged = (LENGTH_S - 36) * A_SECOND
    assert (check.verdict, check.count, check.total) == (CheckResult.PASS, judged, judged)


def test_saved_report_says_it_too(tmp_path: Path) -> None:
    """The report has the stretch and what lies in it, and is judged as its recording is."""
    found = mirrorcheck.analyze(record(tmp_path / "kept", off_from_60_to_120, REMOVED))
    document = json.loads(json.dumps(to_document(found)))
    assert document["rule_off"] == [{"from": "2026-11-22T18:00:52.000000Z", "to": "2026-11-22T18:02:14.000000Z"}]
    assert [each["mirrors"] for each in document["rules"]] == [True, False, True]
    assert sum(each["missed_rule_off"] for each in document["phases"]) == 60 * A_SECOND
    assert sum(each["paired_rule_off"] for each in document["phases"]) == 23 * A_SECOND
    assert [each["from"][14:19] for each in document["phases"]] == ["00:00", "00:52", "01:00", "02:00", "02:15"]
    assert judge(read_report(document)) == judge(found)


def test_nothing_is_left_to_judge(tmp_path: Path) -> None:
    """A rule that comes and goes all the time leaves no request: that is no pass."""
    rules = [(at_s, number % 2 == 0) for number, at_s in enumerate(range(0, LENGTH_S, 8))]
    check = judge(mirrorcheck.analyze(record(tmp_path / "kept", off_from_60_to_120, rules)))
    assert (check.verdict, check.total) == (CheckResult.INCONCLUSIVE, 0)


def test_recordings_of_older_versions_are_read(tmp_path: Path) -> None:
    """They do not say whether the rule mirrored, so it explains nothing."""
    recording = record(tmp_path / "kept", off_from_60_to_120, REMOVED)
    events = recording / EVENTS
    events.write_text(events.read_text().replace(',"mirrors":true', "").replace(',"mirrors":false', ""))
    assert judge(mirrorcheck.analyze(recording)).verdict == CheckResult.FAIL


def test_test_that_is_looked_at_live_leaves_out_the_same(tmp_path: Path) -> None:
    """What lies before the first copy, that copy, and the rule's stretch; not what comes after the last copy."""
    watcher = Watcher(tmp_path, Options(horizon="5s"))
    every = [(second, n) for second in range(200) for n in range(A_SECOND)]
    hits = {each for each in every if 10 <= each[0] < 60 or 120 <= each[0] < 190}
    lines = {each: Request(second=each[0], target=f"/{each[0]}/{each[1]}") for each in every}
    for at_s, mirrors in REMOVED:
        watcher.tell(rule(at_s, mirrors))
    for stream, side, chosen in (("v1", "primary", set(every)), ("v2", "shadow", hits)):
        shown = [lines[each] if side == "primary" else lines[each].copy() for each in every if each in chosen]
        watcher.tell(opened(stream, side), Text(stream, "".join(f"{each.line()}\n" for each in shown).encode()))  # type: ignore[arg-type]  # it is a side
        watcher.tell(Closed(stream, "done"))
    found = watcher.engine.end(START_US + 300 * SECOND_US)
    assert decided(found).in_event_order().tolist() == [each in hits for each in every]
    kept = [each for each in every if each > (10, 0) and not 52 <= each[0] <= 134]
    assert decided(found).in_event_order(while_on=True).tolist() == [each in hits for each in kept]


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from([True, False, None])), max_size=12))
def test_stretches_are_those_of_the_rule(history: list[tuple[int, bool | None]]) -> None:
    """An instant is explained if a rule off, after one that was on, is at most so far away: as told one by one."""
    rules = [rule(at_s, mirrors) for at_s, mirrors in sorted(history, key=lambda each: each[0])]
    found = absences(rules)
    assert all(first < last for first, last in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    ends = [*(each.at_us + TAKEN_OVER_US for each in rules[1:]), ENDLESS_US]
    off = [
        (each.at_us - SEEN_LATE_US, ends[number])
        for number, each in enumerate(rules)
        if each.mirrors is False and any(earlier.mirrors for earlier in rules[:number])
    ]
    for at_us in range(START_US - 20 * SECOND_US, START_US + 540 * SECOND_US, SECOND_US):
        assert any(first <= at_us <= last for first, last in found) == any(
            first <= at_us <= last for first, last in off
        )
