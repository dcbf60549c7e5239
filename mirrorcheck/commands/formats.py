"""Settings in, the log formats that are known out; or a log in, and out what it was recognised as, and why."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from mirrorcheck.errors import InputError
from mirrorcheck.ingest import Formats, detect_in, unknown_format
from mirrorcheck.reports.text import counted, visible
from mirrorcheck.settings import Settings
from mirrorcheck.sources.files import open_sources
from mirrorcheck.sources.formats import given_formats
from mirrorcheck_parsers import Attempt, Detection, Format, Parser, RecordBatch, compile_format
from mirrorcheck_parsers.catalogue import CATALOGUE, SAMPLES

_SHOWN = 3  # lines that are split into fields
_NEAREST = 5  # formats that came close
_LONGEST = 200  # characters of a field
_FINE = {1: "microsecond", 1_000: "millisecond", 1_000_000: "second"}
_ALSO = """\
Besides: any log_format of nginx and any format string of Envoy, text or JSON (--log-format), those of a file
(--formats, --nginx-conf), and JSON whose keys have usual names. What a file is in: mirrorcheck formats --detect FILE"""


def show_formats(settings: Settings, console: Console) -> None:
    """Write the names of all formats, those of the user first, each with what dates its lines and a sample."""
    for name, template in (*given_formats(settings.formats, settings.nginx_conf), *CATALOGUE):
        _write(console, f"{name}: {_clock(compile_format(template, name=name))}")
        _write(console, f"    {SAMPLES.get(name, template)}")
    for line in _ALSO.splitlines():
        _write(console, line)


def explain_file(name: str, settings: Settings, console: Console) -> None:
    """Write which format the file is in, how the others came off, and its first lines field by field.

    Raises InputError where the file cannot be read or is in no known format.
    """
    formats = Formats(settings.log_format, given_formats(settings.formats, settings.nginx_conf))
    text = b""
    for source in open_sources([name]):
        text = next(source.chunks(), b"")
    detection = detect_in(text, formats)
    if detection.format is None:
        if detection.first_line[0]:
            raise InputError(unknown_format(name, text, detection, formats))
        raise InputError(f"{name} holds no request: nothing can be told from it. Give a log with some lines in it.")
    for line in _explanation(name, detection, detection.format):
        _write(console, line)
    batch = Parser(detection.format).feed(text if text.endswith(b"\n") else text + b"\n")
    for line in _records(batch):
        _write(console, line)
    for sample in batch.samples[:_SHOWN]:
        _write(console, f"line {sample.line:,} is not: {sample.reason}")


def _explanation(name: str, detection: Detection, format: Format) -> Iterator[str]:
    found = next(attempt for attempt in detection.attempts if attempt.format is format)
    yield f"{name}: {format.name}"
    yield f"    {_share(found)}, start-up chatter left out"
    yield f"    time: {_clock(format)}"
    yield f"    fields: {', '.join(sorted(format.fields))}"
    wrapped = [attempt for attempt in detection.attempts if attempt.format.layers == format.layers]
    others = [attempt for attempt in wrapped if attempt.format is not format]
    for attempt in _nearest(others):
        yield f"    not {attempt.format.name}: {_why_not(attempt, found)}"


def _nearest(attempts: Sequence[Attempt]) -> list[Attempt]:
    return sorted(attempts, key=lambda attempt: (-attempt.matched, -attempt.column))[:_NEAREST]


def _why_not(attempt: Attempt, found: Attempt) -> str:
    if attempt.matched == found.matched:
        return f"{_share(attempt)} as well, but it has fewer fields or was not given"
    if attempt.matched:
        return _share(attempt)
    place = f"column {attempt.column} (expected {attempt.expected}, found {attempt.found or 'its end'})"
    return f"{_share(attempt)}, the first one up to {place}"


def _share(attempt: Attempt) -> str:
    return f"{attempt.matched:,} of its first {counted(attempt.lines, 'line')} match"


def _records(batch: RecordBatch) -> Iterator[str]:
    """The first records, a field a line; what is missing is left out."""
    texts = {field: batch.text(field).head(_SHOWN).to_list() for field in batch.spans} if batch.parsed else {}
    width = max(map(len, texts), default=0)
    for row in range(min(_SHOWN, batch.parsed)):
        yield f"line {int(batch.line[row]):,}"
        for field, values in texts.items():
            value = values[row].decode("utf-8", "backslashreplace")
            if value and value != "-":
                yield f"    {field:{width}}  {value[:_LONGEST]}{'...' if len(value) > _LONGEST else ''}"


def _clock(format: Format) -> str:
    """What dates a line, and how finely."""
    return f"{format.clock} of the request, to the {_FINE[format.resolution_us]}, by {format.clock_field}"


def _write(console: Console, line: str) -> None:
    console.print(Text(visible(line, console.encoding)), soft_wrap=True)
