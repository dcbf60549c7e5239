"""How far each side's streams are complete comes in; the instants up to which lines are decided go out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watermarks:
    """Up to here, UTC microseconds, every stream of a side that can be read has told its lines.

    An original is decided once its horizon has passed on the shadow's side, a copy once it has on the primary's.
    heard_us: as primary_us, without streams that have told nothing yet: what they are yet to tell may explain a copy,
    but makes no difference to the originals of others.
    seen_us: no line after it was read of one side or the other. sure_us: up to here the shadow has told everything,
    streams that cannot be read and hold nobody up included. rule_us: up to here the rule is known, which may have been
    taken away since.
    """

    primary_us: int
    shadow_us: int
    horizon_us: int
    heard_us: int
    seen_us: int
    sure_us: int
    rule_us: int

    @property
    def originals_us(self) -> int:
        """Originals up to here are decided."""
        return min(self.heard_us, self.shadow_us - self.horizon_us)

    @property
    def copies_us(self) -> int:
        """Copies up to here are decided."""
        return min(self.shadow_us, self.primary_us - self.horizon_us)
