"""Judges logs, a saved report or what was watched; writes the verdicts wherever they are asked for."""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from io import BufferedReader
from pathlib import Path

from mirrorcheck.checks.evaluate import evaluate, evaluate_all
from mirrorcheck.checks.expectations import CheckOptions, Expectations, checks_anything, complete_checks
from mirrorcheck.checks.sequential import EveryRequest, SequentialTest, sequential
from mirrorcheck.checks.unjudged import lacks
from mirrorcheck.checks.verdicts import CheckResult, Verdicts
from mirrorcheck.cli.analyze_run import analyzed
from mirrorcheck.cli.failures import write_no_more
from mirrorcheck.cli.options import LogNames
from mirrorcheck.cli.verdict_options import Outputs
from mirrorcheck.engine.decided import Decided
from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.outcomes.settle import Bools
from mirrorcheck.reading.open import logs_by_shadow, open_logs
from mirrorcheck.render.ci import github
from mirrorcheck.render.ci.junit import write_junit
from mirrorcheck.render.ci.markdown import to_markdown
from mirrorcheck.render.terminal import verdicts as shown
from mirrorcheck.render.terminal.inputs import write_foreign
from mirrorcheck.render.terminal.report import render
from mirrorcheck.render.terminal.sheet import WIDEST, PlainConsole, Sheet
from mirrorcheck.report.dump import dump
from mirrorcheck.report.load import read_reports
from mirrorcheck.report.model import Report
from mirrorcheck.report.several import Reports
from mirrorcheck.settings import Options, parse_percent

INTERRUPTED = 130
_STDIN = "-"
_REPORT_BEGINS = (b'"schema": "mirrorcheck.report/', b'"schema": "mirrorcheck.reports/')
_PEEKED = 64
_WHOLE = (0.0, 100.0)


Tests = Mapping[str, SequentialTest | EveryRequest]


def judge(
    found: Report | Reports,
    wanted: Expectations,
    outputs: Outputs,
    tests: Tests | None = None,
    *,
    verbose: bool = False,
) -> int:
    """Evaluate what was found, write the verdicts wherever they are asked for, and return the exit status.

    tests: the sequential ones by shadow, "" where it has no name. verbose: behind the verdicts, with the first lines
    that are no requests.
    """
    if isinstance(found, Reports):
        verdicts = evaluate_all(found, wanted, tests)
    else:
        verdicts = evaluate(found, wanted, tests.get("") if tests else None)
    status = outputs.status(verdicts.verdict)
    try:
        _write(verdicts, outputs)
        if verbose and not outputs.json:
            _show_foreign(found)
        # At exit it would be too late to distinguish a full disk from success.
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the verdicts has seen enough, but a pipeline lives by the status.
        write_no_more()
    return status


def _write(verdicts: Verdicts, outputs: Outputs) -> None:
    """Files first: they shall be there even if nobody reads standard output to its end."""
    taken = outputs.taken(verdicts.verdict)
    if outputs.junit:
        write_junit(verdicts, outputs.instead, outputs.junit)
    if outputs.markdown:
        outputs.markdown.write_text(to_markdown(verdicts, taken), encoding="utf-8")
    if not outputs.for_github:
        _show(verdicts, outputs)
        return
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        github.append_summary(verdicts, taken, Path(summary))
    with nullcontext() if outputs.json else github.without_commands(sys.stdout):
        _show(verdicts, outputs)
    # A document on standard output stays one; the runner reads either stream.
    github.annotate(verdicts, outputs.instead, sys.stderr if outputs.json else sys.stdout)


def _show_foreign(found: Report | Reports) -> None:
    console = PlainConsole(file=sys.stdout)
    sheet = Sheet.on(console)
    for report in found.values() if isinstance(found, Reports) else (found,):
        write_foreign(sheet, report)
    sheet.print(console)


def _show(verdicts: Verdicts, outputs: Outputs) -> None:
    taken = outputs.taken(verdicts.verdict)
    if outputs.json:
        shown.dump(verdicts, taken, outputs.status(verdicts.verdict), sys.stdout)
    else:
        # The log of a pipeline has no width of its own, and a check is best read, and searched for, on one line.
        free = not sys.stdout.isatty() and "COLUMNS" not in os.environ
        console = PlainConsole(file=sys.stdout, width=WIDEST if free else None)
        shown.render(verdicts, taken, console)


def judge_or_show(report: Report, wanted: Expectations | None, outputs: Outputs) -> int:
    """Judge a report on probes, or write the report itself where nothing is expected; the exit status."""
    if wanted is not None:
        return judge(report, wanted, outputs)
    if outputs.json:
        dump(report, sys.stdout)
    else:
        sys.stdout.write("\n")
        render(report, PlainConsole(file=sys.stdout))
    sys.stdout.flush()
    return 0


@dataclass(frozen=True, slots=True)
class LiveChecks:
    """The checks of a live source. wanted: None without any. expect: percent, in place of the mirror rule's."""

    wanted: Expectations | None
    expect: float | None
    outputs: Outputs

    @classmethod
    def of(cls, options: CheckOptions, outputs: Outputs) -> "LiveChecks":
        """Complete the options; UsageError where they mean nothing."""
        expect = None if options.expect is None else parse_percent(options.expect, "--expect")
        if expect not in _WHOLE and options.within is None:
            options = replace(options, expect=None)  # what is expected, and no check: there is no tolerance
        return cls(complete_checks(options) if checks_anything(options) else None, expect, outputs)

    def test(self, paired: Bools) -> SequentialTest | EveryRequest:
        """The sequential test of the ratio after these originals; UsageError where no check is of the ratio."""
        test = sequential(self.wanted) if self.wanted else None
        if test is None:
            raise UsageError("--timeout waits for a check of the ratio to be sure. Give --expect or --min-ratio.")
        return test.after(paired)

    def tested(self, so_far: Decided) -> SequentialTest | EveryRequest:
        """The test after the lines seen so far."""
        return self.test(so_far.in_event_order(while_on=self.wanted is not None and self.wanted.while_on))

    def is_sure(self, so_far: Decided) -> bool:
        """Whether the test is sure after the lines seen so far."""
        return not so_far.settled.open and self.tested(so_far).verdict != CheckResult.INCONCLUSIVE

    def judge(self, found: Report | Reports, *, interrupted: bool, tests: Tests | None = None) -> int:
        """Judge and write the verdicts; the exit status. tests: the sequential ones, None without any."""
        if self.wanted is not None:
            return judge(found, self.wanted, self.outputs, tests)
        if interrupted:
            return INTERRUPTED
        reports: Mapping[str, Report] = found if isinstance(found, Reports) else {"": found}
        lacking = {name: why for name, report in reports.items() if (why := lacks(report))}
        for name, why in lacking.items():
            sys.stderr.write(f"{CheckResult.INCONCLUSIVE.word}: {f'{name}: ' if name else ''}{why}\n")
        return self.outputs.status(CheckResult.INCONCLUSIVE) if lacking else 0


def narrowed(options: Options, checks: CheckOptions) -> Options:
    """The options of an analysis with the paths that the checks choose."""
    return replace(
        options,
        only_path=(*options.only_path, *checks.only),
        exclude_path=(*options.exclude_path, *checks.ignore),
    )


def report_of(  # noqa: PLR0913  # what is read, and how
    names: LogNames,
    options: Options,
    checks: CheckOptions,
    outcomes: Path | None,
    *,
    overlap: bool,
    shadow_name: str | None = None,
) -> Report | Reports:
    """The report of the logs that are named, or the saved one; raises UsageError and InputError.

    checks: what they leave out of the analysis. overlap: as in a configuration. shadow_name: the only shadow wanted.
    """
    saved = _saved(names)
    if saved:
        _refuse_analysis(options, checks, outcomes, saved, overlap=overlap)
        return _only(saved, shadow_name) if shadow_name else saved
    logs = open_logs(names.files, names.primary, logs_by_shadow(names.shadow))
    options = narrowed(replace(options, overlap=options.overlap or overlap), checks)
    return analyzed(options, logs, outcomes, shadow_name)


def _only(saved: Report | Reports, name: str) -> Reports:
    return (saved if isinstance(saved, Reports) else Reports({}, "")).only(name)


def _saved(names: LogNames) -> Report | Reports | None:
    """The report of the one file that is given, if it is one; None for logs, which are left as they were."""
    if len(names.files) != 1 or names.primary or names.shadow:
        return None
    [name] = names.files
    if name == _STDIN:
        stdin = sys.stdin.buffer
        # What is peeked at is still there for those who read logs from it.
        surely = isinstance(stdin, BufferedReader) and _is_report(stdin.peek(_PEEKED)[:_PEEKED])
        return _parsed(stdin.read(), "standard input") if surely else None
    path = Path(name)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(_PEEKED)
        if _is_report(start):
            return _parsed(start + file.read(), name)
        # Some tools write the keys of a document in an order of their own; a log may have the ending as well.
        if path.suffix == ".json" and start.lstrip().startswith(b"{"):
            return _parsed(start + file.read(), name, perhaps=True)
    return None


def _is_report(start: bytes) -> bool:
    return any(begin in start for begin in _REPORT_BEGINS)


def _parsed(text: bytes, name: str, *, perhaps: bool = False) -> Report | Reports | None:
    try:
        document = json.loads(text)
    except ValueError as error:
        if perhaps:
            return None
        raise InputError(f"{name} is no complete JSON document: {error}. Save it anew.") from error
    return None if perhaps and "schema" not in document else read_reports(document, name)


def _refuse_analysis(
    options: Options, checks: CheckOptions, outcomes: Path | None, saved: Report | Reports, *, overlap: bool
) -> None:
    """What an analysis leaves out is settled in a saved report; UsageError for an option that would change it."""
    filters = (next(iter(saved.values())) if isinstance(saved, Reports) else saved).filters  # the same of all shadows
    usual = Options(expect=options.expect)
    changed = [field.name for field in fields(Options) if getattr(options, field.name) != getattr(usual, field.name)]
    changed += ["outcomes"] if outcomes else []
    changed += [] if set(checks.only) <= set(filters.only_paths) else ["only"]
    changed += [] if set(checks.ignore) <= set(filters.exclude_paths) else ["ignore"]
    changed += [] if overlap <= filters.overlap else ["overlap"]
    if changed:
        option = {"presumed_retries": "no_presumed_retries"}.get(changed[0], changed[0])
        raise UsageError(
            f"--{option.replace('_', '-')} cannot change a saved report. Give it to the analysis that writes the "
            "report, or give the logs."
        )
