"""Keys of JSON that come late are known live as they are in saved logs, and what all logs have is, too."""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.engine import constants
from mirrorcheck.engine.growing_stream import GrowingStream
from mirrorcheck.reading import constants as reading_constants
from mirrorcheck.reading import detection
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Shared
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Text
from tests.engine.play import Watcher, opened
from tests.sample import examples, sampled
from tests.streams import read_log

SAMPLE = 1000  # bytes
ASKED = Filter(None, None, key="x-flow")
KINDS: list[dict[str, object]] = [
    {},
    {"path": "/b"},
    {"x_request_id": "6f1c5b1e-27a4-4c0e-9d32-0b1f6f4c1a77"},
    {"request_id": "0b1f6f4c1a7727a49c0e6f1c5b1e9d32"},
    {"latency": 3},
    {"latency": 0.25},
    {"flow": "f1", "agent": "curl"},
    {"time": "no time"},
]


@pytest.fixture(autouse=True)
def short_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a format told by ten lines or so, live and of saved logs."""
    monkeypatch.setattr(reading_constants, "FORMAT_SAMPLE", SAMPLE)
    monkeypatch.setattr(constants, "JSON_SAMPLE", SAMPLE)


def line(second: int, values: Mapping[str, object]) -> bytes:
    """Write a line of a log in JSON."""
    usual = {"time": f"2026-11-22T10:{second // 60:02}:{second % 60:02}Z", "method": "GET", "path": "/a", "status": 200}
    return json.dumps({**usual, **values}).encode() + b"\n"


def told(stream: Stream) -> tuple[object, ...]:
    """All that is known of a stream but where it lies."""
    samples = [(sample.line, sample.reason, sample.text) for sample in stream.samples]
    return stream.format, stream.counts, samples, stream.table.to_dict(as_series=False)


@pytest.mark.unmeasured
@examples(40)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 25)), min_size=1, max_size=9), st.data())
def test_pieces_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[dict[str, object], int]], data: st.DataObject
) -> None:
    """However the lines come, what is known at the end is what the file holds; so it is when it is shared."""
    lines = [line(0, {})] + [line(number, values) for number, (values, count) in enumerate(runs) for _ in range(count)]
    lines.append(line(0, {}).rpartition(b'"')[0] + b"\n")  # inside a quote, which the next line might have closed
    path = tmp_path_factory.mktemp("live") / "v1.log"
    path.write_bytes(b"".join(lines))
    live = GrowingStream(opened("v1", "primary"), "v1", path, detection.Formats(), ASKED)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lines)), max_size=6)))
    for start, stop in pairwise([0, *cuts, len(lines)]):
        live.take(b"".join(lines[start:stop]))
        live.share(Shared.of([live.format]))
    live.finish()
    live.share(Shared(frozenset()))
    live.share(Shared.of([live.format]))
    assert told(live.stream()) == told(read_log(path, exclusions=ASKED))


@pytest.mark.parametrize("few", [SAMPLE, 200])
def test_the_first_lines_tell_as_many_fields_as_those_of_a_file(
    few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of no known name is a field if one of the first lines has it, however few of these came at first."""
    monkeypatch.setattr(constants, "JSON_SAMPLE", few)
    live = GrowingStream(opened("v1", "primary"), "v1", tmp_path / "v1.log", detection.Formats(), Filter(None, None))
    for number in range(SAMPLE // len(line(0, {})) + 2):
        live.take(line(number, {"hello": "x"} if number == 4 else {"world": "x"} if number == 25 else {}))
    assert live.stream().logs("hello")


def test_the_unit_of_a_duration_is_told_by_more_than_the_first_line(tmp_path: Path) -> None:
    """A whole number in the first line may be of milliseconds; a small fraction says that it is of seconds."""
    path = tmp_path / "v1.log"
    path.write_bytes(line(0, {"latency": 3}) + line(1, {"latency": 0.004}))
    live = GrowingStream(opened("v1", "primary"), "v1", path, detection.Formats(), ASKED)
    for each in path.read_bytes().splitlines(keepends=True):
        live.take(each)
    live.finish()
    assert live.stream().table["request_us"].to_list() == [3_000_000, 4_000]


@pytest.mark.parametrize("first", [{}, {"user_agent": "curl"}])
def test_what_was_let_go_stays_so(tmp_path: Path, first: dict[str, object]) -> None:
    """Lines that were forgotten do not come back when a late key has the others read again."""
    lines = [line(number, first) for number in range(30)]
    path = tmp_path / "v1.log"
    path.write_bytes(b"".join([*lines, line(31, {"xff": "10.1.2.3"})]))
    live = GrowingStream(opened("v1", "primary"), "v1", path, detection.Formats(), ASKED)
    live.take(b"".join(lines))
    gone = live.stream().table["line"].filter([number not in (5, 7) and number < 20 for number in range(30)])
    live.forget(gone.to_numpy())
    live.take(path.read_bytes().splitlines(keepends=True)[-1])
    stream = live.stream()
    assert stream.logs("xff")
    assert stream.table["line"].to_list() == [6, 8, *range(21, 32)]
    assert stream.counts.parsed == live.counts.parsed == 31
    assert stream.table["chain"].to_list()[:-1] == [0] * 12
    assert stream.table["chain"][-1] != 0


@pytest.mark.parametrize("begins", sampled([3, 25, 0], 2))
def test_agents_of_one_side_tell_nothing_live(tmp_path: Path, begins: int) -> None:
    """A field that only the primary logs, from some line on, is no part of the key, as in saved logs."""
    agents = [{"user_agent": f"a{number}"} if number >= begins else {} for number in range(30)]
    logs = {"v1": [line(n, agents[n]) for n in range(30)], "v2": [line(n, {}) for n in range(30) if n != 17]}
    watcher = Watcher(tmp_path)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    for number in range(30):
        watcher.tell(*(Text(stream, b"".join(lines[number : number + 1])) for stream, lines in logs.items()))
        watcher.look()
    live = watcher.engine.end(0).report(complete(Options()))
    saved = mirrorcheck.analyze(primary=tmp_path / "v1.log", shadow=tmp_path / "v2.log")
    assert (live.originals.paired, live.originals.missed) == (29, 1)
    assert live.originals == saved.originals
