"""Reads an nginx log_format: its literals and variables, or where it is wrong."""

import re
from dataclasses import dataclass

from mirrorcheck_parsers.errors import FormatError

ESCAPES = ("default", "json", "none")

_DIRECTIVE = re.compile(r"\s*log_format\s+(?P<name>[^\s;]+)\s+(?P<rest>.*)", re.DOTALL)
_ESCAPE = re.compile(r"\s*escape=(?P<escape>[^\s;]*)\s+")
_WORD = re.compile(
    r"""\s*(?: '(?P<single>(?:[^'\\]|\\.)*)'
            | "(?P<double>(?:[^"\\]|\\.)*)"
            | (?P<bare>[^\s;'"]+)
            | (?P<end>;\s*|\Z) )""",
    re.DOTALL | re.VERBOSE,
)
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z0-9_]+)(?::(?P<how>[^}]*))?\}|(?P<plain>[A-Za-z0-9_]+))")
_CONFIG_ESCAPE = re.compile(r"\\([\"'\\trn])")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that every line repeats."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Variable:
    """A `$variable` and the 1-based column of its `$` in the template.

    how: what `${variable:how}` says of its text, which nginx cannot: a unit, a time format or a kind (kinds.read_how).
    """

    name: str
    column: int
    how: str = ""


Token = Literal | Variable


def read_log_format(text: str) -> tuple[str, str]:
    """Split what a user pasted into (escape, template).

    `text` is a template, optionally after `escape=default|json|none`, or the whole directive
    `log_format NAME [escape=...] 'a' 'b';`, whose quoted parts nginx joins (ngx_conf_read_token, nginx 1.22).
    Raises FormatError for an unknown escape, a broken directive, a line break or an empty template.
    """
    directive = _DIRECTIVE.fullmatch(text)
    start = directive.start("rest") if directive else 0
    escape, start = _read_escape(text, start)
    template = _join_words(text, start) if directive else text[start:].rstrip("\r\n")
    if not template.strip():
        message = f"log_format is empty at column {start + 1}"
        raise FormatError(message)
    if "\n" in template:
        message = f"line break in log_format at column {template.index(chr(10)) + 1}: a record is one line"
        raise FormatError(message)
    return escape, template


def tokenize(template: str) -> tuple[Token, ...]:
    """Cut a template into literals and variables; raises FormatError at a `$` that names nothing."""
    tokens: list[Token] = []
    at = 0
    while at < len(template):
        dollar = template.find("$", at)
        stop = len(template) if dollar < 0 else dollar
        if stop > at:
            tokens.append(Literal(template[at:stop].encode("utf-8", "surrogateescape")))
        if dollar < 0:
            break
        found = _VARIABLE.match(template, dollar)
        if found is None:
            raise FormatError(_nameless(template, dollar))
        tokens.append(Variable(found["braced"] or found["plain"], dollar + 1, found["how"] or ""))
        at = found.end()
    return tuple(tokens)


def _nameless(template: str, dollar: int) -> str:
    if template.startswith("${", dollar):
        return f"`{template[dollar : dollar + 20]}` at column {dollar + 1} of log_format: the closing `}}` is missing"
    return f"`$` at column {dollar + 1} of log_format names no variable"


def _read_escape(text: str, start: int) -> tuple[str, int]:
    found = _ESCAPE.match(text, start)
    if found is None:
        return "default", start
    escape = found["escape"]
    if escape not in ESCAPES:
        message = (
            f"`escape={escape}` at column {found.start('escape') - 6} of log_format: use one of {', '.join(ESCAPES)}"
        )
        raise FormatError(message)
    return escape, found.end()


def _join_words(text: str, start: int) -> str:
    words: list[str] = []
    at = start
    while True:
        found = _WORD.match(text, at)
        if found is None:
            message = f"`{text[at : at + 20].strip()}` at column {at + 1} of log_format: the quote is never closed"
            raise FormatError(message)
        if found["end"] is not None:
            return "".join(words)
        quoted = found["single"] if found["single"] is not None else found["double"]
        words.append(found["bare"] if quoted is None else _CONFIG_ESCAPE.sub(_unescape_config, quoted))
        at = found.end()


def _unescape_config(found: re.Match[str]) -> str:
    return _CONTROL.get(found[1], found[1])
