"""Tries formats on the first bytes of a stream, inside of every stack of layers that these show."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from mirrorcheck_parsers.catalogue.known import KNOWN, WITHOUT_TIME
from mirrorcheck_parsers.detection.keyed import Scans, fields_in, name_by_keys, values_by_key
from mirrorcheck_parsers.detection.stacks import Inner, Stack, bare_stack, find_stacks
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.exact.explain import explain
from mirrorcheck_parsers.exact.foreign import ForeignLines
from mirrorcheck_parsers.exact.match import QuoteIndex
from mirrorcheck_parsers.formats.format import Format, check_target, compile_format, wrap
from mirrorcheck_parsers.formats.values import PAIRS
from mirrorcheck_parsers.layers.model import Layer
from mirrorcheck_parsers.wrappers.colours import strip_colours

Template = tuple[str, str]  # the name of a format, and its log_format
OPTION = "--log-format"
_PAINTED = b'"\x1b['  # a request in colours
_SOME, _FIRST = 32, 16  # lines that show which layers there may be
_RARE, _MOSTLY = 0.02, 0.75


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

    def explained(self, line: bytes) -> "Attempt":
        """The same with where this line stops matching."""
        mismatch = explain(self.format, line)
        return replace(self, column=mismatch.column, expected=mismatch.expected, found=mismatch.found)


@dataclass(slots=True, eq=False)
class Tried:
    """An attempt, what decides between those that match equally many lines, and the lines that are not foreign."""

    attempt: Attempt
    merits: tuple[bool, int, int]
    lines: Sequence[Inner]
    read: bool = False

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        """What the best attempt has most of: matching lines, then merits."""
        return (self.attempt.matched, *self.merits)


@dataclass(frozen=True, slots=True)
class _Promising:
    """Inside of which layers some lines match which formats, and whether one of these goes by the names of keys."""

    formats: Mapping[tuple[Layer, ...], Collection[str]]
    by_keys: bool


class _Lines:
    """Those lines in a stack that are not foreign."""

    def __init__(self, stack: Stack, containers: Collection[bytes]) -> None:
        foreign = ForeignLines()
        self.all = [line for line in stack.lines(containers) if not foreign.includes(line[0], line[1])]

    @cached_property
    def by_quotes(self) -> QuoteIndex:
        """Those that have all layers, to be tried in many formats."""
        return QuoteIndex([text for _, text, wrapped in self.all if wrapped])


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A format to be tried on some lines, and what decides between those that match equally many."""

    format: Format
    lines: _Lines
    merits: tuple[bool, int, int] = (False, 0, 0)

    def tried(self, matched: int) -> Tried:
        """Give what came of it; where the lines stop matching is asked only if no format is found."""
        every = self.lines.all
        return Tried(Attempt(self.format, matched, len(every), 1, "", ""), self.merits, every)


@dataclass(frozen=True, slots=True)
class Search:
    """The first bytes of a stream; the formats asked for are tried, and the known ones if `known`.

    promising: all there is to be tried, None for everything.
    """

    sample: bytes
    asked: Sequence[Template]
    containers: Collection[bytes]
    known: bool
    promising: _Promising | None = None
    scans: Scans = field(default_factory=Scans)

    def promising_ones(self) -> "Search | None":
        """Give the same search for what some of the lines promise, None where these decide nothing."""
        promising = self._find_promising()
        return replace(self, promising=promising) if promising else None

    def _find_promising(self) -> _Promising | None:
        """Look at some lines. None where they decide nothing: most of them are in no known format.

        Layers cost ten times what a format does, and of most no line has any.
        """
        lines = _lines(self.sample)
        some = _some(lines)
        if self.containers or b"\x1b" in self.sample or len(some) > len(lines) // 2:
            return None
        stacks = find_stacks(some, coloured=False)
        try:
            own = _compile_inside(stacks, self.asked)
        except FormatError:
            return None
        inside = {stack.layers: self._inside(stack, usable) for stack, usable in zip(stacks, own, strict=True)}
        tried = {layers: [self._try(each).attempt for each in candidates] for layers, candidates in inside.items()}
        matching = {layers: [attempt for attempt in attempts if attempt.matched] for layers, attempts in tried.items()}
        every = [attempt for attempts in matching.values() for attempt in attempts]
        if max((attempt.matched for attempt in every), default=0) < _MOSTLY * len(some):
            return None
        formats = {layers: {attempt.format.name for attempt in attempts} for layers, attempts in matching.items()}
        return _Promising(
            {layers: names for layers, names in formats.items() if names}, any(attempt.format.keys for attempt in every)
        )

    def stacks(self) -> list[Stack]:
        """Give the stacks that there may be around the lines."""
        return _stacks(self.sample, self.promising.formats if self.promising else None)

    def tried(self, stacks: Sequence[Stack]) -> list[Tried]:
        """Try all there is to be tried inside these stacks."""
        own = _compile_inside(stacks, self.asked)
        inside = [each for stack, usable in zip(stacks, own, strict=True) for each in self._inside(stack, usable)]
        if self.promising and len(inside) == 1:
            # Some lines have chosen it, and what it matches of all is counted by the Parser.
            return [inside[0].tried(len(inside[0].lines.all))]
        return [self._try(each) for each in inside]

    def _inside(self, stack: Stack, own: Sequence[Format]) -> Iterator[_Candidate]:
        """Give those of the asked formats that can be read inside a stack, and the known ones."""
        names = self.promising.formats.get(stack.layers, ()) if self.promising else None
        if names is not None and not names:
            return
        lines = _Lines(stack, self.containers)
        by_keys = self.promising is None or self.promising.by_keys
        keyed = lines.all if by_keys else []
        seen = {escape: values_by_key(keyed, escape, self.scans) for escape in ("json", PAIRS)}
        for place, format in enumerate((*own, *(_known_in(stack, seen) if self.known else ()))):
            wrapped = _wrapped(format, stack, extensible=place >= len(own))
            if names is None or wrapped.name in names or (by_keys and format.keys):
                fields = fields_in(format, seen.get(format.escape, seen["json"])) + len(stack.said)
                yield _Candidate(wrapped, lines, (place < len(own), fields, -len(lines.all)))

    def undated(self, stacks: Sequence[Stack]) -> Attempt | None:
        """Give the best attempt of a format that has no time, where nothing else dates the lines either."""
        return max(
            (attempt for stack in stacks if self.known and not stack.stamped for attempt in self._undated(stack)),
            key=lambda attempt: attempt.matched,
            default=None,
        )

    def _undated(self, stack: Stack) -> Iterator[Attempt]:
        lines = _Lines(stack, self.containers)
        return (self._try(_Candidate(format, lines)).attempt for format in WITHOUT_TIME)

    def _try(self, candidate: _Candidate) -> Tried:
        """Count the lines that match."""
        lines = candidate.lines.by_quotes.lines(candidate.format)
        return candidate.tried(sum(1 for text in lines if self.scans.matches(candidate.format, text)))


def _known_in(stack: Stack, seen: Mapping[str, Mapping[bytes, Sequence[bytes]]]) -> tuple[Format, ...]:
    """Give the formats that can be read inside a stack, with what the keys of its lines give, by their `escape`."""
    by_keys = (each for escape, values in seen.items() for each in name_by_keys(values, escape, stamped=stack.stamped))
    return (*KNOWN, *(WITHOUT_TIME if stack.stamped else ()), *by_keys)


def _stacks(sample: bytes, among: Collection[tuple[Layer, ...]] | None) -> list[Stack]:
    lines = _lines(sample)
    if b"\x1b" not in sample:
        return find_stacks(lines, coloured=False, among=among)
    stripped = find_stacks(_lines(strip_colours(sample)), coloured=True)
    # What a server paints, it paints between the quotes: of two that match, that without the colours is then right.
    return [*stripped, bare_stack(lines)] if _PAINTED in sample else [bare_stack(lines), *stripped]


def _some(lines: Sequence[bytes]) -> list[bytes]:
    """Give the first lines, some of all, and each that begins as few do: it may say something of those below it."""
    begins = Counter(line[:1] for line in lines)
    every = max(1, len(lines) // _SOME)
    return [
        line
        for place, line in enumerate(lines)
        if place < _FIRST or not place % every or begins[line[:1]] <= _RARE * len(lines)
    ]


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
