"""Estimates how many originals were copied at all, from the numbers of originals and copies in groups of a key.

Where something copies twice, two copies may be those of two requests, or both of one while the other was missed. Only
frequencies show which: a request is missed with one probability, and a copied one is copied again with another, the
same for all (a policy draws per request). Both are fitted as the likeliest for what was counted
(expectation-maximization; Dempster, Laird and Rubin, 1977).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import ceil, exp, floor, lgamma, sqrt

import numpy as np

from mirrorcheck.pairing import compiled, constants
from mirrorcheck.pairing.merge import Merged
from mirrorcheck.pairing.model import Bools, Floats, Ints

_KINDS = 512  # of groups with few lines, of which the kernel counts how many there are
_STEPS = 30
_MOST_WAYS = 100_000  # that are weighed for logs in pieces: a tenth of a second
_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class KeyGroups:
    """Groups by what they hold, int64 of equal length: so many `originals`, `copies`, `pairs`; `groups` of these."""

    originals: Ints
    copies: Ints
    pairs: Ints
    groups: Ints

    @classmethod
    def of(cls, merged: Merged, original: Bools, copy: Bools, paired: Bools, apart_us: int) -> "KeyGroups":
        """Count what the groups hold that no pause longer than `apart_us` divides.

        original, copy: bool by place, of the lines that count, attempts aside; paired: the original has a copy.
        """
        if compiled.kernel:
            sums = np.empty((len(merged) + _KINDS, 4), np.int64)
            columns = (merged.run, merged.time_us, original, copy, paired)
            kinds = compiled.kernel.count_groups(*columns, apart_us, sums)
            return cls._alike(sums[:kinds, :3].T, sums[:kinds, 3])
        group = merged.groups(apart_us)
        sums = np.array([np.bincount(group, weights=each) for each in (original, copy, paired)], np.int64)
        counted = sums[0] > 0
        return cls._alike(sums[:, counted], np.ones(int(counted.sum()), np.int64))

    @classmethod
    def all(cls, each: "Sequence[KeyGroups]") -> "KeyGroups":
        """The groups of several blocks."""
        columns = [[groups.originals, groups.copies, groups.pairs] for groups in each]
        return cls._alike(np.concatenate(columns, axis=1), np.concatenate([groups.groups for groups in each]))

    @classmethod
    def none(cls) -> "KeyGroups":
        """No groups."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, nothing, nothing)

    def __add__(self, other: "KeyGroups") -> "KeyGroups":
        return KeyGroups.all((self, other)).bounded()

    def ways(self) -> int:
        """In how many ways all kinds of groups may have come about, see `_Shares`."""
        fewest = -(-np.minimum(self.copies, 2 * self.originals) // 2)
        return int((np.minimum(self.originals, self.copies) - fewest + 1).sum())

    def bounded(self, most: int = _MOST_WAYS) -> "KeyGroups":
        """The same, the largest groups halved as often as it takes to have at most so many ways, and so few kinds.

        Large ones are of keys that never pause, and end where a piece of a log does in any case. Where many requests
        are copied twice and many missed, a group in halves hides about a seventh less than it may.
        """
        found = self
        while found.ways() > most and found.originals.max() > 1:
            large = found.originals > found.originals.max() // 2
            whole = np.array([found.originals, found.copies, found.pairs])
            halves = (whole[:, ~large], (whole[:, large] + 1) // 2, whole[:, large] // 2)
            numbers = (found.groups[~large], found.groups[large], found.groups[large])
            found = KeyGroups._alike(np.concatenate(halves, axis=1), np.concatenate(numbers))
        return found

    @classmethod
    def _alike(cls, sums: Ints, groups: Ints) -> "KeyGroups":
        # By one number after the other: numpy sorts columns of several by comparing them byte by byte.
        number = first = np.zeros(len(groups), np.int64)
        for each in sums:
            _, first, number = np.unique(
                number * (each.max(initial=0) + 1) + each, return_index=True, return_inverse=True
            )
        counts = np.bincount(number, weights=groups).astype(np.int64)
        originals, copies, pairs = sums[:, first]
        return cls(originals, copies, pairs, counts)

    def beside_misses(self) -> "KeyGroups":
        """Those in which a pair may hide a miss unseen: they hold pairs and misses."""
        at_stake = (self.pairs > 0) & (self.pairs < self.originals)
        return KeyGroups(self.originals[at_stake], self.copies[at_stake], self.pairs[at_stake], self.groups[at_stake])

    def all_pairs(self) -> int:
        """Pairs in all groups."""
        return int((self.pairs * self.groups).sum())

    def second_copies(self) -> int:
        """Copies beyond one for each original of their group: that many are second ones at least."""
        return int(((self.copies - self.originals).clip(0) * self.groups).sum())

    def most_hidden(self) -> int:
        """How many pairs may hide a miss if as many copies as possible are second ones."""
        fewest = -(-np.minimum(self.copies, 2 * self.originals) // 2)
        return int(((self.pairs - fewest).clip(0) * self.groups).sum())


@dataclass(frozen=True, slots=True)
class AmbiguousCounts:
    """hidden: of the pairs, how many may hide a miss. copied: of the misses, how many may have been copied.

    undecidable: hardly a key shows anything.
    """

    hidden: int = 0
    copied: int = 0
    undecidable: bool = False

    def __add__(self, other: "AmbiguousCounts") -> "AmbiguousCounts":
        undecidable = self.undecidable or other.undecidable
        return AmbiguousCounts(self.hidden + other.hidden, self.copied + other.copied, undecidable)


@dataclass(frozen=True, slots=True, eq=False)
class Ambiguity:
    """What shows by how much the number of misses may differ, in counts that add up.

    by_attempts, by_delay: groups of keys, which longer pauses divide than attempts and copies take. strays: copies
    without an original, of `lone` that are alone with their key. links: pairs that chance may have made. pairs: that
    there are. strangers: originals that may hold another's copy. undecided: the counts where nothing shows them.
    """

    by_attempts: KeyGroups
    by_delay: KeyGroups
    strays: int = 0
    lone: int = 0
    links: int = 0
    pairs: int = 0
    strangers: int = 0
    undecided: AmbiguousCounts = AmbiguousCounts()  # frozen

    def __add__(self, other: "Ambiguity") -> "Ambiguity":
        return Ambiguity(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def counts(self, *, unpaired: bool = True, spare: bool = True) -> AmbiguousCounts:
        """How many misses may be hidden, and how many may have been copied.

        unpaired: some originals have no copy; spare: some copies have no original. Where neither is so, what groups
        lack or have too much is at their edges alone.
        """
        twice = AmbiguousCounts()
        if unpaired or spare:
            twice = ambiguous_share(self.by_attempts, self.strays / max(1, self.lone))
        most = max(twice.hidden, unseen(self.by_delay) if unpaired else 0)
        hidden = min(most + self.links, self.pairs) + self.undecided.hidden
        copied = twice.copied + self.undecided.copied
        return AmbiguousCounts(max(hidden, self.strangers), copied, self.undecided.undecidable)


NO_AMBIGUITY = Ambiguity(KeyGroups.none(), KeyGroups.none())


def ambiguous_share(counted: KeyGroups, strays: float) -> AmbiguousCounts:
    """How far the pairs of these groups may be from the number of originals that were copied.

    strays: copies without an original for each that has one; one of them stands for a missed request as well.
    """
    if not len(counted.groups) or not (counted.second_copies() or strays):
        return AmbiguousCounts()
    shares = _Shares.of(counted)
    missed, twice = shares.likeliest()
    fewest, few_by = shares.copied(_above(missed, int((counted.originals * counted.groups).sum())), twice + strays)
    most, most_by = shares.copied(missed, twice)
    pairs = counted.all_pairs()
    hidden = _bound(pairs - fewest, few_by, constants.RARE)
    copied = _bound(most - pairs, most_by, constants.RARE)
    return AmbiguousCounts(min(hidden, counted.most_hidden()), copied)


def accidents(copies: int, seen_in: int = 0) -> int:
    """How many of the copies may be one too many, at most. seen_in: copies of which each such one would have shown."""
    mean = min(constants.UNSEEN, constants.IN_NONE_OF / max(1, seen_in)) * copies
    return _bound(mean, sqrt(mean), constants.LIKELY)


def unseen(counted: KeyGroups) -> int:
    """How many misses may be hidden by copies that are one too many without any sign of it, at most.

    In a group whose originals all have a copy, a copy too many is seen; beside a miss it is taken for that of another.
    """
    beside = counted.beside_misses()
    pairs = beside.all_pairs()
    return min(accidents(pairs, counted.all_pairs() - pairs), beside.most_hidden())


def _above(share: float, requests: int) -> float:
    """What the share may be as well, by the number of requests that it was found in."""
    return min(0.9, share + constants.SIGMAS * sqrt(share * (1 - share) / requests))


def _bound(mean: float, deviation: float, exceeded: float) -> int:
    """What a number is hardly above that has a mean and a deviation, 0 or more.

    exceeded: the probability with which a handful is above it.
    """
    if mean >= 1:
        return ceil(mean + constants.SIGMAS * deviation - _TINY)
    if deviation >= 1:
        return max(0, floor(mean + constants.SIGMAS * deviation))
    bound, left, term = 0, 1 - exp(-max(mean, 0.0)), exp(-max(mean, 0.0))
    while left > exceeded:  # of a Poisson number
        bound += 1
        term *= mean / bound
        left -= term
    return bound


@dataclass(frozen=True, slots=True, eq=False)
class _Shares:
    """Every way in which a group may have come about, groups one after another.

    ways: float64, logarithm of how many there are to copy `copied` originals, of these `twice` twice, and miss
    `missed`. first: place of each group's first way.
    """

    counted: KeyGroups
    ways: Floats
    copied_: Floats
    twice: Floats
    missed: Floats
    first: Ints

    @classmethod
    def of(cls, counted: KeyGroups) -> "_Shares":
        originals, copies = counted.originals, np.minimum(counted.copies, 2 * counted.originals)
        fewest, most = -(-copies // 2), np.minimum(originals, copies)
        sizes = most - fewest + 1
        first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        copied = np.repeat(fewest - first, sizes) + np.arange(int(sizes.sum()))
        all_, twice = np.repeat(originals, sizes), np.repeat(copies, sizes) - copied
        ways = _choices(all_, copied) + _choices(copied, twice)
        return cls(counted, ways, copied.astype(float), twice.astype(float), (all_ - copied).astype(float), first)

    def likeliest(self) -> tuple[float, float]:
        """The shares of requests that were missed, and of copied ones that were copied twice."""
        lone = self.counted.originals == 1
        groups, copies = self.counted.groups[lone], self.counted.copies[lone]
        missed = (groups[copies == 0].sum() + 0.5) / (groups.sum() + 1)
        twice = (groups[copies > 1].sum() + 0.5) / (groups[copies > 0].sum() + 1)
        requests = float((self.counted.originals * self.counted.groups).sum())
        for _ in range(_STEPS):
            chances = self._chances(missed, twice)
            copied, again = (
                (np.add.reduceat(chances * each, self.first) * self.counted.groups).sum()
                for each in (self.copied_, self.twice)
            )
            missed, twice = 1 - copied / requests, again / max(copied, _TINY)
        return float(missed), float(twice)

    def copied(self, missed: float, twice: float) -> tuple[float, float]:
        """How many originals were copied under these shares: mean and standard deviation."""
        chances = self._chances(missed, twice)
        mean = np.add.reduceat(chances * self.copied_, self.first)
        spread = np.add.reduceat(chances * self.copied_**2, self.first) - mean**2
        groups = self.counted.groups
        return float((mean * groups).sum()), sqrt(max(0.0, float((spread * groups).sum())))

    def _chances(self, missed: float, twice: float) -> Floats:
        """Probability of each way, given what its group holds."""
        missed, twice = (min(max(share, _TINY), 1 - _TINY) for share in (missed, twice))
        weight = self.ways + self.copied_ * np.log(1 - missed) + self.missed * np.log(missed)
        weight += self.twice * np.log(twice) + (self.copied_ - self.twice) * np.log(1 - twice)
        sizes = np.diff(np.append(self.first, len(weight)))
        weight = np.exp(weight - np.repeat(np.maximum.reduceat(weight, self.first), sizes))
        chances: Floats = weight / np.repeat(np.add.reduceat(weight, self.first), sizes)
        return chances


def _choices(of: Ints, chosen: Ints) -> Floats:
    """Logarithm of the binomial coefficients."""
    choices: Floats = _log_factorials(of) - _log_factorials(chosen) - _log_factorials(of - chosen)
    return choices


def _log_factorials(numbers: Ints) -> Floats:
    # Few of them differ; importing scipy's function takes an eighth of a short log's run.
    distinct, place = np.unique(numbers, return_inverse=True)
    logarithms: Floats = np.array([lgamma(number + 1) for number in distinct.tolist()], np.float64)[place]
    return logarithms
