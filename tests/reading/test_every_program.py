"""Each format of the catalogue: two logs made from its sample pair line by line, and say what they are in."""

import re
from pathlib import Path

import pytest

from mirrorcheck.api import analyze
from mirrorcheck_parsers import KNOWN
from mirrorcheck_parsers.catalogue.known import SAMPLES

LINES = 20
PROXY = "192.0.2.2"
FIELDS = {known.name: known.fields for known in KNOWN}
# Where a sample has X-Forwarded-For, and what the proxy makes of it.
FORWARDED = {
    'curl/8" "10.1.2.3"': f'curl/8" "10.1.2.3,{PROXY}"',
    'curl/8" "-" host=': f'curl/8" "{PROXY}" host=',
    '3 2 "-"': f'3 2 "{PROXY}"',
    '"x_forwarded_for":null': f'"x_forwarded_for":"{PROXY}"',
}


def original(sample: str, number: int) -> str:
    """Make the line of another request: of another second, path and id."""
    line = sample.replace("10:00:00", f"10:00:{number:02}").replace("1795341600", str(1795341600 + number))
    line = re.sub(r"(?<=[ \"0])/a(?=[ \"])", f"/a/{number}?n={number}", line).replace("web-shadow", "web")
    return line.replace("6f1c5b1e", f"{number:08x}").replace("529a0079", f"{number:08x}")


def copy(line: str) -> str:
    """Make the line that the shadow logs of it: from the proxy, which adds itself, and with another answer."""
    for before, after in FORWARDED.items():
        line = line.replace(before, after)
    return line.replace("10.0.0.1", PROXY).replace(" 200 ", " 503 ")


def write(path: Path, lines: list[str], *, stamped: bool) -> Path:
    """Write a log, as it is or with a runtime's stamp on each line."""
    stamps = [f"2026-11-22T10:00:{number:02}.5Z " if stamped else "" for number in range(len(lines))]
    path.write_text("".join(f"{stamp}{line}\n" for stamp, line in zip(stamps, lines, strict=True)), encoding="utf-8")
    return path


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", SAMPLES)
def test_a_pair_of_logs_in_each_format(name: str, tmp_path: Path) -> None:
    """All copies are found, no line is left over, and the report names the format."""
    stamped = name not in FIELDS
    lines = [original(SAMPLES[name], number) for number in range(LINES)]
    assert len(set(lines)) == LINES
    primary = write(tmp_path / "v1.log", lines, stamped=stamped)
    shadow = write(tmp_path / "v2.log", list(map(copy, lines)), stamped=stamped)
    report = analyze(primary=primary, shadow=shadow)
    assert (report.originals.paired, report.originals.missed) == (LINES, 0)
    assert report.shadow.paired == LINES
    assert report.primary.lines.unparsed == report.shadow_side.lines.unparsed == 0
    assert report.primary.format.endswith(name)
    assert report.shadow_side.format.endswith(name)
