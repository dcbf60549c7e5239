"""The sides in, nothing out: refuses a side of which most lines are in no format that was recognised."""

from collections.abc import Iterator
from itertools import islice

from mirrorcheck.detection import shown
from mirrorcheck.errors import InputError
from mirrorcheck.ingest import Stream
from mirrorcheck.sides import Sides
from mirrorcheck.sources.files import Source
from mirrorcheck_parsers import Detection, UnparsedLine, detect

_MOST = 0.5  # of the lines that are not foreign


def refuse_unparsed(sides: Sides) -> None:
    """Raise InputError for a file of a side of which more than half did not parse: it mixes formats.

    Lines of a capture that names pods belong to a side only if they parse, so a few requests in other text are fine.
    """
    if sides.other is not None:
        return
    for part in (*sides.primary, *sides.shadow):
        counts = part.counts
        if counts.unparsed > _MOST * (counts.parsed + counts.unparsed):
            raise InputError(_mixed(part.stream))


def _mixed(stream: Stream) -> str:
    counts, first = stream.counts, stream.samples[0]
    name = stream.format.name if stream.format else "any known format"
    line = next(islice(_lines(stream.source), first.line - 1, None))
    return (
        f"{stream.source.name}: {counts.unparsed:,} of {counts.read:,} lines are not {name}. Line {first.line:,}, "
        f"{shown(line)}, {_what(first, detect(line))}. Give each format's lines as a file of their own, or their "
        "format with --log-format."
    )


def _what(first: UnparsedLine, detection: Detection) -> str:
    """What the lines that did not parse are, or where they stop being what is nearest."""
    if detection.format:
        return f"is {detection.format.name} ({first.reason})"
    nearest = detection.attempts[0]
    found = nearest.found or "its end"
    stuck = f"column {nearest.column} (expected {nearest.expected}, found {found})"
    return f"is nearest to {nearest.format.name}, up to {stuck}"


def _lines(source: Source) -> Iterator[bytes]:
    rest = b""
    for chunk in source.chunks():
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest
