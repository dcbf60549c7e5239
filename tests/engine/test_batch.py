"""The Python API: the partition holds for any lines, and odd input is counted, never dropped."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.report.model import Report
from tests.logs import PROXY, Request, requests, write
from tests.sample import examples

ORIGINALS = requests(20)
COPIES = [request.copy() for request in ORIGINALS]
GARBAGE = b'\xff\xfe "GET / no log line'

lines = st.builds(
    Request,
    second=st.integers(0, 30),
    target=st.sampled_from(["/", "/a", "/b?x=1"]),
    method=st.sampled_from(["GET", "POST", ""]),
    status=st.sampled_from([200, 404, 499, 503]),
    agent=st.sampled_from(["curl/8", "kube-probe/1.30"]),
    xff=st.sampled_from(["-", PROXY, f"10.0.0.1,{PROXY}", "10.0.0.1"]),
)


def text(sent: list[Request], end: bytes = b"\n") -> bytes:
    """The lines of a log as bytes."""
    return b"".join(request.line().encode() + end for request in sent)


def analyze(folder: Path, primary: bytes, shadow: bytes) -> Report:
    """Analyze two logs given as bytes."""
    (folder / "v1.log").write_bytes(primary)
    (folder / "v2.log").write_bytes(shadow)
    return mirrorcheck.analyze(primary=folder / "v1.log", shadow=[str(folder / "v2.log")])


def check_sums(report: Report) -> None:
    """Every line is in one class: of the report's sums, and of its table of outcomes."""
    outcomes = report.outcomes
    for name, side, classes in (
        ("primary", report.primary, report.originals),
        ("shadow", report.shadow_side, report.shadow),
    ):
        read = side.lines
        assert read.read == read.parsed + read.foreign + read.unparsed
        names = [each for each in classes.__dataclass_fields__ if each != "total"]
        counts = {each: getattr(classes, each) for each in names}
        assert classes.total == read.parsed == sum(counts.values())
        found = outcomes[outcomes["side"] == name]
        assert not found.duplicated(["file", "line"]).any()
        assert found["outcome"].astype(str).value_counts().to_dict() == {
            each: count for each, count in counts.items() if count
        }


@settings(examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(primary=st.lists(lines, min_size=1, max_size=12), shadow=st.lists(lines, min_size=1, max_size=12))
def test_partition(tmp_path: Path, primary: list[Request], shadow: list[Request]) -> None:
    """Whatever the lines, the classes of either side add up to the lines read, and every line has one outcome."""
    try:
        report = analyze(tmp_path, text(primary) + GARBAGE, GARBAGE + b"\n" + text(shadow))
    except mirrorcheck.UsageError:
        return
    check_sums(report)
    originals = report.outcomes.loc[report.outcomes["side"] == "primary", "line"]
    assert set(originals) == set(range(1, len(primary) + 1))
    assert report.primary.lines.unparsed == report.shadow_side.lines.unparsed == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda log: log.replace(b"\n", b"\r\n"),
        lambda log: log.removesuffix(b"\n"),
        lambda log: b"\n".join(reversed(log.splitlines())),
        lambda log: log.replace(b":18:", b":20:").replace(b"+0000", b"+0200"),
        lambda log: log.replace(b":18:00:1", b":19:00:1").replace(b"0 +0000", b"0 +0000"),
        lambda log: b"\n\n" + log,
    ],
    ids=["CRLF", "no newline at the end", "time going backwards", "another zone", "an hour's jump", "empty lines"],
)
def test_odd_but_whole(tmp_path: Path, change: object) -> None:
    """Odd line ends, orders and zones neither lose a line nor miss a request where both sides have them."""
    assert callable(change)
    report = analyze(tmp_path, change(text(ORIGINALS)), change(text(COPIES)))
    assert report.verdict.word == "MIRRORING"
    assert report.originals.paired == 20
    check_sums(report)


def test_zones_and_dst(tmp_path: Path) -> None:
    """Sides in different zones, one of which changes to winter time, pair by the moment that the stamps mean."""
    first, second = text(ORIGINALS[:10]), text(ORIGINALS[10:])
    summer = first.replace(b":18:", b":20:").replace(b"+0000", b"+0200")
    winter = second.replace(b":18:", b":19:").replace(b"+0000", b"+0100")
    report = analyze(tmp_path, summer + winter, text(COPIES))
    assert report.originals.paired == 20
    assert report.offset is not None
    assert report.offset.max_ms == 0


def test_line_of_a_megabyte(tmp_path: Path) -> None:
    """A line of 1 MiB is a line like any other."""
    long = Request(target="/" + "x" * (1 << 20))
    report = analyze(tmp_path, text([*ORIGINALS, long]), text([*COPIES, long.copy()]))
    assert report.originals.paired == 21


def test_invalid_utf8(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are compared as bytes and shown escaped."""
    change = (b"/page/3 ", b"/p\xff ")
    report = analyze(tmp_path, text(ORIGINALS).replace(*change), text(COPIES).replace(*change))
    assert report.originals.paired == 20
    assert "/p\\xff" in set(report.outcomes["target"])


def test_mixed_formats(tmp_path: Path) -> None:
    """Lines in another format than most are unparsed, counted, kept as samples and warned of."""
    other = text(ORIGINALS[15:]).replace(b' "-"\n', b"\n")
    report = analyze(tmp_path, text(ORIGINALS[:15]) + other, text(COPIES))
    assert report.primary.lines.unparsed == len(report.primary.unparsed_samples) == 5
    assert "unparsed" in {warning.code for warning in report.warnings}


def test_only_chatter(tmp_path: Path) -> None:
    """A shadow that logged nothing but its start-up mirrors nothing, which is no error."""
    report = analyze(tmp_path, text(ORIGINALS), b"/docker-entrypoint.sh: Configuration complete; ready for start up")
    assert report.verdict.word == "NOT MIRRORING"
    assert report.shadow_side.lines.foreign == 1
    assert len(report.outcomes) == 20


def test_no_rows_have_the_same_types(tmp_path: Path) -> None:
    """A table of outcomes without rows has the columns and types of one with rows."""
    full = analyze(tmp_path, text(ORIGINALS), text(COPIES))
    columns = [
        "side",
        "file",
        "line",
        "outcome",
        "pair_file",
        "pair_line",
        "candidates",
        "time",
        "method",
        "target",
        "status",
    ]
    assert list(full.outcomes.columns) == columns == full.table.columns
    kinds = full.outcomes.dtypes
    assert [str(kinds[name]) for name in ("line", "pair_line", "candidates", "time", "target", "status")] == [
        "int64",
        "Int64",
        "int64",
        "datetime64[us, UTC]",
        "str",
        "int64",
    ]
    assert all(isinstance(kinds[name], pd.CategoricalDtype) for name in ("side", "file", "outcome", "method"))
    empty = analyze(tmp_path, b"", b"")
    assert empty.verdict.word == "NO DATA"
    assert list(empty.outcomes.columns) == columns
    assert empty.outcomes.dtypes.astype(str).to_dict() == full.outcomes.dtypes.astype(str).to_dict()


@pytest.mark.parametrize(("since", "until", "left"), [("18:00:10", None, 10), (None, "20:00:04+02:00", 5)])
def test_since_and_until(tmp_path: Path, since: str | None, until: str | None, left: int) -> None:
    """Lines outside are excluded; what the time leaves out is the log's date and zone."""
    primary, shadow = write(tmp_path / "v1.log", ORIGINALS), write(tmp_path / "v2.log", COPIES)
    report = mirrorcheck.analyze(primary=primary, shadow=shadow, since=since, until=until)
    assert (report.originals.paired, report.originals.excluded) == (left, 20 - left)
    check_sums(report)


def test_since_in_the_zone_of_the_log(tmp_path: Path) -> None:
    """A time without a zone is one of the log's own zone."""
    change = (b":18:", b":20:"), (b"+0000", b"+0200")
    primary, shadow = text(ORIGINALS), text(COPIES)
    for old, new in change:
        primary, shadow = primary.replace(old, new), shadow.replace(old, new)
    (tmp_path / "v1.log").write_bytes(primary)
    (tmp_path / "v2.log").write_bytes(shadow)
    report = mirrorcheck.analyze(primary=tmp_path / "v1.log", shadow=tmp_path / "v2.log", since="20:00:10")
    assert report.originals.paired == 10


def test_since_after_until(tmp_path: Path) -> None:
    """A span that ends before it begins is an error."""
    primary, shadow = write(tmp_path / "v1.log", ORIGINALS), write(tmp_path / "v2.log", COPIES)
    with pytest.raises(mirrorcheck.UsageError, match="is after --until"):
        mirrorcheck.analyze(primary=primary, shadow=shadow, since="18:00:10", until="18:00:05")


def test_errors_are_the_package_own(tmp_path: Path) -> None:
    """Wrong arguments raise UsageError, unreadable input InputError, both MirrorcheckError."""
    with pytest.raises(mirrorcheck.UsageError, match="no input is given"):
        mirrorcheck.analyze()
    with pytest.raises(mirrorcheck.InputError, match="does not exist"):
        mirrorcheck.analyze(primary=tmp_path / "none.log", shadow=tmp_path / "none2.log")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mirrorcheck.nothing  # type: ignore[attr-defined]  # that is what is tested
