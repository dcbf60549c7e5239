"""Lists the known log formats, or explains what the format of a log was recognised as."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.outcomes.sides.unparsed import mostly_unparsed
from mirrorcheck.reading.containers import keep_containers
from mirrorcheck.reading.detection import Formats, Recognized, recognize
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.reading.stream import Stream
from mirrorcheck.render.text import counted, number
from mirrorcheck.render.visible import visible
from mirrorcheck.settings import Settings
from mirrorcheck.sources.files import open_sources
from mirrorcheck.sources.formats import given_formats
from mirrorcheck_parsers import Attempt, Detection, Format, Parser, RecordBatch, compile_format
from mirrorcheck_parsers.catalogue.known import PROGRAMS, SAMPLES
from mirrorcheck_parsers.catalogue.servers import UNDATED
from mirrorcheck_parsers.layers.model import OUTER_FIELDS

_SHOWN = 3  # lines that are split into fields
_NEAREST = 5  # formats that came close
_LONGEST = 200  # characters of a field
_FINE = {1: "microsecond", 1_000: "millisecond", 1_000_000: "second"}
_UNITS = {"ms": "milliseconds", "us": "microseconds"}
_ALSO = (
    "Besides: any log_format of nginx and any format string of Envoy, text or JSON (--log-format), those of a file "
    "(--formats, --nginx-conf), and JSON whose keys have usual names. What a file is in: mirrorcheck formats "
    "--detect FILE"
)
_DEEPER = "    "


def show_formats(settings: Settings, console: Console) -> None:
    """Write the names of all formats, those of the user first, each with what dates its lines and a sample."""
    known = ((program.name, program.template) for program in (*PROGRAMS, *UNDATED))
    for name, template in (*given_formats(settings.formats, settings.nginx_conf), *known):
        _flow(console, name)
        _flow(console, f"    time: {_about(compile_format(template, name=name, stamped=True))}")
        _flow(console, f"    {SAMPLES.get(name, template)}")
    _flow(console, _ALSO)


def _about(format: Format) -> str:
    """What dates a line, the unit of its durations unless it is seconds, and what is taken for granted."""
    dated = "none; read where something around the lines stamps them, as kubectl logs --timestamps does"
    clock = _clock(format) if format.clock_column else dated
    unit = [f"durations in {_UNITS[format.unit]}"] if format.unit in _UNITS else []
    return "; ".join([clock, *unit, *format.notes])


def explain_file(name: str, settings: Settings, console: Console) -> None:
    """Write which format the file is in, why it is in no other, and its first lines field by field.

    Raises InputError where the file cannot be read or is in no known format.
    """
    formats = Formats(settings.log_format, given_formats(settings.formats, settings.nginx_conf), explained=True)
    for source in open_sources([name]):
        recognized = recognize(source, formats)
        if recognized is None or recognized.detection.format is None:
            message = f"{source.name} holds no request. Give a log with some lines in it."
            raise InputError(message)
        _explain(source.name, recognized, recognized.detection.format, console)
        # What the first lines promise is one thing, what an analysis makes of all of them is another.
        [stream] = read_streams([source], formats, Filter.of(settings))
        for line in _outcome(stream):
            _flow(console, line)


def _outcome(stream: Stream) -> Iterator[str]:
    """What `analyze` makes of the lines of a file, all of them."""
    try:
        [stream] = keep_containers([stream], ())
    except UsageError as error:
        yield f"analyze refuses it: {error}"
    counts = stream.counts
    parts = [counted(counts.parsed, "request")]
    aside = sum(stream.aside.values())
    parts += [f"{number(counts.foreign - aside)} foreign"] if counts.foreign > aside else []
    parts += [f"{number(aside)} of other containers ({', '.join(stream.aside)})"] if aside else []
    parts += [f"{number(counts.unparsed)} that may be requests, but are not in this format"] if counts.unparsed else []
    yield f"analyze reads {counted(counts.read, 'line')}: {', '.join(parts)}"
    if mostly_unparsed(counts):
        yield "analyze refuses it: most of its requests are in another format"
    for sample in stream.samples[:_SHOWN]:
        yield f"line {sample.line:,} is not: {sample.reason}"


def _explain(name: str, recognized: Recognized, format: Format, console: Console) -> None:
    parser = Parser(format)
    batches = [parser.feed(recognized.text), parser.flush()]
    logged = {field for batch in batches if batch.parsed for field in format.fields if _is_logged(batch, field)}
    grown = parser.grown() or format
    for line in _explanation(name, recognized.detection, format, logged, grown):
        _flow(console, line)
    before = recognized.lines_before
    records = (record for batch in batches for record in _records(batch, before))
    for line in chain.from_iterable(islice(records, _SHOWN)):
        _write(console, line)


def _is_logged(batch: RecordBatch, field: str) -> bool:
    """True but for what the layers around a line could say, and said of none."""
    start, stop = batch.spans[field]
    return field not in OUTER_FIELDS or bool((stop > start).any())


def _explanation(
    name: str, detection: Detection, format: Format, logged: Collection[str], grown: Format
) -> Iterator[str]:
    found = next(attempt for attempt in detection.attempts if attempt.format is format)
    yield f"{name}: {format.name}"
    yield f"    {_share(found)}, start-up chatter excluded"
    yield f"    time: {_clock(format)}"
    yield f"    fields: {', '.join(sorted(logged))}"
    for note in grown.notes:
        yield f"    read: {note}"
    late = grown.fields - format.fields
    if late:
        yield f"    only later lines have: {', '.join(sorted(late))}"
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
    if attempt.lines == 1:
        return f"its only line matches up to {place}"
    return f"{_share(attempt)}, the first one up to {place}"


def _share(attempt: Attempt) -> str:
    if attempt.lines == 1 == attempt.matched:
        return "its only line matches"
    return f"{attempt.matched:,} of its first {counted(attempt.lines, 'line')} match"


def _records(batch: RecordBatch, lines_before: int) -> Iterator[list[str]]:
    """The first records, a field a line; what is missing is left out."""
    texts = {field: batch.text(field)[:_SHOWN] for field in batch.spans} if batch.parsed else {}
    width = max(map(len, texts), default=0)
    for row in range(min(_SHOWN, batch.parsed)):
        record = [f"line {int(batch.line[row]) + lines_before:,}"]
        for field, values in texts.items():
            value = values[row].decode("utf-8", "backslashreplace")
            if value and value != "-":
                record.append(f"    {field:{width}}  {value[:_LONGEST]}{'...' if len(value) > _LONGEST else ''}")
        yield record


def _clock(format: Format) -> str:
    """What dates a line, and how finely."""
    return f"{format.clock} of the request, to the {_FINE[format.resolution_us]}, by {format.clock_field}"


def _flow(console: Console, line: str) -> None:
    """Write a line, wrapped between words; the lines that it wraps onto are indented deeper."""
    indent = line[: len(line) - len(line.lstrip())]
    safe = visible(line.strip(), console.encoding)
    deeper = indent + _DEEPER if indent else indent
    lines = wrap(safe, console.width, initial_indent=indent, subsequent_indent=deeper, break_on_hyphens=False)
    for each in lines:
        console.print(Text(each), soft_wrap=True)


def _write(console: Console, line: str) -> None:
    console.print(Text(visible(line, console.encoding)), soft_wrap=True)
