"""When originals and copies came last, whatever became of them: what the alarm that copies have stopped rests on."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.sources.feed import ENDLESS_US


@dataclass(frozen=True, slots=True)
class Traffic:
    """first_us: when the first original came that takes part; endless without any.

    last_copy_us: when the last copy came, negative without any. since: how many originals came after it, further
    attempts aside.
    """

    first_us: int = ENDLESS_US
    last_copy_us: int = -ENDLESS_US
    since: int = 0

    def then(self, settled: Settled, until_us: int = ENDLESS_US) -> Self:
        """The same with lines that were settled after these; until_us: originals up to here count."""
        copies = settled.marker.is_copy & ~settled.shadow.table["excluded"].to_numpy()
        last_copy_us = int(settled.shadow.placed_us[copies].max(initial=self.last_copy_us))
        takes_part = ~settled.primary.table["excluded"].to_numpy() & (settled.primary.placed_us <= until_us)
        placed_us, attempt = settled.primary.placed_us, settled.original_outcome == Outcome.RETRY
        after = int(np.count_nonzero(takes_part & ~attempt & (placed_us > last_copy_us)))
        earlier = self.since if last_copy_us == self.last_copy_us else 0
        return type(self)(int(placed_us[takes_part].min(initial=self.first_us)), last_copy_us, earlier + after)


NO_TRAFFIC = Traffic()
