import ast
import re
from pathlib import Path

import pytest

from tests.docs import readme

PAGE = readme.ROOT / "docs" / "threat-model.md"
CASES = readme.ROOT / "testdata" / "cases"
ATTACKS = CASES / "attacks"
ROWS = readme.table_rows(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_every_line_is_held_by_what_exists(row: tuple[str, ...]) -> None:
    """The last cell names cases, logs of cases or tests, and nothing else."""
    held = row[-1]
    assert re.sub(r"`[^`]+`(, )?", "", held) == ""
    names = readme.codes(held)
    assert names
    assert not [name for name in names if not _exists(name)]


def test_every_attack_is_in_a_line() -> None:
    """Whatever log lies among the attacks, some line of the page says what it is about."""
    named = {log for row in ROWS for name in readme.codes(row[-1]) if ": " in name for log in _logs_of(name)}
    logs = {file for kind in ATTACKS.iterdir() for file in _logs_in(kind)}
    assert logs
    assert sorted(logs - named) == []


def test_every_log_of_an_attack_is_judged() -> None:
    """No log lies there that no run reads."""
    unread = [
        file
        for kind in ATTACKS.iterdir()
        for file in kind.glob("*.gz")
        if f" {file.name} " not in (kind / "case.toml").read_text(encoding="utf-8").replace('"', " ")
    ]
    assert unread == []


def _exists(name: str) -> bool:
    if ": " in name:
        kind = ATTACKS / name.partition(": ")[0]
        return (kind / "case.toml").exists() and _logs_of(name) <= _logs_in(kind)
    file, _, test = name.partition("::")
    if file.startswith("tests/"):
        return not test or test in _tests_of(readme.ROOT / file)
    return (CASES / name / "case.toml").exists()


def _logs_of(name: str) -> set[str]:
    """`KIND: LOG ...` as `KIND/LOG`s."""
    kind, _, logs = name.partition(": ")
    return {f"{kind}/{log}" for log in logs.split()}


def _logs_in(kind: Path) -> set[str]:
    return {f"{kind.name}/{re.split(r'[.-]v1[.]', file.name)[0]}" for file in kind.glob("*v1.*")}


def _tests_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
