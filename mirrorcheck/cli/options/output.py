"""The options of what becomes of verdicts, for every command that judges: raw words in, checked ones out."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.errors import UsageError

STATUS = {CheckResult.PASS: 0, CheckResult.FAIL: 1, CheckResult.INCONCLUSIVE: 3}

Junit = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the verdicts as JUnit XML, a test case for each check.")
]
Markdown = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the verdicts as Markdown, for a comment on a merge request.")
]
Github = Annotated[
    bool | None,
    typer.Option(
        "--github/--no-github",
        help="Annotate the run and write its summary.  [default: on where GITHUB_ACTIONS is set]",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write the verdicts as one JSON document instead of the text.")]
Inconclusive = Annotated[
    str | None,
    typer.Option(metavar="fail|pass", help="Take an inconclusive check as passed or failed, not as status 3."),
]


@dataclass(frozen=True, slots=True)
class AskedOutputs:
    """Where verdicts go, and what the exit status makes of those that are inconclusive (None: a status of its own)."""

    junit: Path | None
    markdown: Path | None
    github: bool
    json: bool
    inconclusive: CheckResult | None

    def status(self, verdict: CheckResult) -> int:
        """The exit status of a joint verdict."""
        return STATUS[self.taken(verdict)]

    def taken(self, verdict: CheckResult) -> CheckResult:
        """What a verdict counts as."""
        return self.inconclusive if verdict == CheckResult.INCONCLUSIVE and self.inconclusive else verdict


def output_options(
    *,
    junit: Junit = None,
    markdown: Markdown = None,
    github: Github = None,
    json: Json = False,
    inconclusive: Inconclusive = None,
) -> AskedOutputs:
    """Group the options of the outputs; UsageError for a file that cannot be written."""
    for option, path in (("--junit", junit), ("--markdown", markdown)):
        _check_target(option, path)
    if inconclusive not in {None, "fail", "pass"}:
        raise UsageError(f"--inconclusive {inconclusive} means nothing. Give fail or pass.")
    return AskedOutputs(
        junit,
        markdown,
        github=os.environ.get("GITHUB_ACTIONS") == "true" if github is None else github,
        json=json,
        inconclusive=CheckResult(inconclusive) if inconclusive else None,
    )


def _check_target(option: str, path: Path | None) -> None:
    """What is known too late costs a whole run of the pipeline."""
    if path and path.is_dir():
        raise UsageError(f"{option} {path}: it is a directory. Name a file in it.")
    if path and not path.absolute().parent.is_dir():
        raise UsageError(f"{option} {path}: the folder does not exist. Create it first.")
