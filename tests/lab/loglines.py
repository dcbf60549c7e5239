"""A recording's logs come in; the lines go out as far as the baselines and the scorer look at them.

It reads nginx's `main` format by a regular expression of its own: nothing here is shared with the tool it judges.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.lab.truth import Line

_MAIN = re.compile(r'^\S+ - \S+ \[([^]]+)\] "([^"]*)" \d+ \d+ "([^"]*)" "([^"]*)" "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Seen:
    """A line that parsed: its stamp in epoch seconds, and what an original and its copy have in common."""

    line: Line
    time_s: float
    key: tuple[str, ...]


def read(paths: Iterable[Path], *, shadow: bool) -> list[Seen]:
    """Read the lines of one side in order of their stamps; of a shadow's chain the last hop is taken away."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if match := _MAIN.match(line):
                stamp, request, referer, agent, chain = match.groups()
                sent = (chain.rpartition(",")[0] if shadow else chain).strip(" ,-")
                time_s = datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z").timestamp()
                found.append(Seen((path.stem, number), time_s, (request, referer, agent, sent)))
    return sorted(found, key=lambda seen: seen.time_s)
