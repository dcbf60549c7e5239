"""Lines as they are paired in the usual way in; what is to be paired anew, and how, out, where copies are others."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.ids import Ids, same_once
from mirrorcheck.likeness import Learnt, Remade, Unexplained, learn, learn_by_id, remake
from mirrorcheck.marker import Copies, Marker, learnt_marker
from mirrorcheck.pairing import Outcome, Pairing
from mirrorcheck.side_lines import SideLines

Ints = NDArray[np.int64]

_LEAST_MORE = 5  # pairs that a definition must find beyond the usual one
_LOOKED_AT = 2_000  # pairs whose chains show whether they are what they usually are
_FEW = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """The usual pairing: rows of originals and copies that took part in it, and what it made of them, in that order."""

    primary: SideLines
    shadow: SideLines
    marker: Marker
    originals: Ints
    copies: Ints
    paired: Pairing
    ids: Ids

    def pairs(self) -> tuple[Ints, Ints]:
        """Rows of originals and of their copies."""
        paired = np.flatnonzero(self.paired.copy_of >= 0)
        return self.originals[paired], self.copies[self.paired.copy_of[paired]]

    def unexplained(self) -> Unexplained:
        """What has no partner; a line that is no copy because the user said so needs none."""
        missed = self.originals[self.paired.original_outcome == Outcome.MISSED]
        orphans = self.copies[self.paired.copy_outcome == Outcome.ORPHAN]
        direct = ~self.marker.is_copy & ~self.shadow.table["excluded"].to_numpy() & (not self.marker.given)
        delay_us = self.paired.delay_us
        usual_us = int(np.median(delay_us)) if len(delay_us) >= _LEAST_MORE else 0
        shadow = np.sort(np.append(orphans, np.flatnonzero(direct)))
        # A host that ends in -shadow tells a copy. So does x-envoy-internal, but others may carry that.
        marks = self.marker.given or not self.shadow.logs("internal")
        return Unexplained(missed, shadow, usual_us, told=marks)


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


def relearn(usual: Usual, horizon_us: int) -> Anew | None:
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


def _by_id(usual: Usual) -> Anew | None:
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


def _other_chains(usual: Usual, originals: Ints, copies: Ints) -> bool:
    """True if copies have other chains than their originals' with one hop more."""
    if not usual.marker.strips_hop or not len(originals):
        return False
    some = np.linspace(0, len(originals) - 1, min(_LOOKED_AT, len(originals))).astype(np.int64)
    chain = usual.primary.table["chain"].to_numpy()[originals[some]]
    shorter = usual.shadow.table["shorter_chain"].to_numpy()[copies[some]]
    return float((chain != shorter).mean()) > _FEW


def _anew(usual: Usual, learnt: Learnt | None, ids: Ids | None, copies: Ints, least_more: int) -> Anew:
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
