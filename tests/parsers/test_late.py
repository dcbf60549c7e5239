"""Keys of JSON that first come behind the lines by which the format was told."""

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import Format, Parser, compile_format, detect
from mirrorcheck_parsers.catalogue.known import SAMPLES
from tests.sample import examples

pytestmark = pytest.mark.usefixtures("way")

FIRST = {"time": "2026-11-22T10:00:00.123Z", "method": "GET", "path": "/a", "status": 200}
UUID = "6f1c5b1e-27a4-9c0e-9d32-0b1f6f4c1a77"
NGINX_ID = "0b1f6f4c1a7727a49c0e6f1c5b1e9d32"


def line(**values: object) -> bytes:
    """Write a line with these values besides those that all lines have."""
    return json.dumps(FIRST | values).encode() + b"\n"


def told_by(sample: bytes, log_format: str | None = None) -> Format:
    """Give the format that a sample is in."""
    found = detect(sample, log_format=log_format).format
    assert found
    return found


def grown(chunks: Sequence[bytes], format: Format, asked: Sequence[str] = ()) -> Format | None:
    """Give what the format grows to."""
    parser = Parser(format, asked)
    for chunk in chunks:
        parser.feed(chunk)
    parser.flush()
    return parser.grown()


def read_again(text: bytes, asked: Sequence[str] = ()) -> tuple[Format, dict[str, list[str]]]:
    """Read a text by the format of its first line and what that grows to; the late fields, a value a record."""
    first = told_by(text[: text.find(b"\n") + 1])
    format = grown([text], first, asked)
    assert format
    parser = Parser(format, asked)
    batches = [parser.feed(text), parser.flush()]
    assert parser.grown() is None
    late = sorted(format.fields - first.fields)
    return format, {name: [value.decode() for each in batches for value in each.text(name)] for name in late}


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("http_x_request_id", UUID, "request_id"),
        ("X-Request-Id", UUID, "request_id"),
        ("request_id", UUID, "request_id"),
        ("request_id", NGINX_ID, "nginx_request_id"),
        ("xff", "10.1.2.3", "xff"),
        ("userAgent", 'cu"rl', "user_agent"),
        ("referrer", "-", "referer"),
        ("authority", "web-shadow", "host"),
        ("attempt", 1, "attempt"),
        ("traceparent", "00-1", "traceparent"),
        ("bytes_out", 12, "bytes"),
        ("client_ip", "10.0.0.9", "remote_addr"),
        ("request_size", 7, "request_length"),
    ],
)
@pytest.mark.parametrize("others", [0, 40])
def test_every_known_name_is_found_late(key: str, value: object, field: str, others: int) -> None:
    """A key that only later lines have gives the field that it gives in the first lines, whether many lines have it."""
    told = {field for field in told_by(line(**{key: value})).fields if field not in told_by(line()).fields}
    assert told == {field}
    lines = [line(), *[line()] * others, line(**{key: value}), *[line(**{key: value})] * others, line()]
    format, fields = read_again(b"".join(lines))
    assert fields == {field: ["", *[""] * others, str(value), *[str(value)] * others, ""]}
    assert format.fields == told_by(line(**{key: value})).fields
    assert format.columns[-1].kind is told_by(line(**{key: value})).columns[-1].kind


def test_a_late_address_of_envoy_has_its_port_cut_off() -> None:
    """The client's address is cut out of Envoy's late key as out of an early one."""
    _, fields = read_again(line() + line(downstream_remote_address="10.0.0.1:41235"))
    assert fields == {"downstream_remote_address": ["", "10.0.0.1:41235"], "remote_addr": ["", "10.0.0.1"]}


def test_istio_json_grows_too() -> None:
    """A header that a reload adds to Istio's keys is read from then on."""
    first = SAMPLES["Istio JSON"].encode() + b"\n"
    format, fields = read_again(first + first.replace(b"{", b'{"traceparent":"00-1",', 1))
    assert format.name == "Istio JSON"
    assert fields == {"traceparent": ["", "00-1"]}


def test_around_the_lines_there_may_be_others() -> None:
    """Inside of layers keys are found as without, and what the layers say stays."""
    text = b"[web-v1 nginx] " + line() + b"[web-v1 nginx] " + line(xff="10.1.2.3")
    format, fields = read_again(text)
    assert format.name == "kubetail, JSON"
    assert {"pod", "container"} <= format.fields
    assert fields == {"xff": ["", "10.1.2.3"]}


@pytest.mark.parametrize("asked", ["X-Flow", "x_flow", "$http_x_flow", "req.headers.X-Flow", "req_headers_x_flow"])
def test_an_unknown_key_is_found_if_it_is_asked_for(asked: str) -> None:
    """A header of the user's own is of no use but to one who names it, by the header, the variable or the key."""
    key = "req.headers.X-Flow" if "req" in asked else "http_x_flow"
    text = line() + line(**{key: "f1"}, other="x")
    assert grown([text], told_by(line())) is None
    _, fields = read_again(text, [asked])
    assert list(fields.values()) == [["", "f1"]]


def test_what_has_its_field_is_found_under_its_own_name() -> None:
    """A second name for a field is left alone unless it is asked for; the field stays what it is."""
    first = line(remote_addr="10.0.0.9")
    text = first + line(remote_addr="10.0.0.8", client_ip="10.0.0.7")
    assert grown([text], told_by(first)) is None
    _, fields = read_again(text, ["client_ip"])
    assert fields == {"client_ip": ["", "10.0.0.7"]}
    first = line(http_x_flow="f1")
    assert grown([first + line(x_flow="f2")], told_by(first), ["X-Flow"]) is None


@pytest.mark.parametrize(
    "late", [{"request": "GET /b HTTP/1.1"}, {"request_uri": "/b"}, {"msec": "1795341600.123"}, {"hello": "x"}]
)
def test_what_makes_a_record_is_told_by_the_first_lines(late: dict[str, str]) -> None:
    """A late time or request takes no line's own, and a key that nobody knows is of no use."""
    assert grown([line() + line(**late)], told_by(line())) is None


def test_a_given_format_has_no_keys_but_its_own() -> None:
    """What the user gave is taken at its word."""
    given = 'escape=json {"time":"$time_iso8601","method":"$request_method","path":"$request_uri","status":"$status"}'
    text = line(time="2026-11-22T10:00:00+00:00") + line(time="2026-11-22T10:00:00+00:00", xff="10.1.2.3")
    assert grown([text], told_by(text, given), ["xff"]) is None
    assert grown([text], compile_format(given)) is None


def test_lines_that_are_no_records_tell_nothing() -> None:
    """Keys of JSON without a request are some program's own."""
    other = json.dumps({"time": FIRST["time"], "xff": "10.1.2.3"}).encode() + b"\n"
    dateless = line(time="today", xff="10.1.2.3")
    assert grown([line() + other + dateless], told_by(line())) is None
    assert grown([line() + 40 * other + 40 * dateless], told_by(line())) is None


@pytest.mark.parametrize(
    ("values", "micros"),
    [
        ([12, 7], [12_000, 7_000]),
        ([0.012, 0.5], [12_000, 500_000]),
        ([12.5, 7.25], [12_500, 7_250]),
        ([None, 3], [-1, 3_000]),
        ([3_500, 7_000], [3_500, 7_000]),
        (["12ms", "1.5s"], [12_000, 1_500_000]),
    ],
)
def test_the_first_values_tell_the_unit(values: Sequence[object], micros: Sequence[int]) -> None:
    """A late duration is in the unit by which its values are likely, as an early one is."""
    text = line() + b"".join(line(latency=value) for value in values)
    format = grown([text], told_by(line()))
    assert format
    assert Parser(format).feed(text).micros("request_time").tolist() == [-1, *micros]


def test_only_the_first_values_tell_the_unit() -> None:
    """Twenty values tell, missing ones left out; what comes later is read by that."""
    text = line() + line(latency=None) * 30 + line(latency=12) * 20 + line(latency=0.5, flow="f1") * 20
    format = grown([text], told_by(line()))
    assert format
    assert Parser(format).feed(text).micros("request_time").tolist()[-21:-19] == [12_000, 500]


LATE = st.sampled_from(
    [
        {},
        {},
        {"x_request_id": UUID},
        {"request_id": NGINX_ID},
        {"request_id": "-"},
        {"request-id": UUID},
        {"requestId": UUID},
        {"latency": 12},
        {"latency": 0.5},
        {"latency": None},
        {"latency_ms": 3},
        {"flow": 'f"1'},
        {"X.Flow": "f2", "x-flow": "f3"},
        {"xff": "10.1.2.3", "user_agent": "\\"},
        {"time": "today", "client": "no record"},
    ]
)


@pytest.mark.unmeasured
@examples(40)
@given(st.lists(st.tuples(LATE, st.integers(1, 30)), min_size=1, max_size=12), st.data())
def test_the_cut_of_the_text_changes_nothing(runs: list[tuple[dict[str, object], int]], data: st.DataObject) -> None:
    """Any chunks of a text make a format grow to the same, which stays what it is when the text is read again."""
    text = line() + b"".join(line(**values) * count for values, count in runs)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    chunks = [text[start:stop] for start, stop in pairwise([0, *cuts, len(text)])]
    first, asked = told_by(line()), ["x-flow"]
    whole, parts = grown([text], first, asked), grown(chunks, first, asked)
    assert (whole and dict(whole.late)) == (parts and dict(parts.late))
    assert (whole and list(whole.late)) == (parts and list(parts.late))
    if whole:
        assert grown(chunks, whole, asked) is None
