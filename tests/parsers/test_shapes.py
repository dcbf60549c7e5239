"""Variables that touch, and targets logged in parts: read as one would read them, or refused with what to change."""

from time import process_time

import pytest

from mirrorcheck_parsers import FormatError, Parser, RecordBatch, compile_format
from tests.parsers.batches import batch_of

STAMP = "22/Nov/2026:10:00:00 +0000"
TOUCHING = "[$time_local] $request_method $scheme://$host$request_uri $status"


def dated(log_format: str, *lines: str) -> RecordBatch:
    """Parse lines behind a time, which must all be records."""
    return batch_of(log_format, *(f"[{STAMP}] {line}" for line in lines))


@pytest.mark.parametrize(
    ("logged", "line", "host", "target"),
    [
        ("$scheme://$host$request_uri", "GET https://a.example:8443/x?y=1 200", "a.example:8443", "/x?y=1"),
        ("$http_host$request_uri", "GET a.example/ 200", "a.example", "/"),
        ("$host$uri", "GET a.example/b c 200", "a.example", "/b c"),
        ("$host$uri$is_args$args", "GET a.example/b?c=/d 200", "a.example", "/b?c=/d"),
        ("$host$request_uri", "GET a.example 200", "a.example", ""),
    ],
)
@pytest.mark.parametrize("times", [1, 40])
def test_variables_that_touch(logged: str, line: str, host: str, target: str, times: int) -> None:
    """A host ends where the path behind it begins, one line or many."""
    batch = dated(f"[$time_local] $request_method {logged} $status", *[line] * times)
    assert batch.text("host") == [host.encode()] * times
    assert batch.text("target") == [target.encode()] * times
    assert batch.text("method") == [b"GET" if target else b""] * times


@pytest.mark.parametrize(
    ("logged", "line", "target"),
    [
        ("$request_method $uri $status", "GET /a 200", "/a"),
        ("$request_method $document_uri $status", "GET /a 200", "/a"),
        ("$request_method $uri $args $status", "GET /a x=1&y=2 200", "/a?x=1&y=2"),
        ("$request_method $uri $query_string $status", "GET /a - 200", "/a"),
        ('$request_method "$args" $status "$uri"', 'GET "x=1" 200 "/a"', "/a?x=1"),
        ("$request_method $uri?$args $status", "GET /a?x=1 200", "/a?x=1"),
        ("$request_method $uri?$args $status", "GET /a?- 200", "/a"),
        ("$request_method $uri$is_args$args $status", "GET /a?x=1 200", "/a?x=1"),
        ("$request_method $uri$is_args$args $status", "GET /a- 200", "/a"),
        ("$request_method $uri$is_args$args $status", "GET /a?x=- 200", "/a?x=-"),
        ("$request_method $scheme $host $request_uri", "GET http a.example /a?x=1", "/a?x=1"),
        ("$request_method $request_uri $uri $args", "GET /a?x=1 /index.html x=1", "/a?x=1"),
        ('"$request_method $uri$is_args$args $server_protocol" $status', '"GET /a?x=1 HTTP/1.1" 200', "/a?x=1"),
    ],
)
@pytest.mark.parametrize("times", [1, 40])
def test_a_target_in_parts(logged: str, line: str, target: str, times: int) -> None:
    """The path and the query are one target, wherever they are logged; a query that is not there is no part of it."""
    batch = dated(f"[$time_local] {logged}", *[line] * times)
    assert batch.text("target") == [target.encode()] * times
    assert batch.text("method") == [b"GET"] * times
    assert batch.well_formed.all()


def test_only_some_lines_have_a_query() -> None:
    """Each line gets its own query, and what is escaped in it is decoded."""
    lines = ("GET /a x=1 200", "GET /b - 200", "GET /c \\xC3\\xA9 200", "GET /d y 200")
    batch = dated("[$time_local] $request_method $uri $args $status", *lines)
    assert batch.text("target") == [b"/a?x=1", b"/b", b"/c?\xc3\xa9", b"/d?y"]


def test_json_in_parts() -> None:
    """Where nothing is written for what is missing, a dash at the end is the path's own."""
    template = 'escape=json {"t":"$time_iso8601","m":"$request_method","u":"$uri$is_args$args"}'
    line = b'{"t":"2026-11-22T10:00:00+00:00","m":"GET","u":"/a-"}\n'
    assert Parser(compile_format(template)).feed(line).text("target") == [b"/a-"]


def test_envoy_operators_that_touch() -> None:
    """Envoy's authority ends where its path begins."""
    template = '[%START_TIME%] "%REQ(:METHOD)% %REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)% %PROTOCOL%"'
    line = b'[2026-11-22T10:00:00.123Z] "GET https://a.example:443/x?y=1 HTTP/2"\n'
    batch = Parser(compile_format(template)).feed(line)
    assert (batch.text("host"), batch.text("target")) == ([b"a.example:443"], [b"/x?y=1"])


@pytest.mark.parametrize(
    ("log_format", "message"),
    [
        ("$msec $request_uri$foo", "`$request_uri$foo` at column 7: nothing marks where the first of the two ends"),
        ("$msec $uri$is_args$args$foo", "`$uri$is_args$args$foo` at column 7: nothing marks"),
        ("$msec ${uri}${args}", "`$uri$args` at column 7: nothing marks"),
        ("$msec $request_uri$is_args$args", "`$request_uri$is_args` at column 7: nothing marks"),
        ("%START_TIME% %REQ(X)%%REQ(Y)%", r"`%REQ(X)%%REQ(Y)%` at column 14: nothing marks"),
        ("$msec ${a:hour}", "`:hour` at column 7 of log_format says nothing: use s, ms, us"),
        ("$msec ${a:%Q}", "`%Q` in the time format `%Q` cannot be read"),
    ],
)
def test_what_cannot_be_told_apart(log_format: str, message: str) -> None:
    """A template whose lines could be read in several ways is refused, with the place and what to change."""
    with pytest.raises(FormatError) as raised:
        compile_format(log_format)
    assert message in str(raised.value)


def test_what_a_variable_is_may_be_said() -> None:
    """A unit, a time format and a kind can be given where nginx's variables have others, or it has none."""
    compiled = compile_format("${start_time:%Y-%m-%d %H:%M:%S,%3f} $request_uri ${request_time:ms} ${level:word}")
    assert (compiled.clock, compiled.resolution_us, compiled.unit) == ("start", 1000, "ms")
    assert compiled.notes[0] == "start_time says no zone: taken for UTC"
    batch = Parser(compiled).feed(b"2026-11-22 10:00:00,123 /a 1500 INFO\n")
    assert batch.time_us.tolist() == [1_795_341_600_123_000]
    assert batch.micros("request_time").tolist() == [1_500_000]


def test_what_a_format_lacks() -> None:
    """A format says which of method, target and status its lines do not."""
    assert compile_format("$msec $request").lacks == ("status",)
    assert compile_format("$msec $uri").lacks == ("method", "status")
    assert compile_format("$msec $status").lacks == ("method", "target")
    assert compile_format("$msec $request $status").lacks == ()
    assert [note[:10] for note in compile_format("$msec $uri").notes] == ["no method ", "no status "]
    assert not compile_format("$msec $request $status").notes


@pytest.mark.parametrize("size", [1 << 12, 1 << 14, 1 << 16])
@pytest.mark.parametrize("piece", ["a", "/", "://", " GET http://h/", "h/ 200", "\\"])
def test_long_lines_that_do_not_match(piece: str, size: int) -> None:
    """What touches costs no more than a line's length, however it repeats itself."""
    for log_format in (TOUCHING, TOUCHING.replace("$request_uri", "$uri$is_args$args")):
        parser = Parser(compile_format(log_format))
        line = f"[{STAMP}] GET http://" + piece * (size // len(piece)) + " 2000\n"
        began = process_time()
        assert parser.feed(line.encode()).parsed == 0
        assert process_time() - began < 1
