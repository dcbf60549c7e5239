"""Codes that distinguish the probes in a log from other requests, and from one another."""

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.probe.agent import AGENT, NAME
from mirrorcheck_parsers import RecordBatch

Codes = NDArray[np.uint64]

_NUMBER_BITS = np.uint64(32)  # nine digits need 30 of them, and six characters of a run 32
_RADIX = 36
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_RUN_LENGTH = 6


def run_code(run: str) -> int:
    """What `run_codes` gives for the probes of a run."""
    return int(run, _RADIX)


def run_name(code: int) -> str:
    """The run that a code of `run_codes` stands for."""
    name = ""
    for _ in range(_RUN_LENGTH):
        code, digit = divmod(code, _RADIX)
        name = _DIGITS[digit] + name
    return name


def run_codes(codes: Codes) -> Codes:
    """The part of each code that stands for the run."""
    return codes >> _NUMBER_BITS


def numbers(codes: Codes) -> NDArray[np.int64]:
    """The part of each code that is the number in its run; 0 for what is no probe."""
    return (codes & np.uint64((1 << 32) - 1)).astype(np.int64)


def probe_codes(batch: RecordBatch) -> Codes:
    """One code a record, equal for equal runs and numbers; 0 where the user agent is not a probe's and nothing else."""
    codes = np.zeros(len(batch.line), np.uint64)
    if "user_agent" not in batch.spans:
        return codes
    name = np.uint64(int.from_bytes(NAME.encode()[:8], "little"))
    rows = np.flatnonzero(batch.first_word("user_agent") == name)
    starts, stops = (bound[rows].tolist() for bound in batch.spans["user_agent"])
    for row, start, stop in zip(rows.tolist(), starts, stops, strict=True):
        if found := AGENT.fullmatch(batch.data, start, stop):
            codes[row] = run_code(found[1].decode()) << int(_NUMBER_BITS) | int(found[2])
    return codes
