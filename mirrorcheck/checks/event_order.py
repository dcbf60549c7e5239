"""Originals in as they arrive and are decided; their outcomes out in event order, none before an earlier one."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int]
"""Where an original stands: its time in microseconds, and a number of its own among those of one time."""


@dataclass(slots=True)
class EventOrder:
    """Holds decided originals back until all earlier ones are decided as well.

    What a live loop sees is in order of decision, where pairs come at once and misses after the horizon. Nothing that
    is judged one by one may be fed in that order.
    """

    _waiting: list[Place] = field(default_factory=list)
    _outcomes: dict[Place, bool | None] = field(default_factory=dict)

    def arrive(self, place: Place) -> None:
        """An original was logged; what becomes of it is not known yet."""
        heappush(self._waiting, place)

    def decide(self, place: Place, *, paired: bool | None) -> None:
        """It was paired, or missed, or with None it is neither (a retry, excluded, unobserved) and holds nobody up."""
        self._outcomes[place] = paired

    def release(self) -> NDArray[np.bool_]:
        """bool[n], in event order: whether each original that all earlier ones have been decided before was paired."""
        released = []
        while self._waiting and self._waiting[0] in self._outcomes:
            paired = self._outcomes.pop(heappop(self._waiting))
            if paired is not None:
                released.append(paired)
        return np.array(released, np.bool_)
