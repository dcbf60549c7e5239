"""Reads log formats from a file of the user's, or from nginx's configuration."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, ValidationError, toml

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck_parsers import FormatError, check_target, compile_format

Template = tuple[str, str]
"""The name of a format, and its log_format in nginx's or Envoy's syntax."""

_CONFIG_ESCAPE = re.compile(r"\\([\"'\\])")  # what crossplane 0.5 leaves to its callers (ngx_conf_read_token)
_EXAMPLE = "[formats] and lines such as gateway = '$remote_addr [$time_local] \"$request\" $status'"


def given_formats(formats: str | None, nginx_conf: str | None) -> tuple[Template, ...]:
    """The formats of both files, those of the first one first; of two with one name both are tried.

    Raises InputError for a file that cannot be read, UsageError for a format in it that cannot be used. Of a
    configuration's formats only one must be of use: others may be those of other logs.
    """
    own = read_formats(formats) if formats else []
    for name, template in own:
        problem = _problem(name, template)
        if problem:
            raise UsageError(f"--formats {formats}: format {name}: {problem}. Correct it there.")
    configured = read_nginx_conf(nginx_conf) if nginx_conf else []
    problems = [_problem(name, template, stamped=True) for name, template in configured]
    if problems and all(problems):
        name = configured[0][0].removeprefix("nginx.conf ")
        raise UsageError(f"--nginx-conf {nginx_conf}: log_format {name}: {problems[0]}. Log with another one.")
    return (*own, *(each for each, problem in zip(configured, problems, strict=True) if not problem))


def _problem(name: str, template: str, *, stamped: bool = False) -> str:
    """Why this format cannot read a line, or not distinguish it from others; "" where it can."""
    try:
        check_target(compile_format(template, name=name, stamped=stamped))
    except FormatError as error:
        return str(error)
    return ""


@dataclass(frozen=True, slots=True)
class _Document:
    formats: Annotated[dict[str, str], Meta(min_length=1)]


def read_formats(name: str) -> list[Template]:
    """The formats of a TOML file: names and templates under [formats]."""
    try:
        return list(toml.decode(_read(name), type=_Document).formats.items())
    except ValidationError as error:
        raise InputError(f"{name} names no formats. Give {_EXAMPLE}.") from error
    except ValueError as error:
        raise InputError(f"{name} is no TOML: {error}. Give {_EXAMPLE}.") from error


def read_nginx_conf(name: str) -> list[Template]:
    """The log_formats of a configuration and all that it includes, under the names they have there."""
    import crossplane

    _read(name)
    payload = crossplane.parse(name, check_ctx=False, check_args=False)
    found = [template for config in payload["config"] for template in _log_formats(config["parsed"])]
    if not found:
        problem = next((f": {error['error']}" for error in payload["errors"]), "")
        raise InputError(f"{name} and what it includes hold no log_format{problem}. Give the file that has it.")
    return found


def _log_formats(block: list[Mapping[str, Any]]) -> Iterator[Template]:
    for directive in block:
        if directive["directive"] == "log_format":
            name, *words = directive["args"]
            escape = f"{words.pop(0)} " if words and words[0].startswith("escape=") else ""
            yield f"nginx.conf {name}", escape + "".join(_CONFIG_ESCAPE.sub(r"\1", word) for word in words)
        yield from _log_formats(directive.get("block", []))


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}. Give a file that can be read.") from error
