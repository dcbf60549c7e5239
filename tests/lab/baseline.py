"""A recording's logs come in; two simple ways to pair them answer in the tool's own terms.

They know no retries, no direct traffic and no second copies: what is not paired is missed, or an orphan.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.lab import loglines
from tests.lab.loglines import Seen
from tests.lab.outcomes import Answer, Row, logs

WINDOW_S = 2.0


def by_order(folder: Path) -> Answer:
    """Give the n-th copy of a key to its n-th original."""
    return _answer(folder, window_s=None)


def nearest(folder: Path) -> Answer:
    """Give each copy to the nearest free original of its key, within a fixed window of two seconds."""
    return _answer(folder, window_s=WINDOW_S)


def _answer(folder: Path, window_s: float | None) -> Answer:
    originals = loglines.read((log for log in logs(folder) if log.name.startswith("v1")), shadow=False)
    copies = loglines.read((log for log in logs(folder) if log.name.startswith("v2")), shadow=True)
    original_of = _pairs(originals, copies, window_s)
    copy_of = {original: copy for copy, original in original_of.items()}
    return Answer((*_rows(originals, copy_of, "missed"), *_rows(copies, original_of, "orphan")), {})


def _pairs(originals: Sequence[Seen], copies: Sequence[Seen], window_s: float | None) -> dict[Seen, Seen]:
    """Return the original of each copy that finds one."""
    waiting: dict[tuple[str, ...], list[Seen]] = defaultdict(list)
    for original in originals:
        waiting[original.key].append(original)
    found = {}
    for copy in copies:
        free = waiting[copy.key]
        if window_s is not None:
            near = [each for each in free if abs(each.time_s - copy.time_s) <= window_s]
            free = sorted(near, key=lambda each: abs(each.time_s - copy.time_s))
        if free:
            found[copy] = free[0]
            waiting[copy.key].remove(free[0])
    return found


def _rows(lines: Sequence[Seen], partners: dict[Seen, Seen], alone: str) -> list[Row]:
    return [
        Row(seen.line, "paired" if seen in partners else alone, partners[seen].line if seen in partners else None)
        for seen in lines
    ]
