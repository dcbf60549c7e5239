"""Keeps the lines of those containers that log requests; the lines of the others become foreign."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import polars as pl

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.reading.fetch import lines_at
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck_parsers import LineOrigin, detect, hash_text

_ERRORS = b"stderr"
_MOST_NAMES = 6  # in a message


def keep_containers(streams: Sequence[Stream], names: Sequence[str]) -> list[Stream]:
    """Keep to the containers of these names, or without any to those that log a request.

    What a container writes to its standard error and is no request is set aside, too. Raises InputError where none of
    the containers named logs a request, UsageError where several containers of one pod do and none is named.
    """
    if not names:
        refuse_two_of_a_pod(streams)
        return [_without_silent(stream) for stream in streams]
    kept = [_only(stream, names) for stream in streams]
    seen = list(dict.fromkeys(name for stream in kept for name in stream.aside))
    if seen and not any(stream.table.height for stream in kept):
        listed = ", ".join(seen[:_MOST_NAMES]) + (" ..." if len(seen) > _MOST_NAMES else "")
        raise InputError(
            f"no request is logged by {', '.join(names)}; other containers: {listed}. Give --container NAME."
        )
    return kept


def _without_silent(stream: Stream) -> Stream:
    logging = set(stream.table["container"].unique())
    heard = {**stream.unparsed_of, **stream.foreign_of}
    silent = [origin for origin in heard if hash_text(origin.container) not in logging]
    unread = _of_requests(stream, silent)
    return _set_aside(stream, lambda origin: origin.stream == _ERRORS or (origin in silent and origin not in unread))


def _of_requests(stream: Stream, origins: Collection[LineOrigin]) -> set[LineOrigin]:
    """Those that begin with a request in another format, where no line of their pod is in the stream's format.

    A sidecar's log beside that of a container that is read is not wanted; a pod that would have no log at all is.
    """
    reading = set(stream.table["pod"].unique())
    firsts: dict[int, LineOrigin] = {}
    for sample in stream.samples:
        origin = sample.origin
        if origin in origins and hash_text(origin.pod) not in reading and origin not in firsts.values():
            firsts[sample.line] = origin
    return {firsts[number] for number, line in lines_at(stream.source, firsts).items() if detect(line).format}


def _only(stream: Stream, names: Sequence[str]) -> Stream:
    """The lines of these containers; all lines of a stream that names none."""
    if not stream.logs("container"):
        return _without_silent(stream)
    wanted = [name.encode("utf-8", "surrogateescape") for name in names]
    is_wanted = pl.col("container").is_in(pl.Series(map(hash_text, wanted), dtype=pl.UInt64).implode())
    others = stream.table.filter(~is_wanted)
    groups = others.group_by("container").agg(pl.len(), pl.col("line").min()).sort("line")
    aside = Counter({stream.origin(code): count for code, count, _ in groups.iter_rows()})
    moved = Counts(0, -others.height, others.height, 0)
    kept = replace(stream, table=stream.table.filter(is_wanted), counts=stream.counts + moved, aside=aside)
    return _set_aside(kept, lambda origin: origin.stream == _ERRORS or origin.container not in wanted)


def _set_aside(stream: Stream, is_other: Callable[[LineOrigin], bool]) -> Stream:
    """Call unparsed lines foreign that come from where no requests are logged, and count those that are so already."""
    both = (stream.unparsed_of, stream.foreign_of)
    heard = dict.fromkeys(origin for of in both for origin in of)
    others = dict.fromkeys(each for each in heard if (each.container or each.stream) and is_other(each))
    if not others:
        return stream
    aside = Counter(stream.aside)
    for origin in others:
        name = origin.container.decode("utf-8", "backslashreplace")
        count = sum(of.get(origin, 0) for of in both)
        aside[f"{name} stderr".strip() if origin.stream == _ERRORS else name] += count
    count = sum(stream.unparsed_of.get(origin, 0) for origin in others)
    left, foreign_left = ({origin: n for origin, n in of.items() if origin not in others} for of in both)
    return replace(
        stream,
        counts=stream.counts + Counts(0, 0, count, -count),
        samples=tuple(sample for sample in stream.samples if sample.origin not in others),
        unparsed_of=left,
        aside=aside,
        foreign_samples=tuple(sample for sample in stream.foreign_samples if sample.origin not in others),
        foreign_of=foreign_left,
    )


def refuse_two_of_a_pod(streams: Sequence[Stream]) -> None:
    """Raise UsageError where two containers of a pod log requests: one that passes both would be an original twice."""
    for stream in streams:
        _refuse_two(stream)


def _refuse_two(stream: Stream) -> None:
    if not stream.logs("container") or not stream.logs("pod"):
        return
    pairs = stream.table.group_by("pod", "container").agg(pl.col("line").min()).filter(pl.col("pod") != 0).sort("line")
    several = pairs.filter(pl.col("pod").is_duplicated())
    if not several.height:
        return
    of_one = several.filter(pl.col("pod") == several["pod"][0]).head(_MOST_NAMES)
    pod, containers = stream.origin(of_one["pod"][0]), [stream.origin(code) for code in of_one["container"]]
    raise UsageError(f"pod {pod} logs requests in several containers: {', '.join(containers)}. Give --container NAME.")
