"""A format made from a line reads that line, and what is in no known format is told what it is nearest to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import KNOWN, Parser, compile_format, detect, suggest_format
from mirrorcheck_parsers.catalogue.known import SAMPLES
from mirrorcheck_parsers.detection.line_parts import split_line
from mirrorcheck_parsers.detection.nearness import nearness

CLF = '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12'

SUGGESTED = {
    CLF: '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent',
    f'{CLF} 0.003 "https://x/" "Mozilla/5.0 (X)" extra': (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time "$http_referer" '
        '"$http_user_agent" $field_1'
    ),
    '2026-11-22T10:00:00.123Z 10.0.0.1:1234 "GET /a HTTP/1.1" 200 12 "curl/8" "10.1.1.1"': (
        "%START_TIME% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%:%REQ(X-FIELD-1)% "
        '"%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %BYTES_SENT% "%REQ(USER-AGENT)%" '
        '"%REQ(X-FORWARDED-FOR)%"'
    ),
    "2026-11-22 10:00:00 INFO access GET /a 200 12ms": (
        "%START_TIME(%Y-%m-%d %H:%M:%S)% %REQ(X-FIELD-1)% %REQ(X-FIELD-2)% %REQ(:METHOD)% %REQ(:PATH)% "
        "%RESPONSE_CODE% %REQ(X-FIELD-3)%"
    ),
    "1795341600.123 GET /a 200 curl/8": "$msec $request_method $request_uri $status $field_1",
    'time=2026-11-22T10:00:00.123Z ip=10.0.0.1 req="GET /a HTTP/1.1" status=200': (
        'time=%START_TIME% ip=%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% req="%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" '
        "status=%RESPONSE_CODE%"
    ),
    '[06/Feb/2026:12:14:14.655] web "GET /a HTTP/1.1"': (
        '[%START_TIME(%d/%b/%Y:%H:%M:%S.%3f)%] %REQ(X-FIELD-1)% "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%"'
    ),
    'hello "GET /a HTTP/1.1" 200': None,
    "2026-11-22T10:00:00.123Z starting up": None,
    "2026-11-22T10:00:00.123Z GET /a 200 \x1b[0m": None,
}


@pytest.mark.parametrize("line", SUGGESTED)
def test_a_format_is_made_from_a_line(line: str) -> None:
    """Times, addresses, requests, statuses and quoted texts are told; without a time or a request there is none."""
    template = suggest_format(line.encode())
    assert template == SUGGESTED[line]
    if template:
        batch = Parser(compile_format(template)).feed(line.encode() + b"\n")
        assert batch.text("method") == [b"GET"]
        assert batch.text("target") == [b"/a"]


CLF_TIME, REQUEST = "[22/Nov/2026:10:00:00 +0000]", '"GET /a HTTP/1.1"'
TIMES = (CLF_TIME, "2026-11-22T10:00:00.123Z", "1795341600.123")
OTHERS = (
    "10.0.0.1",
    "-",
    "200",
    "0.003",
    "12",
    '"curl/8"',
    '"-"',
    '"https://x/"',
    "rt=0.1",
    "key=",
    "{",
    "up",
    '"',
    "[x]",
)
PARTS = st.sampled_from([*TIMES, *OTHERS, REQUEST, "GET /a", "::1", "%", "$a"])


@given(parts=st.lists(PARTS, max_size=12), gap=st.sampled_from([" ", "", " | ", "\t"]))
def test_what_is_suggested_reads_the_line(parts: list[str], gap: str) -> None:
    """Whatever the line, a format that is suggested parses it, as one well-formed request."""
    line = gap.join(parts).encode()
    template = suggest_format(line)
    if template is None:
        return
    found = detect(line, log_format=template)
    assert found.format
    batch = Parser(found.format).feed(line + b"\n")
    assert (batch.parsed, bool(batch.well_formed.all())) == (1, True)


@pytest.mark.parametrize("format", KNOWN, ids=[format.name for format in KNOWN])
def test_nothing_is_nearer_than_the_format_itself(format: object) -> None:
    """A format's own line has most of what it logs, and cut anywhere behind its request nothing else is much nearer."""
    known = next(each for each in KNOWN if each is format)
    line = SAMPLES[known.name].encode()
    own = nearness(known, line)
    assert own >= max(nearness(each, line) for each in KNOWN if each.keys == {} or known.keys) - 0.1
    assert own > (0.65 if known.name == "HAProxy CLF" else 0.7)  # which has texts that are always empty


def test_the_nearest_format_has_what_the_line_has() -> None:
    """What a line holds tells, and not the column where a literal happens to end."""
    line = b'<13>Nov 22 web: 10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8"'
    assert detect(line.replace(b"[22", b"(22")).attempts[0].format.name.endswith("nginx combined")
    line = b'at 2026-11-22T10:00:00.123Z "GET /a HTTP/1.1" 200 - 0 12 3 2 "-" "curl/8" "id" "web"'
    assert detect(line).attempts[0].format.name == "Envoy text"
    assert detect(b'{"start_time":1,"path":"/a","method":"GET"').attempts[0].format.name == "Istio JSON"


@pytest.mark.parametrize("text", [b"A", b"GET ", b'"', b"/", b":", b"1.1.", b"a:", b"[:", b"\\"])
def test_signs_of_long_lines(text: bytes) -> None:
    """At most 200 parts of a line are read, and no part for long."""
    assert len(split_line(text * 100_000)) <= 200
