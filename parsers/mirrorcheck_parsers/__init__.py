"""Reads access logs of many formats into batches of records, as columns; no I/O, and no state but the Parser's."""

from mirrorcheck_parsers.batch import LineOrigin, RecordBatch, UnparsedLine
from mirrorcheck_parsers.catalogue.known import KNOWN
from mirrorcheck_parsers.columnwise.hashes import hash_each, hash_text
from mirrorcheck_parsers.detection.attempts import Attempt
from mirrorcheck_parsers.detection.detect import Detection, detect
from mirrorcheck_parsers.detection.suggest import has_time, suggest_format
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.exact.foreign import is_of_server
from mirrorcheck_parsers.formats.escape import unescape
from mirrorcheck_parsers.formats.fields import find_field
from mirrorcheck_parsers.formats.format import Format, check_target, compile_format, wrap
from mirrorcheck_parsers.layers.known import LAYERS
from mirrorcheck_parsers.layers.model import Layer, read_labels
from mirrorcheck_parsers.parser import Parser

__all__ = [
    "KNOWN",
    "LAYERS",
    "Attempt",
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
