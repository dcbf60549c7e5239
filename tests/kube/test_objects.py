"""Lists, pages, watches, discovery and rights, as they are on the wire."""

import json
from collections.abc import Iterator

import pytest

from tests.kube.client import Reply, get, lines, opened
from tests.kube.cluster import Cluster
from tests.kube.kinds import without
from tests.kube.refusal import Object
from tests.kube.server import Server, serve

PODS = "/api/v1/namespaces/default/pods"
V2 = "target-v2-58f9c-00000"
RULES = "/apis/networking.istio.io/{}/namespaces/default/virtualservices"
RULE = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "target"}, "spec": {}}


def names(reply: Reply) -> list[str]:
    """Return the names of a list's objects."""
    return [pod["metadata"]["name"] for pod in reply.json["items"]]


def told(events: Iterator[bytes]) -> tuple[str, Object]:
    """Return a watch's next event."""
    event = json.loads(next(events))
    return event["type"], event["object"]


def test_list(cluster: Cluster, server: Server) -> None:
    """A list has its kind and version; the items of a built-in one have none, those of a custom one do."""
    cluster.apply(RULE)
    pods, rules = get(server, PODS).json, get(server, RULES.format("v1beta1")).json
    assert (pods["kind"], pods["apiVersion"]) == ("PodList", "v1")
    assert pods["metadata"] == {"resourceVersion": str(cluster.store.version)}
    assert "kind" not in pods["items"][0]
    assert rules["items"][0]["apiVersion"] == rules["apiVersion"] == "networking.istio.io/v1beta1"


def test_owners(server: Server) -> None:
    """A pod leads to its ReplicaSet, and that to its Deployment, by uid."""
    owner = get(server, f"{PODS}/{V2}").json["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["controller"]) == ("ReplicaSet", True)
    replicas = get(server, f"/apis/apps/v1/namespaces/default/replicasets/{owner['name']}").json["metadata"]
    assert replicas["uid"] == owner["uid"]
    top = replicas["ownerReferences"][0]
    assert (
        get(server, f"/apis/apps/v1/namespaces/default/deployments/{top['name']}").json["metadata"]["uid"] == top["uid"]
    )


def test_pages_show_one_moment(cluster: Cluster, server: Server) -> None:
    """What changes between two pages is not seen, until the moment is forgotten: then 410."""
    first = get(server, PODS, limit=1)
    assert first.json["metadata"]["remainingItemCount"] == 2
    cluster.delete(V2)
    token = first.json["metadata"]["continue"]
    second = get(server, PODS, limit=5, **{"continue": token})
    assert second.json["metadata"] == {"resourceVersion": first.json["metadata"]["resourceVersion"]}
    assert [*names(first), *names(second)][-1] == V2
    cluster.compact()
    late = get(server, PODS, **{"continue": token})
    assert (late.status, late.json["reason"]) == (410, "Expired")


def test_namespaces(cluster: Cluster, server: Server) -> None:
    """A pod of the same name elsewhere is another pod; a list without a namespace has both."""
    cluster.add_pod(V2, {"app": "target"}, namespace="other")
    cluster.log(V2, "nginx", b"elsewhere", namespace="other")
    assert names(get(server, "/api/v1/namespaces/other/pods")) == [V2]
    assert names(get(server, "/api/v1/pods", fieldSelector=f"metadata.name={V2}")) == [V2, V2]
    assert get(server, f"/api/v1/namespaces/other/pods/{V2}/log").body == b"elsewhere\n"


@pytest.mark.parametrize("query", [{"labelSelector": "a in b"}, {"fieldSelector": "spec.none=1"}, {"continue": "x"}])
def test_queries_that_are_refused(server: Server, query: dict[str, str]) -> None:
    """What cannot be read is a bad request."""
    assert get(server, PODS, **query).json["reason"] == "BadRequest"


def test_watch_from_a_list(cluster: Cluster, server: Server) -> None:
    """Nothing between list and watch is missed, and each event has a newer version."""
    version = get(server, PODS).json["metadata"]["resourceVersion"]
    cluster.ready(V2, ready=False)
    with opened(server, PODS, watch="true", resourceVersion=version) as response:
        events = lines(response)
        kind, pod = told(events)
        assert (kind, pod["metadata"]["name"]) == ("MODIFIED", V2)
        assert pod["status"]["conditions"][0]["status"] == "False"
        cluster.delete(V2)
        seen = [told(events) for _ in range(3)]
    assert [kind for kind, _ in seen] == ["MODIFIED", "MODIFIED", "DELETED"]
    assert "deletionTimestamp" in seen[0][1]["metadata"]
    versions = [int(pod["metadata"]["resourceVersion"]) for _, pod in seen]
    assert versions == sorted(set(versions))


def test_watch_of_a_selection(cluster: Cluster, server: Server) -> None:
    """What begins to fit is added, what ceases to is deleted."""
    rule = {**RULE, "metadata": {"name": "target", "labels": {"on": "yes"}}}
    with opened(server, RULES.format("v1"), watch="true", labelSelector="on=yes", resourceVersion="1000") as response:
        events = lines(response)
        for manifest, kind in ((rule, "ADDED"), (RULE, "DELETED"), (rule, "ADDED")):
            cluster.apply(manifest)
            assert told(events)[0] == kind
        cluster.remove(RULE)
        assert told(events)[0] == "DELETED"


def test_watch_without_a_version(server: Server) -> None:
    """It begins with what there is, and ends in time, cleanly."""
    with opened(server, PODS, watch="true", timeoutSeconds=1) as response:
        assert [json.loads(line)["type"] for line in lines(response)] == ["ADDED"] * 3


def test_bookmarks(server: Server) -> None:
    """Who allows them gets them, with a version and nothing else; and one when the initial events are over."""
    query = {"watch": "true", "allowWatchBookmarks": "true", "sendInitialEvents": "true", "labelSelector": "version=v2"}
    with opened(server, PODS, **query) as response:
        events = lines(response)
        assert told(events)[0] == "ADDED"
        kind, mark = told(events)
        assert (kind, mark["kind"]) == ("BOOKMARK", "Pod")
        assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        server.bookmark()
        assert told(events)[1]["metadata"]["resourceVersion"] == mark["metadata"]["resourceVersion"]


def test_watch_that_is_too_old(cluster: Cluster, server: Server) -> None:
    """The answer is 200, and its one event is the error 410."""
    version = get(server, PODS).json["metadata"]["resourceVersion"]
    cluster.ready(V2, ready=False)
    cluster.compact()
    reply = get(server, PODS, watch="true", resourceVersion=version)
    event = json.loads(reply.body)
    assert (reply.status, event["type"]) == (200, "ERROR")
    assert (event["object"]["kind"], event["object"]["code"], event["object"]["reason"]) == ("Status", 410, "Expired")


def test_unknown_objects_and_groups(server: Server) -> None:
    """A missing object is a Status; a missing group, version or kind is text."""
    missing = get(server, f"{PODS}/none")
    assert (missing.status, missing.json["details"]) == (404, {"name": "none", "kind": "pods"})
    for path in ("/apis/none.example", RULES.format("v2"), "/api/v1/namespaces/default/none", f"{PODS}/{V2}/attach"):
        reply = get(server, path)
        assert (reply.status, reply.body) == (404, b"404 page not found\n")


def test_cluster_with_an_old_istio() -> None:
    """A cluster can lack versions and whole groups."""
    old = Cluster(kinds=without("networking.istio.io", "v1", kinds=without("gateway.networking.k8s.io")))
    old.apply(RULE)
    with serve(old) as server:
        group = get(server, "/apis/networking.istio.io").json
        assert group["preferredVersion"]["version"] == "v1beta1"
        assert get(server, RULES.format("v1")).status == 404
        assert names(get(server, RULES.format("v1alpha3"))) == ["target"]
        assert get(server, "/apis/gateway.networking.k8s.io").status == 404


def test_who_asks(server: Server) -> None:
    """A token that is unknown, or not any more, is 401; what is denied is 403, with whom and what."""
    assert get(server, PODS, token="none").json["reason"] == "Unauthorized"  # noqa: S106 -- it opens nothing
    server.access.tokens["second"] = "reader"
    server.access.deny("watch", "pods", user="reader")
    assert get(server, PODS, token="second").status == 200  # noqa: S106 -- as above
    reply = get(server, PODS, token="second", watch="true")  # noqa: S106 -- as above
    why = 'pods is forbidden: User "reader" cannot watch resource "pods" in API group "" in the namespace "default"'
    assert (reply.status, reply.json["message"]) == (403, why)
    server.access.allow("watch", "pods", user="reader")
    del server.access.tokens["second"]
    assert get(server, PODS, token="second").status == 401  # noqa: S106 -- as above
