"""Finds the pod and container that --from names."""

from dataclasses import dataclass
from typing import Any

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.discover.containers import DEFAULT_CONTAINER
from mirrorcheck.errors import InputError, UsageError

_WORKLOADS = {
    "deploy": "deployments",
    "deployment": "deployments",
    "deployments": "deployments",
    "sts": "statefulsets",
    "statefulset": "statefulsets",
    "statefulsets": "statefulsets",
    "ds": "daemonsets",
    "daemonset": "daemonsets",
    "daemonsets": "daemonsets",
}
_PODS = ("pod", "po", "pods")
_MOST_NAMED = 6


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
    if not name or "/" in name or kind not in (*_WORKLOADS, *_PODS):
        raise UsageError(f"--from {named} names no workload. Give for example deploy/sleep, sts/client or pod/sleep-0.")
    if kind in _PODS:
        return _place(client.get(f"/api/v1/namespaces/{client.namespace}/pods/{name}"), named, container)
    workload = client.get(f"/apis/apps/v1/namespaces/{client.namespace}/{_WORKLOADS[kind]}/{name}")
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
