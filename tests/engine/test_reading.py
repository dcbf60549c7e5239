"""A stream that is still written, read piece by piece, is what its file is when it is read at once."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.engine.growing_stream import GrowingStream
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from tests.engine.play import opened
from tests.logs import requests
from tests.sample import examples
from tests.streams import NOTHING, read_log

CHATTER = b"/docker-entrypoint.sh: Launching\n"
LINES = [f"{each.line()}\n".encode() for each in requests(12)]


def reading(path: Path) -> GrowingStream:
    """A stream of which nothing has been told yet."""
    return GrowingStream(opened("v1", "primary"), "v1", path, Formats(), NOTHING)


def told(stream: Stream) -> tuple[object, ...]:
    """All that is known of a stream but where it lies."""
    samples = [(sample.line, sample.reason, sample.text) for sample in stream.samples]
    return stream.format, stream.counts, samples, dict(stream.unparsed_of), stream.table.to_dict(as_series=False)


@pytest.mark.unmeasured
@examples(40)
@given(st.lists(st.integers(0, 20), max_size=6), st.sets(st.integers(0, 11), max_size=3))
def test_pieces_change_nothing(places: list[int], bad: set[int]) -> None:
    """However many whole lines come at once, counts, samples and observations are those of the file."""
    lines = [CHATTER, *(b"no line of a log\n" if number in bad else line for number, line in enumerate(LINES)), CHATTER]
    path = Path("v1.log")
    piecewise, at_once = reading(path), reading(path)
    bounds = [0, *sorted(min(place, len(lines)) for place in places), len(lines)]
    for start, stop in pairwise(bounds):
        piecewise.take(b"".join(lines[start:stop]))
        piecewise.stream()
    at_once.take(b"".join(lines))
    piecewise.finish()
    at_once.finish()
    assert told(piecewise.stream()) == told(at_once.stream())


def test_what_is_read_as_it_is_written_is_what_the_file_holds(tmp_path: Path) -> None:
    """The stream of a file that is complete is that of the file."""
    path = tmp_path / "v1.log"
    cut = LINES[0].rpartition(b"curl")[0] + b"\n"  # inside a quote, which the next line might have closed
    path.write_bytes(CHATTER + b"".join([*LINES, b"no line of a log\n", cut]))
    live = reading(path)
    for line in path.read_bytes().splitlines(keepends=True):
        live.take(line)
    live.finish()
    assert told(live.stream()) == told(read_log(path))


def test_chatter_is_foreign_while_no_line_has_come() -> None:
    """Before the first request of a pod all that it has said is foreign, and counts as read once it is known."""
    live = reading(Path("v1.log"))
    live.take(CHATTER * 2)
    assert live.stream().counts == Counts(read=2, foreign=2)
    assert live.last_us is None
    live.take(LINES[0])
    assert live.counts == Counts(read=3, parsed=1, foreign=2)


@pytest.mark.parametrize(
    "unknown",
    [
        CHATTER,
        pytest.param(b'"GET /x" in another format\n', marks=pytest.mark.unmeasured),
        pytest.param(b"something else entirely\n", marks=[pytest.mark.unmeasured, pytest.mark.long]),
    ],
)
def test_text_in_no_format_is_given_up_and_the_rest_is_read(unknown: bytes) -> None:
    """After a quarter of a megabyte without a format the search begins anew; lines keep their numbers and places."""
    live = reading(Path("v1.log"))
    many = (1 << 18) // len(unknown) + 1
    live.take(unknown * many)
    live.take(b"".join(LINES))
    live.finish()
    stream = live.stream()
    chatter = b"GET" not in unknown
    assert stream.counts == Counts(many + 12, 12, many if chatter else 0, 0 if chatter else many)
    assert [(sample.line, sample.reason) for sample in stream.samples] == ([] if chatter else [(1, "no known format")])
    assert stream.table["line"].to_list() == list(range(many + 1, many + 13))
    assert stream.table["offset"][0] == many * len(unknown)


def test_forgotten_lines_stay_counted() -> None:
    """What is let go is in no table any more, and in the counts as before."""
    live = reading(Path("v1.log"))
    live.take(b"".join(LINES))
    live.forget(live.stream().table["line"].head(5).to_numpy())
    assert (live.stream().table.height, live.counts.parsed) == (7, 12)
