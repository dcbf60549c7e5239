from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.compiled.table import KeyTable, Table

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
    ) -> int: ...

Ints: TypeAlias = NDArray[np.int64]

def find_lines(data: bytes, size: int, start: Ints, stop: Ints) -> int: ...
def hash_texts(data: bytes, start: Ints, stop: Ints, longest: int, out: NDArray[np.uint64]) -> int: ...
def first_words(data: bytes, start: Ints, stop: Ints, out: NDArray[np.uint64]) -> None: ...
def find_first(data: bytes, start: Ints, stop: Ints, byte: int, out: Ints) -> None: ...
def find_last(data: bytes, start: Ints, stop: Ints, byte: int, out: Ints) -> None: ...
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
