"""Runs `mirrorcheck probe --service`: sends the probes while the service's pods are followed, and judges their logs."""

import time
from collections.abc import Callable
from dataclasses import replace

from mirrorcheck.cli.live_options import Surroundings
from mirrorcheck.cli.watch_run import watcher
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.discover.discovery import discover
from mirrorcheck.cluster.live_source import ClusterSource
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.loop import WatchLoop
from mirrorcheck.engine.watch.snapshots import Subject
from mirrorcheck.mesh.model import Overrides
from mirrorcheck.probe.plan import Plan
from mirrorcheck.probe.run import Wanted, save
from mirrorcheck.probe.tally import Tally
from mirrorcheck.report.model import Report
from mirrorcheck.scratch import scratch_folder
from mirrorcheck.settings import Options, complete

_MAX_STREAMS = 100
_LOOK_S = 0.2
_GRACE_S = 30.0  # for streams to prove that they are silent


def probe_live(
    plan: Plan, around: Surroundings, options: Options, send: Callable[[], Tally], judge: Callable[[Report], int]
) -> int:
    """Follow the service's pods, send, wait until every probe has its copy or the time is over, and judge."""
    client = Client.connect(around.kubeconfig, around.context, around.namespace)
    target = discover(client, str(around.service), Overrides())
    # What a stream may still log when the watching ends is a gap: no other end of a log hides anything.
    waiting = replace(options, horizon=f"{around.timeout_s}s")
    settings = replace(complete(waiting), run=Wanted(plan.run, plan.count), complete=True)
    with scratch_folder("what is received") as folder:
        watching = watcher(
            lambda queue: ClusterSource(client, target, queue, _MAX_STREAMS),
            Subject(target.service, target.namespace, None),
            waiting,
            settings,
            folder,
        )
        try:
            watching.start(Limits())
            tally = send()
            _wait(watching, tally.run.sent, around.timeout_s)
        finally:
            found = watching.finish()
            client.close()
        run = tally.run
        if around.save:
            save(run, around.save)
        judged = replace(settings, run=Wanted(run.run, run.sent))
        return judge(found.report(judged))


def _wait(watching: WatchLoop, sent: int, timeout_s: float) -> None:
    """Wait until all probes have their copy, or for the time that a copy may take; Ctrl-C ends it."""
    until = time.monotonic() + timeout_s + _GRACE_S
    try:
        while time.monotonic() < until and not _is_decided(watching, sent) and not watching.ended.wait(_LOOK_S):
            pass
    except KeyboardInterrupt:
        return


def _is_decided(watching: WatchLoop, sent: int) -> bool:
    totals = watching.state.totals
    decided = totals.originals > totals.excluded + totals.pending and not totals.pending
    return totals.paired >= sent or (decided and totals.paired + totals.missed >= sent)
