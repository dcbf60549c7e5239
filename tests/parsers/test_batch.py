"""RecordBatch's columns: text, integers, microseconds, times and requests."""

import pytest

from mirrorcheck_parsers import Parser, compile_format, unescape
from tests.parsers.batches import batch_of

pytestmark = pytest.mark.usefixtures("way")


@pytest.mark.parametrize(
    ("text", "integer", "micros"),
    [
        (b"-", -1, -1),
        (b"", -1, -1),
        (b"0", 0, 0),
        (b"0.013", -1, 13_000),
        (b"12", 12, 12_000_000),
        (b"1234567890123456", 1_234_567_890_123_456, -1),
        (b"123456789012345678", 123_456_789_012_345_678, -1),
        (b"1234567890123456789", -1, -1),
        (b"1.2345678", -1, 1_234_567),
        (b"12345678.500", -1, 12_345_678_500_000),
        (b"12x", -1, -1),
        (b"0.1, 0.2", -1, -1),
        (b"\xff", -1, -1),
    ],
)
def test_numbers(text: bytes, integer: int, micros: int) -> None:
    """A number is read, whatever its length; what is none is -1."""
    batch = batch_of('$msec "$x"', b'1.000 "' + text + b'"')
    assert batch.integer("x").tolist() == [integer]
    assert batch.micros("x").tolist() == [micros]
    assert batch.text("x") == [text]


def test_a_field_that_is_not_logged() -> None:
    """Asking for a field the format does not log is the caller's mistake."""
    with pytest.raises(KeyError):
        batch_of("$msec", b"1.000").text("xff")


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        (b"22/Nov/2026:10:00:00 +0000", 1_795_341_600_000_000),
        (b"22/Nov/2026:10:00:00 -0330", 1_795_354_200_000_000),
        (b"29/Feb/2000:00:00:00 +0000", 951_782_400_000_000),
        (b"01/Mar/1900:00:00:00 +0000", -2_203_891_200_000_000),
        (b"31/Dec/1969:23:59:59 +0000", -1_000_000),
        (b"25/Oct/2026:02:30:00 +0200", 1_792_888_200_000_000),
        (b"25/Oct/2026:02:30:00 +0100", 1_792_891_800_000_000),
    ],
)
def test_times(stamp: bytes, time_us: int) -> None:
    """A local time is converted by its own zone, so the hour that DST repeats is two hours."""
    assert batch_of("[$time_local] x", b"[" + stamp + b"] x").time_us.tolist() == [time_us]
    assert batch_of("$a [$time_local] $b", b"x [" + stamp + b"] y").time_us.tolist() == [time_us]


@pytest.mark.parametrize(
    "stamp", [b"30/Feb/2024", b"29/Feb/2100", b"00/Jan/2024", b"31/Jun/2024", b"01/Jan/0000", b"1/Jan/2024 "]
)
def test_days_that_do_not_exist(stamp: bytes) -> None:
    """A line with an impossible date is no record, whichever way it is read."""
    for log_format in ("[$time_local] x", '$a|$b [$time_local] "$c"'):
        line = log_format.replace("$time_local", stamp.decode() + ":10:00:00 +0000")
        batch = Parser(compile_format(log_format)).feed(line.encode() + b"\n")
        assert (batch.parsed, batch.unparsed + batch.foreign) == (0, 1)


REQUESTS = [
    (b"GET /a HTTP/1.1", b"GET", b"/a", True),
    (b"GET /a?b=c d HTTP/2.0", b"GET", b"/a?b=c d", True),
    (b"GET /a HTTP/1.0 HTTP/1.1", b"GET", b"/a HTTP/1.0", True),
    (b"GET /old", b"GET", b"/old", True),
    (b"OPTIONS * HTTP/1.1", b"OPTIONS", b"*", True),
    (b"M-SEARCH * HTTP/1.1", b"M-SEARCH", b"*", True),
    (b"GET http://a/b HTTP/1.1", b"GET", b"http://a/b", True),
    (b"CONNECT a.example:443 HTTP/1.1", b"CONNECT", b"a.example:443", True),
    (b"GET / HTTP/3", b"GET", b"/", True),
    (b"GET / HTTP/1.x", b"", b"GET / HTTP/1.x", False),
    (b"GET / HTTP/", b"", b"GET / HTTP/", False),
    (b"get / HTTP/1.1", b"", b"get / HTTP/1.1", False),
    (b"GET  HTTP/1.1", b"", b"GET  HTTP/1.1", False),
    (b"GET a HTTP/1.1", b"", b"GET a HTTP/1.1", False),
    (b"GET", b"", b"GET", False),
    (b"GET ", b"", b"GET ", False),
    (b" HTTP/1.1", b"", b" HTTP/1.1", False),
    (b"", b"", b"", False),
    (b"-", b"", b"-", False),
    (b"hello", b"", b"hello", False),
    (b"\\x16\\x03\\x01", b"", b"\x16\x03\x01", False),
]


def test_requests() -> None:
    """A request line is split at its first space and its last ` HTTP/`, or kept whole where it is none."""
    batch = batch_of('"$request" $msec', *(b'"' + request + b'" 1.000' for request, *_ in REQUESTS))
    found = zip(batch.text("method"), batch.text("target"), batch.well_formed.tolist(), strict=True)
    assert list(found) == [tuple(expected) for _, *expected in REQUESTS]
    assert batch.text("request") == [unescape(request, "default") for request, *_ in REQUESTS]


def test_requests_logged_in_parts() -> None:
    """$request_method and $request_uri are judged by the same rules."""
    batch = batch_of(
        '"$request_method" "$request_uri" $msec',
        b'"GET" "/a" 1.000',
        b'"PROPFIND" "/b c" 1.000',
        b'"-" "-" 1.000',
        b'"GET" "x" 1.000',
    )
    assert batch.text("method") == [b"GET", b"PROPFIND", b"", b""]
    assert batch.text("target") == [b"/a", b"/b c", b"-", b"x"]
    assert batch.well_formed.tolist() == [True, True, False, False]


def test_a_format_without_request() -> None:
    """Where no request is logged there is nothing to find fault with."""
    assert batch_of("$msec", b"1.000").well_formed.tolist() == [True]
