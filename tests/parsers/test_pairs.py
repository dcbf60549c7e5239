"""Lines of key=value pairs: what a logger of Go wrote of a request is what is read, and other lines are none."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import Format, Parser, detect
from mirrorcheck_parsers.formats.values import NoObject, scan_pairs

TIME = "2026-11-22T10:00:00.123Z"
HEADERS = {"user_agent": "user_agent", "referer": "referer", "x_forwarded_for": "xff", "host": "host"}

header = st.text(st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["", "-", "a b", 'say "x"', "a=b", "\\", "\\x41", "<nil>", "tab\t", "caf\u00e9", "\x7f"]
)


def quoted(value: str) -> str:
    """Quote a text as Go's strconv.Quote does."""
    pieces = []
    for each in value:
        short = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\x07": "\\a", "\x0b": "\\v"}.get(
            each
        )
        plain = each if each.isprintable() else f"\\x{ord(each):02x}" if ord(each) < 0x80 else f"\\u{ord(each):04x}"
        pieces.append(short or plain)
    return '"' + "".join(pieces) + '"'


def text_line(fields: Mapping[str, str]) -> bytes:
    """Write a record as slog's TextHandler does: quotes where a value needs them (Go 1.22, needsQuoting)."""
    needs = {
        key: not value or any(each in ' "=' or not each.isprintable() for each in value)
        for key, value in fields.items()
    }
    return " ".join(f"{key}={quoted(value) if needs[key] else value}" for key, value in fields.items()).encode()


def request(**more: str) -> dict[str, str]:
    """Give the fields of a request."""
    return {"time": TIME, "level": "INFO", "msg": "served it", "method": "GET", "path": "/a", "status": "200", **more}


FIRST = text_line(request(**dict.fromkeys(HEADERS, "x"), duration="1.5ms", query="a=b")) + b"\n"


def own_format() -> Format:
    """Give the format that such lines have."""
    found = detect(FIRST).format
    assert found
    return found


FORMAT = own_format()


@given(st.fixed_dictionaries(dict.fromkeys(HEADERS, header)), st.permutations(sorted(request())))
def test_a_record_comes_back(headers: dict[str, str], order: list[str]) -> None:
    """Whatever the headers hold, and in whatever order the pairs are."""
    fields = {key: request()[key] for key in order} | headers
    batch = Parser(FORMAT).feed(text_line(fields) + b"\n")
    assert (batch.parsed, batch.unparsed) == (1, 0)
    assert batch.text("target") == [b"/a"]
    for key, field in HEADERS.items():
        assert batch.text(field) == [b"" if fields[key] in {"<nil>", "null"} else fields[key].encode()]


pieces = st.sampled_from(
    [
        *(b"time=2026-11-22T10:00:00.123Z", b'time="2026-11-22T10:00:00Z"', b"time=today", b"method=GET", b"path=/a"),
        *(
            b'path="/a b"',
            b"path=",
            b"status=200",
            b'status="404"',
            b"status",
            b"status=2=3",
            b'host="web',
            b'host=a"b"',
        ),
        *(b"host=<nil>", b"duration=null", b"duration=1.5ms", b"query=a=b", b'user_agent="a\\"b"', b"path=/c", b"x"),
        *(b'user_agent="curl/8"', b"user_agent=curl/8", b'user_agent=""', b"host=web\thost=b", b"=a", b"  ", b'"'),
    ]
)
usual = st.sampled_from(
    [FIRST.rstrip(), text_line(request(duration="2s")), text_line(request(msg="hm", status="", path="/b c"))]
)


def records(stream: bytes, *, exact: bool) -> tuple[list[tuple[object, ...]], list[int]]:
    """Read a stream: its records, and the counts of all lines."""
    parser = Parser(FORMAT, exact=exact)
    found: list[tuple[object, ...]] = []
    counts = [0, 0, 0]
    for batch in (parser.feed(stream), parser.flush()):
        texts = [batch.text(name) for name in sorted(batch.spans)] if batch.parsed else []
        found += zip(batch.line.tolist(), batch.time_us.tolist(), *texts, strict=True)
        counts = [sum(both) for both in zip(counts, (batch.parsed, batch.foreign, batch.unparsed), strict=True)]
    return found, counts


@given(st.lists(st.lists(pieces, max_size=8).map(b" ".join) | usual, max_size=12), st.booleans())
def test_lines_are_read_alike_in_whole_columns(lines: list[bytes], odd: bool) -> None:  # noqa: FBT001
    """Many lines at once, or one by one, what is odd in some of them notwithstanding: the same records."""
    if not odd:
        lines = [line.replace(b"\t", b" ").replace(b"<nil>", b"nil").replace(b"null", b"nil") for line in lines]
    stream = b"".join(line + b"\n" for line in lines)
    assert records(stream, exact=False) == records(stream, exact=True)


VARY = [
    b'time=2026-11-22T10:00:%02d.5Z path=/%d status=%d host=%b size=%d agent="curl/%d"'
    % (number, number, 200 + number, b'"web 1"' if number % 3 else b"web", number**5, number)
    for number in range(40)
]
ODD = [
    *(b'host="web', b'host=w"b', b"host=", b'host=""', b'host="a"b', b"host=web\thost=b", b"host=<nil>", b"host=null"),
    *(
        b"host=a=b",
        b'host="a=b"',
        b"host=web  ",
        b"host",
        b"host=a b",
        b'host="a\\"b"',
        b"hosts=web",
        b"host=web host=b",
    ),
    *(b"host=a\x0bb", b'host="a" ', b"HOST=web", b"host =web"),
]


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("odd", ODD)
def test_a_line_that_differs_in_one_place(odd: bytes, last: bool) -> None:  # noqa: FBT001
    """Among lines of one kind, one that is odd in a pair, or in its last one, is read, or refused, as it is alone."""
    lines = [line.replace(b" host", b" agent=x host") for line in VARY]
    if last:
        lines = [b"agent=x " + line.rpartition(b" size")[0] for line in VARY]
    format = detect(b"\n".join(lines)).format
    assert format
    pair = b'host="web 1"'
    line = lines[7].replace(pair, odd)
    assert line != lines[7]
    text = b"\n".join([*lines[:20], line, *lines[20:], b""])
    at_once = Parser(format)
    whole = [at_once.feed(text), at_once.flush()]
    alone = [(parser := Parser(format)).feed(line + b"\n"), parser.flush()]
    read = [
        [
            [values[row] for values in map(batch.text, sorted(batch.spans))]
            for batch in batches
            if batch.parsed
            for row in range(batch.parsed)
            if batches is alone or batch.line[row] == 21
        ]
        for batches in (whole, alone)
    ]
    assert read[0] == read[1]
    assert sum(batch.parsed for batch in whole) == 40 + sum(batch.parsed for batch in alone)


def test_what_else_is_read_of_a_record() -> None:
    """Durations have their unit, and what is behind the question mark goes where it was."""
    lines = [request(duration="1m2.5s", query="a=b&c=d"), request(duration="250\u00b5s", query=""), request()]
    batch = Parser(FORMAT).feed(b"".join(text_line(each) + b"\n" for each in lines))
    assert batch.text("target") == [b"/a?a=b&c=d", b"/a", b"/a"]
    assert batch.micros("request_time").tolist() == [62_500_000, 250, -1]
    assert batch.integer("status").tolist() == [200, 200, 200]


@pytest.mark.parametrize(
    ("line", "fate"),
    [
        (b"time=2026-11-22T10:00:00Z level=INFO msg=listening addr=:8080", "foreign"),
        (b"time=2026-11-22T10:00:00Z level=INFO msg=hm status=200", "foreign"),
        (b"time=2026-11-22T10:00:00Z level=INFO msg=hm method=GET", "unparsed"),
        (b"time=today method=GET path=/a status=200", "unparsed"),
        (b'time=2026-11-22T10:00:00Z method=GET path="/a', "unparsed"),
        (b"panic: runtime error", "foreign"),
    ],
)
def test_other_lines(line: bytes, fate: str) -> None:
    """Lines of the same logger without a request are foreign, as those of no logger are; broken ones do not parse."""
    parser = Parser(FORMAT)
    batches = [parser.feed(line + b"\n" + text_line(request()) + b"\n"), parser.flush()]
    counts = {name: sum(getattr(batch, name) for batch in batches) for name in ("parsed", "foreign", "unparsed")}
    assert counts == {"parsed": 1, "foreign": 0, "unparsed": 0, fate: 1}


@pytest.mark.parametrize("decimals", [b"", b".123456"])
def test_slog_without_a_handler(decimals: bytes) -> None:
    """The time that Go's log package puts in front of a line is its time, in UTC as far as anyone knows."""
    line = b"2026/11/22 10:00:00" + decimals + b" INFO served it method=GET path=/a status=200 duration=2.4ms\n"
    found = detect(line * 20).format
    assert found
    batch = Parser(found).feed(line * 20)
    assert batch.text("target") == [b"/a"] * 20
    assert batch.micros("request_time").tolist() == [2400] * 20
    start_us = 1_795_341_600_123_456 - 2400 if decimals else 1_795_341_600_000_000
    assert batch.time_us.tolist() == [start_us] * 20
    assert "time says no zone: taken for UTC" in found.notes


@pytest.mark.parametrize("line", [b"", b" ", b"a", b"a b c", b'a="', b'"a"=b', b"=b", b'a=b"c"', b"a=b\nc=d"])
def test_lines_that_are_no_pairs(line: bytes) -> None:
    """Without any value, or with a quote where none may be, a line is none."""
    assert isinstance(scan_pairs(line, 0, len(line)), NoObject)


def test_a_text_log_with_some_pairs_is_none() -> None:
    """A line of nginx that ends in pairs keeps its own format."""
    line = b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8" "-"'
    found = detect(line + b' host="-" rid="-" tp="-" att="-" rt=0.001 t=1795341600.001 len=1\n').format
    assert found
    assert found.name == "nginx recommended"
