"""The steps of action.yml and the job of examples/gitlab-ci.yml, run in a shell as their runners do."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.recordings import RECORDINGS
from tests.sample import sampled

ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")
# What a runner starts for `shell: bash` (docs.github.com, workflow syntax, jobs.<id>.steps[*].shell).
_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Ran:
    """What a step left behind."""

    status: int
    printed: str
    outputs: dict[str, str]
    summary: str


def run_step(number: int, folder: Path, **inputs: str) -> Ran:
    """Run a step of the action in a folder, with inputs as a workflow gives them and the defaults of the others."""
    step = ACTION["runs"]["steps"][number]
    assert step["shell"] == "bash"
    values = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
    unknown = {name.replace("_", "-") for name in inputs} - values.keys()
    assert not unknown
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    environment = {
        name: _EXPRESSION.sub(lambda use: values[use[1]], text) for name, text in step.get("env", {}).items()
    }
    files = {name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.touch()
    script = folder / "step.sh"
    script.write_text(step["run"])
    done = subprocess.run(  # noqa: S603  # the steps are this project's own
        [*_BASH, str(script)],
        cwd=folder,
        env=surroundings(folder) | {name: str(file) for name, file in files.items()} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
    return Ran(done.returncode, done.stdout + done.stderr, outputs, files["GITHUB_STEP_SUMMARY"].read_text())


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a runner; pip takes what is installed here instead of the network."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "RUNNER_TEMP": str(folder / "temp"),
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one the wrong way round: 0 is without isolation
        "PIP_CONFIG_FILE": os.devnull,
        "MIRRORCHECK_CFLAGS": "-O0",  # the scanner is compiled, and hardly used
    }


def logs(folder: Path, name: str) -> Path:
    """A folder with the logs of a recording in it."""
    for log in ("v1.log", "v2.log"):
        shutil.copy(RECORDINGS / name / log, folder / log)
    return folder


def test_action_installs_itself(tmp_path: Path) -> None:
    """The first step puts mirrorcheck where the second takes it from."""
    ran = run_step(0, tmp_path)
    assert ran.status == 0, ran.printed
    assert (tmp_path / "temp" / "mirrorcheck" / "mirrorcheck" / "cli" / "main.py").exists()


@pytest.mark.parametrize(
    ("name", "inputs", "status", "verdict"),
    sampled(
        [
            ("shadow-restarted", {"logs": "v1.log\nv2.log\n", "expect": "100", "junit": "mirror.xml"}, 1, "fail"),
            ("sampled-50", {"logs": "v1.log\nv2.log", "expect": "$(touch pwned)"}, 2, "error"),
            ("sampled-50", {"logs": "v1.log\nv2.log", "expect": "50", "within": "1"}, 3, "inconclusive"),
            (
                "sampled-50",
                {"logs": "v1.log\nv2.log", "expect": "50", "within": "1", "inconclusive": "pass"},
                0,
                "pass",
            ),
            ("all-copied-busy", {"primary": "v1.log", "shadow": "v2.log", "expect": "100"}, 0, "pass"),
            ("sampled-50", {"logs": "v1.log\nv2.log", "forbid_writes": "true", "while_on": "true"}, 1, "fail"),
            ("sampled-50", {"logs": "v1.log\nv2.log"}, 2, "error"),
        ],
        4,
    ),
)
def test_action_judges(tmp_path: Path, name: str, inputs: dict[str, str], status: int, verdict: str) -> None:
    """The second step fails as the command does, and tells its verdict to the steps after it."""
    ran = run_step(1, logs(tmp_path, name), **inputs)
    assert ran.status == status, ran.printed
    assert ran.outputs == {"verdict": verdict, "status": str(status)}
    assert ("### " in ran.summary) == (status != 2)
    assert ("::error " in ran.printed) == (status == 1)
    assert (tmp_path / "mirror.xml").exists() == ("junit" in inputs)
    assert not (tmp_path / "pwned").exists()


def test_action_takes_lists_and_further_arguments(tmp_path: Path) -> None:
    """One value a line, spaces and all."""
    logs(tmp_path, "sampled-50")
    (tmp_path / "v1.log").rename(tmp_path / "my v1.log")
    inputs = {"primary": "my v1.log", "shadow": "v2.log", "ignore": "/api/cart\n/api/orders*\n"}
    ran = run_step(1, tmp_path, **inputs, expect="50", within="9", arguments="--horizon\n30s")
    assert ran.status == 0, ran.printed


def test_action_has_an_input_for_each_option() -> None:
    """Inputs, the environment of the step, and the options of the command are the same."""
    helped = subprocess.run(  # the program is this project's own
        [sys.executable, "-m", "mirrorcheck", "assert", "--help"], capture_output=True, text=True, check=True
    ).stdout
    options = set(re.findall(r"^  (?:-\w, )?--([\w-]+)", helped.partition("--primary FILE")[0], re.MULTILINE))
    of_the_action = set(ACTION["inputs"]) - {"logs", "primary", "shadow", "arguments"}
    assert of_the_action == options - {"github", "json"}
    environment = ACTION["runs"]["steps"][1]["env"]
    assert {use for text in environment.values() for use in _EXPRESSION.findall(text)} == set(ACTION["inputs"])


def test_no_input_is_written_into_a_script() -> None:
    """An input that is pasted into a script is a command that strangers may choose."""
    assert not any("${{" in step["run"] for step in ACTION["runs"]["steps"])


@pytest.mark.parametrize(("name", "status"), sampled([("shadow-restarted", 1), ("all-copied-busy", 0)], 1))
def test_gitlab_job(tmp_path: Path, name: str, status: int) -> None:
    """The job fetches both logs, fails as the command does, and leaves what it names as artifacts."""
    job = yaml.safe_load((ROOT / "examples" / "gitlab-ci.yml").read_text(encoding="utf-8"))["mirror"]
    (tmp_path / "bin").mkdir()
    kubectl = tmp_path / "bin" / "kubectl"
    recording = RECORDINGS / name
    kubectl.write_text(f'#!/bin/sh\ncase "$*" in *version=v1*) log=v1 ;; *) log=v2 ;; esac\ncat {recording}/$log.log\n')
    kubectl.chmod(0o755)
    environment = surroundings(tmp_path) | job["variables"]
    environment["PATH"] = f"{kubectl.parent}{os.pathsep}{environment['PATH']}"
    # GitLab's runner puts the lines of both into one script, which ends at the first that fails.
    script = "\n".join(["set -eo pipefail", *job["before_script"], *job["script"]])
    done = subprocess.run(  # noqa: S603  # the job is this project's own
        ["/bin/bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).exists()
    assert (tmp_path / "mirror.md").read_text().startswith("### ")
    assert job["allow_failure"]["exit_codes"] == [3]
