"""The parser as its callers see it: chunks in, records and counts out."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck_parsers import KNOWN, Format, Parser, RecordBatch, compile_format, detect, unescape
from mirrorcheck_parsers.exact.explain import explain
from tests.parsers.batches import inside

pytestmark = pytest.mark.usefixtures("way")

MAIN, COMBINED, RECOMMENDED = KNOWN[:3]
PAYLOAD = b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8" "10.1.2.3"'
PAYLOAD_US = 1_795_341_600_000_000
JSON = compile_format(
    'escape=json {"t":"$time_iso8601","m":"$request_method","u":"$request_uri","s":$status,"b":$body_bytes_sent,'
    '"ua":"$http_user_agent","x":"$http_x_forwarded_for"}'
)
NONE = compile_format('escape=none $remote_addr [$time_local] "$request" $status "$http_user_agent" $remote_user')
ODD = compile_format("$remote_addr:$remote_port $upstream_response_time $msec $request $upstream_addr")
MSEC = compile_format('$msec|$request_time|$status|$host|"$http_user_agent"|$remote_user')
ESCAPED = compile_format(
    '$remote_addr [$time_local] "$request" $status up=$upstream_response_time "a\\$http_referer\\"'
)


STAMPED = inside("kubetail", "--timestamps", said=["pod", "container", "stamp"], payload=MAIN)
PREFIXED = inside("kubectl --prefix", said=["pod", "container"], payload=MAIN)
KUBETAIL = inside("kubetail", said=["pod", "container"], payload=MAIN)
UPSTREAMINFO, ISTIO, ISTIO_1_8, ISTIO_1_3, ENVOY, ISTIO_JSON = KNOWN[3:9]
HAPROXY, TRAEFIK, ALB, WERKZEUG, SOCKET = (
    next(known for known in KNOWN if known.name == name)
    for name in ("HAProxy HTTPS with both headers", "Traefik common", "AWS ALB", "werkzeug", "gunicorn on a socket")
)
TOUCHING = compile_format("$remote_addr [$time_local] $request_method $scheme://$host$request_uri $status ${d:us} $pid")
IN_PARTS = compile_format('[$time_local] "$request_method $uri$is_args$args $server_protocol" $status $bytes_sent')
PROGRAMS = (HAPROXY, TRAEFIK, ALB, WERKZEUG, SOCKET, TOUCHING, IN_PARTS)
CUSTOM = compile_format(
    '%START_TIME(%d/%b/%Y:%H:%M:%S.%3f %z)% "%REQ(X-A?X-B):9%" %REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL% %REQ(USER-AGENT)%'
)
NESTED = compile_format('{"a":{"t":"%START_TIME(%s.%3f)%","m":"%REQ(:METHOD)%"},"u":"%REQ(:PATH)%","d":"%DURATION%"}')
WRAPPED_JSON = inside("kubectl --prefix", said=["pod", "container"], payload=ISTIO_JSON)
STERN_JSON = inside("stern -o json", said=["pod", "stamp"], payload=ISTIO_JSON)
UNDATED = inside(
    "--timestamps", said=["stamp"], payload=compile_format('{"p":"%REQ(:PATH)%","c":"%RESPONSE_CODE%"}', stamped=True)
)
BY_KEYS = detect(
    b'{"time":"2026-11-22T10:00:00.5Z","path":"/a","query":"b=c","method":"GET","code":200,"took":"1.5ms","ip":"[::1]:80"}\n'
).format
assert BY_KEYS
OBJECTS = (JSON, ISTIO_JSON, NESTED, WRAPPED_JSON, STERN_JSON, UNDATED, BY_KEYS)
ESCAPING = (MAIN, COMBINED, RECOMMENDED, MSEC, ESCAPED, STAMPED, PREFIXED, KUBETAIL, UPSTREAMINFO)
FORMATS = (*ESCAPING, NONE, ODD, ISTIO, ISTIO_1_8, ISTIO_1_3, ENVOY, CUSTOM, *PROGRAMS, *OBJECTS)


WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "kubetail": lambda line: b"[web-v1-7d9f-abcde nginx] " + line,
    "kubectl --prefix": lambda line: b"[pod/web-v1-7d9f-abcde/nginx] " + line,
    "--timestamps": lambda line: b"2026-11-22T10:00:00.123456789Z " + line,
    "stern -o json": lambda line: b'{"message":"' + escaped(line, "json") + b'","podName":"web-v1-7d9f-abcde"}',
}

Record = tuple[int, int, int, int, bool, tuple[tuple[str, bytes], ...], tuple[int, ...]]
Totals = tuple[int, int, int, int, int]
Outcome = tuple[list[Record], Totals, list[tuple[int, str, bytes]]]


def records(batch: RecordBatch) -> list[Record]:
    """Give the records of a batch as plain values."""
    if not batch.parsed:
        return []
    names = sorted(batch.spans)
    texts = [batch.text(name) for name in names]
    columns = (batch.line, batch.offset, batch.length, batch.time_us, batch.well_formed)
    numbers = zip(*(column.tolist() for column in columns), strict=True)
    values = zip(*texts, strict=True)
    read = [
        column.tolist()
        for name in names
        for column in (batch.integer(name), batch.micros(name), batch.hashes(*batch.spans[name]))
    ]
    return [
        (*row, tuple(zip(names, value, strict=True)), meant)
        for row, value, meant in zip(numbers, values, zip(*read, strict=True), strict=True)
    ]


def parse(format: Format, chunks: Iterable[bytes], *, exact: bool = False) -> Outcome:
    """Parse a whole stream: its records, totals and samples."""
    parser = Parser(format, exact=exact)
    batches = [*map(parser.feed, chunks), parser.flush()]
    totals = tuple(
        sum(getattr(batch, name) for batch in batches)
        for name in ("lines", "parsed", "foreign", "unparsed", "rejoined")
    )
    samples = [(sample.line, sample.reason, sample.text) for batch in batches for sample in batch.samples]
    return [record for batch in batches for record in records(batch)], totals, samples


def fields(format: Format, line: bytes) -> dict[str, bytes]:
    """Parse one line that must be a record."""
    found, _, samples = parse(format, [line])
    assert not samples
    assert len(found) == 1
    return dict(found[0][5])


text_bytes = st.binary(max_size=12) | st.sampled_from(
    [
        b"-",
        b"",
        b"\\",
        b'"',
        b"a b",
        b" [",
        b'" "',
        b"GET / HTTP/1.1",
        b"GET /a b",
        b"\xff\x00",
        b"{}",
        b"PUT x",
        b" - ",
        b"\r",
    ]
)
KIND_VALUES: dict[str, st.SearchStrategy[bytes]] = {
    "three digits": st.sampled_from([b"200", b"000", b"499"]),
    "integer": st.sampled_from([b"0", b"-", b"12", b"123456789", b"1234567890123456789012", b"-1", b"+7"]),
    "decimal": st.sampled_from([b"0.000", b"-", b"1.5", b"12345.678", b"7", b"-1"]),
    "word": st.sampled_from([b"10.0.0.1", b"::1", b"-", b"x" * 60, b"unix:", b"a\\b"]),
    "name": st.sampled_from([b"web-v1-7d9f-abcde", b"p", b"x" * 70]),
    "time as 22/Nov/2026:10:00:00 +0000": st.sampled_from(
        [
            b"22/Nov/2026:10:00:00 +0000",
            b"29/Feb/2024:23:59:59 -0930",
            b"31/Dec/1969:23:59:59 +1400",
            b"29/Feb/2025:00:00:00 +0000",
        ]
    ),
    "time as 2026-11-22T10:00:00+00:00": st.sampled_from(
        [b"2026-11-22T10:00:00+00:00", b"2024-02-29T01:00:00-03:30", b"2026-04-31T00:00:00+00:00"]
    ),
    "name or nothing": st.sampled_from([b"", b"shop-v1-80", b"-"]),
    "list": st.sampled_from([b"-", b"10.0.0.1:80", b"0.001, 0.002", b"200, 502 : 200", b"a,b", b":", b"a,", b", b"]),
    "words": st.sampled_from([b"-", b"via_upstream", b"two words", b"x" * 60, b"x" * 300]),
    "milliseconds": st.sampled_from([b"0", b"-", b"12", b"99999", b"-1", b"+7", b"3.456"]),
    "microseconds": st.sampled_from([b"0", b"-", b"12", b"99999", b"-1", b"1.5"]),
    "text up to what follows": st.sampled_from([b"", b"-", b"curl/8|web", b"two words", b"x" * 300, b"a}b", b"\xff"]),
    "text without a quote": st.binary(max_size=12).map(lambda text: text.replace(b'"', b"").replace(b"\n", b"")),
    "any text": text_bytes.map(lambda text: text.replace(b"\n", b"")),
    "time in the format given": st.sampled_from(
        [b"22/Nov/2026:10:00:00.123 +0000", b"29/Feb/2023:10:00:00.123 +0000", b"1/Nov/2026:10:00:00.123 +0000"]
    ),
    "time as 1795341600.123": st.sampled_from([b"1795341600.123", b"0.001", b"179534160.123", b"1795341600.12"]),
    "time as 2026-11-22T10:00:00.123456789Z": st.sampled_from(
        [
            b"2026-11-22T10:00:00.123456789Z",
            b"2026-11-22T10:00:00.123Z",
            b"2026-11-22T10:00:00.124Z",
            b"2026-11-22T10:00:00Z",
            b"2026-11-22T10:00:00.5+01:00",
            b"2026-11-22T10:00:00.1234+01:00",
            b"2023-02-29T10:00:00.123Z",
        ]
    ),
    "a time": st.sampled_from(
        [
            *(b"2026-11-22T10:00:00+00:00", b"2024-02-29T01:00:00-03:30", b"2026-04-31T00:00:00+00:00"),
            *(b"2026-11-22T10:00:00.123Z", b"2026-11-22T10:00:00.123456789Z", b"2026-11-22T10:00:00.5+01:00"),
            *(b"2026-11-22 10:00:00,123", b"2026-11-22 10:00:00", b"2026-11-22T10:00:00+0000", b"20261122T100000Z"),
            *(b"22/Nov/2026:10:00:00 +0000", b"Sun, 22 Nov 2026 10:00:00 GMT", b"29/Feb/2025:00:00:00 +0000"),
            *(b"1795341600", b"1795341600.1", b"1795341600.123", b"1795341600.123456789", b"1795341600.", b"1e9"),
            *(b"1795341600123", b"1795341600123.4", b"1795341600123456", b"1795341600123456789", b"17953416001234567"),
            *(b"0", b"", b"-1", b"+1795341600", b"17953416001234567890", b"1795341600.1234567890123456789"),
            *(b"1795341600,5", b"1795341600.5.5", b"2026-11-22T10:00:00.Z", b"2026-11-22T24:00:00Z"),
        ]
    ),
}


def escaped(value: bytes, escape: str) -> bytes:
    """Escape a value as nginx does (ngx_http_log_escape, ngx_escape_json)."""
    if escape == "none":
        return value.replace(b"\n", b"")
    if escape == "json":
        value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return b"".join(bytes([byte]) if byte >= 0x20 else b"\\u%04X" % byte for byte in value)
    plain = (bytes([byte]) if 0x20 <= byte < 0x7F and byte not in b'"\\' else b"\\x%02X" % byte for byte in value)
    return b"".join(plain) or b"-"


json_values = text_bytes.map(lambda text: json.dumps(text.decode("latin-1")).encode()) | st.sampled_from(
    [
        b"null",
        b"true",
        b"0",
        b"12",
        b"-1",
        b"0.013",
        b"1e3",
        b'"-"',
        b"[1]",
        b'["a"]',
        b'["a", "b"]',
        b'[ "a\\"" ]',
        b"[]",
        b'{"a":1}',
        b'"\xff\x01"',
        b'"a\\/b"',
        b"x",
    ]
)


@st.composite
def objects(draw: st.DrawFn, format: Format) -> bytes:
    """Draw a JSON object with the keys of a format, in its order or another, some missing, some added."""
    paths = list(format.keys)
    order = draw(
        st.sampled_from([paths, paths, paths, paths[::-1], paths[1:], [*paths, b"more"], [*paths, *paths[:1]]])
    )
    gap = draw(st.sampled_from([b"", b"", b" "]))
    inner = {path: draw(json_values) for path in order}
    for path, field in format.keys.items():
        if path in inner and field.name == format.clock_field:
            stamp, quote = draw(KIND_VALUES[field.kind.value]), draw(st.sampled_from([b'"', b'"', b'"', b""]))
            inner[path] = quote + stamp + quote
    nested = [path for path in order if path.startswith(b"a.")]
    pairs = [b'"' + path.removeprefix(b"a.") + b'":' + gap + inner[path] for path in order]
    if not nested:
        return b"{" + (b"," + gap).join(pairs) + b"}"
    within = [pair for path, pair in zip(order, pairs, strict=True) if path in nested]
    rest = [pair for path, pair in zip(order, pairs, strict=True) if path not in nested]
    return b'{"a":' + gap + b"{" + b",".join(within) + b"}" + b"".join(b"," + gap + pair for pair in rest) + b"}"


@st.composite
def rendered(draw: st.DrawFn, format: Format) -> bytes:
    """Draw a line of a format, escaped as nginx would."""
    pieces = []
    for part in format.parts:
        if hasattr(part, "text"):
            pieces.append(part.text)
        elif part.name == "object":
            pieces.append(draw(objects(format)))
        elif part.kind.value == "text":
            pieces.append(escaped(draw(text_bytes), format.escape))
        else:
            pieces.append(draw(KIND_VALUES[part.kind.value]))
    line = b"".join(pieces)
    for layer in reversed(format.layers):
        line = WRITERS[layer.name](line)
    return line


@st.composite
def lines_of(draw: st.DrawFn, format: Format) -> list[bytes]:
    """Draw lines: records, damaged, broken and foreign ones, and noise."""
    lines: list[bytes] = []
    for _ in range(draw(st.integers(0, 6))):
        line = draw(rendered(format))
        place = draw(st.integers(0, len(line)))
        damage = draw(st.sampled_from(["none", "none", "none", "byte", "cut", "break", "noise", "foreign"]))
        if damage == "byte":
            line = line[:place] + draw(st.binary(max_size=2) | st.sampled_from([b'"', b"\\", b" "])) + line[place + 1 :]
        elif damage == "cut":
            line = line[:place]
        elif damage == "break":
            lines.append(line[:place])
            line = line[place:]
        elif damage == "noise":
            line = draw(st.binary(max_size=40))
        elif damage == "foreign":
            line = draw(
                st.sampled_from([b"", b"/docker-entrypoint.sh: x", b"Will tail 2 logs...", b"web-v1", b"web-v2 nginx"])
            )
        lines.append(line)
    return lines


@st.composite
def streams(draw: st.DrawFn, formats: Sequence[Format] = FORMATS) -> tuple[Format, bytes]:
    """Draw a format and a stream of it, with either line break, with or without a last one."""
    format = draw(st.sampled_from(formats))
    ending = draw(st.sampled_from([b"\n", b"\r\n"]))
    body = ending.join(draw(lines_of(format)))
    return format, body + draw(st.sampled_from([b"", ending]))


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut a stream at the given places."""
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:stop] for start, stop in pairwise(bounds)]


@given(streams())
@example((MAIN, b"\\" * 3 + PAYLOAD + b"\n" + PAYLOAD.replace(b"curl/8", b"curl\\")))
def test_both_ways_agree(drawn: tuple[Format, bytes]) -> None:
    """Column by column or line by line: the same records, counts and reasons."""
    format, stream = drawn
    exactly = parse(format, [stream], exact=True)
    assert parse(format, [stream]) == exactly


@pytest.mark.unmeasured
@given(streams(), st.data())
def test_lines_before_it_change_nothing_of_a_line(drawn: tuple[Format, bytes], data: st.DataObject) -> None:
    """Lines behind many that are all the same are read as they are alone."""
    format, stream = drawn
    alike = (data.draw(rendered(format)).replace(b"\n", b"") + b"\n") * 3
    exactly = parse(format, [alike, stream], exact=True)
    assert parse(format, [alike, stream]) == exactly


WHOLE = b'{"t":"2026-11-22T10:00:00+00:00","m":"GET","u":"/a","s":200,"b":12,"ua":"curl/8","x":"-"}'
BROKEN = [
    (b'"curl/8"', b'"cu"rl/8"'),
    (b'"curl/8"', b'"curl/8'),
    (b'"curl/8"', b"curl/8"),
    (b'"curl/8"', b'"curl\\"/8"'),
    (b'"curl/8"', b'"curl/8\\\\"'),
    (b'"curl/8"', b'"\\u0026"'),
    (b'"curl/8"', b"[]"),
    (b'"curl/8"', b'["curl/9"]'),
    (b'"curl/8"', b'["a","b"]'),
    (b'"curl/8"', b'["a",1]'),
    (b'"curl/8"', b'{"a":1}'),
    (b'"curl/8"', b""),
    (b"12", b"1 2"),
    (b"12", b"1,2"),
    (b"12", b"-1e9"),
    (b"12", b"12}"),
    (b"12", b"null"),
    (b"12", b"nul"),
    (b"12", b"true"),
    (b"12", b"1.25"),
    (b"12", b"1."),
    (b"12", b'1"2'),
    (b'"ua"', b'"ub"'),
    (b'"ua"', b'"uaa"'),
    (b'"s"', b'"S"'),
    (b'"ua":', b'"ua": '),
    (b'"s":200,', b""),
    (b'"u":"/a",', b""),
    (b"}", b"} "),
    (b"}", b"]"),
    (b"}", b"}}"),
    (b"}", b"}x"),
    (b"}", b""),
    (b"2026-11-22T", b"2026-11-31T"),
    (b"+00:00", b".5Z"),
]


@pytest.mark.parametrize(("part", "other"), BROKEN)
def test_json_that_differs_in_one_place(part: bytes, other: bytes) -> None:
    """Among lines of one kind, one that differs somewhere is read, or refused, as it is alone."""
    odd = WHOLE.replace(part, other)
    alone = parse(JSON, [odd + b"\n"])[0]
    found, _, samples = parse(JSON, [(WHOLE + b"\n") * 20 + odd + b"\n" + (WHOLE + b"\n") * 20])
    assert [record[3:] for record in found if record[0] == 21] == [record[3:] for record in alone]
    assert [line for line, *_ in samples] == ([] if alone else [21])
    assert len(found) == 40 + len(alone)


@pytest.mark.parametrize(("part", "other"), BROKEN)
def test_json_that_differs_in_one_place_among_lines_that_vary(part: bytes, other: bytes) -> None:
    """Where no two lines have the same values, one that is odd somewhere is read, or refused, as it is alone."""
    odd = WHOLE.replace(part, other)
    alone = parse(JSON, [odd + b"\n"])[0]
    stream = b"".join(
        b'{"t":"2026-11-22T10:00:%02d+00:00","m":"M%d","u":"/%d","s":2%02d,"b":%d,"ua":"curl/%d","x":%b}\n'
        % (number, number, number**9, number, number**7, number**5, b"null" if number % 3 else b'"%d"' % number)
        for number in range(40)
    )
    half = stream.index(b'{"t":"2026-11-22T10:00:20')
    found, _, samples = parse(JSON, [stream[:half] + odd + b"\n" + stream[half:]])
    assert [record[3:] for record in found if record[0] == 21] == [record[3:] for record in alone]
    assert [line for line, *_ in samples] == ([] if alone else [21])
    assert len(found) == 40 + len(alone)


@given(streams([format for format in FORMATS if not format.layers]))
def test_parse_and_explain_agree(drawn: tuple[Format, bytes]) -> None:
    """A line is a record just where the explanation reaches its end, and is explained at a place in it otherwise."""
    format, stream = drawn
    for line in stream.split(b"\n"):
        clean = line.removesuffix(b"\r").replace(b"\x1b", b"")
        _, (_, parsed, *_), _ = parse(format, [clean + b"\n"])
        told = explain(format, clean)
        assert (told.reason == f"no end of line at column {len(clean) + 1}") == (parsed == 1)
        assert 1 <= told.column <= len(clean) + 1


@given(streams(), st.lists(st.integers(0, 2000), max_size=8))
@example(
    (NESTED, b'{"a":{"t":"1795341600.123","m":"GET"},"u":"/"}\n{"a":{"t":"1795341600.123","m":0},"u":"/"}\n'), [47]
)
def test_chunks_change_nothing(drawn: tuple[Format, bytes], places: list[int]) -> None:
    """A stream cut anywhere gives the same records, counts and samples."""
    format, stream = drawn
    assert parse(format, cut(stream, places)) == parse(format, [stream])


@given(streams())
def test_counts_add_up(drawn: tuple[Format, bytes]) -> None:
    """Every physical line is a record, foreign, unparsed, or the second half of a rejoined record."""
    format, stream = drawn
    found, (lines, parsed, foreign, unparsed, rejoined), samples = parse(format, [stream])
    assert lines == parsed + foreign + unparsed
    assert lines + rejoined == stream.count(b"\n") + (stream[-1:] not in (b"", b"\n"))
    assert len(found) == parsed
    assert len(samples) == min(unparsed, 20)


@given(streams())
def test_bytes_can_be_fetched_again(drawn: tuple[Format, bytes]) -> None:
    """Offset and length name the record's physical lines in the stream."""
    format, stream = drawn
    for line, offset, length, *_ in parse(format, [stream])[0]:
        assert stream[:offset].count(b"\n") == line - 1
        assert not stream[offset + length :].partition(b"\n")[0].strip()  # blanks behind an object are not its own
        assert offset == 0 or stream[offset - 1 : offset] == b"\n"


@given(st.sampled_from(FORMATS), st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_counted(format: Format, chunks: list[bytes]) -> None:
    """No input raises, and each line has one fate."""
    _, (lines, parsed, foreign, unparsed, _), _ = parse(format, chunks)
    assert lines == parsed + foreign + unparsed


@given(st.sampled_from([MAIN, COMBINED, RECOMMENDED]), st.data())
def test_what_nginx_writes_is_read_back(format: Format, data: st.DataObject) -> None:
    """A record rendered by nginx's rules comes back field by field."""
    values = {
        column.name: escaped(data.draw(text_bytes), format.escape)
        if column.kind.value == "text"
        else data.draw(
            KIND_VALUES[column.kind.value].filter(lambda value: b"29/Feb/2025" not in value and b"-04-31" not in value)
        )
        for column in format.columns
    }
    if values.get("msec") == b"1795341600.12":
        values["msec"] = b"1795341600.120"
    line = b"".join(part.text if hasattr(part, "text") else values[part.name] for part in format.parts)
    found = fields(format, line)
    derived = ("method", "target") if "request" in values else ()
    assert {name: value for name, value in found.items() if name not in derived} == {
        name: unescape(value, format.escape) for name, value in values.items() if name != "method" or found["method"]
    } | ({"method": b""} if "method" in values and not found["method"] else {})


def test_a_key_twice_behind_texts_of_any_length() -> None:
    """A text ends at its first quote however far that is, even where a later one would make a usual line."""
    lengths = [*range(200), 1_000, 1_100, 5_000]
    usual = (WHOLE.replace(b'"/a"', b'"/%d"' % number) + b"\n" for number in range(40))
    twice = (WHOLE.replace(b'"/a"', b'"/%b","s":"x"' % (b"a" * length)) + b"\n" for length in lengths)
    stream = b"".join((*usual, *twice))
    exactly = parse(JSON, [stream], exact=True)
    assert parse(JSON, [stream]) == exactly
    assert [dict(record[5])["target"] for record in exactly[0][40:]] == [b"/" + b"a" * length for length in lengths]


def test_the_article_verbatim() -> None:
    """The article's seven records are found among its text; the two that the web page broke are rejoined."""
    article = Path(__file__).parents[2].joinpath("testdata", "article-verbatim.txt").read_bytes()
    found, (lines, parsed, _, _, rejoined), _ = parse(KUBETAIL, [article])
    assert (parsed, rejoined) == (7, 2)
    assert lines == article.count(b"\n") + (not article.endswith(b"\n")) - 2
    assert [dict(record[5])["xff"] for record in found] == [
        b"-",
        b"-",
        b"-",
        b"10.240.0.29",
        b"-",
        b"10.240.0.29",
        b"-",
    ]
    assert dict(found[3][5])["pod"] == b"target-v2-5886cd585d-tr22d"
    assert found == parse(KUBETAIL, (article[place : place + 1] for place in range(len(article))))[0]


def test_halves_that_do_not_join_keep_their_fates() -> None:
    """A request left open that a record follows, or nothing that closes it, is unparsed."""
    _, totals, samples = parse(MAIN, [PAYLOAD[:-3] + b"\n" + PAYLOAD + b"\n" + PAYLOAD[:-3] + b"\nx\n"])
    assert totals == (4, 1, 1, 2, 0)
    assert samples[0][:2] == (1, 'no `"` after xff at column 88')


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (PAYLOAD.replace(b"22/Nov", b"32/Foo"), "no time_local (time as 22/Nov/2026:10:00:00 +0000) at column 15"),
        (PAYLOAD.replace(b"22/Nov", b"31/Nov"), "no time_local (time as 22/Nov/2026:10:00:00 +0000) at column 15"),
        (PAYLOAD.replace(b" 200 ", b" 20 "), "no status (three digits) at column 61"),
        (PAYLOAD[:-1], 'no `"` after xff at column 90'),
        (PAYLOAD + b" more", "no end of line after xff at column 91"),
        (b"10.0.0.1 hello", "no `- ` after remote_addr at column 10"),
    ],
)
def test_reasons_name_field_and_column(line: bytes, reason: str) -> None:
    """An unparsed line says which field or literal is missing, and where."""
    assert parse(MAIN, [line])[2] == [(1, reason, line)]


CHATTER = [
    b"/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
    b"10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf",
    b"20-envsubst-on-templates.sh: Running envsubst",
    b'2026/11/22 10:00:00 [error] 29#29: *1 open() "/x" failed (2: No such file), request: "GET /x HTTP/1.1"',
    b"2026/11/22 10:00:00 [notice] 1#1: nginx/1.22.1",
    b"Will tail 2 logs...",
    b"web-v1-7d9f-abcde",
    b"web-v2-66c5-xyz12 nginx",
    b"",
]


def test_lines_of_the_programs_around_are_foreign() -> None:
    """What the programs around nginx print is foreign, behind a wrapper's prefix too."""
    assert parse(MAIN, [b"\n".join(CHATTER) + b"\n"])[1] == (9, 0, 9, 0, 0)
    behind = b"".join(b"[web-v1] " + line + b"\n" for line in CHATTER[:5])
    assert parse(KUBETAIL, [behind + b"[web-v1] " + PAYLOAD])[1] == (6, 1, 5, 0, 0)
    assert parse(KUBETAIL, [behind + PAYLOAD])[1] == (6, 0, 5, 1, 0)


def test_samples_are_the_first_twenty() -> None:
    """Only the first 20 unparsed lines are kept, each cut at 200 bytes."""
    _, totals, samples = parse(MAIN, [b'"GET /' + b"x" * 300 + b"\n", b'"GET /y"\n' * 30])
    assert totals[3] == 31
    assert [sample[0] for sample in samples] == list(range(1, 21))
    assert len(samples[0][2]) == 200


def test_long_lines() -> None:
    """A line of a mebibyte is a record, unparsed or foreign, without delay."""
    long = PAYLOAD.replace(b"/a", b"/" + b"a" * (1 << 20))
    assert len(fields(MAIN, long)["target"]) == (1 << 20) + 1
    assert parse(MAIN, [b" - " * (1 << 19)])[1] == (1, 0, 1, 0, 0)
    assert parse(NONE, [b'1 [22/Nov/2026:10:00:00 +0000] "' + b'" 2' * (1 << 18)])[1] == (1, 0, 0, 1, 0)


def test_start_of_a_request() -> None:
    """With $msec and $request_time a record is dated at its start; without a duration, at its end."""
    assert (RECOMMENDED.clock, RECOMMENDED.resolution_us) == ("start", 1000)
    tail = b' host="h:80" rid="-" tp="-" att="1" rt=%s t=1795341600.500 len=77'
    stream = b"\n".join(PAYLOAD + tail % duration for duration in (b"0.013", b"-"))
    found, _, _ = parse(RECOMMENDED, [stream])
    assert [record[3] - PAYLOAD_US for record in found] == [487_000, 500_000]
    assert dict(found[0][5])["host"] == b"h:80"
