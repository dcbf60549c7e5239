"""Successive tuples of happenings come in, overlapping; each happening goes out once, and how many came in none."""

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.engine.state import Happening, Kind


@dataclass(frozen=True, slots=True)
class Skipped:
    """So many happenings of a kind came and went between two looks: a `Journal` keeps the newest only."""

    kind: Kind
    count: int


class Unseen:
    """Remembers the number of the last happening of each kind that it gave out."""

    def __init__(self) -> None:
        self._seen: dict[Kind, int] = {}

    def take(self, happenings: Iterable[Happening]) -> list[Happening | Skipped]:
        """Return the happenings not given out before, and before the first of a kind how many of it are lacking."""
        new: list[Happening | Skipped] = []
        for each in happenings:
            seen = self._seen.get(each.kind, 0)
            if each.nth <= seen:
                continue
            if each.nth > seen + 1:
                new.append(Skipped(each.kind, each.nth - seen - 1))
            new.append(each)
            self._seen[each.kind] = each.nth
        return new
