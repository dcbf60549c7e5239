"""Sentences about totals: the verdict, warnings and explanations are true and read well for any count."""

from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck.report.model import Report
from mirrorcheck.totals.verdict import percent
from tests.logs import Request, requests, write

MANY = requests(200)


def analyze(folder: Path, originals: list[Request], copies: list[Request], **options: str) -> Report:
    """Analyze two lists of requests."""
    primary, shadow = write(folder / "v1.log", originals), write(folder / "v2.log", copies)
    return mirrorcheck.analyze(primary=primary, shadow=shadow, since=options.get("since"), expect=options.get("expect"))


def copies_of(originals: list[Request], missed: set[int]) -> list[Request]:
    """The copies of all originals but some."""
    return [request.copy() for number, request in enumerate(originals) if number not in missed]


def text_of(report: Report, code: str) -> str:
    """The warning with a code, "" without it."""
    return "".join(warning.text for warning in report.warnings if warning.code == code)


@pytest.mark.parametrize(
    ("count", "missed", "word", "sentence"),
    [
        (1, set[int](), "MIRRORING", "the only request was copied, 100 %"),
        (1, {0}, "NOT MIRRORING", "the only request was not copied, 0 %"),
        (9, set(range(9)), "NOT MIRRORING", "none of 9 requests were copied, 0 %"),
        (200, {77}, "INCOMPLETE", "199 of 200 requests were copied, 99.50 %"),
        (200, set(range(0, 200, 2)), "PARTIAL", "100 of 200 requests were copied, 50.00 %"),
        (200, set(range(50, 120)), "INTERRUPTED", "130 of 200 requests were copied, 65.00 %"),
        (200, set(range(50)), "STARTED", "150 of 200 requests were copied, 75.00 %"),
        (200, set(range(150, 200)), "STOPPED", "150 of 200 requests were copied, 75.00 %"),
        (200, {*range(50), *range(150, 200)}, "STARTED AND STOPPED", "100 of 200 requests were copied, 50.00 %"),
        (200, set(range(100, 200, 2)), "CHANGED", "150 of 200 requests were copied, 75.00 %"),
    ],
)
def test_verdict(tmp_path: Path, count: int, missed: set[int], word: str, sentence: str) -> None:
    """The word says what happened, the sentence how much of it."""
    originals = requests(count)
    verdict = analyze(tmp_path, originals, copies_of(originals, missed)).verdict
    assert (verdict.word, verdict.sentence) == (word, sentence)


def test_verdict_without_originals_left(tmp_path: Path) -> None:
    """Where all originals are excluded, the sentence says so instead of claiming that none was found."""
    report = analyze(tmp_path, MANY, copies_of(MANY, set()), since="23:00")
    assert report.verdict.word == "NO DATA"
    assert "200 lines, 200 excluded" in report.verdict.sentence


def test_percent() -> None:
    """A ratio short of 0 or 1 is never shown as 0 or 100."""
    assert [percent(ratio) for ratio in (0.0, 1.0, 0.5, 0.99999, 0.000001)] == ["0", "100", "50.00", "99.999", "0.0001"]


def test_expected(tmp_path: Path) -> None:
    """The interval holds the expected percentage, or does not; without an interval there is no answer."""
    half = copies_of(MANY, set(range(0, 200, 2)))
    for expect, within in (("50", True), ("60 %", False)):
        expected = analyze(tmp_path, MANY, half, expect=expect).expected
        assert expected is not None
        assert expected.within_interval is within
    expected = analyze(tmp_path, MANY, copies_of(MANY, set(range(50))), expect="75").expected
    assert expected is not None
    assert expected.within_interval is None


def test_regular_sampling(tmp_path: Path) -> None:
    """Every second request copied is no random sampling."""
    report = analyze(tmp_path, MANY, copies_of(MANY, set(range(0, 200, 2))))
    assert "too regularly" in text_of(report, "deterministic_sampling")


def test_clients_never_copied(tmp_path: Path) -> None:
    """A client none of whose requests was copied while others' were is named; one unlucky request is not enough."""
    direct = [Request(second=number, target=f"/direct/{number}", remote="198.51.100.9") for number in range(0, 200, 10)]
    report = analyze(tmp_path, [*MANY, *direct], copies_of(MANY, set()))
    assert text_of(report, "clients_never_copied").startswith("20 of 20 misses come from a client none of whose")
    assert "20 of 20 misses are from 198.51.100.9" in report.explanation
    lucky = analyze(tmp_path, [*MANY, direct[5]], copies_of(MANY, set(range(0, 200, 3))))
    assert not text_of(lucky, "clients_never_copied")


def test_writes_and_impatience(tmp_path: Path) -> None:
    """Mirrored writes and copies that the proxy gave up on are counted in good English."""
    originals = [Request(method="POST"), *MANY[:20]]
    copies = [Request(method="POST").copy(status=499), *copies_of(MANY[:20], set())]
    report = analyze(tmp_path, originals, copies)
    assert report.writes_mirrored == {"POST": 1}
    assert text_of(report, "writes_mirrored") == "1 request with side effects was mirrored (POST)."
    assert text_of(report, "shadow_499").startswith("the shadow logged 1 copy with 499")


def test_writes_of_copies_that_do_not_pair(tmp_path: Path) -> None:
    """An orphan and a duplicate were mirrored for certain if the proxy is one that mirrors; a direct write was not."""
    originals = [*MANY[:40], Request(method="POST", target="/twice", second=20)]
    copies = copies_of(originals, set())
    copies += [copies[-1], Request(method="PUT", target="/alone", second=21).copy()]
    direct = Request(method="DELETE", target="/direct", second=22)
    assert analyze(tmp_path, originals, [*copies, direct]).writes_mirrored == {"POST": 2, "PUT": 1}
    stranger = Request(method="DELETE", target="/stranger", second=22).copy(xff="198.51.100.9")
    assert analyze(tmp_path, originals, [*copies, stranger]).writes_mirrored == {"POST": 2, "PUT": 1}


def test_writes_without_a_marker(tmp_path: Path) -> None:
    """Where nothing tells a copy from direct traffic, only a pair is a mirrored write for certain."""
    originals = [*MANY[:40], Request(method="POST", target="/a", second=20)]
    alone = Request(method="PUT", target="/alone", second=21)
    report = analyze(tmp_path, originals, [*originals, originals[-1], alone])
    assert (report.shadow.paired, report.shadow.orphan + report.shadow.duplicate) == (41, 2)
    assert report.writes_mirrored == {"POST": 1}


def test_writes_whose_original_lies_before_the_logs(tmp_path: Path) -> None:
    """A copy at the very start of a capture, and one that a marker of the user's own tells, were mirrored as well."""
    originals = [Request(second=second, target=f"/{second}") for second in range(10, 60)]
    late = [each.copy(second=each.second + 3) for each in originals]
    early = Request(method="PATCH", target="/early", second=11).copy()
    report = analyze(tmp_path, originals, [early, *late])
    assert report.shadow.unobserved == 1
    assert report.writes_mirrored == {"PATCH": 1}
    logs = (tmp_path / "v1.log", tmp_path / "v2.log")
    marked = mirrorcheck.analyze(primary=logs[0], shadow=logs[1], marker=["http_x_forwarded_for=192.0.2.*"])
    assert marked.writes_mirrored == {"PATCH": 1}


def test_skewed_clocks(tmp_path: Path) -> None:
    """Copies stamped well before their originals say that the clocks differ."""
    originals = [request.copy(xff="-", second=request.second + 5) for request in MANY]
    assert "5.0 s before" in text_of(analyze(tmp_path, originals, copies_of(MANY, set())), "clock_skew")


def test_explained_by_path(tmp_path: Path) -> None:
    """Misses that share an unusual path are explained by it."""
    missed = set(range(3, 200, 20))
    originals = [
        Request(second=number, target=f"/upload?{number}" if number in missed else f"/page/{number}")
        for number in range(200)
    ]
    report = analyze(tmp_path, originals, copies_of(originals, missed))
    assert report.explanation == "10 of 10 misses are for /upload, as are 10 of all 200 originals."
    assert report.missed_by["path"][0].value == "/upload"
    assert "size" not in report.missed_by


def test_explained_by_nothing(tmp_path: Path) -> None:
    """Misses without a common trait are said to have none."""
    report = analyze(tmp_path, MANY, copies_of(MANY, {3, 50, 51, 97, 130, 171}))
    assert report.explanation == "No single path, method, status, size, client or moment explains the misses."


def test_explained_by_time(tmp_path: Path) -> None:
    """Misses in a stretch without copies are explained by it, and moments are times of day."""
    report = analyze(tmp_path, MANY, copies_of(MANY, set(range(50, 120))))
    assert report.explanation == "70 of 70 misses fall between 18:00:50 and 18:01:59, where nothing was copied."
    assert {group.value[:6] for group in report.missed_by["moment"]} == {"18:00:", "18:01:"}


def test_moments_of_several_days(tmp_path: Path) -> None:
    """Where a log crosses midnight, moments carry their date."""
    originals = requests(200, step=600)
    report = analyze(tmp_path, originals, copies_of(originals, set(range(50, 120))))
    assert all(group.value.startswith("2026-11-2") for group in report.missed_by["moment"])
    assert "2026-11-23 02:20:00" in report.explanation


def without_quote(path: Path, lines: range) -> Path:
    """Cut the last quote off some lines of a log, which do not parse then."""
    text = path.read_text().splitlines()
    path.write_text("".join(f"{line[:-1] if number in lines else line}\n" for number, line in enumerate(text)))
    return path


@pytest.mark.parametrize(
    ("missed", "unparsed", "span", "ratios"),
    [
        (0, 10, (10, (0, 10)), (0.95, 1.0)),  # those that did not parse are what is missed
        (20, 10, (30, (20, 30)), (0.85, 0.9)),
        (195, 5, (200, (195, 200)), (0.0, 0.025)),
    ],
)
def test_copies_that_did_not_parse(
    missed: int, unparsed: int, span: tuple[int, tuple[int, int]], ratios: tuple[float, float], tmp_path: Path
) -> None:
    """Each may be that of a missed request, which makes as many misses uncertain, by count and one by one."""
    primary = write(tmp_path / "v1.log", MANY)
    more = [Request(second=199, target=f"/direct/{number}") for number in range(6)]  # of a log, more than half parses
    shadow = write(tmp_path / "v2.log", [*copies_of(MANY, set(range(missed))), *more])
    report = mirrorcheck.analyze(primary=primary, shadow=without_quote(shadow, range(unparsed)))
    assert report.missed_range is not None
    assert report.ratio_range is not None
    assert (report.originals.missed, (report.missed_range.low, report.missed_range.high)) == span
    assert (report.ratio_range.low, report.ratio_range.high) == pytest.approx(ratios)
    assert f"{unparsed} lines of the shadow did not parse" in report.verdict.detail
    assert all(line.open for line in report.missed_examples)


def test_lines_that_did_not_parse_and_no_miss(tmp_path: Path) -> None:
    """Where all were copied, what did not parse can be the copy of none."""
    primary, shadow = write(tmp_path / "v1.log", MANY), write(tmp_path / "v2.log", copies_of(MANY, set()))
    with shadow.open("a") as log:
        log.write('192.0.2.2 - - [22/Nov/2026:18:03:00 +0000] "GET / HTTP/1.1" 200 10 "-" "curl/8" "192.0.2.2\n')
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert (report.shadow_side.lines.unparsed, report.missed_range) == (1, None)
