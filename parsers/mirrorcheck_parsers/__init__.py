"""Access-log formats: bytes of one stream in, batches of records as columns out; no I/O, no state but the Parser's."""

from mirrorcheck_parsers.batch import RecordBatch, UnparsedLine
from mirrorcheck_parsers.detect import Attempt, Detection, detect
from mirrorcheck_parsers.errors import FormatError
from mirrorcheck_parsers.escape import unescape
from mirrorcheck_parsers.formats import KNOWN, WRAPPERS, Format, Wrapper, compile_format
from mirrorcheck_parsers.parser import Parser

__all__ = [
    "KNOWN",
    "WRAPPERS",
    "Attempt",
    "Detection",
    "Format",
    "FormatError",
    "Parser",
    "RecordBatch",
    "UnparsedLine",
    "Wrapper",
    "compile_format",
    "detect",
    "unescape",
]
