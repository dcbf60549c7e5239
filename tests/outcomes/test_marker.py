"""Which lines of a shadow's log are copies, by what mirrorers leave on them."""

from dataclasses import replace
from pathlib import Path

import pytest

import mirrorcheck
from tests.logs import PROXY, Request, requests, write

ORIGINALS = requests(30)
COPIES = [request.copy() for request in ORIGINALS]
CLIENT = "198.51.100.7"
# What a client sent, as the original logs it and as the copy does: measured, see the README on X-Forwarded-For.
FORMS = [
    ("-", PROXY),
    ("1.2.3.4", f"1.2.3.4,{PROXY}"),
    ("1.2.3.4, 5.6.7.8", f"1.2.3.4, 5.6.7.8,{PROXY}"),
    ("1.2.3.4,", f"1.2.3.4,,{PROXY}"),
    (CLIENT, f"{CLIENT},{PROXY}"),
    (f"1.2.3.4,{CLIENT}", f"1.2.3.4,{CLIENT},{PROXY}"),
    (f"1.2.3.4, 5.6.7.8,{CLIENT}", f"1.2.3.4, 5.6.7.8,{CLIENT},{PROXY}"),
    ("1.2.3.4", f"1.2.3.4, {PROXY}"),
    (PROXY, f"{PROXY},{PROXY}"),
    ("unknown", f"unknown,{PROXY}"),
    ("2001:db8::1", "2001:db8::1,2001:db8::2"),
]


def analyze(folder: Path, originals: list[Request], copies: list[Request]) -> mirrorcheck.Report:
    """Analyze two logs with these lines."""
    return mirrorcheck.analyze(primary=write(folder / "v1.log", originals), shadow=write(folder / "v2.log", copies))


def as_combined(path: Path) -> Path:
    """Cut the last field off a log's lines."""
    path.write_text("".join(line.rsplit(' "', 1)[0] + "\n" for line in path.read_text().splitlines()))
    return path


@pytest.mark.parametrize(("xff", "copied"), FORMS)
def test_forms_of_the_chain(tmp_path: Path, xff: str, copied: str) -> None:
    """A copy's X-Forwarded-For is the original's with the proxy's address behind it, whatever the client sent."""
    originals = [replace(request, xff=xff) for request in ORIGINALS]
    report = analyze(tmp_path, originals, [replace(request, xff=copied) for request in ORIGINALS])
    assert (report.originals.paired, report.shadow.paired) == (30, 30)


def test_forms_together(tmp_path: Path) -> None:
    """Clients that send one address or another do not get mixed up: the chain is part of the key."""
    originals = [Request(second=number, xff=xff) for number, (xff, _) in enumerate(FORMS[:4] * 5)]
    copies = [Request(second=number, xff=copied) for number, (_, copied) in enumerate(FORMS[:4] * 5) if number % 4 != 1]
    report = analyze(tmp_path, originals, copies)
    told = report.table.filter(side="primary")["outcome"].to_list()
    assert told == ["paired", "missed", "paired", "paired"] * 5


def test_other_chain_is_another_request(tmp_path: Path) -> None:
    """A marked line whose chain no original has is no copy of one."""
    strays = [Request(second=number, target=f"/page/{number}", xff=f"9.9.9.9,{PROXY}") for number in range(2)]
    report = analyze(tmp_path, ORIGINALS, [*COPIES, *strays])
    assert (report.shadow.paired, report.shadow.orphan) == (30, 2)


def test_direct_traffic_behind_sidecars(tmp_path: Path) -> None:
    """A shadow's line without X-Forwarded-For is no copy."""
    direct = [Request(second=number, target="/direct") for number in range(4)]
    report = analyze(tmp_path, ORIGINALS, [*COPIES, *direct])
    assert (report.shadow.paired, report.shadow.direct, report.shadow.orphan) == (30, 4, 0)


def test_direct_traffic_behind_a_gateway(tmp_path: Path) -> None:
    """Behind a gateway every request has a chain: a last hop whose lines do not pair is no mirroring proxy."""
    originals = [replace(request, xff=CLIENT) for request in ORIGINALS]
    direct = [Request(second=number, target="/direct", xff=CLIENT) for number in range(4)]
    report = analyze(tmp_path, originals, [*(request.copy() for request in originals), *direct])
    assert (report.shadow.paired, report.shadow.direct, report.shadow.orphan) == (30, 4, 0)
    assert [proxy.address for proxy in report.proxies] == [PROXY]


@pytest.mark.parametrize("kept", [slice(0, 8), slice(11, 19), slice(22, 30)])
def test_primary_cut_short(tmp_path: Path, kept: slice) -> None:
    """Where the primary's log is a short piece, as `kubectl logs --tail` gives, copies outside it are still copies."""
    primary, shadow = write(tmp_path / "v1.log", ORIGINALS[kept]), write(tmp_path / "v2.log", COPIES)
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert (report.ratio.paired, report.ratio.missed) == (8, 0)
    assert (report.shadow.orphan, report.shadow.direct) == (22, 0)


def test_combined(tmp_path: Path) -> None:
    """A format that logs no marker: every shadow line is taken as a copy, and the report says so."""
    primary = as_combined(write(tmp_path / "v1.log", ORIGINALS))
    shadow = as_combined(write(tmp_path / "v2.log", [*COPIES, Request(second=9, target="/direct")]))
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert (report.shadow.paired, report.shadow.orphan, report.shadow.direct) == (30, 1, 0)
    assert "no_marker" in {warning.code for warning in report.warnings}


def test_mirrorer_that_leaves_no_mark(tmp_path: Path) -> None:
    """A mirrorer that hands X-Forwarded-For on unchanged is told by requests that both sides have once."""
    for xff in ("-", CLIENT):
        originals = [replace(request, xff=xff) for request in ORIGINALS]
        report = analyze(tmp_path, originals, originals[:25])
        assert (report.originals.paired, report.originals.missed) == (25, 5)
        assert (report.shadow.paired, report.shadow.direct) == (25, 0)


def test_two_policies_that_leave_no_mark(tmp_path: Path) -> None:
    """Where each request is copied twice, the shadow has none once, and its lines are copies all the same."""
    copies = [request for request in ORIGINALS for _ in range(2)]
    report = analyze(tmp_path, ORIGINALS, copies)
    assert (report.originals.paired, report.shadow.direct) == (30, 0)


def test_split_traffic_is_not_mirrored(tmp_path: Path) -> None:
    """Requests of which each side has its own are traffic split between the two, not copies."""
    report = analyze(tmp_path, ORIGINALS[::2], ORIGINALS[1::2])
    assert (report.originals.missed, report.shadow.direct) == (15, 15)


@pytest.mark.parametrize("status", [400, 414])
def test_refused_before_the_marker_was_read(tmp_path: Path, status: int) -> None:
    """A request with too large a head is logged without the marker: it is a copy if it pairs, else direct."""
    large = Request(second=12, target="/" + "x" * 999, status=status)
    report = analyze(tmp_path, [*ORIGINALS, large], [*COPIES, large, replace(large, target="/" + "y" * 999)])
    assert (report.originals.paired, report.shadow.paired, report.shadow.direct) == (31, 31, 1)


def test_several_proxies(tmp_path: Path) -> None:
    """Each client's sidecar ends the chain with its own address, and all of them mirror."""
    copies = [request.copy(xff=f"192.0.2.{number % 3 + 1}") for number, request in enumerate(ORIGINALS)]
    report = analyze(tmp_path, ORIGINALS, copies)
    assert report.originals.paired == 30
    assert {proxy.address: proxy.copies for proxy in report.proxies} == dict.fromkeys(
        ("192.0.2.1", "192.0.2.2", "192.0.2.3"), 10
    )


def test_marked_by_host(tmp_path: Path) -> None:
    """Where the host is logged instead of X-Forwarded-For, a name with -shadow marks the copies."""
    form = '$remote_addr [$time_local] "$request" $status $body_bytes_sent "$http_user_agent" host="$http_host"'
    text = {
        side: "".join(
            f'127.0.0.6 [22/Nov/2026:18:00:{number:02} +0000] "GET /{number} HTTP/1.1" 200 9 "curl/8" host="{host}"\n'
            for number in range(20)
            for host in hosts
        )
        for side, hosts in {"v1": ["web:8080"], "v2": ["web-shadow:8080", "web:8080"]}.items()
    }
    for side, lines in text.items():
        (tmp_path / f"{side}.log").write_text(lines)
    report = mirrorcheck.analyze(primary=tmp_path / "v1.log", shadow=tmp_path / "v2.log", log_format=form)
    assert (report.originals.paired, report.shadow.paired, report.shadow.direct) == (20, 20, 20)
