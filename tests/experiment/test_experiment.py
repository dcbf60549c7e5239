"""The experiment's files are what their APIs take, and its README shows what the command says of them.

`MIRRORCHECK_REFRESH=1 pytest tests/experiment` writes the README's outputs anew.
"""

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest
import yaml
from pydantic import BaseModel, ValidationError
from rich.console import Console

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.discover.discovery import discover
from mirrorcheck.mesh.model import Overrides
from mirrorcheck.render.terminal.mirror_rule import render_rule
from tests.experiment.schema import MESH
from tests.kube.cluster import Cluster
from tests.kube.server import serve
from tests.kube.workloads import deploy

EXPERIMENT = Path(__file__).parents[2] / "examples" / "experiment"
FILES = sorted(path.relative_to(EXPERIMENT).as_posix() for path in EXPERIMENT.rglob("*.yaml"))
LINE = b'127.0.0.6 - - [12/Feb/2018:15:28:30 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/7.38.0" "10.240.0.29"'
COMMAND = "$ mirrorcheck watch target --check-rule\n"
GATEWAY = ("gateway-api/services.yaml", "gateway-api/http-route-mirror.yaml")
STAGES = [
    ("destination-rule.yaml", "virtual-service.yaml"),
    ("destination-rule.yaml", "virtual-service-mirror.yaml"),
    ("destination-rule.yaml", *GATEWAY),
    ("original/rules-mirror.yaml",),
]
"""The files that are applied where the README shows the command, in its order."""


def documents(name: str) -> list[dict[str, Any]]:
    """The objects of a file."""
    return [each for each in yaml.safe_load_all((EXPERIMENT / name).read_text()) if each]


def model(kind: str) -> type[BaseModel]:
    """The schema of a kind: the mesh's own, else the official client's, made from the API's OpenAPI document."""
    return MESH.get(kind) or getattr(kubernetes.client, f"V1{kind}")


@pytest.mark.parametrize("name", FILES)
def test_schema(name: str) -> None:
    """Every object of a file is of its kind, without a field that the API would drop."""
    for each in documents(name):
        model(each["kind"]).model_validate(each)


@pytest.mark.parametrize(
    ("name", "path", "field"),
    [
        ("virtual-service-mirror.yaml", "spec.http.0", "mirror_percentage"),
        ("destination-rule.yaml", "spec.subsets.0", "label"),
        ("gateway-api/http-route-mirror.yaml", "spec.rules.0.filters.0.requestMirror", "percentage"),
        ("original/rules-mirror.yaml", "spec.mirror", "version"),
        ("v1.yaml", "spec.template.spec.containers.0", "imagePullPolice"),
    ],
)
def test_schema_refuses(name: str, path: str, field: str) -> None:
    """A field that does not exist is refused, in each kind."""
    (found,) = documents(name)
    place: Any = found
    for step in path.split("."):
        place = place[int(step) if step.isdecimal() else step]
    place[field] = "100"
    with pytest.raises(ValidationError, match=field):
        model(found["kind"]).model_validate(found)


def test_files_are_named() -> None:
    """The README names every file, and no other."""
    text = (EXPERIMENT / "README.md").read_text()
    named = set(re.findall(r"[\w/-]+\.yaml", text))
    assert named == set(FILES)


def test_readme(tmp_path: Path) -> None:
    """What the README shows of the command is what it prints, stage by stage."""
    readme = EXPERIMENT / "README.md"
    parts = readme.read_text().split(f"```console\n{COMMAND}")
    shown = [part.partition("```\n")[0] for part in parts[1:]]
    found = [screen(stage, tmp_path) for stage in STAGES]
    if os.environ.get("MIRRORCHECK_REFRESH"):
        rests = [part.partition("```\n")[2] for part in parts[1:]]
        told = [f"```console\n{COMMAND}{each}```\n{rest}" for each, rest in zip(found, rests, strict=True)]
        readme.write_text("".join([parts[0], *told]))
    assert found == shown


def screen(stage: Sequence[str], folder: Path) -> str:
    """What the command prints in a cluster with these files applied."""
    cluster = Cluster()
    for version in ("v1", "v2"):
        labels = {"app": "target", "version": version}
        for pod in deploy(cluster, f"target-{version}", labels, containers=("nginx", "istio-proxy")):
            cluster.log(pod, "nginx", LINE)
    for name in ("service.yaml", *stage):
        for each in documents(name):
            cluster.apply(each)
    with serve(cluster) as server:
        client = Client.connect(server.kubeconfig(folder), environ={})
        target = discover(client, "target", Overrides())
        client.close()
    written = io.StringIO()
    render_rule(target, Console(file=written, width=80, highlight=False))
    return written.getvalue()
