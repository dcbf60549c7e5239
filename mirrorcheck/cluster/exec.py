"""Finds the container that --from names, and runs a command in it over the websocket of pods/exec."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websocket import WebSocketBadStatusException, WebSocketException

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError, Unauthorized, Unreachable, one_line, refusal
from mirrorcheck.cluster.api.login import Session
from mirrorcheck.cluster.discover.containers import DEFAULT_CONTAINER
from mirrorcheck.errors import InputError, UsageError

_WORKLOADS = {
    "deployments": ("deploy", "deployment", "deployments"),
    "statefulsets": ("sts", "statefulset", "statefulsets"),
    "daemonsets": ("ds", "daemonset", "daemonsets"),
}
_PODS = ("pod", "po", "pods")
_MOST_NAMED = 6
_STDIN, _STDOUT, _STDERR, _ERROR = 0, 1, 2, 3
_LONGEST = 4096  # bytes of what went wrong that are kept


@dataclass(frozen=True, slots=True)
class PodContainer:
    """A container of a running pod."""

    namespace: str
    pod: str
    container: str

    def __str__(self) -> str:
        return f"pod {self.pod}, container {self.container}, namespace {self.namespace}"


def find_place(client: Client, named: str, container: str | None) -> PodContainer:
    """Find a pod that runs, of a workload or by its name, as kubectl exec does.

    Needs the right to get the workload and to list pods, or to get the pod. Raises UsageError where the name cannot be
    read, InputError where nothing runs there, ClusterError where the server refuses.
    """
    kind, _, name = named.partition("/")
    plural = next((plural for plural, forms in _WORKLOADS.items() if kind in forms), "")
    if not name or "/" in name or not (plural or kind in _PODS):
        raise UsageError(f"--from {named} names no workload. Give for example deploy/sleep, sts/client or pod/sleep-0.")
    if kind in _PODS:
        return _place(client.get(f"/api/v1/namespaces/{client.namespace}/pods/{name}"), named, container)
    workload = client.get(f"/apis/apps/v1/namespaces/{client.namespace}/{plural}/{name}")
    selector = _selector(workload["spec"]["selector"])
    pods = client.get(f"/api/v1/namespaces/{client.namespace}/pods", [("labelSelector", selector)])["items"]
    ready = sorted(pods, key=lambda pod: (not _runs(pod), pod["metadata"]["name"]))
    if not ready:
        hint = f"`kubectl get pods -n {client.namespace} -l {selector}` shows none."
        raise InputError(f"{named} has no pod in namespace {client.namespace}. {hint}")
    return _place(ready[0], named, container)


def _place(pod: dict[str, Any], named: str, container: str | None) -> PodContainer:
    metadata = pod["metadata"]
    if not _runs(pod):
        phase = "going away" if metadata.get("deletionTimestamp") else pod.get("status", {}).get("phase", "unknown")
        raise InputError(f"no pod of {named} runs: {metadata['name']} is {phase}. Wait for it, or name another.")
    names = [each["name"] for each in pod["spec"]["containers"]]
    usual = metadata.get("annotations", {}).get(DEFAULT_CONTAINER, names[0])
    wanted = container or usual
    if wanted not in names:
        listed = ", ".join(names[:_MOST_NAMED])
        raise InputError(f"pod {metadata['name']} has no container {wanted}. Give one of these with -c: {listed}.")
    return PodContainer(metadata["namespace"], metadata["name"], wanted)


def _runs(pod: dict[str, Any]) -> bool:
    return pod.get("status", {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")


def _selector(given: dict[str, Any]) -> str:
    """A label selector of an object, as a path of the API takes it."""
    parts = [f"{key}={text}" for key, text in given.get("matchLabels", {}).items()]
    for each in given.get("matchExpressions", []):
        listed = f"({','.join(each.get('values', []))})"
        forms = {"In": f"{each['key']} in {listed}", "NotIn": f"{each['key']} notin {listed}", "Exists": each["key"]}
        parts.append(forms.get(each["operator"], f"!{each['key']}"))
    return ",".join(parts)


class Remote:
    """A command that runs in a container."""

    def __init__(self, client: Client, place: PodContainer, command: Sequence[str]) -> None:
        """Start it. Needs the right to create pods/exec, and that to get it, which a websocket asks for.

        Raises ClusterError where the server refuses or cannot be reached.
        """
        path = f"/api/v1/namespaces/{place.namespace}/pods/{place.pod}/exec"
        words = [("command", word) for word in command]
        streams = [(name, "true") for name in ("stdin", "stdout", "stderr")]
        self._place, self._client = place, client
        self._socket = _open(client, path, [*words, ("container", place.container), *streams])
        self._rest, self._complaint, self._status = b"", b"", b""

    @property
    def runs(self) -> bool:
        """Whether more output may come, or some has not been taken yet."""
        return bool(self._socket.is_open() or any(map(self._socket.peek_channel, (_STDOUT, _STDERR))))

    def write(self, text: str) -> None:
        """Hand text to its standard input; Unreachable where the connection is gone."""
        try:
            self._socket.write_channel(_STDIN, text.encode())
        except (OSError, WebSocketException) as error:
            raise self._lost(error) from error

    def lines(self, timeout_s: float) -> list[str]:
        """Return the lines of output since the last call; waits for some, at most `timeout_s` seconds."""
        try:
            self._socket.update(timeout=timeout_s)
        except (OSError, WebSocketException) as error:
            raise self._lost(error) from error
        self._rest += self._taken(_STDOUT)
        self._complaint = (self._complaint + self._taken(_STDERR))[:_LONGEST]
        self._status = (self._status + self._taken(_ERROR))[: 4 * _LONGEST]
        *whole, self._rest = self._rest.split(b"\n")
        return [line.decode("utf-8", "backslashreplace") for line in whole]

    def complaint(self) -> InputError:
        """The error that says why it has ended."""
        try:
            message = json.loads(self._status).get("message", "")
        except (ValueError, AttributeError):
            message = "the connection was closed"
        text = one_line(self._complaint.decode("utf-8", "backslashreplace")) or one_line(str(message))
        hint = "Name a container that has a shell and curl, with -c."
        return InputError(f"no probe can be sent from {self._place}: {text}. {hint}")

    def close(self) -> None:
        """End the connection, and with it the command."""
        with suppress(OSError, WebSocketException):  # it may be gone already
            self._socket.close(timeout=1)

    def _taken(self, channel: int) -> bytes:
        return bytes(self._socket.read_channel(channel))

    def _lost(self, error: Exception) -> Unreachable:
        return Unreachable(f"the connection to {self._place} broke: {one_line(str(error))}. Try again.")


def _open(client: Client, path: str, params: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401  # the official client ships no types
    session = client.session()
    try:
        return _dial(client, session, path, params)
    except Unauthorized:
        renewed = client.renewed(session)
        if renewed is session:
            raise
        return _dial(client, renewed, path, params)


def _dial(client: Client, session: Session, path: str, params: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401  # as _open
    from kubernetes.stream import ws_client

    if session.headers:
        hint = "Use a context whose user has the rights itself."
        raise ClusterError(f"the context {session.context} acts as another user, which --from cannot. {hint}")
    _, url, headers, *_ = session.api.param_serialize(
        "GET", path, query_params=list(params), auth_settings=["BearerToken"]
    )
    dial: Any = ws_client.WSClient
    web_address: Any = ws_client.get_websocket_url
    try:
        return dial(session.api.configuration, web_address(url), headers, capture_all=False, binary=True)
    except WebSocketBadStatusException as error:
        raise refusal(error.status_code, error.resp_headers or {}, error.resp_body or b"", path) from error
    except (WebSocketException, OSError) as error:
        why = one_line(str(error)) or type(error).__name__
        message = f"the API server at {client.host} cannot be reached: {why}. Check the context and the network."
        raise Unreachable(message) from error
