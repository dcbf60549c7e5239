"""What `watch` was asked for comes in; what is seen, the report and the exit status go out."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

import numpy as np

from mirrorcheck.cli.judging import Judging
from mirrorcheck.cli.options.analysis import AskedAnalysis
from mirrorcheck.cli.options.watch import AskedShow, AskedTarget
from mirrorcheck.cli.watcher import SourceOf, watcher
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError
from mirrorcheck.cluster.discover.discovery import discover
from mirrorcheck.cluster.discover.log_findings import UNREADABLE_LOGS
from mirrorcheck.cluster.discover.target import Target
from mirrorcheck.cluster.live_source import ClusterSource
from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.watch.loop import Enough, WatchLoop
from mirrorcheck.engine.watch.snapshots import Subject
from mirrorcheck.errors import InputError
from mirrorcheck.mesh.model import Overrides, parse_labels, parse_shadow
from mirrorcheck.render.console import PlainConsole
from mirrorcheck.render.live.jsonl import JsonLines, report_event
from mirrorcheck.render.live.plain import PlainLines
from mirrorcheck.render.live.run import run_lines, run_screen
from mirrorcheck.render.live.terminal import is_drawable
from mirrorcheck.render.terminal.mirror_rule import render_rule
from mirrorcheck.render.terminal.report import render
from mirrorcheck.report import dump as documents
from mirrorcheck.report.model import Report
from mirrorcheck.settings import complete
from mirrorcheck.sources.pipe import Pipe
from mirrorcheck.totals.lines_table import check_target, write_outcomes

SOUND, NOT_SOUND, UNREADABLE = 0, 1, 2
_WAIT_S = 0.25


def check_rule(asked: AskedTarget, expect: float | None) -> int:
    """Say what the mirror rule is and what is wrong with it; the exit status."""
    _, target = _discovered(asked, expect)
    render_rule(target, PlainConsole(file=sys.stdout))
    # At exit it would be too late to tell a full disk or a reader that left from success.
    sys.stdout.flush()
    return SOUND if target.sound else UNREADABLE if target.reading.state == "unreadable" else NOT_SOUND


def watch_cluster(asked: AskedTarget, show: AskedShow, analysis: AskedAnalysis, judging: Judging) -> int:
    """Watch a service in the cluster; the exit status."""
    client, target = _discovered(asked, judging.expect)
    # What is wrong with the rule is said before the first line is read, and stays on the terminal behind the screen.
    render_rule(target, PlainConsole(file=sys.stderr))
    for each in target.findings:
        if each.code == UNREADABLE_LOGS:
            raise ClusterError(f"{each.what}. {each.remedy}")
    subject = Subject(target.service, target.namespace, judging.expect)
    return _run(lambda queue: ClusterSource(client, target, queue, asked.max_streams), subject, show, analysis, judging)


def watch_pipe(asked: AskedTarget, show: AskedShow, analysis: AskedAnalysis, judging: Judging) -> int:  # noqa: ARG001  # as watch_cluster
    """Watch standard input; the exit status."""
    subject = Subject("standard input", "", judging.expect)
    return _run(lambda queue: Pipe(sys.stdin.fileno(), queue), subject, show, analysis, judging)


def _discovered(asked: AskedTarget, expect: float | None) -> tuple[Client, Target]:
    overrides = Overrides(
        primary=() if asked.primary is None else parse_labels(asked.primary, "--primary"),
        shadow=() if asked.shadow is None else parse_shadow(asked.shadow),
        container=asked.container or "",
        expect=expect,
    )
    client = Client.connect(asked.kubeconfig, asked.context, asked.namespace)
    return client, discover(client, asked.service, overrides)


def _run(source_of: SourceOf, subject: Subject, show: AskedShow, analysis: AskedAnalysis, judging: Judging) -> int:
    options = judging.narrow(analysis.options)
    settings = complete(options)
    if analysis.outcomes:
        check_target(analysis.outcomes, ())
    if show.until_sure:
        judging.test(np.zeros(0, np.bool_))  # says now, not at the end, that there is nothing to be sure of
    enough = judging.is_sure if show.until_sure else None
    with _folder(show.save) as folder:
        watching = watcher(source_of, subject, options, settings, folder)
        interrupted = _show_until_ended(watching, show, enough, as_document=judging.outputs.json)
        found = watching.finish()
        report = found.report(settings)
        _write(report, show, analysis, as_document=judging.outputs.json and judging.wanted is None)
        # Without the field that was asked for, the report is shown, but nothing is judged by it.
        found.refuse_unlogged()
        test = judging.tested(decided(found)) if show.until_sure else None
        status = judging.status(report, interrupted=interrupted, test=test)
        if watching.lost:
            raise watching.lost
        return status


@contextmanager
def _folder(save: Path | None) -> Iterator[Path]:
    """Where what is received is kept while it is watched, or for good."""
    if save is not None:
        yield save
        return
    try:
        scratch = TemporaryDirectory(prefix="mirrorcheck-")
    except OSError as error:
        hint = "Make room there, or name another folder with TMPDIR or --save."
        raise InputError(f"no temporary folder can be made: {error.strerror}. {hint}") from error
    with scratch as folder:
        yield Path(folder)


def _show_until_ended(watching: WatchLoop, show: AskedShow, enough: Enough | None, *, as_document: bool) -> bool:
    """Show what is seen until it is enough; True if it was interrupted."""
    # The end of a pod or a pipeline comes as SIGTERM, that of a terminal as SIGHUP: they get the report so far, as
    # Ctrl-C does, and nothing is left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        watching.start(show.limits, enough)
        stream = sys.stderr if as_document else sys.stdout
        console = PlainConsole(file=stream)
        if show.jsonl:
            _run_lines(watching, JsonLines(show.interval_s), sys.stdout)
        elif is_drawable(console) and not show.plain:
            run_screen(lambda: watching.state, watching.ended.is_set, console)
        else:
            _run_lines(watching, PlainLines(show.interval_s, console.encoding), stream)
    except KeyboardInterrupt:
        return True
    return False


def _run_lines(watching: WatchLoop, lines: PlainLines | JsonLines, stream: TextIO) -> None:
    run_lines(lambda: watching.state, watching.ended.is_set, lines, stream, lambda: watching.ended.wait(_WAIT_S))


def _write(report: Report, show: AskedShow, analysis: AskedAnalysis, *, as_document: bool) -> None:
    if analysis.outcomes:
        write_outcomes(report.table, analysis.outcomes)
    if show.jsonl:
        sys.stdout.write(report_event(report) + "\n")
    elif as_document:
        documents.dump(report, sys.stdout)
    else:
        render(report, PlainConsole(file=sys.stdout), verbose=analysis.verbose)
    sys.stdout.flush()
