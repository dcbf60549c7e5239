"""A rule that changes while it is watched: what is expected, what is an alarm, and what is said of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mirrorcheck.engine.snapshot import Event, Snapshot
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.settings import Options
from mirrorcheck.sources.feed import RuleSeen
from tests.engine.play import SECOND_US, Watcher, opened, stamp_us
from tests.logs import Request

pytestmark = pytest.mark.unmeasured

START_US = stamp_us(Request().line().encode())
LENGTH_S = 80
A_SECOND = 3
EVERY_S = 5  # between two looks
OFF_S = range(16, 44)

Copied = Callable[[int, int], bool]


def rule(at_s: int, percent: float | None, *, mirrors: bool | None, text: str = "") -> RuleSeen:
    """The rule as it was read at a second."""
    return RuleSeen(START_US + at_s * SECOND_US, percent, text or f"{percent} {mirrors}", (), mirrors)


def played(folder: Path, rules: Sequence[RuleSeen], copied: Copied, *, expect: float | None = None) -> list[Snapshot]:
    """What a watcher sees now and then of a few requests a second, the rules told when they are read."""
    watcher = Watcher(folder, Options(horizon="5s"))
    watcher.snapshots = Snapshots(Subject("target", "shop", expect), started_us=0)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    every = [(second, n) for second in range(LENGTH_S) for n in range(A_SECOND)]
    asked = {each: Request(second=each[0], target=f"/{each[0]}/{each[1]}") for each in every}
    logs = {
        "v1": [f"{each.line()}\n".encode() for each in asked.values()],
        "v2": [f"{each.copy().line()}\n".encode() for place, each in asked.items() if copied(*place)],
    }
    left, states = list(rules), []
    for state in watcher.run(logs, after_s=8, every=EVERY_S):
        states.append(state)
        while left and left[0].at_us <= watcher.now_us:
            watcher.tell(left.pop(0))
    return states


def told(states: Sequence[Snapshot], *kinds: str) -> list[Event]:
    """All events of some kinds."""
    return [each for each in states[-1].events if each.kind in kinds]


def alarms_s(states: Sequence[Snapshot]) -> list[int]:
    """The seconds of the looks that say that copies have stopped."""
    return [(state.now_us - START_US) // SECOND_US for state in states if state.silence]


GONE = rule(21, None, mirrors=False, text="mirror rule removed")
RULES = (rule(0, 100.0, mirrors=True), GONE, rule(46, 100.0, mirrors=True))


@pytest.mark.parametrize(
    ("off", "expect"),
    [(GONE, None), (GONE, 100.0), (rule(21, 0.0, mirrors=False), 100.0)],
    ids=["deleted", "deleted-expect", "no-mirror-expect"],
)
def test_a_rule_that_is_gone_is_no_alarm_whatever_is_expected(
    off: RuleSeen, expect: float | None, tmp_path: Path
) -> None:
    """A deleted rule is as one that mirrors nothing: it is said once, its requests count, and none is an alarm.

    That copies have stopped on purpose is not known before the rule is read again, five seconds later here.
    """
    rules = (RULES[0], off, RULES[2])
    states = played(tmp_path, rules, lambda second, _: second not in OFF_S, expect=expect)
    assert not [second for second in alarms_s(states) if second > 22]
    assert told(states, "missed") == []
    assert len(told(states, "uncopied")) == states[-1].totals.missed == len(OFF_S) * A_SECOND
    assert [each.at_us for each in told(states, "rule")] == [each.at_us for each in rules]


def test_silence_after_the_rule_came_back_is_an_alarm(tmp_path: Path) -> None:
    """Once proxies had their time to take the rule over, what is not copied is missed again."""
    states = played(tmp_path, RULES, lambda second, _: second < 16)
    assert 61 < min(each for each in alarms_s(states) if each > 22) < 70
    assert {each.at_us > START_US + 61 * SECOND_US for each in told(states, "missed")} == {True}


@pytest.mark.parametrize(("expect", "kind"), [(None, "uncopied"), (100.0, "missed")], ids=["", "expect"])
def test_without_a_rule_nothing_is_due_unless_it_is_expected(expect: float | None, kind: str, tmp_path: Path) -> None:
    """Where no rule ever mirrored, only the user, or what copies all the same, lets copies be expected."""
    states = played(tmp_path, [rule(0, None, mirrors=False)], lambda *_: False, expect=expect)
    assert {each.kind for each in told(states, "missed", "uncopied")} == {kind}
    assert bool(alarms_s(states)) == (expect is not None)


def test_what_copies_without_a_rule_is_expected_to_go_on(tmp_path: Path) -> None:
    """Something that no rule tells of copies: from its first copy on a miss is one."""
    states = played(tmp_path, [rule(0, None, mirrors=False)], lambda second, n: second > 20 and (second, n) != (50, 1))
    assert [each.target for each in told(states, "missed")] == ["/50/1"]
    assert len(told(states, "uncopied")) == 21 * A_SECOND


def test_routes_with_percentages_of_their_own_leave_some_uncopied(tmp_path: Path) -> None:
    """No one number is expected then, and a request that is not copied is no alarm."""
    rules = [rule(0, 100.0, mirrors=True), rule(40, None, mirrors=True)]
    states = played(tmp_path, rules, lambda second, n: second < 40 or n > 0)
    assert told(states, "missed") == []
    assert len(told(states, "uncopied")) == 40
