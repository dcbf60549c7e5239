"""The user agent of a probe, which carries its run and number."""

import re

NAME = "mirrorcheck-probe/1"
AGENT = re.compile(rb"mirrorcheck-probe/1 \(([0-9a-z]{6}); ([1-9][0-9]{0,8})\)")
"""What `agent` writes: its groups are the run and the number."""
MOST = 999_999_999
"""The highest number of a probe."""


def agent(run: str, number: int) -> str:
    """The user agent of a probe, such as `mirrorcheck-probe/1 (k3f9a2; 17)`; numbers run from 1 to MOST."""
    return f"{NAME} ({run}; {number})"


def find_agents(text: bytes) -> list[tuple[str, int]]:
    """The runs and numbers of all user agents of probes in a text, in its order."""
    return [(found[1].decode(), int(found[2])) for found in AGENT.finditer(text)]
