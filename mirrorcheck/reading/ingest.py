"""A source in, its observations out, batch by batch, with every line accounted for."""

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.reading.observe import Filter, Keep
from mirrorcheck.reading.stream_reader import Counts, Read, Shared, StreamReader
from mirrorcheck.sources.files import Progress, Source
from mirrorcheck_parsers import Format


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
        return Read(None, _foreign_only(chunks))
    reader = StreamReader(job.format, job.exclusions, job.shared, keep=keep)
    for chunk in chunks:
        reader.feed(chunk)
    reader.finish()
    return reader.read()


def _foreign_only(chunks: Iterable[bytes]) -> Counts:
    """Start-up chatter and nothing else is no error: a pod that has served nothing yet."""
    lines, last = 0, b"\n"
    for chunk in chunks:
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    lines += last != b"\n"
    return Counts(read=lines, foreign=lines)
