"""Lines of key=value pairs: what a logger of Go wrote of a request is what is read, and other lines are none."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import Format, Parser, detect
from mirrorcheck_parsers.objects import NoObject
from mirrorcheck_parsers.pairs import scan_pairs

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
        assert batch.text(field) == [b"" if fields[key] == "<nil>" else fields[key].encode()]


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
