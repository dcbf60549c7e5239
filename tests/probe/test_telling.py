"""What a person reads while probes are sent, and of them in a report."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from mirrorcheck.probe.plan import Plan, Words, make_plan
from mirrorcheck.probe.run import Run
from mirrorcheck.render.terminal.probe import ProbeProgress, judging_command, render_run
from mirrorcheck.render.terminal.report import render
from mirrorcheck.report.model import ProbeRun, Report
from tests.render.cases import HEALTHY

AT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
DONE = Run("k3f9a2", "http://t/\x1b[2J", "", 300, 300, {503: 1, 200: 297}, {"why\x07": 2}, AT, AT)


class Screen(io.TextIOWrapper):
    """A terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def plan() -> Plan:
    """Three hundred requests."""
    return make_plan(Words("http://target/", 300, "50"), "k3f9a2", 10.0)


def shown(report: Report) -> str:
    """A report as text, its white space as single spaces."""
    stream = io.StringIO()
    render(report, Console(file=stream, width=110, highlight=False))
    return " ".join(stream.getvalue().split())


def test_a_line_that_moves() -> None:
    """On a terminal one line is written over and over, never longer than the screen, and is gone at the end."""
    written = io.BytesIO()
    screen = Screen(written, encoding="utf-8")
    told = ProbeProgress(plan(), screen)
    told.begin()
    told.watch(replace(DONE, sent=120, answered={200: 100}, failed={"x": 3}))
    told.wait(300, 297)
    told.end()
    lines = written.getvalue().decode().split("\r\x1b[K")
    assert lines == [
        "",
        "probe run k3f9a2: 300 requests to http://target/, 50 a second",
        "probe run k3f9a2: 120 of 300 sent, 100 answered, 3 failed",
        "probe run k3f9a2: 300 logged by primary, 297 by shadow (Ctrl-C judges now)",
        "",
    ]
    assert all(len(line) <= 78 for line in lines)


def test_a_pipe_gets_one_line() -> None:
    """Elsewhere it is said once what will be sent."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="utf-8")
    told = ProbeProgress(plan(), stream)
    told.begin()
    told.watch(DONE)
    told.wait(1, 1)
    told.end()
    assert written.getvalue() == b"probe run k3f9a2: 300 requests to http://target/, 50 a second\n"


def test_a_run_in_80_columns() -> None:
    """Statuses in order, reasons by their number, nothing that moves a cursor; the command stands on one line."""
    stream = io.StringIO()
    command = judging_command(DONE, Path("a file.json"))
    render_run(DONE, Console(file=stream, width=80, highlight=False), command)
    assert stream.getvalue().splitlines() == [
        r"PROBE RUN k3f9a2  300 of 300 requests sent to http://t/\x1b[2J",
        "  answered      297 with 200",
        "                1 with 503",
        r"  failed        2: why\x07",
        "  time          10:00:00 - 10:00:00 2026-11-22, times in UTC",
        "  judge it with",
        "mirrorcheck assert --primary v1.log --shadow v2.log --probe 'a file.json' --expect 100",
    ]


def test_probes_in_a_report() -> None:
    """A run that is judged is told by its numbers, one that is not with the option that judges it."""
    judged = ProbeRun("k3f9a2", True, 299, 310, 300, 300, 299, 280, 10, 5, 4, 1)  # noqa: FBT003  # a noun
    other = ProbeRun("000000", False, 1, 2, 1)  # noqa: FBT003  # a noun
    told = shown(replace(HEALTHY, probes=(judged, other)))
    assert (
        "probes run k3f9a2: 299 of 300 seen by the primary, 280 copied once, 10 copied more than once, 5 not copied, "
        "4 unobserved, 1 seen by the shadow only 1 other run excluded"
    ) in told
    told = shown(replace(HEALTHY, probes=(other,)))
    assert "probes 1 request and 2 copies of run 000000 are excluded; --probe 000000 judges them" in told
    assert "probes" not in shown(HEALTHY)


def test_many_runs_take_little_room() -> None:
    """A log may hold the probes of any number of runs."""
    runs = tuple(ProbeRun(f"{number:06}", False, 1, 1, 1) for number in range(20))  # noqa: FBT003  # a noun
    told = shown(replace(HEALTHY, probes=runs))
    assert len(re.findall(r"--probe \d{6} judges them", told)) == 4
    assert "and 16 more runs" in told
