"""Watches several shadows of one primary side by side: the watchings begin together, and end together."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from mirrorcheck.engine.look import Look
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.loop import Enough, WatchLoop
from mirrorcheck.errors import MirrorcheckError


class Watchings:
    """The watchings of shadows by their names; of one without a name, too."""

    def __init__(self, loops: Mapping[str, WatchLoop]) -> None:
        self._loops = loops
        self._over = dict.fromkeys(loops, False)

    def start(self, limits: Limits, enough: Enough | None = None) -> None:
        """Begin all; they end by themselves once a limit is reached, or enough was seen, of each of them."""
        with ExitStack() as begun:  # where one cannot begin, the others end
            for name, loop in self._loops.items():
                loop.start(limits, enough, self._all_over(name))
                begun.callback(loop.end)
            begun.pop_all()

    def _all_over(self, name: str) -> Callable[[bool], bool]:
        def noted(over: bool) -> bool:  # noqa: FBT001  # the only thing that is told
            self._over[name] = over
            return all(self._over.values())

        return noted

    @property
    def states(self) -> tuple[Snapshot, ...]:
        """The latest snapshot of each."""
        return tuple(loop.state for loop in self._loops.values())

    def ended(self) -> bool:
        """Whether one has ended, by itself or by a failure: then the others are to end."""
        return any(loop.ended.is_set() for loop in self._loops.values())

    def wait(self, seconds: float) -> None:
        """Wait for a fraction of a second, or until the first one ends."""
        next(iter(self._loops.values())).ended.wait(seconds)

    def finish(self) -> dict[str, Look]:
        """End all, and settle what each has seen; raises the error of one that failed."""
        with ExitStack() as ending:  # each of them, even if another failed, and before the first is settled
            for loop in self._loops.values():
                loop.ended.set()
                ending.callback(loop.end)
        return {name: loop.settled() for name, loop in self._loops.items()}

    @property
    def lost(self) -> MirrorcheckError | None:
        """Why nothing could be kept any more of one of them, None if all was."""
        return next((loop.lost for loop in self._loops.values() if loop.lost), None)
