"""Takes the first bytes of a stream; gives the format that most of its lines match, or how near each one came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.explain import explain
from mirrorcheck_parsers.foreign import Chatter
from mirrorcheck_parsers.formats import KNOWN, Format, compile_format, wrap
from mirrorcheck_parsers.wrappers.colours import strip_colours
from mirrorcheck_parsers.wrappers.stacks import Stack, find_stacks

Line = tuple[int, bytes]


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


def detect(sample: bytes, *, log_format: str | None = None) -> Detection:
    """Try every known format, or `log_format`, inside every stack of layers that the first bytes of a stream show.

    A last incomplete line is ignored unless it is the only one. The format with the most matching lines wins, of
    several the one with more fields, so a log pasted between other text is found too. Raises FormatError where
    log_format is wrong.
    """
    lines = _lines(sample)
    coloured = b"\x1b" in sample
    stacks = find_stacks(_lines(strip_colours(sample)) if coloured else lines, coloured=coloured)
    if coloured:
        stacks.insert(0, find_stacks(lines[:1], coloured=False)[0])
    attempts: list[Attempt] = []
    best, own = None, []
    for stack, formats in _candidates(stacks, log_format):
        chatter = Chatter()
        lines_of = [line for line in stack.lines() if not chatter.includes(line[0], line[1])]
        for format in formats:
            attempts.append(_attempt(format, lines_of))
            if best is None or _rank(attempts[-1]) > _rank(best):
                # What is foreign inside the layers is so in the format that knows them.
                best, own = attempts[-1], lines_of
    nearest = sorted(attempts, key=lambda attempt: -attempt.column)
    found = best.format if best and best.matched else None
    return Detection(found, tuple(nearest), own[0][:2] if own else (0, b""))


def _rank(attempt: Attempt) -> tuple[int, int]:
    return attempt.matched, len(attempt.format.fields)


def _lines(sample: bytes) -> list[bytes]:
    lines = sample.split(b"\n")
    if len(lines) > 1:
        lines.pop()
    return [line.removesuffix(b"\r") for line in lines]


def _candidates(stacks: Sequence[Stack], log_format: str | None) -> Iterator[tuple[Stack, list[Format]]]:
    """Give the formats worth trying inside each stack."""
    refused: FormatError | None = None
    given = 0
    for stack in stacks:
        try:
            known = [compile_format(log_format, stamped="stamp" in stack.said)] if log_format is not None else KNOWN
        except FormatError as error:
            # A format without a time of its own can still be dated by a stamp around it.
            refused = error
            continue
        given += 1
        yield (
            stack,
            [wrap(each, stack.layers, stack.said, stamp_resolution_us=stack.stamp_resolution_us) for each in known],
        )
    if not given and refused:
        raise refused


def _attempt(format: Format, lines: Sequence[tuple[int, bytes, bool]]) -> Attempt:
    matched = sum(1 for _, text, wrapped in lines if wrapped and format.pattern.fullmatch(text))
    if not lines:
        return Attempt(format, 0, 0, 1, "", "")
    mismatch = explain(format, lines[0][1])
    return Attempt(format, matched, len(lines), mismatch.column, mismatch.expected, mismatch.found)
