"""Whatever a mirror or a proxy on the way changes in copies is undone and named; else nothing is claimed."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mirrorcheck
from tests.logs import PROXY, Request, write
from tests.sample import examples, sampled

Change = Callable[[Request], Request]

LOGS = settings(examples(4), suppress_health_check=[HealthCheck.function_scoped_fixture])
AGENTS = ("curl/8", "Mozilla/5.0 (X11)", "okhttp/4.12.0")
KINDS = ("Items", "users", "a%7Eb")
PREFIXES = ("api", "API", "v2/api")
OWN_CHAIN = "copies have an X-Forwarded-For of their own"
SAME_CHAIN = "copies have the original's X-Forwarded-For"
THREE_HOPS = "copies have 3 hops added to X-Forwarded-For, the first is the mirroring proxy's"


def originals(seed: int, count: int = 60) -> list[Request]:
    """Requests of some clients for pages, most of which are asked for once."""
    chance = random.Random(seed)
    return [
        Request(
            second=second,
            target=f"/api/v1/{chance.choice(KINDS)}/{chance.randrange(5_000)}/?page={second % 5}&t=x",
            agent=chance.choice(AGENTS),
            method=chance.choice(["GET", "GET", "POST"]),
            xff=f"198.51.100.{chance.randrange(250)}",
            status=chance.choice([200, 200, 404]),
        )
        for second in range(count)
    ]


def asked(path: Callable[[str], str]) -> Change:
    """A copy of the usual kind that asks for something else."""
    return lambda request: request.copy(target=path(request.target))


def chained(*hops: str) -> Change:
    """A copy with these hops behind its original's."""
    return lambda request: replace(request, xff=",".join([request.xff, *hops]))


def to_other_cluster(request: Request) -> Request:
    """A copy that went through one of two gateways of another cluster, or straight there."""
    behind = ["203.0.113.20, 10.0.0.7", "203.0.113.21"][request.second % 2]
    return replace(request, xff=f"{request.xff},{PROXY}, {behind}")


CHANGES: dict[str, tuple[Change, set[str]]] = {
    "usual": (lambda request: request.copy(), set()),
    "unchanged chain": (lambda request: request, set()),
    "two hops": (
        chained(PROXY, "10.0.0.7"),
        {"copies have 2 hops added to X-Forwarded-For, the first is the mirroring proxy's"},
    ),
    "three hops": (chained(PROXY, "203.0.113.20", "10.0.0.7"), {THREE_HOPS}),
    "two or three hops": (
        to_other_cluster,
        {"copies have 2 or 3 hops added to X-Forwarded-For, the first is the mirroring proxy's"},
    ),
    "chain replaced": (lambda request: replace(request, xff=f"203.0.113.{request.second % 3}"), {OWN_CHAIN}),
    "prefix added": (asked("/A{}".format), {"copies ask for /A + the original's path"}),
    "long prefix added": (asked("/t/blue/A-1{}".format), {"copies ask for /t/blue/A-1 + the original's path"}),
    "prefix removed": (
        asked(lambda target: target.removeprefix("/api")),
        {"copies ask for the original's path without /api"},
    ),
    "prefix replaced": (
        asked(lambda target: target.replace("/api/v1", "/api/v2")),
        {"copies ask for /api/v2 where originals ask for /api/v1"},
    ),
    "prefix added, chain unchanged": (
        lambda request: replace(request, target="/A" + request.target),
        {"copies ask for /A + the original's path", SAME_CHAIN},
    ),
    "prefix added, three hops": (
        lambda request: chained(PROXY, "203.0.113.20", "10.0.0.7")(replace(request, target="/A" + request.target)),
        {"copies ask for /A + the original's path", THREE_HOPS},
    ),
    "doubled slash": (asked("/{}".format), {"doubled slashes in paths are one on the other side"}),
    "doubled slashes": (
        asked(lambda target: target.replace("/v1/", "//v1///")),
        {"doubled slashes in paths are one on the other side"},
    ),
    "absolute": (
        asked("http://web-shadow:8080{}".format),
        {"targets are absolute (http://host/path) on one side"},
    ),
    "encoding": (
        asked(lambda target: target.replace("users", "%75sers").replace("%7E", "~").replace("/v1", "/./v1")),
        {"paths are percent-encoded or have dot segments on one side only"},
    ),
    "case": (asked(str.lower), {"paths differ in upper and lower case"}),
    "trailing slash": (
        asked(lambda target: target.replace("/?", "?")),
        {"paths end in a slash on one side only"},
    ),
    "parameter added": (asked("{}&mirrored=1".format), {"copies have the query parameter mirrored"}),
    "parameter removed": (
        asked(lambda target: target.replace("&t=x", "")),
        {"copies lack the query parameter t"},
    ),
    "parameter renewed": (
        lambda request: request.copy(target=request.target.replace("t=x", f"t={request.second + 7}")),
        {"copies have another value of the query parameter t"},
    ),
    "query removed": (asked(lambda target: target.partition("?")[0]), {"copies lack the query"}),
    "agent suffixed": (
        lambda request: request.copy(agent=f"{request.agent} shadow"),
        {"copies have the original's user agent + ' shadow'"},
    ),
    "agent replaced": (lambda request: request.copy(agent="mirror/1"), {"copies have a user agent of their own"}),
}


def analyze(folder: Path, primary: list[Request], shadow: list[Request]) -> mirrorcheck.Report:
    """Analyze two logs with these lines."""
    return mirrorcheck.analyze(primary=write(folder / "v1.log", primary), shadow=write(folder / "v2.log", shadow))


@pytest.mark.parametrize("name", sampled(CHANGES, 12))
@LOGS
@given(seed=st.integers(0, 1_000), missing=st.sampled_from([0, 3, 12]))
def test_changes_are_undone_and_named(tmp_path: Path, name: str, seed: int, missing: int) -> None:
    """Every copy finds its original, those that were not sent are missed, and the report says how copies differ."""
    change, differences = CHANGES[name]
    requests = originals(seed)
    gone = set(random.Random(seed).sample(range(2, 58), missing))
    report = analyze(tmp_path, requests, [change(each) for each in requests if each.second not in gone])
    outcome = report.table.filter(side="primary")["outcome"].to_list()
    assert {number for number, each in enumerate(outcome) if each != "paired"} == gone
    assert set(report.likeness.differences if report.likeness else ()) == differences


@pytest.mark.parametrize("name", ["two hops", "three hops", "two or three hops", "prefix added, three hops"])
def test_the_mirroring_proxy_is_the_first_hop_added(tmp_path: Path, name: str) -> None:
    """Balancers behind it mirror nothing."""
    requests = originals(1)
    report = analyze(tmp_path, requests, [CHANGES[name][0](each) for each in requests])
    assert [(proxy.address, proxy.copies) for proxy in report.proxies] == [(PROXY, 60)]


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(CHANGES, 5))
def test_direct_traffic_beside_changed_copies(tmp_path: Path, name: str) -> None:
    """Requests that only the shadow had are no copies of those that only the primary had."""
    change, differences = CHANGES[name]
    requests = originals(2, 120)
    strangers = [replace(each, target=f"/direct/{each.second}") for each in originals(3, 120)[::4]]
    copies = [change(each) for each in requests if each.second % 5]
    report = analyze(tmp_path, requests, sorted([*copies, *strangers], key=lambda each: each.second))
    assert (report.originals.paired, report.originals.missed) == (96, 24)
    assert (report.shadow.paired, report.shadow.direct + report.shadow.orphan) == (96, 30)
    assert set(report.likeness.differences if report.likeness else ()) == differences


@pytest.mark.unmeasured
@pytest.mark.parametrize("urls", [1, 5, 50, 500, 20_000])
@pytest.mark.parametrize("span_s", sampled([600, 5], 1))
@pytest.mark.parametrize("seed", sampled(range(6), 1))
def test_split_traffic_teaches_nothing(tmp_path: Path, urls: int, span_s: int, seed: int) -> None:
    """Requests that a proxy splits between the sides are of one mix, and no change whatever makes them copies.

    Few of them may be those of a mirror that leaves no trace: then it is open, down to none.
    """
    chance = random.Random(seed)
    every = [
        Request(
            second=number * span_s // 800,
            target=f"/{chance.choice(PREFIXES)}/item/{chance.randrange(urls)}?q={chance.randrange(3)}",
            agent=chance.choice(AGENTS),
            xff=f"198.51.100.{chance.randrange(40)}",
        )
        for number in range(800)
    ]
    primary = [chance.random() < (0.5, 0.9, 0.1)[seed % 3] for _ in every]
    sides = [[each for each, ours in zip(every, primary, strict=True) if ours is side] for side in (True, False)]
    report = analyze(tmp_path, *sides)
    assert report.likeness is None
    if report.originals.paired:
        assert (report.verdict.word, report.copying and report.copying.low) == ("CANNOT TELL", 0.0)
        assert urls in {1, 5}
