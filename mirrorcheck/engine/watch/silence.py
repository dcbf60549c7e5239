"""The alarm that copies have stopped while originals go on.

It does not wait for the horizon: it comes when so many originals in a row without a copy are no accident at the ratio
of before.
"""

from math import log, log1p

import numpy as np

from mirrorcheck.engine import constants
from mirrorcheck.engine.decided import Decided
from mirrorcheck.engine.snapshot import Silence
from mirrorcheck.engine.stream_state import Watermarks
from mirrorcheck.pairing import Outcome
from mirrorcheck.sources.feed import ENDLESS_US
from mirrorcheck.totals import rule_absent


def find_silence(decided: Decided, watermarks: Watermarks, expect: float | None) -> Silence | None:
    """Say since when no copy was logged, and how many originals were; None while that may be chance.

    `expect`, in percent, replaces the ratio before the first copy; 0 expects silence, as where the rule never mirrored.
    A rule that mirrored and does not any more is no alarm, whatever the user expects.
    """
    returned_us = rule_absent.returned_us(decided.rules)
    if expect == 0 or returned_us == ENDLESS_US:
        return None
    settled, ledger = decided.settled, decided.ledger
    copies = settled.marker.is_copy & ~settled.shadow.table["excluded"].to_numpy()
    copy_us, original_us = settled.shadow.placed_us[copies], settled.primary.placed_us
    taking_part = ~settled.primary.table["excluded"].to_numpy()
    left = ledger.traffic
    first_us = int(original_us[taking_part].min(initial=left.first_us))
    if first_us == ENDLESS_US:
        return None
    last_copy_us = int(copy_us.max(initial=left.last_copy_us))
    since_us = max(last_copy_us if last_copy_us > -ENDLESS_US else first_us - 1, returned_us)
    # Up to here a rule is known to have asked for copies.
    taking_part &= original_us <= watermarks.rule_us
    after = taking_part & (original_us > since_us) & (settled.original_outcome != Outcome.RETRY)
    waiting, last_us = int(after.sum()), int(original_us[taking_part].max(initial=since_us))
    if since_us in {left.last_copy_us, left.first_us - 1}:
        waiting += left.since
    # Up to here the shadow is known to have logged no copy; one that is behind, or cannot be read, is not silent.
    quiet_us = min(last_us, watermarks.sure_us) - since_us
    ratio, usual_us = _ratio(decided, since_us, expect), _usual_us(decided)
    if not ratio or quiet_us < max(constants.SILENCE_LEAST_US, constants.SILENCE_TIMES_DELAY * usual_us):
        return None
    return Silence(since_us, waiting) if waiting * -log1p(-ratio) > -log(constants.SILENCE_CHANCE) else None


def _usual_us(decided: Decided) -> int:
    """How late copies usually are, 0 while none is known."""
    delay_us, totals = decided.settled.delay_us, decided.ledger.totals
    if len(delay_us):
        return int(np.quantile(delay_us, constants.SILENCE_USUAL_DELAY))
    return int(totals.delay_us.at([constants.SILENCE_USUAL_DELAY])[0]) if totals and len(totals.delay_us) else 0


def _ratio(decided: Decided, since_us: int, expect: float | None) -> float | None:
    """The ratio of before, or the lowest that a rule possibly in force since then asks for, if that is lower."""
    before = _ratio_before(decided, since_us, expect)
    asked = [
        rule.expect / 100
        for rule, (_, last_us) in rule_absent.reaches(decided.rules)
        if last_us >= since_us and rule.expect is not None and rule.mirrors is True
    ]
    return before if before is None else min([before, *asked])


def _ratio_before(decided: Decided, since_us: int, expect: float | None) -> float | None:
    """The ratio of the latest originals at times when a rule mirrored, 0 to 1."""
    settled, totals = decided.settled, decided.ledger.totals
    rows = np.flatnonzero(np.isin(settled.original_outcome, (Outcome.PAIRED, Outcome.MISSED)))
    times_us, paired = settled.primary.placed_us[rows], settled.original_outcome[rows] == Outcome.PAIRED
    if totals is not None:
        left = totals.history.part(slice(-constants.SILENCE_RECENT, None))
        times_us, paired = np.concatenate([left.times_us(), times_us]), np.concatenate([left.outcomes(), paired])
        order = np.argsort(times_us, kind="stable")
        times_us, paired = times_us[order], paired[order]
    off = rule_absent.in_any(times_us, rule_absent.absences(decided.rules))
    known = paired[(times_us <= since_us) & ~off][-constants.SILENCE_RECENT :]
    if len(known):
        return min(float(known.mean()), constants.SILENCE_SUREST)
    return None if expect is None else min(expect / 100, constants.SILENCE_SUREST)
