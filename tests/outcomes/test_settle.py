"""What became of every line, from logs on disk to the table of outcomes; cutting the input anywhere changes nothing."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.sources import files
from tests.logs import PROXY, Request, requests, write
from tests.sample import examples

ORIGINALS = requests(60)
COPIES = [request.copy() for request in ORIGINALS]
PROBE = "kube-probe/1.30"
Fate = tuple[str, int, str, int]  # side, line, outcome, line of the partner or 0

SMALL = settings(examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
seconds = st.integers(0, 40)
sent_once = st.builds(
    Request,
    second=seconds,
    target=st.sampled_from(["/", "/a", "/b"]) | st.integers(0, 50).map("/page/{}".format),
    status=st.sampled_from([200, 200, 200, 503]),
    agent=st.sampled_from(["curl/8", "curl/8", PROBE]),
)


@st.composite
def mirrored(draw: st.DrawFn) -> tuple[list[Request], list[Request]]:
    """A primary's requests, and a shadow's log in which some are missing, late, doubled, or not copies at all."""
    originals = sorted(draw(st.lists(sent_once, min_size=1, max_size=40)), key=lambda request: request.second)
    copies = []
    for request in originals:
        number, late = draw(st.sampled_from([0, 1, 1, 1, 1, 2])), draw(st.sampled_from([0, 0, 0, 1, 5]))
        copies += [request.copy(second=request.second + late, status=200)] * number
    copies += draw(st.lists(sent_once, max_size=3))
    return originals, sorted(copies, key=lambda request: request.second)


def fates(report: mirrorcheck.Report, starts: dict[str, int]) -> list[Fate]:
    """What became of each line; `starts` holds how many lines of the uncut log lie before each file."""
    rows = report.table.select("side", "file", "line", "outcome", "pair_file", "pair_line").rows()
    return sorted(
        (side, starts[Path(file).name] + line, outcome, starts[Path(pair_file).name] + pair_line if pair_line else 0)
        for side, file, line, outcome, pair_file, pair_line in rows
    )


def counts(report: mirrorcheck.Report) -> Counter[tuple[str, str]]:
    """How many lines of each side ended in each class, the unobserved ones as what they would be inside the logs."""
    unpaired = {"primary": "missed", "shadow": "orphan"}
    return Counter(
        (side, unpaired[side] if outcome == "unobserved" else outcome)
        for side, outcome in report.table.select("side", "outcome").rows()
    )


def analyze(folder: Path, originals: list[Request], copies: list[Request], **options: bool | str) -> mirrorcheck.Report:
    """Analyze two logs with these lines."""
    primary, shadow = write(folder / "v1.log", originals), write(folder / "v2.log", copies)
    return mirrorcheck.analyze(primary=primary, shadow=shadow, **options)


def outcomes(report: mirrorcheck.Report, side: str) -> list[str]:
    """The outcomes of a side's lines, in their order."""
    table = report.table
    return [outcome for name, outcome in table.select("side", "outcome").rows() if name == side]


@pytest.mark.unmeasured
@SMALL
@given(logs=mirrored(), chunk=st.integers(150, 4_000))
def test_chunks_change_nothing(tmp_path: Path, logs: tuple[list[Request], list[Request]], chunk: int) -> None:
    """However many bytes are read at a time, every line has the same outcome and partner."""
    starts = {"v1.log": 0, "v2.log": 0}
    try:
        whole = fates(analyze(tmp_path, *logs), starts)
    except mirrorcheck.UsageError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", chunk)
        assert fates(analyze(tmp_path, *logs), starts) == whole


def cut(folder: Path, name: str, lines: list[Request], places: list[int]) -> tuple[list[Path], dict[str, int]]:
    """Write the lines as several files; returns their paths, and how many lines lie before each."""
    ends = sorted({0, len(lines), *(place % (len(lines) + 1) for place in places)})
    paths = [write(folder / f"{name}-{begin}.log", lines[begin:end]) for begin, end in pairwise(ends)]
    return paths, dict(zip((path.name for path in paths), ends, strict=False))


@pytest.mark.unmeasured
@SMALL
@given(
    logs=mirrored(),
    places=st.lists(st.integers(0, 100), max_size=3),
    copy_places=st.lists(st.integers(0, 100), max_size=3),
)
def test_files_lose_no_line(
    tmp_path: Path, logs: tuple[list[Request], list[Request]], places: list[int], copy_places: list[int]
) -> None:
    """However the logs are cut into files, every line has one outcome."""
    primary, starts = cut(tmp_path, "v1", logs[0], places)
    shadow, shadow_starts = cut(tmp_path, "v2", logs[1], copy_places)
    try:
        pieces = mirrorcheck.analyze(primary=primary, shadow=shadow or [write(tmp_path / "v2-0.log", [])])
    except mirrorcheck.UsageError:
        return
    lines = [("primary", line + 1) for line in range(len(logs[0]))] + [("shadow", n + 1) for n in range(len(logs[1]))]
    assert [fate[:2] for fate in fates(pieces, starts | shadow_starts | {"v2-0.log": 0})] == lines


@pytest.mark.unmeasured
@SMALL
@given(places=st.lists(st.integers(0, 180), max_size=3), copy_places=st.lists(st.integers(0, 180), max_size=3))
def test_files_change_no_number(tmp_path: Path, places: list[int], copy_places: list[int]) -> None:
    """A log of busy and rare keys cut into files at any line has as many lines of each class as the whole one.

    Save that lines of an edge may turn from missed to unobserved or back: a second that is cut in two places its lines
    anew, and with them the ends of the capture.
    """
    originals = [
        Request(second=number // 3, target=("/", "/a", f"/page/{number}")[number % 3]) for number in range(180)
    ]
    copies = [request.copy() for number, request in enumerate(originals) if number % 7]
    primary, _ = cut(tmp_path, "v1", originals, places)
    shadow, _ = cut(tmp_path, "v2", copies, copy_places)
    pieces = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert counts(pieces) == counts(analyze(tmp_path, originals, copies))


@pytest.mark.parametrize("places", [[1], [30], [59], [7, 20, 45]])
def test_files_change_no_line_of_its_own_key(tmp_path: Path, places: list[int]) -> None:
    """Requests with keys of their own have the same outcome and partner however the logs are cut into files."""
    copies = [copy for number, copy in enumerate(COPIES) if number % 7]
    whole = fates(analyze(tmp_path, ORIGINALS, copies), {"v1.log": 0, "v2.log": 0})
    primary, starts = cut(tmp_path, "v1", ORIGINALS, places)
    shadow, shadow_starts = cut(tmp_path, "v2", copies, places)
    assert fates(mirrorcheck.analyze(primary=primary, shadow=shadow), starts | shadow_starts) == whole


@pytest.mark.parametrize("gone", [0, 1, 5])
def test_late_copies_at_the_end(tmp_path: Path, gone: int) -> None:
    """Only originals within the delay of the end, whose copies could still be under way, are unobserved."""
    late = 5
    originals = requests(100)
    copies = [request.copy(second=request.second + late) for request in originals]
    seen = [copy for copy in copies if copy.second < 100]
    seen = [copy for number, copy in enumerate(seen) if not 50 <= number < 50 + gone]
    report = analyze(tmp_path, originals, seen)
    told = outcomes(report, "primary")
    assert [number for number, outcome in enumerate(told) if outcome == "missed"] == list(range(50, 50 + gone))
    assert [number for number, outcome in enumerate(told) if outcome == "unobserved"] == list(range(95, 100))
    assert (report.ratio.paired, report.ratio.missed) == (95 - gone, gone)


def test_no_delay_hides_nothing(tmp_path: Path) -> None:
    """Where copies are logged at once, the originals without a copy at the very end are missed."""
    report = analyze(tmp_path, ORIGINALS, COPIES[:-3])
    assert outcomes(report, "primary")[-4:] == ["paired", "missed", "missed", "missed"]


def frozen_once() -> tuple[list[Request], list[Request]]:
    """250 requests, copied at once, save that the shadow was frozen for twelve seconds and thawed then."""
    thaw = 112
    originals = requests(250)
    return originals, [
        request.copy(second=thaw if 100 <= request.second < thaw else request.second) for request in originals
    ]


def test_late_copies_long_before_the_end(tmp_path: Path) -> None:
    """A shadow that was slow once, and has logged for long since, leaves no gap at the end open."""
    originals, copies = frozen_once()
    told = outcomes(analyze(tmp_path, originals, [copy for copy in copies if copy.second not in {246, 248}]), "primary")
    assert [number for number, outcome in enumerate(told) if outcome != "paired"] == [246, 248]
    assert {told[246], told[248]} == {"missed"}


def test_strangers_do_not_open_the_beginning(tmp_path: Path) -> None:
    """Copies without an original that took a later one's do not make every early original's copy lie before the log."""
    originals = requests(200)
    stray = [request.copy(second=request.second - 3) for request in originals[50:60]]
    copies = [copy for number, copy in enumerate(request.copy() for request in originals) if not 50 <= number < 60]
    orphans = [Request(second=second, target="/refused").copy() for second in range(100, 120)]
    told = outcomes(analyze(tmp_path, originals, [*copies[:1], *copies[2:], *stray, *orphans]), "primary")
    assert told[:3] == ["paired", "missed", "paired"]


def test_a_slow_shadow_that_ends_first(tmp_path: Path) -> None:
    """Where the shadow fell silent at the end, it may be as slow as it once was: the last requests are left open."""
    originals, copies = frozen_once()
    told = outcomes(analyze(tmp_path, originals, copies[:-3]), "primary")
    assert told[:247] == ["paired"] * 247
    assert told[247:] == ["unobserved"] * 3


def test_copies_before_the_first_original(tmp_path: Path) -> None:
    """Copies at the very start whose originals may lie before the log are unobserved, later ones are orphans."""
    late = 5
    originals = requests(100)
    copies = [request.copy(second=request.second + late) for request in originals]
    early = [Request(second=second, target=f"/before/{second}").copy() for second in range(5)]
    stray = Request(second=50, target="/stray").copy()
    told = outcomes(analyze(tmp_path, originals, [*early, *copies, stray]), "shadow")
    assert told[:5] == ["unobserved"] * 5
    assert told[-1] == "orphan"


@pytest.mark.parametrize("overlap", [False, True])
def test_overlap(tmp_path: Path, overlap: bool) -> None:  # noqa: FBT001  # pytest passes parameters by name
    """Originals outside the shadow's span are missed, unless only the common span is judged."""
    report = analyze(tmp_path, ORIGINALS, COPIES[20:40], overlap=overlap)
    outside = "unobserved" if overlap else "missed"
    assert outcomes(report, "primary") == [outside] * 20 + ["paired"] * 20 + [outside] * 20
    assert report.ratio.paired == 20
    assert report.ratio.missed == (0 if overlap else 40)


def test_misses_inside_the_overlap(tmp_path: Path) -> None:
    """A hole between two copies is missed in either case."""
    report = analyze(tmp_path, ORIGINALS, COPIES[:20] + COPIES[40:], overlap=True)
    assert report.ratio.missed == 20


def test_malformed_requests(tmp_path: Path) -> None:
    """A malformed request that does not pair says nothing of mirroring and is excluded on either side."""
    odd = Request(second=30, method=r"\x16\x03\x01", target=r"\x00", status=400)
    broken = f"{replace(odd, target='X').line()}\n".replace(" X HTTP/1.1", "")
    primary, shadow = write(tmp_path / "v1.log", ORIGINALS), write(tmp_path / "v2.log", COPIES)
    for path in (primary, shadow):
        with path.open("a") as log:
            log.write(broken if path == primary else broken.replace(r"\x16", r"\x17"))
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert (report.originals.excluded, report.originals.paired, report.originals.missed) == (1, 60, 0)
    assert (report.shadow.excluded + report.shadow.direct, report.shadow.orphan) == (1, 0)


def test_probes_of_either_side(tmp_path: Path) -> None:
    """Probes ask each pod by itself: they are excluded on both sides, whatever they look like."""
    probes = [Request(second=number, agent=PROBE, target="/healthz") for number in range(0, 60, 10)]
    report = analyze(tmp_path, [*ORIGINALS, *probes], [*COPIES, *probes, *(probe.copy() for probe in probes)])
    assert (report.originals.excluded, report.shadow.excluded) == (6, 12)
    assert report.ratio.value == 1
    kept = analyze(tmp_path, [*ORIGINALS, *probes], COPIES, exclude_agent="none")
    assert (kept.originals.excluded, kept.originals.missed) == (0, 6)


def test_excluded_paths(tmp_path: Path) -> None:
    """Paths are excluded by glob on both sides, without their query."""
    extra = [Request(second=number, target=f"/metrics?n={number}") for number in range(5)]
    report = analyze(tmp_path, [*ORIGINALS, *extra], COPIES, exclude_path="/metrics")
    assert (report.originals.excluded, report.originals.missed) == (5, 0)


def test_copied_twice_or_not_at_all(tmp_path: Path) -> None:
    """Two policies at 50 % that share one draw: half the originals missed, as many duplicates."""
    twice = [copy for number, copy in enumerate(COPIES) for _ in range(2) if number % 2]
    report = analyze(tmp_path, ORIGINALS, twice)
    assert (report.originals.paired, report.originals.missed) == (30, 30)
    assert (report.shadow.paired, report.shadow.duplicate, report.shadow.direct) == (30, 30, 0)


def test_duplicates_and_orphans(tmp_path: Path) -> None:
    """A second copy beside a paired one is a duplicate, a copy of nothing an orphan."""
    twice = [copy for number, copy in enumerate(COPIES) for _ in range(2) if number % 2]
    report = analyze(tmp_path, ORIGINALS, [*twice, Request(second=30, target="/nobody").copy()])
    assert (report.originals.paired, report.originals.missed) == (30, 30)
    assert (report.shadow.paired, report.shadow.duplicate, report.shadow.orphan) == (30, 30, 1)


def test_stalled_shadow(tmp_path: Path) -> None:
    """Copies that a stalled shadow logs ten seconds late are no misses."""
    copies = [
        copy.copy(xff=copy.xff, second=max(copy.second, 40) if copy.second > 30 else copy.second) for copy in COPIES
    ]
    report = analyze(tmp_path, ORIGINALS, copies)
    assert (report.originals.paired, report.originals.missed, report.shadow.orphan) == (60, 0, 0)


def test_horizon(tmp_path: Path) -> None:
    """A copy may be logged as far away as the horizon, and no farther."""
    copies = [
        copy.copy(xff=copy.xff, second=copy.second + (10 if number == 7 else 0)) for number, copy in enumerate(COPIES)
    ]
    assert analyze(tmp_path, ORIGINALS, copies, horizon="10s").originals.missed == 0
    beyond = analyze(tmp_path, ORIGINALS, copies, horizon="9.9s")
    assert (beyond.originals.missed, beyond.shadow.orphan) == (1, 1)


def test_swapped_sides(tmp_path: Path) -> None:
    """The shadow's log given as the primary's is an error that says so."""
    primary, shadow = write(tmp_path / "v1.log", ORIGINALS), write(tmp_path / "v2.log", COPIES)
    with pytest.raises(mirrorcheck.UsageError, match="swapped"):
        mirrorcheck.analyze(primary=shadow, shadow=primary)


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """A side whose zone goes back an hour pairs by the moments that the stamps mean, not by their local hour."""
    originals = [Request(second=number * 60, target="/same") for number in range(120)]
    copies = [request.copy() for request in originals if request.second % 300]
    shadow = write(tmp_path / "v2.log", copies)
    text = shadow.read_text().replace("2026:18:", "2026:20:").replace("+0000", "+0100")
    local = [line.replace("+0100", "+0200") if "2026:20:" in line else line for line in text.splitlines(keepends=True)]
    shadow.write_text("".join(local).replace("2026:19:", "2026:20:"))
    report = mirrorcheck.analyze(primary=write(tmp_path / "v1.log", originals), shadow=shadow, horizon="30s")
    assert (report.originals.paired, report.originals.missed, report.shadow.orphan) == (96, 24, 0)
    missed = [number for number, outcome in enumerate(outcomes(report, "primary")) if outcome == "missed"]
    assert missed == list(range(0, 120, 5))


def test_proxy_is_named(tmp_path: Path) -> None:
    """The address that every copy's chain ends in is the proxy that mirrored."""
    (proxy,) = analyze(tmp_path, ORIGINALS, COPIES).proxies
    assert (proxy.address, proxy.copies) == (PROXY, 60)


def behind(server_proxy: str, requests_: list[Request]) -> list[Request]:
    """The requests as logged by servers behind a proxy that appends its peer's address to X-Forwarded-For."""
    return [replace(request, xff=f"{request.xff},{server_proxy}") for request in requests_]


def test_a_proxy_before_the_servers(tmp_path: Path) -> None:
    """A last hop that all lines share is left out; the mirroring proxy is the hop before it."""
    originals = [replace(request, xff="203.0.113.7") for request in ORIGINALS]
    copies = [request.copy() for request in originals]
    report = analyze(tmp_path, behind("127.0.0.6", originals), behind("127.0.0.6", copies[:-6]))
    assert (report.ratio.paired, report.ratio.missed) == (54, 6)
    assert [(proxy.address, proxy.copies) for proxy in report.proxies] == [(PROXY, 54)]
    assert "common_hop" in [warning.code for warning in report.warnings]


def test_probes_come_past_the_proxy_before_the_servers(tmp_path: Path) -> None:
    """A hop that all lines share but those of probes, which are left out, is left out all the same."""
    originals = [replace(request, xff="203.0.113.7") for request in ORIGINALS]
    lines = [*behind("127.0.0.6", originals), Request(second=61, agent=PROBE)]
    report = analyze(tmp_path, lines, behind("127.0.0.6", [request.copy() for request in originals]))
    assert (report.ratio.paired, report.originals.excluded, report.likeness) == (60, 1, None)
    assert [proxy.address for proxy in report.proxies] == [PROXY]
    assert any("127.0.0.6" in warning.text for warning in report.warnings)


@pytest.mark.parametrize("in_front", ["", ",10.0.0.9"])
def test_a_dash_that_a_client_sent(in_front: str, tmp_path: Path) -> None:
    """Proxies append to it, mirroring or not; the log of the original has it where nothing was sent as well."""
    dashed = [number % 3 == 0 for number in range(len(ORIGINALS))]
    chains = [f"-{in_front}" if dash else in_front.removeprefix(",") or "-" for dash in dashed]
    originals = [replace(request, xff=chain) for request, chain in zip(ORIGINALS, chains, strict=True)]
    hops = f"{PROXY}{in_front or ',10.0.0.8'}"  # of a proxy behind the mirroring one, or in front of all servers
    copies = [replace(each, xff=f"-,{hops}" if dash else hops) for each, dash in zip(ORIGINALS, dashed, strict=True)]
    report = analyze(tmp_path, originals, copies)
    assert (report.originals.paired, report.likeness is None) == (60, bool(in_front))


def test_two_logs_of_a_shadow_have_their_proxy_in_common(tmp_path: Path) -> None:
    """The mirroring proxy's own hop is not left out: two logs of one shadow hold no originals."""
    copies = [replace(request, xff=f"203.0.113.{number}").copy() for number, request in enumerate(ORIGINALS)]
    sides = write(tmp_path / "v1.log", copies[:30]), write(tmp_path / "v2.log", copies[30:])
    with pytest.raises(mirrorcheck.UsageError, match="cannot tell which"):
        mirrorcheck.analyze(*sides)
    report = mirrorcheck.analyze(primary=sides[0], shadow=sides[1])
    assert report.verdict.word == "NOT MIRRORING"
    assert "one_side" in {warning.code for warning in report.warnings}


def test_what_the_user_said_of_the_sides_holds(tmp_path: Path) -> None:
    """One client that asks for one URL, and a mirrorer that leaves X-Forwarded-For alone: a doubt, and no refusal."""
    originals = [Request(second=second, xff="203.0.113.7") for second in range(0, 60, 3)]
    report = analyze(tmp_path, originals, originals[:18])
    assert report.verdict.word == "CANNOT TELL"
    assert report.likeness is None
    assert "one_side" in {warning.code for warning in report.warnings}


def test_lines_without_the_id_that_is_the_key(tmp_path: Path) -> None:
    """They are told apart as where no id is logged: by their user agents as well, and equal ones are no retries."""
    log_format = '$remote_addr [$time_local] "$request" $status "$http_x_request_id" "$http_user_agent"'
    stamp = "[22/Nov/2026:18:00:{:02d} +0000]"

    def line(number: int, rid: str, agent: str = "a") -> str:
        return f'10.0.0.1 {stamp.format(number)} "GET / HTTP/1.1" 200 "{rid}" "{agent}"\n'

    with_ids = [line(number, f"id-{number}") for number in range(40)]
    logs = {"v1.log": [line(41, "-", agent) for agent in "bcc"], "v2.log": [line(41, "-", "c")]}
    for name, lines in logs.items():
        (tmp_path / name).write_text("".join([*with_ids, *lines]))
    report = mirrorcheck.analyze(primary=tmp_path / "v1.log", shadow=tmp_path / "v2.log", log_format=log_format)
    originals = report.table.filter(side="primary").sort("line")["outcome"].to_list()
    assert originals == ["paired"] * 40 + ["missed", "paired", "missed"]
