"""Has texts hashed with a given key, as only a test may in the middle of a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from mirrorcheck_parsers.columnwise import secret

KNOWN_KEY = bytes(range(secret.SIZE))


@contextmanager
def hashed_with(key: bytes) -> Iterator[None]:
    """Draw this key for all that is read and reported inside."""
    with patch.object(secret, "_key", key):
        yield
