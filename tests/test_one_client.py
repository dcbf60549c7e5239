"""What one client sends does not change what is told of everybody's requests."""

from dataclasses import replace
from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck.outcomes.marker import BY_CHAIN, MARKED, NO_MARKER, find_marker
from tests.logs import PROXY, Request, requests
from tests.reading.test_observe import observe

FORMAT = '$remote_addr - - [$time_local] "$request" $status $bytes_sent "-" "$http_user_agent" "$http_x_forwarded_for"'
PAGES = requests(100)
TWO_CHAINS = [Request(second=50, target="/again", xff=chain) for chain in ("a", "a,b")]
Sent = list[tuple[Request, str]]  # with the host


def log(path: Path, lines: Sent) -> Path:
    """Write a log that has the host behind format main."""
    path.write_text("".join(f'{request.line()} "{host}"\n' for request, host in lines))
    return path


def by_host(lines: list[Request]) -> Sent:
    """Copies of a proxy that marks the host and leaves X-Forwarded-For as it is."""
    return [(request, "web-shadow") for request in lines]


@pytest.mark.parametrize("marker", [(), ("host=*-shadow",)])
@pytest.mark.parametrize("more", [TWO_CHAINS, [Request(second=50, target="/again", xff=PROXY)]])
@pytest.mark.parametrize("share", [1, 2])
def test_a_chain_where_mirroring_leaves_none(
    share: int, more: list[Request], marker: tuple[str, ...], tmp_path: Path
) -> None:
    """No hop of it is a proxy's, as hardly a copy has one."""
    primary = log(tmp_path / "v1.log", [(request, "web") for request in [*PAGES, *more]])
    shadow = log(tmp_path / "v2.log", by_host([*PAGES[::share], *more]))
    report = mirrorcheck.analyze(primary=primary, shadow=shadow, log_format=f'{FORMAT} "$host"', marker=marker)
    copied = 100 // share
    assert (report.originals.paired, report.originals.missed) == (copied + len(more), 100 - copied)


def test_what_few_lines_carry_marks_no_copies(tmp_path: Path) -> None:
    """A host that a client made up, or its chains, are not what tells copies of a mirror that leaves no mark."""
    found = {}
    evil = (Request(second=50, target="/evil"), "evil-shadow")
    added = [replace(request, xff=PROXY) for request in PAGES]
    worlds = {
        "nothing": ([(request, "web") for request in [*PAGES, *TWO_CHAINS]], True),
        "host": (by_host(PAGES), True),
        "host alone": (by_host(PAGES), False),
        "nothing that is logged": ([(request, "web") for request in PAGES], False),
        "hop": ([(request, "web") for request in added], True),
    }
    for name, (copies, chains) in worlds.items():
        log_format = f'{FORMAT} "$host"' if chains else f'{FORMAT} "$host"'.replace("http_x_forwarded_for", "other")
        originals = [(request, "web") for request in [*PAGES, *TWO_CHAINS]]
        primary = observe(log(tmp_path / "v1.log", [*originals, evil]), log_format)
        shadow = observe(log(tmp_path / "v2.log", [*copies, evil]), log_format)
        found[name] = find_marker(primary, shadow, logs_chain=chains, shadow_logs_chain=chains, logs_mark=True).name
    assert found == {
        "nothing": NO_MARKER,
        "host": MARKED,
        "host alone": MARKED,
        "nothing that is logged": NO_MARKER,
        "hop": BY_CHAIN,
    }
