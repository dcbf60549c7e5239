"""A recording's logs come in; mirrorcheck runs on copies of them, no truth beside them; its answer goes out."""

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.truth import Line, Truth

_PROGRAM = Path(sys.executable).with_name("mirrorcheck")
_LIMIT_S = 120
_EXACT_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for" t=$msec'
)
"""nginx `main` with the exact moment: the ceiling is what the same method makes of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a line, in the words of --outcomes: missed, paired, retry..., and its partner if paired.

    candidates: how many identical lines it could equally concern, 1 = certain; 0 where the tool does not say.
    """

    line: Line
    outcome: str
    partner: Line | None
    candidates: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool says of a recording: a row for each line, and its report (empty for the baselines).

    refused: the error in which it ended instead, with no rows; empty when it did not.
    """

    rows: tuple[Row, ...]
    report: dict[str, Any]
    refused: str = ""


def logs(folder: Path) -> list[Path]:
    """Return a recording's logs, the primary's first."""
    return sorted(folder.glob("v*.log"))


def ask(folder: Path, truth: Truth | None = None) -> Answer:
    """Run mirrorcheck on a recording; with the truth, on lines that carry their exact moment: the ceiling.

    An exit status other than 0 is an answer too, `refused`. Raises TimeoutExpired when there is none for two minutes.
    """
    with tempfile.TemporaryDirectory(prefix="asked-") as scratch:
        arguments = ["analyze", "--json", "--outcomes", "outcomes.csv"]
        for log in logs(folder):
            (Path(scratch) / log.name).write_bytes(_with_moments(log, truth) if truth else log.read_bytes())
            arguments += ["--primary" if log.name.startswith("v1") else "--shadow", log.name]
        arguments += ["--log-format", _EXACT_FORMAT] if truth else []
        ran = subprocess.run(
            [_PROGRAM, *arguments], cwd=scratch, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
        if ran.returncode:
            return Answer((), {}, f"exit status {ran.returncode}: {ran.stderr.strip()}")
        with (Path(scratch) / "outcomes.csv").open(encoding="utf-8", newline="") as table:
            return Answer(tuple(_rows(csv.DictReader(table))), json.loads(ran.stdout))


def _with_moments(log: Path, truth: Truth) -> bytes:
    lines = log.read_text(encoding="utf-8").splitlines()
    moments = [truth.began_s + truth.end_ms[log.stem, number] / 1000 for number in range(1, len(lines) + 1)]
    return "".join(f"{line} t={moment:.3f}\n" for line, moment in zip(lines, moments, strict=True)).encode()


def _rows(table: Iterable[dict[str, str]]) -> list[Row]:
    return [
        Row(
            (Path(row["file"]).stem, int(row["line"])),
            row["outcome"],
            (Path(row["pair_file"]).stem, int(row["pair_line"])) if row["pair_line"] else None,
            int(row["candidates"]),
        )
        for row in table
    ]
