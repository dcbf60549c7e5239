"""A request logged in a format and read back is that request: each format against a writer of its own.

The writers are written from the programs' documentation and share no code with the parsers.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import KNOWN, Format, Parser, detect
from mirrorcheck_parsers.catalogue.known import PROGRAMS
from tests.sample import examples

pytestmark = pytest.mark.usefixtures("way")

Request = Mapping[str, str]

token = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_:/", min_size=1, max_size=70)
header = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters='"\x7f'), max_size=40) | token
agent = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40)
path = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), max_size=40)
number = st.integers(0, 10**9).map(str)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, str]:
    """Draw what a proxy knows of a request."""
    moment = draw(st.integers(0, 4_102_444_800_000))
    return {
        "method": draw(st.sampled_from(["GET", "POST", "PROPFIND"])),
        "target": "/" + draw(path),
        "protocol": draw(st.sampled_from(["HTTP/1.1", "HTTP/2", "HTTP/1.0"])),
        "status": draw(st.sampled_from(["200", "404", "503"])),
        "bytes": draw(number),
        "millis": draw(st.integers(0, 600_000).map(str)),
        "user_agent": draw(agent),
        "referer": draw(header),
        "xff": draw(header),
        "request_id": draw(token),
        "host": draw(token),
        "moment_ms": str(moment),
        "other": draw(token),
    }


def at(request: Request) -> datetime:
    """Give the moment of a request, whose milliseconds no float may round."""
    millis = int(request["moment_ms"])
    return datetime.fromtimestamp(millis // 1000, UTC).replace(microsecond=millis % 1000 * 1000)


def envoy_value(request: Request, operator: str) -> str:
    """Give what Envoy writes for an operator."""
    name = operator.partition("(")[0]
    header_name = re.sub(r".*\(|\)", "", operator).rpartition("?")[2].lower()
    known = {
        "START_TIME": at(request).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(request['moment_ms']) % 1000:03}Z",
        "PROTOCOL": request["protocol"],
        "RESPONSE_CODE": request["status"],
        "BYTES_SENT": request["bytes"],
        "BYTES_RECEIVED": "0",
        "DURATION": request["millis"],
        "DOWNSTREAM_REMOTE_ADDRESS": "10.0.0.1:4711",
    }
    headers = {
        ":method": "method",
        ":path": "target",
        "user-agent": "user_agent",
        "x-forwarded-for": "xff",
        "x-request-id": "request_id",
        ":authority": "host",
    }
    if name == "REQ":
        return request[headers[header_name]] or "-"
    return known.get(name, request["other"])


def envoy_line(template: str, request: Request) -> bytes:
    """Write a line as Envoy's text format does: nothing is escaped."""
    return re.sub(r"%([A-Z_]+(?:\([^)]*\))?)%", lambda found: envoy_value(request, found[1]), template).encode(
        "latin-1"
    )


def envoy_json(template: str, request: Request) -> bytes:
    """Write a line as Envoy's JSON format does: typed, missing values null, keys sorted."""
    keys = json.loads(template)
    values: dict[str, object] = {key: envoy_value(request, operator.strip("%")) for key, operator in keys.items()}
    typed = {
        key: int(str(value)) if key in ("response_code", "bytes_sent", "duration") else value
        for key, value in values.items()
    }
    return json.dumps({key: None if value == "-" else value for key, value in typed.items()}, sort_keys=True).encode()


def nginx_value(request: Request, variable: str) -> str:
    """Give what nginx holds in a variable."""
    millis = int(request["moment_ms"])
    return {
        "remote_addr": "10.0.0.1",
        "time_local": at(request).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "msec": f"{millis // 1000}.{millis % 1000:03}",
        "request": f"{request['method']} {request['target']} {request['protocol']}",
        "status": request["status"],
        "body_bytes_sent": request["bytes"],
        "http_referer": request["referer"],
        "http_user_agent": request["user_agent"],
        "http_x_forwarded_for": request["xff"],
        "http_host": request["host"],
        "http_x_request_id": request["request_id"],
        "req_id": request["request_id"],
        "request_time": f"{int(request['millis']) / 1000:.3f}",
        "request_length": "77",
        "proxy_alternative_upstream_name": "",
        "upstream_addr": "10.0.0.2:80, 10.0.0.3:80",
        "upstream_status": "502 : 200",
        "remote_user": "alice b",
    }.get(variable, "")


def nginx_line(template: str, request: Request) -> bytes:
    """Write a line as nginx's escape=default does (ngx_http_log_escape)."""

    def escaped(found: re.Match[str]) -> str:
        raw = nginx_value(request, found[1]).encode("utf-8" if found[1] == "request" else "latin-1")
        kept = (chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02X}" for byte in raw)
        return "".join(kept) or ("" if found[1].startswith("proxy_") else "-")

    return re.sub(r"\$(\w+)", escaped, template).encode()


def writer_of(name: str) -> tuple[Callable[[str, Request], bytes], str]:
    """Give how a format is written, and the encoding of its texts."""
    if "JSON" in name:
        return envoy_json, "utf-8"
    return (nginx_line if "nginx" in name else envoy_line), "latin-1"


# Those of other programs are in test_programs.py.
WRITTEN = [(known, program.template) for known, program in list(zip(KNOWN, PROGRAMS, strict=True))[:9]]


@pytest.mark.parametrize(("known", "template"), WRITTEN, ids=[known.name for known, _ in WRITTEN])
@given(data=st.data())
def test_a_request_comes_back(known: Format, template: str, data: st.DataObject) -> None:
    """What a proxy logged of a request is what is read, whatever its headers hold."""
    request = data.draw(requests())
    write, encoding = writer_of(known.name)
    line = write(template, request)
    parser = Parser(known)
    batch = parser.feed((line + b"\n") * 3)
    assert batch.parsed == 3, batch.samples
    for field in ("method", "target", "status", "bytes", "user_agent", "referer", "xff", "request_id", "host"):
        if field in batch.spans:
            wanted = (request[field] or "-").encode(encoding)
            expected = wanted.replace(b"-", b"") if wanted == b"-" and known.keys else wanted
            assert batch.text(field) == [expected] * 3
    duration_us = int(request["millis"]) * 1000
    if "request_time" in batch.spans:
        assert batch.micros("request_time").tolist() == [duration_us] * 3
    moment_us = int(request["moment_ms"]) * 1000
    if known.resolution_us == 1_000_000:
        moment_us -= moment_us % 1_000_000
    elif known.clock_field == "msec":
        moment_us -= duration_us
    assert batch.time_us.tolist() == [moment_us] * 3


@pytest.mark.unmeasured
@examples(30)
@given(request=requests())
def test_a_format_is_found_by_one_line(request: Request) -> None:
    """One line of a known format is enough to tell it, but for agents that imitate another format's tail."""
    for known, template in WRITTEN:
        tame = {**request, "user_agent": "curl/8", "xff": "10.0.0.1", "referer": "-"}
        found = detect(writer_of(known.name)[0](template, tame) + b"\n").format
        assert found
        assert found.name == known.name
