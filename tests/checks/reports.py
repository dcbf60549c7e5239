"""Counts come in, a finished `Report` of an analysis that found them goes out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import mirrorcheck
from mirrorcheck.report.model import MissedRange, Phase, Ratio, Report, Sampling

START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
PHASE = timedelta(minutes=10)


@cache
def empty() -> Report:
    """The report of two empty logs."""
    with TemporaryDirectory() as folder:
        logs = [Path(folder) / name for name in ("v1.log", "v2.log")]
        for log in logs:
            log.touch()
        return mirrorcheck.analyze(primary=[logs[0]], shadow=[logs[1]])


def ratio(paired: int, missed: int) -> Ratio:
    """A ratio as a report has it; its own interval is nothing that a check looks at."""
    total = paired + missed
    return Ratio(paired / total if total else None, None, None, 0.95, paired, missed)


def report(*phases: tuple[int, int], missed: tuple[int, int] | None = None, sampling: Sampling | None = None) -> Report:
    """A report of phases with so many paired and missed originals; `missed` are the ends of their range."""
    found = tuple(
        Phase(START + at * PHASE, START + (at + 1) * PHASE, hits + misses, hits, misses, ratio(hits, misses))
        for at, (hits, misses) in enumerate(phases)
    )
    whole = ratio(sum(hits for hits, _ in phases), sum(misses for _, misses in phases))
    before, after = _off(phases), _off(phases[::-1])
    on = ratio(whole.paired, whole.missed - before - after) if whole.paired else ratio(0, 0)
    return replace(
        empty(),
        originals=replace(
            empty().originals, total=whole.paired + whole.missed, paired=whole.paired, missed=whole.missed
        ),
        shadow=replace(empty().shadow, total=whole.paired, paired=whole.paired),
        ratio=whole,
        phases=found,
        missed_range=MissedRange(*missed, why="some may be retries") if missed else None,
        ratio_while_on=on,
        on_from=START if whole.paired else None,
        on_to=START + len(phases) * PHASE if whole.paired else None,
        missed_before_on=before,
        missed_after_on=after if whole.paired else 0,
        sampling=sampling,
        warnings=(),
    )


def _off(phases: tuple[tuple[int, int], ...]) -> int:
    """Misses of the phases without a copy at the front."""
    total = 0
    for paired, missed in phases:
        if paired:
            break
        total += missed
    return total
