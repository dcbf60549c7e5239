"""The names of keys: what a logger calls a field, wherever it stands, and what only looks like one."""

import json
from collections.abc import Mapping

import pytest

from mirrorcheck_parsers import Format, Parser, RecordBatch, detect
from mirrorcheck_parsers.catalogue.writers import WRITERS

BASE = {"time": "2026-11-22T10:00:00.123Z", "method": "GET", "path": "/a"}


def read(*records: Mapping[str, object]) -> tuple[Format, RecordBatch]:
    """Read records by the format that they themselves tell."""
    text = "".join(json.dumps(record) + "\n" for record in records).encode()
    format = detect(text).format
    assert format
    return format, Parser(format).feed(text)


@pytest.mark.parametrize(
    ("more", "field", "text"),
    [
        ({"req": {"headers": {"x-forwarded-for": "10.1.2.3"}}}, "xff", "10.1.2.3"),
        ({"request": {"headers": {"X-Forwarded-For": ["10.1.2.3", "10.9.9.9"]}}}, "xff", "10.1.2.3, 10.9.9.9"),
        ({"headers": {"User-Agent": ["curl/8"]}}, "user_agent", "curl/8"),
        ({"request_header_user_agent": "curl/8"}, "user_agent", "curl/8"),
        ({"http": {"response": {"status": 200}}}, "status", "200"),
        ({"res": {"statusCode": 200, "headers": {"content-length": "12"}}}, "bytes", "12"),
        ({"response": {"status": "404"}}, "status", "404"),
        ({"remote": "10.0.0.1:4711"}, "remote_addr", "10.0.0.1"),
        ({"client": {"addr": "[::1]:4711"}}, "remote_addr", "[::1]"),
        ({"headers": {"x-request-id": "abc-1"}, "req": {"id": 7}}, "request_id", "abc-1"),
        ({"status": "handled", "code": 200}, "status", "200"),
        ({"fields": {"status": 200}, "target": "tower_http::trace"}, "status", "200"),
        ({"properties": {"userAgent": "curl/8"}}, "user_agent", "curl/8"),
    ],
)
def test_fields_are_found_wherever_they_stand(more: dict[str, object], field: str, text: str) -> None:
    """In objects of their own, in lists, with a prefix; a key of the name whose values cannot be it is passed over."""
    _, batch = read({**BASE, **more})
    assert batch.text(field) == [text.encode()]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"response": {"headers": {"user-agent": "x", "host": "y"}}}, "user_agent"),
        ({"res": {"headers": {"host": "y"}}}, "host"),
        ({"request": {"status": 200}}, "status"),
        ({"request": {"size": 99}}, "bytes"),
        ({"kubernetes": {"host": "node-1"}}, "host"),
        ({"status": "handled"}, "status"),
        ({"req": {"id": 7}}, "request_id"),
        ({"reqId": "req-1a"}, "request_id"),
        ({"logicalUserName": "-", "host": "10.0.0.9"}, "host"),
        ({"headers": {"status": "200"}}, "status"),
        ({"duration": 450}, "request_time"),
    ],
)
def test_what_is_not_logged_is_absent(more: dict[str, object], field: str) -> None:
    """A header of the answer is none of the request, a word is no status, a count is no id, no unit is no duration."""
    format, batch = read({**BASE, **more})
    assert field not in format.fields
    assert field not in batch.spans


def test_a_value_that_is_missing_is_absent() -> None:
    """A null, an empty text, a dash and a missing key are no number."""
    numbers = ("status", "size", "duration_ms")
    records = [*(dict(zip(numbers, values, strict=True)) for values in ((200, 12, 3), (None, "", None), "---")), {}]
    _, batch = read(*({**BASE, **record} for record in records))
    assert batch.integer("status").tolist() == [200, -1, -1, -1]
    assert batch.integer("bytes").tolist() == [12, -1, -1, -1]
    assert batch.micros("request_time").tolist() == [3000, -1, -1, -1]
    assert batch.time_us.tolist() == [1_795_341_600_120_000, *[1_795_341_600_123_000] * 3]


def test_a_duration_of_known_unit_takes_the_place_of_one_without() -> None:
    """Of two durations the one that can be read is read, and the notes name both."""
    format, batch = read({**BASE, "duration": 450, "elapsed_us": 451_000})
    assert batch.micros("request_time").tolist() == [451_000]
    assert format.notes == (
        "duration not read: its values may be milliseconds or microseconds",
        "elapsed_us in microseconds, as its name says",
    )


@pytest.mark.parametrize(
    ("more", "target"),
    [
        ({"query": "b=c"}, b"/a?b=c"),
        ({"query": "?b=c"}, b"/a?b=c"),
        ({"query": ""}, b"/a"),
        ({"query": "SELECT 1"}, b"/a"),
        ({"path": "/a?x=y", "query": "b=c"}, b"/a?x=y"),
        ({"request_uri": "/full?x=y", "args": "b=c"}, b"/full?x=y"),
        ({"requestUri": "/full", "requestQuery": "b=c", "path": None}, b"/full?b=c"),
        ({"target_query": "x"}, b"/a"),
        ({"target_query": "x", "query": "b=c"}, b"/a?b=c"),
    ],
)
def test_targets_in_parts(more: dict[str, object], target: bytes) -> None:
    """A path and its query are one target; a target that is whole stays as it is."""
    _, batch = read({**BASE, **more}, {**BASE, **more})
    assert batch.text("target") == [target, target]


@pytest.mark.parametrize("variables", [("uri", "args"), ("document_uri", "query_string")])
def test_targets_in_parts_of_a_template(variables: tuple[str, str]) -> None:
    """In a template of JSON nginx's $uri and $args are the target; $request_uri is better."""
    uri, args = variables
    template = f'escape=json {{"t":"$msec","m":"$request_method","u":"${uri}","a":"${args}"}}'
    line = b'{"t":1795341600.1,"m":"GET","u":"/a b","a":"c=d"}\n'
    format = detect(line, log_format=template).format
    assert format
    batch = Parser(format).feed(line)
    assert batch.text("target") == [b"/a b?c=d"]
    assert batch.time_us.tolist() == [1_795_341_600_100_000]
    whole = template.replace('"m"', '"r":"$request_uri","m"')
    better = detect(line.replace(b'"m"', b'"r":"/r","m"'), log_format=whole).format
    assert better
    assert Parser(better).feed(line.replace(b'"m"', b'"r":"/r","m"')).text("target") == [b"/r"]


@pytest.mark.parametrize(
    ("times", "clock", "us"),
    [
        ({"ts": 1795341600.25, "start_time": "2026-11-22T10:00:00.1Z"}, "start", 1_795_341_600_100_000),
        ({"ts": 1795341600.25, "start_time": "2026-11-22T10:00:00Z"}, "end", 1_795_341_600_250_000),
        ({"time": "2026-11-22T10:00:00Z", "ts": 1795341600250}, "end", 1_795_341_600_250_000),
        ({"time": 0.25, "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, "end", 1_795_341_600_000_000),
        ({"created": "today", "timestamp": "1795341600250"}, "end", 1_795_341_600_250_000),
    ],
)
def test_the_best_time_dates_a_line(times: dict[str, object], clock: str, us: int) -> None:
    """The request's start where it is fine, else the finest; what is no time of day is none."""
    format, batch = read({"method": "GET", "path": "/a", **times})
    assert (format.clock, batch.time_us.tolist()) == (clock, [us])


def test_the_kind_of_a_time_is_told_by_all_of_its_values() -> None:
    """A first value that is coarser, of another spelling or missing tells nothing of the others."""
    times = [1795341600, None, 1795341600.5, "1795341600.125", 1795341600.123456, "2026-11-22T10:00:01Z"]
    format, batch = read(*({"ts": each, "path": "/a"} for each in times))
    assert format.resolution_us == 1
    assert [us - 1_795_341_600_000_000 for us in batch.time_us.tolist()] == [0, 500_000, 125_000, 123_456, 1_000_000]
    assert (batch.parsed, batch.unparsed) == (5, 1)


def test_every_program_has_its_source() -> None:
    """What a row claims of a program can be looked up, and no two rows have one name."""
    assert all(writer.source for writer in WRITERS)
    assert len({writer.name for writer in WRITERS}) == len(WRITERS)
