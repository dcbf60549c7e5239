"""unescape: nginx's three ways of escaping, undone for display."""

import pytest

from mirrorcheck_parsers import unescape


@pytest.mark.parametrize(
    ("text", "escape", "expected"),
    [
        (b"a\\x22b\\x5C\\x0A\\xC3\\xBC", "default", b'a"b\\\n\xc3\xbc'),
        (b"\\q\\x2", "default", b"\\q\\x2"),
        (b'\\"\\\\n\\n\\u001F\xff', "json", b'"\\n\n\x1f\xff'),
        (b"\\u4e2d", "json", b"\\u4e2d"),
        (b'\\x22"', "none", b'\\x22"'),
    ],
)
def test_unescape(text: bytes, escape: str, expected: bytes) -> None:
    """Each escape is undone by its own rules; what nginx never writes stays."""
    assert unescape(text, escape) == expected
