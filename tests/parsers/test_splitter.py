"""JSON documents with several elements in a line come out with a line for each, in pieces; all else as it was."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers.wrappers.splitter import DocumentSplitter
from tests.sample import examples

Lay = Callable[[list[object]], object]


def split(chunks: Iterable[bytes]) -> bytes:
    """Unfold a text that comes in chunks."""
    splitter = DocumentSplitter()
    return b"".join([*map(splitter.feed, chunks), splitter.flush()])


def compact(document: object) -> bytes:
    """Write a document in one line."""
    return json.dumps(document, separators=(",", ":")).encode()


def streams(entries: list[object]) -> list[object]:
    """Give the entries as two of Loki's streams."""
    half = len(entries) // 2
    return [{"stream": {"pod": f"v{n}"}, "values": each} for n, each in enumerate((entries[:half], entries[half:]))]


def found(entries: list[object]) -> list[object]:
    """Give the entries as Logs Insights does."""
    return [[{"field": "@message", "value": each}] for each in entries]


DOCUMENTS: dict[str, Lay] = {
    "list": lambda elements: elements,
    "events": lambda elements: {"events": elements, "searchedLogStreams": [{"a": []}], "nextToken": "}],["},
    "pages": lambda elements: {"nextToken": '\\"', "events": elements},
    "results": lambda elements: {"results": found(elements), "statistics": {"a": 1.5}, "status": "x"},
    "Elasticsearch": lambda elements: {"took": 1, "_shards": {"a": [1]}, "hits": {"total": 2, "hits": elements}},
    "several answers": lambda elements: {"took": 1, "responses": [{"status": 200, "hits": {"hits": elements}}]},
    "Loki": lambda elements: {
        "status": "success",
        "data": {"resultType": "streams", "result": streams([["1", each] for each in elements]), "stats": {"a": {}}},
    },
    "Loki's streams": lambda elements: {"streams": streams([["1", each] for each in elements])},
    "Loki's list": lambda elements: streams([["1", each] for each in elements]),
    "Datadog": lambda elements: {"meta": {"page": {}}, "data": elements},
}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('{}[]",:\\\n a', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('{}[]",\\ a', max_size=3), inner, max_size=3),
    max_leaves=6,
)
elements = st.lists(st.fixed_dictionaries({"message": values}), min_size=1, max_size=8)


def leaves(lines: bytes) -> list[object]:
    """Give what stands in the lines that are not blank."""
    read = (line.strip() for line in lines.split(b"\n"))
    return [json.loads(b"{%b}" % line if line.startswith(b'"stream"') else line) for line in read if line]


def expected(name: str, entries: list[object]) -> list[object]:
    """Give the elements of a document as they come out."""
    if name == "results":
        return list(found(entries))
    if not name.startswith("Loki"):
        return entries
    lines: list[object] = []
    for stream in streams([["1", each] for each in entries]):
        assert isinstance(stream, dict)
        lines += [{"stream": stream["stream"]}, *stream["values"]]
    return lines


@pytest.mark.parametrize("name", DOCUMENTS)
@examples(25)
@given(entries=elements, indent=st.sampled_from([None, 0, 2]), places=st.lists(st.integers(0, 9999), max_size=6))
def test_each_element_is_a_line(name: str, entries: list[object], indent: int | None, places: list[int]) -> None:
    """In one line or laid out, wherever it is cut, elements stay where they are, and so do all line breaks."""
    document = DOCUMENTS[name](entries)
    text = compact(document) if indent is None else json.dumps(document, indent=indent).encode()
    text += b"\n"
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    split_up = split([text])
    assert split(text[start:stop] for start, stop in pairwise(bounds)) == split_up
    assert split(text[place : place + 1] for place in range(len(text))) == split_up
    assert len(split_up) == len(text)
    assert all(split_up[place] == byte for place, byte in enumerate(text) if byte == ord("\n"))
    assert all(byte in (text[place], *b" \n") for place, byte in enumerate(split_up))
    if indent is None:
        assert leaves(split_up) == expected(name, entries)
        assert split([split_up]) == split_up  # as it is saved


LOGS = [
    b'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12\n',
    b"[web-v1] [{\n",
    b'[2026-11-22T10:00:00.123Z] "GET / HTTP/1.1" 200\n',
    b'{"time":"x","events":[{"a":1},{"b":2}],"status":200}\n',
    b'{"status":200,"request":"GET / HTTP/1.1","tags":[{"a":1},{"b":2}]}\n',
    b'{"stream":"stdout","log":"[{}, {}]","time":"x"}\n',
    b'{"status":"ok"}\n',
    b"{}\n",
    b"[]\n",
    b'[{"field":"a","value":"1"},{"field":"b","value":"2"}]\n',
    b'["1795341600123456789","line"]\n',
    b'{"a" : 1 , "b" : [ 1 , 2 ] }\n',
    b'{"events" 1}\n',
    b'{"id":"\xff\\',
    b"\xef\xbb",
    b"  {\n",
]


@given(st.lists(st.sampled_from(LOGS), max_size=12), st.lists(st.integers(0, 999), max_size=6))
def test_what_is_no_document_stays_as_it_is(lines: list[bytes], places: list[int]) -> None:
    """Not a byte of a log of lines changes, be they JSON or not, whole or cut short."""
    text = b"".join(lines).replace(b"[]\n", b"[1]\n")
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    assert split(text[start:stop] for start, stop in pairwise(bounds)) == text


@given(st.lists(st.sampled_from([*LOGS, *(compact(lay([{"a": "}"}, {}])) for lay in DOCUMENTS.values())]), max_size=6))
def test_what_is_damaged_is_the_same_in_any_chunks(pieces: list[bytes]) -> None:
    """Whatever stands behind, before or within a document, the cuts do not matter."""
    text = b"".join(pieces)
    assert split(text[place : place + 1] for place in range(len(text))) == split([text])
    assert len(split([text])) == len(text)


def test_documents_behind_each_other() -> None:
    """Pages that follow in the same line or in the next one are split, too, and a banner may stand above."""
    page = b'{"events":[{"a":1},{"b":2}]}'
    text = b"fetching\n" + page + page + b"\n" + page + b"\n"
    assert leaves(split([text]).removeprefix(b"fetching\n")) == [{"a": 1}, {"b": 2}] * 3


def bomb(count: int) -> Iterator[bytes]:
    """Give a list of so many elements in one line, a few at a time."""
    yield b'{"events":['
    for number in range(count):
        yield b"," * (number > 0) + b'{"message":"' + b'\\"x{' * 40 + b'","n":[%d]}' % number
    yield b'],"nextToken":"' + b"x" * 5000 + b'"}'


@pytest.mark.parametrize("whole", [False, True])
def test_work_and_memory_are_bounded(whole: bool) -> None:  # noqa: FBT001  # a case
    """Twice the elements are twice the calls, however they come; nothing is held but what is not understood yet."""
    made, held = [], []
    for count in (500, 1000):
        calls = 0

        def note(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal calls
            calls += event == "call"

        chunks = [b"".join(bomb(count))] if whole else list(bomb(count))
        splitter = DocumentSplitter()
        sys.setprofile(note)
        for chunk in chunks:
            splitter.feed(chunk)
            held.append(splitter.held)
        sys.setprofile(None)
        made.append(calls)
    assert made[1] <= 2.1 * made[0]
    assert max(held) < 10_000


def test_lines_of_json_are_soon_left_alone() -> None:
    """A log of objects is looked at where it begins, and then passed on as it comes."""
    splitter = DocumentSplitter()
    line = b'{"status":200,"request":"GET / HTTP/1.1"}\n'
    for _ in range(100_000 // len(line)):
        splitter.feed(line)
    chunk = line + b'[{"a":1},{"b":2}]\n'
    assert splitter.feed(chunk) is chunk


def test_a_head_without_end_is_no_document() -> None:
    """What stands in front of the elements is held only so long."""
    splitter = DocumentSplitter()
    given_back = len(splitter.feed(b'{"took":"'))
    for _ in range(400):
        given_back += len(splitter.feed(b"x" * 1000))
        assert splitter.held < 70_000
    assert given_back > 300_000
