"""The classes of logs: every combination of how alike requests are, what fails, what ids say and what comes twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

DISTINCT, ZIPF, EIGHT, ONE = KEYS = "distinct", "zipf", "eight", "one"
NONE, PROXY, CLIENT, BOTH = ERRORS = "none", "proxy", "client", "both"
ABSENT, RIGHT, REUSED, FORGED = IDS = "absent", "right", "reused", "forged"
ONCE, TWO, SECOND, RARE = DUPLICATES = "once", "two", "second-50", "rare"

ABOUT = {
    "keys": {
        DISTINCT: "each request has a target of its own",
        ZIPF: "200 targets, asked for by rank",
        EIGHT: "eight targets, each as often as any other",
        ONE: "one target",
    },
    "errors": {
        NONE: "nothing fails",
        PROXY: "5 % of the requests fail, and the proxy tries again, up to twice, each 25 to 250 ms later, with the "
        "same ids; a request is mirrored once, whatever its attempts",
        CLIENT: "5 % fail, and the client asks again, up to twice, which is mirrored as any request",
        BOTH: "5 % fail; half of that the proxy tries again, and what fails in the end the client asks again",
    },
    "ids": {
        ABSENT: "none is logged",
        RIGHT: "one to each request",
        REUSED: "four requests of a client share one, and those it asks again keep it",
        FORGED: "a client sends ids of other requests, or claims to be a second attempt, or only some lines have ids",
    },
    "duplicates": {
        ONCE: "a copy each",
        TWO: "two policies of the same percentage, which share a draw",
        SECOND: "a second policy of 50 %, which shares the draw",
        RARE: "0.5 % of the copies come twice",
    },
}
"""What each value of each axis means."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A class of logs, by its value on each axis."""

    keys: str
    errors: str
    ids: str
    duplicates: str

    @property
    def axes(self) -> tuple[str, str, str, str]:
        """Its values, in the order of the axes."""
        return self.keys, self.errors, self.ids, self.duplicates

    @property
    def name(self) -> str:
        """Its name on the command line."""
        return "/".join(self.axes)


def every_mix() -> Iterator[Mix]:
    """All of them, in the order of the table."""
    return (Mix(*axes) for axes in product(KEYS, ERRORS, IDS, DUPLICATES))
