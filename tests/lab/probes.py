"""Names of scenarios come in on the command line; what mirrorcheck says of probes sent through each of them goes out.

Envoy and nginx are real, and the scenario's own traffic runs beside the probes, which are to be told apart from it. The
truth is Envoy's x-request-id, which the copy of a request has from its original and which mirrorcheck is not shown.
"""

import argparse
import asyncio
import csv
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.lab import table
from tests.lab.backend import backend
from tests.lab.catalogue import SCENARIOS
from tests.lab.client import Client, Sent
from tests.lab.configs import ports
from tests.lab.configs.nginx import TRUTH_FIELDS
from tests.lab.mesh import Mesh
from tests.lab.programs import MissingProgramError, nginx
from tests.lab.scenario import Scenario

COUNT = 300
HEAD = ["scenario", "seen", "copied once", "twice", "not copied", "orphans", "pairs", "wrong", "told otherwise"]
_CLASSES = ("seen", "copied_once", "copied_more_than_once", "not_copied", "without_original", "unobserved")
_PROGRAM = Path(sys.executable).with_name("mirrorcheck")
_BESIDE = 60
"""Requests of the scenario's own that are sent beside the probes."""
_RATE = 100.0
_LATE_S = 3.0
_RUN_LIMIT_S = 150.0
_NUMBER = re.compile(r'"mirrorcheck-probe/1 \([0-9a-z]{6}; (\d+)\)"')
_MAIN = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for"'
)
# The fields of the truth, under names that say nothing.
LIVE = _MAIN + "".join(f"\t$hidden_{number}" for number in range(TRUTH_FIELDS))


@dataclass(frozen=True, slots=True)
class Probed:
    """Probes that were sent: the report on the logs as they were written, and those logs by pod, lines by number."""

    scenario: Scenario
    report: Mapping[str, Any]
    folder: Path
    lines: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Held:
    """How many probes are of each class, by the truth and as told; pairs, and those of two requests or of none."""

    true: Mapping[str, int]
    told: Mapping[str, int]
    pairs: int
    wrong: int

    @property
    def otherwise(self) -> tuple[str, ...]:
        """The classes whose counts are not those of the truth."""
        return tuple(name for name in _CLASSES if self.true[name] != self.told[name])


def why_not(scenario: Scenario) -> str:
    """Why a scenario cannot carry probes; empty where it can."""
    if scenario.clocks or scenario.stretch != 1:
        return "its clocks are set in the files, after a probe has read the logs as they are written"
    return ""


def play(scenario: Scenario, folder: Path, seed: int = 1, count: int = COUNT) -> Probed:
    """Send probes through a scenario; the folder holds their run and the logs afterwards, in plain `main`.

    Raises TimeoutError, OSError or AssertionError where it cannot be played.
    """
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        mesh = Mesh(scenario, ports.find(scenario), Path(scratch))
        report = asyncio.run(_play(mesh, seed, [*_words(mesh, count), "--save", str(folder / "run.json")]))
        lines = {
            pod: (mesh.folder / pod / "access.log").read_text(encoding="utf-8").splitlines() for pod in scenario.pods
        }
    for pod, own in lines.items():
        plain = "".join(f"{line.rsplit(chr(9), TRUTH_FIELDS)[0]}\n" for line in own)
        (folder / f"{pod}.log").write_text(plain, encoding="utf-8")
    return Probed(scenario, report, folder, lines)


def _words(mesh: Mesh, count: int) -> list[str]:
    """The command that probes a mesh: at a pace at which everything happens meanwhile that is to happen."""
    scenario = mesh.scenario
    last_s = max((event.at_s for event in scenario.events), default=0.0)
    rate = min(_RATE, count / (last_s * 1.3)) if last_s else _RATE
    late_s = _LATE_S + max(scenario.v2_delay_s or (0.0,)) + (last_s if scenario.events else 0.0)
    late_s += 5.0 if scenario.v2_bytes_a_second else 0.0
    words = ["probe", f"http://127.0.0.1:{mesh.ports.proxies[0].traffic}/", "--count", str(count), "--json"]
    words += ["--rate", f"{rate:.2f}/s", "--timeout", f"{late_s}s", "--log-format", LIVE]
    for path in ("/api/cart",) if scenario.mix == "hot" else ("/", "/api/cart", "/nowhere"):
        words += ["--path", path]
    for name, value in _headers(scenario).items():
        words += ["--header", f"{name}: {value}"]
    for pod in scenario.pods:
        words += ["--primary" if pod.startswith("v1") else "--shadow", str(mesh.folder / pod / "access.log")]
    return words


def _headers(scenario: Scenario) -> dict[str, str]:
    """What a scenario does to some of its requests is done to every probe; only what clients do is done beside them."""
    wanted = {
        "x-lab-fail": "once" if scenario.failures.once else "",
        "x-lab-v2-fail": "always" if scenario.v2_failing else "",
        "x-lab-v2-delay": f"{sum(scenario.v2_delay_s) / 2:.3f}" if scenario.v2_delay_s else "",
        "X-Forwarded-For": "203.0.113.7, 198.51.100.9" if scenario.client_xff else "",
    }
    return {name: value for name, value in wanted.items() if value}


async def _play(mesh: Mesh, seed: int, words: Sequence[str]) -> dict[str, Any]:
    """Run the mesh, its events and a little of its traffic beside the probes; the report on them."""
    beside = replace(mesh.scenario, requests=_BESIDE, rate=_BESIDE / 2, direct=min(mesh.scenario.direct, _BESIDE))
    async with (
        asyncio.timeout(_RUN_LIMIT_S),
        backend(mesh.scenario, mesh.ports.backend),
        mesh.running(),
        Client(beside, seed, mesh.ports, Sent()).opened() as client,
    ):
        # The program takes a while to start: what happens is to happen to its probes.
        told = await asyncio.create_subprocess_exec(_PROGRAM, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            await _first_probe(mesh, told)
            async with asyncio.TaskGroup() as tasks:
                asked = tasks.create_task(told.communicate())
                for each in (client.run(), *(mesh.act(event) for event in mesh.scenario.events)):
                    tasks.create_task(each)
            out, error = asked.result()
        finally:
            if told.returncode is None:
                told.kill()
        await mesh.drain()
    assert told.returncode == 0, error.decode()
    report: dict[str, Any] = json.loads(out)
    return report


async def _first_probe(mesh: Mesh, told: asyncio.subprocess.Process) -> None:
    """Wait until a pod has logged something, and begin to count the time."""
    logs = [mesh.folder / pod / "access.log" for pod in mesh.scenario.pods]
    while True:
        if told.returncode is not None or any(log.stat().st_size for log in logs):
            mesh.began = time.time()
            return
        await asyncio.sleep(0.02)


def hold(probed: Probed) -> Held:
    """Hold what was told of each probe against the truth."""
    ids = {
        (pod, number): (int(found[1]), line.rsplit("\t", TRUTH_FIELDS)[2])
        for pod, lines in probed.lines.items()
        for number, line in enumerate(lines, start=1)
        if (found := _NUMBER.search(line))
    }
    true = _true(ids)
    [run] = probed.report["probes"]
    rows = _rows(probed)
    partners = [
        (ids.get((row["file"][:-4], int(row["line"]))), ids.get((row["pair_file"][:-4], int(row["pair_line"]))))
        for row in rows
        if row["side"] == "primary" and row["pair_line"]
    ]
    missed = {ids[row["file"][:-4], int(row["line"])][0] for row in rows if row["outcome"] == "missed"}
    copied = {number for (pod, _), (number, _) in ids.items() if pod.startswith("v2")}
    wrong = sum(one is None or one != other for one, other in partners) + len(missed & copied)
    return Held(true, {name: run[name] for name in _CLASSES}, len(partners), wrong)


def _true(ids: Mapping[tuple[str, int], tuple[int, str]]) -> dict[str, int]:
    """Count probes by the ids of their lines; a number and an id stand for one another, or the truth is none."""
    pairs = set(ids.values())
    assert len({number for number, _ in pairs}) == len({each for _, each in pairs}) == len(pairs)
    primary = {each for (pod, _), (_, each) in ids.items() if pod.startswith("v1")}
    copies = Counter(each for (pod, _), (_, each) in ids.items() if pod.startswith("v2"))
    return {
        "seen": len(primary),
        "copied_once": sum(copies[each] == 1 for each in primary),
        "copied_more_than_once": sum(copies[each] > 1 for each in primary),
        "not_copied": sum(each not in copies for each in primary),
        "without_original": len(copies.keys() - primary),
        "unobserved": 0,
    }


def _rows(probed: Probed) -> list[dict[str, str]]:
    """What the table of lines says of the probes' lines, by the logs as they are afterwards."""
    words = [str(_PROGRAM), "analyze", "--probe", "run.json", "--outcomes", "all.csv", "--json"]
    for pod in probed.scenario.pods:
        words += ["--primary" if pod.startswith("v1") else "--shadow", f"{pod}.log"]
    subprocess.run(words, cwd=probed.folder, stdout=subprocess.DEVNULL, timeout=120, check=True)
    with (probed.folder / "all.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["outcome"] != "excluded"]


def row(scenario: Scenario, held: Held) -> list[str]:
    """A row for HEAD."""
    counts = [str(held.true[name]) for name in _CLASSES[:-1]]
    return [scenario.name, *counts, str(held.pairs), str(held.wrong), ", ".join(held.otherwise)]


def main() -> int:
    """Read the command line, play, print; the exit status is 1 where something was told otherwise, or failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.probes", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a scenario; default: all")
    parser.add_argument("--seed", type=int, default=1, help="decides which requests are sent beside the probes")
    options = parser.parse_args()
    unknown = set(options.names) - {scenario.name for scenario in SCENARIOS}
    if unknown:
        parser.error(f"no scenario {min(unknown)!r}: python -m tests.lab --list shows all")
    try:
        nginx()
    except MissingProgramError as error:
        parser.error(str(error))
    return _each([each for each in SCENARIOS if not options.names or each.name in options.names], options.seed)


def _each(scenarios: Sequence[Scenario], seed: int) -> int:
    rows, status = [], 0
    for number, scenario in enumerate(scenarios, start=1):
        why = why_not(scenario)
        sys.stderr.write(f"[{number}/{len(scenarios)}] {scenario.name}{': not played: ' if why else ''}{why}\n")
        if why:
            continue
        try:
            with tempfile.TemporaryDirectory(prefix="probed-") as folder:
                held = hold(play(scenario, Path(folder), seed))
        except (OSError, TimeoutError, AssertionError, subprocess.SubprocessError, ExceptionGroup) as error:
            sys.stderr.write(f"failed: {scenario.name}: {error!r}\n")
            status = 1
            continue
        rows.append(row(scenario, held))
        if held.otherwise or held.wrong:
            status = 1
            sys.stderr.write(f"told otherwise: {held.true}, told {held.told}; {held.wrong} pairs are wrong\n")
    if rows:
        sys.stdout.write(f"{table.text(HEAD, rows)}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
