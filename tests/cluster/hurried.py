"""`python -m tests.cluster.hurried` in, the program out, to which a change of the rule takes a tenth of its time.

It rereads the rule ten times as often, and allows for as much less before and after: 25 seconds become two and a half.
"""

from unittest.mock import patch

from mirrorcheck import rule_off
from mirrorcheck.cli import main
from mirrorcheck.sources.cluster import watched

TIMES = 10

if __name__ == "__main__":
    with (
        patch.object(watched, "_REREAD_S", watched.__dict__["_REREAD_S"] / TIMES),
        patch.object(rule_off, "SEEN_LATE_US", rule_off.SEEN_LATE_US // TIMES),
        patch.object(rule_off, "TAKEN_OVER_US", rule_off.TAKEN_OVER_US // TIMES),
    ):
        main()
