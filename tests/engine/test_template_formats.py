"""Logs of pods that were made from one template are in one format: it is told once, and seen to hold for the others."""

from dataclasses import replace
from pathlib import Path

import pytest

from mirrorcheck.engine import growing_stream as reading
from mirrorcheck.engine.growing_stream import GrowingStream, TemplateFormats
from mirrorcheck.reading.detection import Formats, detect_in
from mirrorcheck.reading.observe import Filter
from mirrorcheck.sources.feed import Opened, Side
from mirrorcheck_parsers import Detection
from tests.engine.play import opened
from tests.logs import requests

TEXT = "".join(f"{each.line()}\n" for each in requests(12)).encode()
JSON = b'{"time":"2026-11-22T18:00:00Z","method":"GET","path":"/","status":200}\n'


class Logs:
    """Pods' logs that are read side by side, and how often a format was looked for."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looked = 0
        self._folder, self._templates = folder, TemplateFormats()
        monkeypatch.setattr(reading, "detect_in", self._detect_in)

    def _detect_in(self, text: bytes, formats: Formats) -> Detection:
        self.looked += 1
        return detect_in(text, formats)

    def read(self, pod: str, text: bytes, version: str = "v1", side: Side | None = "primary") -> GrowingStream:
        """A pod's log, read to its end so far; StatefulSets label each pod with its name."""
        labels = (("version", version), ("statefulset.kubernetes.io/pod-name", pod))
        of: Opened = replace(opened(pod, side), labels=labels)
        path = self._folder / f"{pod}.log"
        path.write_bytes(text)
        made = GrowingStream(of, pod, path, Formats(), Filter(None, None), self._templates)
        made.take(text)
        return made


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logs:
    """No log yet."""
    return Logs(tmp_path, monkeypatch)


def test_a_format_is_looked_for_once_for_each_template(logs: Logs) -> None:
    """Fifty pods of two templates take two looks, and are read as the first of them."""
    read = [logs.read(f"v{pod % 2}-{pod}", TEXT, version=f"v{pod % 2}") for pod in range(50)]
    assert logs.looked == 2
    tables = [each.stream().table for each in read]
    assert all(table.equals(tables[0]) for table in tables)
    assert tables[0].height == 12


def test_a_log_in_another_format_is_looked_at_for_itself(logs: Logs) -> None:
    """A configuration may change from one pod to the next: what does not read every line is not taken."""
    first, other = logs.read("v1-a", TEXT), logs.read("v1-b", JSON * 20)
    assert logs.looked == 2
    assert first.format
    assert other.format
    assert first.format.name != other.format.name
    assert other.counts.parsed == 20


def test_few_lines_tell_no_format_that_may_have_more_keys(logs: Logs) -> None:
    """How values of JSON look is told by many lines: siblings do not rely on less, and captures name no template."""
    for pod in range(3):
        logs.read(f"v1-{pod}", JSON)
    assert logs.looked == 3
    logs.read("v1-long", JSON * 300)
    logs.read("v1-next", JSON)
    assert logs.looked == 4
    for pod in range(2):
        logs.read(f"piped-{pod}", TEXT, side=None)
    assert logs.looked == 6
