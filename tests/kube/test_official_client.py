"""The official Python client takes the fake for a cluster."""

from pathlib import Path
from typing import Any, cast

import pytest
from kubernetes import client, config, watch

from tests.kube.client import lines
from tests.kube.cluster import Cluster
from tests.kube.faults import FOLLOWING, Cut
from tests.kube.instants import instant
from tests.kube.server import Server

V2 = "target-v2-58f9c-00000"
AT = instant("2026-11-22T10:00:00Z")


@pytest.fixture
def api(server: Server, tmp_path: Path) -> client.ApiClient:
    """Return a client of the server, from a kubeconfig."""
    # Half of the client is untyped, and half too strictly for what it returns: hence the Any here and there.
    made: Any = config
    return cast("client.ApiClient", made.new_client_from_config(str(server.kubeconfig(tmp_path))))


def test_list(api: client.ApiClient) -> None:
    """Its models are filled from the lists."""
    core: Any = client.CoreV1Api(api)
    pods = core.list_namespaced_pod("default", label_selector="version=v2").items
    assert [pod.metadata.name for pod in pods] == [V2]
    assert pods[0].status.container_statuses[0].container_id.startswith("containerd://")
    assert core.read_namespaced_service("target", "default").spec.selector == {"app": "target"}
    rules: Any = client.CustomObjectsApi(api).list_namespaced_custom_object(
        "gateway.networking.k8s.io", "v1", "default", "httproutes"
    )
    assert rules["items"] == []


def test_watch(api: client.ApiClient, cluster: Cluster) -> None:
    """It hears of what changes while it watches."""
    seen = []
    pods = client.CoreV1Api(api).list_namespaced_pod
    watching: Any = watch.Watch()  # type: ignore[no-untyped-call]
    for event in watching.stream(pods, "default", label_selector="version=v2", _request_timeout=60):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 1:
            cluster.delete(V2)
        if event["type"] == "DELETED":
            watching.stop()
    assert seen == [("ADDED", V2), ("MODIFIED", V2), ("MODIFIED", V2), ("DELETED", V2)]


def test_follow(api: client.ApiClient, cluster: Cluster, server: Server) -> None:
    """A log is followed in raw bytes, and a cut looks like an end."""
    cluster.log(V2, "nginx", b"before", at=AT)
    response: Any = client.CoreV1Api(api).read_namespaced_pod_log(
        V2, "default", follow=True, timestamps=True, _preload_content=False, _request_timeout=60
    )
    stream = lines(response)
    assert next(stream) == b"2026-11-22T10:00:00.000000000Z before"
    cluster.log(V2, "nginx", b"after", at=AT + 1)
    assert next(stream) == b"2026-11-22T10:00:00.000000001Z after"
    server.strike(FOLLOWING, Cut())
    assert list(stream) == []
    response.release_conn()


def test_since_time_by_hand(api: client.ApiClient, cluster: Cluster, server: Server) -> None:
    """What the client has no parameter for goes through its own connection all the same."""
    for at in (AT - 1, AT):
        cluster.log(V2, "nginx", b"%d" % (at - AT), at=at)
    server.faults.plan(FOLLOWING, Cut(lines=1))
    asked = [("sinceTime", "2026-11-22T10:00:00.9Z"), ("follow", "true")]
    path = f"/api/v1/namespaces/default/pods/{V2}/log"
    response = api.call_api(*api.param_serialize("GET", path, query_params=asked, auth_settings=["BearerToken"]))
    assert response.response.read() == b"0\n"


def test_rights(api: client.ApiClient, server: Server) -> None:
    """It can ask what it may do, and reads a refusal's reason."""
    server.access.deny("list", "pods")
    asked = client.V1ResourceAttributes(verb="list", resource="pods", namespace="default")
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=asked))
    answer = client.AuthorizationV1Api(api).create_self_subject_access_review(review).status
    assert answer is not None
    assert answer.allowed is False
    with pytest.raises(client.ApiException) as refused:
        client.CoreV1Api(api).list_namespaced_pod("default")
    assert refused.value.status == 403


def test_impersonation(api: client.ApiClient, server: Server) -> None:
    """Whom a header names, that is who asks."""
    headers: Any = api
    headers.set_default_header("Impersonate-User", "reader")
    client.CoreV1Api(api).list_namespaced_pod("default")
    assert server.ledger.exchanges("/pods")[0].user == "reader"
