"""Logs as the streams that the program reads them into."""

from pathlib import Path

from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.reading.stream import Stream
from mirrorcheck.sources.files import open_sources

NOTHING = Filter(None, None)


def read_logs(*paths: Path, formats: Formats | None = None, exclusions: Filter = NOTHING) -> list[Stream]:
    """Read logs, each into a stream, in the formats that are detected or given."""
    return read_streams(open_sources(list(map(str, paths))), formats or Formats(), exclusions)


def read_log(path: Path, log_format: str | None = None, exclusions: Filter = NOTHING) -> Stream:
    """Read one log."""
    [stream] = read_logs(path, formats=Formats(log_format), exclusions=exclusions)
    return stream
