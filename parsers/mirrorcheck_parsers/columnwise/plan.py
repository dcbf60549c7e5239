"""Plans the steps by which whole columns of lines can be cut up, where a template leaves no choice.

A template's quotes cut it into stretches, and a line with exactly as many quotes is cut into the same stretches. In a
stretch, what has a known width is taken off both ends, then fields whose end is sure are scanned from the left, then
those whose start is sure from the right, until at most one field is left: it is what remains. No choice is made
anywhere, so what this finds is the only match.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorcheck_parsers.columnwise.stamps import width_of
from mirrorcheck_parsers.formats.fields import BEGINS, Field, Kind
from mirrorcheck_parsers.formats.shapes import NUMBER_BYTES, Part
from mirrorcheck_parsers.formats.template import Literal

_STATUS_WIDTH = 3
_WORDS = (Kind.WORD, Kind.NAME, Kind.LABEL, Kind.LIST, Kind.PHRASE)
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.MILLIS, Kind.MICROS)
_MANY_WORDS = 4
_NOTHING: Mapping[str, bytes] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a stretch: a literal, or a field with its fixed `width` (0: it varies) and the bytes around it.

    ends_at: the byte at which it surely ends; follows: the one behind the last of which it surely begins; -1: none.
    same: what a field is known to hold; b"": it varies. compared: the text that must stand from the step's start on,
    that of the known ones behind it included; b"": another step sees to that.
    """

    part: Part
    width: int
    ends_at: int = -1
    follows: int = -1
    same: bytes = b""
    compared: bytes = b""

    @property
    def text(self) -> bytes:
        """What surely stands there, b"" where that varies."""
        return self.part.text if isinstance(self.part, Literal) else self.same

    def varies_as(self, *kinds: Kind) -> bool:
        """Whether it is a field of one of these kinds that may hold anything."""
        return isinstance(self.part, Field) and not self.same and self.part.kind in kinds

    @property
    def is_sure(self) -> bool:
        """Whether the step's end can be found from its start."""
        return self.width > 0 or self.ends_at >= 0

    @property
    def is_sure_from_behind(self) -> bool:
        """Whether the step's start can be found from its end."""
        return self.width > 0 or self.follows >= 0


@dataclass(frozen=True, slots=True)
class Segment:
    """The steps between two quotes: `left` in order, `rest` between them, `right` from the end backwards."""

    left: tuple[Step, ...]
    rest: Step | None
    right: tuple[Step, ...]
    width: int  # the least a line must have here


@dataclass(frozen=True, slots=True)
class Plan:
    """How to cut lines into columns.

    seeks_spaces: so many fields end at a space that it pays to mark all spaces first. seeks_commas: there are lists.
    """

    quotes: int
    segments: tuple[Segment, ...]
    seeks_spaces: bool
    seeks_commas: bool


def make_plan(parts: Sequence[Part], same: Mapping[str, bytes] = _NOTHING) -> Plan | None:
    """Plan the column-wise way, or None where the template leaves a choice open somewhere.

    same: what some fields hold on all lines that are to be cut, by their names; it has been cut by the plan without it.
    """
    steps = _cut_at_quotes(parts, same)
    segments = [_plan_segment(each) for each in steps]
    sure = [segment for segment in segments if segment is not None]
    if len(sure) < len(segments):
        return None
    words = sum(step.varies_as(*_WORDS) for each in steps for step in each)
    lists = any(step.varies_as(Kind.LIST) for each in steps for step in each)
    return Plan(len(segments) - 1, tuple(sure), words >= _MANY_WORDS, lists)


def _cut_at_quotes(parts: Sequence[Part], same: Mapping[str, bytes]) -> list[list[Step]]:
    segments: list[list[Step]] = [[]]
    for part in parts:
        if not isinstance(part, Literal):
            text = b"" if part.duplicate else same.get(part.name, b"")
            segments[-1].append(Step(part, len(text) or _width(part), same=text))
            continue
        for place, piece in enumerate(part.text.split(b'"')):
            if place:
                segments.append([])
            if piece:
                segments[-1].append(Step(Literal(piece), len(piece)))
    return [[_with_ends(steps, place) for place in range(len(steps))] for steps in segments]


def _width(field: Field) -> int:
    return _STATUS_WIDTH if field.kind is Kind.STATUS else width_of(field)


def _with_ends(steps: Sequence[Step], place: int) -> Step:
    """Add the bytes at which a field of varying width surely ends and begins, if there are such."""
    step = steps[place]
    if step.width or isinstance(step.part, Literal):
        return step
    after, before = _beginning(steps, place + 1), _literal(steps, place - 1)[-1:]
    ends_at = after[0] if after and _ends_surely(step.part.kind, after) else -1
    follows = before[0] if before == b" " and step.part.kind in (Kind.WORD, *_NUMBERS) else -1
    return replace(step, ends_at=ends_at, follows=follows)


def _beginning(steps: Sequence[Step], place: int) -> bytes:
    """Give the byte with which a step surely begins, if there is one."""
    part = steps[place].part if 0 <= place < len(steps) else None
    return BEGINS.get(part.variable, b"") if isinstance(part, Field) else _literal(steps, place)[:1]


def _literal(steps: Sequence[Step], place: int) -> bytes:
    part = steps[place].part if 0 <= place < len(steps) else None
    return part.text if isinstance(part, Literal) else b""


def _ends_surely(kind: Kind, after: bytes) -> bool:
    if kind in (Kind.WORD, Kind.LIST, Kind.PHRASE):
        return after == b" "
    if kind in _NUMBERS:
        return after not in NUMBER_BYTES
    return kind in (Kind.NAME, Kind.LABEL, Kind.UNTIL)


def _plan_segment(steps: Sequence[Step]) -> Segment | None:
    begin, end = 0, len(steps)
    while begin < end and steps[begin].width:
        begin += 1
    while begin < end and steps[end - 1].width:
        end -= 1
    while end - begin > 1 and steps[begin].is_sure:
        begin += 1
    while end - begin > 1 and steps[end - 1].is_sure_from_behind:
        end -= 1
    if end - begin > 1:
        return None
    rest = steps[begin] if begin < end else None
    left, right = _compared(steps[:begin], scanned=True), _compared(steps[end:], scanned=False)
    return Segment(tuple(left), rest, tuple(reversed(right)), sum(step.width for step in steps))


def _compared(steps: Sequence[Step], *, scanned: bool) -> list[Step]:
    """Compare what is known in one piece; `scanned` where the byte at which a field ends has been found already."""
    compared, head = list(steps), -1
    for place, step in enumerate(steps):
        is_found = scanned and isinstance(step.part, Literal) and place and step.text == _end_of(steps[place - 1])
        if not step.text or (head < 0 and is_found):
            head = -1
        else:
            head = place if head < 0 else head
            compared[head] = replace(compared[head], compared=compared[head].compared + step.text)
    return compared


def _end_of(step: Step) -> bytes:
    """Give the byte at which a field surely ends, b"" for one without."""
    return bytes([step.ends_at]) if step.ends_at >= 0 else b""
