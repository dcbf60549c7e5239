"""A checked plan of probes and a service in; they are sent while its pods are read, and judged by what these logged."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.cli.options.output import AskedOutputs
from mirrorcheck.cli.probed import judge_report
from mirrorcheck.cli.watcher import watcher
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.discover.discovery import discover
from mirrorcheck.cluster.live_source import ClusterSource
from mirrorcheck.engine.watch.limits import Limits
from mirrorcheck.engine.watch.loop import WatchLoop
from mirrorcheck.engine.watch.snapshots import Subject
from mirrorcheck.errors import UsageError
from mirrorcheck.mesh.model import Overrides
from mirrorcheck.probe.asked import AskedProbe
from mirrorcheck.probe.run import Wanted, save
from mirrorcheck.probe.tally import Tally
from mirrorcheck.settings import Options, complete

_MAX_STREAMS = 100
_LOOK_S = 0.2
_GRACE_S = 30.0  # for streams to tell that they are silent


def probe_live(
    asked: AskedProbe,
    options: Options,
    wanted: Expectations | None,
    outputs: AskedOutputs,
    send: Callable[[], Tally],
) -> int:
    """Follow the service's pods, send, wait until every probe has its copy or the time is over, and judge."""
    service = asked.service
    if service is None:
        raise UsageError("no service to read. Give --service NAME.")
    client = Client.connect(service.kubeconfig, service.context, service.namespace)
    target = discover(client, service.service, Overrides())
    # What a stream may still log when the watching ends is a gap: no other end of a log hides anything.
    waiting = replace(options, horizon=f"{asked.timeout_s}s")
    settings = replace(complete(waiting), probe=Wanted(asked.plan.run, asked.plan.count), complete=True)
    with TemporaryDirectory(prefix="mirrorcheck-") as folder:
        watching = watcher(
            lambda queue: ClusterSource(client, target, queue, _MAX_STREAMS),
            Subject(target.service, target.namespace, None),
            waiting,
            settings,
            Path(folder),
        )
        try:
            watching.start(Limits())
            tally = send()
            _wait(watching, tally.run().sent, asked.timeout_s)
        finally:
            found = watching.finish()
            client.close()
        run = tally.run()
        if asked.save:
            save(run, asked.save)
        judged = replace(settings, probe=Wanted(run.run, run.sent))
        return judge_report(found.report(judged), wanted, outputs)


def _wait(watching: WatchLoop, sent: int, timeout_s: float) -> None:
    """Wait until all probes have their copy, or for so long after each, as far as the streams tell; Ctrl-C ends it."""
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
