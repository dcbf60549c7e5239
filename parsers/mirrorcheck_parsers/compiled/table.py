"""Makes the table of steps by which the kernel reads lines of a format; _kernel.pyx says what each step does."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from typing import Literal as OneOf

from mirrorcheck_parsers.formats.fields import WHOLE, Field, Kind, is_header
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.formats.layout import Layout, make_layout
from mirrorcheck_parsers.formats.shapes import Part, follower, is_quoted
from mirrorcheck_parsers.formats.stamps import EPOCHS, layout_of
from mirrorcheck_parsers.formats.template import Literal
from mirrorcheck_parsers.formats.values import PAIRS

Operation = OneOf[
    "literal",
    "run",
    "lazy",
    "rest",
    "escaped",
    "quoted",
    "words",
    "digits",
    "number",
    "layout",
    "rfc_3339",
    "epoch",
    "name",
    "gap",
    "choice",
    "labels",
]
Content = OneOf["anything", "no quotes", "escapes"]

DATE_TIME: Final = make_layout("%Y-%m-%dT%H:%M:%S")
_DIGITS: Final = {Kind.EPOCH_S: (1, 11), Kind.EPOCH_MS: (12, 14), Kind.MSEC: (1, 11), Kind.EPOCH: (1, 11)}
_DECIMALS: Final = {Kind.MSEC: (3, 3), Kind.EPOCH: (0, 9)}
_MICROS: Final = 1_000_000
_RUNS: Final = (Kind.WORD, Kind.NAME, Kind.LABEL, Kind.UNTIL)
_ENDED: Final = (Kind.NAME, Kind.LABEL, Kind.UNTIL)  # by what follows them
_LOOSE: Final = (Kind.TEXT, Kind.FREE)  # may hold quotes


@dataclass(frozen=True, slots=True)
class Step:
    """One literal or field: what must stand there, and where its span, its number and its time go.

    text: a literal, or all choices; of other steps, that which follows. ends: the bytes at which a run ends, at most
    three, or a name, any number of them. least,
    most, decimals: numbers of digits, and of decimals. scale: microseconds. column, number: -1 where nothing is kept.
    """

    operation: Operation
    content: Content = "anything"
    text: bytes = b""
    ends: bytes = b""
    may_be_empty: bool = False
    least: int = 0
    most: int = 0
    decimals: tuple[int, int] = (0, 0)
    scale: int = _MICROS
    layout: Layout | None = None
    column: int = -1
    number: int = -1
    is_clock: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The steps of a format's lines; columns and numbers are the names of the fields that are kept, in their order."""

    steps: tuple[Step, ...]
    columns: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of JSON that may be on a line: where its value goes, and what must be so for the line to be taken."""

    path: bytes
    column: int = -1
    number: int = -1
    is_needed: bool = False
    is_clock: bool = False
    is_header: bool = False
    is_awaited: bool = False


@dataclass(frozen=True, slots=True)
class KeyTable:
    """The keys of a format's lines, those needed first; spellings: those of its time. The others are as Table's.

    is_pairs: the lines are key=value pairs.
    """

    keys: tuple[Key, ...]
    spellings: tuple[Step, ...]
    columns: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    is_pairs: bool = False


# Numbers of seconds, milliseconds, microseconds and nanoseconds since 1970, as read_instant has them.
_NUMBERS_SINCE: Final = tuple(
    Step("epoch", least=least, most=most, decimals=(0, 18), scale=scale)
    for least, most, scale in ((1, 11, _MICROS), (12, 14, 1_000), (15, 17, 1), (18, 19, 0))
)
RFC_3339: Final = Step("rfc_3339", layout=DATE_TIME)
INSTANTS: Final = (RFC_3339, *_NUMBERS_SINCE)


def make_key_table(format: Format, awaited: Collection[bytes], passed: Iterable[bytes]) -> KeyTable | None:
    """Make the table of a format of JSON; None where its time is of a kind that is read by the reference alone.

    awaited: paths whose values something is still to be learned of, so that their lines are left; passed: further
    paths that lines may have.
    """
    clock = format.clock_column
    spellings = _spellings(clock) if clock else ()
    if spellings is None:
        return None
    # Of two keys with one name the last one counts.
    last = {key.name: path for path, key in format.keys.items() if not key.duplicate}
    kept = {path: format.keys[path] for path in last.values()}
    columns = tuple(key.name for key in kept.values())
    numbers = tuple(key.name for key in kept.values() if key.kind in WHOLE)
    keys = [
        Key(
            path,
            column=columns.index(key.name) if path in kept else -1,
            number=numbers.index(key.name) if path in kept and key.name in numbers else -1,
            is_needed=path in format.needed,
            is_clock=clock is not None and key.name == clock.name,
            is_header=is_header(key),
            is_awaited=path in awaited,
        )
        for path, key in format.keys.items()
    ]
    keys += [Key(path) for path in passed if path not in format.keys]
    keys.sort(key=lambda key: not key.is_needed)
    return KeyTable(tuple(keys), spellings, columns, numbers, is_pairs=format.escape == PAIRS)


def _spellings(clock: Field) -> tuple[Step, ...] | None:
    """Give the steps of which one must take all of a time, None for a kind that is not known."""
    if clock.kind is Kind.CUSTOM:
        usual = _time(clock)
        return (usual,) if usual else None
    if clock.kind is not Kind.INSTANT:
        return None
    usual = _laid_out(clock)
    return (usual, *INSTANTS) if usual else INSTANTS


def make_table(format: Format) -> Table | None:
    """Make the table of a format of lines of text; None where a field is of a kind that no step takes."""
    steps = [_step(format, place) for place in range(len(format.parts))]
    known = [step for step in steps if step is not None]
    if len(known) < len(steps):
        return None
    kept = [column for column in format.columns if not column.duplicate]
    columns = tuple(dict.fromkeys(column.name for column in kept))
    numbers = tuple(dict.fromkeys(column.name for column in kept if column.kind in WHOLE))
    placed = [_placed(format, part, step, columns, numbers) for part, step in zip(format.parts, known, strict=True)]
    return Table(tuple(placed), columns, numbers)


def _placed(format: Format, part: Part, step: Step, columns: Sequence[str], numbers: Sequence[str]) -> Step:
    """Say where what a step finds goes."""
    if isinstance(part, Literal) or part.duplicate:
        return step
    number = numbers.index(part.name) if part.name in numbers else -1
    return replace(step, column=columns.index(part.name), number=number, is_clock=part == format.clock_column)


def _step(format: Format, place: int) -> Step | None:
    part = format.parts[place]
    if isinstance(part, Literal):
        return Step("literal", text=part.text)
    if part.kind in (Kind.TEXT, Kind.PHRASE, Kind.PLAIN, Kind.FREE):
        return _text(format, place, part.kind)
    if part.kind in _RUNS:
        return _run(format, place, part.kind)
    may_be_empty = format.escape != "default"
    steps = {
        Kind.LIST: Step("words"),
        Kind.STATUS: Step("digits", most=3),
        Kind.INTEGER: Step("number", may_be_empty=may_be_empty),
        Kind.MICROS: Step("number", may_be_empty=may_be_empty),
        Kind.MILLIS: Step("number", may_be_empty=may_be_empty, most=1),
        Kind.DECIMAL: Step("number", may_be_empty=may_be_empty, most=1),
        Kind.STAMP: Step("rfc_3339", layout=DATE_TIME),
    }
    return steps.get(part.kind) or _time(part)


def _time(field: Field) -> Step | None:
    if field.kind in EPOCHS:
        least, most = _DIGITS[field.kind]
        scale = EPOCHS[field.kind].fine_us if field.kind is Kind.EPOCH_MS else _MICROS
        return Step("epoch", least=least, most=most, decimals=_DECIMALS.get(field.kind, (0, 0)), scale=scale)
    return _laid_out(field) if field.kind in (Kind.TIME_LOCAL, Kind.TIME_ISO, Kind.CUSTOM) else None


def _laid_out(field: Field) -> Step | None:
    layout = layout_of(field)
    if layout is None or not "".join(layout.literals.values()).isascii():
        return None
    return Step("layout", layout=layout)


def _run(format: Format, place: int, kind: Kind) -> Step:
    following = follower(format.parts, place)
    ends = b'"' + b" " * (kind is not Kind.UNTIL) + following * (kind in _ENDED)
    is_sealed = kind in _ENDED or following in (b"", b" ", b'"')
    return Step(
        "run",
        ends=ends,
        may_be_empty=format.escape != "default" or kind in (Kind.LABEL, Kind.UNTIL),
        text=b"" if is_sealed else _literal(format, place + 1),
    )


def _text(format: Format, place: int, kind: Kind) -> Step | None:
    content: Content = "no quotes"
    if kind is Kind.FREE or (kind is Kind.TEXT and format.escape == "none"):
        content = "anything"
    elif kind is Kind.TEXT:
        content = "escapes"
    if place + 1 == len(format.parts):
        return Step("rest", content)
    following = _literal(format, place + 1)
    if kind is Kind.FREE:
        return Step("quoted", most=_quotes_behind(format, place)) if following.startswith(b'"') else None
    if content == "escapes" and is_quoted(format.parts, place):
        return Step("escaped")
    if kind is Kind.PLAIN:
        return Step("run", ends=b'"', may_be_empty=True)
    # Of a field that follows, nothing tells where this one ends; a backslash would be an escape.
    return Step("lazy", content, text=following) if following and not following.startswith(b"\\") else None


def _literal(format: Format, place: int) -> bytes:
    part = format.parts[place] if place < len(format.parts) else None
    return part.text if isinstance(part, Literal) else b""


def _quotes_behind(format: Format, place: int) -> int:
    """Count the quotes that must stand behind a field; -1 where no field behind it may hold one."""
    behind = format.parts[place + 1 :]
    loose = any(isinstance(part, Field) and part.kind in _LOOSE for part in behind)
    layouts = sum(part.layout.count('"') for part in behind if isinstance(part, Field))
    quotes = sum(part.text.count(b'"') for part in behind if isinstance(part, Literal))
    return quotes + layouts if loose or layouts else -1
