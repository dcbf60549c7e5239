"""The nouns of `watch`: everything that a screen, a plain line or a JSON event shows.

Instants are UTC microseconds since 1970.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mirrorcheck.report.model import Ratio
from mirrorcheck.sources.feed import Side

StreamStatus = Literal["reading", "idle", "broken", "stuck", "ended"]
EventKind = Literal["missed", "uncopied", "differs", "orphan", "duplicate", "gap", "rule", "note"]


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """Lines since the start: each is in one class. `pending` originals wait for their copy or their horizon."""

    originals: int
    paired: int
    missed: int
    retry: int
    pending: int
    unobserved: int
    excluded: int
    shadow: int
    shadow_paired: int
    orphan: int
    duplicate: int
    direct: int
    shadow_waiting: int  # copies whose original may still come
    shadow_unobserved: int
    shadow_excluded: int
    foreign: int
    unparsed: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Decided originals of a stretch of time, `from_us` inclusive, `to_us` exclusive."""

    from_us: int
    to_us: int
    paired: int
    missed: int


@dataclass(frozen=True, slots=True)
class LineLocation:
    """Where a line lies in what is kept of its stream, in bytes."""

    path: Path
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Event:
    """One miss, one response that differs, one gap, one change of the rule, one remark.

    `uncopied` is a miss while less than 100 % was expected: sampling leaves some, so that one alone is no alarm.

    For requests: method, target, status and candidates (1 = certain, k = one of k identical), the pod that logged it,
    its client and id, empty where none is logged, and where its line lies; shadow_status for `differs`; shadow_pods for
    `missed` and `uncopied`: the pods of the shadow that were read then. For a gap its pod, its end and in `text` the
    reason; for the others only text.

    nth: its number within its kind since the start, from 1, as an `EventLog` gives it; outputs know by it what they
    have printed, and how many came and went between two looks.
    """

    at_us: int
    kind: EventKind
    text: str = ""
    pod: str = ""
    method: str = ""
    target: str = ""
    status: int = -1
    shadow_status: int = -1
    candidates: int = 1
    to_us: int | None = None
    client: str = ""
    request_id: str = ""
    shadow_pods: tuple[str, ...] | None = None
    place: LineLocation | None = None
    nth: int = 0


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """The health of one stream. lag_us: the age of its last line or proof."""

    pod: str
    container: str
    side: Side | None
    lines: int
    lines_per_s: float
    lag_us: int
    reconnects: int
    gaps: int
    state: StreamStatus


@dataclass(frozen=True, slots=True)
class Silence:
    """Copies have stopped while originals go on: since when, and how many originals have waited since."""

    since_us: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reason why streams cannot be read, how many of them, and the failed tries of one, 0 if not known."""

    why: str
    streams: int
    tries: int


@dataclass(frozen=True, slots=True)
class NoSight:
    """What cannot be read now: a number of the open streams, new pods, or both.

    since_us: the earliest of their last proofs. troubles: the most frequent few.
    """

    streams: int
    of: int
    since_us: int
    pods: bool
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the mirror at one instant.

    watermark_us: up to here originals are decided, and no later than anything was seen; None before any is.
    recent: over the `recent_s` seconds that end there. overall: since the start. verdict: one of the words of the
    report, or WAITING before there is evidence. problems: of the rule, and options that no log can serve.
    expect: the percentage that the rule, or the user, expects; 0 where no mirror is configured; None unknown.
    bins: oldest first, of equal length. events: as an `EventLog` keeps them. streams: primary's first. no_sight: what
    cannot be read now, None where everything can. silence_uncertain: copies seem to have stopped, and it is
    not known yet whether the rule still asks for any. shadow: which of several is watched, empty where there is one.
    """

    now_us: int
    started_us: int
    service: str
    namespace: str
    rule: str
    expect: float | None
    problems: tuple[str, ...]
    verdict: str
    watermark_us: int | None
    recent_s: int
    recent: Ratio
    overall: Ratio
    totals: ClassCounts
    delay_ms: float | None
    delay_p99_ms: float | None
    bins: tuple[Bin, ...]
    events: tuple[Event, ...]
    streams: tuple[StreamHealth, ...]
    silence: Silence | None
    proxies: tuple[str, ...]
    no_sight: NoSight | None = None
    silence_uncertain: bool = False
    shadow: str = ""
