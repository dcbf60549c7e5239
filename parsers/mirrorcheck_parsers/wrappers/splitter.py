"""Breaks a JSON document that has several elements in a line into a line for each.

Where nothing is such a document, the text is given as it is, chunk by chunk.
"""

import re
from dataclasses import dataclass
from typing import Final

from mirrorcheck_parsers.wrappers.documents import ROOT, STREAMS, UNKNOWN, Node, NodeType

_WINDOW: Final = 1 << 16  # bytes within which a document may begin, at the start of a text or behind another one
_LONGEST_HEAD: Final = 1 << 16  # bytes in front of the first element
_MOST_BLANKS: Final = 1000  # bytes that are read as one
_PIECE: Final = 1 << 16  # bytes that are taken apart at a time
_FORESEEN: Final = 4 * _MOST_BLANKS  # bytes that may be waited for
_MARK: Final = b"\xef\xbb\xbf"  # of UTF-8

_BLANK: Final = re.compile(rb"[ \t\r\n]{0,%d}+" % _MOST_BLANKS)
_BLANK_IN_LINE: Final = re.compile(rb"[ \t\r]{0,%d}+" % _MOST_BLANKS)
_LINE_BEGINS: Final = re.compile(rb"[ \t\r]{0,%d}+(?:%b)?[ \t\r]{0,%d}+" % (_MOST_BLANKS, _MARK, _MOST_BLANKS))
_BEGINNINGS: Final = {_MARK[:size] for size in range(len(_MARK))}
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_IN_STRING: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SCALAR: Final = re.compile(rb"[-+.0-9A-Za-z]++")
_FIRST_KEY: Final = re.compile(rb'\{[ \t\r\n]{0,%d}+(?:"([^"\\]{0,%d}+)"|\})' % (_MOST_BLANKS, _MOST_BLANKS))
# Up to the next bracket outside of a string.
_RUN: Final = re.compile(rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+', re.DOTALL)
_NOT_FEED: Final = bytes(byte if byte in b"\r\n" else ord(" ") for byte in range(256))


@dataclass(slots=True)
class _Open:
    """An object or a list that is open, and the node of the key that was read last."""

    node: Node
    is_object: bool
    value: Node | None = None  # of the key whose value is next
    behind_said: bool = False


class DocumentSplitter:
    """Unfolds one text: feed it chunks, then flush it. Only commas become line breaks, and what is around blanks.

    So there are as many bytes as before, each element stands where it stood, and all line breaks stay. Not more than
    the text in front of the first element is kept, whatever the length of a line.
    """

    def __init__(self) -> None:
        self._rest = b""  # what could not be understood yet
        self._left = _WINDOW  # bytes in which a document may begin
        self._line_start = True
        self._open: list[_Open] = []  # of the document
        self._decided = True  # that it is one, or that nothing is open
        self._head: list[bytes] = []  # its text while that is not decided, and what it becomes
        self._head_out: list[bytes] = []
        self._head_size = 0
        self._depth = 0  # in what is kept or skipped as a whole
        self._in_string = False
        self._lists = False  # that it has a list of elements, be it empty
        self._kept = False  # that it is kept
        self._out: list[bytes] = []

    def feed(self, chunk: bytes) -> bytes:
        """Give as much of the text as is understood with this chunk."""
        out, at = [], 0
        while at < len(chunk) and not self._passes:
            piece = chunk[at : at + _PIECE]
            at += len(piece)
            out.append(self._work(self._rest + piece if self._rest else piece, final=False))
        if not at:
            return chunk
        return b"".join((*out, memoryview(chunk)[at:]))

    def flush(self) -> bytes:
        """Give what is left at the end."""
        rest = b"" if self._passes else self._work(self._rest, final=True)
        head = b"".join(self._head)
        self._head, self._head_out = [], []
        return rest + head

    @property
    def held(self) -> int:
        """How many bytes are held back."""
        return len(self._rest) + self._head_size

    @property
    def _passes(self) -> bool:
        """Whether no document can begin any more."""
        return not (self._open or self._rest or self._head or self._left > 0)

    def _work(self, text: bytes, *, final: bool) -> bytes:
        at = 0
        while at < len(text):
            if self._depth:
                after = self._through(text, at, final=final)
            elif self._open:
                after = self._structure(text, at, final=final)
            else:
                after = self._search(text, at, final=final)
            if after == at:
                break
            at = after
            if self._head_size > _LONGEST_HEAD:
                self._no_document()
        self._rest = text[at:]
        if final and self._rest:
            self._emit(self._rest, kept=True)
            self._rest = b""
        out, self._out = b"".join(self._out), []
        return out

    def _search(self, text: bytes, at: int, *, final: bool) -> int:
        """Look for a document at the beginning of a line; gives the place up to which the text is dealt with."""
        if self._left <= 0:
            self._emit(text[at:], kept=True)
            return len(text)
        begin = _end(_LINE_BEGINS, text, at) if self._line_start else at
        may_begin = self._line_start and len(text) - begin < len(_MARK) and text[begin:] in _BEGINNINGS
        if may_begin and not final and len(text) - at < _FORESEEN:
            return at
        if not self._line_start or text[begin : begin + 1] not in (b"{", b"["):
            return self._pass_line(text, at)
        self._emit(text[at:begin], kept=False)
        self._line_start, self._lists = False, False
        self._left -= begin - at
        self._decided = False
        return self._value(text, begin, ROOT, final=final)

    def _pass_line(self, text: bytes, at: int) -> int:
        """Give the text as it is up to the end of the line."""
        end = text.find(b"\n", at) + 1 or len(text)
        self._line_start = text[end - 1 : end] == b"\n"
        self._left -= end - at
        self._out.append(text[at:end])
        return end

    def _drop_head(self) -> None:
        self._decided, self._head, self._head_out, self._head_size = True, [], [], 0

    def _through(self, text: bytes, at: int, *, final: bool) -> int:
        """Go through a value as a whole, or as much of it as there is."""
        begin = at
        if not self._decided:
            text, begin, at = text[at : at + _LONGEST_HEAD + 1 - self._head_size], at, 0
        start = at
        while at < len(text) and self._depth:
            at = self._step(text, at)
            if at < 0:
                at = len(text) - (0 if final else 1)  # a backslash escapes what comes
                break
        self._emit(text[start:at], kept=self._kept)
        return begin + at - start

    def _step(self, text: bytes, at: int) -> int:
        """Go on to behind the next bracket outside of strings; -1 where the text ends behind a backslash."""
        if self._in_string:
            at = _end(_IN_STRING, text, at)
            if text[at : at + 1] == b"\\":
                return -1
            self._in_string = at == len(text)
            return at + (not self._in_string)
        at = _end(_RUN, text, at)
        byte = text[at : at + 1]
        if byte == b'"':
            self._in_string = True
            return at + 1
        self._depth += (byte in (b"{", b"[")) - (byte in (b"}", b"]")) if byte else 0
        return at + len(byte)

    def _structure(self, text: bytes, at: int, *, final: bool) -> int:
        """Take the next token of what is around the elements; gives where it ends, `at` where it is not whole yet."""
        blanks = _end(_BLANK, text, at)
        if blanks > at:
            self._emit(text[at:blanks], kept=False)
            return blanks
        byte = text[at : at + 1]
        if byte in (b"}", b"]"):
            return self._close(text, at, final=final)
        if byte == b",":
            return self._comma(text, at, final=final)
        inner = self._open[-1]
        if inner.is_object and inner.value is None:
            return self._key(text, at, final=final)
        return self._value(text, at, inner.value or inner.node.below.get(b"[]", UNKNOWN), final=final)

    def _close(self, text: bytes, at: int, *, final: bool) -> int:
        is_last = len(self._open) == 1
        if is_last and at + 1 == len(text) and not final:
            return at
        if self._open.pop().is_object != (text[at : at + 1] == b"}"):
            return self._give_up(text, at)
        if not is_last:
            self._emit(text[at : at + 1], kept=False)
            self._open[-1].value = None
            return at + 1
        if not (self._decided or self._lists):
            return self._give_up(text, at)
        self._decide()
        # Another one may follow in the same line.
        self._put(text[at : at + 1], b"\n" if text[at + 1 : at + 2] in (b"{", b"[") else b" ")
        self._left, self._line_start = _WINDOW, True
        return at + 1

    def _comma(self, text: bytes, at: int, *, final: bool) -> int:
        """Break the line at a comma between elements, unless a line break is there."""
        inner = self._open[-1]
        breaks = inner.behind_said or not inner.is_object
        inner.behind_said = False
        if breaks:
            end = _end(_BLANK_IN_LINE, text, at + 1)
            if end == len(text) and not final and end - at <= _MOST_BLANKS:
                inner.behind_said = inner.is_object
                return at
            breaks = text[end : end + 1] != b"\n"
        self._put(b",", b"\n" if breaks else b" ")
        return at + 1

    def _key(self, text: bytes, at: int, *, final: bool) -> int:
        found = _STRING.match(text, at)
        if found is None:
            return self._unfinished(text, at, final=final)
        end = _end(_BLANK, text, found.end())
        if (end == len(text) and not final) or end - at > _LONGEST_HEAD:
            return self._unfinished(text, at, final=final)
        if text[end : end + 1] != b":":
            return self._give_up(text, at)
        inner = self._open[-1]
        value = inner.node.below.get(found[0][1:-1])
        if value is None and not self._decided:
            return self._give_up(text, at)
        inner.value = value or UNKNOWN
        key = text[at : end + 1]
        if inner.value.kind is NodeType.SAID:
            self._put(key, key.replace(b"\n", b" "))  # its value goes on in the same line
        else:
            self._emit(key, kept=False)
        return end + 1

    def _value(self, text: bytes, at: int, node: Node, *, final: bool) -> int:
        byte = text[at : at + 1]
        if byte in (b"{", b"["):
            return self._nest(text, at, node, final=final)
        found = (_STRING if byte == b'"' else _SCALAR).match(text, at)
        if found is None or (found.end() == len(text) and byte != b'"' and not final):
            return self._unfinished(text, at, final=final)
        odd = node.kind is not NodeType.BESIDE and not self._decided
        if not self._open or odd or found.end() - at > _LONGEST_HEAD:
            return self._give_up(text, at)
        self._open[-1].value = None
        self._emit(found[0], kept=False)
        return found.end()

    def _nest(self, text: bytes, at: int, node: Node, *, final: bool) -> int:
        is_object = text[at : at + 1] == b"{"
        listed = b"[]" in node.below
        if not self._decided and node is ROOT.below[b"[]"]:
            first = _FIRST_KEY.match(text, at)
            if first is None or first[1] == b"field":  # that list is one element, or nothing is
                unread = first is None and not final and len(text) - at < _FORESEEN
                return at if unread else self._give_up(text, at)
            if first[1] == b"stream":
                self._open[-1].node, node = STREAMS, ROOT
        if node.kind in (NodeType.ELEMENT, NodeType.SAID):
            self._decide()
            self._begin_whole(kept=True)
            self._open[-1].behind_said = node.kind is NodeType.SAID
        elif node.below and (not is_object if listed and len(node.below) == 1 else is_object or listed):
            self._emit(text[at : at + 1], kept=False)
            self._open.append(_Open(node, is_object))
            # An empty list alone may be a part of something else.
            self._lists |= not is_object and node is not ROOT
            return at + 1
        elif node.kind is NodeType.BESIDE or self._decided:
            self._begin_whole(kept=False)
        else:
            return self._give_up(text, at)
        self._emit(text[at : at + 1], kept=self._kept)
        return at + 1

    def _begin_whole(self, *, kept: bool) -> None:
        self._depth, self._in_string, self._kept = 1, False, kept
        self._open[-1].value = None

    def _emit(self, text: bytes, *, kept: bool) -> None:
        """Give a text, or blanks for it."""
        self._put(text, text if kept else text.translate(_NOT_FEED))

    def _put(self, text: bytes, changed: bytes) -> None:
        """Give what a text becomes; later, while it is open whether this is a document."""
        if self._decided:
            self._out.append(changed)
            return
        self._head.append(text)
        self._head_out.append(changed)
        self._head_size += len(text)

    def _decide(self) -> None:
        """Take it for a document from now on."""
        self._out += self._head_out
        self._drop_head()

    def _no_document(self) -> None:
        self._out += self._head
        self._left -= self._head_size
        self._open, self._depth = [], 0
        self._drop_head()

    def _unfinished(self, text: bytes, at: int, *, final: bool) -> int:
        """Wait for the rest of a token, unless it is none or too long."""
        waits = not final and len(text) - at <= _LONGEST_HEAD and (text[at : at + 1] == b'"' or _SCALAR.match(text, at))
        return at if waits else self._give_up(text, at)

    def _give_up(self, text: bytes, at: int) -> int:
        """Give what is no document, or none any more, as it is up to the end of the line."""
        self._no_document()
        return self._pass_line(text, at)


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    """Give where a pattern that fits everywhere ends."""
    found = pattern.match(text, at)
    return found.end() if found else at
