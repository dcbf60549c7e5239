"""The nouns of what truly happens between two services: whose log has which requests, and which of them were copied."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.truth.loglines import Logged
from tests.truth.traffic import Floats, Load

FAST, SLOW, SKEWED = "fast", "slow", "skewed"
_USUAL_S, _SPREAD = 0.005, 0.6  # the median of a request's duration, and how far its logarithm strays
_SLOWEST_S = (0.05, 2.5)
_SKEW_S = (1.0, 6.0)


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """Both sides' lines and the truth: of how many originals a copy was made, and the share that was asked for."""

    primary: Logged
    shadow: Logged
    copied: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class World:
    """A way in which lines come about, under a name and in words, logged in a format.

    tempting: the percentage that pairing by chance is likely to find at most, for something that is no mirror. share:
    what part of the originals is copied. shadow_lines: what else than whole lines the shadow's log holds, if anything.
    """

    name: str
    about: str
    format: str
    play: Callable[[Load, str, np.random.Generator], Happened]
    tempting: float = 100.0
    share: float = 0.0
    shadow_lines: str = ""

    @property
    def mirrors(self) -> bool:
        """Whether anything is mirrored."""
        return self.share > 0


def durations(count: int, random: np.random.Generator) -> Floats:
    """How long requests take, in seconds: a few milliseconds."""
    return random.lognormal(float(np.log(_USUAL_S)), _SPREAD, count)


def later(count: int, pace: str, random: np.random.Generator) -> Floats:
    """How long after its original arrived the line of a copy is stamped, in seconds, the shadow's clock included."""
    on_the_way = 0.0005 + random.exponential(0.0005, count)
    if pace == SLOW:
        return on_the_way + random.uniform(*_SLOWEST_S, count)
    skew = random.uniform(*_SKEW_S) * random.choice([-1.0, 1.0]) if pace == SKEWED else 0.0
    return on_the_way + durations(count, random) + skew
