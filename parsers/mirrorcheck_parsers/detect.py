"""Takes the first bytes of a stream; gives the format that most of its lines match, or how near each one came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.escape import unescape
from mirrorcheck_parsers.explain import explain
from mirrorcheck_parsers.foreign import Chatter
from mirrorcheck_parsers.formats import KNOWN, Format, compile_format, compile_keys, wrap
from mirrorcheck_parsers.keys import name_keys
from mirrorcheck_parsers.match import match_line
from mirrorcheck_parsers.objects import NoObject, scan_object
from mirrorcheck_parsers.wrappers.colours import strip_colours
from mirrorcheck_parsers.wrappers.stacks import Inner, Stack, bare_stack, find_stacks

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
    """Try every known format, or `log_format`, inside every stack of layers that the first bytes of a stream show.

    given: names and templates of formats to be tried besides the known ones. A last incomplete line is ignored unless
    it is the only one. The format with the most matching lines wins, so a log pasted between other text is found too;
    of several one that was given, then the one with more fields, then the one that leaves fewer lines over. Raises
    FormatError where log_format is wrong.
    """
    stacks = _stacks(sample)
    asked = given if log_format is None else [(OPTION, log_format)]
    own = _compile_inside(stacks, asked)
    attempts: list[Attempt] = []
    best, best_rank, best_lines = None, (0, False, 0, 0), list[Inner]()
    all_foreign = False
    for stack, usable in zip(stacks, own, strict=True):
        chatter = Chatter()
        lines = [line for line in stack.lines() if not chatter.includes(line[0], line[1])]
        all_foreign |= not lines
        seen = _values_by_key(lines)
        known = () if log_format is not None else (*KNOWN, *_name_by_keys(seen, stack))
        for place, format in enumerate((*usable, *known)):
            attempt = _attempt(_wrapped(format, stack, extensible=place >= len(usable)), lines)
            attempts.append(attempt)
            fields = _fields_in(format, seen) + len(stack.said)
            rank = (attempt.matched, place < len(usable), fields, -attempt.lines)
            if best is None or rank > best_rank:
                # What is foreign inside the layers is so in the format that knows them.
                best, best_rank, best_lines = attempt.format, rank, lines
    nearest = sorted(attempts, key=lambda attempt: -attempt.column)
    first_line = best_lines[0][:2] if best_lines and (best_rank[0] or not all_foreign) else (0, b"")
    first_line = (first_line[0], first_line[1].lstrip(b" "))  # an unfolded element's head is blank
    return Detection(best if best_rank[0] else None, tuple(nearest), first_line)


def _stacks(sample: bytes) -> list[Stack]:
    lines = _lines(sample)
    if b"\x1b" not in sample:
        return find_stacks(lines, coloured=False)
    return [bare_stack(lines), *find_stacks(_lines(strip_colours(sample)), coloured=True)]


def _lines(sample: bytes) -> list[bytes]:
    lines = sample.split(b"\n")
    if len(lines) > 1:
        lines.pop()
    return [line.removesuffix(b"\r") for line in lines]


def _compile_inside(stacks: Sequence[Stack], templates: Sequence[Template]) -> list[list[Format]]:
    """Compile templates as they can be used inside each stack; raises FormatError if none is of use in any.

    One without a time of its own can still be dated by a stamp around it.
    """
    refused: FormatError | None = None
    usable: list[list[Format]] = []
    for stack in stacks:
        usable.append([])
        for name, template in templates:
            try:
                usable[-1].append(compile_format(template, name=name, stamped=stack.stamped))
            except FormatError as error:
                refused = error
    if refused and not any(usable):
        raise refused
    return usable


def _wrapped(format: Format, stack: Stack, *, extensible: bool) -> Format:
    """Give a format inside the layers of a stack; one that the user gave has no keys but those it names."""
    resolution_us = stack.stamp_resolution_us
    return wrap(format, stack.layers, stack.said, stamp_resolution_us=resolution_us, extensible=extensible)


def _fields_in(format: Format, seen: Mapping[bytes, object]) -> int:
    """Count the fields of a format; of JSON, only those whose keys were seen, so that no key goes unread."""
    return len(format.keys.keys() & seen.keys()) if format.keys else len(format.fields)


def _values_by_key(lines: Sequence[Inner]) -> dict[bytes, list[bytes]]:
    """Give some values of each key of those lines that are JSON objects."""
    seen: dict[bytes, list[bytes]] = {}
    for _, text, wrapped in lines:
        if wrapped:
            _collect(seen, text)
    return seen


def _name_by_keys(seen: Mapping[bytes, Sequence[bytes]], stack: Stack) -> list[Format]:
    """Give a format for the lines that are JSON objects by the names of their keys, if these tell enough."""
    keys = name_keys(seen, stamped=stack.stamped) if seen else None
    if keys is None:
        return []
    fields = dict(keys.fields)
    names = {field.name for field in fields.values()}
    # Envoy leaves out keys without a value if told to: they may be there later.
    for known in KNOWN:
        if known.keys and known.name == keys.name and known.needed <= fields.keys():
            fields |= {path: key for path, key in known.keys.items() if path not in fields and key.name not in names}
    return [compile_keys(fields, name=keys.name, template=keys.template, stamped=stack.stamped)]


def _collect(samples: dict[bytes, list[bytes]], text: bytes) -> None:
    """Add the values of a line that is a JSON object to those of their keys."""
    values = scan_object(text, 0, len(text)) if text.startswith(b"{") else NoObject(0, "")
    for value in () if isinstance(values, NoObject) else values:
        some = samples.setdefault(value.path, [])
        if len(some) < _VALUES_SEEN:
            found = text[value.start : value.stop]
            some.append(unescape(found, "json") if value.escaped else found)


def _attempt(format: Format, lines: Sequence[Inner]) -> Attempt:
    matched = sum(1 for _, text, wrapped in lines if wrapped and match_line(format, text, 0, len(text)))
    if not lines:
        return Attempt(format, 0, 0, 1, "", "")
    mismatch = explain(format, lines[0][1])
    return Attempt(format, matched, len(lines), mismatch.column, mismatch.expected, mismatch.found)
