"""Plays logs second by second as the events of a live source, and gives what a watcher sees at each."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.evict import HELD, HeldLines
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import FeedEvent, Opened, Proof, Side, Text
from mirrorcheck.sources.recording import Recorder
from mirrorcheck.totals.lines_spool import LinesSpool

SECOND_US = 1_000_000
_STAMP = re.compile(rb"\[([^\]]+)\]")


def stamp_us(line: bytes) -> int:
    """When a line says that it was written."""
    found = _STAMP.search(line)
    assert found
    moment = datetime.strptime(found[1].decode(), "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    return int(moment.timestamp()) * SECOND_US


def opened(stream: str, side: Side | None, from_us: int = 0) -> Opened:
    """The beginning of a stream, whose pod is named like it."""
    return Opened(stream, "shop", stream, f"uid-{stream}", "nginx", f"id-{stream}", 0, side, (), from_us)


class Watcher:
    """Writes what it is told into files, as a recorder does, before the engine hears of it."""

    def __init__(
        self,
        folder: Path,
        options: Options | None = None,
        held: HeldLines = HELD,
        spool: LinesSpool | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        """recorder: of the same folder, where the watching is to be kept as a recording."""
        self.recorder = recorder
        self.folder = folder
        self.engine = Engine(complete(options or Options()), lambda stream: folder / f"{stream}.log", held, spool)
        self.snapshots = Snapshots(Subject("target", "shop", None), started_us=0)
        self.now_us = 0

    def tell(self, *events: FeedEvent) -> None:
        """Hear events at the present instant."""
        for event in events:
            if self.recorder:
                self.recorder.take(event)
            elif isinstance(event, Opened):
                (self.folder / f"{event.stream}.log").touch()
            elif isinstance(event, Text):
                with (self.folder / f"{event.stream}.log").open("ab") as log:
                    log.write(event.data)
            self.engine.take(event, self.now_us)

    def look(self) -> tuple[Look, Snapshot]:
        """Settle and paint at the present instant."""
        found = self.engine.look(self.now_us)
        if self.recorder and found.decided:
            self.recorder.take(found.decided)
        return found, self.snapshots.take(found, decided(found), self.now_us)

    def run(self, logs: dict[str, list[bytes]], *, after_s: int = 0, every: int = 1) -> Iterator[Snapshot]:
        """Tell the lines of each stream second by second, each second proved complete; a look at every so many."""
        stamps = [stamp_us(line) for lines in logs.values() for line in lines]
        for number, second_us in enumerate(range(min(stamps), max(stamps) + (after_s + 1) * SECOND_US, SECOND_US)):
            self.now_us = second_us + SECOND_US
            for stream, lines in logs.items():
                due = 0
                while due < len(lines) and stamp_us(lines[due]) <= second_us:
                    due += 1
                if due:
                    self.tell(Text(stream, b"".join(lines[:due])))
                    del lines[:due]
                self.tell(Proof(stream, second_us))
            if number % every == 0:
                yield self.look()[1]
        yield self.look()[1]


def lines_of(path: Path) -> list[bytes]:
    """The lines of a log with their line breaks."""
    return path.read_bytes().splitlines(keepends=True)
