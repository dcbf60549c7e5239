"""How copies differ is learnt from logs of any kind: JSON, compressed, captures, with ids, retries, skewed clocks."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

import mirrorcheck
from tests.logs import PROXY, START, Request, write
from tests.outcomes.likeness.test_transformations import originals

PREFIX = "copies ask for /A + the original's path"
THREE = f",{PROXY}, 203.0.113.20,10.0.0.7"


def changed(request: Request) -> Request:
    """A copy that asks for something else, by way of another cluster."""
    return replace(request, target=f"/A{request.target}", xff=request.xff + THREE)


ORIGINALS = originals(5, 90)
COPIES = [changed(request) for request in ORIGINALS]


def as_json(request: Request, **more: str) -> str:
    """The line of a program that logs JSON."""
    stamp = (START.timestamp() + request.second) * 1000
    fields = {
        "time": f"{stamp / 1000:.3f}",
        "remote_addr": request.remote,
        "request": f"{request.method} {request.target} HTTP/1.1",
        "status": str(request.status),
        "body_bytes_sent": str(request.size),
        "http_user_agent": request.agent,
        "http_x_forwarded_for": request.xff,
    }
    return json.dumps({"msec": fields.pop("time"), **fields, **more})


def written(path: Path, lines: list[str]) -> Path:
    """Write a log; returns its path."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def learnt(report: mirrorcheck.Report) -> set[str]:
    """How copies differ, as the report says."""
    return set(report.likeness.differences if report.likeness else ())


def test_json(tmp_path: Path) -> None:
    """Fields are read again wherever they stand."""
    primary = written(tmp_path / "v1.json", [as_json(each) for each in ORIGINALS])
    shadow = written(tmp_path / "v2.json", [as_json(each) for each in COPIES])
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert (report.originals.paired, report.proxies[0].address) == (90, PROXY)
    assert PREFIX in learnt(report)


def test_compressed_files(tmp_path: Path) -> None:
    """Several files a side, compressed, are read again one by one."""
    sides: dict[str, list[Path]] = {"v1": [], "v2": []}
    for name, lines in (("v1", ORIGINALS), ("v2", COPIES)):
        for number in range(3):
            path = tmp_path / f"{name}-{number}.log.gz"
            path.write_bytes(gzip.compress("".join(f"{each.line()}\n" for each in lines[number * 30 :][:30]).encode()))
            sides[name].append(path)
    report = mirrorcheck.analyze(primary=sides["v1"], shadow=sides["v2"])
    assert (report.originals.paired, report.proxies[0].address) == (90, PROXY)
    assert PREFIX in learnt(report)


def test_captures(tmp_path: Path) -> None:
    """Lines of both sides in one file are told apart when it is read again."""
    pods = {"web-v1-a": ORIGINALS[::2], "web-v1-b": ORIGINALS[1::2], "web-v2-c": COPIES}
    lines = [(each.second, f"[pod/{pod}/nginx] {each.line()}") for pod, sent in pods.items() for each in sent]
    report = mirrorcheck.analyze(written(tmp_path / "all.log", [line for _, line in sorted(lines)]))
    assert (report.originals.paired, report.proxies[0].address) == (90, PROXY)
    assert PREFIX in learnt(report)


@pytest.mark.parametrize("skew", [-40, 40])
def test_clocks_that_differ(tmp_path: Path, skew: int) -> None:
    """A clock that is off does not hide what copies are."""
    copies = [replace(each, second=each.second + skew) for each in COPIES]
    report = mirrorcheck.analyze(
        primary=write(tmp_path / "v1.log", ORIGINALS), shadow=write(tmp_path / "v2.log", copies), horizon="2m"
    )
    assert report.originals.paired + report.originals.unobserved >= 85
    assert report.originals.missed == 0
    assert PREFIX in learnt(report)


def test_a_mirror_of_a_tenth(tmp_path: Path) -> None:
    """Few copies among many requests are enough to learn from."""
    requests = originals(6, 600)
    copied = sorted(random.Random(6).sample(requests, 60), key=lambda each: each.second)
    copies = [changed(each) for each in copied]
    report = mirrorcheck.analyze(
        primary=write(tmp_path / "v1.log", requests), shadow=write(tmp_path / "v2.log", copies)
    )
    assert (report.originals.paired, report.originals.missed) == (60, 540)


def logged_with_id(request: Request, number: int, attempt: int = 1) -> str:
    """The line in nginx's `recommended` format."""
    return (
        f'{request.line()} host="web" rid="00000000-0000-4000-8000-{number:012}" tp="-" att="{attempt}" rt=0.003 '
        f"t={START.timestamp() + request.second + attempt / 10:.3f} len=77"
    )


def test_retries_with_an_id(tmp_path: Path) -> None:
    """Attempts share an id that therefore pairs with the target: under what was learnt from ids that stand once."""
    lines = []
    for number, request in enumerate(ORIGINALS):
        if number % 9 == 4:
            lines.append(logged_with_id(replace(request, status=503), number))
        lines.append(logged_with_id(replace(request, status=200), number, attempt=2 if number % 9 == 4 else 1))
    copies = [logged_with_id(each, number) for number, each in enumerate(COPIES)]
    report = mirrorcheck.analyze(
        primary=written(tmp_path / "v1.log", lines), shadow=written(tmp_path / "v2.log", copies)
    )
    assert (report.originals.paired, report.originals.retry, report.originals.missed) == (90, 10, 0)
    assert (PREFIX in learnt(report), report.likeness and report.likeness.by) == (True, "the request id")
    assert [proxy.address for proxy in report.proxies] == [PROXY]
    assert not {"id_on_one_side", "id_renewed"} & {warning.code for warning in report.warnings}


def test_a_few_odd_requests_with_an_id(tmp_path: Path) -> None:
    """An id that stands once on each side pairs its lines though their targets differ, even where nothing is learnt."""
    copies = [
        each.copy(target="/rewritten" if number in {3, 40} else each.target) for number, each in enumerate(ORIGINALS)
    ]
    report = mirrorcheck.analyze(
        primary=written(tmp_path / "v1.log", [logged_with_id(each, number) for number, each in enumerate(ORIGINALS)]),
        shadow=written(tmp_path / "v2.log", [logged_with_id(each, number) for number, each in enumerate(copies)]),
    )
    assert (report.originals.paired, learnt(report)) == (90, set())


def test_ids_that_are_given_anew(tmp_path: Path) -> None:
    """Where no id of one side is on the other, a proxy on the way gave copies their own, and the requests tell."""
    report = mirrorcheck.analyze(
        primary=written(tmp_path / "v1.log", [logged_with_id(each, number) for number, each in enumerate(ORIGINALS)]),
        shadow=written(tmp_path / "v2.log", [logged_with_id(each, 1_000 + n) for n, each in enumerate(COPIES)]),
    )
    assert report.originals.paired == 90
    assert "id_renewed" in {warning.code for warning in report.warnings}


@pytest.mark.parametrize("options", [{}, {"marker": "host=*-shadow"}])
@pytest.mark.parametrize("chain", ["203.0.113.7", f"203.0.113.7{THREE}", "10.0.0.7", f"203.0.113.7,{PROXY}"])
def test_a_marker_tells_copies_whatever_their_hops(tmp_path: Path, options: dict[str, str], chain: str) -> None:
    """One client that asks for one URL: no request stands alone, but the host of every copy says that it is one."""
    form = (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" "$http_x_forwarded_for" host="$http_host"'
    )
    requests = [Request(second=second, xff="203.0.113.7") for second in range(0, 80, 2)]
    copies = [(replace(each, xff=chain), "web-shadow:8080") for each in requests]
    direct = [(replace(each, second=each.second + 1), "web:8080") for each in requests[::4]]
    lines = sorted([*copies, *direct], key=lambda each: each[0].second)
    report = mirrorcheck.analyze(
        primary=written(tmp_path / "v1.log", [f'{each.line()} host="web:8080"' for each in requests]),
        shadow=written(tmp_path / "v2.log", [f'{each.line()} host="{host}"' for each, host in lines]),
        log_format=form,
        **options,
    )
    assert (report.originals.paired, report.shadow.paired, report.shadow.direct) == (40, 40, 10)
    assert {proxy.address for proxy in report.proxies} == ({PROXY} if PROXY in chain else set())


def test_one_client_that_marks_its_own_requests(tmp_path: Path) -> None:
    """A host of a client's choice tells nothing of the others' requests."""
    form = '$remote_addr - - [$time_local] "$request" $status 1 "$http_x_forwarded_for" host="$http_host"'

    def lines(first: str) -> list[str]:
        stamps = ((each, f"22/Nov/2026:18:{each.second // 60:02}:{each.second % 60:02} +0000") for each in ORIGINALS)
        return [
            f'10.0.0.1 - - [{stamp}] "GET {each.target} HTTP/1.1" 200 1 "{each.xff}" host="{"web" if n else first}"'
            for n, (each, stamp) in enumerate(stamps)
        ]

    report = mirrorcheck.analyze(
        primary=written(tmp_path / "v1.log", lines("web")),
        shadow=written(tmp_path / "v2.log", lines("evil-shadow")),
        log_format=form,
    )
    assert report.originals.paired == 90


@pytest.mark.parametrize("count", [1, 6])
def test_ids_are_proof(tmp_path: Path, count: int) -> None:
    """A few requests, each with an id of its own on both sides, are a mirror though nothing else marks their copies."""
    copies = [replace(each, target=f"/A{each.target}") for each in ORIGINALS[:count]]
    sides = [
        [logged_with_id(each, number) for number, each in enumerate(lines)] for lines in (ORIGINALS[:count], copies)
    ]
    report = mirrorcheck.analyze(
        primary=written(tmp_path / "v1.log", sides[0]), shadow=written(tmp_path / "v2.log", sides[1])
    )
    assert (report.verdict.word, report.originals.paired) == ("MIRRORING", count)
