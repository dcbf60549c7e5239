"""Counts what happens to the probes of a run."""

from collections.abc import Callable
from datetime import UTC, datetime

from mirrorcheck.probe.plan import Plan
from mirrorcheck.probe.run import Run

Watch = Callable[[Run], None]


def nobody(run: Run) -> None:
    """Watch nothing."""


class Tally:
    """Counts the probes that were begun, answered and failed; `watch` is called after each change."""

    def __init__(self, plan: Plan, sender: str = "", watch: Watch = nobody) -> None:
        self.run = Run(plan.run, plan.shown_url, sender, plan.count)
        self.arrived: set[int] = set()
        """Numbers of the probes that were answered."""
        self.broken = ""
        """Why no more could be sent; empty where nothing broke."""
        self._under_way: set[int] = set()
        self._watch = watch

    def begin(self, number: int) -> None:
        """Note that the probe of this number is being sent."""
        self.run.sent += 1
        self._under_way.add(number)
        self.run.first = self.run.first or datetime.now(UTC)
        self._watch(self.run)

    def answered(self, number: int, status: int) -> None:
        """Note its answer."""
        self.run.answered[status] = self.run.answered.get(status, 0) + 1
        self.arrived.add(number)
        self._end(number)

    def failed(self, number: int, reason: str) -> None:
        """Note that it has none; it may have arrived all the same."""
        self.run.failed[reason] = self.run.failed.get(reason, 0) + 1
        self._end(number)

    def give_up(self, reason: str) -> None:
        """Note that those still under way are not waited for."""
        for number in sorted(self._under_way):
            self.failed(number, reason)

    @property
    def under_way(self) -> int:
        """How many are neither answered nor failed."""
        return len(self._under_way)

    def _end(self, number: int) -> None:
        self._under_way.discard(number)
        self.run.last = datetime.now(UTC)
        self._watch(self.run)
