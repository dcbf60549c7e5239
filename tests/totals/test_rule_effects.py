"""`mirrorcheck analyze` on recordings of `watch --save`: what a rule asked for, and what came of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import mirrorcheck
from mirrorcheck.settings import Options
from mirrorcheck.sources.feed import Closed, FeedEvent, RuleSeen, Text
from mirrorcheck.sources.recording import Recorder
from tests.engine.play import SECOND_US, opened, stamp_us
from tests.logs import Request

START_US = stamp_us(Request().line().encode())
LENGTH_S = 120
A_SECOND = 8

Rule = tuple[int, float | None, bool | None]
"""When it was read, the percentage and whether it mirrors."""


def analyzed(folder: Path, copied: Callable[[int, int], bool], rules: Sequence[Rule]) -> mirrorcheck.Report:
    """What is said of eight requests a second, of which those are copied that `copied(second, n)` says."""
    asked = {
        (at_s, n): Request(second=at_s, target=f"/{at_s}/{n}") for at_s in range(LENGTH_S) for n in range(A_SECOND)
    }
    originals = "".join(f"{each.line()}\n" for each in asked.values())
    copies = "".join(f"{each.copy().line()}\n" for place, each in asked.items() if copied(*place))
    events: list[FeedEvent] = [
        RuleSeen(START_US + at_s * SECOND_US, percent, f"{percent} % of v1 -> v2", (), mirrors)
        for at_s, percent, mirrors in rules
    ]
    events += [opened("v1", "primary"), Text("v1", originals.encode())]
    events += [opened("v2", "shadow"), Text("v2", copies.encode()), Closed("v1", "done"), Closed("v2", "done")]
    recorder = Recorder(folder / "kept", Options(horizon="5s"))
    for event in events:
        recorder.take(event)
    recorder.close()
    return mirrorcheck.analyze(folder / "kept")


def said(found: mirrorcheck.Report) -> dict[str, str]:
    """The warnings about the rule by their code."""
    return {each.code: each.text for each in found.warnings if each.code.startswith("rule_")}


def drawn(share: float, from_s: int = 0, otherwise: bool = True) -> Callable[[int, int], bool]:  # noqa: FBT001, FBT002
    """A mirror of a share of all requests from a second on."""
    hits = np.random.default_rng(3).random((LENGTH_S, A_SECOND)) < share
    return lambda at_s, n: bool(hits[at_s, n]) if at_s >= from_s else otherwise


def test_a_change_that_changes_nothing_is_one_phase_and_a_finding(tmp_path: Path) -> None:
    """90 % were asked for from the middle on, and all requests were copied as before."""
    found = analyzed(tmp_path, lambda *_: True, [(0, 100.0, True), (60, 90.0, True)])
    assert (found.verdict.word, found.verdict.sentence) == ("MIRRORING", "all 960 requests were copied, 100 %")
    assert found.verdict.detail == ""
    assert [each.originals for each in found.phases] == [960]
    assert found.ratio.low is not None
    assert said(found) == {
        "rule_not_followed": "the rule asks for 90 % from 18:01:00 on, but 360 of 360 requests were copied (100 %) "
        "from 18:01:15 on: a proxy has not taken it over, or another rule is in force.",
    }


def test_a_change_that_cannot_be_seen_is_said(tmp_path: Path) -> None:
    """One percent less cannot be told in a minute: one phase, and a note that nothing changed."""
    found = analyzed(tmp_path, drawn(0.5), [(0, 50.0, True), (60, 49.0, True)])
    assert (found.verdict.word, len(found.phases)) == ("PARTIAL", 1)
    assert said(found) == {
        "rule_without_effect": "the rule changed from 50 to 49 % at 18:01:00, and the ratio of what was copied did "
        "not: one phase.",
    }


def test_a_change_that_is_followed_is_two_phases_and_nothing_else(tmp_path: Path) -> None:
    """Where the ratio changes with the rule, each has its phase, and the rule is followed."""
    found = analyzed(tmp_path, drawn(0.5, 58), [(0, 100.0, True), (60, 50.0, True)])
    assert (found.verdict.word, len(found.phases)) == ("CHANGED", 2)
    assert said(found) == {}


def test_one_rule_that_is_not_followed_is_found_too(tmp_path: Path) -> None:
    """It need not change for that."""
    found = analyzed(tmp_path, drawn(0.2), [(0, 50.0, True)])
    assert found.verdict.word == "PARTIAL"
    assert list(said(found)) == ["rule_not_followed"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([(0, None, False)], "rule_copies_without"),
        ([(0, 100.0, True), (60, None, False)], "rule_copies_without"),
        ([(0, 100.0, True), (60, None, None)], None),  # it could not be read
    ],
    ids=["none", "deleted", "unread"],
)
def test_copies_that_no_rule_asks_for_are_found(rules: Sequence[Rule], code: str | None, tmp_path: Path) -> None:
    """Something else mirrors, or a proxy still does."""
    assert list(said(analyzed(tmp_path, lambda *_: True, rules))) == ([code] if code else [])
