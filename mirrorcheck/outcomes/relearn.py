"""Lines as they are paired in the usual way in; what is to be paired anew, and how, out, where copies are others."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.outcomes.likeness import Learnt, Remade, learn, learn_by_id, remake
from mirrorcheck.outcomes.marker import NO_MARKER, Copies, Marker, learnt_marker
from mirrorcheck.outcomes.paired_sides import PairedSides, pair_sides
from mirrorcheck.outcomes.request_ids import Ids, same_once
from mirrorcheck.outcomes.sides.lines import SideLines
from mirrorcheck.outcomes.sides.sides import same_lines
from mirrorcheck.pairing import Copying, Share
from mirrorcheck.settings import Settings

Ints = NDArray[np.int64]

_LEAST_MORE = 5  # pairs that a definition must find beyond the usual one
_LOOKED_AT = 2_000  # pairs whose chains show whether they are what they usually are
_FEW = 0.05
_HARDLY_ANY = 0.1  # of the originals: if no more can have been copied, and nothing marks copies, it is no mirror


@dataclass(frozen=True, slots=True, eq=False)
class Anew:
    """What is to be paired again: both sides, the marker, the ids to use (None to choose), and how many more pairs.

    learnt: how copies differ, None where only their ids tell.
    """

    primary: SideLines
    shadow: SideLines
    marker: Marker
    ids: Ids | None
    learnt: Learnt | None
    least_more: int


def relearn(usual: PairedSides, horizon_us: int) -> Anew | None:
    """Find out how copies differ here; None where they are what they usually are, or it cannot be told."""
    if usual.ids.column is not None:
        by_id = _by_id(usual)
        if by_id is not None or (usual.paired.copy_of >= 0).any():
            return by_id
    unexplained = usual.unexplained()
    if not unexplained.ask_for_more(len(usual.originals), usual.shadow.table.height):
        return None
    learnt = learn(usual.primary, usual.shadow, unexplained, horizon_us)
    if learnt is None:
        return None
    # Ids that no original and no copy have in common were given anew on the way.
    ids = Ids(None, renewed=(usual.ids.used,)) if usual.ids.column is not None else None
    return _anew(usual, learnt, ids, np.empty(0, np.int64), _LEAST_MORE)


def unmarked_mirror(
    usual: PairedSides, found: PairedSides, copied: Share | None, settings: Settings
) -> tuple[PairedSides, Share] | None:
    """The pairing of a mirror that leaves nothing of itself, where that may be one and no other was found.

    Too few lines tell nothing, and where the last hop is believed to mark copies, those that have one may be the direct
    ones: with a chain that no original has they are.
    """
    refuted = copied is not None and copied.copying is Copying.REFUTED
    some = (found.paired.copy_of >= 0).any() and not refuted
    if some or usual.marker.given or same_lines(usual.primary.table, usual.shadow.table):
        return None
    chained = usual.shadow.table["hop"].to_numpy() != 0
    foreign = chained & ~np.isin(usual.shadow.table["chain"].to_numpy(), usual.primary.table["chain"].to_numpy())
    uses_chain = usual.primary.logs("xff") and usual.shadow.logs("xff")
    marker = Marker(~foreign, foreign & False, uses_chain=uses_chain, strips_hop=False, name=NO_MARKER)
    unmarked = pair_sides(usual.primary, usual.shadow, marker, settings)
    share = unmarked.copied(settings.horizon_us)
    if share is None or share.copying is Copying.REFUTED or share.high < _HARDLY_ANY:
        return None
    return unmarked, share


def _by_id(usual: PairedSides) -> Anew | None:
    """What ids that stand once on each side tell, of requests that differ too, and of the chains of pairs."""
    column = usual.ids.column or ""
    originals, copies = usual.pairs()
    once = np.empty(0, np.uint64)
    unexplained = usual.unexplained()
    rescued = (originals[:0], copies[:0])
    if column in usual.primary.table.columns and column != "probe":
        rescued = same_once(usual.primary, unexplained.originals, usual.shadow, unexplained.shadow, column)
        once = np.sort(usual.primary.table[column].to_numpy()[rescued[0]])
    if not len(once) and not _other_chains(usual, originals, copies):
        return None
    aligned = np.append(originals, rescued[0]), np.append(copies, rescued[1])
    learnt = learn_by_id(usual.primary, usual.shadow, *aligned, usual.ids.used)
    if learnt is None and not len(once):
        return None
    return _anew(usual, learnt, replace(usual.ids, once=once), rescued[1], min(len(once), 1))


def _other_chains(usual: PairedSides, originals: Ints, copies: Ints) -> bool:
    """True if copies have other chains than their originals' with one hop more."""
    if not usual.marker.strips_hop or not len(originals):
        return False
    some = np.linspace(0, len(originals) - 1, min(_LOOKED_AT, len(originals))).astype(np.int64)
    chain = usual.primary.table["chain"].to_numpy()[originals[some]]
    shorter = usual.shadow.table["shorter_chain"].to_numpy()[copies[some]]
    return float((chain != shorter).mean()) > _FEW


def _anew(usual: PairedSides, learnt: Learnt | None, ids: Ids | None, copies: Ints, least_more: int) -> Anew:
    """The sides and the marker by what was learnt; copies: rows that an id proves to be some."""
    remade, marker = Remade(usual.primary, usual.shadow, None), usual.marker
    if learnt is not None:
        remade = remake(usual.primary, usual.shadow, learnt.definition)
        known = Copies(learnt.definition.chain.hops, remade.behind, learnt.marked, learnt.assumed)
        marker = learnt_marker(marker, remade.shadow.table, known)
    if len(copies) and not marker.given:
        is_copy = marker.is_copy.copy()
        is_copy[copies] = True
        marker = replace(marker, is_copy=is_copy)
    return Anew(remade.primary, remade.shadow, marker, ids, learnt, least_more)
