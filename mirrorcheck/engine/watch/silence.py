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
    settled = decided.settled
    copies = settled.marker.is_copy & ~settled.shadow.table["excluded"].to_numpy()
    copy_us, original_us = settled.shadow.placed_us[copies], settled.primary.placed_us
    taking_part = ~settled.primary.table["excluded"].to_numpy()
    if not taking_part.any():
        return None
    since_us = int(copy_us.max()) if len(copy_us) else int(original_us[taking_part].min()) - 1
    since_us = max(since_us, returned_us)
    # Up to here a rule is known to have asked for copies.
    taking_part &= original_us <= watermarks.rule_us
    after = taking_part & (original_us > since_us) & (settled.original_outcome != Outcome.RETRY)
    waiting, last_us = int(after.sum()), int(original_us[taking_part].max(initial=since_us))
    # Up to here the shadow is known to have logged no copy; one that is behind, or cannot be read, is not silent.
    quiet_us = min(last_us, watermarks.sure_us) - since_us
    ratio, delay_us = _ratio(decided, since_us, expect), settled.delay_us
    usual_us = int(np.quantile(delay_us, constants.SILENCE_USUAL_DELAY)) if len(delay_us) else 0
    if not ratio or quiet_us < max(constants.SILENCE_LEAST_US, constants.SILENCE_TIMES_DELAY * usual_us):
        return None
    return Silence(since_us, waiting) if waiting * -log1p(-ratio) > -log(constants.SILENCE_CHANCE) else None


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
    settled = decided.settled
    off = rule_absent.in_any(settled.primary.placed_us, rule_absent.absences(decided.rules))
    rows = np.flatnonzero((settled.primary.placed_us <= since_us) & ~off)
    outcome = settled.original_outcome[rows]
    known = outcome[(outcome == Outcome.PAIRED) | (outcome == Outcome.MISSED)][-constants.SILENCE_RECENT :]
    if len(known):
        return min(float((known == Outcome.PAIRED).mean()), constants.SILENCE_SUREST)
    return None if expect is None else min(expect / 100, constants.SILENCE_SUREST)
