"""The README's text comes in; its blocks, tables and commands go out, and a folder in which the commands run."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = "$ "
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]+)`")
_RECORDING = Path("testdata/recordings/shadow-restarted")
# A capture as `kubectl logs --prefix --timestamps` prints it, made of the lines of kubetail's.
_KUBETAIL_LINE = re.compile(r"^\[(\S+)\] (.* - - \[(\d+)/Feb/(\d+):(\S+) .*)$", re.MULTILINE)
_KUBECTL_LINE = r"[pod/\1/nginx] \4-02-\3T\5.500000000Z \2"


@dataclass(frozen=True, slots=True)
class Example:
    """A command that the README shows with all of its output."""

    command: str
    output: str


def text() -> str:
    """Return the README."""
    return README.read_text(encoding="utf-8")


def blocks(markdown: str, language: str) -> list[str]:
    """Return the fenced blocks of a language, in order."""
    return [body for found, body in _BLOCK.findall(markdown) if found == language]


def examples(markdown: str) -> list[Example]:
    """Return the commands of the `console` blocks with their output, in order."""
    return [example for block in blocks(markdown, "console") for example in _examples_of(block)]


def _examples_of(block: str) -> Iterator[Example]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Example(command, output)


def refreshed(markdown: str, folder: Path) -> str:
    """Return the README with what each command of its `console` blocks prints now in `folder`."""

    def _run_again(block: re.Match[str]) -> str:
        if block[1] != "console":
            return block[0]
        shown = (f"{_PROMPT}{each.command}\n{run(each.command, folder).stdout}" for each in _examples_of(block[2]))
        return f"```console\n{''.join(shown)}```"

    return _BLOCK.sub(_run_again, markdown)


def section(markdown: str, title: str) -> str:
    """Return what stands under a heading, its sub-sections included. Raises LookupError where there is none."""
    # A comment in a shell block looks like a heading.
    bare = _BLOCK.sub(lambda block: " " * len(block[0]), markdown)
    heading = re.search(rf"^(#+) {re.escape(title)}$", bare, re.MULTILINE)
    if not heading:
        raise LookupError(f"README.md has no section {title!r}")
    end = re.compile(rf"^#{{1,{len(heading[1])}}} ", re.MULTILINE).search(bare, heading.end())
    return markdown[heading.end() : end.start() if end else None]


def table_rows(markdown: str) -> list[tuple[str, ...]]:
    """Return the cells of all table rows, without the heads and their rules."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    rows = [tuple(cell.strip() for cell in _CELL_BORDER.split(line)[1:-1]) for line in lines]
    rules = {number for number, row in enumerate(rows) if set("".join(row)) <= set("-: ")}
    return [row for number, row in enumerate(rows) if number not in rules and number + 1 not in rules]


def codes(cell: str) -> list[str]:
    """Return what a text shows as code."""
    return _CODE.findall(cell)


def furnish(folder: Path) -> Path:
    """Put into an empty folder what the README's commands read, and return the folder.

    testdata/ as in the checkout; v1.log, v2.log and their compressed parts; v3.log, of a shadow that missed more;
    capture.log; and in bin/ stand-ins for kubectl and kubetail, which print the article's lines as each of them would.
    """
    shutil.copytree(ROOT / "testdata", folder / "testdata")
    for side in ("v1", "v2"):
        log = (folder / _RECORDING / f"{side}.log").read_bytes()
        (folder / f"{side}.log").write_bytes(log)
        half = log.index(b"\n", len(log) // 2) + 1
        for pod, part in (("a", log[:half]), ("b", log[half:])):
            (folder / f"{side}-{pod}.log.gz").write_bytes(gzip.compress(part))
    (folder / "v3.log").write_bytes(b"".join((folder / "v2.log").read_bytes().splitlines(keepends=True)[:400]))
    capture = (folder / "testdata/article.log").read_text(encoding="utf-8")
    (folder / "capture.log").write_text(capture, encoding="utf-8")
    (folder / "bin").mkdir()
    _stand_in(folder, "kubetail", capture)
    _stand_in(folder, "kubectl", _KUBETAIL_LINE.sub(_KUBECTL_LINE, capture))
    return folder


def _stand_in(folder: Path, program: str, output: str) -> None:
    script = folder / "bin" / program
    script.with_suffix(".txt").write_text(output, encoding="utf-8")
    script.write_text('#!/bin/sh\ncat "$0.txt"\n', encoding="utf-8")
    script.chmod(0o755)


def surroundings(folder: Path) -> Mapping[str, str]:
    """Return the environment of a user with a plain terminal of 80 columns, the stand-ins first on the path."""
    path = os.pathsep.join((str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    # Flags of a make that runs the tests would reach a make that a test runs.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return kept | {"PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm", "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def run(script: str, folder: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run shell commands in a furnished folder. Raises AssertionError where the exit status is another one."""
    done = subprocess.run(  # noqa: S603  # the commands are the README's own
        ["/bin/sh", "-eu", "-c", script],
        cwd=folder,
        env=surroundings(folder),
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != status:
        raise AssertionError(f"exit status {done.returncode}, not {status}: {script}\n{done.stderr}")
    return done
