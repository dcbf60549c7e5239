"""A text that was made to have another one's hash decides nothing for the lines that have that other one."""

from itertools import chain
from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck_parsers.columnwise.hashes import hash_text
from tests.collisions import colliding
from tests.logs import START, Request, write
from tests.reading.test_observe import observe

AGENT, PATH, HOST = "curl/8", "/api/orders", "v2.web-shadow"
PAGES = [Request(second=number, target=f"{PATH}?{number}", agent=AGENT) for number in range(600)]


def among(hostile: list[Request], others: list[Request]) -> list[Request]:
    """A hostile line first, and one after every hundred lines."""
    lines = (others[begin : begin + 100] for begin in range(0, len(others), 100))
    return list(chain.from_iterable([one, *some] for one, some in zip(hostile, lines, strict=True)))


def test_they_collide() -> None:
    """Drop this file, and what makes the texts, once a hash cannot be aimed at."""
    assert {hash_text(each.encode()) for each in colliding("kube-probe/1.29 ", AGENT, 6)} == {hash_text(AGENT.encode())}


@pytest.mark.parametrize("glob", ["kube-probe/*", "x*", "*-probe/*"])
def test_an_agent_that_looks_like_a_health_check(glob: str, tmp_path: Path) -> None:
    """It is excluded itself, and nobody else."""
    hostile = [Request(agent=agent) for agent in colliding("kube-probe/1.29 ", AGENT, 6)]
    excluded = observe(write(tmp_path / "v1.log", among(hostile, PAGES)), exclude_agent=(glob,))["excluded"]
    assert excluded.arg_true().to_list() == [0, 101, 202, 303, 404, 505]


def test_an_agent_with_the_hash_of_a_health_check(tmp_path: Path) -> None:
    """It makes no health check a request."""
    checks = [Request(second=number, target="/healthz", agent="kube-probe/1.29") for number in range(600)]
    hostile = [Request(agent=agent) for agent in colliding("curl/8 ", "kube-probe/1.29", 6)]
    excluded = observe(write(tmp_path / "v1.log", among(hostile, checks)))["excluded"]
    assert (~excluded).arg_true().to_list() == [0, 101, 202, 303, 404, 505]


def test_a_path_with_the_hash_of_another(tmp_path: Path) -> None:
    """Neither what is left out nor what alone is looked at goes by it."""
    hostile = [Request(target=path) for path in colliding("/health", PATH, 6)]
    log = write(tmp_path / "v1.log", among(hostile, PAGES))
    for table in (observe(log, exclude_path=("/health*",)), observe(log, only_path=("/api/*",))):
        assert table["excluded"].arg_true().to_list() == [0, 101, 202, 303, 404, 505]


def test_a_host_with_the_hash_of_the_marker(tmp_path: Path) -> None:
    """Lines that carry what --marker says are copies, and others are none."""
    log_format = '$remote_addr [$time_local] "$request" $status "$host"'
    stamp = f"{START:%d/%b/%Y:%H:%M:%S} +0000"
    hosts = list(chain.from_iterable([host, *[HOST] * 20] for host in colliding("evil.", HOST, 6)))
    path = tmp_path / "v2.log"
    path.write_text("".join(f'127.0.0.6 [{stamp}] "GET / HTTP/1.1" 200 "{host}"\n' for host in hosts))
    marked = observe(path, log_format, marker=("host=*-shadow",))["marked"]
    assert marked.to_list() == [host == HOST for host in hosts]


def test_victims_are_judged(tmp_path: Path) -> None:
    """Half of the requests is missed, and their agent has the hash of one that looks like a health check's."""
    hostile = [Request(agent=agent) for agent in colliding("kube-probe/1.29 ", AGENT, 6)]
    primary = write(tmp_path / "v1.log", among(hostile, PAGES))
    report = mirrorcheck.analyze(
        primary=primary, shadow=write(tmp_path / "v2.log", [page.copy() for page in PAGES[::2]])
    )
    assert (report.originals.paired, report.originals.missed, report.originals.excluded) == (300, 300, 6)
