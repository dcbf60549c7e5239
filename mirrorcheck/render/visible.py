"""Makes text from elsewhere harmless on a terminal; apart from what knows reports, so that an error is told at once."""

from rich.cells import get_character_cell_size


def speaks_utf(encoding: str) -> bool:
    """Return whether a stream of this encoding can carry any character."""
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def visible(text: str, encoding: str = "utf-8") -> str:
    r"""Return `text` with every character escaped (\x1b, \u202e) that `encoding` lacks or that has no cell of its own.

    So control characters, bidirectional overrides, line separators and combining marks are seen instead of obeyed, and
    the cells of the result are the sum of the cells of its characters.
    """
    if text.isascii() and text.isprintable():
        return text
    every = speaks_utf(encoding)
    return "".join(
        char if _is_plain(char) and (every or _encodable(char, encoding)) else _escape(char) for char in text
    )


def _is_plain(char: str) -> bool:
    return char.isprintable() and get_character_cell_size(char) > 0


def _encodable(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return char.isascii()
    return True


def _escape(char: str) -> str:
    # `unicode_escape` would write a tab as \t; one form for all is easier to search for.
    code = ord(char)
    if code <= 0xFF:  # noqa: PLR2004 the highest that two hex digits hold
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 the same for four
