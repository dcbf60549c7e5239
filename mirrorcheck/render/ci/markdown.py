"""Writes verdicts as Markdown, for the summary of a job or a comment on a merge request."""

import re

from mirrorcheck.checks.verdicts import Check, CheckResult, Verdicts
from mirrorcheck.render.terminal.verdicts import headline
from mirrorcheck.render.visible import visible

MOST_BYTES = 1024 * 1024
"""The most that GitHub takes for the summary of a step (docs.github.com, workflow commands, 2025)."""
_MOST_NOTE = 1000  # characters
_CUT = "\n\n(cut off)\n"
_MARKS = {CheckResult.PASS: "✅", CheckResult.FAIL: "❌", CheckResult.INCONCLUSIVE: "❔"}


def to_markdown(verdicts: Verdicts, taken: CheckResult, *, most_bytes: int = MOST_BYTES) -> str:
    """Return a heading, a table of the checks, and what would turn those that do not pass; at most `most_bytes`.

    Text of a log stands in fenced blocks only, where nothing in it is a link, a mention, an image or HTML.
    """
    title = f"### {_MARKS[verdicts.verdict]} mirrorcheck: {verdicts.verdict.word}, {headline(verdicts, taken)}"
    head = "| | check | expected | found | on |\n|---|---|---|---|---|"
    rows = "\n".join(_row(check) for check in verdicts.checks)
    text = (
        "\n\n".join([title, f"{head}\n{rows}", *(_details(check) for check in verdicts.checks if check.notes)]) + "\n"
    )
    if len(text.encode()) <= most_bytes:
        return text
    room = max(0, most_bytes - len(_CUT.encode()))
    # Whole blocks only: a fence left open would swallow what others write after it.
    kept = text.encode()[:room].decode(errors="ignore").rpartition("\n\n")[0]
    return kept + _CUT if room else ""


def _row(check: Check) -> str:
    cells = (f"{_MARKS[check.verdict]} {check.verdict.word}", check.title, check.expected, check.found, check.evidence)
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(text: str) -> str:
    """Our own words and numbers, with what Markdown would take for its own."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)


def _details(check: Check) -> str:
    notes = "\n".join(_shortened(visible(note)) for note in check.notes)
    longest = max((len(run) for run in re.findall(r"`+", notes)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"**{_escaped(check.title)}**, {check.verdict.value}:\n{fence}text\n{notes}\n{fence}"


def _shortened(note: str) -> str:
    return note if len(note) <= _MOST_NOTE else f"{note[:_MOST_NOTE]}..."
