"""Lines in every wrapper, alone and stacked: the same records come out, however the stream is cut."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mirrorcheck_parsers import KNOWN, LAYERS, Format, Parser, RecordBatch, detect, read_labels, wrap
from mirrorcheck_parsers.wrappers.splitter import DocumentSplitter
from mirrorcheck_parsers.wrappers.tables import find_table
from tests.sample import examples, sampled

MAIN = KNOWN[0]
RECORD = b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET %b HTTP/1.1" 200 12 "-" "%b" "10.1.2.3"'
STAMP = b"2026-11-22T10:00:00.123456789Z"
OUTER = ("pod", "container", "namespace", "labels", "stream")
Found = tuple[list[tuple[object, ...]], tuple[int, ...]]


def quoted(text: bytes) -> bytes:
    """Write a JSON string as Go does: angle brackets and ampersands by their numbers, other bytes as they are."""
    named = {0x22: rb"\"", 0x5C: rb"\\", 0x0A: rb"\n", 0x09: rb"\t", 0x0D: rb"\r"}
    numbered = {*range(0x20), *b"<>&"}
    return b'"' + b"".join(named.get(b, b"\\u%04x" % b if b in numbered else bytes([b])) for b in text) + b'"'


KUBERNETES = b'{"pod_name":"web-v1","namespace_name":"default","labels":{"app":"web"},"container_name":"nginx"}'
WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "kubetail": lambda line: b"[web-v1 nginx] " + line,
    "kubectl --prefix": lambda line: b"[pod/web-v1/nginx] " + line,
    "--timestamps": lambda line: STAMP + b" " + line,
    "CRI": lambda line: STAMP + b" stdout F " + line,
    "kail": lambda line: b"default/web-v1[nginx]: " + line,
    "docker compose": lambda line: b"web-v1  | " + line,
    "stern": lambda line: b"web-v1 nginx " + line,
    "logcli": lambda line: STAMP + b' {app="}", pod="web-v1"}   ' + line,
    "stern -o json": lambda line: b'{"message":%b,"podName":"web-v1","labels":{"version":"v1"}}' % quoted(line),
    "logcli -o jsonl": lambda line: b'{"labels":{"pod":"web-v1"},"line":%b,"timestamp":"%b"}' % (quoted(line), STAMP),
    "Vector": lambda line: b'{"message":%b,"source_type":"kubernetes_logs","timestamp":"%b"}' % (quoted(line), STAMP),
    "docker json-file": lambda line: b'{"log":%b,"stream":"stdout","time":"%b"}' % (quoted(line + b"\n"), STAMP),
    "Fluentd": lambda line: b'{"stream":"stdout","logtag":"F","message":%b,"time":"%b"}' % (quoted(line), STAMP),
    "aws logs tail": lambda line: b"2026-11-22T10:00:00.123000+00:00 kube.web-v1 " + line,
    "aws logs tail --format short": lambda line: b"2026-11-22T10:00:00 " + line,
    "Logs Insights CSV": lambda line: b'2026-11-22 10:00:00.123,"' + line.replace(b'"', b'""') + b'",kube.web-v1',
    "Logs Insights": lambda line: b'{"@message":%b,"@timestamp":"2026-11-22 10:00:00.123"}' % quoted(line),
    "CloudWatch": lambda line: b'{"logStreamName":"kube.web-v1","message":%b,"timestamp":1795341600123}' % quoted(line),
    "syslog": lambda line: b"<190>Nov 22 10:00:00 web-v1 nginx: " + line,
    "syslog RFC 5424": lambda line: b'<190>1 %b web-v1 nginx 1 - [x@1 y="\\"]"] ' % STAMP + line,
    "journalctl": lambda line: b"1795341600.123456 web-v1 nginx[1]: " + line,
    "journald": lambda line: (
        b'{"_HOSTNAME":"v1","MESSAGE":%b,"__REALTIME_TIMESTAMP":"1795341600123456"}' % quoted(line)
    ),
    "Filebeat": lambda line: (
        b'{"@timestamp":"%b","event":{"original":%b},"kubernetes":{"pod":{"name":"v1"}}}' % (STAMP, quoted(line))
    ),
    "Elasticsearch": lambda line: b'{"_index":"x","_source":{"@timestamp":"%b","message":%b}}' % (STAMP, quoted(line)),
    "Splunk": lambda line: b'{"preview":false,"result":{"_raw":%b,"_time":"%b"}}' % (quoted(line), STAMP),
    "FireLens": lambda line: b'{"ecs_task_definition":"v1:3","log":%b,"source":"stdout"}' % quoted(line),
    "Fluent Bit": lambda line: b'{"date":1795341600.5,"log":%b,"kubernetes":%b}' % (quoted(line), KUBERNETES),
}
OWN_STAMPS = {
    *("gcloud", "CloudWatch", "Logs Insights", "Logs Insights CSV", "aws logs tail", "journalctl", "journald", "Loki"),
}
STACKS = [
    *((name,) for name in WRITERS),
    ("kubetail", "--timestamps"),
    ("kubectl --prefix", "--timestamps"),
    ("stern", "--timestamps"),
    ("Fluent Bit", "docker json-file"),
    ("docker json-file", "kubetail", "--timestamps"),
    ("logcli -o jsonl", "CRI"),
    ("Fluentd", "Fluent Bit", "docker json-file"),
    ("syslog", "docker json-file"),
    ("Elasticsearch", "CRI"),
]


def inside(names: Sequence[str]) -> Format:
    """Give the format main inside the layers of these names."""
    layers = [next(layer for layer in LAYERS if layer.name == name) for name in names]
    stamped = not OWN_STAMPS.isdisjoint(names) or STAMP in written(
        tuple(name for name in names if name in WRITERS), b""
    )
    said = OUTER + ("stamp",) * stamped
    return wrap(MAIN, layers, said, stamp_resolution_us=1)


def written(names: tuple[str, ...], line: bytes) -> bytes:
    """Write a line in these wrappers, the last one innermost."""
    for name in reversed(names):
        line = WRITERS[name](line)
    return line


def rows(batch: RecordBatch, names: Iterable[str]) -> list[tuple[object, ...]]:
    """Give the records of a batch as plain values."""
    texts = [batch.text(name) for name in names]
    columns = (batch.line, batch.offset, batch.length, batch.time_us, batch.well_formed)
    return list(zip(*(column.tolist() for column in columns), *texts, strict=True)) if batch.parsed else []


def parse(format: Format, chunks: Iterable[bytes], names: Iterable[str] | None = None, *, exact: bool = False) -> Found:
    """Parse a stream: its records and the counts of its lines."""
    parser = Parser(format, exact=exact)
    batches = [*map(parser.feed, chunks), parser.flush()]
    names = sorted(format.fields) if names is None else names
    counts = ("lines", "parsed", "foreign", "unparsed", "rejoined")
    totals = tuple(sum(getattr(batch, count) for batch in batches) for count in counts)
    return [row for batch in batches for row in rows(batch, names)], totals


text = st.binary(max_size=8) | st.sampled_from(
    [b"", b"a&b=<c>", b"\\x22", b"\\\\", b"caf\xc3\xa9", b"\xff", b"\x01", b"}"]
)
safe = text.map(lambda value: re.sub(rb'["\n\r\x1b ]', b"", value))
records = st.builds(lambda target, agent: RECORD % (b"/" + target, agent + b"."), safe, safe)
lines = st.lists(records | records | records | safe.map(lambda value: b"x" + value), min_size=1, max_size=24)
stacks = st.sampled_from(STACKS)


@pytest.mark.parametrize(
    ("number", "parsed"), [(b"12", 41), (b"007", 41), (b"00.5", 41), (b"-", 41), (b"0 5", 40), (b"[1", 40)]
)
def test_a_bare_value_among_others_is_read_as_it_is_alone(number: bytes, parsed: int) -> None:
    """What is no number of JSON may be a bare value all the same, and what is none breaks an envelope."""
    line = WRITERS["Fluent Bit"](RECORD % (b"/a", b"curl/8"))
    usual = b"".join(line.replace(b"1795341600.5", b"1795341%d.5" % place) + b"\n" for place in range(600, 640))
    for exact in (False, True):
        _, counts = parse(inside(("Fluent Bit",)), [usual + line.replace(b"1795341600.5", number)], exact=exact)
        assert counts[:2] == (41, parsed)


def test_labels_of_which_a_part_varies() -> None:
    """What all lines share and what they do not are read on each line, and hash as they do elsewhere."""
    line = WRITERS["Fluent Bit"](RECORD % (b"/a", b"curl/8"))
    stream = b"".join(line.replace(b'"app":"web"', b'"app":"web%d"' % number**5) + b"\n" for number in range(40))
    batch = Parser(inside(("Fluent Bit",))).feed(stream)
    assert batch.text("labels") == [b'{"app":"web%d"}' % number**5 for number in range(40)]
    assert batch.text("pod") == [b"web-v1"] * 40
    alone = Parser(inside(("Fluent Bit",))).feed(line + b"\n")
    assert set(batch.hashes(*batch.spans["pod"]).tolist()) == set(alone.hashes(*alone.spans["pod"]).tolist())


@pytest.mark.parametrize("word", [b"true", b"false", b"null"])
def test_a_word_among_numbers_says_nothing(word: bytes) -> None:
    """What says nothing leaves a field to the next path it may stand at, though all other lines have a number there."""
    usual = [
        b'{"labels":{"pod":%b,"pod_name":"p%d"},"line":"%b","timestamp":"%b"}\n'
        % (word if number == 20 else b"%d" % number, number, RECORD.replace(b'"', b"'") % (b"/", b"x"), STAMP)
        for number in range(40)
    ]
    lines = [line.replace(b"'", b'\\"') for line in usual]
    found, counts = parse(inside(["logcli -o jsonl"]), [b"".join(lines)], ["pod"])
    assert [row[5] for row in found] == [b"p20" if number == 20 else b"%d" % number for number in range(40)]
    assert counts[:2] == (40, 40)


@given(stacks, lines)
@example(("docker json-file",), [RECORD % (b"/a", b"\\")] * 9)
def test_the_same_records_come_out(names: tuple[str, ...], given_lines: list[bytes]) -> None:
    """What is read inside any wrappers is what is read without them, but for places and a better clock."""
    fields = sorted(MAIN.fields)
    plain, counts = parse(MAIN, [b"\n".join(given_lines)], fields)
    found, found_counts = parse(inside(names), [b"\n".join(written(names, line) for line in given_lines)], fields)
    assert [(row[0], *row[4:]) for row in found] == [(row[0], *row[4:]) for row in plain]
    assert found_counts == counts


@st.composite
def streams(draw: st.DrawFn) -> tuple[Format, bytes]:
    """Draw a stream of lines in wrappers, some of them damaged or without their wrapper."""
    names = draw(stacks)
    wrapped = []
    for line in draw(lines):
        outer = written(names, line)
        place = draw(st.integers(0, len(outer)))
        damage = draw(st.sampled_from([*["none"] * 8, "byte", "cut", "bare", "escape"]))
        if damage == "byte":
            outer = (
                outer[:place] + draw(st.binary(max_size=1) | st.sampled_from([b'"', b"\\", b"}"])) + outer[place + 1 :]
            )
        elif damage == "escape":
            outer = outer[:place] + draw(
                st.sampled_from([b"\\", b"\\u00e9", b"\\ud83d\\ude00", b"\\u001b[1m", b"\x04"])
            )
        elif damage in ("cut", "bare"):
            outer = outer[:place] if damage == "cut" else line
        wrapped.append(outer)
    return inside(names), b"\n".join(wrapped) + draw(st.sampled_from([b"", b"\n"]))


@given(streams(), st.lists(st.integers(0, 4000), max_size=6))
def test_chunks_change_nothing(drawn: tuple[Format, bytes], places: list[int]) -> None:
    """Cut anywhere, line by line, or read in the exact way, a stream gives the same records, counts and texts."""
    format, stream = drawn
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    whole = parse(format, [stream])
    assert parse(format, [stream[start:stop] for start, stop in pairwise(bounds)]) == whole
    assert parse(format, stream.splitlines(keepends=True)) == whole
    assert parse(format, [stream], exact=True) == whole


@given(streams())
def test_bytes_can_be_fetched_again(drawn: tuple[Format, bytes]) -> None:
    """Offset and length name the physical lines of a record, which give the record again."""
    format, stream = drawn
    for line, offset, length, *rest in parse(format, [stream])[0]:
        assert isinstance(offset, int)
        assert isinstance(length, int)
        assert stream[:offset].count(b"\n") == int(str(line)) - 1
        again, _ = parse(format, [stream[offset : offset + length]])
        assert [row[3:] for row in again] == [tuple(rest)]


@st.composite
def parted(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """Draw records and, in the order in which they end, the CRI lines of their parts, those of two streams mixed."""
    waiting: dict[bytes, list[bytes]] = {b"stdout": [], b"stderr": []}
    whole = {b"stdout": draw(st.lists(records, max_size=4)), b"stderr": draw(st.lists(records, max_size=4))}
    for stream, each in whole.items():
        for record in each:
            places = sorted(draw(st.lists(st.integers(0, len(record)), max_size=3)))
            parts = [record[start:stop] for start, stop in pairwise([0, *places, len(record)])]
            tags = [b"P"] * (len(parts) - 1) + [b"F"]
            waiting[stream] += [b"%b %b %b %b" % (STAMP, stream, tag, p) for tag, p in zip(tags, parts, strict=True)]
    mixed = []
    while any(waiting.values()):
        stream = draw(st.sampled_from([name for name, left in waiting.items() if left]))
        mixed.append(waiting[stream].pop(0))
    return whole[b"stdout"] + whole[b"stderr"], mixed


@given(parted(), st.lists(st.integers(0, 4000), max_size=6))
def test_parts_are_joined_stream_by_stream(drawn: tuple[list[bytes], list[bytes]], places: list[int]) -> None:
    """Lines that the runtime cut up come back whole, though another stream's parts stand in between."""
    whole, mixed = drawn
    stream = b"".join(line + b"\n" for line in mixed)
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    format = inside(["CRI"])
    found, counts = parse(format, [stream[start:stop] for start, stop in pairwise(bounds)], ["target", "user_agent"])
    assert (found, counts) == parse(format, [stream], ["target", "user_agent"])
    expected, _ = parse(MAIN, [line + b"\n" for line in whole], ["target", "user_agent"])
    assert sorted(row[5:] for row in found) == sorted(row[5:] for row in expected)
    assert counts == (len(whole), len(whole), 0, 0, len(mixed) - len(whole))


def gcloud(payloads: list[str]) -> object:
    """Give what `gcloud logging read --format=json` lays out."""
    names = {"labels": {"pod_name": "p"}}
    return [
        {"logName": "x", "resource": names, "textPayload": payload, "timestamp": STAMP.decode()} for payload in payloads
    ]


def filtered(payloads: list[str]) -> object:
    """Give what `aws logs filter-log-events` lays out."""
    events = [{"logStreamName": "s", "timestamp": 1_795_341_600_123, "message": payload} for payload in payloads]
    return {"events": events, "searchedLogStreams": [], "nextToken": "x"}


def tailed(payloads: list[str]) -> bytes:
    """Give what `aws logs tail --format json` prints of a node's logs, to which the collector added its own."""
    events = (json.dumps({"log": payload, "kubernetes": {"pod_name": "p"}}, indent=4) for payload in payloads)
    return "".join(f"2026-11-22T10:00:00.123000+00:00 s \n{event}\n" for event in events).encode()


def queried(payloads: list[str]) -> object:
    """Give what `aws logs get-query-results` lays out."""
    stamp = {"field": "@timestamp", "value": "2026-11-22 10:00:00.123"}
    results = [[stamp, {"field": "@message", "value": payload}] for payload in payloads]
    return {"results": results, "statistics": {"recordsMatched": 1.0, "bytesScanned": 99.0}, "status": "Complete"}


def stored(payloads: list[str]) -> object:
    """Give what a search in Elasticsearch lays out."""
    hits = [{"_source": {"@timestamp": STAMP.decode(), "message": payload}} for payload in payloads]
    return {"took": 1, "_shards": {"total": 1}, "hits": {"total": {"value": 1}, "hits": hits}}


def of_loki(payloads: list[str]) -> object:
    """Give what Loki's API lays out, the first entry in a stream of its own."""
    entries = [["1795341600123456789", payload] for payload in payloads]
    result = [{"stream": {"pod": pod}, "values": each} for pod, each in (("v1", entries[:1]), ("v2", entries[1:]))]
    return {"status": "success", "data": {"resultType": "streams", "result": result, "stats": {}}}


EXPORTS = [
    (["gcloud"], gcloud),
    (["CloudWatch"], filtered),
    (["Logs Insights"], queried),
    (["Elasticsearch"], stored),
    (["", "Loki"], of_loki),
]


def split(chunks: Iterable[bytes]) -> list[bytes]:
    """Unfold a text, chunk by chunk."""
    splitter = DocumentSplitter()
    return [*map(splitter.feed, chunks), splitter.flush()]


@pytest.mark.parametrize(("programs", "lay_out"), EXPORTS)
@examples(40)
@given(given_lines=lines, indent=st.sampled_from([None, 0, 2]), places=st.lists(st.integers(0, 20_000), max_size=6))
def test_exports_are_unfolded(
    programs: list[str],
    lay_out: Callable[[list[str]], object],
    given_lines: list[bytes],
    indent: int | None,
    places: list[int],
) -> None:
    """An export in one line, or laid out, gives the records of its elements, and their bytes where it is stored."""
    payloads = [line.decode("ascii", "ignore") for line in given_lines]
    separators = (",", ":") if indent is None else None
    stream = json.dumps(lay_out(payloads), indent=indent, separators=separators).encode() + b"\n"
    format = inside(["JSON in several lines", *programs])
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    fields = sorted(MAIN.fields) + ["pod"] * ("Loki" in programs)
    found, counts = parse(format, split([stream]), fields)
    chunks = split(stream[start:stop] for start, stop in pairwise(bounds))
    assert parse(format, chunks, fields) == (found, counts)
    plain, plain_counts = parse(MAIN, ["\n".join(payloads).encode()], sorted(MAIN.fields))
    assert [row[4 : 5 + len(MAIN.fields)] for row in found] == [row[4:] for row in plain]
    assert (counts[1], counts[3]) == (plain_counts[1], plain_counts[3])
    assert counts[2] >= plain_counts[2]  # and what is around the elements
    assert counts[0] + counts[4] == b"".join(chunks).count(b"\n")
    if "Loki" in programs:
        first_parses = bool(plain) and plain[0][0] == 1
        assert [row[-1] for row in found] == ([b"v1"] * first_parses + [b"v2"] * len(plain))[: len(plain)]
        return
    for _, offset, length, *rest in found:
        assert isinstance(offset, int)
        assert isinstance(length, int)
        assert [row[3:] for row in parse(format, [stream[offset : offset + length]], fields)[0]] == [tuple(rest)]


@given(st.lists(st.tuples(st.sampled_from([b"/log/v1.log", b"v2"]), lines), max_size=5), st.lists(st.integers(0, 4000)))
def test_tail_names_the_file_of_each_line(drawn: list[tuple[bytes, list[bytes]]], places: list[int]) -> None:
    """The lines below a header are that file's, wherever the stream is cut; headers and blanks are foreign."""
    stream = b"\n".join(b"==> %b <==\n" % name + b"".join(line + b"\n" for line in each) for name, each in drawn)
    format = inside(["tail"])
    fields = [*sorted(MAIN.fields), "pod"]
    found, counts = parse(format, [stream], fields)
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    assert parse(format, [stream[start:stop] for start, stop in pairwise(bounds)], fields) == (found, counts)
    expected = [
        (*row[4:], name)
        for name, each in drawn
        for row in parse(MAIN, [b"".join(line + b"\n" for line in each)], sorted(MAIN.fields))[0]
    ]
    assert [row[4:] for row in found] == expected
    assert counts[0] + counts[4] == stream.count(b"\n")


def test_a_line_in_parts_stays_with_its_file() -> None:
    """While a part waits for its end, headers of other files come and go, one feed each."""
    whole = [RECORD % (b"/%b" % name, b"x") for name in (b"a", b"b")]
    part, rest, other = (
        STAMP + b" stdout " + text for text in (b"P " + whole[0][:40], b"F " + whole[0][40:], b"F " + whole[1])
    )
    stream = [b"==> a <==", part, b"==> b <==", other, b"", b"==> a <==", rest, b""]
    format = inside(["tail", "CRI"])
    found, counts = parse(format, [line + b"\n" for line in stream], ["target", "pod"])
    assert [row[5:] for row in found] == [(b"/a", b"a"), (b"/b", b"b")]
    assert counts == (7, 2, 5, 0, 1)


cells = safe | safe | st.sampled_from([b'"', b"a\nb", b",", b";"])


@given(
    st.lists(st.tuples(records | safe, cells, st.booleans()), min_size=1, max_size=12),
    st.sampled_from([b",", b";"]),
    st.lists(st.integers(0, 4000), max_size=6),
)
def test_a_table_is_read_by_its_header(
    drawn: list[tuple[bytes, bytes, bool]], delimiter: bytes, places: list[int]
) -> None:
    """Whatever the other cells hold, line breaks and delimiters too, the message and the pod are in their columns."""

    def cell(text: bytes) -> bytes:
        return b'"' + text.replace(b'"', b'""') + b'"'

    header = delimiter.join([b"_id", cell(b"@timestamp"), b"message", b"kubernetes.pod.name"])
    written_rows = [
        delimiter.join([cell(other), b"2026-11-22T10:00:00.123Z", cell(line + b"\n" * broken), b"v1"])
        for line, other, broken in drawn
    ]
    stream = b"".join(line + b"\n" for line in [header, *written_rows])
    table = find_table([header])
    assert table
    format = wrap(MAIN, [table], ["stamp", "pod"], stamp_resolution_us=1)
    fields = [*sorted(MAIN.fields), "pod"]
    found, counts = parse(format, [stream], fields)
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    assert parse(format, [stream[start:stop] for start, stop in pairwise(bounds)], fields) == (found, counts)
    plain, plain_counts = parse(MAIN, [b"".join(line + b"\n" for line, _, _ in drawn)], sorted(MAIN.fields))
    assert [row[4:] for row in found] == [(*row[4:], b"v1") for row in plain]
    assert counts[1] == plain_counts[1]
    assert counts[0] + counts[4] == stream.count(b"\n")
    for line, offset, length, *rest in found:
        assert isinstance(offset, int)
        assert isinstance(length, int)
        assert stream[:offset].count(b"\n") == int(str(line)) - 1
        assert [row[3:] for row in parse(format, [stream[offset : offset + length]], fields)[0]] == [tuple(rest)]


LINE = RECORD % (b"/", b"x")
HEADER = b'"@timestamp",message'
LONG: dict[str, tuple[list[str], Callable[[int], bytes]]] = {
    "syslog": (["syslog"], lambda count: (b"Nov 22 10:00:00 h t: " + LINE + b"\n") * count),
    "tail": (["tail"], lambda count: (b"==> a <==\n" + LINE + b"\n") * count),
    "laid out": (["JSON in several lines", "Splunk"], lambda count: b'{\n"_raw": "",\n"a": [\n]\n}\n' * (count // 4)),
    "never closed": (["JSON in several lines", "Splunk"], lambda count: b"{\n[\n" * count),
    "table": ([], lambda count: HEADER + b"\n" + (b"x,%b\n" % LINE.replace(b'"', b"'")) * count),
    "open quotes": ([], lambda count: HEADER + b"\n" + b'x,"a\n' * count),
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(LONG, 2))
def test_time_grows_with_the_lines(name: str) -> None:
    """32 times the lines take about 32 times the time, on a busy machine perhaps twice that, but not its square."""
    names, lay_out = LONG[name]
    table = find_table([HEADER])
    assert table
    format = inside(names) if names else wrap(MAIN, [table], [], stamp_resolution_us=1)

    def best(count: int, runs: int) -> float:
        stream, times = lay_out(count), []
        for _ in range(runs):
            begin = process_time()
            Parser(format).feed(stream)
            times.append(process_time() - begin)
        return min(times)

    # Time that others take from the caches passes; a square does not.
    assert any(best(32 * 2000, 1) < 96 * best(2000, 3) for _ in range(3))


@pytest.mark.unmeasured
def test_a_quote_that_is_never_closed_costs_its_row() -> None:
    """The rows behind it are read, however many there are."""
    header, row = (
        b'"@timestamp",message',
        b'2026-11-22T10:00:00.123Z,"%b"' % (RECORD % (b"/", b"x")).replace(b'"', b'""'),
    )
    table = find_table([header])
    assert table
    format = wrap(MAIN, [table], ["stamp"], stamp_resolution_us=1)
    for open_row, fate in ((b'2026-11-22T10:00:00.123Z,"open', (2, 0)), (row.removesuffix(b'"'), (1, 1))):
        _, counts = parse(format, [line + b"\n" for line in (header, row, open_row, *[row] * 400)])
        assert counts == (403, 401, *fate, 0)


@pytest.mark.parametrize("between", [0, 40])
def test_two_open_quotes_are_no_row(between: int) -> None:
    """Two damaged rows cost themselves, not the rows between them, whatever is inside of these."""
    source = json.dumps({"message": (RECORD % (b"/", b"x")).decode(), "kubernetes": {"pod": {"name": "web-v1"}}})
    quotes = source.replace('"', '""').encode()
    header, row = b"@timestamp,_source", b'2026-11-22T10:00:00.123Z,"%b"' % quotes
    torn = b'2026-11-22T10:00:00.123Z,"{}"x"'
    text = b"\n".join([header, row, torn, *[row] * between, torn, *[row] * 40, b""])
    found = detect(text).format
    assert found
    assert "Kibana CSV" in found.name
    _, counts = parse(found, [text])
    assert counts == (44 + between, 41 + between, 3, 0, 0)


@pytest.mark.parametrize(
    ("programs", "lay_out"),
    [*EXPORTS[:3], (["aws logs tail", "Fluent Bit"], tailed)],
)
@given(given_lines=lines, places=st.lists(st.integers(0, 20_000), max_size=6))
def test_objects_in_several_lines(
    programs: list[str], lay_out: Callable[[list[str]], object], given_lines: list[bytes], places: list[int]
) -> None:
    """An export that is laid out over many lines gives the records of its elements, wherever it is cut."""
    payloads = [line.decode("ascii", "ignore") for line in given_lines]
    laid_out = lay_out(payloads)
    stream = laid_out if isinstance(laid_out, bytes) else json.dumps(laid_out, indent=2).encode() + b"\n"
    format = inside(["JSON in several lines", *programs])
    bounds = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    fields = sorted(MAIN.fields)
    found, counts = parse(format, [stream], fields)
    assert parse(format, [stream[start:stop] for start, stop in pairwise(bounds)], fields) == (found, counts)
    plain, plain_counts = parse(MAIN, ["\n".join(payloads).encode()], fields)
    assert [row[4:] for row in found] == [row[4:] for row in plain]
    # All else is what is around the elements, but for those that hold no request.
    assert (counts[1], counts[3]) == (plain_counts[1], plain_counts[3])
    for line, offset, length, *rest in found:
        assert isinstance(offset, int)
        assert isinstance(length, int)
        assert stream[:offset].count(b"\n") == int(str(line)) - 1
        assert [row[3:] for row in parse(format, [stream[offset : offset + length]], fields)[0]] == [tuple(rest)]


def test_an_event_above_its_object() -> None:
    """Cut behind any line, or without the blank that an editor took, an event and its object are one line."""
    stream = tailed([(RECORD % (b"/%d" % number, b"x")).decode() for number in range(3)])
    format = inside(["JSON in several lines", "aws logs tail", "Fluent Bit"])
    found, counts = parse(format, [stream], ["target"])
    assert counts[:4] == (3, 3, 0, 0)
    assert parse(format, stream.splitlines(keepends=True), ["target"]) == (found, counts)
    trimmed, counts = parse(format, [stream.replace(b" \n", b"\n") + b"2026-11-22T10:00:00+00:00 s\n"], ["target"])
    assert [row[3:] for row in trimmed] == [row[3:] for row in found]
    assert counts[:4] == (4, 3, 1, 0)


def test_a_part_whose_end_never_comes() -> None:
    """A part is waited for a few thousand lines; then it is unparsed, and what comes after is read."""
    part, record = STAMP + b' stderr P "GET /half\n', STAMP + b" stdout F " + RECORD % (b"/", b"x") + b"\n"
    stream = part + record * 5000 + part
    _, counts = parse(inside(["CRI"]), [stream[: 1 << 19], stream[1 << 19 :]])
    assert counts == (5002, 5000, 0, 2, 0)


def test_stamps_in_the_middle_of_a_line() -> None:
    """`kubectl logs --timestamps` stamps every part of a long line: the stamps come out."""
    record = RECORD % (b"/" + b"a" * 40_000, b"x")
    parts = [record[place : place + 16_384] for place in range(0, len(record), 16_384)]
    found, _ = parse(inside(["--timestamps"]), [b"".join(STAMP + b" " + part for part in parts)], ["target"])
    assert [row[5] for row in found] == [b"/" + b"a" * 40_000]


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        (b"2026-11-22T10:00:00Z", 0),
        (b"2026-11-22T10:00:00.5Z", 500_000),
        (b"2026-11-22T10:00:00.1234567Z", 123_456),
        (b"2026-11-22T11:30:00.000001999+01:30", 1),
        (b"2026-11-22T04:00:00-06:00", 0),
        (b"2026-11-22T04:00:00-0600", 0),
        (b"2026-11-22T15:30:00.5+0530", 500_000),
    ],
)
def test_stamps_of_any_width(stamp: bytes, time_us: int) -> None:
    """A runtime's stamp may lack digits, which Go trims, and carry any zone."""
    found, _ = parse(inside(["CRI"]), [stamp + b" stdout F " + RECORD % (b"/", b"x")], [])
    assert [row[3] for row in found] == [1_795_341_600_000_000 + time_us]


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        (b"1795341600", 0),
        (b"1795341600.5", 500_000),
        (b"1795341600123", 123_000),
        (b"1795341600123456", 123_456),
        (b"1795341600123456789", 123_456),
        (b"1.7953416001234E9", 123_400),
        (b'"2026-11-22 10:00:00.123"', 123_000),
        (b'"2026-11-22 10:00:00.123 GMT"', 123_000),
    ],
)
def test_stamps_since_1970(stamp: bytes, time_us: int) -> None:
    """What a stamp counts, seconds or parts of them, is told by how many there are."""
    line = WRITERS["Splunk"](RECORD % (b"/", b"x")).replace(b'"%b"' % STAMP, stamp)
    found, _ = parse(inside(["Splunk"]), [line], [])
    assert [row[3] for row in found] == [1_795_341_600_000_000 + time_us]


def test_a_table_needs_a_message_and_a_stamp() -> None:
    """A line that names no such columns is no header, whatever its delimiters."""
    for header in (b"a,b,c", b"@timestamp,host", b"message;pod", RECORD % (b"/,", b"x"), b'"@timestamp,message"', b""):
        assert find_table([header]) is None
    tables = map(find_table, ([b"x", b"Date,Host,Service,Content"], [b'"timestamp",textPayload'], [b"_time;_raw"]))
    assert [table.name for table in tables if table] == ["CSV", "CSV", "Splunk CSV"]


@pytest.mark.parametrize(
    "stamp",
    [b"2026-02-30T10:00:00Z", b"2026-11-22T10:00:60Z", b"2026-11-22T10:00:00.Z", b"2026-11-22T10:00:00.12345678xZ"],
)
def test_no_stamps(stamp: bytes) -> None:
    """A line behind a moment that does not exist is not in the wrapper, so it is unparsed."""
    assert parse(inside(["CRI"]), [stamp + b" stdout F " + RECORD % (b"/", b"x")])[1] == (1, 0, 0, 1, 0)


def test_whole_seconds_do_not_replace_the_lines_own_clock() -> None:
    """A stamp is the better clock only where it is finer."""
    found = detect(b"2026-11-22T10:00:03Z " + RECORD % (b"/", b"x")).format
    assert found is not None
    assert (found.clock_field, found.resolution_us) == ("time_local", 1_000_000)


def test_colours_in_the_middle_of_what_is_no_code() -> None:
    """Colours come off as one pass of the pattern takes them: what then looks like one stays."""
    line = b"[web-v1] " + RECORD % (b"/", b"\x1b\x1b[1m[2m\x1b[?25l\x1b(B") + b"\x1b[0m"
    found, _ = parse(inside(["kubetail"]), [line], ["user_agent"])
    assert [row[5] for row in found] == [b"\x1b[2m"]


def test_labels() -> None:
    """Labels are read as JSON exporters and logcli write them."""
    assert read_labels(b'{"app":"web","k8s-pod/version":"v1"}') == (("app", "web"), ("version", "v1"))
    assert read_labels(b'{app="web", version="v1"}') == (("app", "web"), ("version", "v1"))
    assert read_labels(b"{}") == ()
