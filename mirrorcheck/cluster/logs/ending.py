"""What becomes of one life comes in; whether all that it logged was told, and what may be lost, go out.

The kubelet ends a stream up to 5 s after the container's end, and the pod may be gone by then.
"""

import time

from mirrorcheck.cluster.logs.container_runs import Pod, RunState, lives
from mirrorcheck.cluster.logs.cursor import Loss
from mirrorcheck.cluster.logs.rotation import Checks, Stream
from mirrorcheck.cluster.logs.stamps import SECOND, since
from mirrorcheck.cluster.logs.stream_events import StreamEvents

_DRAINS = 8  # plain reads of an ended life in turn that end inside a line, before that line is given up
_STILL = 3  # plain reads of an ended life in turn that give nothing more, where no last line shows that there is none


class Ending:
    """The end of one life: heard of by any thread, settled by one at a time."""

    def __init__(self, telling: StreamEvents, checks: Checks) -> None:
        self.complete = False  # all is told
        self._telling, self._checks = telling, checks
        self._at: int | None = None  # the instant, in ns, after which the life logs nothing, as soon as it is known
        self._heard = 0.0
        self._drains = 0  # in turn that brought nothing new
        self._lost = False
        self._followed = False  # by another life

    @property
    def is_open(self) -> bool:
        """True from when the end is heard of until all is told."""
        return self._at is not None and not self.complete

    def hear(self, pod: Pod) -> None:
        """Take the pod's object: it may say that the life has ended."""
        run = self._telling.run
        for each in lives(pod, (run.container,), run.side):
            if each.container_id == run.container_id and each.ended is not None:
                drain = int(self._telling.pace.drain * SECOND)
                self._ends(each.ended + SECOND + drain)  # it is told in whole seconds

    def leave(self, *, deleting: bool, closed: bool) -> None:
        """Note that the pod is gone, of which no later life was seen.

        deleting: it was seen to be deleted. Such a pod restarts no container; any other may have, and have gone before
        anybody looked. closed: the stream is over.
        """
        now = self._telling.wall()
        ended = self._at is not None or closed
        if ended and not self._lost and (self._followed or not deleting):
            self._telling.lose_until(now, "pod deleted")
        self._ends(now)

    def _ends(self, at: int) -> None:
        if self._at is None:
            self._at, self._heard = at, time.monotonic()

    def settle(self, stream: Stream) -> None:
        """Make sure that the stream of a life that has ended has told all; where it does not, it is left."""
        self._telling.tell()
        now = stream.fate()
        if now in (RunState.ENDED, RunState.PREVIOUS) and self._checks.drained(stream, _previous(now), now):
            self.complete = True
        if self.complete or time.monotonic() - self._heard > self._telling.pace.settle:
            stream.hang_up()

    def drained(self, stream: Stream, now: RunState) -> bool:
        """Read an ended life's log; True when there is nothing more in it. now: what has become of the life."""
        self._followed = self._followed or now is RunState.PREVIOUS
        telling, told = self._telling, self._telling.told
        begin = telling.begin()
        data = stream.read([*_previous(now), *([] if begin is None else [("sinceTime", since(begin))])])
        if stream.fate() is not now:
            return False  # it may have been the log of another life
        telling.receive(data)
        telling.tell()
        if telling.doubt:
            telling.accept()
        torn = telling.cursor.torn
        if not torn and self._checks.drained(stream, _previous(now), now):
            return True
        self._drains = self._drains + 1 if telling.told == told else 0
        if torn and self._drains >= _DRAINS:
            self._lose_rest("the log ends inside a line")
        return self._drains >= (_DRAINS if torn else _STILL)

    def lose(self, now: RunState) -> None:
        """Tell what may be lost of a life that is out of reach."""
        self._followed = self._followed or now is RunState.LOST
        self._lost = True
        self._lose_rest("pod deleted" if now is RunState.GONE else "container restarted twice")

    def _lose_rest(self, why: str) -> None:
        """Tell that lines may be lost from the last moment at which all was sure to be told up to the life's end."""
        telling = self._telling
        with telling.lock:
            begin, now = self._checks.sure(telling), telling.wall()
            end = now if self._at is None else min(now, self._at)
            if begin < end:
                telling.lose(Loss(begin, end, why))


def _previous(now: RunState) -> list[tuple[str, str]]:
    return [("previous", "true")] if now is RunState.PREVIOUS else []
