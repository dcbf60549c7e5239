"""Streams in, the two sides out: whose lines are originals, whose are copies, and how that was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.ingest import Counts, Stream, fetch
from mirrorcheck.observe import SCHEMA, mix

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The lines of a stream that belong to one side: all of them, or those of some pods. table: rows of observe.SCHEMA."""

    stream: Stream
    table: pl.DataFrame
    counts: Counts
    pods: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The parts of either side, how they were told apart, and the lines that belong to neither."""

    primary: tuple[Part, ...]
    shadow: tuple[Part, ...]
    told_by: str
    other: Counts | None
    other_pods: tuple[str, ...]


def whole(stream: Stream) -> Part:
    """A stream that belongs to one side as it is."""
    return Part(stream, stream.table, stream.counts, pod_names(stream))


def pod_names(stream: Stream) -> tuple[str, ...]:
    """The pods that the lines of a stream name, in order of their first line."""
    return tuple(_pods_of(stream).values())


def by_option(primary: Sequence[Stream], shadow: Sequence[Stream]) -> Sides:
    """The sides as the options name them. Raises UsageError if they look swapped."""
    sides = Sides(tuple(map(whole, primary)), tuple(map(whole, shadow)), "the options --primary and --shadow", None, ())
    _refuse_swapped(sides)
    return sides


def by_pods(streams: Sequence[Stream], primary_globs: Sequence[str], shadow_globs: Sequence[str]) -> Sides:
    """Tell the sides by the pod names that the lines carry.

    Raises UsageError where a pod matches both sides' globs, or a side matches no pod; the message lists the pods seen.
    """
    primary, shadow = [], []
    other, other_pods = Counts(), []
    for stream in streams:
        names = _pods_of(stream)
        sides = {code: _side_of(name, primary_globs, shadow_globs) for code, name in names.items()}
        for wanted, parts in (("primary", primary), ("shadow", shadow)):
            codes = [code for code, side in sides.items() if side == wanted]
            if codes:
                parts.append(_part(stream, codes, names))
        none = [code for code, side in sides.items() if side is None]
        other_pods.extend(names[code] for code in none)
        rest = stream.counts
        parsed = stream.table.filter(pl.col("pod").is_in(pl.Series(none, dtype=pl.UInt64))).height
        other += Counts(parsed + rest.foreign + rest.unparsed, parsed, rest.foreign, rest.unparsed, 0)
    _refuse_empty(primary, shadow, streams, primary_globs, shadow_globs)
    told_by = f"pod names: {', '.join(primary_globs)} and {', '.join(shadow_globs)}"
    return Sides(tuple(primary), tuple(shadow), told_by, other, tuple(dict.fromkeys(other_pods)))


def by_marker(one: Stream, other: Stream) -> Sides:
    """Tell which of two logs is the shadow's: the one whose lines are the other's with one X-Forwarded-For hop more.

    Raises UsageError where neither is, with the option that settles it.
    """
    copies_in_other = copies_found(one.table, other.table)
    copies_in_one = copies_found(other.table, one.table)
    if copies_in_one == copies_in_other:
        message = (
            f"cannot tell which of {one.source.name} and {other.source.name} is the shadow's: no line of either carries a "
            "shadow marker that the other lacks. Say it with --primary FILE --shadow FILE."
        )
        raise UsageError(message)
    primary, shadow = (one, other) if copies_in_other > copies_in_one else (other, one)
    found = max(copies_in_one, copies_in_other)
    told_by = (
        f"the shadow marker: {found:,} of {shadow.counts.parsed:,} lines of {shadow.source.name} carry one hop more"
    )
    return Sides((whole(primary),), (whole(shadow),), told_by, None, ())


def plain_key(table: pl.DataFrame) -> Keys:
    """Key of a line with its whole X-Forwarded-For chain."""
    return mix(table["rest"].to_numpy(), table["chain"].to_numpy())


def stripped_key(table: pl.DataFrame) -> Keys:
    """Key of a line without the last hop of its X-Forwarded-For."""
    return mix(table["rest"].to_numpy(), table["shorter_chain"].to_numpy())


def copies_found(originals: pl.DataFrame, copies: pl.DataFrame) -> int:
    """How many lines of `copies` are a line of `originals` with one hop more."""
    with_hop = copies.filter(pl.col("hop") != 0)
    return int(pl.Series(stripped_key(with_hop)).is_in(pl.Series(plain_key(originals)).unique().implode()).sum())


def _refuse_swapped(sides: Sides) -> None:
    """Nearly every line given as primary is a line given as shadow with one hop more, and none the other way round."""
    primary = pl.concat([part.table for part in sides.primary]) if sides.primary else pl.DataFrame(schema=SCHEMA)
    shadow = pl.concat([part.table for part in sides.shadow]) if sides.shadow else pl.DataFrame(schema=SCHEMA)
    marked = copies_found(shadow, primary)
    nearly_all = 0.9
    if marked and marked >= nearly_all * primary.height and not copies_found(primary, shadow):
        message = (
            f"the sides look swapped: {marked:,} lines of the primary carry a shadow marker, none of the shadow's do. "
            "Swap --primary and --shadow."
        )
        raise UsageError(message)


def _pods_of(stream: Stream) -> dict[int, str]:
    """Pod names by their hash in the column `pod`."""
    if not stream.logs("pod"):
        return {}
    firsts = stream.table.group_by("pod").agg(pl.col("line").min()).sort("line")
    names = fetch(stream, firsts["line"].to_numpy(), ["pod"])["pod"]
    return {code: name.decode("utf-8", "backslashreplace") for code, name in zip(firsts["pod"], names, strict=True)}


def _side_of(pod: str, primary_globs: Sequence[str], shadow_globs: Sequence[str]) -> str | None:
    primary = any(fnmatchcase(pod, glob) for glob in primary_globs)
    shadow = any(fnmatchcase(pod, glob) for glob in shadow_globs)
    if primary and shadow:
        message = f"pod {pod} matches both sides. Give --primary-pods and --shadow-pods that tell it apart."
        raise UsageError(message)
    return "primary" if primary else "shadow" if shadow else None


def _part(stream: Stream, codes: list[int], names: dict[int, str]) -> Part:
    table = stream.table.filter(pl.col("pod").is_in(pl.Series(codes, dtype=pl.UInt64)))
    return Part(stream, table, Counts(table.height, table.height), tuple(names[code] for code in codes))


def _refuse_empty(
    primary: list[Part],
    shadow: list[Part],
    streams: Sequence[Stream],
    primary_globs: Sequence[str],
    shadow_globs: Sequence[str],
) -> None:
    for parts, globs, option in ((primary, primary_globs, "--primary-pods"), (shadow, shadow_globs, "--shadow-pods")):
        if not parts:
            pods = list(dict.fromkeys(name for stream in streams for name in pod_names(stream)))
            seen = ", ".join(pods[:6]) + (" ..." if len(pods) > 6 else "")  # noqa: PLR2004  # enough to see the pattern
            message = f"no pod matches {', '.join(globs)}; the lines name {seen}. Give {option} GLOB."
            raise InputError(message)
