"""Shows a probe run: one line of progress while it runs, and a summary at its end."""

import shlex
from pathlib import Path
from typing import TextIO

from rich.console import Console

from mirrorcheck.probe.plan import Plan
from mirrorcheck.probe.run import Run
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import TimeFormat, counted, cut, number
from mirrorcheck.render.visible import visible

_PROGRESS_COLUMNS = 78


class ProbeProgress:
    """One line on a stream: rewritten during the run on a terminal, elsewhere written once at the start."""

    def __init__(self, plan: Plan, stream: TextIO) -> None:
        self._plan, self._stream, self._live = plan, stream, stream.isatty()
        self._shown = ""

    def begin(self) -> None:
        """Say what will be sent."""
        plan = self._plan
        text = f"probe run {plan.run}: {counted(plan.count, 'request')} to {plan.shown_url}, {plan.rate:g} a second"
        if self._live:
            self._write(text)
        else:
            self._stream.write(f"{visible(text, self._stream.encoding)}\n")
            self._stream.flush()

    def watch(self, run: Run) -> None:
        """Say how far the sending is."""
        failed = sum(run.failed.values())
        done = f"{number(sum(run.answered.values()))} answered{f', {number(failed)} failed' if failed else ''}"
        self._write(f"probe run {run.run}: {number(run.sent)} of {number(run.count)} sent, {done}")

    def wait(self, originals: int, copies: int) -> None:
        """Say how far the logs are."""
        seen = f"{number(originals)} logged by primary, {number(copies)} by shadow"
        self._write(f"probe run {self._plan.run}: {seen} (Ctrl-C judges now)")

    def end(self) -> None:
        """Take the line away."""
        if self._live:
            self._write("")

    def _write(self, text: str) -> None:
        if self._live and text != self._shown:
            self._shown = text
            self._stream.write(f"\r\x1b[K{cut(text, _PROGRESS_COLUMNS, self._stream.encoding)}")
            self._stream.flush()


def render_run(run: Run, console: Console, judging: str = "") -> None:
    """Print the result of a run in at most 110 columns, and the command that judges it as one line."""
    sheet = Sheet.on(console)
    sent = f"{number(run.sent)} of {counted(run.count, 'request')} sent to {run.url}"
    sheet.flow(f"PROBE RUN {run.run}", Piece(sent, "bold"), layout=Layout(indent=18, margin=0))
    if run.sender:
        sheet.flow("from", Piece(run.sender))
    _write_ends(sheet, run)
    if judging:
        sheet.flow("judge it with", Piece(""))
    sheet.print(console)
    if judging:
        console.print(visible(judging, console.encoding), soft_wrap=True, markup=False)


def _write_ends(sheet: Sheet, run: Run) -> None:
    for index, (status, count) in enumerate(sorted(run.answered.items())):
        sheet.flow("" if index else "answered", Piece(f"{number(count)} with {status}"))
    for index, (reason, count) in enumerate(sorted(run.failed.items(), key=lambda each: -each[1])):
        sheet.flow("" if index else "failed", Piece(f"{number(count)}: {reason}", "red"))
    if run.first and run.last:
        clock = TimeFormat.over((run.first, run.last))
        sheet.flow("time", Piece(clock.span(run.first, run.last)), Piece(clock.title(), "dim"))


def judging_command(run: Run, saved: Path | None) -> str:
    """The command that judges a run from the logs of both sides, as a shell takes it."""
    probe = str(saved) if saved else run.run
    logs = ("--primary", "v1.log", "--shadow", "v2.log")
    return shlex.join(["mirrorcheck", "assert", *logs, "--probe", probe, "--expect", "100"])
