"""The lines of a side that are decided come in, look after look; those that no look before had go out."""

from collections.abc import Mapping

import numpy as np

from mirrorcheck.outcomes.settle import Bools
from mirrorcheck.outcomes.sides.model import SideLines


class Reported:
    """Remembers of each stream how far it was told: one that is read late, or again, has its lines told then."""

    def __init__(self) -> None:
        self._us: dict[str, int] = {}

    def new(self, side: SideLines, complete_us: Mapping[str, int], until_us: int) -> Bools:
        """By row of the side's table: decided, that is up to an instant, and not so before.

        complete_us: by the name of a stream, up to when all of its lines are there.
        """
        names = [part.stream.source.name for part in side.parts]
        told = np.array([self._us.get(name, 0) for name in names], np.int64)
        new: Bools = (side.placed_us > told[side.part]) & (side.placed_us <= until_us)
        # A line of a whole second is placed behind its stamp, which the stream is complete up to.
        np.maximum.at(told, side.part[new], side.placed_us[new])
        for name, upto_us in zip(names, told.tolist(), strict=True):
            self._us[name] = max(upto_us, min(until_us, complete_us.get(name, until_us)))
        return new
