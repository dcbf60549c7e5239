"""Reads the stamps of log lines as instants, and writes those that the API takes."""

import re
from datetime import UTC, datetime
from functools import lru_cache

SECOND = 1_000_000_000  # ns, the unit of all instants in this package
WIDTH = 30  # characters of the stamp that Kubernetes 1.36 writes in UTC: nine digits of the second

# Old kubelets leave out zeros at the end, and the zone is the one the runtime wrote.
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)(?: |$)")


def instant(line: bytes) -> int | None:
    """Return the ns since 1970 of a line's stamp; None for a line without: the tail of one that was split."""
    found = _STAMP.match(line)
    if found is None:
        return None
    seconds = _seconds(found[1], found[3])
    return None if seconds is None else seconds * SECOND + int((found[2] or b"0").ljust(9, b"0"))


def since(second: int | None) -> list[tuple[str, str]]:
    """Return the parameters that ask for a log from a whole second since 1970 on; None: for all there is."""
    return [] if second is None else [("sinceTime", f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}")]


@lru_cache(4096)
def _seconds(text: bytes, zone: bytes) -> int | None:
    try:
        return int(datetime.fromisoformat((text + zone).decode()).timestamp())
    except ValueError:
        return None
