"""Who wrote a line, as the line says, and which side that is: by pod names, labels or Envoy's upstream cluster."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mirrorcheck.errors import UsageError
from mirrorcheck.settings import PRIMARY_PODS, SHADOW_PODS, Pairs, Settings

CLUSTER = "upstream_cluster"
_SUBSET = 2  # place in `outbound|80|v2|web.default.svc.cluster.local`
_USUAL = (PRIMARY_PODS, SHADOW_PODS)
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_STABLE = (("role", "stable"), ("role", "active"))
_CANARY = (("role", "canary"), ("role", "preview"))
_PRIMARY = "-primary"
_POD = re.compile(r"(?P<set>(?P<deployment>.+)-[a-z0-9]{5,10})-[a-z0-9]{5}")  # of a ReplicaSet of a Deployment


@dataclass(frozen=True, slots=True)
class Origin:
    """Who wrote some lines of a stream, as far as these say; `key` is equal on all of them."""

    key: int
    pod: str
    labels: Pairs
    cluster: str

    @property
    def subset(self) -> str:
        """The subset that Envoy sent the request to; "" where the cluster names none, as in `inbound|80||`."""
        parts = self.cluster.split("|")
        return parts[_SUBSET] if len(parts) > _SUBSET else ""

    @property
    def name(self) -> str:
        """What it is called in messages and reports."""
        return self.pod or self.cluster or ", ".join(f"{name}={value}" for name, value in self.labels) or "no name"


@dataclass(frozen=True, slots=True)
class SideSelector:
    """How the lines of one side are selected: by globs of pods, else by any of some labels, else by Envoy's subset.

    A label's value is a glob, and upstream_cluster counts as one: subsets of any name, clusters without one.
    """

    option: str
    pods: tuple[str, ...]
    labels: Pairs
    subset: str

    def __str__(self) -> str:
        return ", ".join([*self.pods, *(f"{name}={value}" for name, value in self.labels)])

    def by_pod(self, origin: Origin) -> tuple[str, ...]:
        """The globs that the pod's name matches, none if it is not the side's."""
        names = _spellings(origin.pod) if self.pods in _USUAL else (origin.pod, *origin.pod.split())
        return tuple(glob for glob in self.pods if any(fnmatchcase(name, glob) for name in names))

    def by_label(self, origin: Origin) -> tuple[str, ...]:
        """The globs that labels match, none if these are not the side's."""
        worn = (*origin.labels, (CLUSTER, origin.cluster)) if origin.cluster else origin.labels
        return tuple(
            glob for own, glob in self.labels for name, value in worn if name == own and fnmatchcase(value, glob)
        )

    def by_subset(self, origin: Origin) -> tuple[str, ...]:
        """The subset if Envoy sent the requests to the side's."""
        return (self.subset,) if origin.subset == self.subset else ()


def _spellings(name: str) -> tuple[str, ...]:
    """A name as it is, and with hyphens around its words: those of a file, a host or a service may have others.

    A host and its service, as syslog has them, come as one name with a blank in it.
    """
    words = _NO_WORD.sub("-", name).strip("-")
    return (name, f"-{words}-") if words else (name,)


_WAYS: tuple[Callable[[SideSelector, Origin], tuple[str, ...]], ...] = (
    SideSelector.by_pod,
    SideSelector.by_label,
    SideSelector.by_subset,
)


def _is_narrower(glob: str, other: str) -> bool:
    """Whether a glob matches less than another: the other matches it, as a text, and not the other way round.

    So `podinfo-primary-*` is narrower than `podinfo-*`, and of `web-*` and `*-canary-*` neither is.
    """
    return fnmatchcase(glob, other) and not fnmatchcase(other, glob)


def selectors(settings: Settings) -> tuple[SideSelector, SideSelector]:
    """Select the lines of the two sides by pods and labels as given, by the usual pods where a side has neither."""
    return (
        SideSelector("primary", *_or_usual(settings.primary_pods, settings.primary_labels, PRIMARY_PODS), "v1"),
        SideSelector("shadow", *_or_usual(settings.shadow_pods, settings.shadow_labels, SHADOW_PODS), "v2"),
    )


def _or_usual(pods: tuple[str, ...], labels: Pairs, usual: tuple[str, ...]) -> tuple[tuple[str, ...], Pairs]:
    return (pods or (() if labels else usual)), labels


def known_tools(
    origins: Sequence[Origin], usual: tuple[SideSelector, SideSelector]
) -> tuple[SideSelector, SideSelector] | None:
    """Select by the usual names, or by what delivery tools put on their pods; None where neither matches both sides.

    Argo Rollouts: the labels that its documentation gives stable and canary, or active and preview, pods ("Ephemeral
    Metadata"). Flagger: the pods of the Deployment NAME are the shadow's, those of NAME-primary the primary's.
    """
    rollouts = SideSelector("primary", (), _STABLE, "v1"), SideSelector("shadow", (), _CANARY, "v2")
    ways = usual, rollouts, _flagger(origins)
    return next((both for both in ways if {"primary", "shadow"} <= {side_of(origin, both) for origin in origins}), None)


def _flagger(origins: Sequence[Origin]) -> tuple[SideSelector, SideSelector]:
    """By the ReplicaSets of each Deployment NAME that has a NAME-primary."""
    pods = [found for origin in origins if (found := _POD.fullmatch(origin.pod))]
    kept = {pod["deployment"].removesuffix(_PRIMARY) for pod in pods if pod["deployment"].endswith(_PRIMARY)}
    primary = dict.fromkeys(f"{pod['set']}-*" for pod in pods if pod["deployment"].endswith(_PRIMARY))
    shadow = dict.fromkeys(f"{pod['set']}-*" for pod in pods if pod["deployment"] in kept)
    return SideSelector("primary", tuple(primary), (), "v1"), SideSelector("shadow", tuple(shadow), (), "v2")


def side_of(origin: Origin, both: tuple[SideSelector, SideSelector]) -> str | None:
    """The side by the most explicit way that matches; raises UsageError if both sides match."""
    for way in _WAYS:
        found = _narrowest({each.option: globs for each in both if (globs := way(each, origin))})
        if len(found) > 1:
            options = (
                "--primary-label and --shadow-label"
                if way is SideSelector.by_label
                else "--primary-pods and --shadow-pods"
            )
            whose = "pod" if origin.pod else "origin"
            raise UsageError(f"{whose} {origin.name} matches both sides. Give {options} that match one side only.")
        if found:
            return found[0]
    return None


def _narrowest(globs_of: dict[str, tuple[str, ...]]) -> list[str]:
    """The side with a glob that is narrower than all those of the other; both where neither has one."""
    for side, own in globs_of.items():
        others = [glob for other, globs in globs_of.items() if other != side for glob in globs]
        if others and any(all(_is_narrower(glob, other) for other in others) for glob in own):
            return [side]
    return list(globs_of)
