"""A container's log files and a request's options come in; the bytes the kubelet would send go out.

It takes the steps of ReadLogs in k8s.io/cri-client/pkg/logs (1.36), with its faults: the newest file only, the filter
record by record, and a follower that learns of new files only from its first end of file on.
"""

from collections.abc import Iterator

from tests.kube.instants import stamp
from tests.kube.lives import Life, Record
from tests.kube.log_options import LogOptions

_BUFFER = 32 * 1024  # bytes a read gives at most, as io.Copy does: a slow client keeps the reader behind


class Reader:
    """One read of a container's log, as far as it has come."""

    def __init__(self, life: Life, options: LogOptions) -> None:
        self._life = life
        self._options = options
        self._file = life.files[-1]
        self._next = 0 if options.tail is None else max(0, len(self._file) - options.tail)
        self._records = None if options.follow else options.tail
        self._room = options.limit
        self._line_begins = True
        self._watching: int | None = None  # how many files were there when the reader last learnt of a new one
        self._ended = False

    def read(self) -> bytes | None:
        """Return the next bytes: empty where a follower has to wait, None at the end."""
        pieces: list[bytes] = []
        size = 0
        while not self._ended and size < _BUFFER:
            record = self._record()
            if record is None:
                break
            piece = b"".join(self._written(record))
            pieces.append(piece)
            size += len(piece)
        return None if self._ended and not pieces else b"".join(pieces)

    def _record(self) -> Record | None:
        """Return the next record; None where there is none yet, or no more."""
        while self._records != 0:
            if self._next < len(self._file):
                self._next += 1
                if self._records is not None:
                    self._records -= 1
                return self._file[self._next - 1]
            if not self._at_end_of_file():
                return None
        self._ended = True
        return None

    def _at_end_of_file(self) -> bool:
        """Return whether there is a new file to go on with."""
        files = self._life.files
        if not self._options.follow or self._life.ended is not None:
            # waitLogs asks whether the container runs before it looks at events: a file made meanwhile is not read.
            self._ended = True
            return False
        if self._watching is None:
            # inotify is set up only now: a rotation before this moment is never noticed.
            self._watching = len(files)
        if self._watching == len(files):
            return False
        # One event a rotation, but always the newest file is opened: two at once skip one file and repeat another.
        self._watching += 1
        self._file, self._next = files[-1], 0
        return True

    def _written(self, record: Record) -> Iterator[bytes]:
        """Yield a record as it is sent; nothing for one before `since`, which still says whether a line is begun."""
        begins, self._line_begins = self._line_begins, record.full
        if record.at < self._options.since:
            return
        prefix = f"{stamp(record.at, record.zone)} ".encode() if self._options.timestamps and begins else b""
        line = prefix + record.body + (b"\n" if record.full else b"")
        if self._room is not None:
            line = line[: self._room]
            self._room -= len(line)
            self._ended = self._room == 0
        yield line
