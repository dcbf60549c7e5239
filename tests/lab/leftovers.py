"""A folder comes in; the processes that still use it go out."""

import contextlib
import os
from pathlib import Path

_PROCESSES = Path("/proc")
KNOWN = _PROCESSES.joinpath("self", "fd").is_dir()
"""Whether this system shows what its processes do."""


def users(folder: Path) -> list[int]:
    """Return the process numbers of those that name the folder in their command or hold one of its files open."""
    return [int(each.name) for each in _PROCESSES.iterdir() if each.name.isdigit() and _uses(each, str(folder))]


def _uses(process: Path, folder: str) -> bool:
    if int(process.name) == os.getpid():
        return False
    with contextlib.suppress(OSError):
        if folder.encode() in (process / "cmdline").read_bytes():
            return True
        return any(str(each.readlink()).startswith(folder) for each in (process / "fd").iterdir())
    return False
