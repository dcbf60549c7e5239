"""The formats of programs besides nginx and Envoy: their units, what they lack, and who is taken for whom."""

from time import process_time

import pytest

from mirrorcheck_parsers import KNOWN, Format, compile_format, detect
from mirrorcheck_parsers.catalogue.known import PROGRAMS, SAMPLES, WITHOUT_TIME
from mirrorcheck_parsers.catalogue.servers import UNDATED, Program
from mirrorcheck_parsers.exact.match import QuoteIndex, match_line
from tests.parsers.batches import batch_of

STAMP = b"2026-11-22T10:00:00.123456789Z "
NAMED = {format.name: format for format in (*KNOWN, *WITHOUT_TIME)}
COMBINED = SAMPLES["nginx combined"]
LONG = 1 << 16  # bytes of a hostile line
PATIENCE = 0.5  # seconds for one: what looks at it once for every byte of it takes minutes


def name_of(*lines: str) -> str | None:
    """Give the name of the format found."""
    found = detect("".join(f"{line}\n" for line in lines).encode()).format
    return found.name if found else None


@pytest.mark.parametrize("program", [*PROGRAMS, *UNDATED], ids=lambda program: program.name)
def test_every_format_has_an_origin_and_a_line(program: Program) -> None:
    """Each format says where it is from, and its line is one of it, taken for no other that has more fields."""
    name, line = program.name, program.sample.encode()
    assert program.source
    assert match_line(NAMED[name], line, 0, len(line))
    others = [each for each in NAMED.values() if each is not NAMED[name] and match_line(each, line, 0, len(line))]
    assert all(len(each.fields) <= len(NAMED[name].fields) for each in others)


@pytest.mark.parametrize("name", [program.name for program in UNDATED])
def test_a_format_without_a_time_is_dated_by_what_is_around_it(name: str) -> None:
    """Lines that say no time are read where a runtime stamps them; elsewhere it is said whose they are."""
    line = SAMPLES[name].encode()
    stamped = detect(STAMP + line).format
    assert stamped
    assert (stamped.name, stamped.clock_field) == (f"kubectl --timestamps, {name}", "stamp")
    bare = detect(line + b"\n" + line + b"\nother\n")
    assert bare.format is None
    assert bare.undated
    assert (bare.undated.format.name, bare.undated.matched, bare.undated.lines) == (name, 2, 3)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (["2870", "96", "310022"], "Apache combined with microseconds"),
        (["0", "0", "3"], "combined with seconds"),
        (["0.003", "1.250", "-"], "combined with seconds"),
        (["28", "3", "140"], "combined with a number"),
        (["-", "-"], "Apache combined with microseconds"),
    ],
)
def test_the_number_behind_combined(values: list[str], name: str) -> None:
    """Apache's %D and %T are told apart by what is likely, and what may be neither is no duration."""
    assert name_of(*(f"{COMBINED} {value}" for value in values)) == name


@pytest.mark.parametrize(
    ("name", "logged", "micros"),
    [
        ("Apache combined with microseconds", ("2870", "1234"), 1234),
        ("Apache combined with seconds/microseconds", ("0/2870", "1/1000234"), 1_000_234),
        ("Traefik common", (" 3ms", " 1500ms"), 1_500_000),
        ("HAProxy HTTP", ("0/0/1/2/3", "0/0/1/2/1500"), 1_500_000),
        ("HAProxy HTTP", ("0/0/1/2/3", "-1/-1/-1/-1/-1"), -1),
        ("HAProxy HTTP", ("0/0/1/2/3", "0/0/1/2/+8"), -1),
        ("AWS ALB", ("0.000 0.003 0.000", "0.001 1.250 0.000"), 1_250_000),
        ("AWS ALB", ("0.000 0.003 0.000", "-1 -1 -1"), -1),
        ("AWS classic ELB", ("0.000 0.003 0.000", "0.000073 0.001048 0.000057"), 1048),
        ("morgan tiny", ("3.456 ms", "12.5 ms"), 12_500),
    ],
)
def test_units(name: str, logged: tuple[str, str], micros: int) -> None:
    """A duration is in the unit that the program's documentation says; -1 and what may still grow are none."""
    line = SAMPLES[name].replace(*logged)
    assert batch_of(NAMED[name], line).micros("request_time").tolist() == [micros]


def test_colours_inside_a_line() -> None:
    """What werkzeug paints on a terminal is no part of the request, also where only some lines are painted."""
    painted = SAMPLES["werkzeug"].replace("GET /a HTTP/1.1", "\x1b[33mGET /b HTTP/1.1\x1b[0m")
    found = detect(f"{SAMPLES['werkzeug']}\n{painted}\n".encode()).format
    assert found
    batch = batch_of(found, SAMPLES["werkzeug"], painted)
    assert (batch.text("method"), batch.text("target")) == ([b"GET", b"GET"], [b"/a", b"/b"])


def test_what_is_absent() -> None:
    """A status or size of -1 is as absent as a dash, and a request that could not be read is not well-formed."""
    haproxy = NAMED["HAProxy HTTP"]
    bad = SAMPLES[haproxy.name].replace("GET /a HTTP/1.1", "<BADREQ>").replace(" 200 312 ", " -1 0 ")
    batch = batch_of(haproxy, bad)
    assert batch.integer("status").tolist() == [-1]
    assert batch.well_formed.tolist() == [False]
    assert batch_of(NAMED["Apache common"], SAMPLES["Apache common"].replace(" 12", " -")).integer("bytes") == [-1]


def test_times_without_a_zone() -> None:
    """What is taken for granted is said; what a runtime's stamp dates takes nothing for granted."""
    assert NAMED["werkzeug"].notes == ("time says no zone: taken for UTC",)
    assert NAMED["HAProxy HTTP"].notes == ("start_time says no zone: taken for UTC",)
    assert not NAMED["HAProxy CLF"].notes
    assert not NAMED["AWS ALB"].notes
    stamped = detect(STAMP + SAMPLES["werkzeug"].encode()).format
    assert stamped
    assert (stamped.clock_field, stamped.notes) == ("stamp", ())


def test_the_sieve_loses_nothing() -> None:
    """Of all samples, those that are left out for a format are none of it."""
    lines = [sample.encode() for sample in SAMPLES.values()]
    lines += [line.replace(b"curl/8", b'an \\"agent\\"') for line in lines]
    sieve = QuoteIndex(lines)
    for format in NAMED.values():
        kept = list(sieve.lines(format))
        assert not [line for line in lines if line not in kept and match_line(format, line, 0, len(line))]
    assert sum(1 for _ in sieve.lines(NAMED["nginx main"])) < len(lines)


@pytest.mark.parametrize("format", NAMED.values(), ids=NAMED)
def test_hostile_lines_cost_no_more_than_their_length(format: Format) -> None:
    """A long line that fits up to its middle, or begins anew all over, is refused in one pass or a few."""
    sample = SAMPLES[format.name]
    middle = len(sample) // 2
    pieces = (" ", '"', '" "', "} {", "] [", "/", "\\", "-1/", "a ", '" 200 ', '"" ', sample)
    hostile = [sample[:middle] + piece * (LONG // len(piece)) for piece in pieces]
    hostile += [piece * (LONG // len(piece)) + sample[middle:] + "\x01" for piece in pieces]
    for line in hostile:
        text = line.encode()
        began = process_time()
        match_line(format, text, 0, len(text))
        assert process_time() - began < PATIENCE, line[:200]


APISIX = (
    '$remote_addr - $remote_user [$time_local] $http_host "$request" $status $body_bytes_sent $request_time '
    '"$http_referer" "$http_user_agent" $upstream_addr $upstream_status $upstream_response_time '
    '"$upstream_scheme://$upstream_host$upstream_uri"'
)


@pytest.mark.parametrize("url", ["http://www.example.com", "http://www.example.com/a?x=1", "-://--"])
def test_apisix_as_it_is_configured(url: str) -> None:
    """APISIX's own template, whose variables touch, reads what the catalogue's reads."""
    line = SAMPLES["APISIX"].replace("http://www.example.com", url)
    own, known = batch_of(compile_format(APISIX), line), batch_of(NAMED["APISIX"], line)
    for field in ("method", "target", "status", "host", "user_agent", "request_time", "upstream_addr"):
        assert own.text(field) == known.text(field)
