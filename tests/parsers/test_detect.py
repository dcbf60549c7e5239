"""Detection: which format a stream's first bytes are in, and how near the others came."""

import json
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import KNOWN, LAYERS, FormatError, Parser, detect
from mirrorcheck_parsers.catalogue.known import PROGRAMS, SAMPLES
from mirrorcheck_parsers.exact.match import match_line
from mirrorcheck_parsers.formats.values import scan_object
from tests.sample import examples

PAYLOAD = b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8"'
MAIN = PAYLOAD + b' "10.1.2.3"'
STAMP = b"2026-11-22T10:00:00.123456789Z "


def name_of(sample: bytes, log_format: str | None = None) -> str | None:
    """Give the name of the format found."""
    found = detect(sample, log_format=log_format).format
    return found.name if found else None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (MAIN, "nginx main"),
        (PAYLOAD, "nginx combined"),
        (MAIN + b' host="-" rid="-" tp="-" att="-" rt=0.001 t=1795341600.001 len=1', "nginx recommended"),
        (b"[web-v1] " + MAIN, "kubetail, nginx main"),
        (b"[web-v1 nginx] " + PAYLOAD, "kubetail, nginx combined"),
        (b"[1:web-v1] " + MAIN, "kubetail, nginx main"),
        (b"\x1b[93m[\x1b(B\x1b[m\x1b[93mweb-v1]\x1b(B\x1b[m \x1b[93m" + MAIN + b"\x1b(B\x1b[m", "kubetail, nginx main"),
        (STAMP + PAYLOAD, "kubectl --timestamps, nginx combined"),
        (b"\x1b[93m" + MAIN + b"\x1b(B\x1b[m", "kubetail without prefix, nginx main"),
        (b"[web-v1] " + STAMP + MAIN, "kubetail --timestamps, nginx main"),
        (b"[pod/web-v1/nginx] " + MAIN, "kubectl --prefix, nginx main"),
        (b"[pod/web-v1/nginx] " + STAMP + MAIN, "kubectl --prefix --timestamps, nginx main"),
    ],
)
def test_every_wrapper_and_format_is_named(line: bytes, name: str) -> None:
    """Each wrapper around each known format is told from the others, with either line break or none."""
    assert name_of(line) == name
    assert name_of(line + b"\r\n" + line + b"\r\n") == name


def test_a_pasted_article_is_detected() -> None:
    """A few log lines in a page of text decide, those that the page broke included."""
    article = Path(__file__).parents[2].joinpath("testdata", "article-verbatim.txt").read_bytes()
    found = detect(article)
    assert found.format
    assert found.format.name == "kubetail, nginx main"
    assert max(attempt.matched for attempt in found.attempts) == 7


def test_most_lines_win_and_an_incomplete_last_line_is_ignored() -> None:
    """The format of the majority wins; half a line at the end of the sample says nothing."""
    assert name_of(PAYLOAD + b"\n" + MAIN + b"\n" + MAIN + b"\n") == "nginx main"
    assert name_of(MAIN + b"\n" + PAYLOAD) == "nginx main"


def test_a_given_format_is_tried_in_every_wrapper() -> None:
    """`log_format` replaces the known formats, not the wrappers, and a wrapper's stamp can date it."""
    assert name_of(b"[p] /a 1795341600.001", "$request_uri $msec") == "kubetail, --log-format"
    assert name_of(STAMP + b"GET /", "$request_method $request_uri") == "kubectl --timestamps, --log-format"
    assert name_of(MAIN, "$request_uri $msec") is None


def test_a_format_that_begins_with_a_literal() -> None:
    """A wrapper's last literal and the format's first one are one."""
    assert name_of(b"[p] [22/Nov/2026:10:00:00 +0000] /x", "[$time_local] $uri") == "kubetail, --log-format"


def test_a_format_that_dates_nothing_is_refused() -> None:
    """Without a time in the format or around it there is nothing to pair by."""
    with pytest.raises(FormatError, match=r"has no time \(column 13\): add \$time_local"):
        detect(MAIN, log_format="$remote_addr")
    with pytest.raises(FormatError, match=r"neither \$request nor \$request_uri or \$uri.*add"):
        detect(MAIN, log_format="$remote_addr $msec")


def test_a_miss_shows_how_near_each_format_came() -> None:
    """When nothing matches, the attempts say where the first line of the log's own stopped matching."""
    found = detect(b"/docker-entrypoint.sh: x\n\n" + PAYLOAD + b' "half\n')
    assert found.format is None
    assert found.first_line == (3, PAYLOAD + b' "half')
    nearest = found.attempts[0]
    assert nearest.format.name == "nginx main"
    assert (nearest.matched, nearest.lines, nearest.column, nearest.expected, nearest.found) == (0, 1, 86, '`"`', "")
    assert found.attempts[1].format.name == "nginx recommended" or found.attempts[1].column <= nearest.column


@pytest.mark.parametrize("sample", [b"", b"\n\n", b"\x00\xff\x1b[0m\n", b"hello\nworld"])
def test_nothing_to_detect(sample: bytes) -> None:
    """An empty or foreign sample has no format, and no line to show where all are foreign."""
    found = detect(sample)
    assert found.format is None
    assert len(found.attempts) >= len(KNOWN)
    assert (found.first_line == (0, b"")) == (not sample.strip())


def test_a_wrapper_is_one_row() -> None:
    """The table holds every wrapper once."""
    assert len(set(LAYERS)) == len(LAYERS)


@pytest.mark.parametrize("name", [program.name for program in PROGRAMS])
def test_every_known_format_has_a_sample(name: str) -> None:
    """The sample that a known format is listed with is one of its lines, and of no other format."""
    assert name_of(SAMPLES[name].encode()) == name


def test_an_export_counts_its_elements() -> None:
    """The lines over which an element is laid out are one; those around all elements are none."""
    event = {"logStreamName": "web-v1", "timestamp": 1_795_341_600_123, "message": MAIN.decode()}
    other = event | {"message": '"GET /b HTTP/1.1" 200'}
    found = detect(json.dumps({"events": [event, other]}, indent=4).encode() + b"\n")
    assert found.format
    (attempt,) = [attempt for attempt in found.attempts if attempt.format is found.format]
    assert (attempt.format.name, attempt.matched, attempt.lines) == ("CloudWatch, nginx main", 1, 2)


def test_keys_that_were_added_to_a_known_format() -> None:
    """A header added to Istio's JSON is read, and so are the keys of Istio's that are left out while they are empty."""
    line = SAMPLES["Istio JSON"].replace('"x_forwarded_for":null,', '"flow":"f1","traceparent":"00-1",').encode()
    found = detect(line).format
    assert found
    assert found.name == "Istio JSON"
    assert {"flow", "traceparent", "xff"} <= found.fields
    assert (found.clock, found.clock_field) == ("start", "start_time")


def test_a_given_format_wins_where_it_matches_as_well() -> None:
    """Of two that match equally many lines, the one that the user gave is taken, though it has fewer fields."""
    given = [("ours", 'escape=none $remote_addr - $who [$time_local] "$request" $status $rest'), ("theirs", "$msec")]
    found = detect(MAIN + b"\n" + MAIN, given=given).format
    assert found
    assert found.name == "ours"
    assert name_of(MAIN) == "nginx main"
    better = detect(b"\n".join([MAIN, MAIN, PAYLOAD, PAYLOAD, PAYLOAD, b""]), given=[("ours", "$remote_addr $msec")])
    assert better.format
    assert better.format.name == "nginx combined"


FORMATS = Path(__file__).parents[2] / "testdata" / "formats"
LOGS = sorted([*FORMATS.rglob("sample.log"), *FORMATS.rglob("log")])
PIECES = st.sampled_from(
    [b"", b'"', b"\n", b"x", b" ", b"}", b"GET /a HTTP/1.1", b"starting\n", b'half "GET /a\n', b"\xff"]
)


@pytest.mark.unmeasured
@examples(150)
@given(log=st.sampled_from(LOGS), copies=st.integers(1, 3), places=st.lists(st.tuples(st.integers(0, 4000), PIECES)))
def test_what_is_detected_is_what_is_read(log: Path, copies: int, places: list[tuple[int, bytes]]) -> None:
    """However a log is torn, as many lines match as the parser of the format that was found reads, and at least one."""
    text = log.read_bytes() * copies
    for place, piece in places:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at:]
    found = detect(text)
    if found.format is None:
        return
    (attempt,) = [attempt for attempt in found.attempts if attempt.format is found.format]
    parser = Parser(found.format)
    batches = [parser.feed(text[: text.rfind(b"\n") + 1] or text), parser.flush()]
    parsed, unparsed = (sum(getattr(batch, name) for batch in batches) for name in ("parsed", "unparsed"))
    assert (attempt.matched, attempt.lines) == (parsed, parsed + unparsed)
    assert parsed


def test_a_stamp_that_cannot_be_read_dates_nothing() -> None:
    """Where the layers' stamps are no times that are known, the lines' own count."""
    line = json.dumps(
        {"line": MAIN.decode(), "timestamp": "17953416009120000000", "labels": {"pod": "web-v1"}}
    ).encode()
    found = detect(line + b"\n" + line + b"\n").format
    assert found
    assert (found.name, found.clock_field) == ("logcli -o jsonl, nginx main", "time_local")
    assert Parser(found).feed(line + b"\n").parsed == 1


def test_only_the_containers_asked_for_tell_the_format() -> None:
    """However many lines another container logs, and in front, the one asked for is read."""
    envoy, ours = SAMPLES["Envoy text"].encode(), b"[web-v1 app] " + PAYLOAD + b"\n"
    text = (b"[web-v1 proxy] " + envoy + b"\n") * 20 + ours
    for name, expected in ((b"app", "kubetail, nginx combined"), (b"proxy", "kubetail, Envoy text")):
        found = detect(text, containers=[name]).format
        assert found
        assert found.name == expected
    assert detect(text, containers=[b"web"]).format is None
    assert not detect(text, containers=[b"web"]).asks


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b'{"start_time":"2026-11-22T10:00:00.123Z","path":"/a","upstream_host":"x"}', "Envoy JSON"),
        (b'{"msec":"1795341600.123","request_uri":"/a"}', "nginx JSON"),
        (b'{"ts":1795341600.123,"url":"/a"}', "JSON"),
        (b'{"ts":1795341600,"url":"/a"}', "JSON"),
        (b'{"time":"2026-11-22 10:00:00","url":"/a"}', "JSON"),
        (b'{"time":"2026-11-22T10:00:00.12+01:00","url":"/a"}', "JSON"),
        (b'[p] {"time":"22\\/Nov\\/2026:10:00:00 +0000","url":"/a"}', "kubetail, JSON"),
        (b'{"time":"today","url":"/a"}', None),
        (b'{"time":"2026-11-22T10:00:00Z","msg":"started"}', None),
        (b'{"time":"2026-11-22T10:00:00Z","url":"/a"', None),
        (b"{}", None),
    ],
)
def test_json_is_told_by_its_keys(line: bytes, name: str | None) -> None:
    """JSON with a time and a target under usual names is a log of requests; other JSON is not."""
    assert name_of(line) == name


def test_a_plain_log_is_told_by_some_of_its_lines() -> None:
    """Where these leave one format, no more lines are matched one by one: the Parser reads them all anyway."""
    lines = [f'192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /{n} HTTP/1.1" 200 1 "-" "a" "-"\n' for n in range(1000)]
    with patch("mirrorcheck_parsers.detection.keyed.match_line", wraps=match_line) as exactly:
        found = detect("".join(lines).encode())
    assert found.format
    assert found.format.name == "nginx main"
    assert (found.attempts[0].matched, found.attempts[0].lines) == (1000, 1000)
    assert 0 < len({call.args[1] for call in exactly.call_args_list}) < 100


def test_a_line_of_keys_is_scanned_once() -> None:
    """However many formats and layers it is tried in."""
    lines = [
        f'{{"time":"2026-11-22T10:00:00Z","method":"GET","path":"/{n}","status":200,"duration":{n}}}\n'
        for n in range(200)
    ]
    with patch("mirrorcheck_parsers.detection.keyed.scan_object", wraps=scan_object) as scanned:
        assert detect("".join(lines).encode()).format
    assert scanned.call_count == len({call.args[0] for call in scanned.call_args_list}) == 200
