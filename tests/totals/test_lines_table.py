"""The table of outcomes as files: written and read back, it holds what the report says."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import mirrorcheck
from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.report.dump import to_document
from mirrorcheck.sources.files import open_sources
from mirrorcheck.totals.lines_table import check_target, write_outcomes
from tests.logs import Request, requests, write

ORIGINALS = [*requests(9), Request(second=9, method="=cmd()", target="x", agent="kube-probe/1")]
COPIES = [request.copy() for request in ORIGINALS[2:]]
READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".csv": pl.read_csv,
    ".jsonl": pl.read_ndjson,
    ".parquet": pl.read_parquet,
}


@pytest.fixture
def report(tmp_path: Path) -> mirrorcheck.Report:
    """A report with paired, missed and excluded lines."""
    return mirrorcheck.analyze(primary=write(tmp_path / "v1.log", ORIGINALS), shadow=write(tmp_path / "v2.log", COPIES))


@pytest.mark.parametrize("ending", READERS)
def test_round_trip(tmp_path: Path, report: mirrorcheck.Report, ending: str) -> None:
    """Each format holds all columns and rows, and its counts are those of the report and of the JSON document."""
    path = tmp_path / f"all{ending}"
    write_outcomes(report.tables(), path)
    read = READERS[ending](path)
    assert read.columns == report.table.columns
    for name in ("side", "line", "outcome", "pair_line", "candidates", "status"):
        assert read[name].to_list() == report.table[name].to_list()
    document = to_document(report)
    for side, key in (("primary", "originals"), ("shadow", "shadow")):
        counts = read.filter(pl.col("side") == side)["outcome"].value_counts().rows()
        told = document[key]
        assert isinstance(told, dict)
        assert dict(counts) == {name: count for name, count in told.items() if count and name != "total"}


def test_formulas_are_disarmed(tmp_path: Path, report: mirrorcheck.Report) -> None:
    """A target that a spreadsheet would run is quoted in CSV, and left alone elsewhere."""
    write_outcomes(report.tables(), tmp_path / "all.csv")
    assert ",'=cmd() x HTTP/1.1," in (tmp_path / "all.csv").read_text()
    assert "=cmd() x HTTP/1.1" in report.table["target"].to_list()


def test_times(tmp_path: Path, report: mirrorcheck.Report) -> None:
    """Times are UTC with microseconds in text."""
    write_outcomes(report.tables(), tmp_path / "all.jsonl")
    assert '"time":"2026-11-22T18:00:00.000000Z"' in (tmp_path / "all.jsonl").read_text()


def test_refused_targets(tmp_path: Path) -> None:
    """Unknown endings, missing folders, directories and the logs themselves are refused before any work."""
    log = write(tmp_path / "v1.csv", ORIGINALS)
    (tmp_path / "folder.csv").mkdir()
    sources = open_sources([str(log)])
    for path, why in (
        (tmp_path / "all.txt", "ending"),
        (tmp_path / "none" / "all.csv", "folder does not exist"),
        (tmp_path / "folder.csv", "directory"),
        (log, "one of the logs"),
    ):
        with pytest.raises(UsageError, match=why):
            check_target(path, sources)
    check_target(tmp_path / "all.csv", sources)


def test_disk_full(tmp_path: Path, report: mirrorcheck.Report) -> None:
    """A file that cannot be written is an error of one line."""
    with pytest.raises(InputError, match="cannot be written"):
        write_outcomes(report.tables(), tmp_path / "none" / "all.csv")
