"""Streams of any shape become tables; text can be fetched again while the log stays what it was."""

from pathlib import Path

import numpy as np
import pytest

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.reading.containers import keep_containers
from mirrorcheck.reading.detection import Formats, shown
from mirrorcheck.reading.fetch import fetch
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.sources import files
from tests.logs import requests, write
from tests.sample import sampled
from tests.streams import NOTHING, read_log, read_logs

CHATTER = b"/docker-entrypoint.sh: Launching\n"


def test_whose_a_line_is_needs_no_second_reading(tmp_path: Path) -> None:
    """Pods and containers are kept while the log is read: it may be gone when they are named."""
    path = tmp_path / "all.log"
    origins = ["[web-v1-a nginx]", "[web-v1-b nginx]", "[web-v1-b other]"]
    path.write_text("".join(f"{origins[n % 3]} {each.line()}\n" for n, each in enumerate(requests(9))))
    stream = read_log(path)
    path.unlink()
    assert [stream.origin(code) for code in stream.table["pod"]] == ["web-v1-a", "web-v1-b", "web-v1-b"] * 3
    with pytest.raises(UsageError, match="pod web-v1-b logs requests in several containers: nginx, other"):
        keep_containers([stream], ())
    [kept] = keep_containers([stream], ["nginx"])
    assert (kept.table.height, kept.aside) == (6, {"other": 3})


def test_chatter_longer_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines after any length of start-up chatter are found."""
    monkeypatch.setattr(files, "CHUNK", 50)
    path = write(tmp_path / "v1.log", requests(3))
    path.write_bytes(CHATTER * 20 + path.read_bytes())
    counts = read_log(path).counts
    assert (counts.read, counts.parsed, counts.foreign) == (23, 3, 20)


def test_nothing_but_chatter(tmp_path: Path) -> None:
    """Chatter alone is foreign, the last line without a line break too."""
    (tmp_path / "v1.log").write_bytes(CHATTER * 2 + CHATTER.strip())
    counts = read_log(tmp_path / "v1.log").counts
    assert (counts.read, counts.foreign) == (3, 3)


def test_chatter_behind_stamps(tmp_path: Path) -> None:
    """What a stamp is in front of is chatter still, though one word more might be a name."""
    lines = ["/docker-entrypoint.sh: Launching", "10-listen-on-ipv6-by-default.sh: info: Getting the checksum"]
    (tmp_path / "v1.log").write_text("".join(f"2026-11-22T10:00:00.123456789Z {line}\n" for line in lines))
    assert read_log(tmp_path / "v1.log").counts.foreign == 2


def test_chatter_of_a_capture_longer_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same behind the names of pods."""
    monkeypatch.setattr(files, "CHUNK", 500)
    (tmp_path / "all.log").write_bytes(b"[web-v1-a] " + (b"[web-v1-a] ".join([CHATTER] * 20)))
    assert read_log(tmp_path / "all.log").counts.foreign == 20
    with (tmp_path / "all.log").open("ab") as log:
        log.writelines(b"[web-v2-b] %b\n" % request.line().encode() for request in requests(3))
    stream = read_log(tmp_path / "all.log")
    assert (stream.counts.read, stream.counts.parsed, stream.counts.foreign) == (23, 3, 20)
    assert stream.logs("pod")


@pytest.mark.unmeasured
@pytest.mark.parametrize("size", sampled([1 << 12, 1 << 17], 1))
def test_requests_behind_another_containers_log(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture may hold the whole log of one container before the first request of the next."""
    monkeypatch.setattr(files, "CHUNK", size)
    app = b"[pod/web-v1-a/app] 2026-11-22 10:00:00 INFO handled /a in 3 ms\n" * 8_000
    lines = (b"[pod/web-v1-a/nginx] %b\n" % request.line().encode() for request in requests(50))
    (tmp_path / "all.log").write_bytes(app + b"".join(lines))
    stream = read_log(tmp_path / "all.log")
    assert (stream.counts.parsed, stream.counts.foreign) == (50, 8_000)
    (tmp_path / "all.log").write_bytes(app)
    with pytest.raises(InputError, match=r"Line 1, "):
        read_log(tmp_path / "all.log")


def test_fetch(tmp_path: Path) -> None:
    """Texts come back in the order of their lines, empty for a field that is not logged."""
    stream = read_log(write(tmp_path / "v1.log", requests(9)))
    texts = fetch(stream, np.array([2, 5]), ["target", "host"])
    assert texts == {"target": [b"/page/1", b"/page/4"], "host": [b"", b""]}
    assert fetch(stream, np.array([], np.int64), ["target"]) == {"target": []}


def test_fetch_from_a_changed_log(tmp_path: Path) -> None:
    """A log that was cut after it was read is an error, not a wrong text."""
    path = write(tmp_path / "v1.log", requests(9))
    stream = read_log(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="changed while it was read"):
        fetch(stream, np.array([2, 5]), ["target"])


def test_unknown_format(tmp_path: Path) -> None:
    """The message shows the line, how far each format got, and the way out."""
    (tmp_path / "v1.log").write_bytes(TEXT[:-9] + b"\x1b\n")
    with pytest.raises(InputError, match=r"Tried: .* to column \d+\. Give the format with --log-format\."):
        read_log(tmp_path / "v1.log")
    with pytest.raises(InputError, match=r"in the given format.*Correct --log-format\."):
        read_log(tmp_path / "v1.log", "$remote_addr [$time_local] $uri")
    with pytest.raises(UsageError, match="has no time"):
        read_log(tmp_path / "v1.log", "$request")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EVENTS\t3817\t1795341601000\tweb-v1\tx\t1795341600123", r"Export them with --output json\.$"),
    ],
)
def test_exports_that_are_not_read(text: str, message: str, tmp_path: Path) -> None:
    """The message says how to get what is read."""
    (tmp_path / "v1.log").write_text(f"{text}\n")
    with pytest.raises(InputError, match=message):
        read_log(tmp_path / "v1.log")


def test_one_bad_source_stops_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of one source is the one that is told, while another is read."""
    monkeypatch.setattr(files, "CHUNK", 100)
    good, bad = write(tmp_path / "a.log", requests(2000)), tmp_path / "b.log"
    bad.write_bytes(b"hello\n")
    with pytest.raises(InputError, match=r"b\.log"):
        read_logs(bad, good)


def test_progress_adds_up(tmp_path: Path) -> None:
    """The bytes told are those stored."""
    path = write(tmp_path / "v1.log", requests(9))
    told: list[int] = []
    read_streams(files.open_sources([str(path)]), Formats(), NOTHING, told.append)
    assert sum(told) == path.stat().st_size


def test_shown() -> None:
    """Hostile bytes become one short printable literal."""
    assert shown(b"\x1b[31m\xff" + b"x" * 99) == r'"\x1b[31m\xff' + "x" * 34 + '..."'


ENVOY = '[%START_TIME%] %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %DURATION% "%REQ(USER-AGENT)%"'
TEXT = b'10.0.0.1 - - [22/Nov/2026:10:00:05 +0000] "GET /a HTTP/1.1" 200 12 "https://a.example/" "curl/8"\n'


def test_logs_of_two_formats_have_one_key_and_one_clock(tmp_path: Path) -> None:
    """A request has one key in both, made of the fields both log, and is dated by its end in both."""
    (tmp_path / "v1.log").write_bytes(TEXT)
    (tmp_path / "v2.log").write_bytes(b'[2026-11-22T10:00:01.000Z] GET /a 200 4000 "curl/8"\n')
    logs = [tmp_path / name for name in ("v1.log", "v2.log")]
    formats = Formats(given=(("envoy", ENVOY),))
    text, envoy = read_logs(*logs, formats=formats)
    assert text.table["rest"].to_list() == envoy.table["rest"].to_list()
    assert text.table["time_us"].to_list() == envoy.table["time_us"].to_list()
    (alone,) = read_logs(logs[1], formats=formats)
    assert alone.table["time_us"][0] == envoy.table["time_us"][0] - 4_000_000
    (alone,) = read_logs(logs[0], formats=formats)
    assert alone.table["rest"][0] != text.table["rest"][0]


def test_what_is_missing_is_the_same_in_every_format(tmp_path: Path) -> None:
    """A user agent that is "-" in one log and null in another makes one key."""
    (tmp_path / "v1.log").write_bytes(TEXT.replace(b"curl/8", b"-"))
    json = b'{"time":"2026-11-22T10:00:05Z","method":"GET","path":"/a","user_agent":null}\n'
    (tmp_path / "v2.log").write_bytes(json)
    text, other = read_logs(tmp_path / "v1.log", tmp_path / "v2.log")
    assert text.table["rest"].to_list() == other.table["rest"].to_list()
