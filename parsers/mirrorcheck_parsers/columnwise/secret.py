"""The key of all hashes of this process: whoever writes to a log must not know which texts have one hash.

It is drawn anew by each process and never kept: a recording holds the text of logs, and reports, tables of outcomes and
snapshots hold texts and places of lines, so no hash is ever written. What is added up over several runs has to be by
text. Processes that share hashes have to share the key as well.
"""

import secrets
from typing import Final

SIZE: Final = 16  # bytes

_key = secrets.token_bytes(SIZE)
_is_in_use = False


def key() -> bytes:
    """Give the key, which stays what it is from now on."""
    global _is_in_use  # noqa: PLW0603  # one key a process is what this module is for
    _is_in_use = True
    return _key


def use_key(key: bytes) -> None:
    """Have this process hash as another one does; raises where it has hashed with a key of its own already."""
    global _key  # noqa: PLW0603
    if len(key) != SIZE:
        raise ValueError(f"a key has {SIZE} bytes, not {len(key)}")
    if _is_in_use and key != _key:
        raise RuntimeError("texts have been hashed with another key; give this one before anything is read")
    _key = key
