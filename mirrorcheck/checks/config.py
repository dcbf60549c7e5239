"""Reads the [checks] table of a mirrorcheck.toml: options of the checks, under the names of the command's options."""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import get_type_hints

from mirrorcheck.checks.expectations import CheckOptions, Raw
from mirrorcheck.errors import InputError, UsageError

DEFAULT_NAME = "mirrorcheck.toml"
_TABLE = "checks"
_EXAMPLES = {
    Raw: 'a number, or a text such as "1%"',
    bool: "true or false",
    bool | None: "true or false",
    tuple[str, ...]: 'a glob such as "/api/*", or a list of them',
}


@dataclass(frozen=True, slots=True)
class Config(CheckOptions):
    """What a file says: options of the checks, and whether --overlap holds."""

    overlap: bool = False


def read_config(given: Path | None) -> Config:
    """Read the file that is given, or mirrorcheck.toml in the working directory if there is one.

    Raises InputError where it cannot be read, UsageError for a key that means nothing, with the nearest that does.
    """
    path = given or Path(DEFAULT_NAME)
    if given is None and not path.is_file():
        return Config()
    document = _document(path)
    for name in document:
        if name != _TABLE:
            raise UsageError(f"{path}: unknown table {name!r}.{_nearest(name, [_TABLE])}")
    table = document.get(_TABLE, {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {_TABLE} is no table. Write [{_TABLE}] on a line of its own.")
    return _config(table, path)


def _document(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}. Check its name and permissions."
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is no TOML: {error}. See https://toml.io.") from error


def _config(table: dict[str, object], path: Path) -> Config:
    from msgspec import ValidationError, convert

    kinds = get_type_hints(Config)
    said: dict[str, object] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in kinds:
            raise UsageError(f"{path}: unknown check {key!r}.{_nearest(name, list(kinds))}")
        several = kinds[name] == tuple[str, ...] and isinstance(value, str)
        try:
            said[name] = convert([value] if several else value, kinds[name])
        except ValidationError as error:
            raise UsageError(f"{path}: {key} is {value!r}. Give {_EXAMPLES[kinds[name]]}.") from error
    return Config(**said)  # type: ignore[arg-type]  # each was converted to its field's type


def _nearest(name: str, names: list[str]) -> str:
    """The end of a sentence that names what was meant, or all there is."""
    close = get_close_matches(name, names, n=1)
    known = ", ".join(each.replace("_", "-") for each in close or sorted(names))
    return f" Did you mean {known}?" if close else f" Known are {known}."
