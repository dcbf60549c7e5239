"""Removes a last hop that all lines of all streams share: that of a proxy in front of the servers.

Such a proxy appends its peer's address behind the mirroring one's, so that an original ends in `C,S` and its copy in
`C,P,S`. Without S they are what they are everywhere else.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.sides.model import copies_found
from mirrorcheck.reading.fetch import fetch
from mirrorcheck.reading.stream import Stream
from mirrorcheck_parsers import hash_each

_BEFORE_HOP = re.compile(rb"[, ]")


def without_common_hop(streams: Sequence[Stream]) -> list[Stream]:
    """Remove the last hop where every line of every stream ends in the same one, and copies show without it.

    Two logs of one shadow share a hop, too: their mirroring proxy's. They show no copies without it.
    """
    lines = sum(stream.table.height for stream in streams)
    if not lines or not _one_hop(streams):
        return list(streams)
    stripped = [_strip(stream) for stream in streams]
    tables = pl.concat([stream.table.select("rest", "chain", "shorter_chain", "hop") for stream in stripped])
    return stripped if copies_found(tables, tables) >= constants.COMMON_HOP_COPIES * lines else list(streams)


def _one_hop(streams: Sequence[Stream]) -> bool:
    """Whether all lines that are not excluded end in one hop: probes come past the proxy."""
    tables = [stream.table.filter(~pl.col("excluded")) for stream in streams]
    hops = pl.concat([table["hop"] for table in tables]).unique()
    return len(hops) == 1 and bool(hops[0])


def _strip(stream: Stream) -> Stream:
    """The stream with chains that end before their last hop; its text is read again for that."""
    if not stream.table.height:
        return stream
    lines = stream.table["line"].to_numpy()
    newest_first = lines[0] > lines[-1]
    texts = fetch(stream, lines[::-1] if newest_first else lines, ["xff"])["xff"]
    if newest_first:
        texts.reverse()
    chains = [_without_last_hop(text) for text in texts]
    columns = {
        "chain": chains,
        "shorter_chain": [_without_last_hop(chain) for chain in chains],
        "hop": [_BEFORE_HOP.split(chain)[-1] for chain in chains],
    }
    table = stream.table.with_columns(pl.Series(name, hash_each(each)) for name, each in columns.items())
    hop = next((text for text, excluded in zip(texts, table["excluded"], strict=True) if not excluded), b"")
    return replace(stream, table=table, common_hop=hop.decode("utf-8", "backslashreplace").rpartition(",")[2])


def _without_last_hop(chain: bytes) -> bytes:
    """A chain without its last hop, b"" where that is the only one."""
    return chain.rpartition(b",")[0]
