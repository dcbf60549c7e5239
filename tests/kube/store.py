"""Objects come in as they change; lists of them at a resource version go out, and the changes since one."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from tests.kube.kinds import Kind
from tests.kube.refusal import Object, RefusalError

_NOT_ASKED = ("metadata", "status")


@dataclass(frozen=True, slots=True)
class Change:
    """One object's change: `before` is None where it was made, `after` where it was removed."""

    version: int
    kind: Kind
    before: Object | None
    after: Object | None


class Store:
    """Every object of a cluster; an object in it never changes, it is replaced by another."""

    def __init__(self) -> None:
        self._objects: dict[tuple[Kind, str, str], Object] = {}
        self._changes: list[Change] = []
        self.oldest = 1000
        self.version = 1000

    def put(self, kind: Kind, manifest: Object) -> Object:
        """Make or replace an object, which keeps its first uid and date, and return it as it is now.

        One that says what it said before is not written again: it keeps its version, and no watch tells of it. A custom
        one counts, as its generation, how often what it asks for has changed.
        """
        metadata = manifest["metadata"]
        key = (kind, metadata["namespace"], metadata["name"])
        before = self._objects.get(key)
        after = copy.deepcopy(manifest)
        if before is not None:
            after["metadata"] |= {name: before["metadata"][name] for name in ("uid", "creationTimestamp")}
        if kind.custom:
            after["metadata"]["generation"] = _generation(before, after)
        if before is not None and before == after | {"metadata": {**after["metadata"], **_version(before)}}:
            return before
        self.version += 1
        after["metadata"]["resourceVersion"] = str(self.version)
        self._objects[key] = after
        self._changes.append(Change(self.version, kind, before, after))
        return after

    def remove(self, kind: Kind, namespace: str, name: str) -> None:
        """Remove an object; KeyError where there is none."""
        before = self._objects.pop((kind, namespace, name))
        self.version += 1
        last = before | {"metadata": before["metadata"] | {"resourceVersion": str(self.version)}}
        self._changes.append(Change(self.version, kind, last, None))

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """Return one object; RefusalError (404) where there is none."""
        found = self._objects.get((kind, namespace, name))
        if found is None:
            details: Object = {"name": name, "kind": kind.plural}
            if kind.group:
                details["group"] = kind.group
            raise RefusalError(404, f'{kind.qualified} "{name}" not found', details=details)
        return found

    def items(self, kind: Kind, namespace: str | None, fits: Callable[[Object], bool]) -> list[Object]:
        """Return the objects of a kind in the order of etcd's keys; None as namespace means all."""
        keys = sorted((key[1:], key) for key in self._objects if key[0] == kind and namespace in (None, key[1]))
        return [found for _, key in keys if fits(found := self._objects[key])]

    def since(self, version: int, kind: Kind) -> list[Change]:
        """Return a kind's changes after a version; RefusalError (410) where they are forgotten."""
        if version < self.oldest:
            raise RefusalError(410, f"too old resource version: {version} ({self.oldest})")
        # A change a version, so the version is the place.
        return [change for change in self._changes[version - self.oldest :] if change.kind == kind]

    def compact(self) -> None:
        """Forget all changes, as etcd does every five minutes."""
        self._changes.clear()
        self.oldest = self.version


def _generation(before: Object | None, after: Object) -> int:
    if before is None:
        return 1
    asked = ({name: value for name, value in each.items() if name not in _NOT_ASKED} for each in (before, after))
    return int(before["metadata"]["generation"]) + (next(asked) != next(asked))


def _version(found: Object) -> Object:
    return {"resourceVersion": found["metadata"]["resourceVersion"]}
