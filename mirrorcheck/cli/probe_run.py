"""Runs `mirrorcheck probe`: sends the probes, waits until they are logged, and judges the logs or the service."""

import json
import sys
from dataclasses import replace
from functools import partial

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.cli.live_options import Surroundings
from mirrorcheck.cli.verdict_options import Outputs
from mirrorcheck.errors import InputError
from mirrorcheck.probe.plan import Plan
from mirrorcheck.probe.run import Run, Wanted, save, to_document
from mirrorcheck.probe.tally import Tally
from mirrorcheck.render.terminal.probe import ProbeProgress, judging_command, render_run
from mirrorcheck.render.terminal.sheet import PlainConsole
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.files import Inputs
from mirrorcheck.sources.probe_logs import ProbeLogs

_INTERRUPTED = 130


def run_probe(plan: Plan, around: Surroundings, options: Options, wanted: Expectations | None, outputs: Outputs) -> int:
    """Send the probes, judge them if there are logs, and return the exit status; UsageError, InputError."""
    inputs = Inputs.open((), around.primary, around.shadow) if around.primary or around.shadow else None
    logs = ProbeLogs(inputs, plan.run) if inputs else None
    progress = ProbeProgress(plan, sys.stderr)
    if around.service:
        from mirrorcheck.cli.probe_live import probe_live

        judge = partial(_judge, wanted, outputs)
        return probe_live(plan, around, options, partial(_send, plan, around, progress), judge)
    tally = _send(plan, around, progress)
    run = tally.run
    if around.save:
        save(run, around.save)
    if inputs is None or logs is None or not run.answered:
        _show(around, run, as_json=outputs.json)
        return _status(run, tally.broken)
    if not outputs.json:
        render_run(run, PlainConsole(file=sys.stdout))
    waited = _wait(around, logs, tally, progress)
    settings = replace(complete(options), run=Wanted(run.run, run.sent), complete=waited)
    from mirrorcheck.engine.batch import analyze_sources

    status = _judge(wanted, outputs, analyze_sources(inputs, settings))
    return _INTERRUPTED if wanted is None and run.sent < run.count else status


def _send(plan: Plan, around: Surroundings, progress: ProbeProgress) -> Tally:
    """Send the probes, from here or from the pod that is named."""
    try:
        if around.from_ is not None:
            return _send_from_pod(plan, around.from_, around, progress)
        from mirrorcheck.probe.sender import send_from_here

        tally = Tally(plan, watch=progress.watch)
        progress.begin()
        send_from_here(plan, tally)
        return tally
    finally:
        progress.end()


def _send_from_pod(plan: Plan, pod: str, around: Surroundings, progress: ProbeProgress) -> Tally:
    from mirrorcheck.cluster.api.client import Client
    from mirrorcheck.cluster.exec import find_place
    from mirrorcheck.cluster.probe_sender import send_from_pod

    client = Client.connect(around.kubeconfig, around.context, around.namespace)
    try:
        place = find_place(client, pod, around.container)
        tally = Tally(plan, str(place), progress.watch)
        progress.begin()
        send_from_pod(plan, tally, client, place)
    finally:
        client.close()
    return tally


def _show(around: Surroundings, run: Run, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{json.dumps(to_document(run), indent=2)}\n")
    else:
        command = judging_command(run, around.save) if run.answered else ""
        render_run(run, PlainConsole(file=sys.stdout), command)
    # At exit it would be too late to distinguish a full disk or a reader that left from success.
    sys.stdout.flush()


def _status(run: Run, broken: str) -> int:
    if broken:
        raise InputError(broken)
    if run.sent < run.count:
        return _INTERRUPTED
    if not run.answered:
        reason = max(run.failed, key=lambda each: run.failed[each])
        raise InputError(f"nothing answered at {run.url}: {reason}. Check the URL, or send from inside with --from.")
    return 0


def _wait(around: Surroundings, logs: ProbeLogs, tally: Tally, progress: ProbeProgress) -> bool:
    """Wait for the logs; whether it was waited as long as it takes."""
    try:
        logs.wait(tally.arrived, around.timeout_s, progress.wait)
    except KeyboardInterrupt:
        return False
    finally:
        progress.end()
    return True


def _judge(wanted: Expectations | None, outputs: Outputs, report: Report) -> int:
    from mirrorcheck.cli.judge import judge_or_show

    return judge_or_show(report, wanted, outputs)
