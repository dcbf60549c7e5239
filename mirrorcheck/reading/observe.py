"""Turns record batches into observations: the numbers that identify and pair a line; no text is kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.probe.codes import probe_codes
from mirrorcheck.reading.globs import Globs, distinct_texts
from mirrorcheck.settings import DEFAULT_AGENTS, NONE, Settings, glob_regex, globs_regex
from mirrorcheck_parsers import RecordBatch, find_field, hash_text

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Columns = dict[str, NDArray[np.generic]]
Keep = Callable[[Columns], None]

_Number = TypeVar("_Number", bound=np.generic)

NO_CHAIN = np.uint64(0)  # hash of a missing or empty X-Forwarded-For
ABSENT = -1
BY_OPTION, BY_AGENT = 1, 2  # excluded_by: an option; from 2 on the default agents, in their order
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads sums of hashes
_MOST_ATTEMPTS = 1000
NUMBERS = ("status", "bytes", "request_us", "request_length", "attempt")  # columns that say ABSENT
_SMALL = ("status", "attempt")
KEY_FIELDS = ("user_agent", "referer")  # what distinguishes requests for one target
SHARED_FIELDS = (*KEY_FIELDS, "method")  # what is compared only where all logs have it
ORIGIN_FIELDS = {"pod": "pod", "container": "container", "labels": "labels", "cluster": "upstream_cluster"}
"""Columns that say whose a line is -> fields. Many lines share a few texts, which are kept while reading."""
_TEXTS = {"path": "path", "remote": "remote_addr", **ORIGIN_FIELDS}  # column -> field
_HASHED = ("user_agent", "referer", "remote_addr", "pod", "container", "labels", "upstream_cluster")
_LONGEST_PORT = 6  # bytes, its colon included
_SHADOW_HOST = b"-shadow"  # Envoy appends it in front of a port
_REQUEST_ID_LENGTH = 36
TRACE_FIELDS = ("traceparent", "http_b3", "http_x_b3_traceid", "b3", "x_b3_traceid")
_TRACEPARENT_LENGTH, _TRACE_START, _TRACE_LENGTH = 55, 3, 32
_VERSION_NIBBLE = 14  # index of the character of an x-request-id that tracing may change (Envoy #13774)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the settings say of single lines, compiled: exclusions, the field that is the key, what marks copies."""

    agents: Globs | None
    paths: Globs | None
    only_paths: Globs | None = None  # all others are left out
    key: str | None = None
    markers: tuple[tuple[str, Globs], ...] = ()
    default_agents: tuple[re.Pattern[bytes], ...] = ()  # those of `agents` that nobody asked for, in their order
    asked_agents: re.Pattern[bytes] | None = None  # the others

    @property
    def asked(self) -> tuple[str, ...]:
        """The fields that are of use under their own names, as find_field takes them."""
        given = () if self.key is None else (self.key,)
        return (*TRACE_FIELDS, _TEXTS["cluster"], *given, *(name for name, _ in self.markers))

    @classmethod
    def of(cls, settings: Settings) -> "Filter":
        """Compile the exclusions once for all batches."""
        return cls(
            Globs.of(settings.exclude_agents, ignore_case=True),
            Globs.of(settings.exclude_path),
            Globs.of(settings.only_path),
            settings.key,
            tuple((name, globs) for name, value in settings.markers if (globs := Globs.of([value]))),
            tuple(re.compile(glob_regex(each).pattern, re.IGNORECASE) for each in DEFAULT_AGENTS),
            globs_regex([glob for glob in settings.exclude_agent if glob != NONE], ignore_case=True),
        )


def observe(batch: RecordBatch, exclusions: Filter, shared: frozenset[str] = frozenset(SHARED_FIELDS)) -> Columns:
    """The columns of `table.SCHEMA` that are logged, in no order, for the records of a batch, in its order.

    shared: the fields that all logs have; SHARED_FIELDS beyond them are left out of the keys. A method that is not
    among them is as absent as one that is not logged.
    """
    targets = batch.hash_beginnings("target", ord("?"))
    hashes = {field: batch.hashes(*batch.spans[field]) for field in _HASHED if field in batch.spans}
    hashes |= {"target": targets.whole, "path": targets.beginning}
    nothing = np.zeros(len(batch.line), np.uint64)
    method = batch.first_word("method") if "method" in shared & batch.spans.keys() else nothing
    known = shared & hashes.keys()
    rest = (_present(hashes[name]) if name in known else nothing for name in KEY_FIELDS)
    ids = _ids(batch, exclusions.key)
    return {
        "line": batch.line,
        "offset": batch.offset,
        "length": batch.length,
        "time_us": batch.time_us,
        "method": method,
        "rest": mix(method, hashes["target"], *rest),
        **_excluded(batch, targets.stop, hashes, exclusions),
        "well_formed": batch.well_formed,
        **_numbers(batch),
        **_chains(batch),
        **({"target": hashes["target"], **ids} if ids else {}),
        **({"probe": probe_codes(batch)} if "user_agent" in batch.spans else {}),
        **_marked(batch, exclusions),
        **{column: hashes[field] for column, field in _TEXTS.items() if field in hashes},
    }


def mix(*hashes: Hashes) -> Hashes:
    """One hash of several, sensitive to their order.

    Nothing secret is needed here: whoever chooses the texts does not know their hashes, so the sums are as unknown.
    """
    mixed = hashes[0]
    for following in hashes[1:]:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX + following
    return mixed


def _numbers(batch: RecordBatch) -> dict[str, NDArray[np.generic]]:
    """The numbers that are logged; -1 where one is missing on its line."""
    numbers = {name: batch.integer(name) for name in NUMBERS if name in batch.spans}
    if "request_time" in batch.spans:
        numbers["request_us"] = batch.micros("request_time")
    if "attempt" in numbers:
        numbers["attempt"] = numbers["attempt"].clip(ABSENT, _MOST_ATTEMPTS)
    return {name: column.astype(np.int16) if name in _SMALL else column for name, column in numbers.items()}


def _present(hashes: Hashes) -> Hashes:
    """The hashes with 0 for what is missing: one log has "-" for it, another nothing at all."""
    return np.where(hashes == np.uint64(hash_text(b"-")), np.uint64(0), hashes)


def _chains(batch: RecordBatch) -> dict[str, Hashes]:
    """The columns chain, shorter_chain and hop; NO_CHAIN for what is missing or empty."""
    if "xff" not in batch.spans:
        return {}
    chains = batch.hash_lists("xff")
    return {"chain": chains.whole, "shorter_chain": chains.rest, "hop": chains.last}


def spread(values: NDArray[_Number], rows: Ints, count: int, default: int | np.uint64) -> NDArray[_Number]:
    """The values of some of `count` rows, the default for the others; the very values where they are those of all."""
    if len(rows) == count:
        return values
    column = np.full(count, default, values.dtype)
    column[rows] = values
    return column


def method_name(code: int) -> str:
    """The method that a value of the `method` column stands for."""
    return int(code).to_bytes(8, "little").rstrip(b"\0").decode("ascii", "backslashreplace")


def _request_id(batch: RecordBatch) -> dict[str, Hashes]:
    """The column request_id: its hash without the character that tracing may change; 0 where a line has none."""
    if "request_id" not in batch.spans:
        return {}
    start, stop = batch.spans["request_id"]
    is_uuid = stop - start == _REQUEST_ID_LENGTH
    nibble = start + _VERSION_NIBBLE
    head = batch.hashes(start, np.where(is_uuid, nibble, stop))
    tail = batch.hashes(np.where(is_uuid, nibble + 1, stop), stop)
    return {"request_id": np.where(_present(head) == 0, np.uint64(0), mix(head, tail))}


def _ids(batch: RecordBatch, key: str | None) -> dict[str, Hashes]:
    """The columns own_id, request_id and trace_id, as far as they are logged; 0 where a line has none."""
    ids = _request_id(batch)
    own = find_field(batch.spans, key) if key else None
    if own in TRACE_FIELDS:
        ids["own_id"] = _trace_id(batch, own)
    elif own:
        ids["own_id"] = ids["request_id"] if own == "request_id" else _present(batch.hashes(*batch.spans[own]))
    trace = next((name for name in TRACE_FIELDS if name in batch.spans), None)
    if trace:
        ids["trace_id"] = _trace_id(batch, trace)
    return ids


def _trace_id(batch: RecordBatch, field: str) -> Hashes:
    """The trace id of `00-TRACE-SPAN-FLAGS` (W3C Trace Context), of b3's `TRACE-SPAN-...`, or the field itself."""
    start, stop = batch.spans[field]
    if field == "traceparent":
        whole = stop - start == _TRACEPARENT_LENGTH
        start = np.where(whole, start + _TRACE_START, stop)
        stop = np.where(whole, start + _TRACE_LENGTH, stop)
    else:
        dash = batch.first(ord("-"), start, stop)
        # "-" alone stands for nothing.
        stop = np.where(dash > start, dash, start)
    return batch.hashes(start, stop)


def _marked(batch: RecordBatch, exclusions: Filter) -> dict[str, Bools]:
    """The column marked: a shadow marker besides X-Forwarded-For, what --marker says or, if not logged, the usual."""
    if exclusions.markers:
        given = ((find_field(batch.spans, name), pattern) for name, pattern in exclusions.markers)
        found = [_holds(batch, field, pattern) for field, pattern in given if field]
        if found:
            return {"marked": np.logical_or.reduce(found)}
    markers: list[Bools] = []
    if "host" in batch.spans:
        markers.append(batch.ends_with("host", _SHADOW_HOST))
        markers.append(batch.ends_with("host", _SHADOW_HOST, before=ord(":")))
    if "internal" in batch.spans:
        markers.append(batch.is_text("internal", b"true"))
    return {"marked": np.logical_or.reduce(markers)} if markers else {}


def _excluded(batch: RecordBatch, path_stop: Ints, hashes: dict[str, Hashes], exclusions: Filter) -> Columns:
    """The columns excluded and excluded_by."""
    by = np.zeros(len(batch.line), np.int8)
    if exclusions.agents and "user_agent" in batch.spans:
        rows = exclusions.agents.rows(batch, batch.spans["user_agent"], hashes["user_agent"])
        by[rows] = _agents(batch, rows, hashes["user_agent"], exclusions)
    paths = (batch.spans["target"][0], path_stop)
    if exclusions.paths:
        by[exclusions.paths.rows(batch, paths, hashes["path"])] = BY_OPTION
    if exclusions.only_paths:
        others = np.ones(len(by), np.bool_)
        others[exclusions.only_paths.rows(batch, paths, hashes["path"])] = False
        by[others] = BY_OPTION
    return {"excluded": by != 0, "excluded_by": by}


def _agents(batch: RecordBatch, rows: Ints, hashes: Hashes, exclusions: Filter) -> NDArray[np.int8]:
    """What excludes each of `rows`, where some pattern matches the agent: the user's, or the first default."""
    start, stop = batch.spans["user_agent"]
    first, number = distinct_texts(hashes, rows)
    spans = zip(start[first].tolist(), stop[first].tolist(), strict=True)
    found = [_agent(batch.data, begin, end, exclusions) for begin, end in spans]
    return np.array(found, np.int8)[number]


def _agent(data: bytes, begin: int, end: int, exclusions: Filter) -> int:
    if exclusions.asked_agents and exclusions.asked_agents.match(data, begin, end):
        return BY_OPTION
    matching = (number for number, each in enumerate(exclusions.default_agents) if each.match(data, begin, end))
    return next((BY_AGENT + number for number in matching), BY_OPTION)


def _holds(batch: RecordBatch, field: str, globs: Globs) -> Bools:
    """Where a field matches; a host may match without its port as well, since Envoy puts -shadow in front of that."""
    start, stop = batch.spans[field]
    holds = np.zeros(len(start), np.bool_)
    holds[globs.rows(batch, (start, stop), batch.hashes(start, stop))] = True
    if field == "host":
        colon = batch.last(ord(":"), start, stop, _LONGEST_PORT)
        name_stop = np.where(colon < 0, stop, colon)
        holds[globs.rows(batch, (start, name_stop), batch.hashes(start, name_stop))] = True
    return holds
