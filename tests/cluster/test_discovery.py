"""What is found of a service in a cluster: its rule, its sides and its containers, whatever rights are missing."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import ClusterError, Forbidden, Unreachable
from mirrorcheck.cluster.discover.discovery import discover, reread, with_pods
from mirrorcheck.cluster.discover.target import Target
from mirrorcheck.errors import MirrorcheckError, UsageError
from mirrorcheck.mesh.model import Overrides
from tests.cluster.manifests import COMBINED, LINE, destination_rule, http_route, route_rule, virtual_service
from tests.kube.cluster import Cluster
from tests.kube.faults import Answer, Where
from tests.kube.kinds import OTHERS, TELEMETRY, without
from tests.kube.server import Server
from tests.kube.workloads import deploy, service

V1 = ("target-v1-6d4cf56db6-00000", "target-v1-6d4cf56db6-00001")
V2 = "target-v2-58f9c-00000"
ISTIO = "networking.istio.io"
RIGHTS = [
    ("get", "services"),
    ("get", "pods/log"),
    ("list", "virtualservices"),
    ("list", "destinationrules"),
    ("list", "httproutes"),
    ("list", "grpcroutes"),
    ("list", "routerules"),
]


@pytest.fixture(autouse=True)
def mesh(cluster: Cluster) -> None:
    """The service has a DestinationRule, and its pods have logged a request each."""
    cluster.apply(destination_rule())
    for pod in (*V1, V2):
        cluster.log(pod, "nginx", LINE)


def found(client: Client, **overrides: object) -> Target:
    """Discover the service."""
    return discover(client, "target", Overrides(**overrides))  # type: ignore[arg-type]  # a test names what it gives


def codes(target: Target, *severities: str) -> list[str]:
    """The codes of the findings, of all grades or of some."""
    return [each.code for each in target.findings if not severities or each.severity in severities]


def asked(server: Server, ending: str) -> list[str]:
    """The paths that were asked for and end so."""
    return [exchange.path for exchange in server.ledger.exchanges(ending)]


def sides(client: Client, target: Target) -> dict[str, tuple[str | None, Sequence[str]]]:
    """Side and containers by pod."""
    pods = client.get("/api/v1/namespaces/default/pods")["items"]
    chosen = [target.assign(pod) for pod in pods]
    return {
        pod["metadata"]["name"]: (target.side_of(pod), each.containers if each else ())
        for pod, each in zip(pods, chosen, strict=True)
    }


def test_virtual_service(cluster: Cluster, client: Client) -> None:
    """A rule with a mirror tells sides and expectation; each pod's side and container follow."""
    cluster.apply(virtual_service(percent=50))
    cluster.add_pod("other", {"app": "other"})
    target = found(client)
    assert target.reading.text == "VirtualService target: 50 % of v1 -> v2"
    assert (target.reading.expect, target.sound, codes(target)) == (50.0, True, [])
    primary, shadow = ("primary", ("nginx",)), ("shadow", ("nginx",))
    assert sides(client, target) == {V1[0]: primary, V1[1]: primary, V2: shadow, "other": (None, ())}
    assert (target.watches, target.selectors("default")) == ((("default", "app=target"),), ("app=target",))
    event = target.seen(7)
    assert (event.at_us, event.expect, event.text, event.problems) == (7, 50.0, target.reading.text, ())


def test_one_request_each(cluster: Cluster, server: Server, client: Client) -> None:
    """Nothing is asked for twice, and of services only what the rule names."""
    cluster.apply(virtual_service())
    found(client)
    paths = asked(server, "")
    assert len(paths) == len(set(paths))
    assert [path for path in paths if "/services" in path] == ["/api/v1/namespaces/default/services/target"]


@pytest.mark.parametrize("served", ["v1", "v1beta1", "v1alpha3"])
def test_served_version(served: str, cluster: Cluster, server: Server, client: Client) -> None:
    """The rule is read in whichever version the cluster serves."""
    others = {"v1", "v1beta1", "v1alpha3"} - {served}
    cluster.kinds = without(ISTIO, *others)
    cluster.apply(virtual_service())
    cluster.apply(destination_rule())
    target = found(client)
    assert target.mirror is not None
    assert target.mirror.source.version == f"{ISTIO}/{served}"
    assert asked(server, "virtualservices") == [f"/apis/{ISTIO}/{served}/virtualservices"]


def test_http_route(cluster: Cluster, client: Client) -> None:
    """A RequestMirror names services, whose selectors are the sides."""
    for version in ("v1", "v2"):
        cluster.apply(service(f"target-{version}", {"app": "target", "version": version}))
    cluster.apply(http_route())
    target = found(client)
    assert target.reading.text == "HTTPRoute target: 25 % of target-v1 -> target-v2"
    assert sides(client, target)[V2] == ("shadow", ("nginx",))


def test_route_rule(cluster: Cluster, client: Client) -> None:
    """The article's rule is read on a cluster that has no other kinds."""
    cluster.apply(route_rule())
    cluster.kinds = without("gateway.networking.k8s.io", kinds=without(ISTIO))
    target = found(client)
    assert target.reading.text == "RouteRule rule-all-http: 100 % of v1 -> v2"
    assert codes(target, "error") == []


def test_no_mesh(cluster: Cluster, client: Client) -> None:
    """Without any of the kinds, sides are told by the article's labels, and that is said."""
    cluster.kinds = without("config.istio.io", kinds=without("gateway.networking.k8s.io", kinds=without(ISTIO)))
    target = found(client)
    assert (target.reading.state, target.reading.expect, codes(target)) == ("no rule", None, ["no-rule"])
    assert sides(client, target)[V2] == ("shadow", ("nginx",))


def test_no_mirror(cluster: Cluster, client: Client) -> None:
    """A rule without a mirror expects no copies."""
    cluster.apply(virtual_service(mirror=None))
    target = found(client)
    assert target.reading.text == "VirtualService target: no mirror configured, 0 copies expected"
    assert target.reading.expect == 0


@pytest.mark.parametrize("missing", RIGHTS, ids="-".join)
def test_one_right_missing(missing: tuple[str, str], cluster: Cluster, server: Server, client: Client) -> None:
    """Whatever single right is missing, the sides are found, and what is missing is named with its resource."""
    cluster.apply(virtual_service())
    server.access.deny(*missing)
    target = found(client)
    assert sides(client, target) == {
        V1[0]: ("primary", ("nginx",)),
        V1[1]: ("primary", ("nginx",)),
        V2: ("shadow", ("nginx",)),
    }
    assert any(missing[1] in each.what or missing[1] in each.remedy for each in target.findings)


def test_lists_forbidden_everywhere(cluster: Cluster, server: Server, client: Client) -> None:
    """A rule is found by the service's name where it may be got but not listed."""
    cluster.apply(virtual_service(percent=20))
    for kind in ("virtualservices", "destinationrules", "httproutes", "grpcroutes", "routerules"):
        server.access.deny("list", kind)
    target = found(client)
    assert target.reading.text == "VirtualService target: 20 % of v1 -> v2"
    assert codes(target) == ["resources-unreadable"]


def test_lists_forbidden_outside_the_namespace(cluster: Cluster, server: Server, client: Client) -> None:
    """A Role of one namespace is enough."""
    cluster.apply(virtual_service())
    for kind in ("virtualservices", "destinationrules", "httproutes", "grpcroutes", "routerules"):
        server.faults.plan(Where(verb="list", resource=kind), Answer(403, "not at the cluster scope"))
    target = found(client)
    assert (target.sound, codes(target)) == (True, [])
    assert asked(server, "/namespaces/default/virtualservices")


def test_no_right_on_the_mesh(server: Server, client: Client) -> None:
    """Without any right on the kinds the rule is not readable, and not taken for absent."""
    for kind in ("virtualservices", "destinationrules", "httproutes", "grpcroutes", "routerules"):
        server.access.deny("*", kind)
    target = found(client)
    assert (target.reading.state, target.reading.expect, target.seen(7).mirrors) == ("unreadable", None, None)
    assert target.findings[0].what == (
        f"rule not readable: needs get and list on virtualservices.{ISTIO}, destinationrules.{ISTIO}, "
        "httproutes.gateway.networking.k8s.io, grpcroutes.gateway.networking.k8s.io, routerules.config.istio.io"
    )


def test_pods_forbidden(server: Server, client: Client) -> None:
    """Where no pod may be listed, the message ends with the pipe that works."""
    server.access.deny("list", "pods")
    with pytest.raises(
        ClusterError, match=r"kubectl logs -f --prefix -n default -l app=target .*\| mirrorcheck watch -$"
    ):
        found(client)


def test_logs_forbidden(cluster: Cluster, server: Server, client: Client) -> None:
    """Where no log may be read, the finding ends with the pipe that works."""
    cluster.apply(virtual_service())
    server.access.deny("get", "pods/log")
    target = found(client)
    assert codes(target, "error") == ["logs-unreadable", "logs-unreadable"]
    assert not target.sound
    assert all(each.remedy.endswith("| mirrorcheck watch -") for each in target.findings)


@pytest.mark.parametrize("given", ["target", "svc/target", "service/target", "services/target"])
def test_names(given: str, client: Client) -> None:
    """A service may be given as kubectl takes it."""
    assert discover(client, given, Overrides()).service == "target"


@pytest.mark.parametrize("given", ["", "Target", "a/b", "..", "target?x=1", "a" * 300])
def test_no_name(given: str, server: Server, client: Client) -> None:
    """What can be no service's name is refused before the server is asked."""
    with pytest.raises(UsageError, match="is no name of a service"):
        discover(client, given, Overrides())
    assert not server.ledger.exchanges()


def test_no_service(client: Client) -> None:
    """A service that does not exist is an error that names those that do."""
    with pytest.raises(MirrorcheckError, match=r"no service other in namespace default; there are target\. Give -n"):
        discover(client, "other", Overrides())


def test_server_in_trouble(server: Server, client: Client) -> None:
    """A server that cannot answer is not taken for one that has no rule."""
    server.faults.plan(Where(resource="virtualservices"), Answer(503), times=2)
    with pytest.raises(Unreachable):
        found(client)


def test_overrides(cluster: Cluster, client: Client) -> None:
    """Labels that the user gives beat the rule's, and their pods are found outside the service too."""
    cluster.apply(virtual_service())
    deploy(cluster, "next", {"app": "next"})
    target = found(client, primary=(("version", "v2"),), shadow=(("app", "next"),), expect=30.0)
    assert sides(client, target)[V2] == ("primary", ("nginx",))
    assert sides(client, target)["next-6d4cf56db6-00000"] == ("shadow", ("nginx",))
    assert (len(target.watches), len(target.selectors("default"))) == (2, 2)
    assert target.reading.expect == 30
    assert found(client, primary=(("version", "v1"),), shadow=(("version", "v2"),)).selectors("default") == (
        "app=target",
    )
    assert "shadow-not-mirrored" in codes(target)


def test_shadow_in_another_namespace(cluster: Cluster, server: Server, client: Client) -> None:
    """The pods of a shadow elsewhere are read there; where that is forbidden, it is said."""
    deploy(cluster, "audit", {"app": "audit"}, namespace="lab")
    cluster.apply(service("audit", {"app": "audit"}, namespace="lab"))
    rule = virtual_service()
    rule["spec"]["http"][0]["mirror"] = {"host": "audit.lab.svc.cluster.local"}
    cluster.apply(rule)
    target = found(client)
    assert target.watches == (("default", "app=target"), ("lab", "app=audit"))
    assert codes(target, "error") == []
    server.faults.plan(Where(verb="list", resource="pods"), Answer(403), skip=1)
    assert "pods-unreadable" in codes(found(client))


def test_container_that_logs(cluster: Cluster, client: Client) -> None:
    """Of several containers of the application, the one whose lines parse is read, on both sides."""
    for version in ("v1", "v2"):
        labels = {"app": "blue", "version": version}
        for pod in deploy(cluster, f"blue-{version}", labels, containers=("app", "web", "istio-proxy")):
            cluster.log(pod, "app", b"ready to serve")
            if version == "v1":
                cluster.log(pod, "web", LINE)
    cluster.apply(service("blue", {"app": "blue"}))
    target = discover(client, "blue", Overrides())
    assert sides(client, target)["blue-v1-6d4cf56db6-00000"] == ("primary", ("web",))
    assert sides(client, target)["blue-v2-6d4cf56db6-00000"] == ("shadow", ("web",))


def test_no_container_logs(cluster: Cluster, client: Client) -> None:
    """A side whose containers write other lines only is an error; one that is silent is not."""
    for pod in deploy(cluster, "red-v1", {"app": "red", "version": "v1"}, containers=("app", "istio-proxy")):
        cluster.log(pod, "app", b"ready to serve")
        cluster.log(pod, "istio-proxy", b"Envoy proxy is ready")
    deploy(cluster, "red-v2", {"app": "red", "version": "v2"})
    cluster.apply(service("red", {"app": "red"}))
    target = discover(client, "red", Overrides())
    assert codes(target) == ["no-access-log", "no-rule", "no-line-yet"]
    assert re.search(r"read: app, istio-proxy", target.findings[0].what)


def test_container_given(cluster: Cluster, server: Server, client: Client) -> None:
    """The container that the user names is taken, and no other is looked at; one that does not exist is an error."""
    cluster.log(V1[0], "istio-proxy", LINE)
    target = found(client, container="istio-proxy")
    assert sides(client, target)[V1[0]] == ("primary", ("istio-proxy",))
    assert "container-missing" in codes(target)  # the shadow's pod has no sidecar
    asked_for = {exchange.query["container"] for exchange in server.ledger.exchanges("/log")}
    assert asked_for == {"istio-proxy"}


def test_container_that_waits(cluster: Cluster, client: Client) -> None:
    """A container that has not started is silent, not an error."""
    cluster.apply(service("slow", {"app": "slow"}))
    cluster.add_pod("slow-v1", {"app": "slow", "version": "v1"}, waiting="ImagePullBackOff")
    target = discover(client, "slow", Overrides())
    assert "no-line-yet" in codes(target)


def test_format_without_marker(cluster: Cluster, client: Client) -> None:
    """Logs that hold neither X-Forwarded-For nor an id are warned of."""
    for version in ("v1", "v2"):
        for pod in deploy(cluster, f"grey-{version}", {"app": "grey", "version": version}):
            cluster.log(pod, "nginx", COMBINED)
    cluster.apply(service("grey", {"app": "grey"}))
    assert "log-format" in codes(discover(client, "grey", Overrides()))


def test_rule_changes(cluster: Cluster, client: Client) -> None:
    """A rule that is read again is told only when it says something else."""
    cluster.apply(virtual_service(mirror=None))
    first = found(client)
    assert reread(client, first) is None
    cluster.apply(virtual_service(percent=50))
    second = reread(client, first)
    assert second is not None
    assert (second.reading.expect, second.reading.text) == (50, "VirtualService target: 50 % of v1 -> v2")
    cluster.apply(virtual_service(percent=50) | {"status": {"observedGeneration": 2}})
    same = reread(client, second)
    assert same is not None
    assert same.reading == second.reading
    cluster.remove(virtual_service())
    third = reread(client, same)
    assert third is not None
    assert third.reading.state == "no rule"


@pytest.mark.parametrize(
    ("rule", "mirrors"),
    [
        (virtual_service(percent=50), True),
        (virtual_service(percent=0), False),
        (virtual_service(mirror=None), False),
        (None, False),
    ],
    ids=["half", "nothing", "no mirror", "no rule"],
)
def test_whether_the_mesh_mirrors(
    rule: dict[str, Any] | None,
    mirrors: bool,  # noqa: FBT001  # it is of the case
    cluster: Cluster,
    client: Client,
) -> None:
    """It is told besides what the user expects, which takes the place of the rule's percentage."""
    if rule:
        cluster.apply(rule)
    seen = found(client, expect=100.0).seen(7)
    assert (seen.expect, seen.mirrors) == (100.0, mirrors)


def test_rereading_is_cheap(cluster: Cluster, server: Server, client: Client) -> None:
    """Without a change a look costs one list of each kind, from the server's cache and in one namespace."""
    cluster.apply(virtual_service())
    cluster.apply(virtual_service(namespace="other") | {"spec": {"hosts": ["target"]}})
    target = found(client)
    before = len(server.ledger.exchanges())
    assert reread(client, target) is None
    exchanges = server.ledger.exchanges()[before:]
    assert [exchange.query for exchange in exchanges] == [{"resourceVersion": "0"}] * 5
    assert all("/namespaces/default/" in exchange.path for exchange in exchanges)


def test_rule_from_elsewhere(cluster: Cluster, client: Client) -> None:
    """A rule that comes up in another namespace is seen by the wide look, and from then on by each."""
    target = found(client)
    cluster.apply(virtual_service(namespace="team"))
    assert reread(client, target) is None
    second = reread(client, target, wide=True)
    assert second is not None
    assert second.reading.text == "VirtualService target: 100 % of v1 -> v2"
    cluster.apply(virtual_service(namespace="team", percent=10))
    third = reread(client, second)
    assert third is not None
    assert third.reading.expect == 10


def test_right_is_taken_away(cluster: Cluster, server: Server, client: Client) -> None:
    """A look that is refused is an error to try again after, not a rule that is gone."""
    cluster.apply(virtual_service())
    target = found(client)
    server.access.deny("list", "virtualservices")
    with pytest.raises(Forbidden):
        reread(client, target)


def test_kind_that_is_not_served(cluster: Cluster, client: Client) -> None:
    """A group may be served without all of its kinds."""
    cluster.kinds = tuple(kind for kind in cluster.kinds if kind.plural != "grpcroutes")
    cluster.apply(virtual_service())
    target = found(client)
    assert (target.sound, codes(target)) == (True, [])


def test_silent_before_the_proxy(cluster: Cluster, client: Client) -> None:
    """An application that has logged nothing yet is read, not the mesh's proxy beside it that has."""
    for version in ("v1", "v2"):
        labels = {"app": "dim", "version": version}
        for pod in deploy(cluster, f"dim-{version}", labels, containers=("istio-proxy", "web")):
            cluster.log(pod, "istio-proxy", LINE)
    cluster.apply(service("dim", {"app": "dim"}))
    target = discover(client, "dim", Overrides())
    assert sides(client, target)["dim-v1-6d4cf56db6-00000"] == ("primary", ("web",))


def test_proxy_that_logs(cluster: Cluster, client: Client) -> None:
    """A mesh's proxy is read where the application writes no access log of its own."""
    for version in ("v1", "v2"):
        labels = {"app": "own", "version": version}
        for pod in deploy(cluster, f"own-{version}", labels, containers=("app", "istio-proxy")):
            cluster.log(pod, "app", b"ready to serve")
            cluster.log(pod, "istio-proxy", LINE)
    cluster.apply(service("own", {"app": "own"}))
    target = discover(client, "own", Overrides())
    assert sides(client, target)["own-v2-6d4cf56db6-00000"] == ("shadow", ("istio-proxy",))


def test_default_container(cluster: Cluster, client: Client) -> None:
    """Of several silent containers, the one that the pod marks as its default is read."""
    cluster.apply(service("mute", {"app": "mute"}))
    marked = {"kubectl.kubernetes.io/default-container": "web"}
    for version in ("v1", "v2"):
        labels = {"app": "mute", "version": version}
        cluster.add_pod(f"mute-{version}", labels, containers=("app", "web"), annotations=marked)
    target = discover(client, "mute", Overrides())
    assert sides(client, target)["mute-v1"] == ("primary", ("web",))


def test_like_the_other_side(cluster: Cluster, client: Client) -> None:
    """A silent side is read in the container of the other side's name."""
    cluster.apply(service("half", {"app": "half"}))
    for version in ("v1", "v2"):
        cluster.add_pod(f"half-{version}", {"app": "half", "version": version}, containers=("app", "web"))
    cluster.log("half-v1", "web", LINE)
    target = discover(client, "half", Overrides())
    assert sides(client, target)["half-v2"] == ("shadow", ("web",))


def test_pods_that_come_later(cluster: Cluster, client: Client) -> None:
    """A pod of a side that had none is read in its only container besides the proxy."""
    cluster.apply(virtual_service())
    cluster.delete(V2)
    target = found(client)
    assert "no-pods" in codes(target)
    cluster.add_pod("later", {"app": "target", "version": "v2"}, containers=("nginx", "istio-proxy"))
    cluster.add_pod("doubtful", {"app": "target", "version": "v2"}, containers=("app", "web"))
    assert sides(client, target)["later"] == ("shadow", ("nginx",))
    assert sides(client, target)["doubtful"] == ("shadow", ())


def test_pod_without_the_container(cluster: Cluster, client: Client) -> None:
    """A pod that lacks the chosen container is read in its only one, unless the user has named another."""
    cluster.apply(virtual_service())
    target, named = found(client), found(client, container="nginx")
    cluster.add_pod("renamed", {"app": "target", "version": "v2"}, containers=("web", "istio-proxy"))
    assert sides(client, target)["renamed"] == ("shadow", ("web",))
    assert sides(client, named)["renamed"] == ("shadow", ())


def test_sources_of_the_rule_that_change(cluster: Cluster, client: Client) -> None:
    """Whatever says the rule, and wherever: the next look says what is in force, and what is wrong."""
    for version in ("v1", "v2"):
        cluster.apply(service(f"target-{version}", {"app": "target", "version": version}))
    cluster.apply(virtual_service())
    target = found(client)

    def changed() -> Target:
        again = reread(client, target)
        assert again is not None
        return again

    cluster.remove(virtual_service())
    cluster.apply(http_route())
    target = changed()
    assert target.reading.text == "HTTPRoute target: 25 % of target-v1 -> target-v2"
    cluster.remove(http_route())
    delegating = virtual_service(mirror=None)
    delegating["spec"]["http"] = [{"delegate": {"name": "parts", "namespace": "team"}}]
    delegate = virtual_service(percent=40, name="parts", namespace="team")
    del delegate["spec"]["hosts"]
    cluster.apply(delegate)
    cluster.apply(delegating)
    target = changed()
    assert (target.reading.text, codes(target, "error")) == ("VirtualService target: 40 % of v1 -> v2", [])
    delegate["spec"]["http"][0]["mirrorPercentage"]["value"] = 30
    cluster.apply(delegate)
    target = changed()
    assert target.reading.expect == 30
    two = virtual_service(percent=10)
    two["spec"]["http"] = [
        {"match": [{"uri": {"prefix": "/a"}}], **virtual_service()["spec"]["http"][0]},
        *two["spec"]["http"],
    ]
    cluster.apply(two)
    target = changed()
    assert (target.reading.expect, codes(target, "warning")) == (None, ["percentages-differ"])
    weighted = virtual_service()
    weighted["spec"]["http"][0]["route"] = [
        {"destination": {"host": "target", "subset": each}, "weight": weight}
        for each, weight in (("v1", 90), ("v2", 10))
    ]
    weighted["spec"]["http"][0]["mirror"]["host"] = "target"
    cluster.apply(weighted)
    target = changed()
    assert codes(target, "warning") == ["shadow-weight"]
    cluster.apply(virtual_service())
    target = changed()
    rule = destination_rule()
    rule["spec"]["subsets"][1]["labels"] = {"version": "v3"}
    cluster.apply(rule)
    target = changed()
    assert codes(target, "error") == ["no-pods"]


def test_pods_that_change_are_told_without_asking(cluster: Cluster, server: Server, client: Client) -> None:
    """A sidecar that is missing is a problem as soon as its pod is there, and none when it has gone."""
    cluster.apply(virtual_service())
    target = found(client)

    def pods() -> dict[str, tuple[Any, ...]]:
        return {"default": tuple(client.get("/api/v1/namespaces/default/pods")["items"])}

    assert with_pods(target, pods()) is None
    cluster.add_pod("bare", {"app": "target", "version": "v1"}, containers=("nginx",))
    there = pods()
    asked_before = len(server.ledger.exchanges())
    worse = with_pods(target, there)
    assert worse is not None
    assert len(server.ledger.exchanges()) == asked_before
    assert worse.seen(7).problems == ("sidecar missing: 1 of 3 pods of the primary has no mesh proxy",)
    cluster.delete("bare")
    better = with_pods(worse, pods())
    assert better is not None
    assert better.seen(7).problems == ()


def ingress(target: str | None) -> dict[str, Any]:
    """All of the service by an Ingress, and copies to a URL."""
    annotations = {} if target is None else {"nginx.ingress.kubernetes.io/mirror-target": target}
    metadata = {"name": "target", "namespace": "default", "annotations": annotations}
    spec = {"defaultBackend": {"service": {"name": "target-v1", "port": {"number": 80}}}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def test_a_mirror_that_is_no_meshs(cluster: Cluster, server: Server, client: Client) -> None:
    """It is read as a rule, seen when it changes, and passed over where it may not be read."""
    cluster.kinds += OTHERS
    for version in ("v1", "v2"):
        cluster.apply(service(f"target-{version}", {"app": "target", "version": version}))
    cluster.apply(ingress("http://target-v2.default.svc.cluster.local$request_uri"))
    target = found(client)
    assert (target.reading.text, target.sound) == ("Ingress target: 100 % of target-v1 -> target-v2", True)
    assert sides(client, target)[V2] == ("shadow", ("nginx",))
    cluster.apply(ingress("https://example.test$request_uri"))
    outside = reread(client, target)
    assert outside is not None
    assert (outside.sound, outside.seen(7).unseen) == (False, "example.test is no service of this cluster")
    cluster.apply(ingress(None))
    gone = reread(client, outside)
    assert gone is not None
    assert (gone.reading.state, gone.seen(7).mirrors, gone.seen(7).unseen) == ("no rule", False, "")
    server.access.deny("*", "ingresses")
    assert codes(found(client)) == ["no-rule"]


def telemetry(logging: dict[str, Any] | None, **labels: str) -> dict[str, Any]:
    """How the proxies of some pods log."""
    spec = {"selector": {"matchLabels": labels}, **({} if logging is None else {"accessLogging": [logging]})}
    metadata = {"name": "quiet", "namespace": "default"}
    return {"apiVersion": "telemetry.istio.io/v1", "kind": "Telemetry", "metadata": metadata, "spec": spec}


def test_an_access_log_that_is_taken_away(cluster: Cluster, client: Client) -> None:
    """Where the proxies' log is read, it is said who switches it off; nothing of the shadow can be seen then."""
    cluster.kinds += TELEMETRY
    cluster.apply(virtual_service())
    cluster.delete(V2)
    cluster.add_pod("two", {"app": "target", "version": "v2"}, containers=("nginx", "istio-proxy"))
    for pod in (*V1, "two"):
        cluster.log(pod, "istio-proxy", LINE)
    target = found(client, container="istio-proxy")
    assert (target.sound, target.seen(7).unseen) == (True, "")
    cluster.apply(telemetry({"disabled": True}, version="v2"))
    off = reread(client, target)
    assert off is not None
    assert (codes(off, "error"), off.seen(7).unseen) == (
        ["access-log-off"],
        "Telemetry quiet switches the access log off",
    )
    cluster.apply(telemetry({"filter": {"expression": "response.code >= 500"}}, version="v2"))
    part = reread(client, off)
    assert part is not None
    assert (codes(part, "error", "warning"), part.seen(7).unseen) == (["access-log-filtered"], "")
    cluster.remove(telemetry(None))
    patch = {"patch": {"operation": "MERGE", "value": {"typed_config": {"access_log": []}}}}
    spec = {"workloadSelector": {"labels": {"version": "v1"}}, "configPatches": [patch]}
    metadata = {"name": "patched", "namespace": "default"}
    cluster.apply(
        {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": metadata, "spec": spec}
    )
    patched = reread(client, part)
    assert patched is not None
    assert codes(patched, "error", "warning") == ["access-log-patched"]
    assert codes(found(client), "error", "warning") == []  # nginx has a log of its own
