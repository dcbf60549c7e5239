"""Logs or a saved report and expectations in; verdicts, written wherever they are asked for, and a status out."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from io import BufferedReader
from pathlib import Path

from mirrorcheck.checks.config import Config
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.checks.sequential import EveryRequest, SequentialTest
from mirrorcheck.checks.verdicts import Verdicts
from mirrorcheck.cli.analyze import analyzed
from mirrorcheck.cli.options.analysis import AskedAnalysis
from mirrorcheck.cli.options.output import AskedOutputs
from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.reading.open import open_logs
from mirrorcheck.render.ci import github
from mirrorcheck.render.ci.junit import write_junit
from mirrorcheck.render.ci.markdown import to_markdown
from mirrorcheck.render.console import PlainConsole
from mirrorcheck.render.terminal import verdicts as shown
from mirrorcheck.render.terminal.inputs import write_foreign
from mirrorcheck.render.terminal.sheet import WIDEST, Sheet
from mirrorcheck.report.load import read_report
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options

_STDIN = "-"
_REPORT_BEGINS = b'"schema": "mirrorcheck.report/'
_PEEKED = 64


def judge(
    report: Report,
    wanted: Expectations,
    outputs: AskedOutputs,
    test: SequentialTest | EveryRequest | None = None,
    *,
    verbose: bool = False,
) -> int:
    """Evaluate a report, write the verdicts wherever they are asked for, and return the exit status.

    verbose: behind the verdicts, with the first lines that are no requests.
    """
    verdicts = evaluate(report, wanted, test)
    status = outputs.status(verdicts.verdict)
    try:
        _write(verdicts, outputs)
        if verbose and not outputs.json:
            _show_foreign(report)
        # At exit it would be too late to tell a full disk from success.
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the verdicts has seen enough, but a pipeline lives by the status.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _write(verdicts: Verdicts, outputs: AskedOutputs) -> None:
    """Files first: they shall be there even if nobody reads standard output to its end."""
    taken = outputs.taken(verdicts.verdict)
    if outputs.junit:
        write_junit(verdicts, outputs.inconclusive, outputs.junit)
    if outputs.markdown:
        outputs.markdown.write_text(to_markdown(verdicts, taken), encoding="utf-8")
    if not outputs.github:
        _show(verdicts, outputs)
        return
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        github.append_summary(verdicts, taken, Path(summary))
    with nullcontext() if outputs.json else github.without_commands(sys.stdout):
        _show(verdicts, outputs)
    # A document on standard output stays one; the runner reads either stream.
    github.annotate(verdicts, outputs.inconclusive, sys.stderr if outputs.json else sys.stdout)


def _show_foreign(report: Report) -> None:
    console = PlainConsole(file=sys.stdout)
    sheet = Sheet.on(console)
    write_foreign(sheet, report)
    sheet.print(console)


def _show(verdicts: Verdicts, outputs: AskedOutputs) -> None:
    taken = outputs.taken(verdicts.verdict)
    if outputs.json:
        shown.dump(verdicts, taken, outputs.status(verdicts.verdict), sys.stdout)
    else:
        # The log of a pipeline has no width of its own, and a check is best read, and searched for, on one line.
        free = not sys.stdout.isatty() and "COLUMNS" not in os.environ
        console = PlainConsole(file=sys.stdout, width=WIDEST if free else None)
        shown.render(verdicts, taken, console)


def report_of(asked: AskedAnalysis, config: Config) -> Report:
    """The report of the logs that are asked for, or the saved one; raises UsageError and InputError.

    `config` says, for options and file together, what is left out of the analysis.
    """
    saved = _saved(asked.names)
    if saved:
        _refuse_analysis(asked, config, saved)
        return saved
    options = replace(
        asked.options,
        only_path=(*asked.options.only_path, *config.only),
        exclude_path=(*asked.options.exclude_path, *config.ignore),
        overlap=asked.options.overlap or config.overlap,
    )
    with open_logs(*asked.names) as logs:
        return analyzed(options, logs, asked.outcomes)


def _saved(names: tuple[Sequence[str], Sequence[str], Sequence[str]]) -> Report | None:
    """The report of the one file that is given, if it is one; None for logs, which are left as they were."""
    files, primary, shadow = names
    if len(files) != 1 or primary or shadow:
        return None
    [name] = files
    if name == _STDIN:
        stdin = sys.stdin.buffer
        # What is peeked at is still there for those who read logs from it.
        surely = isinstance(stdin, BufferedReader) and _REPORT_BEGINS in stdin.peek(_PEEKED)[:_PEEKED]
        return _parsed(stdin.read(), "standard input") if surely else None
    path = Path(name)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(_PEEKED)
        if _REPORT_BEGINS in start:
            return _parsed(start + file.read(), name)
        # Some tools write the keys of a document in an order of their own; a log may have the ending as well.
        if path.suffix == ".json" and start.lstrip().startswith(b"{"):
            return _parsed(start + file.read(), name, perhaps=True)
    return None


def _parsed(text: bytes, name: str, *, perhaps: bool = False) -> Report | None:
    try:
        document = json.loads(text)
    except ValueError as error:
        if perhaps:
            return None
        raise InputError(f"{name} is no complete JSON document: {error}. Save it anew.") from error
    return None if perhaps and "schema" not in document else read_report(document, name)


def _refuse_analysis(asked: AskedAnalysis, config: Config, saved: Report) -> None:
    """What an analysis leaves out is settled in a saved report; UsageError for an option that would change it."""
    told = Options(expect=asked.options.expect)
    changed = [name for name in Options.__dataclass_fields__ if getattr(asked.options, name) != getattr(told, name)]
    changed += ["outcomes"] if asked.outcomes else []
    changed += [] if set(config.only) <= set(saved.filters.only_paths) else ["only"]
    changed += [] if set(config.ignore) <= set(saved.filters.exclude_paths) else ["ignore"]
    changed += [] if config.overlap <= saved.filters.overlap else ["overlap"]
    if changed:
        option = {"presumed_retries": "no_presumed_retries"}.get(changed[0], changed[0])
        message = (
            f"--{option.replace('_', '-')} cannot change a saved report. Give it to the analysis that writes the "
            "report, or give the logs."
        )
        raise UsageError(message)
