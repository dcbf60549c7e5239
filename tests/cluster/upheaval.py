"""Watches a mirror whose rule changes all the time while sight of it is lost, by a seed, and judges it.

    python -m tests.cluster.upheaval --seeds 100

Every request must be paired, missed or in a gap that is named; no copied one may be missed; no verdict may pass on less
of the watching than is allowed, or fail what no rule asked for. No alarm may be raised but of requests that are dropped
once the rule has come to rest, and one of these must be told. Half of the rules mirror all or nothing: none is dropped.
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.engine.watch.loop import WatchLoop
from mirrorcheck.report.model import Report
from mirrorcheck.totals import rule_absent
from tests.cluster.blindness import (
    ALLOWED,
    FOLLOW,
    NOT_KEPT,
    OUTAGES_S,
    Blindness,
    Deed,
    Outcome,
    Seen,
    Undo,
    fill_disk,
    kill_server,
    look,
    lose_node,
    moment,
    moment_us,
    outcomes,
    play_all,
    shown,
    take_files,
    take_list,
    take_rights,
    unsaid,
)
from tests.cluster.rulings import TAKEN_OVER_S, Sent, Unrest, cluster_of_versions
from tests.kube.server import Server

_TOLERANCE = 0.06  # requests come at random, and the limit is of time
_SEEN_LATE_S, _TAKEN_OVER_S = 0.8, TAKEN_OVER_S + 0.55  # a busy machine may be late, too
_OK = 200
_DROP_S = 1.0
_LOOKS, _MOST_S = 40, 180.0  # until a miss is told: as fast as this machine looks, but not for ever
_CALM_S = 2.5  # after the last change, where nothing is dropped


class Upheaval(Blindness):
    """One run, in which the rule changes all the time."""

    unrest: Unrest
    pace = replace(Blindness.pace, follow=replace(FOLLOW, seen_late=_SEEN_LATE_S))

    def _watch(self, watched_: WatchLoop, server: Server, deed: Deed, outage_s: float | None, after_s: float) -> Seen:
        self.unrest.was_read = lambda at: any(
            each.began > at and each.status == _OK and each.end for each in server.ledger.exchanges("/httproutes")
        )
        return super()._watch(watched_, server, deed, outage_s, after_s)

    def calm_down(self, watched_: WatchLoop, states: list[Snapshot]) -> None:
        """Let the rule rest, and drop a request until one is told: those at first the change may explain."""
        self.unrest.calm.set()
        seen = len(states)
        until = time.monotonic() + _MOST_S
        while time.monotonic() < until and not watched_.ended.is_set() and not self._told(states[-1]):
            if len({id(state) for state in states[seen:]}) > _LOOKS:
                return
            if not self.unrest.whole:
                self.unrest.drop()
            look(watched_, states, _DROP_S, self._told)

    def _told(self, state: Snapshot) -> bool:
        if self.unrest.whole:
            return time.time_ns() > self.unrest.told[-1].at + round(_CALM_S * 1e9)
        return bool(self.unrest.dropped & told(state, "missed"))


def nothing(_: Blindness, __: Server) -> Undo:
    """Sight is not lost at all."""
    return lambda: None


def take_rules(_: Blindness, server: Server) -> Undo:
    """The objects that say the rule may not be read any more."""
    kinds = [(verb, kind) for verb in ("get", "list") for kind in ("virtualservices", "httproutes")]
    for verb, kind in kinds:
        server.access.deny(verb, kind)

    def undo() -> None:
        for verb, kind in kinds:
            server.access.allow(verb, kind)

    return undo


DEEDS: tuple[Deed, ...] = (
    kill_server,
    take_rules,
    nothing,
    take_rights,
    take_list,
    lose_node,
    kill_server,
    take_rules,
    fill_disk,
    take_files,
)


_NOT_TOLD = {*NOT_KEPT, nothing, take_rules}  # as what cannot be seen


def told(state: Snapshot, *kinds: str) -> set[str]:
    """The targets of what was told of some kinds."""
    return {each.target for each in state.events if each.kind in kinds}


def judge(run: Upheaval, seen: Seen) -> tuple[str, float, list[str]]:
    """The verdict of a check of all copies while there was a rule, the share not judged, and what is wrong."""
    report, became = seen.report, outcomes(seen.report)
    sent = [each for each in run.unrest.sent if isinstance(each, Sent) and each.at > seen.begun + 1_000_000_000]
    problems = unsaid([each for each in sent if each.path not in became], report)
    problems += [f"false miss: {_words(each)}" for each in sent if each.copied and became.get(each.path) == "missed"]
    problems += [
        f"false pair: {_words(each)}" for each in sent if not each.copied and became.get(each.path) == "paired"
    ]
    problems += [*_alarms(run, seen), *_copies_without(report)]
    outside = [each for each in sent if became.get(each.path, "unobserved") == "unobserved"]
    unseen = len(outside) / max(1, len(sent))
    verdict, wrong = _verdicts(sent, report, unseen)
    return verdict.word, unseen, [*problems, *wrong]


def _words(request: Sent) -> str:
    return f"{request.path} at {moment(request.at)} by {request.by.name}"


def _alarms(run: Upheaval, seen: Seen) -> Iterator[str]:
    last, dropped = seen.states[-1], run.unrest.dropped
    by_path = {each.path: each for each in run.unrest.sent if isinstance(each, Sent)}
    for path in sorted(told(last, "missed") - dropped):
        yield f"false alarm: {_words(by_path[path]) if path in by_path else path}"
    yield from (f"false alarm of a copy: {path}" for path in sorted(told(last, "orphan", "duplicate")))
    yield from (f"NO COPIES at {moment_us(state.now_us)}" for state in seen.states if state.silence)
    if len(dropped) > 1 and not seen.lost and not dropped & told(last, "missed"):
        yield f"not told: {', '.join(sorted(dropped))}"


def _copies_without(report: Report) -> Iterator[str]:
    if report.shadow.orphan or report.shadow.duplicate:
        yield f"{report.shadow.orphan} orphans and {report.shadow.duplicate} duplicates"


def _verdicts(sent: list[Sent], report: Report, unseen: float) -> tuple[CheckResult, list[str]]:
    """The verdict of --expect 100 --while-on, and what is wrong with it and with that of --expect 100."""
    uncopied = [each for each in sent if not each.copied]
    of_all, of_on = (
        evaluate(report, complete_checks(CheckOptions(expect=100, while_on=while_on))).verdict
        for while_on in (False, True)
    )
    problems = []
    if CheckResult.PASS in {of_all, of_on} and unseen > ALLOWED + _TOLERANCE:
        problems.append(f"PASS, and {unseen:.0%} unseen")
    became = outcomes(report)
    if of_all is CheckResult.PASS and any(became.get(each.path) == "missed" for each in uncopied):
        problems.append("PASS of all, and some were missed")
    if of_on is CheckResult.FAIL and all(not each.by.percent for each in uncopied):
        missed = [_words(each) for each in uncopied if became.get(each.path) == "missed"]
        problems.append(
            f"FAIL while on, and no rule asked for what was not copied: {'; '.join(missed[:1] + missed[-1:])}"
        )
    return of_on, problems


@contextmanager
def _hastened() -> Iterator[None]:
    with (
        patch.object(rule_absent, "SEEN_LATE_US", round(_SEEN_LATE_S * 1e6)),
        patch.object(rule_absent, "TAKEN_OVER_US", round(_TAKEN_OVER_S * 1e6)),
    ):
        yield


def play(seed: int) -> Outcome:
    """Play one seed."""
    chance = random.Random(seed)
    deed, outage_s = DEEDS[seed % len(DEEDS)], chance.choice(OUTAGES_S)
    cluster = cluster_of_versions()
    unrest = Unrest(cluster, random.Random(seed + 1), whole=seed // len(DEEDS) % 2 == 1)
    with tempfile.TemporaryDirectory() as folder, _hastened():
        run = Upheaval(seed, Path(folder), cluster, unrest)
        run.unrest, run.tells = unrest, deed not in _NOT_TOLD
        seen = run.watch(deed, outage_s)
        verdict, unseen, problems = judge(run, seen)
        if run.tells:
            problems += shown(seen)
    return Outcome(seed, deed.__name__, outage_s, verdict, unseen, tuple(problems))


if __name__ == "__main__":
    sys.exit(play_all(play, __doc__.splitlines()[0]))
