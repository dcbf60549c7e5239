"""Finds out, from lines paired in the usual way, whether copies differ in another way, and how to pair them then."""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.likeness.differences import Learnt
from mirrorcheck.outcomes.likeness.remade import Remade, remake
from mirrorcheck.outcomes.likeness.search import learn, learn_by_id
from mirrorcheck.outcomes.marker import NO_MARKER, Marker, learnt_marker
from mirrorcheck.outcomes.paired_sides import PairedSides, pair_sides
from mirrorcheck.outcomes.request_ids import IdColumn, same_once
from mirrorcheck.outcomes.sides.model import SideLines, same_lines
from mirrorcheck.pairing import CopiedShare, CopyingKind
from mirrorcheck.pairing.model import Ints
from mirrorcheck.settings import Settings

_SAMPLE = 2_000  # pairs whose chains show whether they are what they usually are


@dataclass(frozen=True, slots=True, eq=False)
class PairAgain:
    """What to pair again: both sides, the marker, the ids to use (None to choose).

    learnt: how copies differ, None where only their ids show it. least_more: how many more pairs must be found.
    """

    primary: SideLines
    shadow: SideLines
    marker: Marker
    ids: IdColumn | None
    learnt: Learnt | None
    least_more: int


def relearn(usual: PairedSides, horizon_us: int) -> PairAgain | None:
    """Find out how copies differ here; None where they are as usual, or it is unknown."""
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
    # IdColumn that no original and no copy have in common were given anew on the way.
    ids = IdColumn(None, renewed=(usual.ids.used,)) if usual.ids.column is not None else None
    return _anew(usual, learnt, ids, np.empty(0, np.int64), constants.LEAST_MORE)


def unmarked_mirror(
    usual: PairedSides, found: PairedSides, copied: CopiedShare | None, settings: Settings
) -> tuple[PairedSides, CopiedShare] | None:
    """Pair as for a mirror that leaves no mark, where it may be one and no other was found.

    Too few lines show nothing, and where the last hop is believed to mark copies, lines with a hop may be the direct
    ones: those with a chain that no original has are.
    """
    refuted = copied is not None and copied.copying is CopyingKind.REFUTED
    some = (found.paired.copy_of >= 0).any() and not refuted
    if some or usual.marker.given or same_lines(usual.primary.table, usual.shadow.table):
        return None
    chained = usual.shadow.table["hop"].to_numpy() != 0
    foreign = chained & ~np.isin(usual.shadow.table["chain"].to_numpy(), usual.primary.table["chain"].to_numpy())
    uses_chain = usual.primary.logs("xff") and usual.shadow.logs("xff")
    marker = Marker(~foreign, foreign & False, uses_chain=uses_chain, strips_hop=False, name=NO_MARKER)
    unmarked = pair_sides(usual.primary, usual.shadow, marker, settings)
    share = unmarked.copied(settings.horizon_us)
    if share is None or share.copying is CopyingKind.REFUTED or share.high < constants.HARDLY_ANY:
        return None
    return unmarked, share


def _by_id(usual: PairedSides) -> PairAgain | None:
    """Learn from ids that stand once on each side, on requests that differ, and from the chains of pairs."""
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
    """Whether copies have other chains than their originals' with one hop more."""
    if not usual.marker.strips_hop or not len(originals):
        return False
    some = np.linspace(0, len(originals) - 1, min(_SAMPLE, len(originals))).astype(np.int64)
    chain = usual.primary.table["chain"].to_numpy()[originals[some]]
    shorter = usual.shadow.table["shorter_chain"].to_numpy()[copies[some]]
    return float((chain != shorter).mean()) > constants.OTHER_CHAINS


def _anew(usual: PairedSides, learnt: Learnt | None, ids: IdColumn | None, copies: Ints, least_more: int) -> PairAgain:
    """The sides and the marker by what was learnt; copies: rows that an id proves to be copies."""
    remade, marker = Remade(usual.primary, usual.shadow, None), usual.marker
    if learnt is not None:
        remade = remake(usual.primary, usual.shadow, learnt.definition)
        marker = learnt_marker(marker, remade.shadow.table, learnt, remade.behind)
    if len(copies) and not marker.given:
        is_copy = marker.is_copy.copy()
        is_copy[copies] = True
        marker = replace(marker, is_copy=is_copy)
    return PairAgain(remade.primary, remade.shadow, marker, ids, learnt, least_more)
