"""Joins lines that a container runtime cut into parts, stream by stream."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mirrorcheck_parsers.columnwise.words import Mask, Positions
from mirrorcheck_parsers.wrappers.rows import Rows

PART: Final = 1 << 14  # bytes at which container runtimes cut a line (containerd's max_container_log_line_size)
_PATIENCE: Final = 4096  # lines to wait for the next part of a line: beyond that, its end is lost
_MOST_PARTS: Final = 4096  # of one line, some 64 MiB
_STREAM: Final = ("namespace", "pod", "container", "stream")
_STAMP: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{5}) ")


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Rows of whole lines: the later parts are `swallowed` (bool[n]) by the first, which ends in row `last` (int64[n]).

    decided: how many rows are; the others wait for a part that has not come yet.
    """

    rows: Rows
    swallowed: Mask
    last: Positions
    decided: int


def join_parts(rows: Rows, *, final: bool) -> Joined:
    """Join the parts of lines, each stream's for itself; `final` where nothing comes after these rows."""
    if rows.unfinished is None or not rows.unfinished.any():
        return join_chains(rows, {}, len(rows.start))
    chains, decided = _chains(rows, rows.unfinished, final=final)
    return join_chains(rows, {tuple(chain): b"".join(map(rows.line, chain)) for chain in chains}, decided)


def join_chains(rows: Rows, chains: Mapping[tuple[int, ...], bytes], decided: int) -> Joined:
    """Give the first row of each chain of rows, which ascend, the text of all of them."""
    last, swallowed = np.arange(len(rows.start)), np.zeros(len(rows.start), np.bool_)
    for chain in chains:
        swallowed[list(chain[1:])] = True
        last[chain[0]] = chain[-1]
    return Joined(put_in_front(rows, [chain[0] for chain in chains], list(chains.values())), swallowed, last, decided)


def drop_inner_stamps(rows: Rows) -> Rows:
    """Take out the stamps that `kubectl logs --timestamps` puts in front of every part of a line."""
    long = np.flatnonzero(rows.wrapped & (rows.stop - rows.start > PART)).tolist()
    return put_in_front(rows, long, [_without_stamps(rows.line(row)) for row in long]) if long else rows


def _without_stamps(line: bytes) -> bytes:
    pieces, at = [line[:PART]], PART
    while (stamp := _STAMP.match(line, at)) is not None:
        pieces.append(line[stamp.end() : stamp.end() + PART])
        at = stamp.end() + PART
    return b"".join((*pieces, line[at:]))


def _chains(rows: Rows, unfinished: Mask, *, final: bool) -> tuple[list[list[int]], int]:
    """Give the rows of every line of several parts, and up to which row all lines are known to be whole."""
    count = len(rows.start)
    waiting: dict[tuple[bytes, ...], list[int]] = {}
    chains: list[list[int]] = []
    for row, stream in _following(rows, unfinished, waiting):
        chain = waiting.pop(stream, [])
        if _is_lost(chain, row):
            chains.append(chain)
            chain = []
        if chain or unfinished[row]:
            chain.append(row)
            if unfinished[row]:
                waiting[stream] = chain
            else:
                chains.append(chain)
    given_up = [chain for chain in waiting.values() if final or count - chain[-1] > _PATIENCE]
    decided = min((chain[0] for chain in waiting.values() if chain not in given_up), default=count)
    chains = sorted(chains + given_up)
    # What is undecided comes again, with all of the lines that have a part in it.
    for chain in reversed(chains):
        if chain[-1] >= decided:
            decided = min(decided, chain[0])
    return [chain for chain in chains if chain[0] < decided], decided


def _is_lost(chain: Sequence[int], row: int) -> bool:
    """Whether the end of a line is not waited for any longer when the row comes."""
    return bool(chain) and (row - chain[-1] > _PATIENCE or len(chain) == _MOST_PARTS)


def _following(
    rows: Rows, unfinished: Mask, waiting: dict[tuple[bytes, ...], list[int]]
) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """Give the rows that may be parts, and their streams: unfinished ones, and any while one is waited for."""
    begins = np.flatnonzero(unfinished).tolist()
    row = begins[0]
    for begin in begins:
        row = max(row, begin)
        while row < len(rows.start) and (waiting or row == begin):
            if rows.wrapped[row]:
                yield row, _stream_of(rows, row)
            row += 1


def _stream_of(rows: Rows, row: int) -> tuple[bytes, ...]:
    return tuple(rows.said(name, row) for name in _STREAM)


def put_in_front(rows: Rows, numbers: Sequence[int], texts: Sequence[bytes]) -> Rows:
    """Give some rows other texts."""
    if not numbers:
        return rows
    front = b"".join(texts)
    shift = len(front)
    start, stop = rows.start + shift, rows.stop + shift
    ends = np.cumsum([len(text) for text in texts])
    start[numbers], stop[numbers] = ends - [len(text) for text in texts], ends
    spans = {name: (first + shift, last + shift) for name, (first, last) in rows.spans.items()}
    return replace(rows, text=front + rows.text, start=start, stop=stop, spans=spans)
