"""Refuses a side if most of its lines are in no format that was recognised."""

from collections.abc import Sequence

from mirrorcheck.errors import InputError
from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.sides.model import Part, Sides, whole
from mirrorcheck.reading.detection import nearest_to, shown
from mirrorcheck.reading.fetch import lines_at
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck_parsers import Detection, UnparsedLine, detect


def mostly_unparsed(counts: Counts) -> bool:
    """Whether more than half of the lines that may be requests did not parse."""
    return counts.unparsed > constants.MOSTLY * (counts.parsed + counts.unparsed)


def refuse_unread(streams: Sequence[Stream]) -> None:
    """Raise InputError where none of a file's requests was read: no report may be silent about that."""
    for stream in streams:
        if stream.counts.unparsed and not stream.counts.parsed and not stream.aside:
            raise InputError(_mixed(whole(stream), ""))


def refuse_unparsed(sides: Sides) -> None:
    """Raise InputError where more than half of a side's requests in a file did not parse: it mixes formats.

    Lines of a capture without an origin belong to neither side: a few requests in other text are fine.
    """
    for side, parts in (("primary", sides.primary), ("shadow", sides.shadow)):
        for part in parts:
            if mostly_unparsed(part.counts):
                raise InputError(_mixed(part, f" of the {side}" if sides.other is not None else ""))


def _mixed(part: Part, of_side: str) -> str:
    stream, counts = part.stream, part.counts
    name = stream.format.name if stream.format else "any known format"
    first = (part.samples or stream.samples)[0]
    line = lines_at(stream.source, {first.line}).get(first.line, first.text)
    detection = detect(line)
    return (
        f"{stream.source.name}: {counts.unparsed:,} of {_requests(counts)}{of_side} are not {name}. Line "
        f"{first.line:,}, {shown(line)}, {_what(first, detection)}. Give each format's lines as a file of their "
        f"own, or their format with --log-format{_like(line, detection)}"
    )


def _requests(counts: Counts) -> str:
    """How many lines may be requests; lines that are none are mentioned only where there are some."""
    return f"{counts.parsed + counts.unparsed:,} lines{' that may be requests' if counts.foreign else ''}"


def _like(line: bytes, detection: Detection) -> str:
    """The format of a line that is in no known one, as it may be given."""
    from mirrorcheck.reading.way_out import own_format

    written = "" if detection.format else own_format(line)
    return f": {written}" if written else "."


def _what(first: UnparsedLine, detection: Detection) -> str:
    """What the lines that did not parse are, or where they stop being what is nearest."""
    format_ = detection.format
    return f"is {format_.name} ({first.reason})" if format_ else f"is {nearest_to(detection.attempts[0])}"
