"""Reads access logs of many formats into batches of records, as columns; no I/O, and no state but the Parser's."""

from importlib import import_module

# Who asks for one of them imports its module and no other: a command says its version without any parser.
_LATE = {
    "KNOWN": "catalogue.known",
    "LAYERS": "layers.known",
    "Attempt": "detection.attempts",
    "Decided": "records",
    "Detection": "detection.detect",
    "Format": "formats.format",
    "FormatError": "errors",
    "Layer": "layers.model",
    "LineOrigin": "batch",
    "Parser": "parser",
    "RecordBatch": "batch",
    "UnparsedLine": "batch",
    "check_target": "formats.format",
    "compile_format": "formats.format",
    "detect": "detection.detect",
    "find_field": "formats.fields",
    "has_time": "detection.suggest",
    "hash_each": "columnwise.hashes",
    "hash_text": "columnwise.hashes",
    "is_of_server": "exact.foreign",
    "read_labels": "layers.model",
    "suggest_format": "detection.suggest",
    "unescape": "formats.escape",
    "wrap": "formats.format",
}

__all__ = [
    "KNOWN",
    "LAYERS",
    "Attempt",
    "Decided",
    "Detection",
    "Format",
    "FormatError",
    "Layer",
    "LineOrigin",
    "Parser",
    "RecordBatch",
    "UnparsedLine",
    "check_target",
    "compile_format",
    "detect",
    "find_field",
    "has_time",
    "hash_each",
    "hash_text",
    "is_of_server",
    "read_labels",
    "suggest_format",
    "unescape",
    "wrap",
]


def __getattr__(name: str) -> object:
    """Import what is asked for on its first use."""
    if name not in _LATE:
        message = f"module 'mirrorcheck_parsers' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"mirrorcheck_parsers.{_LATE[name]}"), name)
