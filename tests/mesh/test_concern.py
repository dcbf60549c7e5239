"""Tests of which objects can say anything of a namespace's services."""

from pathlib import Path

import pytest
import yaml

from mirrorcheck.mesh.documents import concerns
from tests.mesh.cases import CASES, NAMESPACE, load


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_what_is_read_concerns(case: Path) -> None:
    """No rule of any case is left out, wherever it is written down."""
    objects = load(case).objects
    rules = (*objects.virtual_services, *objects.destination_rules, *objects.routes, *objects.route_rules)
    assert all(concerns(each, NAMESPACE) for each in rules)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{hosts: [target.shop.svc.cluster.local]}", True),
        ("{host: target.shop.svc.cluster.local}", True),
        ("{hosts: ['*']}", True),
        ("{http: [{delegate: {name: api}}]}", True),
        ("{rules: [{backendRefs: [{name: target, namespace: shop}]}]}", True),
        ("{hosts: [target], http: [{route: [{destination: {host: target}}]}]}", False),
        ("{hosts: [target.shopping.svc.cluster.local]}", False),
        ("null", False),
    ],
)
def test_elsewhere(spec: str, *, expected: bool) -> None:
    """An object in another namespace concerns this one only where it names it, or may."""
    document = {"metadata": {"name": "target", "namespace": "other"}, "spec": yaml.safe_load(spec)}
    assert concerns(document, "shop") == expected
