"""Takes a template's parts; gives the steps by which whole columns of lines can be cut up, where there is a sure way.

A template's quotes cut it into stretches, and a line with exactly as many quotes is cut into the same stretches. In a
stretch, what has a known width is taken off both ends, then fields whose end is sure are scanned from the left, until
at most one field is left: it is what remains. No choice is made anywhere, so what this finds is the only match.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mirrorcheck_parsers.clock import WIDTHS
from mirrorcheck_parsers.kinds import Kind
from mirrorcheck_parsers.shapes import NUMBER_BYTES, Part
from mirrorcheck_parsers.template import Literal

_FIXED = {**WIDTHS, Kind.STATUS: 3}


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a stretch: a literal, or a field with its fixed `width` (0: it varies) and the byte that ends it."""

    part: Part
    width: int
    ends_at: int = -1

    @property
    def is_sure(self) -> bool:
        """Whether the step's end can be found from its start."""
        return self.width > 0 or self.ends_at >= 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """The steps between two quotes: `left` in order, `rest` between them, `right` from the end backwards."""

    left: tuple[Step, ...]
    rest: Step | None
    right: tuple[Step, ...]
    width: int  # the least a line must have here


@dataclass(frozen=True, slots=True)
class Plan:
    """How to cut lines into columns; `reach` is how far beyond a line's end a literal may be read."""

    quotes: int
    stretches: tuple[Stretch, ...]
    reach: int


def make_plan(parts: Sequence[Part]) -> Plan | None:
    """Plan the column-wise way, or None where the template leaves a choice open somewhere."""
    stretches = [_plan_stretch(steps) for steps in _cut_at_quotes(parts)]
    sure = [stretch for stretch in stretches if stretch is not None]
    if len(sure) < len(stretches):
        return None
    reach = max((len(part.text) for part in parts if isinstance(part, Literal)), default=0)
    return Plan(len(stretches) - 1, tuple(sure), reach)


def _cut_at_quotes(parts: Sequence[Part]) -> list[list[Step]]:
    stretches: list[list[Step]] = [[]]
    for part in parts:
        if not isinstance(part, Literal):
            stretches[-1].append(Step(part, _FIXED.get(part.kind, 0)))
            continue
        for place, piece in enumerate(part.text.split(b'"')):
            if place:
                stretches.append([])
            if piece:
                stretches[-1].append(Step(Literal(piece), len(piece)))
    return [[_with_end(steps, place) for place in range(len(steps))] for steps in stretches]


def _with_end(steps: Sequence[Step], place: int) -> Step:
    """Add the byte at which a field of varying width surely ends: the next literal's first, if the field has none."""
    step, after = steps[place], steps[place + 1].part if place + 1 < len(steps) else None
    if step.width or isinstance(step.part, Literal) or not isinstance(after, Literal):
        return step
    byte = after.text[0]
    sure = {
        Kind.WORD: byte == ord(" "),
        Kind.NAME: True,
        Kind.INTEGER: byte not in NUMBER_BYTES,
        Kind.DECIMAL: byte not in NUMBER_BYTES,
    }
    return replace(step, ends_at=byte) if sure.get(step.part.kind, False) else step


def _plan_stretch(steps: Sequence[Step]) -> Stretch | None:
    begin, end = 0, len(steps)
    while begin < end and steps[begin].width:
        begin += 1
    while begin < end and steps[end - 1].width:
        end -= 1
    while end - begin > 1 and steps[begin].is_sure:
        begin += 1
    if end - begin > 1:
        return None
    rest = steps[begin] if begin < end else None
    return Stretch(tuple(steps[:begin]), rest, tuple(reversed(steps[end:])), sum(step.width for step in steps))
