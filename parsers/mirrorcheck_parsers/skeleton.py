"""Takes the values of JSON lines; gives their skeleton: what all of them repeat, and where the rest begins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from mirrorcheck_parsers.objects import NULL, Value

_QUOTE = b'"'


class Form(Enum):
    """What values at one key look like: BARE has no quotes around it, EITHER is a string on some lines only."""

    STRING = auto()
    BARE = auto()
    EITHER = auto()


@dataclass(frozen=True, slots=True)
class Slot:
    """The values at one path: their form and, where all lines have the same, the bytes of it with its quotes."""

    path: bytes
    form: Form
    same: bytes | None

    def merge(self, other: "Slot") -> "Slot":
        """Give the slot of the lines of both."""
        form = self.form if self.form is other.form else Form.EITHER
        return replace(self, form=form, same=self.same if self.same == other.same else None)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What some lines share: v slots, each behind a gap, and a last gap behind them."""

    gaps: tuple[bytes, ...]
    slots: tuple[Slot, ...]

    def merge(self, other: "Lesson") -> "Lesson":
        """Give the lesson of the lines of both, which have the same gaps."""
        return replace(self, slots=tuple(map(Slot.merge, self.slots, other.slots)))


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that all lines share, by its place in one of the texts."""

    text: int
    offset: int
    width: int


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The h + 1 texts that all lines have, with a hole of one of these forms behind each of the first h.

    The quotes of a STRING belong to the texts. holes, fixed: path -> the number of its hole, or what stands in a text.
    """

    texts: tuple[bytes, ...]
    forms: tuple[Form, ...]
    holes: Mapping[bytes, int]
    fixed: Mapping[bytes, Fixed]


def read_lesson(line: bytes, values: Sequence[Value]) -> Lesson | None:
    """Take the lesson of one line whose values lie at these places in it, None where it is not regular."""
    paths = {value.path for value in values}
    if not values or len(paths) < len(values) or b"\\" in line:
        return None
    gaps, slots, at = [], [], 0
    for value in values:
        start, stop = value.start - value.string, value.stop + value.string
        stop += len(NULL) if start == stop else 0
        gaps.append(line[at:start])
        slots.append(Slot(value.path, Form.STRING if value.string else Form.BARE, line[start:stop]))
        at = stop
    return Lesson((*gaps, line[at:]), tuple(slots))


def make_skeleton(lesson: Lesson, varying: Collection[bytes]) -> Skeleton:
    """Make the skeleton of lines, with holes at the `varying` paths even where all of them have the same."""
    texts, text = [], lesson.gaps[0]
    forms: list[Form] = []
    holes, fixed = {}, {}
    for slot, gap in zip(lesson.slots, lesson.gaps[1:], strict=True):
        if slot.same is None or slot.path in varying:
            quote = _QUOTE if slot.form is Form.STRING else b""
            holes[slot.path] = len(forms)
            forms.append(slot.form)
            texts.append(text + quote)
            text = quote + gap
        else:
            fixed[slot.path] = _fix(len(texts), len(text), slot.same)
            text += slot.same + gap
    return Skeleton((*texts, text), tuple(forms), holes, fixed)


def _fix(text: int, offset: int, value: bytes) -> Fixed:
    """Give the place of a value behind `offset` bytes of a text, without quotes and without a null."""
    if value.startswith(_QUOTE):
        return Fixed(text, offset + 1, len(value) - 2)
    return Fixed(text, offset, 0 if value == NULL else len(value))
