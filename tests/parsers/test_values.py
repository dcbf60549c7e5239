"""JSON: one grammar and one way to undo escapes, whoever reads a line: the log's own format or the layers around it."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck_parsers import LAYERS, Format, Parser, compile_format, unescape, wrap
from mirrorcheck_parsers.formats.values import NoObject, scan_object

WAYS = (False, True)
OWN = compile_format('escape=json {"t":"$time_iso8601","m":"$request_method","u":"$request_uri"}')
MESSAGE = compile_format('escape=none [$time_local] "$request" $status ${agent:free}')
DOCKER = next(layer for layer in LAYERS if layer.name == "docker json-file")
AROUND = wrap(MESSAGE, [DOCKER], ["stamp", "stream"], stamp_resolution_us=1)
INNER = rb"[22/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 200 "

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
objects = st.dictionaries(
    st.text(),
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)),
    max_size=4,
)
blanks = st.sampled_from(["", " ", "\t", "\r", " \t "])


@st.composite
def spelled(draw: st.DrawFn) -> bytes:
    """Write an object with blanks of any kind between its tokens, and perhaps break it in one place."""
    separators = (draw(blanks) + "," + draw(blanks), draw(blanks) + ":" + draw(blanks))
    written = json.dumps(draw(objects), separators=separators, ensure_ascii=draw(st.booleans()))
    text = bytearray((draw(blanks) + written + draw(blanks)).encode())
    if draw(st.booleans()):
        text[draw(st.integers(0, len(text) - 1))] = draw(st.sampled_from(b'"{}[],:-0 \\\r'))
    return bytes(text)


def is_json(text: bytes) -> bool:
    """Whether Python's reader takes a text for an object; raw control characters may stand in strings."""
    try:
        return isinstance(json.loads(text, strict=False), dict)
    except ValueError:
        return False


@given(spelled())
@example(b'{"a":' * 70 + b"1" + b"}" * 70)
@example(b'{"a":[' + b"[" * 70 + b"]" * 70 + b"]}")
@example(b'\t{"a":\r1}\r')
def test_what_is_json_is_an_object_in_both_ways(text: bytes) -> None:
    """A log's own lines and the objects around lines are read by one grammar, that of JSON at the least."""
    own, around = (scan_object(text, 0, len(text), nests=nests) for nests in (False, True))
    assert isinstance(own, NoObject) == isinstance(around, NoObject)
    assert not (is_json(text) and isinstance(own, NoObject))


def flat(value: Any, path: str = "") -> list[tuple[str, Any]]:  # noqa: ANN401 - of any JSON
    """Give what is at each path of nested objects, lists as one value."""
    if not isinstance(value, dict):
        return [(path, value)]
    return [each for key, inner in value.items() for each in flat(inner, f"{path}.{key}" if path else key)]


@given(st.dictionaries(st.from_regex("[a-z]{1,3}", fullmatch=True), st.integers() | st.text() | st.booleans()))
def test_values_are_those_that_json_has(written: dict[str, Any]) -> None:
    """Each path has the value that any reader of JSON would give it."""
    text = json.dumps({"outer": written, "last": 1}).encode()
    values = scan_object(text, 0, len(text))
    assert not isinstance(values, NoObject)
    read = [(value.path.decode(), value.read(text, "json").decode("utf-8", "surrogatepass")) for value in values]
    expected = flat({"outer": written, "last": 1})
    assert read == [
        (path, each if isinstance(each, str) else json.dumps(each)) for path, each in expected if each != {}
    ]


def parsed(format_: Format, line: bytes, *, exact: bool) -> int:
    """Count the records among three equal lines."""
    parser = Parser(format_, exact=exact)
    return parser.feed((line + b"\n") * 3).parsed + parser.flush().parsed


@given(spelled().filter(lambda text: b"\n" not in text))
@example(b"-")
@example(b"007")
@example(b"nul")
@example(b"[1 2]")
@example(b'"a\\x22b"')
def test_both_ways_accept_the_same_lines(value: bytes) -> None:
    """A value that a log's own object may hold, the object around a line may hold, too: at once or one by one."""
    own = b'{"t":"2026-11-22T10:00:00+00:00","m":"GET","u":"/a","x":%b}' % value
    around = b'{"log":"%b-\\n","stream":"stdout","time":"2026-11-22T10:00:00Z","x":%b}' % (INNER, value)
    counts = {parsed(format_, line, exact=way) for way in WAYS for format_, line in ((OWN, own), (AROUND, around))}
    assert counts in ({0}, {3})


pieces = st.sampled_from(
    [
        rb"\u00e9",
        rb"\ud83d\ude00",
        rb"\ud83d",
        rb"\ude00",
        rb"\u0026",
        rb"\/",
        rb"\t",
        rb"\\",
        rb"\"",
        b"&",
        b"caf\xc3\xa9",
    ]
)


@given(st.lists(pieces | st.sampled_from([rb"\x22", rb"\u00", b"\xff", b" "]), max_size=6).map(b"".join))
def test_an_envelope_undoes_the_escapes_of_json(text: bytes) -> None:
    """What an envelope holds is what unescape makes of it, at once or one by one."""
    line = b'{"log":"%b%b.\\n","stream":"stdout","time":"2026-11-22T10:00:00Z"}\n' % (INNER, text)
    for way in WAYS:
        batch = Parser(AROUND, exact=way).feed(line * 3)
        assert batch.text("agent") == [unescape(text, "json") + b"."] * 3


@pytest.mark.parametrize("depth", [3, 64, 65, 1000])
def test_what_is_nested_too_deep_is_one_value(depth: int) -> None:
    """Values more than 64 nests deep are not given one by one, so that paths do not grow with the square of a line."""
    text = b'{"a":' * depth + b"1" + b"}" * depth
    values = scan_object(text, 0, len(text))
    assert not isinstance(values, NoObject)
    path = b".".join([b"a"] * min(depth, 64))
    assert [(value.path, value.stop - value.start > 1) for value in values] == [(path, depth > 64)]
