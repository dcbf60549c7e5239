"""Access-log formats: bytes of one stream in, batches of records as columns out; no I/O, no state but the Parser's."""

from mirrorcheck_parsers.batch import LineOrigin, RecordBatch, UnparsedLine
from mirrorcheck_parsers.detect import Attempt, Detection, detect
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.escape import unescape
from mirrorcheck_parsers.formats import KNOWN, Format, compile_format, wrap
from mirrorcheck_parsers.hashes import hash_each, hash_text
from mirrorcheck_parsers.kinds import find_field
from mirrorcheck_parsers.parser import Parser
from mirrorcheck_parsers.wrappers.layers import LAYERS, Layer, read_labels

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
    "compile_format",
    "detect",
    "find_field",
    "hash_each",
    "hash_text",
    "read_labels",
    "unescape",
    "wrap",
]
