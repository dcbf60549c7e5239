"""A side of which most lines are in another format is refused; one with a few such lines is not."""

from pathlib import Path

import pytest

import mirrorcheck
from tests.logs import requests, write

APP = b"2026-11-22 10:00:00 INFO handled /a in 3 ms\n"
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


def test_three_formats_in_one_file(tmp_path: Path) -> None:
    """Where no format has the majority, the error says what format the first other line is in."""
    primary, shadow = logs(tmp_path, ENVOY * 9 + APP * 2)
    with pytest.raises(mirrorcheck.InputError, match=r"11 of 21 lines are not nginx main\. Line 1, .*, is Envoy text"):
        mirrorcheck.analyze(primary=primary, shadow=shadow)
