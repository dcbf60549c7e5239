"""The tuned values of following logs: unit, and what each decides.

What fixed them: what the kubelet and its readers do (k8s.io/cri-client/pkg/logs, Kubernetes 1.36), and watchings of
pods that restart, rotate and break all the time, in which no line may be lost unnoticed (tests/cluster/blindness.py).
"""

from dataclasses import dataclass

from mirrorcheck.cluster.logs.stamps import SECOND
from mirrorcheck.sources.feed import SEEN_LATE_S

# Which lines are new when a stream resumes (cursor, window); instants in ns, as everywhere in this package.
SLACK_S = 2  # seconds by which the stamps of one file may run backwards across a break
KNOWN = 60 * SECOND  # a line is recognised for so long after it was logged
VERBATIM = 5 * SECOND  # lines are kept as they are for so long: more than any resume asks for
ROOM = 1 << 18  # bytes kept verbatim beyond that
DISORDER = 2 * SECOND  # lines of one file are further out of order only where a clock was set back
LIMIT = 1 << 24  # bytes kept at all, should a clock be set back: its stamps never grow old
RAGGED = 10_000_000  # ns by which stamps of neighbouring lines may be out of order: two writers, one file

# Whether a stream reads a file that was rotated away (rotation).
PASSED = 3 * SECOND  # a stream that is so far past a line has given it, long ago if it is not found
PATIENT = 16.0  # times the usual patience, at most, with a server that is slow to begin
GROWS = SECOND  # a log file takes longer to grow until it is rotated
EMPTY = 3  # empty answers in turn that are no accident: one may be cut short

# When the log of a run that has ended is read to its end (ending): plain reads in turn
DRAINS = 8  # that end inside a line, before that line is given up
STILL = 3  # that give nothing more, where no last line shows that there is none


@dataclass(frozen=True, slots=True)
class FollowPace:
    """How patient a follower is, in seconds; `queue` in events."""

    batch: float = 0.1  # lines that come within are emitted together
    silence: float = 25.0  # of a stream, before it is opened again
    idle: float = 2.0  # without a line, before a plain read checks whether there is one
    check: float = 5.0  # between reads of the first line of the newest file; the kubelet rotates every 10 s at most
    settle: float = 0.7  # for a line to come by the stream, when a plain read has seen it
    least: float = 0.05  # before a lost connection is opened again
    most: float = 2.0
    margin: float = 0.5  # between what a read has proved and the moment it was asked
    drain: float = 0.2  # after a rotation, in which a runtime may still write to the old file
    list_most: float = 2.0  # before a failed list or watch of pods is tried again
    list_poll: float = 5.0  # between lists of pods, where watching is forbidden
    queue: int = 10_000  # before lines have to wait
    seen_late: float = SEEN_LATE_S  # between a change of the rule and when it is seen: see totals.rule_absent
