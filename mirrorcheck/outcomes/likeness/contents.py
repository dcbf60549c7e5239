"""Learns how copies differ from originals although no request stands alone on either side.

Lines that a marker shows to be copies have originals, so the requests of both sides can be compared as sets. Other
lines may be copies if nearly all of them fit originals then; whether they are, times must show.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.likeness.align import pieces_of
from mirrorcheck.outcomes.likeness.chains import Chain, read_chains
from mirrorcheck.outcomes.likeness.differences import Definition, Header, suffixed
from mirrorcheck.outcomes.likeness.targets import TargetRule, learn_target
from mirrorcheck.outcomes.likeness.texts import Texts

_MOST_TEXTS = 200


def compare_contents(originals: Texts, copies: Texts, *, logs_chain: bool, marked: bool) -> Definition | None:
    """Learn how copies differ: first what they ask for, then their chains; None where too few fit originals then.

    marked: the lines are copies. Otherwise lines with keys of their own would have shown what they are.
    """
    found = Definition(
        target=_target(originals.target, copies.target),
        agent=_header(originals.agent, copies.agent),
        referer=_header(originals.referer, copies.referer),
    )
    if logs_chain:
        found = replace(found, chain=_chain(found, originals, copies))
    known = Counter(found.key(originals, place) for place in range(len(originals)))
    fitting = sum(any(key in known for key in found.copied_keys(copies, place)) for place in range(len(copies)))
    alone = sum(count == 1 for count in known.values())
    if marked:
        return found if fitting >= constants.MOSTLY * len(copies) else None
    plausible = not found.chain.replaced or _strange(originals.chain, copies.chain)
    few_alone = alone <= constants.FEW_SAME * len(originals)
    return found if plausible and few_alone and fitting >= constants.NEARLY_ALL * len(copies) else None


def _strange(originals: Sequence[bytes], copies: Sequence[bytes]) -> bool:
    """Whether hardly a copy's chain is an original's: clients that both sides have are not replaced on the way."""
    known = frozenset(originals)
    return sum(chain in known for chain in copies) <= constants.FEW_SAME * len(copies)


def _target(originals: Sequence[bytes], copies: Sequence[bytes]) -> TargetRule:
    """The rule that explains targets whose pieces stand once on each side; the plain one where these are few."""
    ours, theirs = list(dict.fromkeys(originals)), list(dict.fromkeys(copies))
    pieces, copied_pieces = pieces_of(ours, theirs)
    alone, copied_alone = _once(pieces, ours), _once(copied_pieces, theirs)
    both = alone.keys() & copied_alone.keys()
    pairs = [(alone[key], copied_alone[key]) for key in sorted(both)]
    return learn_target(pairs) if len(pairs) >= constants.MOSTLY * len(theirs) else TargetRule()


def _once(keys: Sequence[tuple[bytes, ...]], targets: Sequence[bytes]) -> dict[tuple[bytes, ...], bytes]:
    counts = Counter(keys)
    return {key: target for key, target in zip(keys, targets, strict=True) if counts[key] == 1}


def _header(originals: Sequence[bytes], copies: Sequence[bytes]) -> Header:
    ours, theirs = Counter(originals), Counter(copies)
    if sum(count for text, count in theirs.items() if text in ours) >= constants.MOSTLY * len(copies):
        return Header()
    few = [text for text, _ in ours.most_common(_MOST_TEXTS)], theirs.most_common(_MOST_TEXTS)
    suffixes: Counter[bytes] = Counter()
    for copy, count in few[1]:
        for suffix in {copy[len(original) :] for original in few[0] if copy.startswith(original)}:
            suffixes[suffix] += count
    return suffixed(suffixes, len(copies))


def _chain(definition: Definition, originals: Texts, copies: Texts) -> Chain:
    """The rule for chains of copies, each beside those of all originals that ask for the same."""
    chains: defaultdict[Hashable, set[bytes]] = defaultdict(set)
    for place in range(len(originals)):
        chains[definition.key(originals, place)].add(originals.chain[place])
    asked = ((definition.copied_keys(copies, place), copies.chain[place]) for place in range(len(copies)))
    beside = ((next((chains[key] for key in keys if key in chains), None), chain) for keys, chain in asked)
    return read_chains([(ours, chain) for ours, chain in beside if ours])
