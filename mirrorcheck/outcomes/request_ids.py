"""Chooses the exact id by which lines of both sides can be paired, and says why others cannot be the key."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.sides.model import SideLines
from mirrorcheck.pairing.model import Ints

_ASKED = "the field given with --key"
_NAMES = {"own_id": _ASKED, "request_id": "the request id", "trace_id": "the trace id"}


@dataclass(frozen=True, slots=True)
class IdColumn:
    """The column of exact ids that is the key, None without one.

    one_sided: (id, side) of an id that only this side logs, where that is why it is not the key. repeated: ids that are
    not unique, so they show nothing. sparse: the id that was asked for, where neither side has it on most lines. once:
    hashes of ids that stand once on each side, on requests that differ: they pair whatever these ask for. renewed: ids
    that were not used, since no two lines of both sides share one.
    """

    column: str | None
    one_sided: tuple[tuple[str, str], ...] = ()
    repeated: tuple[str, ...] = ()
    sparse: tuple[str, ...] = ()
    once: NDArray[np.uint64] | None = None
    renewed: tuple[str, ...] = ()

    @property
    def used(self) -> str:
        """The name of the id that is the key, "" without one."""
        return _NAMES.get(self.column or "", "")


def choose_id(primary: SideLines, originals: Ints, shadow: SideLines, copies: Ints, *, asked: bool = False) -> IdColumn:
    """Choose the first id that nearly every line of both sides has and that is not some client's constant.

    asked: one was given with --key, so that it must be said why it is not the one.
    """
    one_sided: list[tuple[str, str]] = []
    repeated: list[str] = []
    sparse: list[str] = []
    for column, name in _NAMES.items():
        sides = {"primary": _present(primary, column, originals), "shadow": _present(shadow, column, copies)}
        having = [side for side, ids in sides.items() if ids is not None]
        if len(having) == 1:
            one_sided.append((name, having[0]))
        elif any(ids is not None and len(ids) > constants.ID_REPEATS * len(np.unique(ids)) for ids in sides.values()):
            repeated.append(name)
        elif having:
            return IdColumn(
                column, tuple(each for each in one_sided if each[0] == _ASKED), tuple(repeated), tuple(sparse)
            )
        elif asked and column == "own_id" and len(originals) and len(copies):
            sparse.append(name)
    return IdColumn(None, tuple(one_sided), tuple(repeated), tuple(sparse))


def same_once(primary: SideLines, originals: Ints, shadow: SideLines, lines: Ints, column: str) -> tuple[Ints, Ints]:
    """Of these rows of either side those with one id that stands once on each side, pair by pair, as originals come."""
    ours, theirs = (side.table[column].to_numpy()[rows] for side, rows in ((primary, originals), (shadow, lines)))
    both = np.intersect1d(ours[ours != 0], theirs[theirs != 0])
    for side in (primary, shadow):
        every = side.table[column].to_numpy()[~side.table["excluded"].to_numpy()]
        among, counts = np.unique(every[np.isin(every, both)], return_counts=True) if len(both) else (both, both)
        both = among[counts == 1]
    rows = [rows[np.isin(ids, both)] for rows, ids in ((originals, ours), (lines, theirs))]
    by_id = [
        own[np.argsort(side.table[column].to_numpy()[own])] for side, own in zip((primary, shadow), rows, strict=True)
    ]
    in_order = np.argsort(by_id[0])
    return by_id[0][in_order], by_id[1][in_order]


def _present(side: SideLines, column: str, rows: Ints) -> NDArray[np.uint64] | None:
    """The ids of the lines that have one, None where too few do; of all lines where none are given.

    A shadow without a copy logs its ids all the same.
    """
    rows = rows if len(rows) else np.arange(side.table.height)
    if not len(rows) or not side.table[column].max():
        return None
    ids = side.table[column].to_numpy()[rows]
    present = ids[ids != 0]
    return present if len(present) >= constants.ID_SHARE * len(ids) else None
