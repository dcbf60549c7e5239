"""Access-log formats: bytes of one stream in, batches of records as columns out; no I/O, no state but the Parser's."""

from mirrorcheck_parsers.attempts import Attempt
from mirrorcheck_parsers.batch import LineOrigin, RecordBatch, UnparsedLine
from mirrorcheck_parsers.detect import Detection, detect
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.escape import unescape
from mirrorcheck_parsers.foreign import is_of_server
from mirrorcheck_parsers.formats import KNOWN, Format, check_target, compile_format, wrap
from mirrorcheck_parsers.hashes import hash_each, hash_text
from mirrorcheck_parsers.kinds import find_field
from mirrorcheck_parsers.parser import Parser
from mirrorcheck_parsers.suggest import has_time, suggest_format
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
