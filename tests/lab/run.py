"""A scenario and a seed come in; it is played, the tool and the baselines are asked, and all their scores go out."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.lab import baseline, certainty, changes, limits, loglines, outcomes, score, truth
from tests.lab.certainty import Certainty
from tests.lab.changes import Change
from tests.lab.limits import Limits
from tests.lab.recording import record
from tests.lab.scenario import Scenario
from tests.lab.score import Score
from tests.lab.truth import Made, Truth


class UnexpectedTruthError(Exception):
    """A recording does not show what its scenario is for; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario's scores: of the tool, of the same tool shown exact moments (the ceiling), of the two baselines.

    limits: what the logs allow. certainty: what the tool calls certain. extra_cuts: cuts between phases where nothing
    changed. refused: the error in which the tool ended, or nothing.
    """

    scenario: Scenario
    tool: Score
    ceiling: Score
    by_order: Score
    nearest: Score
    limits: Limits
    certainty: Certainty
    changes: tuple[Change, ...]
    extra_cuts: int
    refused: str
    made: Made


def run(scenario: Scenario, seed: int, keep: Path | None = None) -> Result:
    """Play a scenario and judge it; its recording stays in the folder NAME-SEED of `keep`, if that is given.

    Raises what `record` raises, and UnexpectedTruthError.
    """
    with tempfile.TemporaryDirectory(prefix="recorded-") as scratch:
        folder = (keep or Path(scratch)) / f"{scenario.name}-{seed}"
        record(scenario, seed, folder)
        return judge(scenario, folder)


def judge(scenario: Scenario, folder: Path) -> Result:
    """Judge the recording in a folder."""
    true = truth.read(folder)
    check(scenario, true)
    with ThreadPoolExecutor() as two:
        asked, asked_exactly = two.submit(outcomes.ask, folder), two.submit(outcomes.ask, folder, true)
    answer = asked.result()
    originals, copies = (
        loglines.read((log for log in outcomes.logs(folder) if log.name.startswith(side)), shadow=side == "v2")
        for side in ("v1", "v2")
    )
    found, extra_cuts = changes.held(true, answer.report)
    return Result(
        scenario,
        tool=score.judge(true, answer, originals),
        ceiling=score.judge(true, asked_exactly.result()),
        by_order=score.judge(true, baseline.by_order(folder)),
        nearest=score.judge(true, baseline.nearest(folder)),
        limits=limits.find(scenario, true, answer, originals, copies),
        certainty=certainty.find(true, limits.Moments(scenario, true), answer, originals),
        changes=tuple(found),
        extra_cuts=extra_cuts,
        refused=answer.refused,
        made=true.made,
    )


def check(scenario: Scenario, true: Truth) -> None:
    """Raise UnexpectedTruthError unless the truth shows what the scenario expects."""
    primary, shadow = true.requests("v1"), true.requests("v2")
    requests = len(set(primary))
    low, high = scenario.expected.missed or _sampled(scenario, requests)
    if not low <= len(true.missed) / requests <= high:
        raise UnexpectedTruthError(f"{scenario.name}: {len(true.missed)} of {requests} requests have no copy")
    seen = {
        "retries": len(primary) > requests,
        "duplicates": len(shadow) > len(set(shadow)),
        "orphans": bool(set(shadow) - set(primary)),
    }
    for name, there in seen.items():
        if there != getattr(scenario.expected, name):
            raise UnexpectedTruthError(f"{scenario.name}: {name} {'' if there else 'do not '}occur")


def _sampled(scenario: Scenario, requests: int) -> tuple[float, float]:
    """Return the share without a copy, give or take five standard deviations of independent decisions."""
    share = 1 - max(scenario.policies) / 100
    slack = 5 * (share * (1 - share) / requests) ** 0.5
    return share - slack, share + slack
