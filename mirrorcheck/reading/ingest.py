"""A source in, its observations out, batch by batch, with every line accounted for."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from mirrorcheck.reading.observe import Filter, Keep
from mirrorcheck.reading.stream_reader import Counts, Read, Shared, StreamReader
from mirrorcheck.sources.files import Progress, Source
from mirrorcheck_parsers import Format, UnparsedLine

_SAMPLED = 1 << 16  # bytes of a log without a request in which the lines are that are shown
_SAMPLES, _WIDTH = 20, 200  # such lines, and bytes of each


@dataclass(frozen=True, slots=True)
class Job:
    """A source that is to be read, and how; `format` is None where all of its lines are foreign."""

    source: Source
    format: Format | None
    exclusions: Filter
    shared: Shared


def read_logged(job: Job, meter: Progress, keep: Keep) -> Read:
    """Read a source to its end; `keep` is told the observations batch by batch.

    `meter` is told the place reached in the stored bytes. Raises InputError where the source is damaged.
    """
    chunks = job.source.chunks(meter)
    if job.format is None:
        return _foreign_only(chunks)
    reader = StreamReader(job.format, job.exclusions, job.shared, keep=keep)
    for chunk in chunks:
        reader.feed(chunk)
    reader.finish()
    return reader.read()


def _foreign_only(chunks: Iterable[bytes]) -> Read:
    """Start-up chatter and nothing else is no error: a pod that has served nothing yet."""
    lines, first, last = 0, b"", b"\n"
    for chunk in chunks:
        first = first or chunk[:_SAMPLED]
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    lines += last != b"\n"
    spoken = ((number, line) for number, line in enumerate(first.split(b"\n"), 1) if line.strip())
    samples = (UnparsedLine(number, "", line.removesuffix(b"\r")[:_WIDTH]) for number, line in spoken)
    return Read(None, Counts(read=lines, foreign=lines), foreign_samples=tuple(islice(samples, _SAMPLES)))
