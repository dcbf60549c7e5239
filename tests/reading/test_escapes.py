"""The same request has the same key in every log, whatever each log escapes, and in whatever way."""

import json
from pathlib import Path

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.reading.observe import Filter, observe
from mirrorcheck.reading.table import complete_table
from mirrorcheck_parsers import Format, Parser, compile_format

MAIN = compile_format(
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    '"$http_x_forwarded_for"'
)
PARTS = '[$time_local] "$request_method" "$request_uri" "$http_referer" "$http_user_agent" "$http_x_forwarded_for"'
NGINX_TEXT = compile_format(f"escape=json {PARTS}")
NGINX_JSON = compile_format(
    'escape=json {"t":"$time_local","request":"$request","referer":"$http_referer","ua":"$http_user_agent",'
    '"xff":"$http_x_forwarded_for"}'
)
ENVOY_JSON = compile_format(
    '{"start_time":"%START_TIME%","method":"%REQ(:METHOD)%","path":"%REQ(:PATH)%","referer":"%REQ(REFERER)%",'
    '"ua":"%REQ(USER-AGENT)%","xff":"%REQ(X-FORWARDED-FOR)%"}'
)
STAMP = "22/Nov/2026:10:00:00 +0000"
KEYS = ["method", "target", "path", "rest", "chain", "shorter_chain", "hop"]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["-", "", "café", 'a "b" \\c', "\\x41", "\\u00e9", "10.0.0.1,é,10.0.0.2", "\U0001f600", "\x7f\t"]
)
target = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" "), max_size=12)


def by_default(value: str) -> str:
    """Escape as nginx's escape=default does."""
    plain = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02X}" for byte in value.encode("utf-8")
    )
    return "".join(plain) or "-"


def by_json(value: str) -> str:
    """Escape as nginx's escape=json does."""
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
    return "".join(short.get(letter, f"\\u{ord(letter):04X}" if letter < " " else letter) for letter in value)


def written(uri: str, referer: str, agent: str, chain: str) -> list[tuple[Format, str]]:
    """Write a request in every format."""
    a = [by_default(value) for value in (uri, referer, agent, chain)]
    b = [by_json(value) for value in (uri, referer, agent, chain)]
    values = {"start_time": "2026-11-22T10:00:00.000Z", "method": "GET", "path": uri, "referer": referer or None}
    values |= {"ua": agent or None, "xff": chain or None}
    return [
        (MAIN, f'10.0.0.1 - - [{STAMP}] "GET {a[0]} HTTP/1.1" 200 1 "{a[1]}" "{a[2]}" "{a[3]}"'),
        (NGINX_TEXT, f'[{STAMP}] "GET" "{b[0]}" "{b[1]}" "{b[2]}" "{b[3]}"'),
        (
            NGINX_JSON,
            f'{{"t":"{STAMP}","request":"GET {b[0]} HTTP/1.1","referer":"{b[1]}","ua":"{b[2]}","xff":"{b[3]}"}}',
        ),
        (ENVOY_JSON, json.dumps(values)),
        (ENVOY_JSON, json.dumps(values, ensure_ascii=False)),
    ]


def keys(format: Format, line: str) -> pl.DataFrame:
    """Give what a line is paired by, among plain ones before and behind it."""
    others = [other for known, other in written("/plain", "-", "curl/8", "10.0.0.1") if known is format]
    batch = Parser(format).feed("".join(f"{each}\n" for each in (others[0], line, others[0])).encode())
    assert batch.parsed == 3, batch.samples
    return complete_table(observe(batch, Filter(None, None))).select(KEYS)


@given(target, text, text, text)
@example("café?q=é", 'a"b', "\\", "10.0.0.1, é")
@example("\x00", "\x1f", "\x80", "\\\\")
def test_one_request_has_one_key(path: str, referer: str, agent: str, chain: str) -> None:
    """Text of nginx with either escape, its JSON, and Envoy's JSON all tell the same of a request."""
    found = [keys(format, line) for format, line in written(f"/{path}", referer, agent, chain)]
    for each in found[1:]:
        assert each.equals(found[0])


def test_sides_that_escape_differently_pair(tmp_path: Path) -> None:
    """A primary that logs text and a shadow that logs JSON pair by what was asked for, escaped or not."""
    targets = [f"/café/{number}" for number in range(6)]
    v1, v2 = tmp_path / "v1.log", tmp_path / "v2.log"
    v1.write_text("".join(f"{written(each, '-', 'é', '')[0][1]}\n" for each in targets))
    v2.write_text("".join(f"{written(each, '', 'é', '192.0.2.2')[3][1]}\n" for each in targets))
    report = mirrorcheck.analyze(primary=v1, shadow=v2)
    assert (report.originals.paired, report.shadow.paired) == (6, 6)
    assert report.table.filter(report.table["side"] == "primary")["target"].to_list() == targets
