"""Finds the format that most of the first lines of a stream match, or how near each one came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mirrorcheck_parsers.detection.attempts import OPTION, Attempt, Search, Template, Tried
from mirrorcheck_parsers.detection.stacks import Inner
from mirrorcheck_parsers.exact.match import match_line
from mirrorcheck_parsers.exact.requestlike import RequestLike
from mirrorcheck_parsers.formats.fields import Kind
from mirrorcheck_parsers.formats.format import Format
from mirrorcheck_parsers.parser import Parser

Line = tuple[int, bytes]
_AS_MUCH: Final = 0.05  # of likeness: a quoted text more or less
_SEEN: Final = 1000  # lines
# Nobody serves in less than 100 microseconds, and most answers take less than a second. What lies between may be
# milliseconds, or a slow service's seconds: taken for either, one side might be read otherwise than the other.
LEAST_MICROS: Final = 100


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
    explained: bool = False,
) -> Detection:
    """Try every known format, or `log_format`, inside every stack of layers that the first bytes of a stream show.

    given: names and templates of formats to be tried besides the known ones. containers: the names of those whose lines
    count, of a stream that names them. explained: every attempt is made and explained, even where a format is found.

    A last incomplete line is ignored unless it is the only one. The format with the most matching lines wins, so a log
    pasted between other text is found too; of several one that was given, then the one with more fields, then the one
    that leaves fewer lines over, then the one whose unit the durations look like. What a winner matches is counted by
    the Parser that will read the stream, so that the two cannot disagree. Raises FormatError where log_format is wrong
    or holds no request.
    """
    asked = given if log_format is None else [(OPTION, log_format)]
    search = Search(sample, asked, containers, known=log_format is None)
    promising = None if explained else search.promising_ones()
    found = _found(search, promising.tried(promising.stacks())) if promising else None
    if found:
        return found
    stacks = search.stacks()
    tried = search.tried(stacks)
    if found := _found(search, tried):
        return replace(found, attempts=_explained(tried)) if explained else found
    if any(not each.lines for each in tried):
        # What is foreign inside the layers is so in the format that knows them.
        return Detection(None, tuple(each.attempt for each in tried), (0, b""))
    undated = search.undated(stacks)
    return replace(_nearest(tried, containers), undated=undated if undated and undated.matched else None)


def _found(search: Search, tried: Sequence[Tried]) -> Detection | None:
    best = _winner(tried, search.sample, search.containers)
    if not best.attempt.matched:
        return None
    return Detection(best.attempt.format, tuple(each.attempt for each in tried), _bare(best.lines[0]), asks=True)


def _explained(tried: Sequence[Tried]) -> tuple[Attempt, ...]:
    """Give the attempts with where the first line stopped matching, nearest first."""
    attempts = [each.attempt.explained(each.lines[0][1]) if each.lines else each.attempt for each in tried]
    return tuple(sorted(attempts, key=lambda attempt: -attempt.column))


def _nearest(tried: Sequence[Tried], containers: Collection[bytes]) -> Detection:
    """Describe a sample in no known format: its first line that may be a request, or its first, beside what is nearest.

    Nearest is the format with most of what the line holds; of those that have nearly as much, the one that the line
    follows for longest.
    """
    from mirrorcheck_parsers.detection.nearness import nearness

    if containers:
        tried = [each for each in tried if "container" in each.attempt.format.fields] or tried
    shown: dict[int, tuple[Inner, bool]] = {}
    near: list[tuple[bool, Attempt, Line]] = []
    for each in tried:
        if id(each.lines) not in shown:
            shown[id(each.lines)] = _shown(each)
        line, asks = shown[id(each.lines)]
        alike = nearness(each.attempt.format, line[1])
        near.append((asks, replace(each.attempt.explained(line[1]), alike=alike), _bare(line)))
    near.sort(key=lambda each: (each[0], each[1].alike), reverse=True)
    least = near[0][1].alike - _AS_MUCH
    near.sort(key=lambda each: (each[0], each[1].alike >= least, each[1].column, each[1].alike), reverse=True)
    return Detection(None, tuple(attempt for _, attempt, _ in near), near[0][2], asks=near[0][0])


def _bare(line: Inner) -> Line:
    """Give a line's number and text; the head of one that was split is blank."""
    return line[0], line[1].lstrip(b" ")


def _shown(tried: Tried) -> tuple[Inner, bool]:
    """Give the first line that has all layers and may be a request, or else the first one, and which of both it is."""
    requests = RequestLike(tried.attempt.format)
    asking = (line for line in tried.lines if line[2] and requests.includes(line[1]))
    found = next(asking, None)
    return (found, True) if found else ((*tried.lines, (0, b"", False))[0], False)


def _winner(tried: Sequence[Tried], sample: bytes, containers: Collection[bytes]) -> Tried:
    """Give the best attempt, of those whose lines match one by one, by what the Parser makes of them all."""
    left = list(tried)
    while True:
        best = max(left, key=lambda each: each.rank)
        if best.read or not best.attempt.matched:
            return best
        equal = [each for each in left if each.rank == best.rank and each.lines is best.lines]
        chosen = _likeliest([each.attempt.format for each in equal], [text for _, text, _ in best.lines])
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


def _likeliest(formats: Sequence[Format], lines: Sequence[bytes]) -> Format:
    """Choose among formats that differ in what the last number of a line is; the first where nothing decides."""
    by_kind = {format.columns[-1].kind: format for format in reversed(formats)}
    micros, decimal, number = (by_kind.get(kind) for kind in (Kind.MICROS, Kind.DECIMAL, Kind.INTEGER))
    if micros is None or decimal is None or number is None:
        return formats[0]
    from statistics import median_low

    values = [value for line in lines[:_SEEN] if (value := _last_number(number, line)) >= 0]
    usual = median_low(values) if values else LEAST_MICROS
    if usual >= LEAST_MICROS:
        return micros
    return number if usual else decimal


def _last_number(format: Format, line: bytes) -> int:
    """Give the number at the end of a line, -1 where it is not in the format or has none."""
    found = match_line(format, line, 0, len(line))
    text = line[found.bounds[-2] : found.bounds[-1]] if found else b""
    return int(text) if text.isdigit() and len(text) < len(str(1 << 63)) else -1
