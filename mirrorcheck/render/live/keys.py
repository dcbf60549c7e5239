"""Decodes the bytes that a terminal sends, cut anywhere, into names of keys."""

import re

# xterm's control sequences, and the forms that its application mode, rxvt and the Linux console send.
_NAMES = {
    sequence: name
    for name, sequences in {
        "up": (b"[A", b"OA"),
        "down": (b"[B", b"OB"),
        "pgup": (b"[5~",),
        "pgdn": (b"[6~",),
        "home": (b"[H", b"OH", b"[1~", b"[7~"),
        "end": (b"[F", b"OF", b"[4~", b"[8~"),
    }.items()
    for sequence in sequences
}
# A terminal sends CR for Enter, which its driver turns into LF by default.
_CONTROLS = {b"\x0c": "^L", b"\r": "enter", b"\n": "enter"}
_ESCAPE = 0x1B
_PASTE_STARTS, _PASTE_ENDS = b"[200~", b"\x1b[201~"
# ECMA-48, 5.4: parameter bytes, intermediate bytes, one final byte; SS3 sends one character.
_SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O.)", re.DOTALL)
_UNFINISHED = re.compile(rb"\x1b(\[[0-?]*[ -/]*|O)?\Z")


class KeyDecoder:
    """Turns what a terminal sends into names of keys; anything else, and pasted text, is skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._pasting = False

    @property
    def waiting(self) -> bool:
        """Whether a key has begun that more bytes may complete."""
        return bool(self._rest)

    def feed(self, received: bytes) -> list[str]:
        """Return the keys that `received` completes: letters as they are, up, down, enter and so on."""
        self._rest += received
        found: list[str] = []
        while self._rest and (key := self._next()) is not None:
            if key:
                found.append(key)
        return found

    def flush(self) -> list[str]:
        """Return Esc where nothing came after it that would have made it the start of another key."""
        alone, self._rest = self._rest == b"\x1b", b""
        return ["esc"] if alone else []

    def _next(self) -> str | None:
        """Take one key off what is left: its name, empty if it has none, None if more must come."""
        if self._pasting:
            return self._skip_paste()
        if self._rest[0] != _ESCAPE:
            char, self._rest = self._rest[:1], self._rest[1:]
            return _CONTROLS.get(char, char.decode("ascii", "replace") if char.isascii() else "")
        sequence = _SEQUENCE.match(self._rest)
        if sequence:
            self._rest = self._rest[sequence.end() :]
            self._pasting = sequence[1] == _PASTE_STARTS
            return _NAMES.get(sequence[1], "")
        if _UNFINISHED.match(self._rest):
            return None
        # Esc, and then another key: Alt held down sends the same.
        self._rest = self._rest[2:]
        return ""

    def _skip_paste(self) -> str | None:
        _, end, behind = self._rest.partition(_PASTE_ENDS)
        if not end:
            self._rest = self._rest[-len(_PASTE_ENDS) + 1 :]
            return None
        self._rest, self._pasting = behind, False
        return ""
