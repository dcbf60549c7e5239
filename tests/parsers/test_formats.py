"""compile_format: nginx's own syntax in, a Format or a message that names token and column out."""

import pytest

from mirrorcheck_parsers import KNOWN, Format, FormatError, compile_format
from mirrorcheck_parsers.compiled.table import make_table
from tests.parsers.batches import batch_of

LINE = b'1.2.3.4 [22/Nov/2026:10:00:00 +0100] "GET /a HTTP/1.1" 0.1, 0.2 7'


@pytest.mark.parametrize(
    "log_format",
    [
        '$remote_addr [$time_local] "$request" $upstream_response_time $bytes_sent',
        '${remote_addr} [${time_local}] "${request}" ${upstream_response_time} ${bytes_sent}',
        'escape=default $remote_addr [$time_local] "$request" $upstream_response_time $bytes_sent',
        """log_format a '$remote_addr [$time_local] "$request" '\n   '$upstream_response_time $bytes_sent';""",
        """log_format a escape=none "$remote_addr [$time_local]"
           ' ' "\\"$request\\" " '$upstream_response_time ' $bytes_sent;""",
    ],
)
def test_spellings(log_format: str) -> None:
    """A bare template, braces, an escape and the whole directive mean the same."""
    batch = batch_of(log_format, LINE)
    assert batch.text("upstream_response_time") == [b"0.1, 0.2"]
    assert batch.text("target") == [b"/a"]
    assert batch.integer("bytes").tolist() == [7]
    assert batch.time_us.tolist() == [1_795_338_000_000_000]


@pytest.mark.parametrize(
    ("log_format", "message"),
    [
        ("", "log_format is empty at column 1"),
        ("   ", "log_format is empty at column 1"),
        ("$time_local $ x", "`$` at column 13 of log_format names no variable"),
        ("$time_local ${status", "`${status` at column 13 of log_format: the closing `}` is missing"),
        ("escape=xml $time_local", "`escape=xml` at column 1 of log_format: use one of default, json, none"),
        ("log_format a 'b", "`'b` at column 14 of log_format: the quote is never closed"),
        ("$time_local\n$status", "line break in log_format at column 12: a record is one line"),
        ("$status $request", "log_format `$status $request` has no time (column 17): add $time_local or $msec"),
    ],
)
def test_bad_templates(log_format: str, message: str) -> None:
    """What nginx would refuse, or what could not be dated, is refused in one line with its column."""
    with pytest.raises(FormatError) as raised:
        compile_format(log_format)
    assert str(raised.value) == message


def test_canonical_names() -> None:
    """The best source of a canonical field takes its name; others keep theirs, nginx's own request id included."""
    compiled = compile_format(
        "$msec $bytes_sent $body_bytes_sent $host $http_host $request_id $http_x_request_id $foo $foo"
    )
    assert compiled.fields == frozenset(
        {"msec", "bytes", "bytes_sent", "host", "nginx_host", "nginx_request_id", "request_id", "foo"}
    )
    assert compile_format("$msec $host $bytes_sent").fields == frozenset({"msec", "host", "bytes"})
    assert "request_uri" in compile_format('$msec "$request" $request_uri').fields


@pytest.mark.parametrize(
    ("variables", "clock", "resolution_us"),
    [
        ("$time_local", "end", 1_000_000),
        ("$time_iso8601", "end", 1_000_000),
        ("$time_local $msec", "end", 1_000),
        ("$time_local $msec $request_time", "start", 1_000),
        ("$time_local $request_time", "end", 1_000_000),
    ],
)
def test_best_clock(variables: str, clock: str, resolution_us: int) -> None:
    """A format says which clock its records go by and how fine it is."""
    compiled = compile_format(variables)
    assert (compiled.clock, compiled.resolution_us) == (clock, resolution_us)


def test_known_formats() -> None:
    """The known formats are named once each; main holds all of combined."""
    names = [known.name for known in KNOWN]
    assert names[:3] == ["nginx main", "nginx combined", "nginx recommended"]
    assert len(set(names)) == len(names)
    assert KNOWN[0].fields - KNOWN[1].fields == {"xff"}
    assert {"method", "target", "request", "bytes", "referer", "user_agent", "status"} <= KNOWN[1].fields


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_what_every_known_format_tells(known: Format) -> None:
    """Each known format has what pairing needs, and a table for the kernel."""
    assert {"method", "target", "status"} <= known.fields
    assert known.keys or make_table(known)
