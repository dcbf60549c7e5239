"""Probes through a real Envoy to real nginxes, which log what the tool may not see: the id of each request."""

import asyncio
import csv
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.configs import ports
from tests.lab.configs.nginx import TRUTH_FIELDS
from tests.lab.mesh import Mesh
from tests.lab.scenario import Scenario
from tests.lab.test_lab import nginx

__all__ = ["nginx"]

_PROGRAM = Path(sys.executable).with_name("mirrorcheck")
_COUNT = 300
_MAIN = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for"'
)
# The fields of the truth, under names that say nothing.
_LIVE = _MAIN + "".join(f"\t$hidden_{number}" for number in range(TRUTH_FIELDS))


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found: its report, by the logs as they were written; the folder has them as they are afterwards."""

    report: dict[str, Any]
    folder: Path


async def _probe(mesh: Mesh, folder: Path) -> dict[str, Any]:
    """Probe a running mesh, with two paths, one of which is answered with 404."""
    url = f"http://127.0.0.1:{mesh.ports.proxies[0].traffic}/"
    logs = [str(mesh.folder / pod / "access.log") for pod in ("v1", "v2")]
    words = ["probe", url, "--count", str(_COUNT), "--rate", "400", "--path", "/", "--path", "/nowhere"]
    words += ["--save", str(folder / "run.json"), "--primary", logs[0], "--shadow", logs[1]]
    words += ["--log-format", _LIVE, "--timeout", "3s", "--json"]
    async with asyncio.timeout(120), mesh.running():
        told = await asyncio.create_subprocess_exec(_PROGRAM, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, error = await told.communicate()
        await mesh.drain()
    assert told.returncode == 0, error.decode()
    report: dict[str, Any] = json.loads(out)
    return report


def play(share: float, folder: Path) -> Probed:
    """Probe a mesh that copies a share of the requests."""
    scenario = Scenario(f"probed-{share:g}", "probes", _COUNT, (share,), 1)
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        mesh = Mesh(scenario, ports.find(scenario), Path(scratch))
        report = asyncio.run(_probe(mesh, folder))
        for pod in ("v1", "v2"):
            (folder / f"{pod}.raw").write_bytes((mesh.folder / pod / "access.log").read_bytes())
    return Probed(report, folder)


def ids(folder: Path, pod: str) -> list[str]:
    """The id that Envoy gave the request of each line; the copy has that of its original."""
    lines = (folder / f"{pod}.raw").read_text(encoding="utf-8").splitlines()
    return [line.rsplit("\t", TRUTH_FIELDS)[2] for line in lines]


@pytest.mark.usefixtures("nginx")
@pytest.mark.parametrize("share", [100.0, 50.0, 0.0])
def test_probes_are_exact(tmp_path: Path, share: float) -> None:
    """At 100, 50 and 0 % each count is that of the truth, and each line has the partner that the proxy gave it."""
    probed = play(share, tmp_path)
    originals, copies = ids(tmp_path, "v1"), ids(tmp_path, "v2")
    assert len(set(originals)) == len(originals) == _COUNT
    assert len(set(copies)) == len(copies)
    # Each is drawn for itself: five standard deviations of as many draws.
    assert abs(len(copies) - _COUNT * share / 100) <= (43 if share == 50.0 else 0)
    [run] = probed.report["probes"]
    counts = (run["sent"], run["seen"], run["copied_once"], run["copied_more_than_once"], run["not_copied"])
    assert counts == (_COUNT, _COUNT, len(copies), 0, _COUNT - len(copies))
    assert probed.report["originals"] == {
        "total": _COUNT,
        "paired": len(copies),
        "missed": _COUNT - len(copies),
        "retry": 0,
        "excluded": 0,
        "unobserved": 0,
    }
    assert {"paired": len(copies), "total": len(copies)}.items() <= probed.report["shadow"].items()
    partners = afterwards(tmp_path)
    assert partners == [copies.index(each) + 1 if each in copies else None for each in originals]


def afterwards(folder: Path) -> list[int | None]:
    """The line of each original's copy, as the tool finds it in plain `main` lines, in the order of the log."""
    for pod in ("v1", "v2"):
        raw = (folder / f"{pod}.raw").read_text(encoding="utf-8").splitlines()
        plain = "".join(f"{line.rsplit(chr(9), TRUTH_FIELDS)[0]}\n" for line in raw)
        (folder / f"{pod}.log").write_text(plain, encoding="utf-8")
    words = ["analyze", "--primary", "v1.log", "--shadow", "v2.log", "--probe", "run.json", "--outcomes", "all.csv"]
    subprocess.run([_PROGRAM, *words], cwd=folder, stdout=subprocess.DEVNULL, timeout=120, check=True)
    with (folder / "all.csv").open(encoding="utf-8", newline="") as table:
        return [
            int(row["pair_line"]) if row["pair_line"] else None
            for row in csv.DictReader(table)
            if row["side"] == "primary"
        ]
