"""The options of commands that judge: where more checks are, and where the verdicts go."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from mirrorcheck.checks.expectations import CheckOptions
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.errors import UsageError
from mirrorcheck.option import Option

STATUS = {CheckResult.PASS: 0, CheckResult.FAIL: 1, CheckResult.INCONCLUSIVE: 3}


@dataclass(frozen=True, slots=True)
class Checks(CheckOptions):
    """The options of the checks, and the file with more of them; None: the one of the usual name, if there."""

    config: Annotated[
        Path | None, Option("Whose [checks] table to use.  [default: mirrorcheck.toml, if there]", "FILE")
    ] = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where verdicts go; UsageError for a file that cannot be written. inconclusive: what such a verdict counts as."""

    junit: Annotated[Path | None, Option("Write the verdicts as JUnit XML, a test case for each check.", "FILE")] = None
    markdown: Annotated[
        Path | None, Option("Write the verdicts as Markdown, for a comment on a merge request.", "FILE")
    ] = None
    github: Annotated[
        bool | None,
        Option(
            "Annotate the run and write its summary.  [default: on where GITHUB_ACTIONS is set]",
            named="github/--no-github",
        ),
    ] = None
    json: Annotated[bool, Option("Write the verdicts as one JSON document instead of the text.")] = False
    inconclusive: Annotated[
        str | None, Option("Take an inconclusive check as passed or failed, not as status 3.", "fail|pass")
    ] = None

    def __post_init__(self) -> None:
        # What is found out after the analysis costs a whole run of the pipeline.
        for option, path in (("--junit", self.junit), ("--markdown", self.markdown)):
            if path and path.is_dir():
                raise UsageError(f"{option} {path}: it is a directory. Name a file in it.")
            if path and not path.absolute().parent.is_dir():
                raise UsageError(f"{option} {path}: the folder does not exist. Create it first.")
        if self.inconclusive not in {None, "fail", "pass"}:
            raise UsageError(f"--inconclusive {self.inconclusive} means nothing. Give fail or pass.")

    @property
    def for_github(self) -> bool:
        """Whether the verdicts annotate a run of GitHub Actions."""
        return os.environ.get("GITHUB_ACTIONS") == "true" if self.github is None else self.github

    @property
    def instead(self) -> CheckResult | None:
        """What an inconclusive verdict counts as; None: as itself."""
        return CheckResult(self.inconclusive) if self.inconclusive else None

    def status(self, verdict: CheckResult) -> int:
        """The exit status of a joint verdict."""
        return STATUS[self.taken(verdict)]

    def taken(self, verdict: CheckResult) -> CheckResult:
        """What a verdict counts as."""
        return self.instead if verdict == CheckResult.INCONCLUSIVE and self.instead else verdict
