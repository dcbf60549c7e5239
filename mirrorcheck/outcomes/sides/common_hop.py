"""Removes a last hop that all lines of all streams share: that of a proxy in front of the servers.

Such a proxy appends its peer's address behind the mirroring one's, so that an original ends in `C,S` and its copy in
`C,P,S`. Without S they are what they are everywhere else.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.sides.model import copies_found
from mirrorcheck.reading.fetch import fetch
from mirrorcheck.reading.stream import Stream

_LAST_HOP = r",[ ]?[^,]*$"


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
    logged = pl.DataFrame({"chain": [text.decode("utf-8", "backslashreplace") for text in texts]})
    shorter = logged.select(_without_last_hop())
    columns = shorter.select(
        "chain", _without_last_hop().alias("shorter_chain"), pl.col("chain").str.extract(r"([^, ]*)$").alias("hop")
    )
    hashes = (
        pl.when(pl.col(name) == "").then(0).otherwise(pl.col(name).hash()).alias(name) for name in columns.columns
    )
    table = stream.table.with_columns(columns.select(hashes).cast(pl.UInt64))
    hop = next((text for text, excluded in zip(texts, table["excluded"], strict=True) if not excluded), b"")
    return replace(stream, table=table, common_hop=hop.decode("utf-8", "backslashreplace").rpartition(",")[2])


def _without_last_hop() -> pl.Expr:
    """The column `chain` without its last hop, "" where that is the only one."""
    chain = pl.col("chain")
    several = chain.str.contains(",", literal=True)
    return pl.when(several).then(chain.str.replace(_LAST_HOP, "")).otherwise(pl.lit("")).alias("chain")
