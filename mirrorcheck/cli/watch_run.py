"""Runs `mirrorcheck watch`: connects, shows what is seen until it ends, reports and judges."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from queue import Queue

import numpy as np

from mirrorcheck.cli.analyze_run import show
from mirrorcheck.cli.judge import LiveChecks
from mirrorcheck.cli.live_options import Display, Target
from mirrorcheck.cli.options import Detail
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError
from mirrorcheck.cluster.discover.discovery import UNREADABLE_LOGS, discover_all
from mirrorcheck.cluster.discover.target import Target as Discovered
from mirrorcheck.cluster.live_source import ClusterSource
from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.watch.loop import Enough, LiveSource, WatchLoop, now_us
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.engine.watch.together import Watchings
from mirrorcheck.mesh.model import Overrides, parse_labels, parse_shadow
from mirrorcheck.render.live.jsonl import JsonLines, report_events
from mirrorcheck.render.live.lines import LineWriter, run_lines
from mirrorcheck.render.live.plain import PlainLines
from mirrorcheck.render.live.screen import run_screen
from mirrorcheck.render.live.terminal import is_drawable
from mirrorcheck.render.terminal.mirror_rule import render_rule
from mirrorcheck.render.terminal.sheet import PlainConsole
from mirrorcheck.report import dump as documents
from mirrorcheck.report.model import Report
from mirrorcheck.report.several import Reports
from mirrorcheck.scratch import scratch_folder
from mirrorcheck.settings import Options, Settings, by_shadow, complete
from mirrorcheck.sources.feed import FeedEvent
from mirrorcheck.sources.pipe import Pipe
from mirrorcheck.sources.recording import Recorder, keep_several
from mirrorcheck.totals.lines_spool import LinesSpool, scratch_spool
from mirrorcheck.totals.lines_table import check_target, write_outcomes
from mirrorcheck.totals.together import together

SOUND, NOT_SOUND, UNREADABLE = 0, 1, 2
_WAIT_S = 0.25


SourceOf = Callable[["Queue[FeedEvent]"], LiveSource]
"""Makes the source that fills a queue."""


def check_rule(target: Target, expect: float | None) -> int:
    """Say what the mirror rule is and what is wrong with it, for each shadow; the exit status is the worst."""
    _, every = _discovered(target, expect)
    _show_rules(every, PlainConsole(file=sys.stdout))
    # At exit it would be too late to distinguish a full disk or a reader that left from success.
    sys.stdout.flush()
    return max(map(_soundness, every.values()))


def _soundness(found: Discovered) -> int:
    return SOUND if found.sound else UNREADABLE if found.reading.state == "unreadable" else NOT_SOUND


def _show_rules(every: Mapping[str, Discovered], console: PlainConsole) -> None:
    for number, found in enumerate(every.values()):
        if number:
            console.print()
        render_rule(found, console)


@dataclass(frozen=True, slots=True)
class Session:
    """What a command line asks of one watching."""

    target: Target
    display: Display
    options: Options
    detail: Detail
    checks: LiveChecks


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched of one shadow, and by which options."""

    source_of: SourceOf
    subject: Subject
    options: Options


def watch_cluster(session: Session) -> int:
    """Watch a service in the cluster; the exit status."""
    client, every = _discovered(session.target, session.checks.expect)
    # What is wrong with the rule is said before the first line is read, and stays on the terminal behind the screen.
    _show_rules(every, PlainConsole(file=sys.stderr))
    for each in chain.from_iterable(found.findings for found in every.values()):
        if each.code == UNREADABLE_LOGS:
            raise ClusterError(f"{each.what}. {each.remedy}")
    return _run({name: _of_cluster(client, name, found, session) for name, found in every.items()}, session)


def _of_cluster(client: Client, name: str, found: Discovered, session: Session) -> Watched:
    """One shadow's watching, which follows the primary's logs, too, as it would alone."""
    subject = Subject(found.service, found.namespace, session.checks.expect, name)
    return Watched(
        lambda queue: ClusterSource(client, found, queue, session.target.max_streams), subject, session.options
    )


def watch_pipe(session: Session) -> int:
    """Watch standard input; the exit status."""
    pipe, expect = Pipe(sys.stdin.fileno()), session.checks.expect
    return _run(
        {
            name: Watched(pipe.shared, Subject("standard input", "", expect, name), options)
            for name, options in (by_shadow(session.options) or {"": session.options}).items()
        },
        session,
    )


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


def _discovered(target: Target, expect: float | None) -> tuple[Client, dict[str, Discovered]]:
    """What is found of each shadow, by its name; "" where there is one, or the user names one."""
    overrides = Overrides(
        primary=() if target.primary is None else parse_labels(target.primary, "--primary"),
        shadow=() if target.shadow is None else parse_shadow(target.shadow),
        container=target.container or "",
        expect=expect,
    )
    client = Client.connect(target.kubeconfig, target.context, target.namespace)
    return client, discover_all(client, target.service, overrides)


def _run(watched: Mapping[str, Watched], session: Session) -> int:
    settings, checks = {name: complete(each.options) for name, each in watched.items()}, session.checks
    if session.detail.outcomes:
        check_target(session.detail.outcomes, ())
    until_sure = session.display.timeout is not None
    if until_sure:
        checks.test(np.zeros(0, np.bool_))  # says now, not at the end, that there is nothing to be sure of
    with _folder(session.display.save) as folder, ExitStack() as laid_aside:
        folders = {"": folder} if "" in watched else keep_several(folder, list(watched))
        spools = {
            name: laid_aside.enter_context(scratch_spool()) if session.detail.outcomes else None for name in watched
        }
        watchings = Watchings(
            {
                name: watcher(each.source_of, each.subject, each.options, settings[name], folders[name], spools[name])
                for name, each in watched.items()
            }
        )
        interrupted = _show_until_ended(watchings, session, checks.is_sure if until_sure else None)
        looks = watchings.finish()
        reports = {name: look.report(settings[name]) for name, look in looks.items()}
        found = reports[""] if "" in reports else together(reports, None)
        _write(found, session)
        for look in looks.values():
            # Without the field that was asked for, the report is shown, but nothing is judged by it.
            look.refuse_unlogged()
        tests = {name: checks.tested(decided(look)) for name, look in looks.items()} if until_sure else None
        status = checks.judge(found, interrupted=interrupted, tests=tests)
        if watchings.lost:
            raise watchings.lost
        return status


@contextmanager
def _folder(save: Path | None) -> Iterator[Path]:
    """Where what is received is kept while it is watched, or for good."""
    if save is not None:
        yield save
        return
    with scratch_folder("what is received", "TMPDIR or --save") as folder:
        yield folder


def _show_until_ended(watchings: Watchings, session: Session, enough: Enough | None) -> bool:
    """Show what is seen until it is enough; True if it was interrupted."""
    display = session.display
    # The end of a pod or a pipeline comes as SIGTERM, that of a terminal as SIGHUP: they get the report so far, as
    # Ctrl-C does, and nothing is left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        watchings.start(display.limits, enough)
        stream = sys.stderr if session.checks.outputs.json else sys.stdout
        console = PlainConsole(file=stream)
        if is_drawable(console) and not display.plain and not display.jsonl:
            run_screen(lambda: watchings.states, watchings.ended, console)
            return False
        writers: list[LineWriter] = [PlainLines(display.interval_s, console.encoding) for _ in watchings.states]
        if display.jsonl:
            writers, stream = [JsonLines(display.interval_s) for _ in watchings.states], sys.stdout
        run_lines(lambda: watchings.states, watchings.ended, writers, stream, lambda: watchings.wait(_WAIT_S))
    except KeyboardInterrupt:
        return True
    return False


def _write(found: Report | Reports, session: Session) -> None:
    detail, checks = session.detail, session.checks
    if detail.outcomes:
        write_outcomes(found.tables(), detail.outcomes)
    if session.display.jsonl:
        sys.stdout.write("".join(f"{event}\n" for event in report_events(found)))
    elif checks.outputs.json and checks.wanted is None:
        documents.dump(found, sys.stdout)
    else:
        show(found, verbose=detail.verbose)
    sys.stdout.flush()
