"""Takes rows of a CSV table; gives the message of each, without its quotes, and its stamp."""

import re
from typing import Final

import numpy as np

from mirrorcheck_parsers.words import window
from mirrorcheck_parsers.wrappers.instants import read_instants
from mirrorcheck_parsers.wrappers.parts import put_in_front
from mirrorcheck_parsers.wrappers.rows import NO_STAMP, Rows

_STAMP_WIDTH: Final = len("2026-11-22 10:00:00.123")
_ROW: Final = re.compile(rb'([0-9-]{10} [0-9:]{8}\.[0-9]{3}),(?:"((?:[^"]++|"")*+)"|([^",]*+))(?:,.*)?', re.DOTALL)


def peel_table(rows: Rows) -> Rows:
    """Take the stamp and the message out of every wrapped row that begins with both; others are bare from now on."""
    found = {row: _ROW.fullmatch(rows.line(row)) for row in np.flatnonzero(rows.wrapped).tolist()}
    cells = {row: match.groups(default=b"") for row, match in found.items() if match}
    texts = [stamp + quoted.replace(b'""', b'"') + bare for stamp, quoted, bare in cells.values()]
    put = put_in_front(rows, list(cells), texts)
    wrapped = np.zeros(len(rows.start), np.bool_)
    wrapped[list(cells)] = True
    stamp = (put.start, np.where(wrapped, put.start + _STAMP_WIDTH, put.start))
    stamp_us = read_instants(window(put.text), *stamp)
    wrapped &= stamp_us != NO_STAMP
    start = np.where(wrapped, stamp[1], put.start)
    return Rows(put.text, start, put.stop, wrapped, put.spans | {"stamp": stamp}, stamp_us, put.unfinished)
