"""Takes the first bytes of a stream; gives the format that most of its lines match, or how near each one came."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.explain import explain
from mirrorcheck_parsers.foreign import Chatter
from mirrorcheck_parsers.formats import (
    KNOWN,
    PAIRS,
    WITHOUT_TIME,
    Format,
    check_target,
    compile_format,
    compile_keys,
    wrap,
)
from mirrorcheck_parsers.keys import name_keys
from mirrorcheck_parsers.likeliest import likeliest
from mirrorcheck_parsers.match import match_line
from mirrorcheck_parsers.nearness import nearness
from mirrorcheck_parsers.objects import NoObject, Value, scan_object
from mirrorcheck_parsers.pairs import scan_pairs
from mirrorcheck_parsers.parser import Parser
from mirrorcheck_parsers.requestlike import RequestLike
from mirrorcheck_parsers.sieve import Sieve
from mirrorcheck_parsers.wrappers.colours import strip_colours
from mirrorcheck_parsers.wrappers.stacks import Inner, Stack, bare_stack, find_stacks

Line = tuple[int, bytes]
Template = tuple[str, str]  # the name of a format, and its log_format
OPTION = "--log-format"
_AS_MUCH = 0.05  # of likeness: a quoted text more or less
_PAINTED = b'"\x1b['  # a request in colours
_VALUES_SEEN = 1000  # of a key, to tell what it is
_FEWEST_PAIRS = 3  # of a line that is looked at as key=value pairs


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
    there is none. `undated`: the best attempt of a format that has no time, where nothing else dates the lines either
    and no format was found.
    """

    format: Format | None
    attempts: tuple[Attempt, ...]
    first_line: Line
    asks: bool = False
    undated: Attempt | None = None


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
    one with more fields, then the one that leaves fewer lines over, then the one whose unit the durations look like.
    What a winner matches is counted by the Parser that will read the stream, so that the two cannot disagree. Raises
    FormatError where log_format is wrong or holds no request.
    """
    stacks = _stacks(sample)
    asked = given if log_format is None else [(OPTION, log_format)]
    own = _compile_inside(stacks, asked)
    tried: list[_Tried] = []
    undated: list[Attempt] = []
    all_foreign = False
    for stack, usable in zip(stacks, own, strict=True):
        chatter = Chatter()
        lines = [line for line in stack.lines(containers) if not chatter.includes(line[0], line[1])]
        all_foreign |= not lines
        sieve = Sieve([text for _, text, wrapped in lines if wrapped])
        seen = {
            "json": _values_by_key(lines, _is_object, scan_object),
            PAIRS: _values_by_key(lines, _has_pairs, scan_pairs),
        }
        known = () if log_format is not None else _known_in(stack, seen)
        if log_format is None and not stack.stamped:
            undated += [_attempt(format, lines, sieve) for format in WITHOUT_TIME]
        for place, format in enumerate((*usable, *known)):
            attempt = _attempt(_wrapped(format, stack, extensible=place >= len(usable)), lines, sieve)
            fields = _fields_in(format, seen.get(format.escape, seen["json"])) + len(stack.said)
            tried.append(_Tried(attempt, (place < len(usable), fields, -len(lines)), lines))
    best = _winner(tried, sample, containers)
    if best.attempt.matched:
        attempts = tuple(sorted((each.attempt for each in tried), key=lambda attempt: -attempt.column))
        return Detection(best.attempt.format, attempts, _bare(best.lines[0]), asks=True)
    if all_foreign:
        # What is foreign inside the layers is so in the format that knows them.
        return Detection(None, tuple(each.attempt for each in tried), (0, b""))
    nearest = max(undated, key=lambda attempt: attempt.matched, default=None)
    return replace(_nearest(tried, containers), undated=nearest if nearest and nearest.matched else None)


def _known_in(stack: Stack, seen: Mapping[str, Mapping[bytes, Sequence[bytes]]]) -> tuple[Format, ...]:
    """Give the formats that can be read inside a stack, with what the keys of its lines give, by their `escape`."""
    by_keys = (each for escape, values in seen.items() for each in _name_by_keys(values, stack, escape))
    return (*KNOWN, *(WITHOUT_TIME if stack.stamped else ()), *by_keys)


@dataclass(slots=True, eq=False)
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
        near.append((asks, replace(each.attempt, alike=alike, **told), _bare(line)))
    near.sort(key=lambda each: (each[0], each[1].alike), reverse=True)
    least = near[0][1].alike - _AS_MUCH
    near.sort(key=lambda each: (each[0], each[1].alike >= least, each[1].column, each[1].alike), reverse=True)
    return Detection(None, tuple(attempt for _, attempt, _ in near), near[0][2], asks=near[0][0])


def _bare(line: Inner) -> Line:
    """Give a line's number and text; the head of one that was unfolded is blank."""
    return line[0], line[1].lstrip(b" ")


def _shown(tried: _Tried) -> tuple[Inner, bool]:
    """Give the first line that has all layers and may be a request, or else the first one, and which of both it is."""
    requests = RequestLike(tried.attempt.format)
    asking = (line for line in tried.lines if line[2] and requests.includes(line[1]))
    found = next(asking, None)
    return (found, True) if found else ((*tried.lines, (0, b"", False))[0], False)


def _winner(tried: Sequence[_Tried], sample: bytes, containers: Collection[bytes]) -> _Tried:
    """Give the best attempt, of those whose lines match one by one, by what the Parser makes of them all."""
    left = list(tried)
    while True:
        best = max(left, key=lambda each: each.rank)
        if best.read or not best.attempt.matched:
            return best
        equal = [each for each in left if each.rank == best.rank and each.lines is best.lines]
        chosen = likeliest([each.attempt.format for each in equal], [text for _, text, _ in best.lines])
        best = next(each for each in equal if each.attempt.format is chosen)
        left = [each for each in left if each is best or each not in equal]
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
    stripped = find_stacks(_lines(strip_colours(sample)), coloured=True)
    # What a server paints, it paints between the quotes: of two that match, that without the colours is then right.
    return [*stripped, bare_stack(lines)] if _PAINTED in sample else [bare_stack(lines), *stripped]


def _lines(sample: bytes) -> list[bytes]:
    lines = sample.split(b"\n")
    if len(lines) > 1:
        lines.pop()
    return [line.removesuffix(b"\r") for line in lines]


def _compile_inside(stacks: Sequence[Stack], templates: Sequence[Template]) -> list[list[Format]]:
    """Compile templates as they can be used inside each stack; raises FormatError if that of OPTION is in none.

    One without a time of its own can still be dated by a stamp around it.
    """
    refused: FormatError | None = None
    usable: list[list[Format]] = []
    for stack in stacks:
        usable.append([])
        for name, template in templates:
            try:
                format = compile_format(template, name=name, stamped=stack.stamped)
                check_target(format)
                usable[-1].append(format)
            except FormatError as error:
                refused = error
    if refused and not any(usable) and any(name == OPTION for name, _ in templates):
        raise refused
    return usable


def _wrapped(format: Format, stack: Stack, *, extensible: bool) -> Format:
    """Give a format inside the layers of a stack; one that the user gave has no keys but those it names."""
    resolution_us = stack.stamp_resolution_us
    return wrap(format, stack.layers, stack.said, stamp_resolution_us=resolution_us, extensible=extensible)


def _fields_in(format: Format, seen: Mapping[bytes, object]) -> int:
    """Count the fields of a format; of JSON, only those whose keys were seen, so that no key goes unread."""
    return len(format.keys.keys() & seen.keys()) if format.keys else len(format.fields)


def _values_by_key(
    lines: Sequence[Inner],
    looks_right: Callable[[bytes], bool],
    scan: Callable[[bytes, int, int], list[Value] | NoObject],
) -> dict[bytes, list[bytes]]:
    """Give some values of each key of those lines that look right and can be scanned."""
    escape = "json" if scan is scan_object else PAIRS
    seen: dict[bytes, list[bytes]] = {}
    for _, text, wrapped in lines:
        if not wrapped or not looks_right(text):
            continue
        values = scan(text, 0, len(text))
        for value in () if isinstance(values, NoObject) else values:
            some = seen.setdefault(value.path, [])
            if len(some) < _VALUES_SEEN:
                some.append(value.read(text, escape))
    return seen


def _is_object(text: bytes) -> bool:
    return text.startswith(b"{")


def _has_pairs(text: bytes) -> bool:
    return not _is_object(text) and text.count(b"=") >= _FEWEST_PAIRS


def _name_by_keys(seen: Mapping[bytes, Sequence[bytes]], stack: Stack, escape: str) -> list[Format]:
    """Give a format for the lines that are JSON objects, or pairs, by the names of their keys, if these tell enough."""
    syntax = "key=value" if escape == PAIRS else "JSON"
    keys = name_keys(seen, stamped=stack.stamped, syntax=syntax) if seen else None
    if keys is None:
        return []
    fields = dict(keys.fields)
    names = {field.name for field in fields.values()}
    # Envoy leaves out keys without a value if told to: they may be there later.
    for known in KNOWN:
        if known.keys and known.name == keys.name and known.needed <= fields.keys():
            fields |= {path: key for path, key in known.keys.items() if path not in fields and key.name not in names}
    compiled = compile_keys(fields, name=keys.name, template=keys.template, escape=escape, stamped=stack.stamped)
    if compiled.clock_field not in keys.unzoned:
        return [replace(compiled, notes=keys.notes)]
    zone = f"{compiled.clock_field} says no zone: taken for UTC"
    return [replace(compiled, notes=(*keys.notes, zone))]


def _attempt(format: Format, lines: Sequence[Inner], sieve: Sieve) -> Attempt:
    matched = sum(1 for text in sieve.lines(format) if match_line(format, text, 0, len(text)))
    if not lines:
        return Attempt(format, 0, 0, 1, "", "")
    mismatch = explain(format, lines[0][1])
    return Attempt(format, matched, len(lines), mismatch.column, mismatch.expected, mismatch.found)
