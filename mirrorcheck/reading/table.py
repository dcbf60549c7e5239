"""The table of observations, with all columns that there can be."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mirrorcheck.reading.column_store import joined
from mirrorcheck.reading.observe import ABSENT, NUMBERS, Columns

# polars imports numpy when it meets its first array, and fails where two threads meet theirs at once: logs are read by
# several, so the first one is met here.
pl.DataFrame({"line": np.zeros(1, np.int64)})

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
    "own_id": pl.UInt64,
    "request_id": pl.UInt64,
    "trace_id": pl.UInt64,
    "attempt": pl.Int16,
    "pod": pl.UInt64,
    "container": pl.UInt64,
    "labels": pl.UInt64,
    "cluster": pl.UInt64,
    "probe": pl.UInt64,
    "marked": pl.Boolean,
    "excluded": pl.Boolean,
    "excluded_by": pl.Int8,
    "well_formed": pl.Boolean,
}
"""Columns of observations, one row per parsed line; -1 where a number is absent, 0 where a text is.

line: 1-based number in its stream. offset, length: its bytes there. time_us: UTC microseconds. bytes: of the answer's
body. request_us: microseconds the request took. request_length: bytes of the request. method: its first eight bytes
as a number. Hashes: target, where an id is logged; path = target up to its query; rest = method, target, user agent
and referer; chain = X-Forwarded-For; shorter_chain = the same without its last hop; hop = that hop; remote = remote
address; own_id = the field given with --key; request_id with its version character masked, where logged; trace_id of
traceparent or b3; pod, container, labels and cluster (Envoy's upstream_cluster). probe: the code of its run and
number. marked: a -shadow host or an x-envoy-internal header, or what --marker says. excluded: by agent or path.
excluded_by: what says so, 0 nothing, `BY_OPTION`, or `BY_AGENT` and the number of the default agent.
"""


def complete_tables(logs: Sequence[Columns]) -> list[pl.DataFrame]:
    """The tables of many logs, made as one where logs have the same columns: a table costs as much as many rows."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for number, columns in enumerate(logs):
        alike.setdefault(tuple(columns), []).append(number)
    tables = [pl.DataFrame()] * len(logs)
    for numbers in alike.values():
        own = [logs[number] for number in numbers]
        table, start = complete_table(joined(own)), 0
        for number, columns in zip(numbers, own, strict=True):
            rows = len(columns["line"]) if columns else 0
            tables[number] = table.slice(start, rows)
            start += rows
    return tables


def complete_table(columns: Columns) -> pl.DataFrame:
    """All columns of SCHEMA for one log; those that it does not log, or that never change, take no memory."""
    if not columns:
        return pl.DataFrame(schema=SCHEMA)
    changing = {name: column for name, column in columns.items() if column.strides != (0,) or name == "line"}
    same = {name: column[0] for name, column in columns.items() if name not in changing and len(column)}
    return pl.DataFrame(changing).select(
        pl.col(name) if name in changing else _constant(name, same[name]) if name in same else _ABSENT[name]
        for name in SCHEMA
    )


def _constant(name: str, value: object) -> pl.Expr:
    return pl.lit(value).cast(SCHEMA[name]).alias(name)


# Made once: where many logs are read again and again, to make them takes longer than all else.
_ABSENT = {name: _constant(name, ABSENT if name in NUMBERS else 0) for name in SCHEMA}
