"""An object of the mesh and a namespace in; whether it can say anything of the services there, or not, out."""

from collections.abc import Mapping

from mirrorcheck.mesh.documents import Document, namespace_of


def concerns(document: Document, namespace: str) -> bool:
    """Whether it lies in a namespace, names it, has a wildcard for a host, or delegates, to who knows where.

    In a cluster with thousands of rules all but a few are out by this.
    """
    return namespace_of(document) == namespace or _names(document.get("spec"), namespace, f".{namespace}.")


def _names(found: object, namespace: str, inner: str) -> bool:
    if isinstance(found, str):
        return found == namespace or inner in found or found.startswith("*")
    if isinstance(found, Mapping):
        return "delegate" in found or any(_names(each, namespace, inner) for each in found.values())
    return isinstance(found, list) and any(_names(each, namespace, inner) for each in found)
