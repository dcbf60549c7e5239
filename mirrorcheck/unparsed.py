"""The sides in, nothing out: refuses a side of which most lines are in no format that was recognised."""

from mirrorcheck.errors import InputError
from mirrorcheck.reading.detection import shown
from mirrorcheck.reading.fetch import lines_at
from mirrorcheck.sides import Part, Sides
from mirrorcheck_parsers import Detection, UnparsedLine, detect

_MOST = 0.5  # of the lines that are not foreign


def refuse_unparsed(sides: Sides) -> None:
    """Raise InputError where more than half of a side's lines in a file did not parse: it mixes formats.

    Lines of a capture that say nothing of whose they are belong to neither side: a few requests in other text are fine.
    """
    for side, parts in (("primary", sides.primary), ("shadow", sides.shadow)):
        for part in parts:
            counts = part.counts
            if counts.unparsed > _MOST * (counts.parsed + counts.unparsed):
                raise InputError(_mixed(part, f" of the {side}" if sides.other is not None else ""))


def _mixed(part: Part, of_side: str) -> str:
    stream, counts = part.stream, part.counts
    name = stream.format.name if stream.format else "any known format"
    first = (part.samples or stream.samples)[0]
    line = lines_at(stream.source, {first.line}).get(first.line, first.text)
    return (
        f"{stream.source.name}: {counts.unparsed:,} of {counts.read:,} lines{of_side} are not {name}. Line "
        f"{first.line:,}, {shown(line)}, {_what(first, detect(line))}. Give each format's lines as a file of their "
        "own, or their format with --log-format."
    )


def _what(first: UnparsedLine, detection: Detection) -> str:
    """What the lines that did not parse are, or where they stop being what is nearest."""
    if detection.format:
        return f"is {detection.format.name} ({first.reason})"
    nearest = detection.attempts[0]
    found = nearest.found or "its end"
    stuck = f"column {nearest.column} (expected {nearest.expected}, found {found})"
    return f"is nearest to {nearest.format.name}, up to {stuck}"
