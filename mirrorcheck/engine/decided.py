"""Separates what is decided in a look from what may change yet."""

from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.engine.ledger import Ledger
from mirrorcheck.engine.look import Look
from mirrorcheck.outcomes.settle import Bools, Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.sources.feed import RuleSeen
from mirrorcheck.totals import rule_absent
from mirrorcheck.totals.history import History


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """The settled lines as far as they are decided.

    settled: what is not decided is `unobserved` there and out of the ratio. pending: bool by row of the primary, an
    original without a copy whose horizon has not passed. waiting: bool by row of the shadow, a copy whose original may
    still come. history: the originals of the ratio by the time of their lines, not by the time of their decision.
    ledger: what is known of lines that are not held any more, of those after the watermarks, too.
    """

    settled: Settled
    pending: Bools
    waiting: Bools
    history: History
    rules: tuple[RuleSeen, ...]
    ledger: Ledger

    def in_event_order(self, *, while_on: bool = False) -> Bools:
        """Whether each decided original was copied, bool[n] by the time of their lines, not of their decision.

        `while_on`: only those after the first copied one, without those at times when no rule mirrored. Those after the
        last copy stay: while it lasts, they cannot be distinguished from an outage.
        """
        paired = self.history.outcomes()
        if not while_on:
            return paired
        copied = np.flatnonzero(paired)
        kept = ~rule_absent.in_any(self.history.times_us(), rule_absent.absences(self.rules))
        kept[: copied[0] + 1 if len(copied) else None] = False
        return paired[kept]


def decided(look: Look) -> Decided:
    """Mark what lies after the watermarks as undecided."""
    settled, watermarks = look.settled, look.watermarks
    late = settled.primary.placed_us > watermarks.originals_us
    pending = late & np.isin(settled.original_outcome, (Outcome.MISSED, Outcome.UNOBSERVED))
    late_copies = settled.shadow.placed_us > watermarks.copies_us
    waiting = late_copies & np.isin(settled.shadow_outcome, (Outcome.ORPHAN, Outcome.UNOBSERVED))
    outcome, shadow_outcome = settled.original_outcome.copy(), settled.shadow_outcome.copy()
    outcome[pending] = Outcome.UNOBSERVED
    shadow_outcome[waiting] = Outcome.UNOBSERVED
    as_of = replace(settled, original_outcome=outcome, shadow_outcome=shadow_outcome, in_ratio=settled.in_ratio & ~late)
    history = look.ledger.history(settled, watermarks.horizon_us, ~late).until(watermarks.originals_us)
    return Decided(as_of, pending, waiting, history, look.facts.rules, look.ledger)
