"""The path of a mirrorcheck.toml in, the raw check options of its `[checks]` table out."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorcheck.checks.expectations import CheckOptions, from_table, nearest
from mirrorcheck.errors import InputError, UsageError

DEFAULT_NAME = "mirrorcheck.toml"
_TABLE = "checks"
_GLOBS = ("only", "ignore")
_OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says: options of the checks, globs of paths to look at or pass over, and whether --overlap holds."""

    checks: CheckOptions
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    overlap: bool = False


def read_config(given: Path | None) -> Config:
    """Read the file that is given, or mirrorcheck.toml in the working directory if there is one.

    Raises InputError where it cannot be read, UsageError for a key that means nothing, with the nearest that does.
    """
    path = given or Path(DEFAULT_NAME)
    if given is None and not path.is_file():
        return Config(CheckOptions())
    document = _document(path)
    for name in document:
        if name != _TABLE:
            raise UsageError(f"{path}: unknown table {name!r}.{nearest(name, [_TABLE])}")
    table = document.get(_TABLE, {})
    if not isinstance(table, Mapping):
        raise UsageError(f"{path}: {_TABLE} is no table. Write [{_TABLE}] on a line of its own.")
    return _config(table, path)


def _document(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}. Check its name and permissions."
        raise InputError(message) from error
    except ValueError as error:
        raise InputError(f"{path} is no TOML: {error}. See https://toml.io.") from error


def _config(table: Mapping[str, object], path: Path) -> Config:
    globs = {name: _globs(table[name], f"{path}: {name}") for name in _GLOBS if name in table}
    overlap = table.get(_OVERLAP, False)
    if not isinstance(overlap, bool):
        raise UsageError(f"{path}: {_OVERLAP} is {overlap!r}. Give true or false.")
    known = (*_GLOBS, _OVERLAP)
    checks = from_table({name: value for name, value in table.items() if name not in known}, str(path), known)
    return Config(checks, overlap=overlap, **globs)


def _globs(value: object, place: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise UsageError(f'{place} is {value!r}. Give a glob such as "/api/*", or a list of them.')
    return tuple(values)
