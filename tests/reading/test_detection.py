"""A log is recognised wherever its format begins, and what is in none is refused soon, by its first line."""

import json
import random
import shlex
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from mirrorcheck.errors import InputError
from mirrorcheck.reading import constants, detection
from mirrorcheck.reading.detection import Formats, Recognized, recognize
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.sources import files
from mirrorcheck_parsers import Detection, detect
from tests.logs import requests
from tests.sample import sampled

CHUNK, SAMPLE = 1 << 16, 1 << 12
REQUESTS = [each.line() for each in requests(3)]
CHATTER = '2026/11/22 10:00:00 [error] 29#29: *{0} open() "/x{0}" failed (2: No such file), client: 10.0.0.{0}'
ORDER = "2026-11-22 10:00:00,{0} INFO [exec-{0}] OrderService - order {0} was placed"
EVENT = '{{"level":"info","ts":1795341600.{0},"logger":"a","msg":"order {0}"}}'
WORDS = ("a/b", "c.d", "e-f", "(g)", "[h]", "i=j", "k:l", "m,n", "'o'", "p?")


@pytest.fixture(autouse=True)
def short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have logs come in short chunks."""
    monkeypatch.setattr(files, "CHUNK", CHUNK)
    monkeypatch.setattr(constants, "FORMAT_SAMPLE", SAMPLE)


def speech(count: int) -> list[str]:
    """Give lines of which hardly two are alike."""
    chance = random.Random(7)
    return [" ".join(chance.choices(WORDS, k=12)) for _ in range(count)]


def found(path: Path, lines: Sequence[str]) -> Recognized | None:
    """Recognise a log of these lines."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return recognize(files.open_sources([str(path)])[0], Formats())


def many(template: str, count: int = 2500) -> list[str]:
    """Give lines that differ in their numbers alone."""
    return [template.format(number) for number in range(count)]


BEFORE = {
    "chatter": many(CHATTER),
    "chatter that varies": [CHATTER.format(word) for word in speech(2500)],
    "lines alike": many(ORDER),
    "lines of a container": many(f"[web-v1 app] {ORDER}"),
    "objects": many(EVENT),
    "speech": speech(3000),
    "short lines": many("x", 60_000),
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.parametrize("tail", sampled([0, 2000], 1))
def test_a_format_may_begin_anywhere(name: str, tail: int, tmp_path: Path) -> None:
    """Behind any length of other lines a log is recognised; behind chatter, a few lines of it will do."""
    before = BEFORE[name]
    log = REQUESTS if "chatter" in name else [each.line() for each in requests(1000)]
    recognized = found(tmp_path / "log", [*before, *log, *before[:tail]])
    assert recognized
    assert recognized.detection.format
    assert recognized.detection.format.name == "nginx main"
    assert recognized.lines_before <= len(before) < recognized.lines_before + recognized.text.count(b"\n")


def test_objects_in_several_lines_may_begin_anywhere(tmp_path: Path) -> None:
    """What only the lines of an object together tell is found behind other lines, too."""
    events = [{"logStreamName": "web-v1", "timestamp": 1_795_341_600_123, "message": REQUESTS[0]}] * 200
    laid_out = json.dumps({"events": events}, indent=4).splitlines()
    recognized = found(tmp_path / "log", [*many(ORDER), *laid_out])
    assert recognized
    assert recognized.detection.format
    assert recognized.detection.format.name == "CloudWatch, nginx main"


@pytest.mark.parametrize("prefix", ["", "[web-v2-a istio-proxy] ", "2026-11-22T10:00:00.123456789Z "])
def test_a_server_that_served_nothing_is_no_error(prefix: str, tmp_path: Path) -> None:
    """What a sidecar says of itself, its settings included, is no log in an unknown format; an application's log is."""
    said = ['2026-11-22T10:00:00.123456Z\tinfo\tFLAG: --domain="shop"', "2026-11-22T10:00:00.123456Z\tinfo\tReady"]
    said += ["[2026-11-22 10:00:00.123][1][info][main] starting main dispatch loop", "concurrency: 2", "domain: shop"]
    assert found(tmp_path / "log", [prefix + line for line in said]) is None
    with pytest.raises(InputError, match="No line looks like a request"):
        found(tmp_path / "log", [prefix + line for line in many(ORDER, 5)])


@pytest.mark.parametrize(("own", "silent"), [(2, False), (4, False), (6, True), (9, True)])
def test_a_server_writes_most_of_its_log_about_itself(own: int, silent: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Of ten lines, half have to be messages of its own (SERVER_MESSAGES); settings alone may be anybody's."""
    lines = ["2026-11-22T10:00:00.123456Z\tinfo\tReady"] * own + ["concurrency: 2"] * (10 - own)
    with nullcontext() if silent else pytest.raises(InputError, match="No line looks like a request"):
        assert found(tmp_path / "log", lines) is None


def test_chatter_alone_is_no_error(tmp_path: Path) -> None:
    """A pod that served nothing has a log, however long."""
    assert found(tmp_path / "log", many(CHATTER)) is None


def test_the_first_line_is_named_by_its_place(tmp_path: Path) -> None:
    """The message counts all lines, and names the first that is no chatter, which may come late."""
    for line in ("a/b c.d", "open"):
        with pytest.raises(
            InputError, match=rf'none of its 5,001 lines is in a known format\. Line 2,501, "{line}", is'
        ):
            found(tmp_path / "log", [*many(CHATTER), line, *many(ORDER)])


def test_other_programs_lines_may_have_the_same_marks(tmp_path: Path) -> None:
    """Objects of as many keys tell nothing of each other if they begin otherwise."""
    usual = '{{"{0}":"{1}","time":"2026-11-22T10:00:00Z","{2}":"/x"}}'
    lines = [usual.format("level", "info", "at")] * 9000 + [usual.format("method", "GET", "path")] * 9000
    recognized = found(tmp_path / "log", lines)
    assert recognized
    assert recognized.detection.format


@pytest.mark.parametrize("template", [CHATTER, ORDER, EVENT])
@pytest.mark.parametrize("first", [CHATTER, EVENT])
def test_lines_like_others_are_not_looked_at_again(
    first: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long log whose lines are alike, only the first are compared with every format."""
    looked_at = 0

    def noted(sample: bytes, **options: object) -> Detection:
        nonlocal looked_at
        looked_at += len(sample)
        return detect(sample, **options)  # type: ignore[arg-type]  # as they were given

    monkeypatch.setattr(detection, "detect", noted)
    with suppress(InputError):
        found(tmp_path / "log", [*many(first, 200), *many(template, 20_000)])
    assert (tmp_path / "log").stat().st_size > 5 * CHUNK
    assert looked_at <= 20 * SAMPLE


def test_the_search_is_shown(tmp_path: Path) -> None:
    """Whoever waits for a long log to be refused sees how far the search has come."""
    path = tmp_path / "log"
    path.write_text("".join(f"{line}\n" for line in many(ORDER, 12_000)))
    told: list[int] = []
    with pytest.raises(InputError):
        read_streams(files.open_sources([str(path)]), Formats(), Filter(None, None), told.append)
    assert sum(told) == path.stat().st_size
    assert len(told) > 2


CLF = '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12'
WAYS_OUT = {
    "a format of its own": (
        [f"{CLF} 0.003 up"] * 3,
        r" up to column 73 .* Give its format: --log-format '.* \$status \$body_bytes_sent \$request_time \$field_1'$",
    ),
    "behind chatter": (
        ["INFO starting"] * 30 + [f"at {CLF}"],
        r"Line 31, .* Give its format: --log-format '\$field_1 \$remote_addr ",
    ),
    "a field": (
        [json.dumps({"seq": 1, "event": {"original": f'{CLF} "-" "curl/8"'}})],
        r"Its field \.event\.original is nginx combined\. Extract it: jq -r \.event\.original FILE\.$",
    ),
    "a field whose name needs quotes": (
        [json.dumps({"x-log": f'{CLF} "-" "curl/8"'})],
        r"Its field \.\"x-log\" is .* jq -r '\.\"x-log\"' FILE\.$",
    ),
    "no request": (
        ["INFO started", "INFO ready"],
        r"is like none of them\. No line looks like a request: filter these",
    ),
    "no time": (['"GET /a HTTP/1.1" 200 12'], r"holds no time that is known: log one, such as nginx's \$msec"),
    "a line that was cut": ([f'{CLF} "-" "cur'], r"Tried: .* Give the format with --log-format\.$"),
}


@pytest.mark.parametrize("name", WAYS_OUT)
def test_the_way_out_is_one_for_this_line(name: str, tmp_path: Path) -> None:
    """The message names what is nearest by what the line holds, the place, and what helps with this very line."""
    lines, message = WAYS_OUT[name]
    with pytest.raises(InputError, match=message):
        found(tmp_path / "log", lines)


def test_what_is_suggested_works(tmp_path: Path) -> None:
    """The format in the message, given as it stands, reads the log."""
    log = [f"{each.line()} 0.00{number} up" for number, each in enumerate(requests(9))]
    with pytest.raises(InputError) as refused:
        found(tmp_path / "log", log)
    [template] = shlex.split(str(refused.value).partition("--log-format ")[2])
    (source,) = files.open_sources([str(tmp_path / "log")])
    (stream,) = read_streams([source], Formats(template), Filter(None, None))
    assert (stream.counts.parsed, stream.counts.read) == (9, 9)
    with pytest.raises(InputError, match=r"Correct --log-format\. By this one the line is read: '\$remote_addr"):
        recognize(source, Formats("$msec $request"))


def test_a_container_that_logs_no_request_leaves_it_to_the_others(tmp_path: Path) -> None:
    """What the others log is recognised, so that a message can name them; requests in an unknown format are refused."""
    log = [f"[web-v1 nginx] {line}" for line in REQUESTS]
    path = tmp_path / "log"
    path.write_text("".join(f"{line}\n" for line in [*log, "[web-v1 app] INFO started"]))
    (source,) = files.open_sources([str(path)])
    for name in ("app", "web"):
        recognized = recognize(source, Formats(containers=(name,)))
        assert recognized
        assert recognized.detection.format
    path.write_text(path.read_text() + "[web-v1 app] INFO GET /a 200\n")
    with pytest.raises(InputError, match='Line 5, "INFO GET /a 200", is nearest to kubetail, '):
        recognize(source, Formats(containers=("app",)))
