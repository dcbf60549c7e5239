"""When a marker is believed, when the lines must show it themselves, and what is said where they cannot."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from mirrorcheck import Report, analyze
from tests.logs import Request, write

CLIENTS = [f"198.51.100.{number}" for number in range(40)]


def _irregular(count: int, urls: int, seed: int = 1) -> list[Request]:
    """Requests for a few URLs, about two a second."""
    rng = random.Random(seed)
    second, found = 0.0, []
    for _ in range(count):
        second += rng.expovariate(2.0)
        found.append(Request(second=int(second), target=f"/{rng.randrange(urls)}"))
    return found


def _report(folder: Path, originals: list[Request], shadow: list[Request], **options: str) -> Report:
    ours, theirs = write(folder / "v1.log", originals), write(folder / "v2.log", shadow)
    return analyze(primary=[ours], shadow=[theirs], **options)


def _split(sent: list[Request], seed: int = 2) -> tuple[list[Request], list[Request]]:
    rng = random.Random(seed)
    sides: tuple[list[Request], list[Request]] = ([], [])
    for request in sent:
        sides[rng.randrange(2)].append(request)
    return sides


def test_a_proxys_marker_is_believed_where_chance_may_explain_the_pairs(tmp_path: Path) -> None:
    """One busy URL behind one proxy: the lines tell nothing by themselves, the marker does."""
    sent = [Request(second=number // 50) for number in range(1000)]
    report = _report(tmp_path, sent, [request.copy() for request in sent])
    assert (report.verdict.word, report.copying) == ("MIRRORING", None)


@pytest.mark.parametrize(("count", "copied"), [(22, 14), (22, 15), (22, 16), (43, 31)])
def test_a_proxys_marker_is_believed_whatever_the_fraction(count: int, copied: int, tmp_path: Path) -> None:
    """15 / 22 * 22 is less than 15 in binary fractions: that makes no pair doubtful."""
    sent = [Request(second=3 * number) for number in range(count)]
    report = _report(tmp_path, sent, [sent[0].copy(), *(request.copy() for request in sent[count - copied + 1 :])])
    assert (report.ratio.paired, report.copying) == (copied, None)


def test_a_header_that_clients_send_by_themselves_marks_nothing(tmp_path: Path) -> None:
    """Half of the clients say where they come from, to either version: no line of the shadow is a copy for that."""
    rng = random.Random(3)
    sent = [replace(each, xff=rng.choice([*CLIENTS[:3], "-", "-", "-"])) for each in _irregular(1200, 2)]
    report = _report(tmp_path, *_split(sent))
    assert report.verdict.word in {"CANNOT TELL", "NOT MIRRORING"}
    assert report.ratio_range is None or report.ratio_range.low == 0.0


def test_a_hop_of_its_own_on_every_line_is_a_client(tmp_path: Path) -> None:
    """Only those that come to the shadow are behind proxies, each behind another one."""
    ours, theirs = _split(_irregular(800, 2))
    shadow = [replace(each, xff=CLIENTS[number % 40]) for number, each in enumerate(theirs[:300])]
    report = _report(tmp_path, ours[:350], shadow)
    assert report.verdict.word == "CANNOT TELL"


def test_direct_traffic_with_pages_of_its_own_is_no_mirror(tmp_path: Path) -> None:
    """Where hardly two requests are alike, lines that pair by chance are told from copies: nothing was mirrored."""
    ours, theirs = _split(_irregular(6000, 20_000))
    unmarked = [f"{each.line().rpartition(' ')[0]}\n" for each in theirs]
    (tmp_path / "v2.log").write_text("".join(unmarked))
    (tmp_path / "v1.log").write_text("".join(f"{each.line().rpartition(' ')[0]}\n" for each in ours))
    report = analyze(primary=[tmp_path / "v1.log"], shadow=[tmp_path / "v2.log"])
    assert report.verdict.word == "NOT MIRRORING"
    assert report.copying is not None
    assert report.copying.kind == "refuted"
    assert report.shadow.direct == report.shadow.total
    assert "traffic of its own" in report.verdict.detail


@pytest.mark.parametrize("agent", ["canary/1", "curl/8"])
def test_a_given_marker_decides_what_a_copy_is_but_not_that_it_pairs(tmp_path: Path, agent: str) -> None:
    """A field that clients fill with the same makes copies of all lines, and proves of none whose copy it is."""
    ours, theirs = _split(_irregular(800, 2))
    shadow = [replace(each, agent="canary/1") for each in theirs]
    report = _report(tmp_path, [replace(each, agent=agent) for each in ours], shadow, marker="http_user_agent=canary/*")
    assert report.shadow.direct == 0
    assert report.verdict.word == "CANNOT TELL"


@pytest.mark.parametrize("urls", [1, 200])
def test_a_mirrorer_that_leaves_the_chain_as_it_is(tmp_path: Path, urls: int) -> None:
    """What nginx's mirror and Traefik copy has the client's hops and no other: these are no marker."""
    rng = random.Random(4)
    sent = [replace(each, xff=rng.choice([*CLIENTS[:5], "-", "-"])) for each in _irregular(800, urls)]
    assert _report(tmp_path, sent, sent).verdict.word == "MIRRORING"
    report = _report(tmp_path, sent, [*sent[:300], *sent[310:]])
    assert (report.verdict.word, report.ratio.missed) == ("INTERRUPTED", 10)


def test_in_a_capture_that_cannot_tell_nothing_is_compared_or_named(tmp_path: Path) -> None:
    """Pairs that may be accidents show no delay, no changed answer, no mirrored write and no miss by name."""
    ours, theirs = _split([replace(each, method="POST") for each in _irregular(600, 1)])
    for name, lines in (("v1.log", ours), ("v2.log", [replace(each, status=500) for each in theirs])):
        (tmp_path / name).write_text("".join(f"{each.line().rpartition(' ')[0]}\n" for each in lines))
    report = analyze(primary=[tmp_path / "v1.log"], shadow=[tmp_path / "v2.log"])
    assert report.verdict.word == "CANNOT TELL"
    assert report.offset is None
    assert report.responses.compared == 0
    assert report.writes_mirrored == {}
    assert report.missed_by == {}
    assert report.missed_examples == ()
    assert report.missed_range is not None
    assert report.missed_range.high == report.ratio.paired + report.ratio.missed


def _unmarked(folder: Path, originals: list[Request], shadow: list[Request]) -> Report:
    """A report on logs whose format has no field that could hold a marker."""
    for name, lines in (("v1.log", originals), ("v2.log", shadow)):
        (folder / name).write_text("".join(f"{each.line().rpartition(' ')[0]}\n" for each in lines))
    return analyze(primary=[folder / "v1.log"], shadow=[folder / "v2.log"])


def test_retries_stay_open_where_chance_may_explain_the_pairs(tmp_path: Path) -> None:
    """What may be a retry is no certain miss because all pairs may be accidents, too."""
    originals, shadow = [], []
    for number in range(600):
        request = Request(second=number // 40, target=f"/{number % 3}")
        originals += [replace(request, status=503)] * (number % 10 == 0) + [request]
        shadow.append(request)
    report = _unmarked(tmp_path, originals, shadow)
    assert report.verdict.word == "CANNOT TELL"
    assert report.missed_range is not None
    assert (report.missed_range.low, report.missed_range.high) == (0, 660)


def test_a_mirror_of_one_url_that_stops_is_not_called_direct_traffic(tmp_path: Path) -> None:
    """That nothing was copied in the second half does not show that nothing was in the first."""
    sent = [Request(second=number // 10, target="/k") for number in range(3000)]
    report = _unmarked(tmp_path, sent, sent[:1500])
    assert report.verdict.word != "NOT MIRRORING"
    assert report.missed_range is not None
    assert report.missed_range.low <= 1500 <= report.missed_range.high
