"""Turns requests into the lines that servers log of them, in the order in which they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tests.truth.traffic import Bools, Floats, Ints

START = datetime(2026, 11, 22, 18, 0, 0, tzinfo=UTC)
NO_CHAIN = "-"
COMBINED, MAIN = "combined", "main"
_COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
_MSEC = " t=$msec"
_CHATTER = (
    "2026-11-22T18:00:00.101Z info config reloaded, 14 routes",
    "[2026-11-22 18:00:00 +0000] [7] [INFO] Booting worker with pid: 7",
    "I1122 18:00:00.000001       1 controller.go:114] Starting controller",
    "Picked up JAVA_TOOL_OPTIONS: -Xmx256m",
)
_CUT_AT = 50  # characters: in the middle of the request


@dataclass(frozen=True, slots=True, eq=False)
class Logged:
    """What one side logs: end, float64[n], when the request ended by the clock of that side; url, int64[n].

    chain: of each line its X-Forwarded-For, where any line has one. remote: the address that the server saw.
    """

    end: Floats
    url: Ints
    chain: Sequence[str] = ()
    remote: str = "127.0.0.6"

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self.end)


def log_format(name: str, resolution_ms: int) -> str | None:
    """The format in nginx's own syntax, None where it is known without."""
    if resolution_ms >= 1000:
        return None
    chain = ' "$http_x_forwarded_for"' if name == MAIN else ""
    return _COMBINED + chain + _MSEC


def lines_of(side: Logged, name: str, resolution_ms: int) -> list[str]:
    """The lines of one side, in the order in which a server writes them."""
    order = np.argsort(side.end, kind="stable")
    end_ms = np.floor(side.end[order] * 1000).astype(np.int64)
    seconds, place = np.unique(end_ms // 1000, return_inverse=True)
    stamps = [f"{START + timedelta(seconds=int(second)):%d/%b/%Y:%H:%M:%S +0000}" for second in seconds]
    begin = [f'{side.remote} - - [{stamp}] "GET /p/' for stamp in stamps]
    ends = _ends(side, order, name, end_ms if resolution_ms < 1000 else None)
    urls = side.url[order].tolist()
    return [f"{begin[at]}{url}{end}" for at, url, end in zip(place.tolist(), urls, ends, strict=True)]


def _ends(side: Logged, order: Ints, name: str, end_ms: Ints | None) -> list[str]:
    rest = ' HTTP/1.1" 200 10 "-" "curl/8"'
    chains = side.chain or [NO_CHAIN] * len(side)
    ends = [f'{rest} "{chains[at]}"' for at in order.tolist()] if name == MAIN else [rest] * len(side)
    if end_ms is None:
        return ends
    epoch = int(START.timestamp()) * 1000
    moments = (epoch + end_ms).tolist()
    return [f"{end} t={ms // 1000}.{ms % 1000:03}" for end, ms in zip(ends, moments, strict=True)]


def with_chatter(lines: Sequence[str], random: np.random.Generator) -> list[str]:
    """As many lines that are no requests among them, at random places."""
    chatter = [_CHATTER[kind] for kind in random.integers(0, len(_CHATTER), len(lines))]
    mixed = [*lines, *chatter]
    places = np.concatenate([np.arange(len(lines)), random.uniform(-1, len(lines), len(chatter))])
    return [mixed[at] for at in np.argsort(places, kind="stable").tolist()]


def cut_short(lines: Sequence[str], cut: Bools) -> list[str]:
    """The lines, those that bool[n] names broken off in the middle of the request."""
    return [line[:_CUT_AT] if short else line for line, short in zip(lines, cut.tolist(), strict=True)]
