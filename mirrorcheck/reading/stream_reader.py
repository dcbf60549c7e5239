"""Reads the text of one stream, in pieces: counts, unparsed samples and columns of observations, at any time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from mirrorcheck.concurrency import made_ahead
from mirrorcheck.reading.column_store import Store
from mirrorcheck.reading.constants import SAMPLE_BYTES, SAMPLE_WIDTH, SAMPLES
from mirrorcheck.reading.observe import ORIGIN_FIELDS, SHARED_FIELDS, Columns, Filter, Ints, Keep, observe
from mirrorcheck.sources.files import Progress, Source
from mirrorcheck_parsers import Decided, Format, LineOrigin, Parser, RecordBatch, UnparsedLine


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines of a stream: read = parsed + foreign + unparsed + repeated; a line rejoined from two counts once.

    repeated: lines that another stream holds, too, and that count there. unproven: those of them that may be lines of
    their own all the same, see `repeated`.
    """

    read: int = 0
    parsed: int = 0
    foreign: int = 0
    unparsed: int = 0
    rejoined: int = 0
    repeated: int = 0
    unproven: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read of a stream besides its observations; format: None if it has no lines that are requests.

    unparsed_of: how many unparsed lines are whose. grown: the format with the keys that its first lines lack, by which
    it should be read again; None if there are none. foreign_samples, foreign_of: as samples and unparsed_of, of the
    lines that are no requests. origins: the texts of the hashes in the columns of observe.ORIGIN_FIELDS.
    """

    format: Format | None
    counts: Counts
    samples: tuple[UnparsedLine, ...] = ()
    unparsed_of: Mapping[LineOrigin, int] = field(default_factory=dict)
    grown: Format | None = None
    foreign_samples: tuple[UnparsedLine, ...] = ()
    foreign_of: Mapping[LineOrigin, int] = field(default_factory=dict)
    origins: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all logs have: which SHARED_FIELDS (others would differ on an original and its copy), and starts."""

    fields: frozenset[str] = frozenset(SHARED_FIELDS)
    starts: bool = True

    @classmethod
    def of(cls, formats: Iterable[Format | None]) -> "Shared":
        """What logs of these formats have; None stands for a log without lines."""
        found = [each for each in formats if each]
        fields = frozenset(SHARED_FIELDS).intersection(*(format_.fields for format_ in found))
        return cls(fields, all(format_.clock == "start" for format_ in found))

    def within(self, format_: Format | None) -> "Shared":
        """The part of it that makes a difference to a log of this format."""
        if format_ is None:
            return Shared()
        return Shared(self.fields & format_.fields, self.starts or format_.clock != "start")


@dataclass(frozen=True, slots=True)
class Skipped:
    """The part of a stream before the text that is read."""

    lines: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Lines that were observed, and not kept yet; without columns where none is a record."""

    batch: RecordBatch
    columns: Columns


class StreamReader:
    """Reads a stream of a known format; it makes no difference how its text is cut."""

    def __init__(
        self,
        format_: Format,
        exclusions: Filter,
        shared: Shared | None = None,
        skipped: Skipped | None = None,
        keep: Keep | None = None,
    ) -> None:
        """keep: called with the observations of each batch; without it they are kept here."""
        self.counts = Counts()
        self.last_us: int | None = None  # stamp of the last line that was parsed
        self.format, self._exclusions = format_, exclusions
        self._shared, self._skipped = shared or Shared(), skipped or Skipped()
        self._parser = Parser(format_, exclusions.asked)
        self._samples: list[UnparsedLine] = []
        self._unparsed_of: Counter[LineOrigin] = Counter()
        self._foreign_samples: list[UnparsedLine] = []
        self._foreign_of: Counter[LineOrigin] = Counter()
        self._origins: dict[int, bytes] = {}
        self._store = Store()
        self._keep_columns = keep or self._store.append

    def feed(self, data: bytes) -> None:
        """Take text that follows what was fed before."""
        self.keep(self.observed(self._parser.decide(data)))

    def finish(self) -> None:
        """Read a last line without its line break, or with an open quote: nothing follows."""
        self.keep(self.observed(self._parser.decide_rest()))

    def decided(self, chunks: Iterable[bytes]) -> Iterator[Decided]:
        """The lines of a whole stream, each part of which is to be observed, and kept in this order."""
        yield from map(self._parser.decide, chunks)
        yield self._parser.decide_rest()

    def observed(self, decided: Decided) -> Observed:
        """Observe lines; in any thread, since nothing here changes by it."""
        batch = decided.batch()
        columns = self._placed(observe(batch, self._exclusions, self._shared.fields)) if batch.parsed else {}
        return Observed(batch, columns)

    @property
    def lines(self) -> Ints:
        """The 1-based numbers of the lines that have observations here, in their order."""
        columns = self._store.columns()
        return columns["line"].astype(np.int64) if columns else np.zeros(0, np.int64)

    @property
    def grown(self) -> Format | None:
        """The format with the keys that came late, None if none did that it has not."""
        return self._parser.grown()

    @property
    def unnamed(self) -> bool:
        """Whether a record has a key of JSON, of use or not, that the first lines have not."""
        return self._parser.unnamed

    def forget(self, lines: Ints) -> None:
        """Drop the observations of these lines (1-based numbers); the counts stay."""
        columns = self._store.columns()
        if columns:
            self._store.filter(~np.isin(columns["line"], lines))

    def columns(self) -> Columns:
        """The observations so far that are held."""
        return self._store.columns()

    def read(self) -> Read:
        """All that has been read so far, but for the observations."""
        # As they are now: more may come while these are used.
        unparsed_of, foreign_of = dict(self._unparsed_of), dict(self._foreign_of)
        samples, foreign_samples = tuple(self._samples), tuple(self._foreign_samples)
        origins = dict(self._origins)
        return Read(self.format, self.counts, samples, unparsed_of, self.grown, foreign_samples, foreign_of, origins)

    def keep(self, observed: Observed) -> None:
        """Count lines, and keep their observations."""
        batch, columns = observed.batch, observed.columns
        self.counts += Counts(batch.lines, batch.parsed, batch.foreign, batch.unparsed, batch.rejoined)
        self._samples += self._numbered(batch.samples)
        self._unparsed_of.update(batch.unparsed_of)
        self._foreign_samples += self._numbered(batch.foreign_samples)
        self._foreign_of.update(batch.foreign_of)
        if batch.parsed:
            self._intern(batch, columns)
            self._keep_columns(columns)
            self.last_us = max(self.last_us or 0, int(batch.time_us.max()))

    def _intern(self, batch: RecordBatch, columns: Columns) -> None:
        """Keep one text for each hash of the columns that say whose a line is."""
        for column in ORIGIN_FIELDS.keys() & columns.keys():
            # To find where each hash stands takes longer, and is needed for those that are new only.
            if self._origins.keys() >= set(np.unique(columns[column]).tolist()):
                continue
            hashes, rows = np.unique(columns[column], return_index=True)
            texts = batch.text(ORIGIN_FIELDS[column], rows)
            self._origins = dict(zip(hashes.tolist(), texts, strict=True)) | self._origins

    def _numbered(self, samples: Iterable[UnparsedLine]) -> Iterator[UnparsedLine]:
        """Count the lines of samples from the stream's beginning."""
        return (replace(sample, line=sample.line + self._skipped.lines) for sample in samples)

    def _placed(self, columns: Columns) -> Columns:
        """Count lines and bytes from the stream's beginning; date requests by what all logs date them by."""
        columns["line"] = columns["line"] + self._skipped.lines
        columns["offset"] = columns["offset"] + self._skipped.bytes
        if self.format.clock == "start" and not self._shared.starts and "request_us" in columns:
            columns["time_us"] = columns["time_us"] + columns["request_us"].clip(0)
        return columns


@dataclass(frozen=True, slots=True)
class Job:
    """A source that is to be read, and how; `format` is None where all of its lines are foreign."""

    source: Source
    format: Format | None
    exclusions: Filter
    shared: Shared


def read_logged(job: Job, meter: Progress, keep: Keep) -> Read:
    """Read a source to its end; `keep` gets the observations batch by batch.

    `meter` gets the place reached in the stored bytes. Raises InputError where the source is damaged.
    """
    chunks = job.source.chunks(meter)
    if job.format is None:
        return _foreign_only(chunks)
    reader = StreamReader(job.format, job.exclusions, job.shared, keep=keep)
    # Three threads share the work: while lines are kept, the next ones are observed, and those after them scanned.
    for observed in made_ahead(map(reader.observed, made_ahead(reader.decided(chunks)))):
        reader.keep(observed)
    return reader.read()


def _foreign_only(chunks: Iterable[bytes]) -> Read:
    """Start-up chatter and nothing else is no error: a pod that has served nothing yet."""
    lines, first, last = 0, b"", b"\n"
    for chunk in chunks:
        first = first or chunk[:SAMPLE_BYTES]
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    lines += last != b"\n"
    spoken = ((number, line) for number, line in enumerate(first.split(b"\n"), 1) if line.strip())
    samples = (UnparsedLine(number, "", line.removesuffix(b"\r")[:SAMPLE_WIDTH]) for number, line in spoken)
    return Read(None, Counts(read=lines, foreign=lines), foreign_samples=tuple(islice(samples, SAMPLES)))
