"""The marker and the lines of both sides in, whether the marker alone tells that the shadow's lines are copies out."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.marker import BY_CHAIN, NO_MARKER, Marker
from mirrorcheck.outcomes.sides.sides import may_be_proxies

Ints = NDArray[np.int64]

_MOST_SHARED = 0.1  # of the copies whose marker originals have as well
_MOST_SINGLE = 0.9  # of pairs whose id is a request's own


def marker_tells(marker: Marker, primary: pl.DataFrame, shadow: pl.DataFrame, originals: Ints, copies: Ints) -> bool:
    """Whether lines with the marker are copies, however few URLs there are.

    Not if there is none, and not if clients send it by themselves: then originals have it, too, or nearly every copy
    comes through a hop of its own.
    """
    if marker.name == NO_MARKER or not len(copies):
        return False
    if marker.name != BY_CHAIN:
        return float(primary["marked"].to_numpy()[originals].mean()) <= _MOST_SHARED if len(originals) else True
    hops = shadow["hop"].to_numpy()[copies]
    # What another chain has in front of the hop is the original's: only a proxy appends to that.
    alone = (hops != 0) & (shadow["shorter_chain"].to_numpy()[copies] == 0)
    known = np.unique(primary["hop"].to_numpy()[originals])
    distinct = len(np.unique(hops[alone]))
    shared = int(np.isin(hops[alone], known).sum())
    return shared <= _MOST_SHARED * len(copies) and may_be_proxies(distinct, len(copies))


def ids_tell(primary: pl.DataFrame, shadow: pl.DataFrame, column: str | None, originals: Ints, copies: Ints) -> bool:
    """Whether nearly all pairs, rows of originals and of copies, have an id that stands once on each side."""
    if column is None or column not in primary.columns or not len(originals):
        return False
    once = [
        (~table[column].is_duplicated()).to_numpy()[rows] & (table[column] != 0).to_numpy()[rows]
        for table, rows in ((primary, originals), (shadow, copies))
    ]
    return float((once[0] & once[1]).mean()) >= _MOST_SINGLE
