"""The truth of a recording and the tool's phases come in; how far off each found change of the ratio is goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from tests.lab.scenario import Event
from tests.lab.truth import Truth


@dataclass(frozen=True, slots=True)
class Change:
    """A true change of the ratio: before which request of the run it lies, and before which it was found, if it was."""

    what: str
    true_at: int
    found_at: int | None

    @property
    def off_by(self) -> int | None:
        """Requests between the true place and the found one; None when it was not found."""
        return None if self.found_at is None else abs(self.found_at - self.true_at)


def held(truth: Truth, report: dict[str, Any]) -> tuple[list[Change], int]:
    """Return the true changes, each with the nearest cut between phases that is still free, and the cuts left over."""
    sizes = [int(phase["originals"]) for phase in report.get("phases", ())]
    free = list(accumulate(sizes))[:-1]
    moments = _moments(truth)
    changes = []
    for at_s, what in truth.events_s:
        if Event(at_s, what).changes_ratio:
            true_at = sum(moment < at_s * 1000 for moment in moments)
            found = min(free, key=lambda cut, true_at=true_at: abs(cut - true_at), default=None)  # type: ignore[misc]
            if found is not None:
                free.remove(found)
            changes.append(Change(what, true_at, found))
    return changes, len(free)


def _moments(truth: Truth) -> Sequence[int]:
    """Return the moment of each mirrored request's first line in the primary's logs, in order."""
    first: dict[int, int] = {}
    apart = truth.direct | truth.probes
    for line, request in truth.request_of.items():
        if line[0].startswith("v1") and request is not None and request not in apart:
            first[request] = min(first.get(request, truth.end_ms[line]), truth.end_ms[line])
    return sorted(first.values())
