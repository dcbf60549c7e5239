"""Lines that two files of one log hold count once, and lines that are only equal count twice."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.reading.repeated import without_repeats
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from tests.logs import Request, requests
from tests.sample import examples
from tests.streams import read_logs


def lines_of(log: list[Request]) -> list[str]:
    """Give the lines of a log."""
    return [f"{request.line()}\n" for request in log]


def read(folder: Path, texts: dict[str, str]) -> list[Stream]:
    """Write files of these names, and read them as parts of one side."""
    for name, text in texts.items():
        data = text.encode()
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return without_repeats(read_logs(*(folder / name for name in texts)))


def kept(streams: list[Stream]) -> list[tuple[int, int]]:
    """Give how many lines of each file are parsed and repeated; all add up to those read."""
    for stream in streams:
        counts = stream.counts
        assert counts.read == counts.parsed + counts.foreign + counts.unparsed + counts.repeated
        assert counts.parsed == stream.table.height
    return [(stream.counts.parsed, stream.counts.repeated) for stream in streams]


LOG = lines_of(requests(30))
SAME = lines_of([Request(second=second, target="/") for second in range(30)])


@pytest.mark.parametrize("log", [LOG, SAME])
@pytest.mark.parametrize("names", [("v1.log.1", "v1.log"), ("v1.log.1.gz", "v1.log"), ("v1-20261122.log", "v1.log")])
def test_a_rotated_log_goes_on_in_the_next_one(names: tuple[str, str], log: list[str], tmp_path: Path) -> None:
    """What both files hold counts in the newer one, in whatever order they are given."""
    older, newer = names
    texts = {older: "".join(log[:20]), newer: "".join(log[15:])}
    assert kept(read(tmp_path, texts)) == [(15, 5), (15, 0)]
    assert kept(read(tmp_path, dict(reversed(texts.items())))) == [(15, 0), (15, 5)]


def test_chatter_and_a_cut_line_are_repeated_too(tmp_path: Path) -> None:
    """Every line of the piece counts once, requests or not, and one that the copy cut is there whole."""
    between = "2026/11/22 10:00:00 [notice] 1#1: reopening logs\nstarting\n"
    piece = "".join(LOG[15:18]) + between + "".join(LOG[18:20])
    streams = read(tmp_path, {"a.log.1": "".join(LOG[:15]) + piece + LOG[20][:30], "a.log": piece + "".join(LOG[20:])})
    assert kept(streams) == [(15, 8), (15, 0)]
    assert (streams[0].counts, streams[1].counts) == (Counts(23, 15, repeated=8), Counts(17, 15, 2))
    assert not streams[0].samples
    assert not streams[0].foreign_samples


def test_a_file_that_is_a_piece_of_another(tmp_path: Path) -> None:
    """A log that was saved earlier is in the one that was saved later, at its beginning or in its midst."""
    many = lines_of(requests(90))
    for start in (0, 20, 60):
        streams = read(tmp_path, {"first.log": "".join(many[start : start + 30]), "second.log": "".join(many)})
        assert [sum(counts) for counts in zip(*kept(streams), strict=True)] == [90, 30]


def test_three_files_in_a_row(tmp_path: Path) -> None:
    """Each file goes on in the next one."""
    texts = {"a.log.2": "".join(LOG[:12]), "a.log.1": "".join(LOG[8:22]), "a.log": "".join(LOG[18:])}
    assert kept(read(tmp_path, texts)) == [(8, 4), (10, 4), (12, 0)]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (SAME[:20], SAME[19:]),
        (["".join([each] * 5) for each in SAME[:20]], ["".join([each] * 5) for each in SAME[19:]]),
        (SAME[:10] + lines_of([Request(11, f"/{number}") for number in range(9)]),) * 1
        + (lines_of([Request(11, f"/{number}") for number in range(9)]) + SAME[12:],),
    ],
    ids=["one line", "one second of one URL", "one second of a loop over URLs"],
)
def test_equal_lines_of_one_second_are_no_proof(older: list[str], newer: list[str], tmp_path: Path) -> None:
    """A file may end in the second in which the next one begins, with the same requests."""
    streams = read(tmp_path, {"v1.log.1": "".join(older), "v1.log": "".join(newer)})
    assert all(not repeated for _, repeated in kept(streams))


@pytest.mark.parametrize("names", [("pod-1.log", "pod-2.log"), ("pod-1/0.log", "pod-2/0.log")])
def test_pods_that_log_the_same_are_two(names: tuple[str, str], tmp_path: Path) -> None:
    """Two pods behind a balancer that goes round log one client's requests for one URL in equal lines."""
    one, other = names
    assert kept(read(tmp_path, {one: "".join(SAME), other: "".join(SAME)})) == [(30, 0), (30, 0)]
    assert kept(read(tmp_path, {one: "".join(SAME[:20]), other: "".join(SAME[5:])})) == [(20, 0), (25, 0)]


def test_ids_are_proof(tmp_path: Path) -> None:
    """Two lines with ids of their own are enough, whatever the files are called."""
    template = '{{"time":"2026-11-22T10:00:0{0}Z","method":"GET","path":"/","request_id":"id-{0}"}}\n'
    log = [template.format(number) for number in range(9)]
    assert kept(read(tmp_path, {"x.log": "".join(log[:5]), "y.log": "".join(log[3:])})) == [(3, 2), (6, 0)]


@pytest.mark.unmeasured
@settings(examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.lists(st.integers(0, 3), min_size=2, max_size=24),
    targets=st.sampled_from([1, 2, 3]),
    cut=st.integers(0, 24),
)
def test_a_log_cut_in_two_loses_no_line(seconds: list[int], targets: int, cut: int, tmp_path: Path) -> None:
    """Wherever a log in order of time is cut, with whatever requests, all of its lines count."""
    log = [Request(second, f"/{number % targets}") for number, second in enumerate(sorted(seconds))]
    lines = lines_of(log)
    streams = read(tmp_path, {"v1.log.1": "".join(lines[:cut]), "v1.log": "".join(lines[cut:])})
    assert sum(parsed for parsed, _ in kept(streams)) == len(lines)


@pytest.mark.unmeasured
@settings(examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(1, 25), length=st.integers(0, 12), names=st.sampled_from([("v1.log.1", "v1.log"), ("a", "b")]))
def test_an_overlap_counts_once_or_twice_but_never_less(
    start: int, length: int, names: tuple[str, str], tmp_path: Path
) -> None:
    """However long the piece that both files hold, each request is there, and once if the piece is long enough."""
    older, newer = LOG[: start + length], LOG[start:]
    streams = read(tmp_path, {names[0]: "".join(older), names[1]: "".join(newer)})
    parsed = sum(count for count, _ in kept(streams))
    shared = len(older) - start
    assert parsed == (30 if names[1] == "v1.log" and shared > 2 else 30 + shared)


def two_urls(first: int, last: int) -> list[Request]:
    """Requests for two URLs in turns, one a second."""
    return [Request(second, f"/{second % 2}") for second in range(first, last + 1)]


def of_two_stamps(count: int) -> list[Request]:
    """Different requests of two stamps."""
    return [Request(10 + (number > 0), f"/{number}") for number in range(count)]


@pytest.mark.parametrize(
    ("names", "run", "proved"),
    [
        (("a", "b"), requests(15), False),  # REPEAT_REQUESTS
        (("a", "b"), requests(30), True),
        (("a.1", "a"), of_two_stamps(4), False),  # REPEAT_LINES
        (("a.1", "a"), of_two_stamps(8), True),
        (("a.1", "a"), two_urls(10, 11), False),  # REPEAT_US
        (("a.1", "a"), two_urls(10, 13), True),
    ],
)
def test_how_much_is_proof(names: tuple[str, str], run: list[Request], proved: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """An equal run proves that it stands twice in one log by its length, no sooner and no later."""
    older, newer = lines_of([Request(0, "/first"), *run]), lines_of([*run, Request(50, "/last")])
    streams = read(tmp_path, {names[0]: "".join(older), names[1]: "".join(newer)})
    assert sum(repeated for _, repeated in kept(streams)) == (len(run) if proved else 0)


def test_captures_that_overlap(tmp_path: Path) -> None:
    """Two captures of the same pods hold the same lines for a while: these belong to neither side a second time."""
    sent = requests(40)
    pairs = ((f"[web-v1-a] {each.line()}\n", f"[web-v2-b] {each.copy().line()}\n") for each in sent)
    lines = [line for pair in pairs for line in pair]
    (tmp_path / "a.log").write_text("".join(lines[:50]))
    (tmp_path / "b.log").write_text("".join(lines[30:]))
    report = mirrorcheck.analyze(tmp_path / "a.log", tmp_path / "b.log")
    assert (report.originals.paired, report.originals.total, report.shadow.total) == (40, 40, 40)
    assert report.other_lines is not None
    assert (report.other_lines.read, report.other_lines.repeated) == (20, 20)


def test_the_report_tells_of_it(tmp_path: Path) -> None:
    """The warning names the files and the lines, and the ratio is that of the log."""
    copies = [request.copy() for request in requests(30)]
    (tmp_path / "v1.log.1").write_text("".join(LOG[:20]))
    (tmp_path / "v1.log").write_text("".join(LOG[15:]))
    (tmp_path / "v2.log").write_text("".join(lines_of(copies)))
    report = mirrorcheck.analyze(primary=[tmp_path / "v1.log.1", tmp_path / "v1.log"], shadow=tmp_path / "v2.log")
    assert (report.originals.paired, report.originals.missed) == (30, 0)
    assert (report.primary.lines.read, report.primary.lines.repeated) == (35, 5)
    (text,) = [warning.text for warning in report.warnings if warning.code == "repeated_lines"]
    older, newer = tmp_path / "v1.log.1", tmp_path / "v1.log"
    assert text == f"5 lines are in {older} and in {newer}, too: taken for one log, and counted once."
