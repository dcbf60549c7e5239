"""Reads the log of a container run to its end, and says what may be lost.

The kubelet ends a stream up to 5 s after the container ends, and the pod may be gone by then.
"""

import time

from mirrorcheck.cluster.logs import constants
from mirrorcheck.cluster.logs.container_runs import Pod, RunState, container_runs
from mirrorcheck.cluster.logs.cursor import Loss
from mirrorcheck.cluster.logs.rotation import Checks, Stream
from mirrorcheck.cluster.logs.stamps import SECOND, since
from mirrorcheck.cluster.logs.stream_events import StreamEvents


class Ending:
    """The end of one run: noted by any thread, settled by one at a time."""

    def __init__(self, events: StreamEvents, checks: Checks) -> None:
        self.complete = False  # everything was emitted
        self._events, self._checks = events, checks
        self._at: int | None = None  # the instant, in ns, after which the run logs nothing, as soon as it is known
        self._known_at = 0.0
        self._drains = 0  # in turn that brought nothing new
        self._lost = False
        self._followed = False  # by another run

    @property
    def is_open(self) -> bool:
        """True from when the end is known until everything was emitted."""
        return self._at is not None and not self.complete

    def note_pod(self, pod: Pod) -> None:
        """Note the pod's object, which may say that the run has ended."""
        run = self._events.run
        for each in container_runs(pod, (run.container,), run.side):
            if each.container_id == run.container_id and each.ended is not None:
                drain = int(self._events.pace.drain * SECOND)
                self._ends(each.ended + SECOND + drain)  # it is known in whole seconds

    def note_gone(self, *, deleting: bool, closed: bool) -> None:
        """Note that the pod is gone, and no later run was seen.

        deleting: it was seen to be deleted. Such a pod restarts no container; another may have, unseen. closed: the
        stream is over.
        """
        now = self._events.wall()
        ended = self._at is not None or closed
        if ended and not self._lost and (self._followed or not deleting):
            self._events.lose_until(now, "pod deleted")
        self._ends(now)

    def _ends(self, at: int) -> None:
        if self._at is None:
            self._at, self._known_at = at, time.monotonic()

    def settle(self, stream: Stream) -> None:
        """Check that the stream of an ended run has given everything; if it does not in time, end it."""
        self._events.flush()
        now = stream.run_state()
        if now in (RunState.ENDED, RunState.PREVIOUS) and self._checks.drained(stream, _previous(now), now):
            self.complete = True
        if self.complete or time.monotonic() - self._known_at > self._events.pace.settle:
            stream.hang_up()

    def drained(self, stream: Stream, now: RunState) -> bool:
        """Read the log of an ended run; True if there is nothing more in it. now: the state of the run."""
        self._followed = self._followed or now is RunState.PREVIOUS
        events, before = self._events, self._events.emitted
        begin = events.begin()
        data = stream.read([*_previous(now), *since(begin)])
        if stream.run_state() is not now:
            return False  # it may have been the log of another run
        events.receive(data)
        events.flush()
        if events.doubt:
            events.accept()
        torn = events.cursor.torn
        if not torn and self._checks.drained(stream, _previous(now), now):
            return True
        self._drains = self._drains + 1 if events.emitted == before else 0
        if torn and self._drains >= constants.DRAINS:
            self._lose_rest("the log ends inside a line")
        return self._drains >= (constants.DRAINS if torn else constants.STILL)

    def lose(self, now: RunState) -> None:
        """Emit what may be lost of a run whose log cannot be read any more."""
        self._followed = self._followed or now is RunState.LOST
        self._lost = True
        self._lose_rest("pod deleted" if now is RunState.GONE else "container restarted twice")

    def _lose_rest(self, why: str) -> None:
        """Emit that lines may be lost from the last instant up to which nothing is missing, to the end of the run."""
        events = self._events
        with events.lock:
            begin, now = self._checks.sure(events), events.wall()
            end = now if self._at is None else min(now, self._at)
            if begin < end:
                events.lose(Loss(begin, end, why))


def _previous(now: RunState) -> list[tuple[str, str]]:
    return [("previous", "true")] if now is RunState.PREVIOUS else []
