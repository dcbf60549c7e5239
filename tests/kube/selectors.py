"""A label or field selector as text comes in; a test of objects goes out."""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from tests.kube.refusal import Object, RefusalError

Selector: TypeAlias = Callable[[Object], bool]
_Test: TypeAlias = Callable[[Mapping[str, str]], bool]

_SET = re.compile(r"(\S+)\s+(in|notin)\s*\(([^)]*)\)")
_EQUALITY = re.compile(r"([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)")
_PRESENCE = re.compile(r"(!?)\s*([^\s=!()]+)")
_FIELDS = {
    "metadata.name": ("metadata", "name"),
    "metadata.namespace": ("metadata", "namespace"),
    "spec.nodeName": ("spec", "nodeName"),
    "status.phase": ("status", "phase"),
}


def selector(labels: str, fields: str) -> Selector:
    """Return whether an object fits both; RefusalError (400) where one cannot be read."""
    tests = [_label_test(each.strip()) for each in re.split(r",(?![^(]*\))", labels) if each.strip()]
    wanted = [_field_test(each.strip()) for each in fields.split(",") if each.strip()]

    def fits(candidate: Object) -> bool:
        has = candidate["metadata"].get("labels") or {}
        return all(test(has) for test in tests) and all(test(candidate) for test in wanted)

    return fits


def _label_test(text: str) -> _Test:
    if found := _SET.fullmatch(text):
        name, wanted = found[1], {each.strip() for each in found[3].split(",")}
        # As in Kubernetes, notin and != hold for objects that have no such label.
        among = found[2] == "in"
        return lambda has: (has.get(name) in wanted) == among
    if found := _EQUALITY.fullmatch(text):
        name, value, equal = found[1], found[3], found[2] != "!="
        return lambda has: (has.get(name) == value) == equal
    if found := _PRESENCE.fullmatch(text):
        name, present = found[2], not found[1]
        return lambda has: (name in has) == present
    raise RefusalError(400, f'unable to parse requirement: found "{text}", expected: an operator')


def _field_test(text: str) -> Selector:
    found = _EQUALITY.fullmatch(text)
    if found is None:
        raise RefusalError(400, f"invalid selector: '{text}'; can't understand '{text}'")
    if found[1] not in _FIELDS:
        raise RefusalError(400, f'field label not supported: "{found[1]}"')
    part, name = _FIELDS[found[1]]
    return lambda candidate: (candidate.get(part, {}).get(name, "") == found[3]) == (found[2] != "!=")
