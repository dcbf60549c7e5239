"""Counts what happens to the probes of a run."""

from collections import Counter
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
        self._plan, self._sender, self._watch = plan, sender, watch
        self._under_way: set[int] = set()
        self.arrived: set[int] = set()
        """Numbers of the probes that were answered."""
        self.broken = ""
        """Why no more could be sent; empty where nothing broke."""
        self._sent = 0
        self._answered: Counter[int] = Counter()
        self._failed: Counter[str] = Counter()
        self._first: datetime | None = None
        self._last: datetime | None = None

    def begin(self, number: int) -> None:
        """Note that the probe of this number is being sent."""
        self._sent += 1
        self._under_way.add(number)
        self._first = self._first or datetime.now(UTC)
        self._watch(self.run())

    def answered(self, number: int, status: int) -> None:
        """Note its answer."""
        self._answered[status] += 1
        self.arrived.add(number)
        self._end(number)

    def failed(self, number: int, reason: str) -> None:
        """Note that it has none; it may have arrived all the same."""
        self._failed[reason] += 1
        self._end(number)

    def give_up(self, reason: str) -> None:
        """Note that those still under way are not waited for."""
        for number in sorted(self._under_way):
            self.failed(number, reason)

    @property
    def under_way(self) -> int:
        """How many are neither answered nor failed."""
        return len(self._under_way)

    def run(self) -> Run:
        """The run so far."""
        return Run(
            self._plan.run,
            self._plan.shown_url,
            self._sender,
            self._plan.count,
            self._sent,
            dict(self._answered),
            dict(self._failed),
            self._first,
            self._last,
        )

    def _end(self, number: int) -> None:
        self._under_way.discard(number)
        self._last = datetime.now(UTC)
        self._watch(self.run())
