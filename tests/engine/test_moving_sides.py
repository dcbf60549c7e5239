"""Pods that change sides while they are watched: each line is judged by the side of its time, or is in a named gap."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.engine.look import Look
from mirrorcheck.engine.spans import spans
from mirrorcheck.report.dump import to_document
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import ENDLESS_US, Closed, FeedEvent, RuleSeen, Side, SideChange, Text
from mirrorcheck.totals import rule_absent
from tests.engine.play import SECOND_US, Watcher, opened, stamp_us
from tests.logs import Request

START_US = stamp_us(Request().line().encode())
LENGTH_S = 120
A_SECOND = 3
OPTIONS = Options(horizon="5s")
CHANGED_S, SEEN_S = 60, 64


def at(second: int) -> int:
    """The instant of a second."""
    return START_US + second * SECOND_US


def rule(at_s: int, primary: str, shadow: str, unseen: str = "") -> RuleSeen:
    """A rule that mirrors all."""
    return RuleSeen(at(at_s), 100.0, f"100 % of {primary} -> {shadow}", (), True, primary, shadow, unseen)  # noqa: FBT003


class World:
    """Requests of each second, and who logs them: `route` gives primary and shadow of a second."""

    def __init__(self, route: Sequence[tuple[int, str, str]], missed: Sequence[tuple[int, int]] = ()) -> None:
        self.logs: dict[str, list[str]] = {}
        for second in range(LENGTH_S):
            _, primary, shadow = max(each for each in route if each[0] <= second)
            for n in range(A_SECOND):
                request = Request(second=second, target=f"/{second}/{n}")
                self.log(primary, request.line())
                if (second, n) not in missed:
                    self.log(shadow, request.copy().line())

    def log(self, pod: str, line: str) -> None:
        """Add a line."""
        self.logs.setdefault(pod, []).append(f"{line}\n")


def watched(folder: Path, world: World, sides: Mapping[str, Side], *told: FeedEvent) -> Look:
    """All of it, once everything has ended."""
    watcher = Watcher(folder, OPTIONS)
    for pod, side in sides.items():
        text = "".join(world.logs[pod]).encode()
        watcher.tell(opened(pod, side), Text(pod, text))
    watcher.tell(*told, *(Closed(pod, "done") for pod in sides))
    watcher.now_us = at(LENGTH_S + 20)
    watcher.look()
    return watcher.engine.end(watcher.now_us)


def sums_up(found: Look) -> None:
    """Every line that was read is in one class."""
    report = found.report(complete(OPTIONS))
    read = sum(stream.reading.counts.read for stream in found.states)
    other = report.other_lines.read if report.other_lines else 0
    assert report.primary.lines.read + report.shadow_side.lines.read + other == read
    assert report.primary.lines.parsed == report.originals.total
    assert report.shadow_side.lines.parsed == report.shadow.total


def test_a_promotion_is_no_flood_of_orphans(tmp_path: Path) -> None:
    """What was the shadow becomes the primary, mirrored to the next version: misses of both times are told.

    Around the change nobody can tell its originals from copies: that is a gap, which names the pod.
    """
    world = World([(0, "v1", "v2"), (CHANGED_S, "v2", "v3")], missed=[(20, 0), (100, 1)])
    moved = SideChange("v1", at(SEEN_S), "primary", None), SideChange("v2", at(SEEN_S), "shadow", "primary")
    rules = rule(0, "v1", "v2"), rule(SEEN_S, "v2", "v3")
    found = watched(tmp_path, world, {"v1": "primary", "v2": "shadow", "v3": "shadow"}, *rules, *moved)
    report = found.report(complete(OPTIONS))
    assert [each.target for each in report.missed_examples] == ["/20/0", "/100/1"]
    assert (report.originals.missed, report.shadow.orphan, report.shadow.duplicate) == (2, 0, 0)
    assert report.originals.paired > 3 * (LENGTH_S - 30)
    assert [(each.pod, each.reason) for each in report.gaps] == [
        ("v1", "was left by the rule as primary"),
        ("v2", "became the primary's"),
    ]
    assert [(each["primary"], each["shadow"]) for each in json.loads(json.dumps(to_document(report)))["rules"]] == [
        ("v1", "v2"),
        ("v2", "v3"),
    ]
    assert (report.primary.pods, report.shadow_side.pods) == (("v1", "v2"), ("v2", "v3"))
    sums_up(found)


def test_another_shadow_is_followed_from_the_change_on(tmp_path: Path) -> None:
    """Both shadows are read around it, so nothing of it is unobserved, and a miss in the midst of it is told.

    What the first one logs long after it was left is of neither side.
    """
    world = World([(0, "v1", "v2"), (CHANGED_S, "v1", "v3")], missed=[(CHANGED_S - 1, 1)])
    for second in range(90, LENGTH_S):
        world.log("v2", Request(second=second, target="/direct").line())
    left = SideChange("v2", at(SEEN_S), "shadow", None)
    found = watched(
        tmp_path,
        world,
        {"v1": "primary", "v2": "shadow", "v3": "shadow"},
        rule(0, "v1", "v2"),
        left,
        rule(64, "v1", "v3"),
    )
    report = found.report(complete(OPTIONS))
    assert [each.target for each in report.missed_examples] == ["/59/1"]
    assert (report.originals.unobserved, report.shadow.orphan, report.shadow.direct, report.gaps) == (0, 0, 0, ())
    assert (report.verdict.word, len(report.phases)) == ("INCOMPLETE", 1)
    assert report.other_lines
    assert report.other_lines.read == 30
    sums_up(found)


def test_a_shadow_that_has_no_pods_here_hides_its_requests(tmp_path: Path) -> None:
    """Nobody can see its copies: no request is missed, and the gap says why."""
    world = World([(0, "v1", "v2"), (CHANGED_S, "v1", "elsewhere")])
    why = "the shadow's pods are not in this cluster"
    found = watched(
        tmp_path, world, {"v1": "primary", "v2": "shadow"}, rule(0, "v1", "v2"), rule(SEEN_S, "v1", "mirror.test", why)
    )
    report = found.report(complete(OPTIONS))
    assert (report.originals.missed, report.originals.paired) == (0, 3 * CHANGED_S)
    assert report.originals.unobserved == 3 * (LENGTH_S - CHANGED_S)
    assert [(each.pod, each.to, each.reason) for each in report.gaps] == [("mirror.test", None, why)]


def test_a_pod_that_left_holds_nobody_up(tmp_path: Path) -> None:
    """Its stream tells nothing any more, and what comes later is decided all the same."""
    world = World([(0, "v1", "v2"), (CHANGED_S, "v1", "v3")])
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.now_us = at(LENGTH_S)
    for pod, side in (("v1", "primary"), ("v2", "shadow"), ("v3", "shadow")):
        watcher.tell(opened(pod, side), Text(pod, "".join(world.logs[pod]).encode()))  # type: ignore[arg-type]  # a side
    watcher.tell(rule(0, "v1", "v2"), SideChange("v2", at(SEEN_S), "shadow", None), rule(SEEN_S, "v1", "v3"))
    behind = watcher.look()[0].watermarks.shadow_us
    assert behind < at(CHANGED_S)  # it may have logged copies of then, and has not told so
    watcher.tell(Text("v2", f"{Request(second=SEEN_S + 20, target='/direct').line()}\n".encode()))
    assert watcher.look()[0].watermarks.shadow_us == at(LENGTH_S - 1)


SIDES: st.SearchStrategy[Side | None] = st.sampled_from(["primary", "shadow", None])


@given(first=SIDES, moves=st.lists(st.tuples(st.integers(0, 60), SIDES), max_size=6))
def test_a_line_is_of_one_side_at_most(first: Side | None, moves: list[tuple[int, Side | None]]) -> None:
    """However often a pod moves: of the side that it surely was on, and of no other that it may have been on."""
    times = sorted(second for second, _ in moves)
    states = [first, *(side for _, side in moves)]
    changes = [SideChange("v", at(at_s), states[number], states[number + 1]) for number, at_s in enumerate(times)]
    found = spans(opened("v", first), changes)
    ends = [0, *(each.at_us for each in changes), ENDLESS_US]
    for second in range(-30, 120):
        may = {
            side
            for number, side in enumerate(states)
            if ends[number] - rule_absent.SEEN_LATE_US <= at(second) <= ends[number + 1] + rule_absent.TAKEN_OVER_US
        }
        sure = {side for side, own in found.certain.items() if any(a <= at(second) <= b for a, b in own)}
        possible = {side for side, own in found.possible.items() if any(a <= at(second) <= b for a, b in own)}
        assert possible == may - {None}
        assert sure == ({"primary"} if may == {"primary"} else {"shadow"} if possible == {"shadow"} else set())
        assert len(sure) <= 1


@pytest.mark.parametrize("pods", [("v1", "v2")])
def test_without_a_change_nothing_is_different(pods: tuple[str, str], tmp_path: Path) -> None:
    """Every line of a pod is of its side."""
    found = watched(tmp_path, World([(0, *pods)]), {pods[0]: "primary", pods[1]: "shadow"}, rule(0, *pods))
    report = found.report(complete(OPTIONS))
    assert (report.verdict.word, report.other_lines, report.originals.total) == ("MIRRORING", None, 3 * LENGTH_S)
