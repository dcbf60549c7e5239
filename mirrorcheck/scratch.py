"""Temporary folders, which go with all that is in them, and what to do where the disk has no room for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mirrorcheck.errors import InputError


@contextmanager
def scratch_folder(use: str, ways: str = "TMPDIR") -> Iterator[Path]:
    """A folder under TMPDIR that goes at the end, however that comes. Raises InputError where there can be none.

    use: what needs it, as a message says it. ways: what names another folder.
    """
    try:
        scratch = TemporaryDirectory(prefix="mirrorcheck-")
    except OSError as error:
        raise InputError(
            f"no temporary folder can be made for {use}: {error.strerror}. Make room there, or name another folder "
            f"with {ways}."
        ) from error
    with scratch as folder:
        yield Path(folder)


@contextmanager
def written(use: str, folder: Path) -> Iterator[None]:
    """Turn what goes wrong with writing into such a folder into an InputError that names the way out."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{use}: {folder} cannot be written: {error.strerror or error}. Set TMPDIR to a folder with more room."
        ) from error
