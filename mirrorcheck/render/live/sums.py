"""ClassCounts come in; both partitions as equations, whose parts visibly add up, go out."""

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorcheck.engine.snapshot import ClassCounts
from mirrorcheck.render.text import number


@dataclass(frozen=True, slots=True)
class Sum:
    """An equation: of what, how many in all, and its parts as text such as `= 7 paired` and `+ 2 missed`."""

    label: str
    total: str
    parts: tuple[str, ...]


def sums(totals: ClassCounts) -> tuple[Sum, Sum]:
    """Return the equations of originals and of shadow lines; classes that are rare are left out while empty."""
    of_originals = (
        (totals.paired, "paired", True),
        (totals.missed, "missed", True),
        (totals.retry, "retry", False),
        (totals.excluded, "excluded", False),
        (totals.unobserved, "unobserved", True),
        (totals.pending, "pending", True),
    )
    of_shadow = (
        (totals.shadow_paired, "paired", True),
        (totals.orphan, "orphan", True),
        (totals.duplicate, "duplicate", True),
        (totals.direct, "direct", True),
        (totals.shadow_excluded, "excluded", False),
        (totals.shadow_unobserved, "unobserved", False),
        (totals.shadow_waiting, "waiting", False),
    )
    return (
        Sum("originals", number(totals.originals), _parts(of_originals)),
        Sum("shadow", number(totals.shadow), _parts(of_shadow)),
    )


def _parts(classes: Iterable[tuple[int, str, bool]]) -> tuple[str, ...]:
    shown = [f"{number(count)} {name}" for count, name, always in classes if count or always]
    return tuple(f"{'+' if index else '='} {part}" for index, part in enumerate(shown))
