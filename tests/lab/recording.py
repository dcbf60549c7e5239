"""A scenario and a seed come in; its logs as mirrorcheck sees them go out, and truth.json beside them."""

import asyncio
import json
import re
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.lab import programs
from tests.lab.backend import backend
from tests.lab.client import Client, Sent
from tests.lab.configs import ports
from tests.lab.configs.nginx import TRUTH_FIELDS
from tests.lab.mesh import Mesh
from tests.lab.scenario import Clock, Scenario

TRUTH = "truth.json"
_RUN_LIMIT_S = 150.0
_PROXIES = ("192.0.2.2", "192.0.2.3")
"""Addresses the proxies get in the files: on one machine all of them add the machine's own."""
_STAMP = re.compile(r"\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]")
_CHAIN = re.compile(r'"([^"]*)"$')
_STATS = (
    "v1.upstream_rq_total",
    "v1.upstream_rq_retry",
    "v2.upstream_rq_total",
    "v2.upstream_cx_connect_fail",
    "v2.upstream_rq_pending_overflow",
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of nginx's log: what the tool may see, and behind it what only the truth holds. `lab_id` -1 = none."""

    shown: str
    end_s: float
    request_id: str
    lab_id: int
    proxy: int | None

    @classmethod
    def read(cls, line: str) -> "_Line":
        shown, end_s, request_id, lab_id, _, proxy = line.rsplit("\t", TRUTH_FIELDS)
        number = -1 if lab_id == "-" else int(lab_id)
        return cls(shown, float(end_s), request_id, number, None if proxy == "-" else int(proxy))


def record(scenario: Scenario, seed: int, target: Path) -> None:
    """Play one scenario and write its recording into the folder `target`.

    Raises MissingProgramError without nginx, TimeoutError when it takes too long, OSError when a part does not start,
    AssertionError when ids of the proxy and the client's numbers contradict each other, and KeyboardInterrupt or
    CancelledError when a signal ends it; nothing is left running in any of these cases.
    """
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        mesh = Mesh(scenario, ports.find(scenario), Path(folder))
        sent = Sent()
        asyncio.run(_play(mesh, seed, sent))
        logs = {pod: _read(mesh.folder / pod / "access.log") for pod in scenario.pods}
    _check_ids(logs)
    target.mkdir(parents=True, exist_ok=True)
    for stale in target.iterdir():
        stale.unlink()
    for pod, lines in logs.items():
        shown = [_shown(line, scenario, scenario.clock(pod), mesh.began) for line in lines]
        (target / f"{pod}.log").write_text("".join(f"{line}\n" for line in shown), encoding="utf-8")
    truth = _truth(mesh, sent, seed, logs)
    (target / TRUTH).write_text(json.dumps(truth, separators=(",", ":")) + "\n", encoding="utf-8")


async def _play(mesh: Mesh, seed: int, sent: Sent) -> None:
    """Run the mesh, the load and the events; ended by SIGTERM as by Ctrl-C, in good order."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with (
        asyncio.timeout(_RUN_LIMIT_S),
        backend(mesh.scenario, mesh.ports.backend),
        mesh.running(),
        Client(mesh.scenario, seed, mesh.ports, sent).opened() as client,
    ):
        mesh.began = time.time()
        async with asyncio.TaskGroup() as tasks:
            for each in (client.run(), *(mesh.act(event) for event in mesh.scenario.events)):
                tasks.create_task(each)
        await mesh.drain()


def _read(log: Path) -> list[_Line]:
    return [_Line.read(line) for line in log.read_text(encoding="utf-8").splitlines()]


def _shown(line: _Line, scenario: Scenario, clock: Clock, began: float) -> str:
    """Write the line with the proxy's address of its own, and with the stamp that the pod's clock would give."""
    shown = line.shown
    if line.proxy is not None:
        # An appending sidecar stands behind the mirroring proxy in the chain.
        place = -2 if scenario.server_sidecars == "appending" else -1
        shown = _CHAIN.sub(lambda found: f'"{_hop_replaced(found[1], place, _PROXIES[line.proxy or 0])}"', shown)
    if clock != Clock(clock.pod) or scenario.stretch != 1:
        moment = datetime.fromtimestamp(int(_stamp_s(scenario, clock, began, line.end_s)), UTC)
        shown = _STAMP.sub(moment.strftime("[%d/%b/%Y:%H:%M:%S +0000]"), shown, count=1)
    return shown


def _stamp_s(scenario: Scenario, clock: Clock, began: float, end_s: float) -> float:
    """Return what a pod's clock shows at `end_s`, in epoch seconds."""
    passed_s = (end_s - began) * scenario.stretch
    return began + passed_s + clock.ahead_s + clock.drift_ms_a_minute / 1000 * passed_s / 60


def _hop_replaced(chain: str, place: int, address: str) -> str:
    hops = chain.split(",")
    hops[place] = address
    return ",".join(hops)


def _truth(mesh: Mesh, sent: Sent, seed: int, logs: Mapping[str, list[_Line]]) -> dict[str, Any]:
    """Make truth.json: moments are those of each pod's own clock, and in milliseconds after the start."""
    scenario, began = mesh.scenario, mesh.began
    end_ms = {
        pod: [round((_stamp_s(scenario, scenario.clock(pod), began, line.end_s) - began) * 1000) for line in lines]
        for pod, lines in logs.items()
    }
    return {
        "scenario": scenario.name,
        "seed": seed,
        "recorded_on": f"{datetime.fromtimestamp(began, UTC):%Y-%m-%d}",
        **programs.versions(),
        "about": scenario.about,
        "request_of_line": {pod: [line.lab_id for line in lines] for pod, lines in logs.items()},
        "end_ms": end_ms,
        "began_epoch_s": round(began, 3),
        "events_s": sorted((round(at_s * scenario.stretch, 3), what) for at_s, what in mesh.events_s),
        "policies": list(scenario.policies),
        "flavour": scenario.flavour,
        "direct_requests": sent.direct,
        "probe_requests": sent.probes,
        "client_retry_of": {str(number): first for number, first in sent.client_retries.items()},
        "proxy_counters": {name: mesh.stats.get(name, 0) for name in _STATS},
    }


def _check_ids(logs: Mapping[str, list[_Line]]) -> None:
    """Hold the client's numbers against Envoy's x-request-id: one for one, or the truth is none."""
    seen: dict[str, int] = {}
    for line in (line for lines in logs.values() for line in lines):
        if line.request_id != "-" and line.lab_id >= 0:
            known = seen.setdefault(line.request_id, line.lab_id)
            if known != line.lab_id:
                raise AssertionError(f"{line.request_id} stands for two requests, {line.lab_id} and {known}")
