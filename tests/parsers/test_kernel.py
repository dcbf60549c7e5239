"""The kernel: it reads a line as the regular expression does or leaves it, and nothing outside of the line."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import LAYERS, Format, Parser, compile_format, detect, scanning
from mirrorcheck_parsers.catalogue.known import KNOWN, SAMPLES, WITHOUT_TIME
from mirrorcheck_parsers.columnwise.words import PADDING
from mirrorcheck_parsers.compiled.stamps import NO_STAMP
from mirrorcheck_parsers.compiled.table import make_table
from mirrorcheck_parsers.exact.match import match_line
from mirrorcheck_parsers.layers.model import OUTER_FIELDS, Envelope, Prefix
from mirrorcheck_parsers.wrappers.colours import COLOURS
from mirrorcheck_parsers.wrappers.envelopes import EnvelopeStripper
from mirrorcheck_parsers.wrappers.prefix import PrefixStripper
from mirrorcheck_parsers.wrappers.rows import Rows
from tests.sample import examples

pytestmark = pytest.mark.skipif(scanning.kernel is None, reason="the kernel was not compiled")

STAMP = b"22/Nov/2026:10:00:00 +0100"
# Formats of users, each with a line of it: kinds, escapes and neighbours that the catalogue does not have.
OWN = {
    'escape=none $time_local "$http_user_agent" "$request" $status': STAMP + b' "a "b" \\" "GET / HTTP/1.1" 200',
    'escape=json [$time_iso8601] $remote_user ($request) "$http_user_agent"': (
        b'[2026-11-22T10:00:00+01:00] bob (GET / HTTP/1.1) "a \\" b"'
    ),
    "$remote_addr, $remote_user [$time_local] $request|$status|$request_time": (
        b"10.0.0.1, - [" + STAMP + b"] GET / HTTP/1.1|200|0.001"
    ),
    "$msec $request_uri ${agent:free}": b'1795341600.123 /a b "c" d',
    '${t:%d.%m.%Y %H:%M:%S,%3f %z} "${agent:free}" "${a:text}" $status': (b'22.11.2026 10:00:00,123 +0100 "a" "c" 200'),
    "$time_local ${a:list} ${b:list} x=${c:label}, y=${d:until}] ${e:word}: $request_method $request_uri": (
        STAMP + b" 1.2, 3.4 : 5 - x=, y=a b] c:d: GET /a"
    ),
    "$time_local${c:name}$uri $bytes_sent $request_length ${a:us}": STAMP + b"bc/d +5 1234567890123456789 -12",
}
OWN_FORMATS = [(compile_format(template), line) for template, line in OWN.items()]
FORMATS = [(known, SAMPLES[known.name].encode()) for known in (*KNOWN, *WITHOUT_TIME) if not known.keys] + OWN_FORMATS
PIECES = [
    *(b'"', b"\\", b'\\"', b"\\x22", b"\\\\", b" ", b"  ", b"-", b"- ", b"+", b".", b",", b", ", b" : ", b":", b"/"),
    *(
        b"[",
        b"]",
        b'" "',
        b"0",
        b"99",
        b"1234567890",
        b"29/Feb",
        b"Z",
        b"+19:59",
        b"-0030",
        b"\0",
        b"\xff",
        b"\r",
        b"T",
    ),
]


@st.composite
def damaged(draw: st.DrawFn, line: bytes, pieces: list[bytes]) -> bytes:
    """Draw a line with some of its bytes cut out, replaced or repeated, and others put in between."""
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(line)))
        end = begin + draw(st.sampled_from([0, 0, 0, 1, 2, 9]))
        piece = draw(st.sampled_from(pieces) | st.binary(max_size=3).map(lambda octets: octets.replace(b"\n", b"")))
        line = line[:begin] + piece + line[end:]
    return line


NESTED = (
    'escape=json {"t":"$time_iso8601","r":{"m":"$request_method","u":"$request_uri"},"status":$status,'
    '"ua":"$http_user_agent","d":"$request_time"}'
)
NESTED_LINE = b'{"t":"2026-11-22T10:00:00+01:00","r":{"m":"GET","u":"/a"},"status":200,"ua":"curl/8","d":"0.001"}'
CASES = Path(__file__).parents[2] / "testdata" / "formats"
JSON_SAMPLES = [path.read_bytes() for path in sorted(CASES.glob("*json*/sample.log"))]
JSON_FORMATS = [
    (compile_format(NESTED), [NESTED_LINE]),
    *((known, [SAMPLES[known.name].encode()]) for known in KNOWN if known.keys),
    *((found, sample.splitlines()) for sample in JSON_SAMPLES if (found := detect(sample).format) and found.keys),
]
JSON_PIECES = [*PIECES, b"{", b"}", b"]", b"null", b'"a":', b'{"a":1}', b"\\u0041", b"true", b"\t", b"\f", b",,"]
json_keys = st.sampled_from(
    ["a", "a.b", "b", "user_agent", "http_x_request_id", "x_request_id", "traceparent", "é", ""]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["x", "-", "/é", "1795341600.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(json_keys, inner, max_size=3),
    max_leaves=4,
)


@st.composite
def json_lines(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """Draw one of the lines with other values, keys and blanks, in another order, or damaged."""
    members = list(json.loads(draw(st.sampled_from(lines))).items())
    for _ in range(draw(st.integers(0, 2))):
        key = draw(json_keys | st.sampled_from([key for key, _ in members]))
        members.insert(draw(st.integers(0, len(members))), (key, draw(json_values)))
    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", "\t:")]))
    is_ascii = draw(st.booleans())
    written = (
        (json.dumps(each, ensure_ascii=is_ascii, separators=(comma, colon)) for each in pair) for pair in members
    )
    line = "{" + comma.join(colon.join(pair) for pair in written) + "}"
    return draw(damaged(line.encode(), JSON_PIECES)) if draw(st.booleans()) else line.encode()


@st.composite
def json_logs(draw: st.DrawFn) -> tuple[Format, list[bytes]]:
    """Draw a format of JSON and some lines of it."""
    format, lines = draw(st.sampled_from(JSON_FORMATS))
    drawn = draw(st.lists(json_lines(lines), min_size=1, max_size=5))
    return format, drawn * draw(st.sampled_from([1, 1, 25]))


@st.composite
def logs(draw: st.DrawFn) -> tuple[Format, list[bytes]]:
    """Draw a format and some lines of it, of which some are damaged."""
    # Of those without a time, a line is a record only where something around it has one.
    format, line = draw(st.sampled_from([(format, line) for format, line in FORMATS if format.clock_column]))
    return format, draw(st.lists(damaged(line, PIECES), min_size=1, max_size=6))


def records(format: Format, chunks: list[bytes], *, exact: bool = False, late: bool = False) -> list[object]:
    """Parse a stream; give all that is known of its lines; late: batches are made at its end, the last one first."""
    parser = Parser(format, exact=exact)
    if late:
        decided = [*map(parser.decide, chunks), parser.decide_rest()]
        batches = [each.batch() for each in reversed(decided)][::-1]
    else:
        batches = [*map(parser.feed, chunks), parser.flush()]
    told: list[object] = []
    for batch in batches:
        for row in range(batch.parsed):
            told.append((int(batch.line[row]), int(batch.time_us[row]), bool(batch.well_formed[row])))
            told.append({name: batch.data[start[row] : stop[row]] for name, (start, stop) in batch.spans.items()})
            told.append({name: int(batch.integer(name)[row]) for name in batch.spans})
        told.append((batch.lines, batch.parsed, batch.foreign, batch.unparsed, batch.rejoined, batch.samples))
    grown = parser.grown()
    return [*told, parser.unnamed, grown and (dict(grown.late), grown.notes)]


@pytest.mark.parametrize(("format", "line"), FORMATS, ids=[format.name for format, _ in FORMATS])
def test_a_usual_line_is_read_as_the_expression_reads_it(format: Format, line: bytes) -> None:
    """Each format has a table, and its line, the last one of a text, has the spans of the expression's groups."""
    table, found = make_table(format), match_line(format, line, 0, len(line))
    kept = {column.name: place for place, column in enumerate(format.columns) if not column.duplicate}
    assert found, line
    assert table
    spans = {name: tuple(found.bounds[2 * place : 2 * place + 2]) for name, place in kept.items()}
    assert scan(format, line, [(0, len(line))]).spans(0) == spans


@examples(400)
@given(logs())
def test_lines_are_read_as_the_expression_reads_them(log: tuple[Format, list[bytes]]) -> None:
    """Whatever is damaged on some lines, all have the records that they have one by one."""
    format, lines = log
    stream = b"".join(line + b"\n" for line in lines)
    assert records(format, [stream]) == records(format, [stream], exact=True)


@pytest.mark.unmeasured
@examples(400)
@given(json_logs())
def test_objects_are_read_as_they_are_one_by_one(log: tuple[Format, list[bytes]]) -> None:
    """Whatever keys and values come, in whatever order, all lines have the records that they have one by one."""
    format, lines = log
    chunks = [line + b"\n" for line in lines]
    assert records(format, chunks) == records(format, chunks, exact=True)


@examples(400)
@given(json_logs())
def test_usual_objects_are_read_as_they_are_one_by_one(log: tuple[Format, list[bytes]]) -> None:
    """Where nothing is compiled, lines whose keys came before have the records that they have key by key."""
    format, lines = log
    chunks = [b"".join(line + b"\n" for line in lines[at : at + 7]) for at in range(0, len(lines), 7)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scanning, "kernel", None)
        assert records(format, chunks) == records(format, chunks, exact=True)


OTHERS = ["x", "", "-", "a\\b", 'a"', "é", None, 5, True, 1795341600.5, [], ["x"], ["x", "y"], {"a": 1}]


@pytest.mark.parametrize(("format", "lines"), JSON_FORMATS, ids=[format.name for format, _ in JSON_FORMATS])
def test_usual_keys_with_other_values(format: Format, lines: list[bytes]) -> None:
    """Whatever the values are that come with keys which came before, they are read as they are key by key."""
    line = json.loads(lines[0])
    written = [line, line, *({**line, key: other} for key in line for other in OTHERS)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scanning, "kernel", None)
        for separators in ((",", ":"), (" , ", " : ")):
            chunk = b"".join(json.dumps(each, separators=separators).encode() + b"\n" for each in written)
            assert records(format, [chunk]) == records(format, [chunk], exact=True)


ENVELOPES = [layer for layer in LAYERS if isinstance(layer, Envelope)]
PREFIXES = [layer for layer in LAYERS if isinstance(layer, Prefix)]
said = st.text(max_size=6) | st.sampled_from(["P", "F", "a\n", "a\r\n", "\n\n", "\x1b[1mx", "😀", "\ud83d", '"', "\\"])
said |= st.sampled_from(["2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00+0100", "1795341600123", "web-v1"])
words = st.sampled_from(
    ["web-v1", "a", "", "stdout", "F", "P:", "1", "2026-11-22T10:00:00.5+01:00", '{a="}\\""}', "11-22"]
)


@st.composite
def wrapped_rows(draw: st.DrawFn) -> tuple[Envelope | Prefix, list[bytes]]:
    """Draw a layer and some rows that have it, or something like it."""
    layers: list[Envelope | Prefix] = [*ENVELOPES, *PREFIXES]
    layer = draw(st.sampled_from(layers))
    count = draw(st.integers(1, 4))
    if isinstance(layer, Prefix):
        templates = [draw(st.sampled_from(layer.templates)) for _ in range(count)]
        rows = [re.sub(r"\$[a-z]+", lambda _: draw(words), each).encode() + b"GET /" for each in templates]
    else:
        rows = [draw(enveloped(layer)) for _ in range(count)]
    return layer, [draw(damaged(row, JSON_PIECES)) if draw(st.booleans()) else row for row in rows]


@st.composite
def enveloped(draw: st.DrawFn, envelope: Envelope) -> bytes:
    """Draw an object with some of an envelope's paths, and others."""
    paths = [path for each in envelope.paths().values() for path in each]
    made: dict[str, object] = {}
    for path in draw(st.lists(st.sampled_from(paths), max_size=6)):
        value = draw(said | json_values)
        *outer, last = path.removesuffix(".[]").split(".")
        inside = made
        for key in outer:
            inside = cast(dict[str, object], inside.setdefault(key, {}))
            if not isinstance(inside, dict):
                break
        else:
            inside[last] = [value] if path.endswith("[]") else value
    if draw(st.booleans()):
        made[draw(json_keys)] = draw(json_values)
    return json.dumps(made, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@examples(400)
@given(wrapped_rows())
def test_layers_are_taken_off_as_they_are_one_by_one(drawn: tuple[Envelope | Prefix, list[bytes]]) -> None:
    """Whatever is said around lines, all of them have the text, the stamp and the names that they have one by one."""
    layer, lines = drawn
    text = b"".join(line + b"\n" for line in lines)
    stop = np.cumsum([len(line) + 1 for line in lines]) - 1
    start = stop - np.array([len(line) for line in lines])
    rows = Rows(text + bytes(PADDING), start, stop, np.ones(len(lines), np.bool_), {})
    stripper = EnvelopeStripper if isinstance(layer, Envelope) else PrefixStripper
    found, exact = (stripper(layer, exact=is_exact).strip(rows) for is_exact in (False, True))  # type: ignore[arg-type]
    assert told_of(found) == told_of(exact)


def told_of(rows: Rows) -> list[object]:
    """Give all that is known of each row; of one that lacks the layer, its text."""
    count = len(rows.start)
    stamps = [NO_STAMP] * count if rows.stamp_us is None else rows.stamp_us.tolist()
    unfinished = [False] * count if rows.unfinished is None else rows.unfinished.tolist()
    told = zip(rows.wrapped.tolist(), stamps, unfinished, strict=True)
    return [
        (rows.line(row), is_wrapped and (stamp, goes_on, [rows.said(name, row) for name in OUTER_FIELDS]))
        for row, (is_wrapped, stamp, goes_on) in enumerate(told)
    ]


@pytest.mark.parametrize("key", [b'a\\"b', b"a\\\\b", b"a.b", b"a"])
def test_a_key_is_what_is_written_between_quotes(key: bytes) -> None:
    """What a key means is not what stands on the line: a quote in it is escaped, or ends it."""
    format = compile_format(f'escape=json {{"t":"$time_iso8601","r":"$request","{key.decode()}":"$status"}}')
    line = b'{"t":"2026-11-22T10:00:00+01:00","r":"GET / HTTP/1.1","%b":"200"}'
    meant = key.replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    chunks = [line % each + b"\n" for each in (key, meant, key, b"other")]
    assert records(format, chunks) == records(format, chunks, exact=True)


def test_a_path_of_an_envelope_says_one_thing() -> None:
    """The kernel takes each value for one field."""
    for envelope in ENVELOPES:
        paths = [path for each in envelope.paths().values() for path in each]
        assert len(paths) == len(set(paths)), envelope.name


@given(logs(), st.data())
def test_a_stream_may_be_cut_anywhere(log: tuple[Format, list[bytes]], data: st.DataObject) -> None:
    """What a stream says does not depend on its chunks, nor on when their batches are made."""
    format, lines = log
    stream = b"".join(line + b"\r\n" for line in lines)
    place = data.draw(st.integers(0, len(stream)))
    whole = [each for each in records(format, [stream]) if isinstance(each, dict)]
    chunks = [stream[:place], stream[place:]]
    assert [each for each in records(format, chunks) if isinstance(each, dict)] == whole
    assert records(format, chunks, late=True) == records(format, chunks)


@dataclass(frozen=True, slots=True, eq=False)
class Scanned:
    """What the kernel made of some lines."""

    columns: tuple[str, ...]
    lines: list[int]
    starts: list[list[int]]
    stops: list[list[int]]
    times: list[int]

    def spans(self, row: int) -> dict[str, tuple[int, int]]:
        """Give the spans of a row."""
        each = zip(self.columns, self.starts, self.stops, strict=True)
        return {name: (start[row], stop[row]) for name, start, stop in each}

    def told(self) -> object:
        """Give all of it, as what can be compared."""
        return self.lines, self.starts, self.stops, self.times


def scan(format: Format, text: bytes, bounds: list[tuple[int, int]]) -> Scanned:
    """Have the kernel read lines of a text."""
    table = make_table(format)
    assert table
    columns, count = len(table.columns), len(bounds)
    start, stop = np.array(bounds, np.int64).reshape(count, 2).T.copy()
    out = np.zeros((2 + 2 * columns + len(table.numbers), count), np.int64)
    program = scanning.kernel.TextProgram(table)
    taken = program.scan(text, start, stop, np.ones(count, np.bool_), out)
    lines, times, *fields = out[:, :taken].tolist()
    return Scanned(table.columns, lines, fields[:columns], fields[columns : 2 * columns], times)


@examples(50)
@given(st.sampled_from(FORMATS), st.data())
def test_what_stands_behind_a_line_changes_nothing(sample: tuple[Format, bytes], data: st.DataObject) -> None:
    """However a line is cut short, it is read alike with nothing behind it, with digits, quotes or its own rest."""
    format, line = sample
    size = data.draw(st.integers(0, len(line)))
    behind = data.draw(st.sampled_from([b"0" * 40, b'"' * 40, b" " * 40, line[size:]]))
    alone = scan(format, line[:size], [(0, size)])
    assert scan(format, line[:size] + behind, [(0, size)]).told() == alone.told()


@given(st.lists(st.sampled_from([b"\x1b", b"[", b"(", b"?", b";", b"1", b"m", b"B", b" ", b"\xff"])).map(b"".join))
def test_colours_are_found_as_the_expression_finds_them(text: bytes) -> None:
    """Whatever looks like a code, only codes are taken out."""
    assert scanning.kernel.strip_colours(text) == COLOURS.sub(b"", text)


def test_places_outside_of_the_text_are_no_lines() -> None:
    """Bounds that no text has are passed over; arrays that are too short or of another type are refused."""
    format, line = FORMATS[0]
    size = len(line)
    wrong = [(-1, size), (0, size + 1), (size, 0), (1 << 62, 1 << 62), (-(1 << 62), size)]
    assert scan(format, line, [*wrong, (0, size)]).lines == [len(wrong)]
    with pytest.raises(ValueError, match="items of 8"):
        scanning.kernel.find_lines(line, size, np.zeros(4, np.int32), np.zeros(4, np.int64))
    table = make_table(format)
    assert table
    with pytest.raises(ValueError, match="an array of 8 bytes"):
        scanning.kernel.TextProgram(table).scan(
            line, np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1, np.bool_), np.zeros(1, np.int64)
        )
