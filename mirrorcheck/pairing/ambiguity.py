"""What the matching leaves open: which lines each outcome could equally concern, and how many misses there may be."""

from dataclasses import astuple, dataclass, replace
from operator import add

import numpy as np

from mirrorcheck.concurrency import side_by_side
from mirrorcheck.pairing import compiled, constants, second_copies, twos
from mirrorcheck.pairing.aligned import Alignment
from mirrorcheck.pairing.blocks import Matched
from mirrorcheck.pairing.chains import ChainEvidence
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.pairing.evidence import LoneKeys
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import ENDLESS_US, EVERYTHING, Bools, Ints, Outcome
from mirrorcheck.pairing.result import Pairing
from mirrorcheck.pairing.second_copies import NO_AMBIGUITY, Ambiguity, AmbiguousCounts, KeyGroups


def count_candidates(alignment: Alignment, matched: Matched, reach_us: int) -> Ints:
    """Count the lines of its side that each line could be taken for, int64 by place among those matched; 1 is certain.

    These are the lines of the same key within reach, or in one stretch of the key in which the matching may have
    exchanged them. A line with none of the other side near is certain, since none can have been its partner.
    """
    return np.maximum(count_near(matched.merged, reach_us), _exchangeable(alignment, matched, reach_us))


def count_near(merged: Merged, reach_us: int) -> Ints:
    """Identical lines within reach, by place. Only groups with two lines of a side need counting."""
    if compiled.kernel:
        near = np.empty(len(merged), np.int64)
        compiled.kernel.count_near(merged.run, merged.time_us, merged.is_copy, reach_us, near)
        return near
    number = merged.groups(reach_us)
    copies = np.bincount(number, weights=merged.is_copy)
    crowded = np.flatnonzero(((copies > 1) | (np.bincount(number) - copies > 1))[number])
    candidates = np.ones(len(merged), np.int64)
    candidates[crowded] = _identical(merged.take(crowded), reach_us)
    return candidates


def _identical(merged: Merged, reach_us: int) -> Ints:
    """Lines of the same side and run within reach of each line; 1 where none of the other side is."""
    before = merged.originals_before()
    place = merged.on_one_axis(reach_us)
    low = np.searchsorted(place, place - reach_us, "left")
    high = np.searchsorted(place, place + reach_us, "right")
    originals = before[high] - before[low]
    own = np.where(merged.is_copy, high - low - originals, originals)
    return np.where(own == high - low, 1, own)


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Pieces of a key's time: from `margin_us` before the line at place `first` to as long after that at `last`."""

    first: Ints
    last: Ints
    margin_us: Ints

    @classmethod
    def between(cls, ends: Ints, others: Ints, margin_us: int) -> "Spans":
        """From one of two places to the other, whichever comes first."""
        return cls(np.minimum(ends, others), np.maximum(ends, others), np.full(len(ends), margin_us))

    @classmethod
    def all(cls, each: "list[Spans]") -> "Spans":
        """Those of several kinds."""
        columns = zip(*((spans.first, spans.last, spans.margin_us) for spans in each), strict=True)
        return cls(*map(np.concatenate, columns))


def _exchangeable(alignment: Alignment, matched: Matched, reach_us: int) -> Ints:
    """Lines of the same side in the stretch that a line lies in, by place among those matched; 1 outside stretches."""
    spans = [*_far_pairs(matched, reach_us), *_chains(matched, reach_us), *_unsteady(alignment, matched)]
    if not spans:
        return np.ones(len(matched.kept), np.int64)
    candidates = count_in_stretches(matched.block.merged, matched.block.stands(), Spans.all(spans))
    return candidates if matched.merged is matched.block.merged else candidates[matched.kept]


def count_in_stretches(whole: Merged, stands: Bools, spans: Spans) -> Ints:
    """The same by place of a block; stands: bool by place, the line counts."""
    if compiled.kernel:
        candidates = np.empty(len(whole), np.int64)
        columns = (whole.run, whole.time_us, whole.is_copy, stands)
        compiled.kernel.count_in_stretches(*columns, spans.first, spans.last, spans.margin_us, candidates)
        return candidates
    stretch = _stretches(whole, spans)
    counted = (stretch >= 0) & stands
    originals, copies = (
        np.bincount(stretch[counted & side], minlength=int(stretch.max()) + 1)
        for side in (~whole.is_copy, whole.is_copy)
    )
    own = np.where(whole.is_copy, copies[stretch], originals[stretch])
    both = counted & (originals[stretch] > 0) & (copies[stretch] > 0)
    return np.where(both, own, 1)


def _far_pairs(matched: Matched, reach_us: int) -> list[Spans]:
    """Between the lines of pairs that are unusually far apart: what lies there may be the right partner.

    Such a copy may be a second one of another request, in the place of a missing one, or one that was held up.
    """
    pairs, time_us = matched.pairs, matched.merged.time_us
    far = np.abs(time_us[pairs.copy] - time_us[pairs.original]) > reach_us
    if not far.any():
        return []
    places = matched.pairs_of_block()
    return [Spans.between(places.original[far], places.copy[far], reach_us)]


def _chains(matched: Matched, reach_us: int) -> list[Spans]:
    """From the first attempt at a request to the last: another request's line may have been taken for an attempt."""
    whole, leader = matched.block.merged, matched.block.leader
    attempts = np.flatnonzero(~matched.block.stands() & ~whole.is_copy)
    return [Spans.between(leader[attempts], attempts, reach_us)] if len(attempts) else []


def _unsteady(alignment: Alignment, matched: Matched) -> list[Spans]:
    """Around lines whose place is known only roughly, as the clock leaps there."""
    if alignment.clocks.most_leap() <= alignment.unsteady_us:
        return []
    whole = matched.block.merged
    leaps_us = np.empty(len(whole), np.int64)
    for copies, own in ((False, ~whole.is_copy), (True, whole.is_copy)):
        leaps_us[own] = alignment.leaps_us(whole.row[own], copies=copies)
    lines = np.flatnonzero(leaps_us > alignment.unsteady_us)
    return [Spans(lines, lines, leaps_us[lines])] if len(lines) else []


def _stretches(merged: Merged, spans: Spans) -> Ints:
    """Number of the stretch that each line lies in, -1 outside: spans that share a line make one."""
    at = merged.on_one_axis(int(spans.margin_us.max()))
    low = np.searchsorted(at, at[spans.first] - spans.margin_us, "left")
    high = np.searchsorted(at, at[spans.last] + spans.margin_us, "right")
    begins, ends = (np.bincount(each, minlength=len(merged) + 1)[:-1] for each in (low, high))
    depth = np.cumsum(begins - ends)
    starts: Bools = (begins > 0) & (depth == begins)
    return np.where(depth > 0, np.cumsum(starts) - 1, -1)


@dataclass(frozen=True, slots=True)
class Tally:
    """What the outcomes of a block leave open, in numbers of lines.

    perhaps_retries: misses that may be further attempts. repeated: those of them for which only a repeated id speaks.
    The others count lines without an id: `attempts` may be further ones and were not taken for such, `presumed` were.
    """

    attempts: int = 0
    perhaps_retries: int = 0
    repeated: int = 0
    presumed: int = 0
    orphans: int = 0
    paired: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*map(add, astuple(self), astuple(other)))


def find_ambiguity(
    alignment: Alignment, chain_evidence: ChainEvidence, matched: list[Matched], outcomes: Pairing, tally: Tally
) -> Ambiguity:
    """Find what shows by how much the number of misses may differ: a copy may be that of another original."""
    lone = chain_evidence.lone
    if lone and _undecidable(alignment, lone, matched, outcomes):
        fewest = tally.paired // 2 - second_copies.accidents(tally.paired)
        hidden, copied = tally.paired - max(0, fewest), int((outcomes.original_of < 0).sum())
        return replace(NO_AMBIGUITY, undecided=AmbiguousCounts(hidden, copied, undecidable=True))
    links = chain_evidence.chance_links if lone else 0
    found = replace(NO_AMBIGUITY, links=links, pairs=len(outcomes.delay_us))
    missed = ((outcomes.copy_of < 0) & alignment.in_time(alignment.originals_us)).any()
    if not missed and not ((outcomes.original_of < 0) & alignment.in_time(alignment.copies_us)).any():
        return found
    by_attempts, by_delay = _key_groups(alignment, matched, (alignment.attempts_us, alignment.near_us))
    return replace(
        found,
        by_attempts=by_attempts,
        # A copy of another original is taken for that of a missed one only where it comes when its own would.
        by_delay=by_delay if missed else KeyGroups.none(),
        # A lone copy that found its original farther off is late rather than an orphan.
        strays=min(lone.strays, tally.orphans) if lone else 0,
        lone=lone.their_copies if lone else 0,
    )


def _key_groups(alignment: Alignment, matched: list[Matched], pauses_us: tuple[int, ...]) -> list[KeyGroups]:
    """What the groups of all keys hold in time, if longer pauses divide them than each of these.

    A copy that has an original is counted where that is.
    """

    def work(each: Matched) -> list[KeyGroups]:
        merged, pairs = each.block.merged, each.pairs.among(each.kept)
        originals, copies = each.block.stands() & ~merged.is_copy, merged.is_copy
        if alignment.window != EVERYTHING:
            at_us = merged.time_us.copy()
            at_us[pairs.copy] = at_us[pairs.original]
            own = alignment.in_time(at_us)
            originals, copies = originals & own, copies & own
        paired = originals & each.paired()
        # Ids are one however long they pause.
        apart_us = (ENDLESS_US,) * len(pauses_us) if each.block.exact else pauses_us
        return [KeyGroups.of(merged, originals, copies, paired, each_us) for each_us in apart_us]

    return [KeyGroups.all(groups) for groups in zip(*side_by_side(work, matched), strict=True)]


def _undecidable(alignment: Alignment, lone: LoneKeys, matched: list[Matched], outcomes: Pairing) -> bool:
    """Whether hardly a request has a key of its own, and second copies look like those of missed requests.

    Two policies at 50 % send 0 or 2 copies a request; over n requests their sum strays from n by about sqrt(n), and
    hardly ever by nothing: then some lines have no partner, or the copies do not keep in step. At a smaller share it
    shows in how copies lie in time.
    """
    if lone.originals < constants.FEWEST_REQUESTS or lone.alone > max(
        constants.FEW_LONE_LINES, lone.originals * constants.FEW_LONE
    ):
        return False
    if lone.copies >= constants.NEARLY_AS_MANY * lone.originals:
        strays = _without_partner(alignment, outcomes) + _too_early(outcomes.delay_us)
        return strays > 0 or not _in_step(alignment, outcomes)
    return len(outcomes.delay_us) > 0 and _in_twos(alignment, lone, matched, int(np.median(outcomes.delay_us)))


def _without_partner(alignment: Alignment, outcomes: Pairing) -> int:
    """Count the lines without a partner, less those at the ends of the logs whose partners may lie outside."""
    in_time, copies_in_time = map(alignment.in_time, (alignment.originals_us, alignment.copies_us))
    missed = int(((outcomes.original_outcome == Outcome.MISSED) & in_time).sum())
    alone = int(((outcomes.original_of < 0) & copies_in_time).sum())
    if missed == len(alignment.originals) or alone == len(alignment.copies):
        return missed + alone
    early = int((alignment.copies_us < alignment.originals_us.min()).sum())
    late = int((alignment.originals_us > alignment.copies_us.max()).sum())
    return max(0, missed - late) + max(0, alone - early)


def _too_early(delay_us: Ints) -> int:
    """Count the copies so long before their original, beside the usual delay, that no proxy can have sent them."""
    return int((delay_us - np.median(delay_us) <= -2 * SECOND_US).sum()) if len(delay_us) else 0


def _in_step(alignment: Alignment, outcomes: Pairing) -> bool:
    """Whether copies keep so close to originals that two policies which copy half of them each are ruled out.

    Each clock is taken to go evenly: one that is learnt from pairs follows what wanders off.
    """
    sides = (alignment.originals, alignment.copies)
    unit_us = SECOND_US if all((side.logged_us % SECOND_US == 0).all() for side in sides) else constants.LEAST_SPREAD_US
    units = []
    for side, offsets in zip(sides, (alignment.clocks.originals, alignment.clocks.copies), strict=True):
        ahead_us = np.array([offset.typical() for offset in offsets])[side.stream]
        units.append((side.placed_us - np.round(ahead_us / unit_us).astype(np.int64) * unit_us) // unit_us)
    stands = outcomes.original_outcome != Outcome.RETRY
    keys = np.concatenate((sides[0].key[stands], sides[1].key))
    is_copy = np.repeat([False, True], [int(stands.sum()), len(sides[1])])
    return (
        twos.chance_of_twos(keys, np.concatenate((units[0][stands], units[1])), is_copy) < constants.IN_STEP_BY_CHANCE
    )


def _in_twos(alignment: Alignment, lone: LoneKeys, matched: list[Matched], late_us: int) -> bool:
    """Whether the copies of busy keys, which are `late_us` late, come in twos rather than one by one."""
    blocks = [each.block for each in matched]
    keys = sum(int(block.merged.run[-1]) + 1 for block in blocks if len(block.merged))
    long_us = twos.stretch_us(lone.originals / keys, alignment.span_us(), alignment.spread_us)
    each = [twos.deviations(block.merged, block.stands(), late_us, long_us) for block in blocks]
    return twos.Deviations.all(each).in_twos(lone.copies / lone.originals)
