from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.compiled.table import KeyTable, Step, Table

class TextProgram:
    def __init__(self, table: Table) -> None: ...
    def scan(
        self,
        data: bytes,
        start: NDArray[np.int64],
        stop: NDArray[np.int64],
        among: NDArray[np.bool_],
        out: NDArray[np.int64],
    ) -> int: ...

class ObjectProgram:
    def __init__(self, table: KeyTable) -> None: ...
    def scan(
        self,
        data: bytes,
        start: NDArray[np.int64],
        stop: NDArray[np.int64],
        among: NDArray[np.bool_],
        out: NDArray[np.int64],
    ) -> tuple[int, bytes]: ...

class EnvelopeProgram:
    def __init__(self, table: KeyTable, clock: int) -> None: ...
    def open(
        self,
        data: bytes,
        start: NDArray[np.int64],
        stop: NDArray[np.int64],
        among: NDArray[np.bool_],
        padding: int,
        out: NDArray[np.int64],
        wrapped: NDArray[np.bool_],
        has_feed: NDArray[np.bool_],
    ) -> bytes: ...

class PrefixProgram:
    def __init__(self, tables: Sequence[Table]) -> None: ...
    def open(
        self,
        data: bytes,
        start: NDArray[np.int64],
        stop: NDArray[np.int64],
        among: NDArray[np.bool_],
        out: NDArray[np.int64],
        wrapped: NDArray[np.bool_],
    ) -> None: ...

Ints: TypeAlias = NDArray[np.int64]

def find_lines(data: bytes, size: int, start: Ints, stop: Ints) -> int: ...
def strip_colours(data: bytes) -> bytes: ...
def hash_texts(data: bytes, start: Ints, stop: Ints, longest: int, key: bytes, out: NDArray[np.uint64]) -> int: ...
def hash_beginnings(
    data: bytes,
    start: Ints,
    stop: Ints,
    byte: int,
    longest: int,
    key: bytes,
    out: NDArray[np.uint64],
    beginning_stop: Ints,
    beginnings: NDArray[np.uint64],
) -> int: ...
def hash_lists(
    data: bytes,
    start: Ints,
    stop: Ints,
    reach: int,
    longest: int,
    key: bytes,
    out: NDArray[np.uint64],
    lasts: NDArray[np.uint64],
    rests: NDArray[np.uint64],
) -> int: ...
def begin_like(
    data: bytes,
    start: Ints,
    stop: Ints,
    heads: NDArray[np.uint64],
    masks: NDArray[np.uint64],
    out: NDArray[np.bool_],
) -> None: ...
def first_words(data: bytes, start: Ints, stop: Ints, out: NDArray[np.uint64]) -> None: ...
def find_first(data: bytes, start: Ints, stop: Ints, byte: int, out: Ints) -> None: ...
def find_last(data: bytes, start: Ints, stop: Ints, byte: int, out: Ints) -> None: ...
def begin_with(data: bytes, start: Ints, stop: Ints, text: bytes, out: NDArray[np.bool_]) -> None: ...
def read_integers(data: bytes, start: Ints, stop: Ints, out: Ints) -> None: ...
def read_seconds(data: bytes, start: Ints, stop: Ints, out: Ints) -> None: ...
def read_times(data: bytes, start: Ints, stop: Ints, spellings: Sequence[Step], out: Ints) -> int: ...
def split_requests(
    data: bytes,
    start: Ints,
    stop: Ints,
    method_stop: Ints,
    target_start: Ints,
    target_stop: Ints,
    well_formed: NDArray[np.bool_],
) -> int: ...
def check_requests(
    data: bytes, start: Ints, stop: Ints, target_start: Ints, target_stop: Ints, well_formed: NDArray[np.bool_]
) -> int: ...
