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

def count_lines(data: bytes, size: int) -> int: ...
def find_lines(data: bytes, size: int, start: NDArray[np.int64], stop: NDArray[np.int64]) -> int: ...
