"""A log is recognised wherever its format begins, and what is in none is refused soon, by its first line."""

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from mirrorcheck.errors import InputError
from mirrorcheck.reading import detection
from mirrorcheck.reading.detection import Formats, Recognized, recognize
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.sources import files
from mirrorcheck_parsers import Detection, detect
from tests.logs import requests

CHUNK, SAMPLE = 1 << 18, 1 << 12
REQUESTS = [each.line() for each in requests(3)]
CHATTER = '2026/11/22 10:00:00 [error] 29#29: *{0} open() "/x{0}" failed (2: No such file), client: 10.0.0.{0}'
ORDER = "2026-11-22 10:00:00,{0} INFO [exec-{0}] OrderService - order {0} was placed"
EVENT = '{{"level":"info","ts":1795341600.{0},"logger":"a","msg":"order {0}"}}'
WORDS = ("a/b", "c.d", "e-f", "(g)", "[h]", "i=j", "k:l", "m,n", "'o'", "p?")


@pytest.fixture(autouse=True)
def short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have logs come in short chunks."""
    monkeypatch.setattr(files, "CHUNK", CHUNK)
    monkeypatch.setattr(detection, "_SAMPLE", SAMPLE)


def speech(count: int) -> list[str]:
    """Give lines of which hardly two are alike."""
    chance = random.Random(7)
    return [" ".join(chance.choices(WORDS, k=12)) for _ in range(count)]


def found(path: Path, lines: Sequence[str]) -> Recognized | None:
    """Recognise a log of these lines."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return recognize(files.open_sources([str(path)])[0], Formats())


def many(template: str, count: int = 6000) -> list[str]:
    """Give lines that differ in their numbers alone."""
    return [template.format(number) for number in range(count)]


BEFORE = {
    "chatter": many(CHATTER),
    "chatter that varies": [CHATTER.format(word) for word in speech(8000)],
    "lines alike": many(ORDER),
    "lines of a container": many(f"[web-v1 app] {ORDER}"),
    "objects": many(EVENT),
    "speech": speech(9000),
    "short lines": many("x", 200_000),
}


@pytest.mark.parametrize("name", BEFORE)
@pytest.mark.parametrize("tail", [0, 2000])
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


def test_chatter_alone_is_no_error(tmp_path: Path) -> None:
    """A pod that served nothing has a log, however long."""
    assert found(tmp_path / "log", many(CHATTER)) is None


def test_the_first_line_is_named_by_its_place(tmp_path: Path) -> None:
    """The message counts all lines, and names the first that is no chatter, which may come late."""
    for line in ("a/b c.d", "open"):
        with pytest.raises(
            InputError, match=rf'none of its 12,001 lines is in a known format\. Line 6,001, "{line}", is'
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

    def noted(
        sample: bytes, *, log_format: str | None, given: Sequence[tuple[str, str]], containers: Sequence[bytes]
    ) -> Detection:
        nonlocal looked_at
        looked_at += len(sample)
        return detect(sample, log_format=log_format, given=given, containers=containers)

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
