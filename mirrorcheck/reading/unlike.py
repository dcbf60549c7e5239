"""Texts in which no known format was found in; those parts of the next one out in which one could still be found."""

from collections import Counter

_LIKE_IT = 20  # lines that were looked at in vain before those like them are left out
_MOST_SHAPES = 200_000  # that are remembered, some 20 MB
MOST_PIECES = 16
"""Of a text: what it costs to look at them, a text in no known format costs."""

_PIECE = 1 << 12  # bytes of each: objects may be laid out over several lines
_LETTERS = bytes(byte for byte in range(128) if chr(byte).isalnum())
_DIGITS = b"0123456789"
_HEAD = 48  # bytes: whose line it is, and its first words or keys

_Shape = bytes


class Unlike:
    """Remembers lines that are in no known format, without their digits and, behind their beginning, their letters.

    One program's lines whose marks between words and numbers are the same are in one format, or in none.
    """

    def __init__(self) -> None:
        self._tried: Counter[_Shape] = Counter()

    def learn(self, text: bytes) -> None:
        """Remember a text of which all whole lines were looked at in vain."""
        self._remember(_shapes(text))

    def pieces(self, text: bytes, most: int | None) -> bytes:
        """Give lines unlike those remembered, each with some that follow it; at most so many pieces, and remember them.

        most: None for all of them.
        """
        shapes = _shapes(text)
        unlike = {shape for shape in set(shapes) if self._tried[shape] < _LIKE_IT}
        if not unlike:
            return b""
        lines = text.split(b"\n")[: len(shapes)]
        places = [place for place, shape in enumerate(shapes) if shape in unlike]
        chosen: list[int] = []
        for place in places if most is None else places[:: 1 + len(places) // most]:
            if (not chosen or place > chosen[-1]) and self._tried[shapes[place]] < _LIKE_IT:
                piece = _piece(lines, place)
                chosen += piece
                self._remember(shapes[piece.start : piece.stop])
        return b"".join(lines[place] + b"\n" for place in chosen)

    def _remember(self, shapes: list[_Shape]) -> None:
        if len(self._tried) < _MOST_SHAPES:
            self._tried.update(shapes)


def _shapes(text: bytes) -> list[_Shape]:
    """Give what is left of each whole line; one that goes on in the next text comes with that."""
    marks = text.translate(None, _LETTERS).split(b"\n")[:-1]
    heads = text.translate(None, _DIGITS).split(b"\n")[:-1]
    return [head[:_HEAD] + mark for head, mark in zip(heads, marks, strict=True)]


def _piece(lines: list[bytes], first: int) -> range:
    """Give the places of the lines of a piece, of which one may be long."""
    size, place = 0, first
    while place < len(lines) and (size + len(lines[place]) < _PIECE or place == first):
        size += len(lines[place]) + 1
        place += 1
    return range(first, place)
