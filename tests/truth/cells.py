"""The catalogue: every way in which lines come about, with every value of every factor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tests.truth.mirrors import DISTURBED_MIRRORS, MIRRORS
from tests.truth.splits import DIRECT, DISTURBED, OWN_URLS, SPLITS
from tests.truth.traffic import ARRIVALS, BURSTY, STEADY, UNIFORM, ZIPF, Load
from tests.truth.worlds import FAST, SKEWED, SLOW, World

RATES = (0.2, 2.0, 20.0, 200.0, 2000.0)

URLS = ((1, UNIFORM), (5, UNIFORM), (100, UNIFORM), (100, ZIPF), (10_000, UNIFORM), (10_000, ZIPF))
RESOLUTIONS_MS = (1000, 1)
PACES = (FAST, SLOW, SKEWED)


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of logs: what happens, under which load, how late the shadow is, and how fine the stamps are."""

    world: World
    load: Load
    pace: str
    resolution_ms: int

    @property
    def name(self) -> str:
        """Its name on the command line, every factor in it."""
        load = self.load
        stamp = "1s" if self.resolution_ms == RESOLUTIONS_MS[0] else "1ms"
        pace = [self.pace] if self.world.mirrors else []
        return "/".join([self.world.name, f"{load.rate:g}", load.arrivals, f"{load.urls}{load.mix[0]}", stamp, *pace])

    @property
    def mixed(self) -> bool:
        """Whether a true mirror has to be recognised: of a mixed load, or where stamps and delays resolve the gaps."""
        apart = self.load.arrivals != STEADY and self.resolution_ms < RESOLUTIONS_MS[0] and self.pace == FAST
        return self.load.urls >= 100 or (apart and self.load.rate <= 20)


WORLDS = (*SPLITS, *DIRECT, *DISTURBED, *MIRRORS, *DISTURBED_MIRRORS)


def every_cell(worlds: Sequence[World] = WORLDS) -> Iterator[Cell]:
    """The full cross, in which cells to be published are looked for."""
    for world in worlds:
        paces = PACES if world.mirrors else (FAST,)
        mixes = URLS[:1] if world.name in OWN_URLS else URLS
        for rate, arrivals, (urls, mix), resolution, pace in product(RATES, ARRIVALS, mixes, RESOLUTIONS_MS, paces):
            yield Cell(world, Load(rate, arrivals, urls, mix), pace, resolution)


def published_cells() -> tuple[Cell, ...]:
    """Those of the table: every value of every factor with each way in which lines come about, and the hard ones."""
    rotated = [cell for at, world in enumerate(WORLDS) for cell in _rotated(world, at)]
    return tuple(sorted(dict.fromkeys([*rotated, *_hard()]), key=lambda cell: WORLDS.index(cell.world)))


def _rotated(world: World, at: int) -> Iterator[Cell]:
    """As many loads as there are mixes of URLs, turned a bit further for each world."""
    for row in range(len(URLS)):
        urls, mix = URLS[0] if world.name in OWN_URLS else URLS[row % len(URLS)]
        load = Load(RATES[(row + at) % len(RATES)], ARRIVALS[(row + row // 3 + at) % len(ARRIVALS)], urls, mix)
        pace = PACES[(row // 2 + at) % len(PACES)] if world.mirrors else FAST
        yield Cell(world, load, pace, RESOLUTIONS_MS[(row + at) % len(RESOLUTIONS_MS)])


def _hard() -> Iterator[Cell]:
    """What a mirror looks most alike: few URLs at a constant rate, and moments in which much is asked for."""
    even = [world for world in SPLITS if world.name in {"split-50", "robin"}]
    for world, (place, rate) in product(even, enumerate(RATES)):
        stamps = RESOLUTIONS_MS[place % len(RESOLUTIONS_MS)]
        yield Cell(world, Load(rate, STEADY, *URLS[0]), FAST, stamps)
        yield Cell(world, Load(rate, BURSTY, *URLS[1]), FAST, stamps)
