"""A call for objects comes in; the object, the list or the events it asks for go out, as JSON has them."""

import base64
import json
from collections.abc import Callable

from tests.kube.calls import Call, flag
from tests.kube.refusal import Object, RefusalError
from tests.kube.selectors import selector
from tests.kube.store import Change, Store

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter."
)


def one(store: Store, call: Call) -> Object:
    """Return the object that is named; RefusalError (404) where there is none."""
    return _shown(store.get(call.kind, call.namespace or "", call.name), call)


def listing(store: Store, call: Call, pages: dict[str, list[Object]]) -> Object:
    """Return a list or one page of it; `pages` keeps what later pages show: the state at the first."""
    limit, token = int(call.query.get("limit") or 0), call.query.get("continue")
    if token:
        version = _version_of(token)
        if version < store.oldest or token not in pages:
            raise RefusalError(410, _TOO_OLD)
        found = pages[token]
    else:
        version, found = store.version, store.items(call.kind, call.namespace, _fits(call))
    metadata: Object = {"resourceVersion": str(version)}
    if limit and len(found) > limit:
        metadata["continue"] = _token(version, found[limit - 1]["metadata"]["name"], len(pages))
        pages[metadata["continue"]] = found[limit:]
        if not call.query.get("labelSelector") and not call.query.get("fieldSelector"):
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    # The items of a built-in list leave their kind to the list's.
    items = [_shown(each, call) if call.kind.custom else each for each in found]
    kind = {"kind": f"{call.kind.kind}List", "apiVersion": call.kind.api_version(call.version)}
    return kind | {"metadata": metadata, "items": items}


class Watch:
    """A watch as far as it has come; `marks` says how many bookmarks were ordered so far."""

    def __init__(self, store: Store, call: Call, marks: Callable[[], int]) -> None:
        self._store, self._call, self._marks = store, call, marks
        self._fits = _fits(call)
        self._sent_marks = marks()
        self._first: list[bytes] = []
        asked = call.query.get("resourceVersion") or "0"
        if not asked.isdecimal():
            raise RefusalError(400, f'invalid resource version "{asked}"')
        self._version = int(asked)
        self._ended = False
        if self._version == 0:
            self._version = store.version
            found = store.items(call.kind, call.namespace, self._fits)
            self._first = [self._event("ADDED", each) for each in found]
            if flag(call.query, "sendInitialEvents"):
                self._first.append(self._bookmark({"k8s.io/initial-events-end": "true"}))

    def read(self) -> bytes | None:
        """Return the events since the last time, a line each; None after the error event that ends a watch."""
        if self._ended:
            return None
        events, self._first = self._first, []
        try:
            changes = self._store.since(self._version, self._call.kind)
        except RefusalError as refusal:
            # Not an answer of status 410: the watch begins, and its one event is the error.
            self._ended = True
            return _line("ERROR", refusal.document())
        events += [self._event(*told) for change in changes if (told := self._told(change)) is not None]
        self._version = max(self._version, self._store.version)
        if self._sent_marks != self._marks():
            self._sent_marks = self._marks()
            if flag(self._call.query, "allowWatchBookmarks"):
                events.append(self._bookmark({}))
        return b"".join(events)

    def _told(self, change: Change) -> tuple[str, Object] | None:
        """Return the event of a change: what leaves the selection is deleted, what enters it added."""
        before, after = (self._selected(each) for each in (change.before, change.after))
        if after is not None:
            return ("ADDED" if before is None else "MODIFIED"), after
        if before is None:
            return None
        return "DELETED", before | {"metadata": before["metadata"] | {"resourceVersion": str(change.version)}}

    def _selected(self, found: Object | None) -> Object | None:
        if found is None or self._call.namespace not in (None, found["metadata"]["namespace"]):
            return None
        return found if self._fits(found) else None

    def _event(self, kind: str, found: Object) -> bytes:
        return _line(kind, _shown(found, self._call))

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        metadata: Object = {"resourceVersion": str(self._version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        return self._event("BOOKMARK", {"metadata": metadata})


def _fits(call: Call) -> Callable[[Object], bool]:
    chosen = selector(call.query.get("labelSelector", ""), call.query.get("fieldSelector", ""))
    if not call.name:
        return chosen
    return lambda each: each["metadata"]["name"] == call.name and chosen(each)


def _shown(found: Object, call: Call) -> Object:
    return {"kind": call.kind.kind, "apiVersion": call.kind.api_version(call.version)} | found


def _line(kind: str, found: Object) -> bytes:
    return json.dumps({"type": kind, "object": found}, separators=(",", ":")).encode() + b"\n"


def _token(version: int, last: str, page: int) -> str:
    told = {"v": "meta.k8s.io/v1", "rv": version, "start": f"{last}\0", "page": page}
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _version_of(token: str) -> int:
    try:
        told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(told["rv"])
    except (ValueError, KeyError, TypeError):
        raise RefusalError(400, f"continue key is not valid: {token}") from None
