from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirrorcheck_parsers.compiled.table import Key, Step

class TextProgram:
    def __init__(self, steps: Sequence[Step]) -> None: ...
    def scan(
        self,
        data: bytes,
        start: NDArray[np.int64],
        stop: NDArray[np.int64],
        among: NDArray[np.bool_],
        out: NDArray[np.int64],
    ) -> int: ...

class ObjectProgram:
    def __init__(self, keys: Sequence[Key], spellings: Sequence[Step]) -> None: ...
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
