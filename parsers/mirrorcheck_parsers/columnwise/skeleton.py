"""The skeleton of JSON lines: what all of them repeat, and where the rest begins."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from mirrorcheck_parsers.formats.values import NULL

_QUOTE = b'"'


class ValueForm(Enum):
    """What values at one path look like.

    A BARE one of JSON is anything without quotes, a NUMBER one is neither null, true nor false, and EITHER is bare or a
    string.
    Of key=value pairs, a WORD ends at a blank or with the line, and WORD_OR_STRING is that or a string.
    """

    STRING = auto()
    BARE = auto()
    EITHER = auto()
    NUMBER = auto()
    WORD = auto()
    WORD_OR_STRING = auto()


_OF_PAIRS = (ValueForm.WORD, ValueForm.WORD_OR_STRING)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of one line that holds no others, between start and stop with its quotes."""

    path: bytes
    form: ValueForm
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Nest:
    """An object or a list of one line, between start and stop."""

    path: bytes
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Slot:
    """The leaves at one path: their form and, where all lines have the same, the bytes of it with its quotes."""

    path: bytes
    form: ValueForm
    same: bytes | None

    def merge(self, other: "Slot") -> "Slot":
        """Give the slot of the lines of both."""
        mixed = ValueForm.WORD_OR_STRING if self.form in _OF_PAIRS or other.form in _OF_PAIRS else ValueForm.EITHER
        form = self.form if self.form is other.form else mixed
        return replace(self, form=form, same=self.same if self.same == other.same else None)


Place = tuple[int, int]  # number of a gap or a text, and bytes behind its start


@dataclass(frozen=True, slots=True)
class LineShape:
    """What some lines share: slots, each behind a gap, a last gap behind them, and the ends of nests in the gaps."""

    gaps: tuple[bytes, ...]
    slots: tuple[Slot, ...]
    nests: tuple[tuple[bytes, Place, Place], ...]

    @property
    def kind(self) -> tuple[tuple[bytes, ...], tuple[bool, ...]]:
        """What must be equal in lessons that can be merged; a number and a string are never one."""
        return self.gaps, tuple(slot.form is ValueForm.NUMBER for slot in self.slots)

    def merge(self, other: "LineShape") -> "LineShape":
        """Give the lesson of the lines of both, which are of one kind."""
        return replace(self, slots=tuple(map(Slot.merge, self.slots, other.slots)))


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that begins and ends in texts of a skeleton, by its two places there."""

    start: Place
    stop: Place


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The h + 1 texts that all lines have, with a hole of one of these forms behind each of the first h.

    The quotes of a STRING belong to the texts. values: path -> the number of its hole, or its places in the texts; of
    equal paths the last one counts.
    """

    texts: tuple[bytes, ...]
    forms: tuple[ValueForm, ...]
    values: Mapping[bytes, int | Fixed]


def read_shape(line: bytes, leaves: Sequence[Leaf], nests: Sequence[Nest] = ()) -> LineShape | None:
    """Take the lesson of one line with these leaves, in their order; None where there are none, or backslashes."""
    if not leaves or b"\\" in line:
        return None
    stops = [0, *(leaf.stop for leaf in leaves)]
    starts = [*(leaf.start for leaf in leaves), len(line)]
    return LineShape(
        gaps=tuple(line[stop:start] for stop, start in zip(stops, starts, strict=True)),
        slots=tuple(Slot(leaf.path, leaf.form, line[leaf.start : leaf.stop]) for leaf in leaves),
        nests=tuple((nest.path, _in_gap(stops, nest.start), _in_gap(stops, nest.stop)) for nest in nests),
    )


def _in_gap(stops: Sequence[int], at: int) -> Place:
    """Give the gap that a place of a line is in, each beginning where a leaf stops."""
    gap = bisect_right(stops, at) - 1
    return gap, at - stops[gap]


def make_skeleton(shape: LineShape, varying: Collection[bytes]) -> Skeleton:
    """Make the skeleton of lines, with holes at the `varying` paths even where all of them have the same."""
    texts, text = [], shape.gaps[0]
    forms: list[ValueForm] = []
    gaps = [(0, 0)]  # the place of each in the texts
    values: dict[bytes, int | Fixed] = {}
    for slot, gap in zip(shape.slots, shape.gaps[1:], strict=True):
        if slot.same is None or slot.path in varying:
            quote = _QUOTE if slot.form is ValueForm.STRING else b""
            values[slot.path] = len(forms)
            forms.append(slot.form)
            texts.append(text + quote)
            text = quote
        else:
            values[slot.path] = _fix(len(texts), len(text), slot.same)
            text += slot.same
        gaps.append((len(texts), len(text)))
        text += gap
    for path, first, last in shape.nests:
        values[path] = Fixed(_moved(first, gaps), _moved(last, gaps))
    return Skeleton((*texts, text), tuple(forms), values)


def _fix(text: int, offset: int, value: bytes) -> Fixed:
    """Give the places of a value behind `offset` bytes of a text, without its quotes; nothing is left of a null."""
    quotes = value.startswith(_QUOTE)
    width = 0 if value == NULL else len(value) - 2 * quotes
    return Fixed((text, offset + quotes), (text, offset + quotes + width))


def _moved(place: Place, gaps: Sequence[Place]) -> Place:
    """Give a place in a gap as one in the texts."""
    text, offset = gaps[place[0]]
    return text, offset + place[1]
