"""Takes the text off that a program puts in front of each line, and keeps what it says, as columns."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise.hashes import hash_texts
from mirrorcheck_parsers.columnwise.words import Spans, Window, window
from mirrorcheck_parsers.compiled.layers import LONGEST_NAME, WIDEST_GAP, TemplateOpener
from mirrorcheck_parsers.formats.template import Literal, Token, tokenize
from mirrorcheck_parsers.layers.model import NAMES_IN_LABELS, Prefix
from mirrorcheck_parsers.wrappers.patterns import Cut, cut_forms, say
from mirrorcheck_parsers.wrappers.rows import Rows

_SPACE: Final = b" "
_NAME: Final = re.compile(rb"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
# The variables whose text is not just any name that begins with a letter or a digit; `%b` is a byte of a name.
_SHAPES: Final = {
    "gap": rb" {0,%d}+" % WIDEST_GAP,
    "labels": rb'(?P<labels>\{(?:[^"{}]|"(?:[^"\\]|\\.)*+")*+\})',
    "stream": rb"(?P<stream>(?:stdout|stderr)(?= ))",
    "tag": rb"(?P<tag>[FP](?=[ :])%b*+)",
    "index": rb"[0-9]%b*+",
    "day": rb"[A-Za-z0-9]%b-%b{2}(?!%b)",
    "clock": rb"[A-Za-z0-9]%b:%b{5}(?!%b)",
    "moment": rb"[A-Za-z0-9]%b{9}T%b{8}(?!%b)",
}


class PrefixStripper:
    """Takes one prefix off the lines of one stream."""

    def __init__(self, prefix: Prefix, *, exact: bool = False) -> None:
        self._templates, self._ends, self._forms = _compiled(prefix)
        self._opener = TemplateOpener(self._templates, self._ends) if scanning.kernel and not exact else None

    def strip(self, rows: Rows) -> Rows:
        """Take the prefix off every wrapped row that has it; the others are bare from now on."""
        if self._opener:
            opened = self._opener.open(rows.text, rows.start, rows.stop, rows.wrapped)
            stamps = opened.times if "stamp" in opened.spans else None
            cut = Cut(opened.start, opened.wrapped, opened.spans, stamps)
            left = rows.wrapped & ~opened.wrapped
            if left.any():
                cut = cut.with_others(cut_forms(rows, self._forms, left))
        else:
            cut = cut_forms(rows, self._forms, rows.wrapped)
        spans = dict(cut.spans)
        tag = spans.pop("tag", None)
        view = window(rows.text)
        if "labels" in spans:
            spans |= _names_in_labels(view, spans["labels"])
        stripped = say(rows, replace(cut, spans=spans))
        if tag is None:
            return stripped
        return replace(stripped, unfinished=cut.wrapped & (view.octets[tag[0]] == ord("P")))


@lru_cache(maxsize=64)
def _compiled(prefix: Prefix) -> tuple[tuple[tuple[Token, ...], ...], bytes, tuple[re.Pattern[bytes], ...]]:
    """Give the templates, the bytes at which a name ends whatever follows it, and an expression for each template."""
    templates = tuple(tokenize(template) for template in prefix.templates)
    literals = {token.text[0] for each in templates for token in each if isinstance(token, Literal)}
    ends = bytes(sorted({*literals, *_SPACE}))
    forms = tuple(re.compile(b"".join(_shape(token, ends) for token in each), re.DOTALL) for each in templates)
    return templates, ends, forms


def _shape(token: Token, ends: bytes) -> bytes:
    if isinstance(token, Literal):
        return re.escape(token.text)
    byte = b"[^" + re.escape(ends) + b"]"
    if token.name in _SHAPES:
        return _SHAPES[token.name].replace(b"%b", byte)
    return rb"(?P<%b>[A-Za-z0-9]%b{0,%d}+)" % (token.name.encode(), byte, LONGEST_NAME - 1)


def are_names(texts: Sequence[bytes]) -> bool:
    """Whether Kubernetes would allow these names."""
    return all(_NAME.fullmatch(text) for text in texts)


def _names_in_labels(view: Window, labels: Spans) -> dict[str, Spans]:
    """Give the spans of the names that stand among logcli's labels; few texts of them differ."""
    start, stop = labels
    _, first, which = np.unique(hash_texts(view, start, stop), return_index=True, return_inverse=True)
    texts = list(view.texts(start[first], stop[first]))
    names: dict[str, Spans] = {}
    for name, pattern in NAMES_IN_LABELS.items():
        bounds = [found.span(1) if (found := pattern.search(each)) else (0, 0) for each in texts]
        offsets = np.array(bounds, np.int64).reshape(-1, 2)[which]
        names[name] = (start + offsets[:, 0], start + offsets[:, 1])
    return names
