"""Takes the message out of each row of a CSV table, and what its other columns say."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import Mask, Spans, window
from mirrorcheck_parsers.compiled.stamps import NO_STAMP, read_stamps
from mirrorcheck_parsers.layers.model import Table
from mirrorcheck_parsers.wrappers.parts import Joined, join_chains, put_in_front
from mirrorcheck_parsers.wrappers.patterns import names_in_labels
from mirrorcheck_parsers.wrappers.rows import Rows, scatter

_MOST_LINES: Final = 256  # of a row: beyond that, its quote was never closed
_DATE: Final = len("2026-11-22")
_ENCODING: Final = "latin-1"  # has a character for each byte
_MARK: Final = b"\xef\xbb\xbf"  # of UTF-8, in front of a table for Excel
_SEPARATOR: Final = b"sep="  # a line for Excel in front of the header
_DELIMITERS: Final = (b",", b";", b"\t")
_MESSAGES: Final = (
    *("event.original", "message", "log", "line", "body", "@message", "_raw", "logmessage", "logentry", "content"),
    *("textpayload", "_source", "msg"),
)
_STAMPS: Final = (
    *("@timestamp", "date", "tsns", "timestamp", "_time", "time", "timegenerated", "timegenerated [utc]", "ts"),
)
_PODS: Final = (
    *("kubernetes.pod.name", "kubernetes.pod_name", "kubernetes.pod_name.keyword", "pod", "pod_name", "podname"),
    *("k8s_pod_name", "resource.labels.pod_name", "@logstream", "logstreamname", "container.name", "service"),
    *("log.file.path", "host.name", "host", "source"),
)
_CONTAINERS: Final = (
    *("kubernetes.container.name", "kubernetes.container_name", "container", "container_name", "containername"),
)
_NAMESPACES: Final = ("kubernetes.namespace", "kubernetes.namespace_name", "namespace", "podnamespace")
_LABELS: Final = ("labels", "kubernetes.labels", "fields")
_KINDS: Final = {
    "message": _MESSAGES,
    "stamp": _STAMPS,
    "pod": _PODS,
    "container": _CONTAINERS,
    "namespace": _NAMESPACES,
    "labels": _LABELS,
}
_LABEL: Final = ("kubernetes.labels.", "labels.")
_PROGRAMS: Final = (
    ("@message", "Logs Insights CSV"),
    ("@timestamp", "Kibana CSV"),
    ("_raw", "Splunk CSV"),
    ("logmessage", "Azure Monitor CSV"),
    ("logentry", "Azure Monitor CSV"),
    ("line", "Grafana CSV"),
    ("body", "Grafana CSV"),
)


def find_table(lines: Sequence[bytes]) -> Table | None:
    """Find the first line that names the columns of a table, a message among them, and what each of them says."""
    for line in lines:
        for delimiter in _DELIMITERS:
            table = _read_header(line, delimiter) if delimiter in line else None
            if table:
                return table
    return None


def _read_header(line: bytes, delimiter: bytes) -> Table | None:
    cells = _cells(line.removeprefix(_MARK), delimiter)
    if cells is None or any(not cell or len(cell) > 100 for cell in cells):  # noqa: PLR2004 - a name is short
        return None
    names = [cell.decode("utf-8", "replace").strip().lower() for cell in cells]
    columns: dict[str, int] = {}
    for kind, known in _KINDS.items():
        place = next((names.index(name) for name in known if name in names), None)
        if place is not None and place not in columns.values():
            columns[kind] = place
    if not {"message", "stamp"} <= columns.keys():
        return None
    named = ((_label(cell.decode("utf-8", "replace")), place) for place, cell in enumerate(cells))
    labels = [each for each in named if each[0]] if "labels" not in columns else []
    name = next((program for column, program in _PROGRAMS if column in names), "CSV")
    in_utc = names[columns["message"]] == "@message"
    return Table(name, delimiter, line, tuple(columns.items()), tuple(labels), in_utc=in_utc, newest_first=True)


def _label(name: str) -> str:
    return next((name.removeprefix(start) for start in _LABEL if name.lower().startswith(start)), "")


def _cells(row: bytes, delimiter: bytes) -> list[bytes] | None:
    """Give the cells of a row as RFC 4180 has them, None where it has none."""
    try:
        rows = list(csv.reader([row.decode(_ENCODING)], delimiter=delimiter.decode(), strict=True))
    except csv.Error:
        return None
    return [cell.encode(_ENCODING) for cell in rows[0]] if len(rows) == 1 else None


def join_records(table: Table, rows: Rows, *, final: bool) -> Joined:
    """Join the lines of each row whose quotes go over several, where that makes a row of the table."""
    count = len(rows.start)
    open_ = [rows.line(row).count(b'"') % 2 == 1 for row in range(count)]
    texts: dict[tuple[int, ...], bytes] = {}
    most = _most_used(table)
    decided = count
    places = np.flatnonzero(open_).tolist()
    at = 0  # among places
    while at < len(places):
        head = places[at]
        end = places[at + 1] if at + 1 < len(places) else None
        text = b"\n".join(map(rows.line, range(head, end + 1))) if end and end - head < _MOST_LINES else b""
        if end is not None and len(_cells(text, table.delimiter) or ()) > most:
            texts[tuple(range(head, end + 1))] = text
            at += 2
        elif end is None and not final and count - head < _MOST_LINES:
            decided = head
            break
        else:
            at += 1  # its quote is never closed
    joined = join_chains(rows, texts, decided)
    return replace(joined, rows=replace(joined.rows, wrapped=joined.rows.wrapped & ~joined.swallowed))


def strip_table(table: Table, rows: Rows) -> Rows:
    """Take the columns out of every wrapped row that has them; others are bare from now on, and a header is empty."""
    texts: dict[int, list[bytes]] = {}
    header: list[int] = []
    most = _most_used(table)
    for row in np.flatnonzero(rows.wrapped).tolist():
        line = rows.line(row)
        if table.header and (line == table.header or line.removeprefix(_MARK).startswith(_SEPARATOR)):
            header.append(row)
            continue
        cells = _cells(line, table.delimiter)
        if cells and len(cells) > most:
            texts[row] = _said(table, cells)
    return _assemble(table, rows, texts, header)


def _most_used(table: Table) -> int:
    """Give the place of the last column that says something."""
    return max(place for _, place in (*table.columns, *table.labels))


def _said(table: Table, cells: Sequence[bytes]) -> list[bytes]:
    """Give the texts of a row's columns, the message's first, and its labels last."""
    columns = dict(table.columns)
    message = cells[columns["message"]].rstrip(b"\r\n").replace(b"\n", b" ")
    said = [message, *(cells[place].replace(b"\n", b" ") for name, place in table.columns if name != "message")]
    if table.labels:
        labels = {name: cells[place].decode("utf-8", "replace") for name, place in table.labels}
        said.append(json.dumps(labels, ensure_ascii=False, separators=(",", ":")).encode())
    elif _pod_in_labels(table):
        said.append(names_in_labels(cells[columns["labels"]]).get("pod", b""))
    return said


def _pod_in_labels(table: Table) -> bool:
    names = [name for name, _ in table.columns]
    return "labels" in names and "pod" not in names


def _names(table: Table) -> list[str]:
    """Give the names of what `_said` gives."""
    names = ["message", *(name for name, _ in table.columns if name != "message")]
    return [*names, *(["labels"] if table.labels else ["pod"] if _pod_in_labels(table) else ())]


def _assemble(table: Table, rows: Rows, texts: dict[int, list[bytes]], header: list[int]) -> Rows:
    put = put_in_front(rows, list(texts), [b"".join(said) for said in texts.values()])
    wrapped: Mask = np.zeros(len(rows.start), np.bool_)
    numbers = list(texts)
    wrapped[numbers] = True
    names = _names(table)
    lengths = np.array([[len(text) for text in said] for said in texts.values()], np.int64).reshape(-1, len(names))
    bounds = put.start[numbers, None] + np.concatenate([np.zeros((len(numbers), 1), np.int64), lengths.cumsum(1)], 1)
    spans: dict[str, Spans] = {}
    for place, name in enumerate(names):
        spans[name] = scatter(len(put.start), np.array(numbers, np.int64), (bounds[:, place], bounds[:, place + 1]))
    start, stop = put.start, put.stop.copy()
    stop[numbers] = spans.pop("message")[1][numbers]
    stop[header] = start[header]
    return _dated(table, replace(put, stop=stop, wrapped=wrapped, spans=put.spans | spans))


def _dated(table: Table, rows: Rows) -> Rows:
    """Read the stamps; what people read, such as `Nov 22, 2026 @ 10:00:00.123`, has no zone and dates nothing."""
    first, last = rows.spans.get("stamp", (rows.start, rows.start))
    dated = rows.wrapped & (last > first)
    if table.header and not table.in_utc:
        dated &= window(rows.text).octets[first + _DATE] != ord(" ")
    stamp_us = read_stamps(window(rows.text), (first, last), dated)
    known = stamp_us != NO_STAMP
    if not table.header:
        return replace(rows, wrapped=rows.wrapped & known, stamp_us=stamp_us)
    spans = rows.spans | {"stamp": (first, np.where(known, last, first))}
    return replace(rows, stamp_us=stamp_us, spans=spans)
