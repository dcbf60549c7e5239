"""`python -m tests.cluster.hurried` is the program, but expects a change of the rule to take seconds only."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from mirrorcheck.cli.main import main
from mirrorcheck.cluster import live_source
from mirrorcheck.cluster.live_source import RulePace
from mirrorcheck.totals import rule_absent

MICROSECOND = timedelta(microseconds=1)
REREAD = timedelta(seconds=0.5)
SEEN_LATE = timedelta(seconds=2)  # a busy machine may be late, too
TAKEN_OVER = timedelta(seconds=1)


@contextmanager
def hurried() -> Iterator[None]:
    """Let this process reread the rule that often, and allow so much before and after a change of it."""
    with (
        patch.object(live_source, "PACE", RulePace(reread=REREAD.total_seconds(), cached=0.1)),
        patch.object(rule_absent, "SEEN_LATE_US", SEEN_LATE // MICROSECOND),
        patch.object(rule_absent, "TAKEN_OVER_US", TAKEN_OVER // MICROSECOND),
    ):
        yield


if __name__ == "__main__":
    with hurried():
        main()
