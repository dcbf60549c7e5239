"""What is written for whoever carries on is there: files, commands, and the checks that run before a commit."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
_PATH = re.compile(
    r"(?<![\w/.])((?:mirrorcheck|parsers|tests|testdata|benchmarks|docs|examples|requirements)/[\w./-]+)"
)


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_is_there(name: str) -> None:
    """A path or a link that leads nowhere sends its reader astray."""
    text = (ROOT / name).read_text(encoding="utf-8")
    named = {path.rstrip("./") for path in _PATH.findall(text)}
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link}
    assert named
    assert links
    assert [path for path in sorted(named | links) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md"])
def test_every_target_of_make_that_is_named_is_one(name: str) -> None:
    """What a reader is told to make can be made."""
    named = set(re.findall(r"`?make (\w+)", (ROOT / name).read_text(encoding="utf-8")))
    targets = set(re.findall(r"^(\w+):", MAKEFILE, re.MULTILINE))
    assert named & targets
    assert named - targets <= {"it", "as"}


def test_hooks_are_the_checks_of_lint() -> None:
    """What runs before a commit is what CI runs, in the same order."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [
        hook["entry"].replace(".venv/bin/", "").replace(" --force-exclude", "") for hook in config["repos"][0]["hooks"]
    ]
    recipe = MAKEFILE[MAKEFILE.index("\nlint:") :].split("\n\n")[0].splitlines()[2:]
    assert hooks == [line.strip().replace("$(BIN)/", "").removesuffix(" .") for line in recipe]
