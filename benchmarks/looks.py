"""Pods that log at a rate come in, in event time; what a look of `watch` costs goes out, at the beginning and the end.

    python -m benchmarks.looks --pods 200 --rate 250 --seconds 1200
    python -m benchmarks.looks --pods 10 --rate 100 --seconds 7200

The events are those of a cluster, told second by second as fast as they can be taken, with a look after each, or some.
The lines of each minute are made anew. The status is 1 where the report is not exact.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from benchmarks.generate import MISSED, PROXY, START, line, requests
from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Opened, Proof, Side, Text

_SECOND_US, _MINUTE_S = 1_000_000, 60
_SIDES: tuple[tuple[str, Side, str, str], ...] = (
    ("v1", "primary", "original_ms", "-"),
    ("v2", "shadow", "copy_ms", PROXY),
)


class _Traffic:
    """Requests to half of the pods, copied to the other half but for one in a thousand."""

    def __init__(self, pods: int, rate: int) -> None:
        self._pods, self._per_second = pods // 2, pods * rate / 2
        self._random = np.random.default_rng(2)
        self.originals = self.missed = 0

    def minutes(self, seconds: int) -> Iterator[dict[int, list[tuple[str, bytes]]]]:
        """By second, what each pod logs in it: one dictionary for a minute."""
        for minute in range(-(-seconds // _MINUTE_S)):
            yield self._minute(minute * _MINUTE_S, min(_MINUTE_S, seconds - minute * _MINUTE_S))

    def _minute(self, begin_s: int, seconds: int) -> dict[int, list[tuple[str, bytes]]]:
        count = int(self._per_second * seconds)
        made = requests(count, self._random, self._per_second).with_columns(pl.col("^.*_ms$") + begin_s * 1000)
        # Rates are random: what would be logged in another minute is left out, as if it were never sent.
        first_ms, last_ms = START + begin_s * 1000, START + (begin_s + seconds) * 1000
        made = made.filter(pl.all_horizontal(pl.col("^.*_ms$").is_between(first_ms, last_ms, closed="left")))
        copied = self._random.random(made.height) >= MISSED
        self.originals, self.missed = self.originals + made.height, self.missed + int((~copied).sum())
        told: dict[int, list[tuple[str, bytes]]] = {}
        for (name, _, clock, chain), own in zip(_SIDES, (made, made.filter(copied)), strict=True):
            for second, pod, text in self._lines(own, clock, chain).iter_rows():
                told.setdefault(second, []).append((f"{name}-{pod}", text.encode()))
        return told

    def _lines(self, table: pl.DataFrame, clock: str, chain: str) -> pl.DataFrame:
        """By second and pod, the lines as the kubelet gives them."""
        written = pl.from_epoch((pl.col(clock) * 1e6).cast(pl.Int64), time_unit="ns")
        stamped = pl.format("{}Z {}\n", written.dt.strftime("%Y-%m-%dT%H:%M:%S.%9f"), line(clock, chain))
        second = ((pl.col(clock) - START) // 1000).cast(pl.Int64).alias("second")
        pod = pl.Series("pod", self._random.integers(0, self._pods, table.height))
        lines = table.with_columns(pod).lazy().sort(clock).select(second, "pod", stamped.alias("line"))
        return lines.group_by("second", "pod", maintain_order=True).agg(pl.col("line").str.join("")).collect()


class _Watching:
    """An engine that is told what pods log, and looks."""

    def __init__(self, folder: Path, pods: int) -> None:
        self._folder, self._settings = folder, complete(Options())
        self._engine = Engine(self._settings, lambda stream: folder / f"{stream}.log")
        self._snapshots = Snapshots(Subject("target", "shop", None), START * 1000)
        self._pods = [f"{name}-{number}" for name, *_ in _SIDES for number in range(pods // 2)]
        self._now_us = START * 1000
        for pod in self._pods:
            side = next(side for name, side, *_ in _SIDES if pod.startswith(name))
            (folder / f"{pod}.log").touch()
            opened = Opened(pod, "shop", pod, f"uid-{pod}", "nginx", f"id-{pod}", 0, side, (), self._now_us)
            self._engine.take(opened, self._now_us)

    def second(self, told: list[tuple[str, bytes]]) -> None:
        """Hear what was logged in a second, which is complete then."""
        self._now_us += _SECOND_US
        for pod, text in told:
            with (self._folder / f"{pod}.log").open("ab") as log:
                log.write(text)
            self._engine.take(Text(pod, text), self._now_us)
        for pod in self._pods:
            self._engine.take(Proof(pod, self._now_us - 1), self._now_us)

    def look(self) -> tuple[float, int]:
        """Look; the processor seconds that it took, and how many lines are held."""
        began = time.process_time()
        look = self._engine.look(self._now_us)
        self._snapshots.take(look, decided(look), self._now_us)
        held = look.settled.primary.table.height + look.settled.shadow.table.height
        return time.process_time() - began, held

    def report(self) -> Report:
        """End it a horizon after the last line."""
        self._now_us += self._settings.horizon_us + _SECOND_US
        for pod in self._pods:
            self._engine.take(Proof(pod, self._now_us), self._now_us)
        return self._engine.end(self._now_us).report(self._settings)


def main() -> int:
    """Print a line for each minute, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--rate", type=int, default=250, help="lines a second of each pod")
    parser.add_argument("--seconds", type=int, default=1200, help="of event time")
    parser.add_argument("--every", type=int, default=1, help="seconds of event time from one look to the next")
    given = parser.parse_args()
    traffic, looks, peaks = _Traffic(given.pods, given.rate), [], []
    with TemporaryDirectory() as folder:
        watching = _Watching(Path(folder), given.pods)
        for number, told in enumerate(traffic.minutes(given.seconds), start=1):
            taken = []
            for second in sorted(told):
                watching.second(told[second])
                if second % given.every == 0:
                    taken.append(watching.look())
            looks.append(float(np.median([spent for spent, _ in taken])))
            peaks.append(_memory_mib())
            held = max(held for _, held in taken)
            print(f"minute {number}: a look {looks[-1]:.2f} s CPU, {held:,} held, {peaks[-1]:,.0f} MiB", flush=True)
        began = time.process_time()
        report = watching.report()
        ended = time.process_time() - began
    exact = (report.originals.total, report.originals.missed) == (traffic.originals, traffic.missed)
    print(
        f"{given.pods} pods, {given.rate * given.pods} lines/s, {given.seconds} s: a look at the end "
        f"{looks[-1] / looks[0]:.2f} of one in the first minute, memory {peaks[-1] / peaks[0]:.2f}; "
        f"{looks[-1]:.2f} of a core by a look a second; the report took {ended / looks[-1]:.1f} looks; "
        f"{report.originals.missed:,} of {report.originals.total:,} missed, "
        f"{'exact' if exact else f'not {traffic.missed:,} of {traffic.originals:,}'}"
    )
    return int(not exact)


def _memory_mib() -> float:
    """Memory in use now, where the system says so; else at its peak."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    sys.exit(main())
