"""Successive looks come in; whether it is time to tell the state goes out."""

from mirrorcheck.engine.snapshot import Snapshot

_SECOND_US = 1_000_000


class PrintPace:
    """Says yes at first, every `interval_s` seconds of the looks' clock, and where verdict or sight change."""

    def __init__(self, interval_s: float) -> None:
        self._interval_us = round(interval_s * _SECOND_US)
        self._next_us: int | None = None
        self._last: tuple[str, bool, int] | None = None

    def is_due(self, state: Snapshot) -> bool:
        """Return whether the state is to be told now; if so it counts as told."""
        verdict = (state.verdict, state.silence is not None, state.no_sight.streams + 1 if state.no_sight else 0)
        if self._next_us is not None and state.now_us < self._next_us and verdict == self._last:
            return False
        self._next_us, self._last = state.now_us + self._interval_us, verdict
        return True

    def hurry(self) -> None:
        """Say yes next time."""
        self._next_us = None
