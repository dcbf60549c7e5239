"""The timing of following logs: every tuned value of it, and what it decides."""

from dataclasses import dataclass

from mirrorcheck.sources.feed import SEEN_LATE_S


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
