"""Removes the codes by which terminals colour a text."""

import re
from typing import Final

from mirrorcheck_parsers import scanning

# Colours (CSI ... m and its like) and character sets: tput writes `ESC ( B` in front of its reset.
COLOURS: Final = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Za-z0-9])")


def strip_colours(text: bytes) -> bytes:
    """Give a text without the codes in it."""
    stripped: bytes = scanning.kernel.strip_colours(text) if scanning.kernel else COLOURS.sub(b"", text)
    return stripped
