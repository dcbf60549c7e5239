"""Names of objects of the mesh that are gone come in; as they were at their end, as far as the server says, go out."""

import contextlib
import json
from collections.abc import Iterable
from typing import Any

from urllib3.exceptions import HTTPError

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError
from mirrorcheck.cluster.discover.mesh_objects import Listed
from mirrorcheck.mesh.documents import Document
from mirrorcheck.mesh.rewritten import Name

_ANSWER_S = 2


def last_seen(client: Client, listed: Iterable[Listed], names: Iterable[Name]) -> dict[Name, Document]:
    """The objects as a watch tells of their end, from the version on in which they were listed.

    Wants the right to watch; what cannot be told is left out.
    """
    kinds = {each.kind.kind: each for each in listed if each.version}
    found: dict[Name, Document] = {}
    for name in names:
        if name[0] in kinds:
            with contextlib.suppress(ClusterError, HTTPError, OSError, ValueError):
                found |= _deleted(client, kinds[name[0]], name)
    return found


def _deleted(client: Client, listed: Listed, name: Name) -> dict[Name, Document]:
    kind, namespace, called = name
    path = f"{listed.path}/namespaces/{namespace}/{listed.kind.plural}"
    asked = [("watch", "true"), ("resourceVersion", listed.version), ("fieldSelector", f"metadata.name={called}")]
    with contextlib.closing(client.stream(path, [*asked, ("timeoutSeconds", str(_ANSWER_S))], 2 * _ANSWER_S)) as told:
        rest = b""
        for piece in told.stream(1 << 16):
            *lines, rest = (rest + piece).split(b"\n")
            events: list[dict[str, Any]] = [json.loads(line) for line in lines]
            ends = [event["object"] for event in events if event["type"] == "DELETED"]
            if ends:  # of several the last: it may have come and gone again
                return {name: {"kind": kind, **ends[-1]}}
    return {}
