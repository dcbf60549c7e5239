"""Plays mirrors whose copies are late, cut off at some moment: how many misses are invented there, and how many hidden.

`python -m tests.ends --seeds 20` prints them by how late copies are, the share that is mirrored, and what happens.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import mirrorcheck

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FORMAT = '$remote_addr [$time_iso8601] "$request" $status "$http_x_forwarded_for" $msec'
_START_S, _SECOND = 1_795_341_600.0, 1000
_RATE, _LEAST_S, _MOST_S = 16.0, 60.0, 110.0
_SLOW_S = 40.0

LOGNORMAL, BIMODAL, UNIFORM, BURSTS, STALLS = "lognormal", "bimodal", "uniform", "bursts", "stalls"
WELL, HALFWAY, LAST_SECOND, SHADOW_FIRST = "well", "stops halfway", "stops 1 s before the end", "shadow read first"


def _bimodal(at: Floats, random: np.random.Generator) -> Floats:
    return np.where(random.random(len(at)) < 0.1, _SLOW_S, 0.02)


def _bursts(at: Floats, random: np.random.Generator) -> Floats:
    """Slow requests come together: for 2 s in 20, and all of them then."""
    begin = 20 * random.random()
    return np.where((at + begin) % 20 < 2, 15 + random.random(len(at)), 0.02)


def _stalls(at: Floats, random: np.random.Generator) -> Floats:
    """The shadow stands still now and then for 3 s, and logs all that came meanwhile when it goes on."""
    phase = (at + 15 * random.random()) % 15
    return np.where(phase < 3, 3 - phase, 0) + 0.01 + 0.01 * random.random(len(at))


DELAYS: dict[str, Callable[[Floats, np.random.Generator], Floats]] = {
    LOGNORMAL: lambda at, random: random.lognormal(-2.0, 1.2, len(at)),
    BIMODAL: _bimodal,
    UNIFORM: lambda at, random: random.uniform(0.05, 2.5, len(at)),
    BURSTS: _bursts,
    STALLS: _stalls,
}
HAPPENINGS = (WELL, SHADOW_FIRST, HALFWAY, LAST_SECOND)
RATIOS = (1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of originals. invented: copied, but after the logs end, and called missed; of `late` such.

    hidden: called unobserved though mirroring had stopped by then; of `stopped` such.
    """

    invented: int
    late: int
    hidden: int
    stopped: int

    def __add__(self, other: "Found") -> "Found":
        return Found(
            self.invented + other.invented,
            self.late + other.late,
            self.hidden + other.hidden,
            self.stopped + other.stopped,
        )


NOTHING = Found(0, 0, 0, 0)


def play(delays: str, ratio: float, happens: str, random: np.random.Generator, folder: Path) -> Found:
    """Play one mirror and look at what is said of it."""
    end = random.uniform(_LEAST_S, _MOST_S)
    at = np.cumsum(random.exponential(1 / _RATE, int(_RATE * _MOST_S * 2)))
    at = at[at < end]
    off = {HALFWAY: end / 2, LAST_SECOND: end - 1}.get(happens, end)
    copied = (random.random(len(at)) < ratio) & (at < off)
    logged = at + DELAYS[delays](at, random)
    seen = copied & (logged < (end - random.uniform(0, 3) if happens == SHADOW_FIRST else end))
    numbers = np.arange(len(at))
    primary = _write(folder / "v1.log", at, numbers, "-")
    order = np.argsort(logged[seen])
    shadow = _write(folder / "v2.log", logged[seen][order], numbers[seen][order], "10.240.0.29")
    report = mirrorcheck.analyze(primary=primary, shadow=shadow, log_format=_FORMAT)
    told = report.table.filter(report.table["side"] == "primary").sort("line")["outcome"].cast(str).to_numpy()
    late, stopped = copied & ~seen, at >= off
    invented, hidden = late & (told == "missed"), stopped & (told == "unobserved")
    return Found(*(int(each.sum()) for each in (invented, late, hidden, stopped)))


def played(kind: tuple[str, float, str], seeds: int) -> Found:
    """Play a kind of mirror so many times."""
    with tempfile.TemporaryDirectory() as folder:
        runs = (np.random.default_rng((seed, *(number_of(part) for part in kind))) for seed in range(seeds))
        return sum((play(*kind, random, Path(folder)) for random in runs), NOTHING)


def number_of(part: str | float) -> int:
    """A number for a part of a kind's name, the same in every process."""
    return int.from_bytes(str(part).encode()[:7], "little")


def _write(path: Path, at: Floats, numbers: NDArray[np.int64], chain: str) -> Path:
    path.write_text("".join(_lines(at, numbers, chain)))
    return path


def _lines(at: Floats, numbers: NDArray[np.int64], chain: str) -> Iterator[str]:
    stamps = np.array((_START_S + at) * _SECOND, np.int64)
    moments = np.datetime_as_string(stamps.astype("datetime64[ms]"), unit="s")
    for stamp, moment, number in zip(stamps.tolist(), moments.tolist(), numbers.tolist(), strict=True):
        yield (
            f'10.0.0.1 [{moment}+00:00] "GET /{number} HTTP/1.1" 200 "{chain}" '
            f"{stamp // _SECOND}.{stamp % _SECOND:03d}\n"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    sys.stdout.write("| delays | ratio | mirroring | invented misses | hidden misses |\n|---|---|---|---|---|\n")
    for kind in product(DELAYS, RATIOS, HAPPENINGS):
        found = played(kind, seeds)
        cells = (*kind, f"{found.invented} of {found.late}", f"{found.hidden} of {found.stopped}")
        sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")


if __name__ == "__main__":
    main()
