"""Chooses the shadow marker: which lines of the shadow are copies, and what their key leaves out."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.likeness.differences import Learnt
from mirrorcheck.outcomes.sides.model import copies_found, may_be_proxies, plain_key
from mirrorcheck.pairing.model import Ints

BY_CHAIN = "X-Forwarded-For"
MARKED = "host or header"
NO_MARKER = "none"
GIVEN = "--marker"
_REFUSED_EARLY = (400, 414, 431, 494)  # nginx answers before it has read the header that would hold the marker
_COPIES = (1, 2)  # of a request, by one policy, or two
_MANY = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Marker:
    """How copies differ from direct traffic.

    is_copy: bool by row of the shadow's table; unsure: bool, those that could carry no marker and are copies only if
    they pair. uses_chain: keys contain X-Forwarded-For; strips_hop: the copy's without its last hop. name:
    "X-Forwarded-For", "host or header", "--marker" or "none" (all shadow lines are copies). stands_in: the shadow does
    not log what was given with --marker. behind: int8 by row of the shadow's table, the place from the end of
    X-Forwarded-For at which the mirroring proxy's hop stands, where that was learnt; None: the last.
    """

    is_copy: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    uses_chain: bool
    strips_hop: bool
    name: str
    stands_in: bool = False
    behind: NDArray[np.int8] | None = None

    @property
    def given(self) -> bool:
        """True if the user said what makes a line a copy: nothing that is learnt overrules that."""
        return self.name == GIVEN

    @property
    def marks(self) -> bool:
        """True if a mark makes a line a copy, whatever its hops."""
        return self.name in {GIVEN, MARKED}


def given_marker(primary: pl.DataFrame, shadow: pl.DataFrame, *, logs_chain: bool) -> Marker:
    """The marker that the user gave: only that makes a copy, though a mirroring proxy may have left its hop, too."""
    marked = shadow["marked"].to_numpy()
    unsure = np.zeros(shadow.height, np.bool_)
    strips_hop = logs_chain and not _leaves_chains(primary, shadow.filter(marked))
    return Marker(marked, unsure, uses_chain=logs_chain, strips_hop=strips_hop, name=GIVEN)


def find_marker(
    primary: pl.DataFrame, shadow: pl.DataFrame, *, logs_chain: bool, shadow_logs_chain: bool, logs_mark: bool
) -> Marker:
    """Choose the marker by what the formats log and what the lines show.

    A mirrorer that leaves X-Forwarded-For or, where only that is logged, the host as it is (nginx mirror, Traefik) is
    recognised by requests that each side has once, or by chains that the primary has, too. Whether it is a mirror is
    judged elsewhere. Clients may send what marks a copy, so a few lines that carry it say nothing of the others.
    """
    marked = shadow["marked"].to_numpy()
    many_marked = bool(marked.sum() > constants.FEW_MARKED * shadow.height)
    every = np.ones(shadow.height, np.bool_)
    has_hop = shadow["hop"].to_numpy() != 0
    if shadow_logs_chain:
        if logs_chain and not many_marked and _keeps_chains(primary, shadow):
            return Marker(every, ~every, uses_chain=True, strips_hop=False, name=NO_MARKER)
        refused = _refused(shadow)
        if logs_chain and many_marked and _leaves_chains(primary, shadow.filter(marked)):
            return Marker(marked | refused, refused, uses_chain=True, strips_hop=False, name=MARKED)
        return Marker(has_hop | marked | refused, refused, uses_chain=logs_chain, strips_hop=True, name=BY_CHAIN)
    if logs_mark and (many_marked or not _mirrored_unmarked(primary, shadow)):
        return Marker(marked, ~every, uses_chain=False, strips_hop=False, name=MARKED)
    return Marker(every, ~every, uses_chain=False, strips_hop=False, name=NO_MARKER)


def learnt_marker(before: Marker, shadow: pl.DataFrame, learnt: Learnt, behind: NDArray[np.int8] | None) -> Marker:
    """The marker once it was learnt how copies differ; the table's last hops are those that the mirror added.

    What the user gave stays what makes a copy. behind: as in `Marker`.
    """
    hops = learnt.definition.chain.hops
    marked, has_hop = shadow["marked"].to_numpy(), shadow["hop"].to_numpy() != 0
    is_copy, unsure, name = np.ones(shadow.height, np.bool_), np.zeros(shadow.height, np.bool_), NO_MARKER
    if before.given:
        is_copy, name = before.is_copy, GIVEN
    elif learnt.marked and not learnt.assumed:
        unsure = _refused(shadow)
        is_copy, name = marked | unsure, MARKED
    elif hops and min(hops) > 0 and not learnt.assumed:
        unsure = _refused(shadow)
        is_copy, name = has_hop | marked | unsure, BY_CHAIN
    compared = bool(hops)
    marker = Marker(is_copy, unsure, uses_chain=compared, strips_hop=compared, name=name, behind=behind)
    return replace(marker, stands_in=before.stands_in)


def marker_is_proof(marker: Marker, primary: pl.DataFrame, shadow: pl.DataFrame, originals: Ints, copies: Ints) -> bool:
    """Whether lines with the marker are copies, however few URLs there are.

    They are not if there is no marker, or if clients send it by themselves: then originals have it, too, or nearly
    every copy comes through a hop of its own.
    """
    if marker.name == NO_MARKER or not len(copies):
        return False
    if marker.name != BY_CHAIN:
        return (
            float(primary["marked"].to_numpy()[originals].mean()) <= constants.SHARED_MARKER if len(originals) else True
        )
    hops = shadow["hop"].to_numpy()[copies]
    # What another chain has in front of the hop is the original's: only a proxy appends to that.
    alone = (hops != 0) & (shadow["shorter_chain"].to_numpy()[copies] == 0)
    known = np.unique(primary["hop"].to_numpy()[originals])
    distinct = len(np.unique(hops[alone]))
    shared = int(np.isin(hops[alone], known).sum())
    return shared <= constants.SHARED_MARKER * len(copies) and may_be_proxies(distinct, len(copies))


def _refused(shadow: pl.DataFrame) -> NDArray[np.bool_]:
    """Lines that could carry no marker, and carry none."""
    bare = (shadow["hop"].to_numpy() == 0) & ~shadow["marked"].to_numpy()
    refused: NDArray[np.bool_] = bare & shadow["status"].is_in(_REFUSED_EARLY).to_numpy()
    return refused


def _keeps_chains(primary: pl.DataFrame, shadow: pl.DataFrame) -> bool:
    if _chains_of_primary(primary, shadow):
        return True
    return not _has_copies(primary, shadow) and _mirrored_unmarked(primary, shadow)


def _leaves_chains(primary: pl.DataFrame, marked: pl.DataFrame) -> bool:
    """Whether the marked copies have no hop more; a proxy that adds one adds it to all, so a few may be clients'."""
    chained = int((marked["hop"] != 0).sum())
    return chained <= constants.FEW_MARKED * marked.height or _chains_of_primary(primary, marked)


def _chains_of_primary(primary: pl.DataFrame, shadow: pl.DataFrame) -> bool:
    """Nearly all chains of the shadow stand in the primary's log as they are, and hardly any is one with a hop more.

    A chain of one hop is no other with a hop more: some clients send one, and others none.
    """
    chained = shadow.lazy().select("rest", "chain", "shorter_chain", "hop").filter(pl.col("hop") != 0)
    # The first lines show it where a proxy marks copies.
    if not _are_known(chained.head(_MANY).collect(), primary):
        return False
    every = chained.collect()
    longer = every.filter(pl.col("shorter_chain") != 0)
    return _are_known(every, primary) and copies_found(primary, longer) <= constants.FEW_MARKED * every.height


def _are_known(chained: pl.DataFrame, primary: pl.DataFrame) -> bool:
    asked, logged = pl.Series(plain_key(chained)), pl.Series(plain_key(primary))
    known = logged.filter(
        logged.is_in(asked.unique().implode())
    ).unique()  # a set of few keys, not of all the primary's
    return _share(asked.is_in(known.implode())) >= constants.KNOWN_CHAINS


def _has_copies(primary: pl.DataFrame, shadow: pl.DataFrame) -> bool:
    """More than a few shadow lines are a primary's with one hop more; the first ones show it, where there are any.

    A client that asks twice, with two chains, leaves such a line as well.
    """
    first = copies_found(primary.head(_MANY), shadow.head(_MANY)) > constants.FEW_MARKED * min(_MANY, shadow.height)
    return first or copies_found(primary, shadow) > constants.FEW_MARKED * shadow.height


def _mirrored_unmarked(primary: pl.DataFrame, shadow: pl.DataFrame) -> bool:
    """Most requests that the shadow has once, or twice as of two policies, are requests that the primary has once.

    Traffic that is split between the sides does not do that, and a busy URL's lines say nothing.
    """
    own, of_shadow = _keys_seen(primary, 1).implode(), (_keys_seen(shadow, times) for times in _COPIES)
    return any(
        len(keys) >= constants.LEAST_SEEN and _share(keys.is_in(own)) >= constants.MOST_MATCH for keys in of_shadow
    )


def _share(flags: pl.Series) -> float:
    return float(flags.mean() or 0)  # type: ignore[arg-type]  # a mean of bools


def _keys_seen(table: pl.DataFrame, times: int) -> pl.Series:
    counts = pl.DataFrame({"key": plain_key(table)}).group_by("key").len()
    return counts.filter(pl.col("len") == times)["key"]
