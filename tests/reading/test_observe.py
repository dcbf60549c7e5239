"""What of a line takes part in pairing: equal texts give equal numbers, and what proxies change is left out."""

from pathlib import Path

import polars as pl
import pytest

from mirrorcheck.outcomes.sides.model import plain_key, stripped_key
from mirrorcheck.reading.observe import ABSENT, BY_AGENT, BY_OPTION, Filter, method_name
from mirrorcheck.reading.table import SCHEMA
from mirrorcheck.settings import DEFAULT_AGENTS, Options, complete
from tests.logs import PROXY, Request, requests, write
from tests.streams import read_log

RID = '$remote_addr [$time_local] "$request" $status "$http_x_request_id" $request_time $request_length'


def observe(path: Path, log_format: str | None = None, **options: tuple[str, ...]) -> pl.DataFrame:
    """The observations of one log."""
    exclusions = Filter.of(complete(Options(**options)))  # type: ignore[arg-type]  # only options that are lists of globs
    return read_log(path, log_format, exclusions).table


def with_ids(path: Path, ids: list[str]) -> Path:
    """Write a log whose lines differ in their id alone."""
    path.write_text(
        "".join(f'127.0.0.6 [22/Nov/2026:18:00:00 +0000] "GET / HTTP/1.1" 200 "{each}" 0.25 99\n' for each in ids)
    )
    return path


def test_columns(tmp_path: Path) -> None:
    """Every column of the schema is there, with its type, for any format."""
    table = observe(write(tmp_path / "v1.log", requests(3)))
    assert dict(table.schema) == {
        name: kind if isinstance(kind, pl.DataType) else kind() for name, kind in SCHEMA.items()
    }
    assert table["line"].to_list() == [1, 2, 3]
    assert [method_name(code) for code in table["method"]] == ["GET"] * 3
    assert table["request_us"].to_list() == [ABSENT] * 3


def test_request_id_without_its_version(tmp_path: Path) -> None:
    """Tracing may change the 15th character of a UUID: it is left out, every other one counts; no id is 0."""
    first = "6f1c0b2a-1111-4abc-8def-0123456789ab"
    traced = f"{first[:14]}9{first[15:]}"
    other = f"{first[:-1]}c"
    ids = observe(with_ids(tmp_path / "v1.log", [first, traced, other, "-", "abc", "abd"]), RID)["request_id"].to_list()
    assert ids[0] == ids[1]
    assert ids[3] == 0
    assert len(set(ids)) == 5


def test_durations_and_lengths(tmp_path: Path) -> None:
    """The time a request took is in microseconds, its length in bytes."""
    row = observe(with_ids(tmp_path / "v1.log", ["a"]), RID).row(0, named=True)
    assert (row["request_us"], row["request_length"]) == (250_000, 99)


def test_what_makes_a_key(tmp_path: Path) -> None:
    """Method, target, agent and chain tell requests apart; the client's address, status and size do not."""
    request = Request(target="/a?b=1")
    same = [request, Request(target="/a?b=1", remote="10.0.0.9", status=500, size=99, second=7)]
    others = [
        Request(target="/a?b=2"),
        Request(target="/a?b=1", method="POST"),
        Request(target="/a?b=1", agent="wget"),
        Request(target="/a?b=1", xff="10.0.0.1"),
    ]
    keys = plain_key(observe(write(tmp_path / "v1.log", [*same, *others]))).tolist()
    assert keys[0] == keys[1]
    assert len(set(keys)) == 5


def test_key_without_the_proxy(tmp_path: Path) -> None:
    """The key of a copy without its last hop is the original's, after either proxy's comma."""
    chains = ["-", "10.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1,", "fe80::1"]
    originals = observe(write(tmp_path / "v1.log", [Request(xff=chain) for chain in chains]))
    for comma in (",", ", "):
        copied = [PROXY if chain == "-" else f"{chain}{comma}{PROXY}" for chain in chains]
        copies = observe(write(tmp_path / "v2.log", [Request(xff=chain) for chain in copied]))
        assert stripped_key(copies).tolist() == plain_key(originals).tolist()
        assert len(set(copies["hop"].to_list())) == 1


@pytest.mark.parametrize("absent", ["null", '""', '"-"', None])
def test_a_client_sends_a_dash(absent: str | None, tmp_path: Path) -> None:
    """It is in front of the proxy's hop what a missing chain is on the original, in JSON as in text."""

    def log(name: str, *chains: str | None) -> Path:
        fields = ("" if chain is None else f', "http_x_forwarded_for": {chain}' for chain in chains)
        line = '{{"time": "2026-11-22T18:00:00+00:00", "request": "GET / HTTP/1.1", "status": 200{}}}\n'
        path = tmp_path / name
        path.write_text("".join(map(line.format, fields)))
        return path

    originals = observe(log("v1.log", absent, '"-"', '"10.0.0.1"'))
    copies = observe(log("v2.log", f'"{PROXY}"', f'"-,{PROXY}"', f'"10.0.0.1, {PROXY}"'))
    assert stripped_key(copies).tolist() == plain_key(originals).tolist()
    assert copies["hop"].n_unique() == 1


def test_path_ends_at_the_query(tmp_path: Path) -> None:
    """Two targets that differ in their query have one path."""
    table = observe(
        write(tmp_path / "v1.log", [Request(target="/a?b=1"), Request(target="/a?c?d"), Request(target="/a")])
    )
    assert table["path"].n_unique() == 1
    assert table["rest"].n_unique() == 3


def test_exclusions(tmp_path: Path) -> None:
    """Agents are excluded without regard to case, paths by case and without their query."""
    log = [
        Request(agent="KUBE-PROBE/1.3"),
        Request(agent="my-kube-probe/1.3"),
        Request(target="/metrics?x"),
        Request(target="/Metrics"),
    ]
    table = observe(write(tmp_path / "v1.log", log), exclude_path=("/metrics",))
    assert table["excluded"].to_list() == [True, False, True, False]
    assert table["excluded_by"].to_list() == [BY_AGENT, 0, BY_OPTION, 0]


def test_what_excludes_a_line(tmp_path: Path) -> None:
    """A default agent by its number; a user's own pattern, or a path, wins over it."""
    agents = ["kube-probe/1.3", "curl/8", "Blackbox Exporter/0.25", "kube-probe/1.4", "googlehc/1.0"]
    log = [*(Request(agent=agent) for agent in agents), Request(agent="kube-probe/1.3", target="/metrics")]
    path = write(tmp_path / "v1.log", log)
    kube, google = (BY_AGENT + DEFAULT_AGENTS.index(agent) for agent in ("kube-probe/*", "GoogleHC/*"))
    exporter = BY_AGENT + DEFAULT_AGENTS.index("Blackbox Exporter/*")
    found = observe(path, exclude_path=("/metrics",))["excluded_by"].to_list()
    assert found == [kube, 0, exporter, kube, google, BY_OPTION]
    found = observe(path, exclude_agent=("KUBE-probe/1.4", "curl/*"))["excluded_by"].to_list()
    assert found == [kube, BY_OPTION, exporter, BY_OPTION, google, kube]
    found = observe(path, exclude_agent=("none", "kube-*"))["excluded_by"].to_list()
    assert found == [BY_OPTION, 0, 0, BY_OPTION, 0, BY_OPTION]
