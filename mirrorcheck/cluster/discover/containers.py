"""Chooses the container of a side's pods that writes access logs, and finds the fields it logs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from urllib3.exceptions import HTTPError

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError, Forbidden, NotFound, Refused
from mirrorcheck.mesh.documents import Document, entries, name_of, namespace_of, section, word
from mirrorcheck.mesh.groups import PROXIES, ready
from mirrorcheck_parsers import detect

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_TAIL_LINES = 200
_TAIL_BYTES = 1 << 20
_MOST_PODS = 3  # of one side that are checked: they are made from one template

Seen = Literal["access log", "silent", "other lines", "forbidden", "absent"]


@dataclass(frozen=True, slots=True)
class ContainerChoice:
    """The container of a side. seen: what its log held when checked; fields: canonical, of an access log only.

    name: empty if no pod has a container to choose. others: further ones that were checked.
    """

    name: str
    seen: Seen
    fields: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()


def choose_container(client: Client, pods: Sequence[Document], wanted: str, like: str = "") -> ContainerChoice:
    """The wanted one, else the first whose log has lines of a known format, else the first that is silent.

    like: the name to try first, such as that of the other side. A mesh's proxy, which may write an access log of its
    own, is checked if all others write other lines. ClusterError if the server cannot be asked.
    """
    checked: list[ContainerChoice] = []
    for pod in sorted(pods, key=lambda pod: not ready(pod))[:_MOST_PODS]:
        for name in _candidates(pod, wanted, like):
            if name in PROXIES and any(each.seen == "silent" for each in checked):
                break
            checked.append(_checked(client, pod, name))
            if checked[-1].seen in ("access log", "forbidden"):
                return checked[-1]
    chosen = next(
        (each for each in checked if each.seen == "silent"),
        checked[0] if checked else ContainerChoice(wanted, "absent"),
    )
    return replace(chosen, others=tuple(dict.fromkeys(each.name for each in checked if each.name != chosen.name)))


def container_of(pod: Document, chosen: str, wanted: str) -> str:
    """The container to read in a pod: the chosen one, else its only one besides proxies, unless one is asked for."""
    names = [word(each, "name") for each in _containers(pod)]
    own = [name for name in names if name not in PROXIES]
    return chosen if chosen in names else own[0] if len(own) == 1 and not wanted else ""


def _checked(client: Client, pod: Document, name: str) -> ContainerChoice:
    try:
        detection = detect(_tail(client, pod, name))
    except Forbidden:
        return ContainerChoice(name, "forbidden")
    except (NotFound, Refused):
        return ContainerChoice(name, "silent")  # it has not started yet, or is gone
    if detection.format is not None:
        return ContainerChoice(name, "access log", detection.format.fields)
    return ContainerChoice(name, "other lines" if detection.first_line[0] else "silent")


def _candidates(pod: Document, wanted: str, like: str) -> list[str]:
    """Names of containers, the likeliest first; Istio's injection marks the one that is not its own as the default."""
    names = [word(each, "name") for each in _containers(pod)]
    default = word(section(pod, "metadata", "annotations"), DEFAULT_CONTAINER)
    if wanted:
        return [name for name in names if name == wanted]
    return sorted(names, key=lambda name: (name in PROXIES, name != like, name != default))


def _containers(pod: Document) -> Iterable[Document]:
    """The containers that stay, native sidecars included."""
    yield from entries(pod, "spec", "containers")
    yield from (each for each in entries(pod, "spec", "initContainers") if word(each, "restartPolicy") == "Always")


def _tail(client: Client, pod: Document, container: str) -> bytes:
    path = f"/api/v1/namespaces/{namespace_of(pod)}/pods/{name_of(pod)}/log"
    response = client.stream(path, [("container", container), ("tailLines", str(_TAIL_LINES))])
    try:
        return response.read(_TAIL_BYTES)
    except (HTTPError, OSError) as error:
        raise ClusterError(f"the log of {name_of(pod)} broke off: {error}. Try again.") from error
    finally:
        response.close()
