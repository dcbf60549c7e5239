"""Every sample of a wrapper: its folder holds the log, and beside it what must be found in it."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from mirrorcheck_parsers import Parser, RecordBatch, detect
from mirrorcheck_parsers.wrappers.splitter import DocumentSplitter

pytestmark = pytest.mark.usefixtures("way")

SAMPLES = Path(__file__).parents[2] / "testdata" / "formats" / "wrappers"
OUTER = ("pod", "container", "namespace", "labels", "stream")
COUNTS = ("lines", "parsed", "foreign", "unparsed", "rejoined")


def parse_whole(log: bytes) -> tuple[str, RecordBatch]:
    """Give the name of the format found and what its parser makes of the log."""
    splitter = DocumentSplitter()
    log = splitter.feed(log) + splitter.flush()
    found = detect(log).format
    assert found is not None
    parser = Parser(found)
    batches = [batch for batch in (parser.feed(log), parser.flush()) if batch.lines]
    assert len(batches) == 1
    return found.name, batches[0]


@pytest.mark.parametrize("folder", sorted(SAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_sample(folder: Path) -> None:
    """Its one record has the expected fields and time, and each of its lines the expected fate."""
    expected = json.loads((folder / "expected.json").read_text())
    name, batch = parse_whole((folder / "log").read_bytes())
    assert name == expected["format"]
    counts = {count: getattr(batch, count) for count in COUNTS}
    assert counts == {"lines": 1, "parsed": 1, "foreign": 0, "unparsed": 0, "rejoined": 0} | expected.get("counts", {})
    said = {field: batch.text(field)[0].decode() for field in OUTER if field in batch.spans}
    asked = {field: value for field, value in expected["fields"].items() if field in OUTER}
    assert {field: value for field, value in said.items() if value not in ("", "{}")} == asked
    assert set(batch.time_us.tolist()) == {round(datetime.fromisoformat(expected["time"]).timestamp() * 1_000_000)}
    others = {"status": "200", "user_agent": "curl/8"} | {
        field: value for field, value in expected["fields"].items() if field not in OUTER
    }
    assert {field: batch.text(field)[0].decode() for field in others} == others
