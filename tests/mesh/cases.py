"""Reads a case's folder as the objects of a cluster and options, and writes a reading as text."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mirrorcheck.mesh.documents import Labels
from mirrorcheck.mesh.model import Group, Objects, Overrides, RuleReading, parse_labels, parse_shadow
from mirrorcheck.mesh.read import read

HERE = Path(__file__).parent
CASES = HERE / "cases"
SERVICE, NAMESPACE = "target", "shop"
_FIELDS = {
    "VirtualService": "virtual_services",
    "DestinationRule": "destination_rules",
    "HTTPRoute": "routes",
    "GRPCRoute": "routes",
    "RouteRule": "route_rules",
    "TraefikService": "others",
    "HTTPProxy": "others",
    "Ingress": "others",
}


@dataclass(frozen=True, slots=True)
class Case:
    """What a case reads: the objects, and the user's options."""

    objects: Objects
    overrides: Overrides


def load(folder: Path) -> Case:
    """Read `objects.yaml` over the base, and `options`, a word list as on the command line."""
    documents = _documents(HERE / "base.yaml") | _documents(folder / "objects.yaml")
    present = [each for each in documents.values() if not each.get("absent")]
    options = folder / "options"
    words = options.read_text().split() if options.exists() else []
    return Case(_objects(present, words), _overrides(dict(zip(words[::2], words[1::2], strict=True))))


def text_of(reading: RuleReading) -> str:
    """Write a reading as `expected.txt` has it."""
    expect = "unknown" if reading.expect is None else f"{reading.expect:g} %"
    lines = [
        reading.text,
        f"{'sound' if reading.sound else 'not sound'}: {reading.state}, expected {expect}",
        f"primary  {', '.join(_shown(group) for group in reading.primary)}",
        f"shadow   {_shown(reading.shadow)}",
        *(f"watched  {each.at}: {each.percent:g} % of {each.text}" for each in _routes(reading)),
        *(f"other    {each.source}: {each}" for each in reading.others),
    ]
    for each in reading.findings:
        lines += ["", f"{each.severity} {each.code}", f"  {each.what}", f"  {each.remedy}"]
    return "\n".join(lines) + "\n"


def reading_of(case: Case) -> RuleReading:
    """Read a case."""
    return read(case.objects, case.overrides)


def _routes(reading: RuleReading) -> Iterator[Any]:
    yield from reading.mirror.routes if reading.mirror else ()


def _shown(group: Group) -> str:
    wanted = ",".join(f"{name}={value}" for name, value in group.labels) or "(no pods known)"
    return f"{group.name}: {wanted} in {group.namespace}"


def _documents(path: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    with path.open() as file:
        found = [each for each in yaml.load_all(file, yaml.CSafeLoader) if each]
    for each in found:
        each["metadata"].setdefault("namespace", NAMESPACE)
    return {(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found}


def _objects(present: list[dict[str, Any]], words: list[str]) -> Objects:
    unreadable = tuple(words[index + 1] for index, word in enumerate(words) if word == "unreadable")
    pods: dict[str, tuple[dict[str, Any], ...]] = {NAMESPACE: ()}
    services: dict[tuple[str, str], dict[str, Any] | None] = {}
    fields: dict[str, list[dict[str, Any]]] = {name: [] for name in _FIELDS.values()}
    for each in present:
        namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
        if each["kind"] == "Pod":
            pods[namespace] = (*pods.get(namespace, ()), each)
        elif each["kind"] == "Service":
            services[namespace, name] = each
        elif each["kind"] in _FIELDS:
            fields[_FIELDS[each["kind"]]].append(each)
    return Objects(
        SERVICE,
        NAMESPACE,
        _Known(services, readable="services" not in unreadable),
        pods,
        virtual_services=tuple(fields["virtual_services"]),
        destination_rules=tuple(fields["destination_rules"]),
        routes=tuple(fields["routes"]),
        route_rules=tuple(fields["route_rules"]),
        others=tuple(fields["others"]),
        unreadable=tuple(each for each in unreadable if each != "services"),
    )


class _Known(dict[tuple[str, str], dict[str, Any] | None]):
    """Services by namespace and name: with the right to read them, those that do not exist are known, too."""

    def __init__(self, services: dict[tuple[str, str], dict[str, Any] | None], *, readable: bool) -> None:
        super().__init__(services if readable else {})
        self._readable = readable

    def __contains__(self, key: object) -> bool:
        return self._readable

    def __missing__(self, key: tuple[str, str]) -> None:
        return None


def _overrides(options: dict[str, str]) -> Overrides:
    primary: Labels = parse_labels(options["--primary"], "--primary") if "--primary" in options else ()
    shadow = parse_shadow(options["--shadow"]) if "--shadow" in options else ()
    return Overrides(primary, shadow, "", float(options["--expect"]) if "--expect" in options else None)
