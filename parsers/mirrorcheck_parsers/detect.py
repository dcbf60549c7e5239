"""Takes the first bytes of a stream; gives the format that most of its lines match, or how near each one came."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirrorcheck_parsers.catalogue import CATALOGUE
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.escape import unescape
from mirrorcheck_parsers.explain import explain
from mirrorcheck_parsers.foreign import COLOURS, Chatter
from mirrorcheck_parsers.formats import (
    WRAPPERS,
    Format,
    Wrapper,
    compile_format,
    compile_keys,
    prefix_parts,
)
from mirrorcheck_parsers.keys import name_keys
from mirrorcheck_parsers.match import match_line
from mirrorcheck_parsers.objects import NoObject, scan_object
from mirrorcheck_parsers.shapes import prefix_shape

Line = tuple[int, bytes]
Template = tuple[str, str]  # the name of a format, and its log_format
OPTION = "--log-format"
_VALUES_SEEN = 20  # of a key, to tell what it is


@dataclass(frozen=True, slots=True)
class Attempt:
    """One format tried on the sample: `matched` of its `lines` that are not foreign.

    `column` (1-based) is where the first of them stopped matching, `expected` the literal or field that the format
    has there and `found` the text there, at most 20 characters.
    """

    format: Format
    matched: int
    lines: int
    column: int
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Detection:
    """The format found, if any, all attempts, nearest first, and the first line that is neither foreign nor empty.

    `first_line` is its 1-based number and text; (0, b"") where there is none.
    """

    format: Format | None
    attempts: tuple[Attempt, ...]
    first_line: Line


def detect(sample: bytes, *, log_format: str | None = None, given: Sequence[Template] = ()) -> Detection:
    """Try every wrapper around every known format, or around `log_format`, on the first bytes of a stream.

    given: names and templates of formats to be tried besides the known ones. A last incomplete line is ignored unless
    it is the only one. The format with the most matching lines wins, so a log pasted between other text is found too;
    of several one that was given, then the one with more fields. Raises FormatError where log_format is wrong.
    """
    lines = _lines(sample)
    plain = [(number, COLOURS.sub(b"", text)) for number, text in lines] if b"\x1b" in sample else lines
    wrappers = [wrapper for wrapper in WRAPPERS if _is_seen(wrapper, plain, coloured=plain is not lines)]
    if log_format is None:
        own = [*_candidates(wrappers, given)] if given else []
        formats = [*own, *_candidates(wrappers, CATALOGUE), *_object_formats(wrappers, lines, plain)]
    else:
        own, formats = [], [*_candidates(wrappers, [(OPTION, log_format)])]
    attempts = [_attempt(candidate, plain if candidate.wrapper else lines) for candidate in formats]
    best = max(attempts, key=lambda each: (each.matched, each.format in own, len(each.format.fields)))
    nearest = sorted(attempts, key=lambda attempt: -attempt.column)
    # What is foreign behind a wrapper is so in the format that knows the wrapper.
    left = _own_lines(best.format, plain if best.format.wrapper else lines)
    return Detection(best.format if best.matched else None, tuple(nearest), left[0] if left else (0, b""))


def _lines(sample: bytes) -> list[Line]:
    lines = sample.split(b"\n")
    if len(lines) > 1:
        lines.pop()
    return [(number, line.removesuffix(b"\r")) for number, line in enumerate(lines, start=1)]


def _candidates(wrappers: Sequence[Wrapper], templates: Sequence[Template]) -> Iterator[Format]:
    """Give the formats worth trying: those without a wrapper, and those with one of the wrappers that are seen.

    A template without a time of its own can still be dated by a wrapper's stamp; raises FormatError if none is usable.
    """
    refused: FormatError | None = None
    usable = 0
    for wrapper in (None, *wrappers):
        for name, template in templates:
            try:
                format = compile_format(template, name=name, wrapper=wrapper)
            except FormatError as error:
                refused = error
                continue
            usable += 1
            yield format
    if refused and not usable:
        raise refused


def _object_formats(wrappers: Sequence[Wrapper], lines: list[Line], plain: list[Line]) -> Iterator[Format]:
    """Give a format for the JSON objects that stand behind any of the wrappers, by the names of their keys."""
    for wrapper in (None, *wrappers):
        prefix = re.compile(prefix_shape(prefix_parts(wrapper)))
        samples: dict[bytes, list[bytes]] = {}
        for _, text in plain if wrapper else lines:
            found = prefix.match(text)
            if found:
                _collect(samples, text, found.end())
        keys = name_keys(samples) if samples else None
        if keys:
            yield compile_keys(keys.fields, name=keys.name, template=keys.template, wrapper=wrapper)


def _collect(samples: dict[bytes, list[bytes]], text: bytes, at: int) -> None:
    """Add the values of a line that is a JSON object to those of their keys."""
    values = scan_object(text, at, len(text)) if text.startswith(b"{", at) else NoObject(at, "")
    for value in () if isinstance(values, NoObject) else values:
        some = samples.setdefault(value.path, [])
        if len(some) < _VALUES_SEEN:
            found = text[value.start : value.stop]
            some.append(unescape(found, "json") if value.escaped else found)


def _is_seen(wrapper: Wrapper, lines: list[Line], *, coloured: bool) -> bool:
    """Whether a line begins as the wrapper has it; one without a prefix shows by its colours only."""
    if not wrapper.prefix:
        return coloured
    prefix = re.compile(prefix_shape(prefix_parts(wrapper)))
    return any(prefix.match(text) for _, text in lines)


def _own_lines(format: Format, lines: list[Line]) -> list[Line]:
    chatter = Chatter(format)
    return [(number, text) for number, text in lines if not chatter.includes(number, text)]


def _attempt(format: Format, lines: list[Line]) -> Attempt:
    own = _own_lines(format, lines)
    matched = sum(1 for _, text in own if match_line(format, text, 0, len(text)))
    if not own:
        return Attempt(format, 0, 0, 1, "", "")
    mismatch = explain(format, own[0][1])
    return Attempt(format, matched, len(own), mismatch.column, mismatch.expected, mismatch.found)
