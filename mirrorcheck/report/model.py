"""A `Report` and what it holds, each field under the name it has in the JSON document.

Times are timezone-aware datetimes in UTC. A trailing underscore (`from_`) is dropped in JSON. None means not known.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:  # pandas takes longer to import than most logs to analyze
    import pandas as pd

SCHEMA = "mirrorcheck.report/1"


@dataclass(frozen=True, slots=True)
class UnparsedSample:
    """A line in no known format: where it is, why it did not parse, and its text (raw, at most 200 characters)."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class ForeignSample:
    """A line that is no request: where it is, and its text (raw, at most 200 characters)."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Lines of a side or file: read = parsed + foreign + unparsed + repeated; a line rejoined from two counts once.

    repeated: lines that another file of the side holds, too, and that count there. unproven: those of them that may be
    lines of their own all the same, as two pods may log the same.
    """

    read: int
    parsed: int
    foreign: int
    unparsed: int
    rejoined: int
    repeated: int = 0
    unproven: int = 0


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file (or the part of a merged capture that belongs to a side): its name, format and counts."""

    name: str
    format: str
    lines: LineCounts


@dataclass(frozen=True, slots=True)
class SideReport:
    """What was read of one side; `pods` where the lines carry pod names; first/last = first and last stamp."""

    label: str  # "primary (v1)" or "shadow (v2)"
    files: tuple[FileReport, ...]
    format: str  # the formats of its files, joined with " + " where they differ
    lines: LineCounts
    pods: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    resolution_ms: float  # of the stamps
    unparsed_samples: tuple[UnparsedSample, ...]  # at most 20
    notes: tuple[str, ...] = ()  # what was taken for granted in reading: the units of durations, zones of times
    foreign_samples: tuple[ForeignSample, ...] = ()  # at most 20


@dataclass(frozen=True, slots=True)
class Originals:
    """Partition of the primary's parsed lines: total is the sum of the others."""

    total: int
    paired: int
    missed: int
    retry: int
    excluded: int
    unobserved: int


@dataclass(frozen=True, slots=True)
class ShadowLines:
    """Partition of the shadow's parsed lines: total is the sum of the others."""

    total: int
    paired: int
    orphan: int
    duplicate: int
    direct: int
    excluded: int
    unobserved: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """paired / (paired + missed) with its exact binomial interval.

    low and high are None for a mixture of phases, value is None without originals.
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    paired: int
    missed: int


@dataclass(frozen=True, slots=True)
class Range:
    """A count or ratio that the evidence leaves open between two ends, and why."""

    low: float
    high: float
    why: str


@dataclass(frozen=True, slots=True)
class MissedRange(Range):
    """The missed originals between two ends.

    copied: of those missed beyond `low`, how many may have been copied; the others may be retries, no requests of
    their own. None where an older version wrote the report.
    """

    copied: int | None = None


@dataclass(frozen=True, slots=True)
class Copying:
    """Whether the shadow's lines are copies at all, tested against chance, since no marker proves it.

    kind: "proven", "refuted" (they are traffic of its own), or "open" (a split would leave the same lines).
    share: of the originals, 0 to 1, that chance does not explain, estimated; low and high: its interval.
    """

    kind: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch with one mirror ratio; paired_rule_off, missed_rule_off: how many of either lie in a `RuleOff`."""

    from_: datetime
    to: datetime
    originals: int
    paired: int
    missed: int
    ratio: Ratio
    paired_rule_off: int = 0
    missed_rule_off: int = 0


@dataclass(frozen=True, slots=True)
class Offset:
    """Delay of the copies' lines against the originals', milliseconds, clock skew included."""

    median_ms: float
    p99_ms: float
    min_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that mirrored: its address in X-Forwarded-For, the copies it made and its share of them."""

    address: str
    copies: int
    share: float


@dataclass(frozen=True, slots=True)
class MissedGroup:
    """Missed originals that share a value, beside all decided originals that share it."""

    value: str
    missed: int
    originals: int


@dataclass(frozen=True, slots=True)
class MissedLine:
    """One missed original; candidates: 1 = certain, k = one of k identical requests.

    open: its copy may be one of the shadow's lines that did not parse, so that it is not certain in any case.
    """

    file: str
    line: int
    time: datetime
    method: str
    target: str
    status: int | None  # None where none is logged
    candidates: int
    open: bool = False


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Pairs whose shadow answered with another status."""

    primary: int
    shadow: int
    count: int


@dataclass(frozen=True, slots=True)
class CountedResponses:
    """Pairs of identical requests: which copy belongs to which is open, so only counts of each status are compared.

    status_compared: of `pairs`, how many at least hold a status on both sides. low, high: how many pairs differ at
    least and at most, whichever copies belong together; a pair that lacks a status may.
    """

    pairs: int
    status_compared: int
    status_changes_low: int
    status_changes_high: int
    new_server_errors_low: int
    new_server_errors_high: int

    @property
    def status_changes(self) -> tuple[int, int]:
        """The fewest and the most pairs with another status."""
        return self.status_changes_low, self.status_changes_high

    @property
    def new_server_errors(self) -> tuple[int, int]:
        """The fewest and the most pairs with a 5xx of the shadow only."""
        return self.new_server_errors_low, self.new_server_errors_high


@dataclass(frozen=True, slots=True)
class Responses:
    """How the shadow answered beside the primary, on `compared` certain pairs of `paired`; `counted` are the others.

    Of these, status and bytes are compared where both lines have them: status_compared and bytes_compared are how many,
    None in older documents, which took all for compared.
    """

    paired: int
    compared: int
    status_equal: int
    status_changes: tuple[StatusChange, ...]  # most frequent first
    bytes_equal: int
    bytes_differ: int
    bytes_differ_status_equal: int
    latency_compared: int
    latency_ratio: float | None  # median of shadow time / primary time, None where no log has it
    primary_median_ms: float | None
    shadow_median_ms: float | None
    new_server_errors: int | None = None  # compared pairs with a 5xx of the shadow only; None in older documents
    latency_quantiles: tuple[float, ...] = ()  # of shadow time / primary time at 5, 10, ..., 95 %
    status_compared: int | None = None
    bytes_compared: int | None = None
    counted: CountedResponses | None = None  # None in older documents


@dataclass(frozen=True, slots=True)
class TimelineBin:
    """One bin of the ratio over time."""

    from_: datetime
    to: datetime
    originals: int
    paired: int
    missed: int


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801  # the underscore parts it from the builtin, as in from_
    """Something a reader must know: a stable code and one sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the order of copied and missed originals says about how they were chosen.

    kind: "independent" draws, "regular" (every second one, say) or "clustered" (misses come together).
    inflation: times the variance of independent draws. discrepancy: the most that a running count of copies strays from
    its phase's ratio.
    """

    kind: str
    inflation: float
    discrepancy: float


@dataclass(frozen=True, slots=True)
class Filters:
    """What was left out on purpose."""

    exclude_agents: tuple[str, ...]
    exclude_paths: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    overlap: bool
    horizon_s: float
    presumed_retries: bool
    only_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExcludedGroup:
    """Originals that were excluded though nobody asked for it: what they are, and how that is corroborated.

    what: a default agent, "probes" or "malformed requests". uncorroborated: of `lines`, those that only their own text
    excludes. why: what corroborates the others or, where none is, what these lack.
    """

    what: str
    lines: int
    uncorroborated: int
    why: str


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Why originals were excluded: as many as options ask for, and the others by what they are."""

    asked: int
    groups: tuple[ExcludedGroup, ...]

    @property
    def uncorroborated(self) -> int:
        """All that only their own text excludes, which a client chooses."""
        return sum(group.uncorroborated for group in self.groups)


@dataclass(frozen=True, slots=True)
class Retries:
    """Further attempts of the proxy: how many, and how sure ("certain", "proven", "thin", "refuted", "none")."""

    count: int
    evidence: str
    presumed: int


@dataclass(frozen=True, slots=True)
class Expected:
    """The percentage given with --expect, and whether the ratio's interval holds it (None: there is no interval)."""

    percent: float
    within_interval: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in a word, a sentence and, where there is more to it, some detail.

    Words: MIRRORING (all), UNCLEAR (all by count, but the evidence leaves it open), INCOMPLETE (90 % or more), PARTIAL,
    CANNOT TELL (chance explains the pairs), NOT MIRRORING, NO DATA; with several phases CHANGED, INTERRUPTED, STARTED,
    STOPPED, STARTED AND STOPPED.
    """

    word: str
    sentence: str
    detail: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a pod's lines may have been lost on the way here; to: None where it lasts."""

    pod: str
    container: str
    from_: datetime
    to: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of the watching of a cluster was read.

    from_, to: its ends. streams: how many were followed. primary_s, shadow_s: for how long those of a side lived in it,
    in seconds, added up; primary_unread_s, shadow_unread_s: how much of that lies in gaps. primary_lines_unread,
    shadow_lines_unread: the share of the lines that lie there, 0 to 1, at the pace of each stream elsewhere; 0 in older
    documents.
    """

    from_: datetime
    to: datetime
    streams: int
    primary_s: float
    primary_unread_s: float
    shadow_s: float
    shadow_unread_s: float
    primary_lines_unread: float = 0.0
    shadow_lines_unread: float = 0.0

    @property
    def unread(self) -> float:
        """The share of the primary that was not read, 0 to 1, of its time or of its lines, whichever is more.

        What was logged then is in no count. One busy pod of twenty may have half of the requests.
        """
        return max(self.primary_unread_s / self.primary_s, self.primary_lines_unread) if self.primary_s else 1.0

    @property
    def shadow_unread(self) -> float:
        """The same of the shadow: originals of it are unobserved."""
        return max(self.shadow_unread_s / self.shadow_s, self.shadow_lines_unread) if self.shadow_s else 1.0


@dataclass(frozen=True, slots=True)
class SeenRule:
    """The mirror rule in force from a moment on, in words; percent: what it asks for, None where it does not say.

    mirrors: whether the rule mirrors anything, None where that is not known. percent is what the user said,
    where he said it. primary, shadow: the names of the pods of either side, "" in older documents.
    """

    from_: datetime
    percent: float | None
    text: str
    mirrors: bool | None = None
    primary: str = ""
    shadow: str = ""


@dataclass(frozen=True, slots=True)
class RuleOff:
    """A stretch, both ends inclusive, in which the recorded rule explains that nothing was mirrored."""

    from_: datetime
    to: datetime


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """The probes of one run of `mirrorcheck probe`; judged: the ratio rests on them, else they are left out of it.

    originals, copies: their lines in the logs of the primary and of the shadow. highest: the highest number among them.
    sent: how many there are, None where only the logs are known. What follows counts numbers, None unless judged:
    seen, by the primary, = copied_once + copied_more_than_once + not_copied + unobserved; without_original, by the
    shadow only.
    """

    run: str
    judged: bool
    originals: int
    copies: int
    highest: int
    sent: int | None = None
    seen: int | None = None
    copied_once: int | None = None
    copied_more_than_once: int | None = None
    not_copied: int | None = None
    unobserved: int | None = None
    without_original: int | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How copies differ from their originals, beside the one hop of the mirroring proxy, where that was learnt.

    differences: sentences. learnt_from: pairs that showed it; by: the id that made them pairs, "" for requests that
    stand once on each side.
    """

    differences: tuple[str, ...]
    learnt_from: int
    by: str = ""


@dataclass(frozen=True)
class Report:
    """Everything an analysis found out. `outcomes` and `table` are not part of the JSON document."""

    version: str
    verdict: Verdict
    sides_determined_by: str
    primary: SideReport
    shadow_side: SideReport
    originals: Originals
    shadow: ShadowLines
    ratio: Ratio
    ratio_range: Range | None
    missed_range: MissedRange | None
    ratio_while_on: Ratio  # from the first copy to the last, less what lies in `rule_off`
    on_from: datetime | None
    on_to: datetime | None
    phases: tuple[Phase, ...]
    timeline: tuple[TimelineBin, ...]
    offset: Offset | None
    proxies: tuple[Proxy, ...]
    missed_by: dict[str, tuple[MissedGroup, ...]]  # path, method, status, size, moment, remote_addr, largest first
    explanation: str
    missed_examples: tuple[MissedLine, ...]
    responses: Responses
    retries: Retries
    writes_mirrored: dict[str, int]  # method -> copies of requests with side effects, see findings
    warnings: tuple[Warning_, ...]
    filters: Filters
    expected: Expected | None
    other_lines: LineCounts | None = None  # of a merged capture: lines that belong to neither side
    gaps: tuple[Gap, ...] = ()  # of a watched cluster: where lines may have been lost
    rules: tuple[SeenRule, ...] = ()  # of a watched cluster: the rules in force, oldest first
    missed_before_on: int | None = None  # of the ratio, before the first copied original; None in older documents
    missed_after_on: int | None = None
    sampling: Sampling | None = None  # None without originals, and in older documents
    rule_off: tuple[RuleOff, ...] = ()  # of a watched cluster: when the rule mirrored nothing, oldest first
    probes: tuple[ProbeRun, ...] = ()  # by their run, at most 20; the one that --probe names first
    copying: Copying | None = None  # None where a marker proves copies, where nothing paired, and in older documents
    likeness: Likeness | None = None  # None where copies are what they usually are, and in older documents
    exclusions: Exclusions | None = None  # None in older documents
    sight: Sight | None = None  # None but for a watched cluster, and in older documents
    make_tables: Callable[[], Iterable[pl.DataFrame]] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def table(self) -> pl.DataFrame:
        """The outcome of each parsed line, one row a line; reads the logs again for the text.

        Columns: side (primary|shadow), file, line (1-based), outcome, pair_file, pair_line (null without a partner),
        candidates (1 = certain, k = one of k identical), time (UTC), method, target, status.
        """
        return pl.concat(self.tables())

    def tables(self) -> Iterable[pl.DataFrame]:
        """The same in pieces, in their order. Raises UsageError where lines were not kept, InputError for lost ones."""
        return self.make_tables() if self.make_tables else (pl.DataFrame(),)

    @cached_property
    def outcomes(self) -> "pd.DataFrame":
        """The same as a pandas DataFrame, see `frame.to_pandas` for the dtypes."""
        from mirrorcheck.report.frame import to_pandas

        return to_pandas(self.table)
