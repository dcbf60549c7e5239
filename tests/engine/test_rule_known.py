"""Up to when the mirror rule is known, and what is concluded of the time beyond: no alarm, and no pass."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Ended, FeedEvent, Gap, RuleKnown, RuleSeen, Text
from tests.engine.play import SECOND_US, Watcher, opened, stamp_us
from tests.logs import Request

pytestmark = pytest.mark.unmeasured

START_US = stamp_us(Request().line().encode())
LENGTH_S = 100
A_SECOND = 3
OPTIONS = Options(horizon="5s")
DELETED_S = 16

Copied = Callable[[int, int], bool]


def at(second: int) -> int:
    """A second of the watching."""
    return START_US + second * SECOND_US


def rule(
    at_s: int, percent: float | None, *, mirrors: bool = True, known_s: int | None = None, rewritten: bool = False
) -> RuleSeen:
    """The rule as it was read at a second, and until when the one before was known."""
    known_us = 0 if known_s is None else at(known_s)
    return RuleSeen(at(at_s), percent, f"{percent}", (), mirrors, known_us=known_us, rewritten=rewritten)


def known(*seconds: int) -> list[tuple[int, FeedEvent]]:
    """The rule was read at these seconds, and was what it had been a second before."""
    return [(second, RuleKnown(at(second - 1), "")) for second in seconds]


def played(folder: Path, events: Sequence[tuple[int, FeedEvent]], copied: Copied) -> tuple[list[Snapshot], Report]:
    """A look every four seconds at a few requests a second, each event told at its second; and the report."""
    watcher = Watcher(folder, OPTIONS)
    watcher.tell(opened("v1", "primary", START_US), opened("v2", "shadow", START_US))
    asked = [
        ((second, n), Request(second=second, target=f"/{second}/{n}")) for second in range(LENGTH_S) for n in range(3)
    ]
    logs = {
        "v1": [f"{each.line()}\n".encode() for _, each in asked],
        "v2": [f"{each.copy().line()}\n".encode() for place, each in asked if copied(*place)],
    }
    left, states = sorted(events, key=lambda each: each[0]), []
    for state in watcher.run(logs, after_s=8, every=4):
        states.append(state)
        while left and at(left[0][0]) <= watcher.now_us:
            watcher.tell(left.pop(0)[1])
    states.append(watcher.look()[1])
    end_us = watcher.now_us
    watcher.tell(*watcher.engine.unread(end_us), Ended(end_us))
    return states, watcher.engine.end(end_us).report(complete(OPTIONS))


def alarms(states: Sequence[Snapshot]) -> list[str]:
    """What called somebody at any time."""
    missed = [each.target for each in states[-1].events if each.kind == "missed"]
    return [*missed, *(f"silence at {(state.now_us - START_US) / 1e6}" for state in states if state.silence)]


def test_no_alarm_before_a_deleted_rule_is_read(tmp_path: Path) -> None:
    """Copies stop five seconds before it is read that the rule is gone: the alarm waits, and asks for the rule."""
    gone = (21, rule(21, None, mirrors=False, known_s=14))
    states, _ = played(tmp_path, [(0, rule(0, 100)), *known(5, 10, 15), gone, *known(*range(21, 108, 5))], before)
    assert alarms(states) == []
    assert {(state.now_us - START_US) // SECOND_US for state in states if state.silence_uncertain} & set(range(17, 22))


def test_an_alarm_is_raised_once_the_rule_is_known_to_ask_for_copies(tmp_path: Path) -> None:
    """The rule stays, and copies stop: it is told when the rule was read again, and not before."""
    states, _ = played(tmp_path, [(0, rule(0, 100)), *known(5, 10, 15, 30, *range(40, 108, 5))], before)
    first = next(state for state in states if state.silence)
    assert (first.now_us - START_US) // SECOND_US in range(30, 38)
    assert not first.silence_uncertain
    assert f"/{DELETED_S}/0" in alarms(states)


def test_a_rule_that_was_deleted_while_it_could_not_be_read(tmp_path: Path) -> None:
    """A minute passes: no alarm at all, a problem that says so, and a stretch without a rule from the last proof on."""
    lost = RuleKnown(at(14), "the right to list virtualservices is missing")
    again = (76, rule(76, None, mirrors=False, known_s=14))
    states, report = played(
        tmp_path, [(0, rule(0, 100)), *known(5, 10, 15), (20, lost), again, *known(77, 90, 107)], before
    )
    assert alarms(states) == []
    blind = [state for state in states if any("right to list" in problem for problem in state.problems)]
    assert {at(40) < state.now_us < at(76) for state in blind} >= {True}
    assert states[-1].problems == ()
    assert report.originals.missed == (LENGTH_S - DELETED_S) * A_SECOND
    wanted = complete_checks(CheckOptions(expect=100, while_on=True, min_requests=20))
    assert evaluate(report, wanted).verdict is CheckResult.PASS


def test_a_rule_that_is_not_known_to_the_end(tmp_path: Path) -> None:
    """What is copied is judged, and nothing passes on it: requests may have gone where nobody looked."""
    lost = RuleKnown(at(40), "the right to list virtualservices is missing")
    _, report = played(tmp_path, [(0, rule(0, 100)), *known(20), (45, lost)], lambda *_: True)
    assert report.gaps[-1].reason == "the mirror rule is not known: the right to list virtualservices is missing"
    assert evaluate(report, complete_checks(CheckOptions(expect=100))).verdict is CheckResult.INCONCLUSIVE


@pytest.mark.parametrize("rewritten", [True, False])
def test_a_rule_that_was_another_meanwhile(tmp_path: Path, *, rewritten: bool) -> None:
    """It was changed and changed back before it was read: who got the copies of that time is not known."""
    back = (50, rule(50, 100, known_s=44, rewritten=rewritten))
    states, report = played(
        tmp_path, [(0, rule(0, 100)), *known(45), back, *known(50, 107)], lambda second, _: second != 46
    )
    assert (report.originals.missed == 0, bool(report.gaps)) == (rewritten, rewritten)
    assert len(alarms(states)) == (0 if rewritten else A_SECOND)
    if rewritten:
        assert report.gaps[0].pod == ""
        assert report.originals.unobserved >= A_SECOND


def test_few_copies_of_a_small_percentage_are_no_silence(tmp_path: Path) -> None:
    """From 100 to 5 %: what was usual before is not held against it, neither before nor after it is read."""
    less = (35, rule(35, 5, known_s=29))
    few = lambda second, n: second < 31 or (second % 20, n) == (0, 0)  # noqa: E731  # said in a line
    states, _ = played(tmp_path, [(0, rule(0, 100)), *known(10, 20, 30), less, *known(*range(36, 108, 5))], few)
    assert alarms(states) == []


def test_one_busy_pod_of_many_that_is_not_read(tmp_path: Path) -> None:
    """It is a small part of the time of all, and most of the requests: nothing passes without them."""
    watcher = Watcher(tmp_path, OPTIONS)
    idle = [f"v1-{n}" for n in range(9)]
    watcher.tell(*(opened(pod, "primary", START_US) for pod in ("busy", *idle)), opened("v2", "shadow", START_US))
    seen = [Request(second=second, target=f"/{second}/{n}") for second in range(40) for n in range(10)]
    few = [Request(second=second, target=f"/few/{second}") for second in range(80)]
    watcher.tell(Text("busy", b"".join(f"{each.line()}\n".encode() for each in seen)))
    watcher.tell(*(Text(pod, f"{each.line()}\n".encode()) for each, pod in zip(few, idle * 9, strict=False)))
    copies = sorted([*seen, *few], key=lambda each: each.second)
    watcher.tell(Text("v2", b"".join(f"{each.copy().line()}\n".encode() for each in copies)))
    watcher.tell(Gap("busy", "busy", "nginx", at(40), at(80), "no sight: the node is gone"), Ended(at(80)))
    sight = watcher.engine.end(at(80)).sight
    assert sight is not None
    assert sight.primary_unread_s / sight.primary_s == pytest.approx(0.05)
    assert sight.unread == pytest.approx(400 / 880)
    report = watcher.engine.end(at(80)).report(complete(OPTIONS))
    assert evaluate(report, complete_checks(CheckOptions(expect=100))).verdict is CheckResult.INCONCLUSIVE


def before(second: int, _: int) -> bool:
    """Copied is what came before the rule was deleted."""
    return second < DELETED_S


def test_nothing_is_failed_for_a_time_without_a_rule(tmp_path: Path) -> None:
    """All that was copied lies in a gap, and the rule is gone for the rest: no data, and no mirror that fails."""
    gone = (14, rule(14, None, mirrors=False, known_s=1, rewritten=True))
    _, report = played(tmp_path, [(0, rule(0, 100)), *known(2), gone, *known(14, 50, 107)], before)
    assert (report.ratio.paired, report.ratio.missed > 100) == (0, True)
    verdicts = [
        evaluate(report, complete_checks(CheckOptions(expect=100, while_on=while_on))).verdict
        for while_on in (False, True)
    ]
    assert verdicts == [CheckResult.FAIL, CheckResult.INCONCLUSIVE]
