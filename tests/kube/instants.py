"""A moment in nanoseconds since 1970 comes in; the stamps Kubernetes writes of it go out, and back."""

import re
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000_000
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def stamp(at: int, zone: int = 0) -> str:
    """Return the nine-digit stamp of a log record, in a zone given in minutes east of Greenwich."""
    there = datetime.fromtimestamp(at // SECOND, UTC) + timedelta(minutes=zone)
    sign = "-" if zone < 0 else "+"
    hours, minutes = divmod(abs(zone), 60)
    suffix = f"{sign}{hours:02}:{minutes:02}" if zone else "Z"
    return f"{there:%Y-%m-%dT%H:%M:%S}.{at % SECOND:09}{suffix}"


def second(at: int) -> str:
    """Return the stamp of an object's field, which has whole seconds."""
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"


def instant(text: str) -> int:
    """Return the moment an RFC 3339 stamp names, fraction and all; ValueError where it is none."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse')
    whole = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    return int(whole.timestamp()) * SECOND + int((found[2] or "").ljust(9, "0"))
