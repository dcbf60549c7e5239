"""Record batches in, observations out: the numbers by which a line is told apart and paired; no text is kept."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.settings import Settings, globs_regex
from mirrorcheck_parsers import RecordBatch

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Spans = tuple[Ints, Ints]

NO_CHAIN = np.uint64(0)  # hash of a missing or empty X-Forwarded-For
ABSENT = -1
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads sums of hashes
_MOST_ATTEMPTS = 1000
_HASHED = ("target", "user_agent", "referer", "remote_addr", "pod")
_TEXTS = {"target": "target", "path": "path", "remote": "remote_addr", "pod": "pod"}  # column -> field
_LONGEST_HOP = 64  # bytes of one address in X-Forwarded-For, port and brackets included
_REQUEST_ID_LENGTH = 36
_VERSION_NIBBLE = 14  # index of the character of an x-request-id that tracing may change (Envoy #13774)

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.Int64,
    "offset": pl.Int64,
    "length": pl.Int32,
    "time_us": pl.Int64,
    "status": pl.Int16,
    "bytes": pl.Int64,
    "request_us": pl.Int64,
    "request_length": pl.Int64,
    "method": pl.UInt64,
    "target": pl.UInt64,
    "path": pl.UInt64,
    "rest": pl.UInt64,
    "chain": pl.UInt64,
    "shorter_chain": pl.UInt64,
    "hop": pl.UInt64,
    "remote": pl.UInt64,
    "request_id": pl.UInt64,
    "attempt": pl.Int16,
    "pod": pl.UInt64,
    "marked": pl.Boolean,
    "excluded": pl.Boolean,
    "well_formed": pl.Boolean,
}
"""Columns of observations, one row per parsed line; -1 where a number is absent, 0 where a text is.

line: 1-based number in its stream. offset, length: its bytes there. time_us: UTC microseconds. bytes: of the answer's
body. request_us: microseconds the request took. request_length: bytes of the request. method: its first eight bytes
as a number. Hashes: target; path = target up to its query; rest = method, target, user agent and referer; chain =
X-Forwarded-For; shorter_chain = the same without its last hop; hop = that hop; remote = remote address; request_id
with its version character masked, where logged; pod. marked: a -shadow host or an x-envoy-internal header is logged.
excluded: by agent or path.
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """The exclusions by text of the settings, compiled."""

    agents: re.Pattern[bytes] | None
    paths: re.Pattern[bytes] | None

    @classmethod
    def of(cls, settings: Settings) -> "Filter":
        """Compile the exclusions once for all batches."""
        return cls(
            globs_regex(settings.exclude_agents, ignore_case=True),
            globs_regex(settings.exclude_paths),
        )


def observe(batch: RecordBatch, exclusions: Filter) -> pl.DataFrame:
    """Columns of SCHEMA for the records of a batch, in its order."""
    spans = {name: batch.spans[name] for name in _HASHED if name in batch.spans}
    spans |= {"path": _path(batch)} | _chain_spans(batch) | _request_id_spans(batch)
    hashes = _hash_all(batch, spans)
    method = _first_eight_bytes(batch)
    nothing = np.zeros(len(batch.line), np.uint64)
    absent = np.full(len(batch.line), ABSENT, np.int64)
    numbers = {name: batch.integer(name) for name in ("bytes", "request_length", "attempt") if name in batch.spans}
    rest = (hashes.get(name, nothing) for name in ("target", "user_agent", "referer"))
    return pl.DataFrame(
        {
            "line": batch.line,
            "offset": batch.offset,
            "length": batch.length,
            "time_us": batch.time_us,
            "status": batch.integer("status").astype(np.int16),
            "bytes": numbers.get("bytes", absent),
            "request_us": batch.micros("request_time") if "request_time" in batch.spans else absent,
            "request_length": numbers.get("request_length", absent),
            "method": method,
            "rest": mix(method, *rest),
            "request_id": _request_id(batch, hashes),
            "attempt": numbers.get("attempt", absent).clip(ABSENT, _MOST_ATTEMPTS).astype(np.int16),
            "marked": _marked(batch),
            "excluded": _excluded(batch, spans, hashes, exclusions),
            "well_formed": batch.well_formed,
            **_chains(batch, spans, hashes),
            **{column: hashes.get(field, nothing) for column, field in _TEXTS.items()},
        },
        schema=SCHEMA,
    )


def mix(*hashes: Hashes) -> Hashes:
    """One hash of several, sensitive to their order."""
    mixed = hashes[0]
    for following in hashes[1:]:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX + following
    return mixed


def _hash_all(batch: RecordBatch, spans: dict[str, Spans]) -> dict[str, Hashes]:
    """uint64 hashes of the texts at some spans; all in one query, which runs on all cores."""
    # Views on one buffer: a literal in place of the repeated row would copy all of data.
    columns: dict[str, pl.Series | Ints] = {
        "text": pl.Series("text", [batch.data], dtype=pl.Binary).new_from_index(0, len(batch.line))
    }
    for name, (start, stop) in spans.items():
        columns |= {f"{name} start": start, f"{name} length": stop - start}
    hashes = pl.DataFrame(columns).select(
        pl.col("text").bin.slice(pl.col(f"{name} start"), pl.col(f"{name} length")).hash().alias(name) for name in spans
    )
    return {name: hashes[name].to_numpy() for name in spans}


def _bytes_at(batch: RecordBatch, place: Ints) -> NDArray[np.uint8]:
    return np.frombuffer(batch.data, np.uint8)[np.clip(place, 0, max(0, len(batch.data) - 1))]


def _missing(batch: RecordBatch, field: str) -> Bools:
    start, stop = batch.spans[field]
    missing: Bools = (stop == start) | ((stop == start + 1) & (_bytes_at(batch, start) == ord("-")))
    return missing


def _chain_spans(batch: RecordBatch) -> dict[str, Spans]:
    """Spans of X-Forwarded-For, of it without its last hop, and of that hop.

    Envoy appends "," and its address, older ones ", "; what the client sent keeps its spaces (mirroring-facts.md).
    """
    if "xff" not in batch.spans:
        return {}
    start, stop = batch.spans["xff"]
    comma = _last_comma(batch, start, stop)
    hop = np.where(comma < 0, start, comma + 1)
    hop += (_bytes_at(batch, hop) == ord(" ")) & (hop < stop)
    return {"chain": (start, stop), "shorter_chain": (start, np.maximum(comma, start)), "hop": (hop, stop)}


def _chains(batch: RecordBatch, spans: dict[str, Spans], hashes: dict[str, Hashes]) -> dict[str, Hashes]:
    """The columns chain, shorter_chain and hop; NO_CHAIN for what is missing or empty."""
    if "xff" not in batch.spans:
        return dict.fromkeys(("chain", "shorter_chain", "hop"), np.full(len(batch.line), NO_CHAIN))
    missing = _missing(batch, "xff")
    shorter_start, shorter_stop = spans["shorter_chain"]
    single = shorter_stop == shorter_start
    return {
        "chain": np.where(missing, NO_CHAIN, hashes["chain"]),
        "shorter_chain": np.where(missing | single, NO_CHAIN, hashes["shorter_chain"]),
        "hop": np.where(missing, NO_CHAIN, hashes["hop"]),
    }


def _last_comma(batch: RecordBatch, start: Ints, stop: Ints) -> Ints:
    """Place of the last comma in each span, -1 without one within the longest address."""
    found = np.full(len(start), ABSENT)
    rows = np.arange(len(start))
    for back in range(1, _LONGEST_HOP):
        rows = rows[stop[rows] - back >= start[rows]]
        if not len(rows):
            break
        place = stop[rows] - back
        is_comma = _bytes_at(batch, place) == ord(",")
        found[rows[is_comma]] = place[is_comma]
        rows = rows[~is_comma]
    return found


def _first_eight_bytes(batch: RecordBatch) -> Hashes:
    start, stop = batch.spans["method"]
    method = np.zeros(len(start), np.uint64)
    for number in range(8):
        inside = start + number < stop
        method |= np.where(inside, _bytes_at(batch, start + number), 0).astype(np.uint64) << np.uint64(8 * number)
    return method


def method_name(code: int) -> str:
    """The method that a value of the `method` column stands for."""
    return int(code).to_bytes(8, "little").rstrip(b"\0").decode("ascii", "backslashreplace")


def _path(batch: RecordBatch) -> tuple[Ints, Ints]:
    """Spans of the targets up to their first question mark."""
    start, stop = batch.spans["target"]
    marks = np.flatnonzero(np.frombuffer(batch.data, np.uint8) == ord("?"))
    following = np.append(marks, len(batch.data))[np.searchsorted(marks, start)]
    return start, np.minimum(stop, following)


def _request_id_spans(batch: RecordBatch) -> dict[str, Spans]:
    """Spans of x-request-id before and after the character that tracing may change."""
    if "request_id" not in batch.spans:
        return {}
    start, stop = batch.spans["request_id"]
    is_uuid = stop - start == _REQUEST_ID_LENGTH
    nibble = start + _VERSION_NIBBLE
    return {"id head": (start, np.where(is_uuid, nibble, stop)), "id tail": (np.where(is_uuid, nibble + 1, stop), stop)}


def _request_id(batch: RecordBatch, hashes: dict[str, Hashes]) -> Hashes:
    """Hash of x-request-id without that character; 0 where none is logged."""
    if "request_id" not in batch.spans:
        return np.zeros(len(batch.line), np.uint64)
    return np.where(_missing(batch, "request_id"), np.uint64(0), mix(hashes["id head"], hashes["id tail"]))


def _marked(batch: RecordBatch) -> Bools:
    """A shadow marker besides X-Forwarded-For: a -shadow host, or x-envoy-internal."""
    marked = np.zeros(len(batch.line), np.bool_)
    if "host" in batch.spans:
        marked |= (
            batch.text("host")
            .cast(pl.String, strict=False)
            .str.contains(r"-shadow(:\d+)?$")
            .fill_null(value=False)
            .to_numpy()
        )
    if "internal" in batch.spans:
        marked |= (batch.text("internal") == b"true").to_numpy()
    return marked


def _excluded(batch: RecordBatch, spans: dict[str, Spans], hashes: dict[str, Hashes], exclusions: Filter) -> Bools:
    excluded = np.zeros(len(batch.line), np.bool_)
    for field, pattern in (("user_agent", exclusions.agents), ("path", exclusions.paths)):
        if pattern and field in spans:
            excluded |= _matches(batch, spans[field], hashes[field], pattern)
    return excluded


def _matches(batch: RecordBatch, spans: tuple[Ints, Ints], hashes: Hashes, pattern: re.Pattern[bytes]) -> Bools:
    """Which rows' text matches; each distinct text is looked at once."""
    distinct = pl.DataFrame({"hash": hashes}).with_row_index("row").unique("hash", keep="any")
    start, stop = spans
    matching = [
        value
        for row, value in zip(distinct["row"], distinct["hash"], strict=True)
        if pattern.match(batch.data, start[row], stop[row])
    ]
    return np.isin(hashes, np.array(matching, np.uint64))
