"""The name and labels of a workload come in; the objects go out that a cluster has of it, with their owners."""

from collections.abc import Mapping, Sequence

from tests.kube.cluster import NAMESPACE, Cluster
from tests.kube.refusal import Object


def service(name: str, labels: Mapping[str, str], *, port: int = 80, namespace: str = NAMESPACE) -> Object:
    """Return a Service that selects pods by labels."""
    ports = [{"name": "http", "port": port, "protocol": "TCP", "targetPort": port}]
    spec = {"selector": dict(labels), "ports": ports, "type": "ClusterIP", "clusterIP": "10.96.0.10"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def deploy(
    cluster: Cluster,
    name: str,
    labels: Mapping[str, str],
    *,
    replicas: int = 1,
    containers: Sequence[str] = ("nginx",),
    namespace: str = NAMESPACE,
    revision: str = "6d4cf56db6",
) -> list[str]:
    """Apply a Deployment and its ReplicaSet, add its pods, and return their names; again, to scale it up."""
    template = {"metadata": {"labels": dict(labels)}, "spec": {"containers": [{"name": each} for each in containers]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": dict(labels)}, "template": template}
    content = {"spec": spec, "status": {"replicas": replicas, "readyReplicas": replicas}}
    metadata: Object = {"name": name, "namespace": namespace, "labels": dict(labels)}
    deployment = cluster.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, **content})
    metadata |= {"name": f"{name}-{revision}", "ownerReferences": [_owner("Deployment", deployment)]}
    replica_set = cluster.apply({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, **content})
    labels = {**labels, "pod-template-hash": revision}
    owners = [_owner("ReplicaSet", replica_set)]
    names = [f"{name}-{revision}-{number:05}" for number in range(replicas)]
    for each in names:
        if (namespace, each) not in cluster.pods:
            cluster.add_pod(each, labels, containers=containers, namespace=namespace, owners=owners)
    return names


def _owner(kind: str, of: Object) -> Object:
    named = {"apiVersion": "apps/v1", "kind": kind, "name": of["metadata"]["name"], "uid": of["metadata"]["uid"]}
    return named | {"controller": True, "blockOwnerDeletion": True}
