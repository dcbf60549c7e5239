"""Finds when the mirror rule asked for nothing, and which originals that concerns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.report import model as report
from mirrorcheck.sources.feed import ENDLESS_US, SEEN_LATE_S, Gap, RuleSeen, SideChange
from mirrorcheck.totals.history import History
from mirrorcheck.totals.timeline import LiveFacts, distinct_rules

SEEN_LATE_US = SEEN_LATE_S * SECOND_US
TAKEN_OVER_US = 15 * SECOND_US
"""How long proxies may take for a change: istiod gathers changes for up to 10 s (PILOT_DEBOUNCE_MAX), then pushes."""

Stretch = tuple[int, int]
"""Microseconds since 1970, both ends inclusive."""
_REWRITTEN = "the mirror rule may have been changed more than once before it was read again"


def made_us(change: RuleSeen | SideChange) -> int:
    """When a change may have been made at the earliest: long before it was seen, where the rule could not be read."""
    seen_us = change.at_us - SEEN_LATE_US
    return min(seen_us, change.known_us - SEEN_LATE_US // 2) if change.known_us else seen_us


def reaches(rules: Sequence[RuleSeen]) -> Iterator[tuple[RuleSeen, Stretch]]:
    """Each rule, and when proxies may have followed it; the first one from the beginning."""
    for number, (rule, following) in enumerate(zip(rules, (*rules[1:], None), strict=True) if rules else ()):
        from_us = made_us(rule) if number else 0
        yield rule, (from_us, ENDLESS_US if following is None else following.at_us + TAKEN_OVER_US)


def doubtful(rules: Sequence[RuleSeen]) -> tuple[Gap, ...]:
    """When nobody knows what the rule was, since it was changed more than once unseen: as gaps of any pod."""
    return tuple(
        Gap("", "", "", made_us(rule), rule.at_us + TAKEN_OVER_US, _REWRITTEN) for rule in rules if rule.rewritten
    )


def absences(rules: Sequence[RuleSeen]) -> tuple[Stretch, ...]:
    """The stretches in which a rule that mirrored before mirrored nothing, widened by what a change takes at its ends.

    A rule that mirrored nothing from the start explains nothing: what is copied then is copied by something else. One
    that could not be read is no rule without a mirror.
    """
    found: list[Stretch] = []
    since_us, mirrored = None, False
    for rule in rules:
        if rule.mirrors is False:
            since_us = made_us(rule) if mirrored and since_us is None else since_us
        elif since_us is not None:
            found = _added(found, (since_us, rule.at_us + TAKEN_OVER_US))
            since_us = None
        mirrored = mirrored or rule.mirrors is True
    return tuple(found if since_us is None else _added(found, (since_us, ENDLESS_US)))


def returned_us(rules: Sequence[RuleSeen]) -> int:
    """When proxies had last taken over a rule that mirrors again after it had, or may have, mirrored nothing; else 0.

    Before, no copy was due. ENDLESS_US while a rule that mirrored before mirrors nothing.
    """
    ends_us = [*(last_us for _, last_us in absences(rules)), *(gap.to_us for gap in doubtful(rules))]
    return max(ends_us, default=0)


def unseen(rules: Sequence[RuleSeen]) -> tuple[Gap, ...]:
    """When the shadow that a rule names had no lines that can be read here, as gaps of the shadow."""
    found: list[Gap] = []
    for rule, (_, end_us) in reaches(rules):
        if not rule.unseen:
            continue
        from_us = made_us(rule)
        if found and found[-1].reason == rule.unseen and from_us <= found[-1].to_us:
            found[-1] = replace(found[-1], to_us=end_us)
        else:
            found.append(Gap("", rule.shadow, "", from_us, end_us, rule.unseen))
    return tuple(found)


def in_any(times_us: NDArray[np.int64], stretches: Sequence[Stretch]) -> NDArray[np.bool_]:
    """bool[n]: which instants, int64[n] in microseconds, lie in one of the stretches."""
    found = np.zeros(len(times_us), np.bool_)
    for first_us, last_us in stretches:
        found |= (times_us >= first_us) & (times_us <= last_us)
    return found


def _added(found: list[Stretch], stretch: Stretch) -> list[Stretch]:
    """Stretches that meet are one."""
    if found and stretch[0] <= found[-1][1]:
        return [*found[:-1], (found[-1][0], stretch[1])]
    return [*found, stretch]


def cuts_us(live: LiveFacts) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where phases are to be cut in any case, and where if the ratio changes there.

    A phase lies in a stretch without a rule, or beside it: a scrap of one that is left out would be judged by itself.
    Elsewhere a change of the percentage is a place to look at: one that changed nothing parts nothing.
    """
    stretches = absences(live.rules)
    edges = [edge for first_us, last_us in stretches for edge in (first_us, last_us + 1) if edge < ENDLESS_US]
    changes_us = (rule.at_us for rule in distinct_rules(live.rules)[1:])
    changes = [at_us for at_us in changes_us if not any(first <= at_us <= last for first, last in stretches)]
    return tuple(sorted(set(edges))), tuple(sorted(set(changes)))


def clipped(stretches: Sequence[Stretch], history: History) -> tuple[Stretch, ...]:
    """What of the stretches lies between the first copied original and the last; those without an original are gone.

    Where none was copied, what lies between the first original and the last.
    """
    times_us = history.from_us[_on(history)]
    met = (each for each in stretches if np.any((times_us >= each[0]) & (times_us <= each[1])))
    return tuple((max(first_us, int(times_us[0])), min(last_us, int(times_us[-1]))) for first_us, last_us in met)


def counted(
    found: tuple[report.Phase, ...], history: History, stretches: Sequence[Stretch]
) -> tuple[report.Phase, ...]:
    """The phases with how many of their originals lie in one of the stretches, from the first copy to the last."""
    if not stretches:
        return found
    on = _on(history)
    off = in_any(history.from_us, stretches)
    off[: on.start] = off[on.stop :] = False
    paired, missed = (np.where(off, column, 0) for column in (history.drawn, history.originals - history.drawn))
    starts = np.searchsorted(history.before(), np.cumsum([0, *(phase.originals for phase in found)]))
    return tuple(
        replace(phase, paired_rule_off=int(paired[start:end].sum()), missed_rule_off=int(missed[start:end].sum()))
        for phase, (start, end) in zip(found, pairwise(starts.tolist()), strict=True)
    )


def _on(history: History) -> slice:
    return history.on or slice(0, len(history))
