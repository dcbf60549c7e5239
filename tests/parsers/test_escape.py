"""unescape: nginx's three ways of escaping and Apache's, undone for display."""

import pytest

from mirrorcheck_parsers import unescape


@pytest.mark.parametrize(
    ("text", "escape", "expected"),
    [
        (b"a\\x22b\\x5C\\x0A\\xC3\\xBC", "default", b'a"b\\\n\xc3\xbc'),
        (b"\\q\\x2", "default", b"\\q\\x2"),
        (b'an \\"agent\\" \\\\x41\\n\\xe9', "default", b'an "agent" \\x41\n\xe9'),
        (b'\\"\\\\n\\n\\u001F\xff', "json", b'"\\n\n\x1f\xff'),
        (b"\\u4e2d\\u00e9", "json", "\u4e2d\u00e9".encode()),
        (b"\\ud83d\\ude00", "json", "\U0001f600".encode()),
        (b"\\ud83dx\\ude00\\ude00", "json", b"\xed\xa0\xbdx\xed\xb8\x80\xed\xb8\x80"),
        (b"a\\/b\\u0026\\u00", "json", b"a/b&\\u00"),
        (b'\\x22"', "none", b'\\x22"'),
    ],
)
def test_unescape(text: bytes, escape: str, expected: bytes) -> None:
    """Each escape is undone by its own rules; what is none stays."""
    assert unescape(text, escape) == expected
