"""Streams whose lines say whose they are in, the two sides out: by pod names, labels or Envoy's upstream cluster."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import polars as pl

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.outcomes.sides.model import Keys, Part, Sides
from mirrorcheck.reading.fetch import fetch
from mirrorcheck.reading.observe import mix
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.settings import PRIMARY_PODS, SHADOW_PODS, Pairs, Settings
from mirrorcheck_parsers import LineOrigin, UnparsedLine, read_labels

_MOST_NAMES = 6  # in a message: enough to see the pattern
_SUBSET = 2  # place in `outbound|80|v2|web.default.svc.cluster.local`
_CLUSTER = "upstream_cluster"
_USUAL = (PRIMARY_PODS, SHADOW_PODS)
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_STABLE = (("role", "stable"), ("role", "active"))
_CANARY = (("role", "canary"), ("role", "preview"))
_PRIMARY = "-primary"
_POD = re.compile(r"(?P<set>(?P<deployment>.+)-[a-z0-9]{5,10})-[a-z0-9]{5}")  # of a ReplicaSet of a Deployment
_FIELDS = {"pod": "pod", "labels": "labels", "cluster": _CLUSTER}  # column -> field


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
    """How the lines of one side are told: by globs of pods, else by any of some labels, else by Envoy's subset.

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
        worn = (*origin.labels, (_CLUSTER, origin.cluster)) if origin.cluster else origin.labels
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
    """True if a glob matches less than another: the other matches it, as a text, and not the other way round.

    So `podinfo-primary-*` is narrower than `podinfo-*`, and of `web-*` and `*-canary-*` neither is.
    """
    return fnmatchcase(glob, other) and not fnmatchcase(other, glob)


def signs(settings: Settings) -> tuple[SideSelector, SideSelector]:
    """The signs of the two sides: pods and labels as given, the usual pods where a side has neither."""
    return (
        SideSelector("primary", *_or_usual(settings.primary_pods, settings.primary_labels, PRIMARY_PODS), "v1"),
        SideSelector("shadow", *_or_usual(settings.shadow_pods, settings.shadow_labels, SHADOW_PODS), "v2"),
    )


def _or_usual(pods: tuple[str, ...], labels: Pairs, usual: tuple[str, ...]) -> tuple[tuple[str, ...], Pairs]:
    return (pods or (() if labels else usual)), labels


def _known(streams: Sequence[Stream], settings: Settings) -> tuple[SideSelector, SideSelector] | None:
    """The signs that delivery tools put on their pods, where no option says other ones and the usual ones do not tell.

    Argo Rollouts: the labels that its documentation gives stable and canary, or active and preview, pods ("Ephemeral
    Metadata"). Flagger: the pods of the Deployment NAME are the shadow's, those of NAME-primary the primary's.
    """
    if any((settings.primary_pods, settings.shadow_pods, settings.primary_labels, settings.shadow_labels)):
        return None
    origins = [origin for stream in streams for origin in _origins_of(stream)]
    rollouts = SideSelector("primary", (), _STABLE, "v1"), SideSelector("shadow", (), _CANARY, "v2")
    ways = signs(settings), rollouts, _flagger(origins)
    told = ({_side_of(origin, both) for origin in origins} for both in ways)
    return next((both for both, sides in zip(ways, told, strict=True) if {"primary", "shadow"} <= sides), None)


def _flagger(origins: Sequence[Origin]) -> tuple[SideSelector, SideSelector]:
    """By the ReplicaSets of each Deployment NAME of which there is a NAME-primary."""
    pods = [found for origin in origins if (found := _POD.fullmatch(origin.pod))]
    kept = {pod["deployment"].removesuffix(_PRIMARY) for pod in pods if pod["deployment"].endswith(_PRIMARY)}
    primary = dict.fromkeys(f"{pod['set']}-*" for pod in pods if pod["deployment"].endswith(_PRIMARY))
    shadow = dict.fromkeys(f"{pod['set']}-*" for pod in pods if pod["deployment"] in kept)
    return SideSelector("primary", tuple(primary), (), "v1"), SideSelector("shadow", tuple(shadow), (), "v2")


def says_whose(stream: Stream) -> bool:
    """True if the lines name their pod or carry labels."""
    return stream.logs("pod") or stream.logs("labels")


def clusters_tell(streams: Sequence[Stream], settings: Settings) -> bool:
    """True if all lines name Envoy's upstream cluster and those of both sides are among them, or are asked for."""
    if not all(stream.logs(_CLUSTER) or not stream.counts.parsed for stream in streams):
        return False
    if any(name == _CLUSTER for name, _ in (*settings.primary_labels, *settings.shadow_labels)):
        return True
    origins = [origin for stream in streams for origin in _origins_of(stream)]
    return all(any(sign.by_subset(origin) for origin in origins) for sign in signs(settings))


def names_tell(streams: Sequence[Stream], settings: Settings) -> bool:
    """True if what the lines say of whose they are is a side's, or should be one's as the settings have it."""
    asked = (settings.primary_pods, settings.shadow_pods, settings.primary_labels, settings.shadow_labels)
    both = _known(streams, settings) or signs(settings)
    return any(asked) or any(_side_of(origin, both) for stream in streams for origin in _origins_of(stream))


def by_name(streams: Sequence[Stream], settings: Settings) -> Sides:
    """Tell the sides by what the lines say of whose they are; a side whose pods logged nothing is empty.

    Raises UsageError where an origin has the signs of both sides or a stream says nothing, InputError where some have
    those of neither while a side is empty; the message lists those seen.
    """
    both = _known(streams, settings) or signs(settings)
    parts: dict[str | None, list[Part]] = {"primary": [], "shadow": [], None: []}
    rest = Counts()
    for stream in streams:
        _refuse_nameless(stream)
        told = _parts_of(stream, both)
        for side, part in told.items():
            parts[side].append(part)
        foreign = stream.counts.foreign - sum(part.counts.foreign for part in told.values())
        unparsed = stream.counts.unparsed - sum(part.counts.unparsed for part in told.values())
        repeated = stream.counts.repeated
        rest += Counts(foreign + unparsed + repeated, 0, foreign, unparsed, repeated=repeated)
    others = tuple(dict.fromkeys(name for part in parts[None] for name in part.pods))
    if others:
        for sign in both:
            _refuse_unmatched(parts[sign.option], sign, others, streams)
    other = sum((part.counts for part in parts[None]), rest)
    return Sides(tuple(parts["primary"]), tuple(parts["shadow"]), _told_by(streams, both), other, others)


def _parts_of(stream: Stream, both: tuple[SideSelector, SideSelector]) -> dict[str | None, Part]:
    """The part of a stream that each side has, and under None that of neither, where it has lines that parse."""
    side_of = {origin: _side_of(origin, both) for origin in _origins_of(stream)}
    side_of_other = {
        origin: _side_of(Origin(0, _text(origin.pod), read_labels(origin.labels), ""), both)
        for origin in {**stream.unparsed_of, **stream.foreign_of}
    }
    parts: dict[str | None, Part] = {}
    for side in (*(sign.option for sign in both), None):
        own = [origin for origin in side_of if side_of[origin] == side]
        bad = [origin for origin in side_of_other if side is not None and side_of_other[origin] == side]
        if own or bad:
            table = stream.table.filter(_are_of(stream, own))
            names = [origin.name for origin in own] + [_text(origin.pod) for origin in bad if origin.pod]
            unparsed, foreign = (
                sum(of.get(origin, 0) for origin in bad) for of in (stream.unparsed_of, stream.foreign_of)
            )
            counts = Counts(table.height + unparsed + foreign, table.height, foreign, unparsed)
            # Those of neither side are shown once, with the first part.
            whose = {*bad, *(() if parts else (each for each, of in side_of_other.items() if of is None))}
            shown, told = _shown(stream.samples, whose, bad), _shown(stream.foreign_samples, whose, bad)
            parts[side] = Part(stream, table, counts, tuple(dict.fromkeys(names)), shown, told)
    return parts


def _shown(
    samples: Sequence[UnparsedLine], whose: Collection[LineOrigin], first: Collection[LineOrigin]
) -> tuple[UnparsedLine, ...]:
    """The samples that are somebody's, those of the `first` before the others."""
    return tuple(sorted((each for each in samples if each.origin in whose), key=lambda each: each.origin not in first))


def nameless_way_out(stream: Stream) -> str:
    """What helps where lines name no pod: labels that exporters leave out if not told to, or Envoy's clusters."""
    layers = stream.format.layers if stream.format else ()
    option = next((layer.labels_option for layer in layers if layer.labels_option), "")
    if option:
        program = next(layer.name.split()[0] for layer in layers if layer.labels_option)
        return f"{program} leaves out labels that all lines share: export again with {option}. "
    clusters = dict.fromkeys(origin.cluster for origin in _origins_of(stream)) if stream.logs(_CLUSTER) else {}
    if len(clusters) > 1:
        seen = ", ".join(list(clusters)[:_MOST_NAMES]) + (" ..." if len(clusters) > _MOST_NAMES else "")
        ways = f"--primary-label {_CLUSTER}=GLOB and --shadow-label {_CLUSTER}=GLOB"
        return f"If Envoy's clusters tell them ({seen}), give {ways}. "
    return ""


def _told_by(streams: Sequence[Stream], both: tuple[SideSelector, SideSelector]) -> str:
    if not any(map(says_whose, streams)) and not any(sign.labels for sign in both):
        return f"upstream_cluster: the subsets {both[0].subset} and {both[1].subset}"
    kinds = [kind for kind, has in (("pod names", "pods"), ("labels", "labels")) if any(getattr(s, has) for s in both)]
    return f"{' and '.join(kinds)}: {both[0]} and {both[1]}"


def _keys(stream: Stream) -> Keys:
    """One number for what each line says of whose it is."""
    pod = stream.table["pod"].to_numpy()
    if not stream.logs("labels") and not stream.logs(_CLUSTER):
        return pod
    return mix(pod, stream.table["labels"].to_numpy(), stream.table["cluster"].to_numpy())


def _are_of(stream: Stream, origins: Sequence[Origin]) -> pl.Series:
    keys = pl.Series([origin.key for origin in origins], dtype=pl.UInt64)
    return pl.Series(_keys(stream)).is_in(keys.implode())


def _origins_of(stream: Stream) -> list[Origin]:
    """The origins of a stream's lines, in order of their first line."""
    if not any(stream.logs(field) for field in _FIELDS.values()):
        return []
    table = pl.DataFrame({"key": _keys(stream), "line": stream.table["line"]})
    firsts = table.group_by("key").agg(pl.col("line").min()).sort("line")
    texts = fetch(stream, firsts["line"].to_numpy(), list(_FIELDS.values()))
    return [
        Origin(key, _text(pod), read_labels(labels), _text(cluster))
        for key, pod, labels, cluster in zip(firsts["key"], *texts.values(), strict=True)
    ]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _side_of(origin: Origin, both: tuple[SideSelector, SideSelector]) -> str | None:
    """The side by the most explicit way that tells."""
    for way in _WAYS:
        told = {sign.option: globs for sign in both if (globs := way(sign, origin))}
        found = _narrowest(told)
        if len(found) > 1:
            options = (
                "--primary-label and --shadow-label"
                if way is SideSelector.by_label
                else "--primary-pods and --shadow-pods"
            )
            whose = "pod" if origin.pod else "origin"
            message = f"{whose} {origin.name} matches both sides. Give {options} that tell it apart."
            raise UsageError(message)
        if found:
            return found[0]
    return None


def _narrowest(told: dict[str, tuple[str, ...]]) -> list[str]:
    """The side with a glob that is narrower than all those of the other; both where neither has one."""
    globs = dict(told)
    for side, own in told.items():
        others = [glob for other in told if other != side for glob in told[other]]
        if others and any(all(_is_narrower(glob, other) for other in others) for glob in own):
            globs = {side: own}
    return list(globs)


def _refuse_nameless(stream: Stream) -> None:
    if stream.counts.parsed and not any(stream.logs(field) for field in _FIELDS.values()):
        message = (
            f"the lines of {stream.source.name} carry no pod names, those of another file do. "
            f"{nameless_way_out(stream)}Give the logs of each side with --primary FILE --shadow FILE."
        )
        raise UsageError(message)


def _refuse_unmatched(
    parts: Sequence[Part], sign: SideSelector, names: Sequence[str], streams: Sequence[Stream]
) -> None:
    """A side without lines is a finding, but not while pods match neither side: it may be one of them."""
    if parts:
        return
    seen = ", ".join(names[:_MOST_NAMES]) + (" ..." if len(names) > _MOST_NAMES else "")
    ways = {"labels": "NAME=VALUE", _CLUSTER: "upstream_cluster=GLOB"}
    labels = [value for field, value in ways.items() if any(stream.logs(field) for stream in streams)]
    or_label = "".join(f" or --{sign.option}-label {value}" for value in labels)
    message = (
        f"no pod matches {sign}; pods that belong to neither side: {seen}. Give --{sign.option}-pods GLOB{or_label}."
    )
    raise InputError(message)
