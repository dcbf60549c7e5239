"""Runs `mirrorcheck watch`: connects, shows what is seen until it ends, reports and judges."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

import numpy as np

from mirrorcheck.cli.judge import LiveChecks
from mirrorcheck.cli.live_options import Display, Target
from mirrorcheck.cli.options import Detail
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError
from mirrorcheck.cluster.discover.discovery import UNREADABLE_LOGS, discover
from mirrorcheck.cluster.discover.target import Target as Discovered
from mirrorcheck.cluster.live_source import ClusterSource
from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.watch.loop import Enough, LiveSource, WatchLoop, now_us
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.mesh.model import Overrides, parse_labels, parse_shadow
from mirrorcheck.render.live.jsonl import JsonLines, report_event
from mirrorcheck.render.live.lines import LineWriter, run_lines
from mirrorcheck.render.live.plain import PlainLines
from mirrorcheck.render.live.screen import run_screen
from mirrorcheck.render.live.terminal import is_drawable
from mirrorcheck.render.terminal.mirror_rule import render_rule
from mirrorcheck.render.terminal.report import render
from mirrorcheck.render.terminal.sheet import PlainConsole
from mirrorcheck.report import dump as documents
from mirrorcheck.report.model import Report
from mirrorcheck.scratch import scratch_folder
from mirrorcheck.settings import Options, Settings, complete
from mirrorcheck.sources.feed import FeedEvent
from mirrorcheck.sources.pipe import Pipe
from mirrorcheck.sources.recording import Recorder
from mirrorcheck.totals.lines_spool import LinesSpool, scratch_spool
from mirrorcheck.totals.lines_table import check_target, write_outcomes

SOUND, NOT_SOUND, UNREADABLE = 0, 1, 2
_WAIT_S = 0.25


SourceOf = Callable[["Queue[FeedEvent]"], LiveSource]
"""Makes the source that fills a queue."""


def check_rule(target: Target, expect: float | None) -> int:
    """Say what the mirror rule is and what is wrong with it; the exit status."""
    _, found = _discovered(target, expect)
    render_rule(found, PlainConsole(file=sys.stdout))
    # At exit it would be too late to distinguish a full disk or a reader that left from success.
    sys.stdout.flush()
    return SOUND if found.sound else UNREADABLE if found.reading.state == "unreadable" else NOT_SOUND


@dataclass(frozen=True, slots=True)
class Session:
    """What a command line asks of one watching."""

    target: Target
    display: Display
    options: Options
    detail: Detail
    checks: LiveChecks


def watch_cluster(session: Session) -> int:
    """Watch a service in the cluster; the exit status."""
    client, found = _discovered(session.target, session.checks.expect)
    # What is wrong with the rule is said before the first line is read, and stays on the terminal behind the screen.
    render_rule(found, PlainConsole(file=sys.stderr))
    for each in found.findings:
        if each.code == UNREADABLE_LOGS:
            raise ClusterError(f"{each.what}. {each.remedy}")
    subject = Subject(found.service, found.namespace, session.checks.expect)
    return _run(lambda queue: ClusterSource(client, found, queue, session.target.max_streams), subject, session)


def watch_pipe(session: Session) -> int:
    """Watch standard input; the exit status."""
    subject = Subject("standard input", "", session.checks.expect)
    return _run(lambda queue: Pipe(sys.stdin.fileno(), queue), subject, session)


def watcher(  # noqa: PLR0913, PLR0917  # what is watched, and how
    source_of: SourceOf,
    subject: Subject,
    options: Options,
    settings: Settings,
    folder: Path,
    spool: LinesSpool | None = None,
) -> WatchLoop:
    """Put the watching of a source together, not started yet.

    options: kept beside the text, for those who analyze the folder later. settings: by which it is judged meanwhile.
    spool: for the table of lines, if it is asked for.
    """
    queue: Queue[FeedEvent] = Queue()
    recorder = Recorder(folder, options)
    engine = Engine(settings, recorder.path, spool=spool)
    return WatchLoop(queue, source_of(queue), recorder, engine, Snapshots(subject, now_us()))


def _discovered(target: Target, expect: float | None) -> tuple[Client, Discovered]:
    overrides = Overrides(
        primary=() if target.primary is None else parse_labels(target.primary, "--primary"),
        shadow=() if target.shadow is None else parse_shadow(target.shadow),
        container=target.container or "",
        expect=expect,
    )
    client = Client.connect(target.kubeconfig, target.context, target.namespace)
    return client, discover(client, target.service, overrides)


def _run(source_of: SourceOf, subject: Subject, session: Session) -> int:
    settings, checks = complete(session.options), session.checks
    if session.detail.outcomes:
        check_target(session.detail.outcomes, ())
    until_sure = session.display.timeout is not None
    if until_sure:
        checks.test(np.zeros(0, np.bool_))  # says now, not at the end, that there is nothing to be sure of
    laid_aside = scratch_spool() if session.detail.outcomes else nullcontext()
    with _folder(session.display.save) as folder, laid_aside as spool:
        watching = watcher(source_of, subject, session.options, settings, folder, spool)
        interrupted = _show_until_ended(watching, session, checks.is_sure if until_sure else None)
        found = watching.finish()
        report = found.report(settings)
        _write(report, session)
        # Without the field that was asked for, the report is shown, but nothing is judged by it.
        found.refuse_unlogged()
        test = checks.tested(decided(found)) if until_sure else None
        status = checks.judge(report, interrupted=interrupted, test=test)
        if watching.lost:
            raise watching.lost
        return status


@contextmanager
def _folder(save: Path | None) -> Iterator[Path]:
    """Where what is received is kept while it is watched, or for good."""
    if save is not None:
        yield save
        return
    with scratch_folder("what is received", "TMPDIR or --save") as folder:
        yield folder


def _show_until_ended(watching: WatchLoop, session: Session, enough: Enough | None) -> bool:
    """Show what is seen until it is enough; True if it was interrupted."""
    display = session.display
    # The end of a pod or a pipeline comes as SIGTERM, that of a terminal as SIGHUP: they get the report so far, as
    # Ctrl-C does, and nothing is left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        watching.start(display.limits, enough)
        stream = sys.stderr if session.checks.outputs.json else sys.stdout
        console = PlainConsole(file=stream)
        if is_drawable(console) and not display.plain and not display.jsonl:
            run_screen(lambda: watching.state, watching.ended.is_set, console)
            return False
        lines: LineWriter = PlainLines(display.interval_s, console.encoding)
        if display.jsonl:
            lines, stream = JsonLines(display.interval_s), sys.stdout
        run_lines(lambda: watching.state, watching.ended.is_set, lines, stream, lambda: watching.ended.wait(_WAIT_S))
    except KeyboardInterrupt:
        return True
    return False


def _write(report: Report, session: Session) -> None:
    detail, checks = session.detail, session.checks
    if detail.outcomes:
        write_outcomes(report.tables(), detail.outcomes)
    if session.display.jsonl:
        sys.stdout.write(report_event(report) + "\n")
    elif checks.outputs.json and checks.wanted is None:
        documents.dump(report, sys.stdout)
    else:
        render(report, PlainConsole(file=sys.stdout), verbose=detail.verbose)
    sys.stdout.flush()
