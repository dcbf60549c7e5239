"""A side of which most lines are in another format is refused; one with a few such lines is not."""

from pathlib import Path

import pytest

import mirrorcheck
from tests.logs import requests, write

APP = b'2026-11-22 10:00:00 INFO "GET /a" was answered 200 in 3 ms\n'
ENVOY = b'[2026-11-22T10:00:00.123Z] "GET /a HTTP/1.1" 200 - 0 12 3 2 "-" "curl/8" "id" "web" "10.1.2.3:80"\n'


def logs(folder: Path, before: bytes) -> tuple[Path, Path]:
    """Write two logs of ten requests each, the primary's with other lines in front."""
    primary, shadow = write(folder / "v1.log", requests(10)), write(folder / "v2.log", requests(10))
    primary.write_bytes(before + primary.read_bytes())
    return primary, shadow


def test_half_is_a_warning(tmp_path: Path) -> None:
    """As many lines of another kind as requests are told of, and the rest is judged."""
    primary, shadow = logs(tmp_path, APP * 10)
    report = mirrorcheck.analyze(primary=primary, shadow=shadow)
    assert "unparsed" in [warning.code for warning in report.warnings]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (APP, r"v1.log: 11 of 21 lines are not nginx main. Line 1, .*, is nearest to .*, up to column \d+ \(expected"),
        (ENVOY[:60] + b"\n", r"v1.log: 11 of 21 lines .* is nearest to Envoy text, up to column 61"),
    ],
)
def test_more_than_half_is_an_error(tmp_path: Path, line: bytes, message: str) -> None:
    """The error names the first such line, what it is nearest to, and where it differs."""
    primary, shadow = logs(tmp_path, line * 11)
    with pytest.raises(mirrorcheck.InputError, match=message):
        mirrorcheck.analyze(primary=primary, shadow=shadow)


KUBETAIL = "[web-{}-abcde nginx] {}\n"


def capture(folder: Path, shadow: list[str], others: list[str] | None = None) -> Path:
    """Write a capture of ten requests to the primary, lines of the shadow, and lines of no pod."""
    path = folder / "all.log"
    lines = [KUBETAIL.format("v1", request.line()) for request in requests(10)]
    path.write_text("".join([*lines, *(KUBETAIL.format("v2", line) for line in shadow), *(others or [])]))
    return path


@pytest.mark.parametrize("others", [[], ["of no pod\n"] * 50])
def test_a_side_of_a_capture_in_another_format(others: list[str], tmp_path: Path) -> None:
    """A shadow that logs something else than what was recognised is an error, and no shadow that logged nothing."""
    path = capture(tmp_path, [ENVOY.decode().strip()] * 4, others)
    message = r"4 of 4 lines of the shadow are not kubetail, nginx main\. Line 11, .*, is kubetail, Envoy text"
    with pytest.raises(mirrorcheck.InputError, match=message):
        mirrorcheck.analyze(path)


@pytest.mark.parametrize(("bad", "told"), [(0, None), (1, False), (10, True), (11, None)])
def test_unparsed_lines_of_a_side_of_a_capture(bad: int, told: bool | None, tmp_path: Path) -> None:  # noqa: FBT001
    """Over 5 % of a side's lines are a warning that names the side, over half of them an error."""
    copies = [request.copy().line() for request in requests(10 if told else 19 if bad == 1 else 10)]
    path = capture(tmp_path, [APP.decode().strip()] * bad + copies)
    if bad == 11:
        with pytest.raises(mirrorcheck.InputError, match=r"11 of 21 lines of the shadow are not kubetail, nginx main"):
            mirrorcheck.analyze(path)
        return
    report = mirrorcheck.analyze(path)
    warned = [warning.text for warning in report.warnings if warning.code == "unparsed"]
    assert warned == (["10 of 20 lines of the shadow did not parse; the first are listed below."] if told else [])
    assert (report.primary.lines.unparsed, report.shadow_side.lines.unparsed) == (0, bad)
    assert len(report.shadow_side.unparsed_samples) == bad


def test_lines_of_a_capture_add_up(tmp_path: Path) -> None:
    """What is read is of a side or of neither, whether it parses or not."""
    copies = [request.copy().line() for request in requests(5)]
    path = capture(tmp_path, [*copies, '"GET /x"'], ['of no pod "GET /x"\n', '[db-0 nginx] "GET /x"\n'])
    report = mirrorcheck.analyze(path)
    assert report.other_lines is not None
    sums = [(lines.read, lines.unparsed) for lines in (report.primary.lines, report.shadow_side.lines)]
    assert (sums, report.other_lines.read, report.other_lines.unparsed) == ([(10, 0), (6, 1)], 2, 2)
    shown = [sample.line for side in (report.primary, report.shadow_side) for sample in side.unparsed_samples]
    assert sorted(shown) == [16, 17, 18]


def test_the_only_container_of_a_pod_in_another_format(tmp_path: Path) -> None:
    """Where no line of a pod is read, its container's requests in another format are no silence."""
    envoy = ENVOY.decode().strip()
    lines = [KUBETAIL.format("v1", request.line()) for request in requests(10)]
    lines += [f"[web-v1-abcde istio-proxy] {envoy}\n"] * 5
    path = tmp_path / "all.log"
    path.write_text("".join([*lines, "[web-v2-abcde app] ready\n"]))
    report = mirrorcheck.analyze(path)
    assert (report.verdict.word, report.primary.lines.unparsed) == ("NOT MIRRORING", 0)
    path.write_text("".join([*lines, f"[web-v2-abcde istio-proxy] {envoy}\n"]))
    with pytest.raises(mirrorcheck.InputError, match="1 of 1 lines of the shadow are not kubetail, nginx main"):
        mirrorcheck.analyze(path)


def test_three_formats_in_one_file(tmp_path: Path) -> None:
    """Where no format has the majority, the error says what format the first other line is in."""
    primary, shadow = logs(tmp_path, ENVOY * 9 + APP * 2)
    with pytest.raises(mirrorcheck.InputError, match=r"11 of 21 lines are not nginx main\. Line 1, .*, is Envoy text"):
        mirrorcheck.analyze(primary=primary, shadow=shadow)
