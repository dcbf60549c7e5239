"""Situations of real mirrors and real logs: each folder of testdata/cases holds its logs, commands and what is right.

A case.toml says with `about` where the situation is from. Each [[run]] has a `command`, whose words are those behind
`mirrorcheck`; the exit status `exit`, or several that are right; under [run.report] what the document of --json must
hold, by dotted path; `says`, texts that the output must contain; `never`, texts that it must not; and `missed`, how
many originals were truly missed, or several numbers that the logs leave open: the report's count or range holds them.
A run that is `long` shows what others of its case show, too: it is left to `make long`.
"""

import json
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.program import Ran, call

CASES = Path(__file__).parents[1] / "testdata" / "cases"


@dataclass(frozen=True, slots=True)
class Run:
    """One command of a case, and what is right."""

    folder: Path
    command: str
    exits: tuple[int, ...]
    report: dict[str, Any]
    says: tuple[str, ...]
    never: tuple[str, ...]
    missed: tuple[int, ...]
    is_long: bool  # others of its kind are tried for every commit


def _runs() -> dict[str, Run]:
    """The runs of all cases by their names."""
    runs = {}
    for file in sorted(CASES.rglob("case.toml")):
        case = tomllib.loads(file.read_text("utf-8"))
        name = file.parent.relative_to(CASES).as_posix()
        for number, run in enumerate(case["run"], 1):
            runs[f"{name}-{number}"] = Run(
                file.parent,
                run["command"],
                _numbers(run.get("exit", 0)),
                run.get("report", {}),
                tuple(run.get("says", ())),
                tuple(run.get("never", ())),
                _numbers(run.get("missed", [])),
                is_long=run.get("long", False),
            )
    return runs


def _numbers(value: int | list[int]) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


RUNS = _runs()
_EACH = [pytest.param(run, id=name, marks=pytest.mark.long if run.is_long else ()) for name, run in RUNS.items()]


@pytest.mark.parametrize("run", _EACH)
def test_case(run: Run) -> None:
    """The command ends with the status that is right, and its report holds the values that are."""
    if run.says or run.never or not run.missed:
        _check_text(run)
    if run.report or run.missed:
        _check_report(run)


def _check_text(run: Run) -> None:
    ran = _call(run)
    assert ran.status in run.exits, ran.out + ran.err
    for text in run.says:
        assert text in _unwrapped(ran.out + ran.err)
    for text in run.never:
        assert text not in _unwrapped(ran.out + ran.err)


def _check_report(run: Run) -> None:
    ran = _call(run, "--json")
    assert ran.status in run.exits, ran.err
    document = json.loads(ran.out)
    found = {path: _at(document, path) for path in run.report}
    assert found == run.report
    if run.missed:
        low, high = _missed(document)
        assert low <= min(run.missed)
        assert max(run.missed) <= high


def _call(run: Run, *more: str) -> Ran:
    return call(run.folder, *shlex.split(run.command), *more)


def _missed(document: Any) -> tuple[float, float]:  # noqa: ANN401  # JSON
    """How many originals a report calls missed, at least and at most."""
    count, open_ = document["originals"]["missed"], document["missed_range"]
    return (open_["low"], open_["high"]) if open_ else (count, count)


def _unwrapped(text: str) -> str:
    """The text on one line, so that a sentence is found however the terminal's width breaks it."""
    return " ".join(text.split())


def _at(document: Any, path: str) -> Any:  # noqa: ANN401  # JSON
    """The value at a dotted path; a number picks from a list."""
    value = document
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value
