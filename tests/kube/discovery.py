"""The kinds a cluster serves come in; the documents by which clients find them go out."""

from collections.abc import Sequence

from tests.kube.kinds import PODS, Kind
from tests.kube.refusal import Object, no_such_page

VERSION = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.2",
    "gitTreeState": "clean",
    "goVersion": "go1.26.1",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_REVIEWS = "authorization.k8s.io"
_READ = ["get", "list", "watch"]


def document(path: str, kinds: Sequence[Kind]) -> Object:
    """Return what a discovery path is answered with; RefusalError for a group or version that is not served."""
    match path.strip("/").split("/"):
        case ["version"]:
            return VERSION
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": list(_groups(kinds).values())}
        case ["api", "v1"]:
            return _resources("", "v1", kinds)
        case ["apis", group] if group in _groups(kinds):
            return {"kind": "APIGroup", "apiVersion": "v1"} | _groups(kinds)[group]
        case ["apis", group, version] if _served(group, version, kinds):
            return _resources(group, version, kinds)
    raise no_such_page()


def _groups(kinds: Sequence[Kind]) -> dict[str, Object]:
    groups: dict[str, dict[str, None]] = {_REVIEWS: {"v1": None}}
    for kind in kinds:
        if kind.group:
            groups.setdefault(kind.group, {}).update(dict.fromkeys(kind.versions))
    return {name: _group(name, list(versions)) for name, versions in groups.items()}


def _group(name: str, versions: list[str]) -> Object:
    told = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def _served(group: str, version: str, kinds: Sequence[Kind]) -> bool:
    return any(each["version"] == version for each in _groups(kinds).get(group, {}).get("versions", []))


def _resources(group: str, version: str, kinds: Sequence[Kind]) -> Object:
    resources = [_resource(kind) for kind in kinds if kind.group == group and version in kind.versions]
    if PODS in kinds and not group:
        resources.append({"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]})
    if group == _REVIEWS:
        review = {"name": "selfsubjectaccessreviews", "singularName": "selfsubjectaccessreview"}
        resources.append(review | {"namespaced": False, "kind": "SelfSubjectAccessReview", "verbs": ["create"]})
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}


def _resource(kind: Kind) -> Object:
    told: Object = {"name": kind.plural, "singularName": kind.singular, "namespaced": True, "kind": kind.kind}
    told["verbs"] = _READ
    if kind.short_names:
        told["shortNames"] = list(kind.short_names)
    return told
