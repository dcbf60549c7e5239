"""Takes the first bytes of a stream; gives the format that most of its lines match, or how near each one came."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.escape import unescape
from mirrorcheck_parsers.explain import explain
from mirrorcheck_parsers.foreign import Chatter
from mirrorcheck_parsers.formats import KNOWN, Format, compile_format, compile_keys, wrap
from mirrorcheck_parsers.keys import name_keys
from mirrorcheck_parsers.match import match_line
from mirrorcheck_parsers.nearness import nearness
from mirrorcheck_parsers.objects import NoObject, scan_object
from mirrorcheck_parsers.parser import Parser
from mirrorcheck_parsers.requestlike import RequestLike
from mirrorcheck_parsers.wrappers.colours import strip_colours
from mirrorcheck_parsers.wrappers.stacks import Inner, Stack, bare_stack, find_stacks

Line = tuple[int, bytes]
Template = tuple[str, str]  # the name of a format, and its log_format
OPTION = "--log-format"
_AS_MUCH = 0.05  # of likeness: a quoted text more or less
_VALUES_SEEN = 20  # of a key, to tell what it is


@dataclass(frozen=True, slots=True)
class Attempt:
    """One format tried on the sample: `matched` of its `lines` that are not foreign, as the Parser reads them.

    `column` (1-based) is where the first of them stopped matching, `expected` the literal or field that the format
    has there and `found` the text there, at most 20 characters. alike: where no format matches, how much of what the
    format logs is in the line that is shown, 0 to 1.
    """

    format: Format
    matched: int
    lines: int
    column: int
    expected: str
    found: str
    alike: float = 0.0


@dataclass(frozen=True, slots=True)
class Detection:
    """The format found, if any, all attempts, nearest first, and the first line that is neither foreign nor empty.

    `first_line` is its 1-based number and text, that of the first line which may be a request if `asks`; (0, b"") where
    there is none.
    """

    format: Format | None
    attempts: tuple[Attempt, ...]
    first_line: Line
    asks: bool = False


def detect(
    sample: bytes,
    *,
    log_format: str | None = None,
    given: Sequence[Template] = (),
    containers: Collection[bytes] = (),
) -> Detection:
    """Try every known format, or `log_format`, inside every stack of layers that the first bytes of a stream show.

    given: names and templates of formats to be tried besides the known ones. containers: the names of those whose lines
    count, of a stream that names them. A last incomplete line is ignored unless it is the only one. The format with the
    most matching lines wins, so a log pasted between other text is found too; of several one that was given, then the
    one with more fields, then the one that leaves fewer lines over. What a winner matches is counted by the Parser that
    will read the stream, so that the two cannot disagree. Raises FormatError where log_format is wrong.
    """
    stacks = _stacks(sample)
    asked = given if log_format is None else [(OPTION, log_format)]
    own = _compile_inside(stacks, asked)
    tried: list[_Tried] = []
    all_foreign = False
    for stack, usable in zip(stacks, own, strict=True):
        chatter = Chatter()
        lines = [line for line in stack.lines(containers) if not chatter.includes(line[0], line[1])]
        all_foreign |= not lines
        seen = _values_by_key(lines)
        known = () if log_format is not None else (*KNOWN, *_name_by_keys(seen, stack))
        for place, format in enumerate((*usable, *known)):
            attempt = _attempt(_wrapped(format, stack, extensible=place >= len(usable)), lines)
            fields = _fields_in(format, seen) + len(stack.said)
            tried.append(_Tried(attempt, (place < len(usable), fields, -len(lines)), lines))
    best = _winner(tried, sample, containers)
    if best.attempt.matched:
        attempts = tuple(sorted((each.attempt for each in tried), key=lambda attempt: -attempt.column))
        return Detection(best.attempt.format, attempts, best.lines[0][:2], asks=True)
    if all_foreign:
        # What is foreign inside the layers is so in the format that knows them.
        return Detection(None, tuple(each.attempt for each in tried), (0, b""))
    return _nearest(tried, containers)


@dataclass(slots=True)
class _Tried:
    """An attempt, what decides between those that match equally many lines, and the lines that are not foreign."""

    attempt: Attempt
    merits: tuple[bool, int, int]
    lines: Sequence[Inner]
    read: bool = False

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        return (self.attempt.matched, *self.merits)


def _nearest(tried: Sequence[_Tried], containers: Collection[bytes]) -> Detection:
    """Tell of a sample in no known format: its first line that may be a request, or its first, beside what is nearest.

    Nearest is the format with most of what the line holds; of those that have nearly as much, the one that the line
    follows for longest.
    """
    if containers:
        tried = [each for each in tried if "container" in each.attempt.format.fields] or tried
    shown: dict[int, tuple[Inner, bool]] = {}
    near: list[tuple[bool, Attempt, Line]] = []
    for each in tried:
        if id(each.lines) not in shown:
            shown[id(each.lines)] = _shown(each)
        line, asks = shown[id(each.lines)]
        mismatch = explain(each.attempt.format, line[1])
        told = {name: getattr(mismatch, name) for name in ("column", "expected", "found")}
        alike = nearness(each.attempt.format, line[1])
        near.append((asks, replace(each.attempt, alike=alike, **told), line[:2]))
    near.sort(key=lambda each: (each[0], each[1].alike), reverse=True)
    least = near[0][1].alike - _AS_MUCH
    near.sort(key=lambda each: (each[0], each[1].alike >= least, each[1].column, each[1].alike), reverse=True)
    return Detection(None, tuple(attempt for _, attempt, _ in near), near[0][2], asks=near[0][0])


def _shown(tried: _Tried) -> tuple[Inner, bool]:
    """Give the first line that has all layers and may be a request, or else the first one, and which of both it is."""
    requests = RequestLike(tried.attempt.format)
    asking = (line for line in tried.lines if line[2] and requests.includes(line[1]))
    found = next(asking, None)
    return (found, True) if found else ((*tried.lines, (0, b"", False))[0], False)


def _winner(tried: Sequence[_Tried], sample: bytes, containers: Collection[bytes]) -> _Tried:
    """Give the best attempt, of those whose lines match one by one, by what the Parser makes of them all."""
    while True:
        best = max(tried, key=lambda each: each.rank)
        if best.read or not best.attempt.matched:
            return best
        best.attempt, best.read = _read(best.attempt, sample, containers), True


def _read(attempt: Attempt, sample: bytes, containers: Collection[bytes]) -> Attempt:
    """Give an attempt with the counts that reading the sample gives."""
    parser = Parser(attempt.format)
    # The line that the sample's end cuts is left out, as it is by whoever looks at the lines one by one.
    batches = [parser.feed(sample[: sample.rfind(b"\n") + 1] or sample), parser.flush()]
    if containers and "container" in attempt.format.fields:
        own = [name in containers for batch in batches if batch.parsed for name in batch.text("container")]
        return replace(attempt, matched=sum(own), lines=sum(own))
    matched, unparsed = (sum(getattr(batch, name) for batch in batches) for name in ("parsed", "unparsed"))
    return replace(attempt, matched=matched, lines=matched + unparsed)


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
