"""Why originals were excluded: as asked, corroborated, or by nothing but what their own text says."""

from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck.report.model import ExcludedGroup, Report
from tests.logs import PROXY, Request, requests, write

PAGES = requests(200)
WITH_IDS = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    '"$http_x_forwarded_for" rid="$http_x_request_id" att="$http_x_envoy_attempt_count"'
)
KUBE, PROMETHEUS = "kube-probe/1.31", "Prometheus/2.53.0"


def analyze(folder: Path, more: list[Request], copies: list[Request] | None = None, **options: object) -> Report:
    """Analyze 200 requests, all of them copied, and more lines of either side."""
    originals = sorted([*PAGES, *more], key=lambda request: request.second)
    shadow = sorted([*(page.copy() for page in PAGES), *(copies or [])], key=lambda request: request.second)
    primary, other = write(folder / "v1.log", originals), write(folder / "v2.log", shadow)
    return mirrorcheck.analyze(primary=primary, shadow=other, **options)


def groups(report: Report) -> tuple[ExcludedGroup, ...]:
    """What was excluded though nobody asked for it."""
    assert report.exclusions is not None
    assert report.exclusions.asked + sum(each.lines for each in report.exclusions.groups) == report.originals.excluded
    return report.exclusions.groups


def every(seconds: int, count: int, **of: str) -> list[Request]:
    """Requests at a period."""
    return [Request(second=3 + seconds * number, **of) for number in range(count)]  # type: ignore[arg-type]  # texts


def test_checks_at_a_period_are_corroborated(tmp_path: Path) -> None:
    """Each agent is a group of its own, in the order of the defaults."""
    checks = every(10, 18, agent=KUBE, target="/healthz", remote="10.1.0.1")
    scrapes = every(15, 12, agent=PROMETHEUS, target="/metrics")
    found = groups(analyze(tmp_path, [*scrapes, *checks]))
    assert [(each.what, each.lines, each.uncorroborated) for each in found] == [
        ("kube-probe/*", 18, 0),
        ("Prometheus/*", 12, 0),
    ]


@pytest.mark.parametrize(("remote", "uncorroborated"), [("127.0.0.6", 18), ("10.1.0.1", 0)])
def test_what_requests_ask_for_as_well(remote: str, uncorroborated: int, tmp_path: Path) -> None:
    """At a period, but from where requests for the same path come: each may be one of them."""
    ordinary = [Request(second=second, target="/") for second in range(5, 105, 5)]
    checks = every(10, 18, agent=KUBE, target="/", remote=remote)
    [found] = groups(analyze(tmp_path, [*ordinary, *checks], [each.copy() for each in ordinary]))
    assert found.uncorroborated == uncorroborated


@pytest.mark.parametrize(("shared", "uncorroborated"), [(30, 0), (29, 1), (0, 30)])
def test_the_shadow_is_asked_the_same(shared: int, uncorroborated: int, tmp_path: Path) -> None:
    """A kubelet of its own asks the shadow as often; a client cannot reach it."""
    seconds = [number * number % 197 for number in range(30)]
    checks = [Request(second=second, agent=KUBE, target="/healthz") for second in seconds]
    [found] = groups(analyze(tmp_path, checks, checks[:shared]))
    assert (found.lines, found.uncorroborated) == (30, uncorroborated)


def test_mirrored_checks(tmp_path: Path) -> None:
    """A balancer's checks that come by the gateway are copied; those that are not look like misses."""
    checks = every(5, 30, agent="GoogleHC/1.0", xff="35.191.0.1")
    copies = [each.copy(xff=f"35.191.0.1,{PROXY}") for each in checks]
    [found] = groups(analyze(tmp_path, checks, copies))
    assert found.uncorroborated == 0
    [found] = groups(analyze(tmp_path, checks))
    assert found.uncorroborated == 30
    assert "through a proxy" in found.why


@pytest.mark.parametrize(("copied", "uncorroborated"), [(20, 0), (10, 10), (1, 0)])
def test_checks_that_are_mirrored(copied: int, uncorroborated: int, tmp_path: Path) -> None:
    """Steady, but others like them have copies; that one line borrows the agent says nothing of the rest."""
    checks = every(9, 20, agent=KUBE, target="/healthz", remote="10.1.0.1")
    [found] = groups(analyze(tmp_path, checks, [each.copy() for each in checks[:copied]]))
    assert (found.lines, found.uncorroborated) == (20, uncorroborated)


@pytest.mark.parametrize(
    ("ids", "attempts", "bare", "uncorroborated"),
    [(True, True, 0, 20), (True, False, 0, 0), (True, False, 6, 20), (False, False, 6, 0)],
)
def test_what_a_proxy_adds(*, ids: bool, attempts: bool, bare: int, uncorroborated: int, tmp_path: Path) -> None:
    """An attempt's number is a proxy's; so is an id, but where checks have one as well a sidecar gives it to all."""
    originals, copies = [], []
    for second in range(200):
        tail = f' rid="id-{second}" att="1"\n'
        page = Request(second=second, target=f"/page/{second}")
        originals.append(page.line() + tail)
        copies.append(page.copy().line() + tail)
        if second % 10 == 0:
            sign = f' rid="{f"c-{second}" if ids else "-"}" att="{1 if attempts else "-"}"\n'
            originals.append(Request(second=second, agent=KUBE, target="/a").line() + sign)
        if second % 10 == 5 and second // 10 < bare:
            originals.append(Request(second=second, agent=KUBE, target="/b").line() + ' rid="-" att="-"\n')
    primary, shadow = tmp_path / "v1.log", tmp_path / "v2.log"
    primary.write_text("".join(originals))
    shadow.write_text("".join(copies))
    [found] = groups(mirrorcheck.analyze(primary=primary, shadow=shadow, log_format=WITH_IDS))
    assert (found.lines, found.uncorroborated) == (20 + bare, uncorroborated)


def test_excluded_copies(tmp_path: Path) -> None:
    """Second copies of what an agent excludes are told of, and first ones are not."""
    checks = every(9, 20, agent=KUBE, target="/healthz")
    once, twice = ([each.copy() for each in checks for _ in range(times)] for times in (1, 2))
    assert "excluded_copies" not in [each.code for each in analyze(tmp_path, checks, once).warnings]
    [warning] = [each for each in analyze(tmp_path, checks, twice).warnings if each.code == "excluded_copies"]
    assert warning.text.startswith("20 copies are excluded")


def test_sampled_mirror(tmp_path: Path) -> None:
    """Where half is copied, so are half of the probes, but for chance; a third of the half is too few."""
    agents = [f"mirrorcheck-probe/1 (aaaaaa; {number})" for number in range(1, 101)]
    probes = [Request(second=number, agent=agent) for number, agent in enumerate(agents)]
    for copied, uncorroborated in ((45, 0), (15, 85)):
        originals = sorted([*PAGES, *probes], key=lambda request: request.second)
        shadow = [page.copy() for page in PAGES[::2]] + [probe.copy() for probe in probes[:copied]]
        primary = write(tmp_path / "v1.log", originals)
        other = write(tmp_path / "v2.log", sorted(shadow, key=lambda request: request.second))
        [found] = groups(mirrorcheck.analyze(primary=primary, shadow=other))
        assert (found.what, found.lines, found.uncorroborated) == ("probes", 100, uncorroborated)


def test_malformed_requests(tmp_path: Path) -> None:
    """What was refused is no request; what was answered is one, however it is written."""
    refused = [Request(second=second, method="Get", status=400) for second in range(10)]
    answered = [Request(second=second, method="Get") for second in range(20, 27)]
    [found] = groups(analyze(tmp_path, [*refused, *answered]))
    assert (found.what, found.lines, found.uncorroborated) == ("malformed requests", 17, 7)


def test_malformed_requests_without_a_status(tmp_path: Path) -> None:
    """What is not logged corroborates nothing."""
    lines = [f'127.0.0.6 [22/Nov/2026:18:00:{second:02} +0000] "{{}} /{second} HTTP/1.1"\n' for second in range(50)]
    primary, shadow = tmp_path / "v1.log", tmp_path / "v2.log"
    primary.write_text("".join(line.format("Get" if second < 9 else "GET") for second, line in enumerate(lines)))
    shadow.write_text("".join(line.format("GET") for line in lines[9:]))
    report = mirrorcheck.analyze(primary=primary, shadow=shadow, log_format='$remote_addr [$time_local] "$request"')
    [found] = groups(report)
    assert (found.what, found.lines, found.uncorroborated) == ("malformed requests", 9, 9)
    assert "no status" in found.why


@pytest.mark.parametrize(
    "options",
    [
        {"exclude_agent": ["kube-probe/*"]},
        {"exclude_agent": ["none", "kube-*"]},
        {"exclude_path": ["/healthz"]},
        {"only_path": ["/page/*"]},
        {"until": "18:03:19"},
    ],
)
def test_what_was_asked_for(options: dict[str, object], tmp_path: Path) -> None:
    """A user who names lines vouches for them, if the defaults name them as well."""
    if "until" in options:
        forged = [Request(second=201 + number, agent=KUBE, target="/healthz") for number in range(30)]
    else:
        forged = [Request(second=number * number % 197, agent=KUBE, target="/healthz") for number in range(30)]
    report = analyze(tmp_path, forged, None, **options)
    assert groups(report) == ()
    assert report.exclusions is not None
    assert report.exclusions.asked == report.originals.excluded >= 30
    assert "excluded_uncorroborated" not in [warning.code for warning in report.warnings]


def test_warning(tmp_path: Path) -> None:
    """More than one in a hundred is told of, and less is not."""
    for forged, told in ((2, False), (3, True)):
        agents = [Request(second=second, agent=KUBE, target=f"/{second}") for second in range(forged)]
        report = analyze(tmp_path, agents)
        assert [warning.code for warning in report.warnings] == (["excluded_uncorroborated"] if told else [])


def test_a_run_of_probes_that_is_judged(tmp_path: Path) -> None:
    """All but the run that is asked for is left out as asked."""
    probes = [Request(second=number, agent=f"mirrorcheck-probe/1 (aaaaaa; {number + 1})") for number in range(20)]
    report = analyze(tmp_path, probes, [each.copy() for each in probes], probe="aaaaaa")
    assert groups(report) == ()
    assert (report.originals.paired, report.originals.excluded) == (20, 200)
