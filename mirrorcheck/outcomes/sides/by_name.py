"""Splits streams whose lines name their pod, labels or upstream cluster into the two sides."""

from collections.abc import Collection, Sequence

import polars as pl

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.outcomes.sides.model import Part, Sides
from mirrorcheck.outcomes.sides.selectors import CLUSTER, Origin, SideSelector, known_tools, selectors, side_of
from mirrorcheck.pairing.model import Keys
from mirrorcheck.reading.observe import mix
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.settings import Settings
from mirrorcheck_parsers import LineOrigin, UnparsedLine, read_labels

_MOST_NAMES = 6  # in a message: enough to see the pattern
_FIELDS = {"pod": "pod", "labels": "labels", "cluster": CLUSTER}  # column -> field


def names_origins(stream: Stream) -> bool:
    """Whether the lines name their pod or carry labels."""
    return stream.logs("pod") or stream.logs("labels")


def names_clusters(streams: Sequence[Stream], settings: Settings) -> bool:
    """Whether all lines name Envoy's upstream cluster and those of both sides are among them, or are asked for."""
    if not all(stream.logs(CLUSTER) or not stream.counts.parsed for stream in streams):
        return False
    if any(name == CLUSTER for name, _ in (*settings.primary_labels, *settings.shadow_labels)):
        return True
    origins = [origin for stream in streams for origin in _origins_of(stream)]
    return all(any(each.by_subset(origin) for origin in origins) for each in selectors(settings))


def matches_sides(streams: Sequence[Stream], settings: Settings) -> bool:
    """Whether some origin of the lines matches a side, or must match one by the settings."""
    both = chosen(streams, settings)
    return _asked(settings) or any(side_of(origin, both) for stream in streams for origin in _origins_of(stream))


def _asked(settings: Settings) -> bool:
    """Whether an option says what the pods of a side are."""
    return any((settings.primary_pods, settings.shadow_pods, settings.primary_labels, settings.shadow_labels))


def chosen(streams: Sequence[Stream], settings: Settings) -> tuple[SideSelector, SideSelector]:
    """What says which origin is of which side, by the settings or by the names that are known of some programs."""
    both = selectors(settings)
    if _asked(settings):
        return both
    return known_tools([origin for stream in streams for origin in _origins_of(stream)], both) or both


def by_name(streams: Sequence[Stream], settings: Settings) -> Sides:
    """Split the lines by their origins; a side without lines from its pods is empty.

    Raises UsageError where an origin matches both sides or a stream names none, InputError where some match neither
    while a side is empty; the message lists those seen.
    """
    both = chosen(streams, settings)
    found = split(streams, both)
    if found.other_pods:
        for each, parts in zip(both, (found.primary, found.shadow), strict=True):
            _refuse_unmatched(parts, each, found.other_pods, streams)
    return found


def split(streams: Sequence[Stream], both: tuple[SideSelector, SideSelector]) -> Sides:
    """The same by what says which origin is of which side; a side may have no lines, whoever the others are of."""
    parts: dict[str | None, list[Part]] = {"primary": [], "shadow": [], None: []}
    rest = Counts()
    for stream in streams:
        _refuse_nameless(stream)
        own = _parts_of(stream, both)
        for side, part in own.items():
            parts[side].append(part)
        foreign = stream.counts.foreign - sum(part.counts.foreign for part in own.values())
        unparsed = stream.counts.unparsed - sum(part.counts.unparsed for part in own.values())
        repeated = stream.counts.repeated
        rest += Counts(foreign + unparsed + repeated, 0, foreign, unparsed, repeated=repeated)
    others = tuple(dict.fromkeys(name for part in parts[None] for name in part.pods))
    other = sum((part.counts for part in parts[None]), rest)
    return Sides(tuple(parts["primary"]), tuple(parts["shadow"]), _determined_by(streams, both), other, others)


def _parts_of(stream: Stream, both: tuple[SideSelector, SideSelector]) -> dict[str | None, Part]:
    """The part of a stream that each side has, and under None that of neither, where it has lines that parse."""
    sides = {origin: side_of(origin, both) for origin in _origins_of(stream)}
    sides_of_others = {
        origin: side_of(Origin(0, _text(origin.pod), read_labels(origin.labels), ""), both)
        for origin in {**stream.unparsed_of, **stream.foreign_of}
    }
    parts: dict[str | None, Part] = {}
    keys = pl.Series(_keys(stream))
    for side in (*(each.option for each in both), None):
        own = [origin for origin, of in sides.items() if of == side]
        bad = [origin for origin, of in sides_of_others.items() if of and of == side]
        if own or bad:
            wanted = pl.Series([origin.key for origin in own], dtype=pl.UInt64)
            table = stream.table.filter(keys.is_in(wanted.implode()))
            names = [origin.name for origin in own] + [_text(origin.pod) for origin in bad if origin.pod]
            unparsed, foreign = (
                sum(of.get(origin, 0) for origin in bad) for of in (stream.unparsed_of, stream.foreign_of)
            )
            counts = Counts(table.height + unparsed + foreign, table.height, foreign, unparsed)
            # Those of neither side are shown once, with the first part.
            whose = {*bad, *(() if parts else (each for each, of in sides_of_others.items() if of is None))}
            samples = (_shown(each, whose, bad) for each in (stream.samples, stream.foreign_samples))
            parts[side] = Part(stream, table, counts, tuple(dict.fromkeys(names)), *samples)
    return parts


def _shown(
    samples: Sequence[UnparsedLine], whose: Collection[LineOrigin], first: Collection[LineOrigin]
) -> tuple[UnparsedLine, ...]:
    """The samples that are somebody's, those of the `first` before the others."""
    return tuple(sorted((each for each in samples if each.origin in whose), key=lambda each: each.origin not in first))


def nameless_way_out(stream: Stream) -> str:
    """What helps where lines name no pod: labels that exporters leave out by default, or Envoy's clusters."""
    layers = stream.format.layers if stream.format else ()
    option = next((layer.labels_option for layer in layers if layer.labels_option), "")
    if option:
        program = next(layer.name.split()[0] for layer in layers if layer.labels_option)
        return f"{program} leaves out labels that all lines share: export again with {option}. "
    clusters = dict.fromkeys(origin.cluster for origin in _origins_of(stream)) if stream.logs(CLUSTER) else {}
    if len(clusters) > 1:
        seen = ", ".join(list(clusters)[:_MOST_NAMES]) + (" ..." if len(clusters) > _MOST_NAMES else "")
        ways = f"--primary-label {CLUSTER}=GLOB and --shadow-label {CLUSTER}=GLOB"
        return f"If Envoy's clusters determine them ({seen}), give {ways}. "
    return ""


def _determined_by(streams: Sequence[Stream], both: tuple[SideSelector, SideSelector]) -> str:
    if not any(map(names_origins, streams)) and not any(each.labels for each in both):
        return f"upstream_cluster: the subsets {both[0].subset} and {both[1].subset}"
    kinds = [kind for kind, has in (("pod names", "pods"), ("labels", "labels")) if any(getattr(s, has) for s in both)]
    return f"{' and '.join(kinds)}: {both[0]} and {both[1]}"


def _keys(stream: Stream) -> Keys:
    """One number for the origin of each line."""
    pod = stream.table["pod"].to_numpy()
    if not stream.logs("labels") and not stream.logs(CLUSTER):
        return pod
    return mix(pod, stream.table["labels"].to_numpy(), stream.table["cluster"].to_numpy())


def _origins_of(stream: Stream) -> list[Origin]:
    """The origins of a stream's lines, in order of their first line."""
    if not any(stream.logs(field) for field in _FIELDS.values()):
        return []
    table = stream.table.select("line", "pod", "labels", "cluster").with_columns(key=pl.Series(_keys(stream)))
    first = pl.col("line", "pod", "labels", "cluster").get(pl.col("line").arg_min())
    return [
        Origin(key, stream.origin(pod), read_labels(stream.origins.get(labels, b"")), stream.origin(cluster))
        for key, _, pod, labels, cluster in table.group_by("key").agg(first).sort("line").iter_rows()
    ]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _refuse_nameless(stream: Stream) -> None:
    if stream.counts.parsed and not any(stream.logs(field) for field in _FIELDS.values()):
        raise UsageError(
            f"the lines of {stream.source.name} carry no pod names, those of another file do. "
            f"{nameless_way_out(stream)}Give the logs of each side with --primary FILE --shadow FILE."
        )


def _refuse_unmatched(
    parts: Sequence[Part], selector: SideSelector, names: Sequence[str], streams: Sequence[Stream]
) -> None:
    """A side without lines is a finding, but not while pods match neither side: it may be one of them."""
    if parts:
        return
    seen = ", ".join(names[:_MOST_NAMES]) + (" ..." if len(names) > _MOST_NAMES else "")
    ways = {"labels": "NAME=VALUE", CLUSTER: "upstream_cluster=GLOB"}
    labels = [value for field, value in ways.items() if any(stream.logs(field) for stream in streams)]
    or_label = "".join(f" or --{selector.option}-label {value}" for value in labels)
    raise InputError(
        f"no pod matches {selector}; pods that belong to neither side: {seen}. "
        f"Give --{selector.option}-pods GLOB{or_label}."
    )
