"""A checked plan of probes and expectations in; probes sent, logs read, what was found written, and a status out."""

import json
import sys
from dataclasses import replace

from mirrorcheck.checks.expectations import Expectations
from mirrorcheck.cli.options.output import AskedOutputs
from mirrorcheck.cli.probed import SENT, console, judge_report
from mirrorcheck.errors import InputError
from mirrorcheck.probe.asked import AskedPod, AskedProbe
from mirrorcheck.probe.plan import Plan
from mirrorcheck.probe.run import Run, Wanted, save, to_document
from mirrorcheck.probe.tally import Tally
from mirrorcheck.reading.workers import start_workers
from mirrorcheck.render.terminal.probe import ProbeProgress, judging_command, render_run
from mirrorcheck.settings import Options, Settings, complete
from mirrorcheck.sources.inputs import Inputs
from mirrorcheck.sources.probe_logs import ProbeLogs

_INTERRUPTED = 130


def run_probe(asked: AskedProbe, options: Options, wanted: Expectations | None, outputs: AskedOutputs) -> int:
    """Send the probes, judge them if there are logs, and return the exit status; UsageError, InputError."""
    plan = asked.plan
    inputs = Inputs.open((), asked.primary, asked.shadow) if asked.primary or asked.shadow else None
    logs = ProbeLogs(inputs, plan.run) if inputs else None
    told = ProbeProgress(plan, sys.stderr)
    if asked.service:
        from mirrorcheck.cli.probe_live import probe_live

        return probe_live(asked, options, wanted, outputs, lambda: send(asked, told))
    tally = send(asked, told)
    run = tally.run()
    if asked.save:
        save(run, asked.save)
    if inputs is None or logs is None or not run.answered:
        _show(asked, run, as_json=outputs.json)
        return _status(run, tally.broken)
    if not outputs.json:
        render_run(run, console())
    waited = _wait(asked, logs, tally, told)
    settings = replace(complete(options), probe=Wanted(run.run, run.sent), complete=waited)
    status = _judge(settings, inputs, wanted, outputs)
    return _INTERRUPTED if wanted is None and run.sent < run.count else status


def send(asked: AskedProbe, told: ProbeProgress) -> Tally:
    """Send the probes, from here or from the pod that is asked for."""
    try:
        if asked.pod is not None:
            return _send_from_pod(asked.plan, asked.pod, told)
        from mirrorcheck.probe.sender import send_from_here

        tally = Tally(asked.plan, watch=told.watch)
        told.begin()
        send_from_here(asked.plan, tally)
        return tally
    finally:
        told.end()


def _send_from_pod(plan: Plan, pod: AskedPod, told: ProbeProgress) -> Tally:
    from mirrorcheck.cluster.api.client import Client
    from mirrorcheck.cluster.discover.probe_pod import find_place
    from mirrorcheck.cluster.probe_sender import send_from_pod

    client = Client.connect(pod.kubeconfig, pod.context, pod.namespace)
    try:
        place = find_place(client, pod.named, pod.container)
        tally = Tally(plan, str(place), told.watch)
        told.begin()
        send_from_pod(plan, tally, client, place)
    finally:
        client.close()
    return tally


def _show(asked: AskedProbe, run: Run, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{json.dumps(to_document(run), indent=2)}\n")
    else:
        render_run(run, console(), judging_command(run, asked.save) if run.answered else "")
    # At exit it would be too late to tell a full disk or a reader that left from success.
    sys.stdout.flush()


def _status(run: Run, broken: str) -> int:
    if broken:
        raise InputError(broken)
    if run.sent < run.count:
        return _INTERRUPTED
    if not run.answered:
        reason = max(run.failed, key=lambda each: run.failed[each])
        raise InputError(f"nothing answered at {run.url}: {reason}. Check the URL, or send from inside with --from.")
    return SENT


def _wait(asked: AskedProbe, logs: ProbeLogs, tally: Tally, told: ProbeProgress) -> bool:
    """Wait for the logs; whether it was waited as long as it takes."""
    try:
        logs.wait(tally.arrived, asked.timeout_s, told.wait)
    except KeyboardInterrupt:
        return False
    finally:
        told.end()
    return True


def _judge(settings: Settings, inputs: Inputs, wanted: Expectations | None, outputs: AskedOutputs) -> int:
    """Hold the logs against what is wanted; without that, report what is in them."""
    with start_workers(inputs.sources) as workers:
        from mirrorcheck.engine.batch import analyze_sources

        report = analyze_sources(inputs, settings, workers)
    return judge_report(report, wanted, outputs)
