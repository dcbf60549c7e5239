"""Writes verdicts as a GitHub Actions runner reads them: annotations, and the summary of the step.

Escapes are those of actions/toolkit, packages/core (1.11); limits those of GitHub's documentation of workflow commands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TextIO

from mirrorcheck.checks.verdicts import Check, CheckResult, Verdicts
from mirrorcheck.render.ci.markdown import MOST_BYTES, to_markdown
from mirrorcheck.render.visible import visible

_LEVELS = {CheckResult.FAIL: "error", CheckResult.INCONCLUSIVE: "warning"}
_MOST_MESSAGE = 4000  # characters; GitHub cuts off about there, in the midst of an escape if need be
_TOKEN_BYTES = 16


@contextmanager
def without_commands(stream: TextIO) -> Iterator[None]:
    """Keep the runner from taking what is written meanwhile, which may quote a log, for commands to it.

    A path such as `/::add-mask::x` is harmless within a line, but `##[...]` counts anywhere in one.
    """
    token = token_hex(_TOKEN_BYTES)
    stream.write(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        stream.write(f"::{token}::\n")


def annotate(verdicts: Verdicts, inconclusive: CheckResult | None, stream: TextIO) -> None:
    """Write an annotation for each check that does not pass, at the level of what it is taken as."""
    for check in verdicts.checks:
        if check.verdict == CheckResult.PASS:
            continue
        taken = inconclusive or check.verdict if check.verdict == CheckResult.INCONCLUSIVE else check.verdict
        level = "notice" if taken == CheckResult.PASS else _LEVELS[taken]
        title = f"mirrorcheck: {check.title} {check.verdict.value}"
        stream.write(f"::{level} title={_property(title)}::{_data(_message(check))}\n")


def _message(check: Check) -> str:
    summary = f"expected {check.expected}, found {check.found}, {check.evidence}"
    return "\n".join((summary, *(visible(note) for note in check.notes)))[:_MOST_MESSAGE]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def append_summary(verdicts: Verdicts, taken: CheckResult, path: Path) -> None:
    """Append the Markdown to the step's summary, within what GitHub takes; raises OSError where it cannot."""
    written = path.stat().st_size if path.exists() else 0
    with path.open("a", encoding="utf-8") as stream:
        stream.write(to_markdown(verdicts, taken, most_bytes=max(0, MOST_BYTES - written)))
