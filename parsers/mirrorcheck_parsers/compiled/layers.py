"""Has the kernel take layers off rows."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.words import PADDING, Mask, Positions, Spans
from mirrorcheck_parsers.compiled.table import DATE_TIME, INSTANTS, RFC_3339, Key, KeyTable, Step, Table
from mirrorcheck_parsers.formats.template import Literal, Token
from mirrorcheck_parsers.layers.model import Envelope

LONGEST_NAME: Final = 256  # bytes; Kubernetes allows 253 (RFC 1123)
WIDEST_GAP: Final = 1024  # bytes: programs pad to the widest of their names or labels
_KEPT: Final = ("stamp", "pod", "container", "namespace", "labels", "stream", "tag")


class Opened(NamedTuple):
    """What n rows hold: the text that all places are in, where the lines inside are, and what is said of each.

    times: int64, microseconds, of those stamps that the kernel reads. A row that is not `wrapped` is what it was.
    """

    text: bytes
    start: Positions
    stop: Positions
    wrapped: Mask
    spans: dict[str, Spans]
    times: Positions
    has_feed: Mask  # whether the line inside ended with a line break


class TemplateOpener:
    """Takes text of these templates, whose names end at these bytes, off the front of rows, for one thread."""

    def __init__(self, templates: Sequence[Sequence[Token]], ends: bytes) -> None:
        names = {token.name for each in templates for token in each if not isinstance(token, Literal)}
        self._columns = tuple(name for name in _KEPT if name in names)
        tables = [_table(tokens, ends, self._columns) for tokens in templates]
        self._program = scanning.kernel.PrefixProgram(tables)

    def open(self, text: bytes, start: Positions, stop: Positions, among: Mask) -> Opened:
        """Take it off the rows text[start:stop] that are `among` the wanted ones."""
        out = np.empty((3 + 2 * len(self._columns), len(start)), np.int64)
        wrapped = np.empty(len(start), np.bool_)
        self._program.open(text, *map(np.ascontiguousarray, (start, stop, among)), out, wrapped)
        nothing = np.zeros(len(start), np.bool_)
        return Opened(text, out[0], out[1], wrapped, _spans(self._columns, out), out[2], nothing)


class EnvelopeOpener:
    """Takes lines out of JSON objects, for one thread."""

    def __init__(self, envelope: Envelope) -> None:
        paths = {name: each for name, each in envelope.paths().items() if each and name != "message"}
        self._columns = ("message", *paths)
        keys = [Key(path.encode(), column=0) for path in envelope.message]
        keys += [Key(path.encode(), column=self._columns.index(name)) for name, each in paths.items() for path in each]
        clock = self._columns.index("stamp") if "stamp" in paths else -1
        self._program = scanning.kernel.EnvelopeProgram(KeyTable(tuple(keys), INSTANTS, self._columns), clock)

    def open(self, text: bytes, start: Positions, stop: Positions, among: Mask) -> Opened:
        """Take them out of the rows text[start:stop] that are `among` the wanted ones."""
        out = np.empty((3 + 2 * len(self._columns), len(start)), np.int64)
        wrapped, has_feed = np.empty((2, len(start)), np.bool_)
        rows = map(np.ascontiguousarray, (start, stop, among))
        text = self._program.open(text, *rows, PADDING, out, wrapped, has_feed)
        spans = _spans(self._columns, out)
        del spans["message"]
        return Opened(text, out[0], out[1], wrapped, spans, out[2], has_feed)


def _spans(columns: Sequence[str], out: Positions) -> dict[str, Spans]:
    starts, stops = out[3 : 3 + len(columns)], out[3 + len(columns) :]
    return {name: (starts[place], stops[place]) for place, name in enumerate(columns)}


def _table(tokens: Sequence[Token], ends: bytes, columns: tuple[str, ...]) -> Table:
    return Table(tuple(step for token in tokens for step in _steps(token, ends, columns)), columns, ())


def _steps(token: Token, ends: bytes, columns: tuple[str, ...]) -> list[Step]:
    """Give the steps of a token: what they take is what its expression in prefix.py would, too."""
    if isinstance(token, Literal):
        return [Step("literal", text=token.text)]
    column = columns.index(token.name) if token.name in columns else -1
    two, colon = Step("digits", most=2), Step("literal", text=b":")
    steps = {
        "gap": [Step("gap", most=WIDEST_GAP)],
        "labels": [Step("labels", column=column)],
        "stamp": [Step("rfc_3339", layout=RFC_3339.layout, column=column, is_clock=True)],
        "stream": [Step("choice", text=b"stdoutstderr", most=len("stdout"), column=column)],
        "tag": [Step("choice", text=b"FP", most=1, column=column)],
        "index": [Step("epoch", least=1, most=9)],
        "day": [two, Step("literal", text=b"-"), two],
        "clock": [two, colon, two, colon, two],
        "moment": [Step("layout", layout=DATE_TIME)],
    }
    return steps.get(token.name, [Step("name", ends=ends, most=LONGEST_NAME, column=column)])
