"""Keys of JSON logs count the same wherever in a log they first appear."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import mirrorcheck
from mirrorcheck.cli.formats import explain_file
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.report.dump import to_document
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.files import open_sources
from tests.logs import PROXY, START

COUNT = 60
Values = dict[str, object]
Added = Callable[[int], Values]
NO: Added = lambda _: {}  # noqa: E731  # the line of a log as it is


def uuid(number: int) -> str:
    """Give the id of a request."""
    return f"6f1c5b1e-27a4-4c0e-9d32-{number:012x}"


def log(path: Path, added: Added, numbers: Sequence[int] = range(COUNT), *, shadow: bool = False) -> Path:
    """Write a log in JSON: two requests a second for one page, so that other keys must tell them apart."""
    lines = []
    for number in numbers:
        moment = START + timedelta(seconds=number // 2, milliseconds=600 if shadow else 0)
        values = {"time": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "method": "GET", "path": "/a", "status": 200}
        lines.append(json.dumps(values | added(number)))
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.fixture(autouse=True)
def short_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a format told by four lines or so."""
    monkeypatch.setattr("mirrorcheck.reading.constants.FORMAT_SAMPLE", 400)


@dataclass(frozen=True, slots=True)
class Late:
    """What is added to the lines of either side from some line on, and what is asked for."""

    primary: Added
    shadow: Added
    key: str | None = None
    marker: tuple[str, ...] = ()
    shadow_first: bool = False  # the shadow has it from its first line on


def ids(number: int) -> Values:
    """Give a request's id."""
    return {"x_request_id": uuid(number)}


def agents(number: int) -> Values:
    """Give one of a few agents."""
    return {"agent": f"a{number % 7}"}


LATE = {
    "an id": Late(ids, ids),
    "an id that the shadow has at once": Late(ids, ids, shadow_first=True),
    "a key of the user's": Late(lambda n: {"flow": f"f{n}"}, lambda n: {"X-Flow": f"f{n}"}, key="X-Flow"),
    "a marker": Late(NO, lambda n: {"mirror": "yes" if n % 3 else "no"}, marker=("mirror=yes",)),
    "agents": Late(agents, agents),
    "agents that the shadow has at once": Late(agents, agents, shadow_first=True),
    "agents of one side": Late(agents, NO),
    "hops": Late(lambda n: {"xff": f"10.0.0.{n % 9}"}, lambda n: {"xff": f"10.0.0.{n % 9},{PROXY}"}),
    "trace ids": Late(lambda n: {"b3": f"{n:032x}-1"}, lambda n: {"b3": f"{n:032x}-2"}),
    "durations": Late(lambda n: {"latency": 5 + n}, lambda n: {"latency": 0.007 * n}),
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("begins", [6, 50])
def test_a_report_does_not_depend_on_where_keys_begin(
    name: str, begins: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With keys that come behind the first lines the report is what it is where all lines are the first ones."""
    late = LATE[name]
    primary = log(tmp_path / "v1.log", lambda n: late.primary(n) if n >= begins else {})
    shadow = log(tmp_path / "v2.log", lambda n: late.shadow(n) if late.shadow_first or n >= begins else {}, shadow=True)
    found = mirrorcheck.analyze(primary=primary, shadow=shadow, key=late.key, marker=late.marker)
    monkeypatch.setattr("mirrorcheck.reading.constants.FORMAT_SAMPLE", 1 << 18)
    whole = mirrorcheck.analyze(primary=primary, shadow=shadow, key=late.key, marker=late.marker)
    assert to_document(found) == to_document(whole)


def test_late_ids_pair(tmp_path: Path) -> None:
    """Ids that nearly all lines have are the key, though the first lines lack them."""
    added: Added = lambda n: {"x_request_id": uuid(n)} if n >= 5 else {"path": f"/{n}"}  # noqa: E731
    report = mirrorcheck.analyze(
        primary=log(tmp_path / "v1.log", added),
        shadow=log(tmp_path / "v2.log", added, [n for n in range(COUNT) if n not in (20, 31)], shadow=True),
    )
    table = report.outcomes.query("side == 'primary' and outcome == 'missed'")
    assert table["line"].tolist() == [21, 32]
    assert table["candidates"].tolist() == [1, 1]


def test_clusters_that_come_late_tell_the_sides(tmp_path: Path) -> None:
    """One capture of both sides, whose first lines name no cluster."""
    path = log(tmp_path / "both.log", lambda n: {"upstream_cluster": f"outbound|80|v{1 + n % 2}|web"} if n >= 6 else {})
    cluster = "upstream_cluster=*v{}*"
    report = mirrorcheck.analyze(path, primary_label=cluster.format(1), shadow_label=cluster.format(2))
    assert (report.originals.total, report.shadow.total) == (27, 27)


def test_a_format_is_shown_with_what_later_lines_have(tmp_path: Path) -> None:
    """`formats --detect` names the fields of the first lines, and those that are read though these lack them."""
    path = log(tmp_path / "v1.log", lambda n: {"xff": "-", "ua": "curl"} if n > 50 else {})
    written = StringIO()
    explain_file(str(path), complete(Options()), Console(file=written, width=100))
    assert (
        "    fields: method, status, target, time\n    only later lines have: user_agent, xff\n" in written.getvalue()
    )


def test_what_is_read_again_is_no_progress(tmp_path: Path) -> None:
    """The bytes told are those stored, whether a log was read once or twice."""
    paths = [log(tmp_path / "v1.log", lambda n: {"xff": "-"} if n > 50 else {}), log(tmp_path / "v2.log", NO)]
    told: list[int] = []
    streams = read_streams(open_sources(list(map(str, paths))), Formats(), Filter(None, None), told.append)
    assert sum(told) == sum(path.stat().st_size for path in paths)
    assert min(told) < 0
    assert [stream.logs("xff") for stream in streams] == [True, False]
    assert [stream.grown for stream in streams] == [None, None]
