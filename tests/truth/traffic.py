"""Makes requests as clients send them: when each arrives, for which URL, and from which client."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STEADY, POISSON, BURSTY = ARRIVALS = "steady", "poisson", "bursty"
UNIFORM, ZIPF, CYCLE = "uniform", "zipf", "cycle"
_A_BURST = 20  # requests, on average
_WITHIN_A_BURST = 0.05  # of the mean gap


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for: requests a second, the way they arrive, and how many URLs are asked for how often."""

    rate: float
    arrivals: str
    urls: int
    mix: str = UNIFORM


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Requests in order of arrival: at, float64[n] in seconds; url and client, int64[n]."""

    at: Floats
    url: Ints
    client: Ints

    def __len__(self) -> int:
        """How many there are."""
        return len(self.at)

    def where(self, chosen: Bools) -> "Requests":
        """Those of them that bool[n] names."""
        return Requests(self.at[chosen], self.url[chosen], self.client[chosen])


def requests(load: Load, count: int, random: np.random.Generator, *, clients: int = 1) -> Requests:
    """So many requests of a load, from clients of which each sends as many as any other."""
    at = np.cumsum(_gaps(load, count, random)) + random.random()
    return Requests(at, _urls(load, count, random), random.integers(0, clients, count))


def asked_again(load: Load, count: int, random: np.random.Generator, *, times: int, after_s: float) -> Requests:
    """Requests for URLs of their own, each asked for so many times in a row, and again after about so many seconds.

    So does one who waits for a job to end. The askers come as the load says.
    """
    jobs = -(-count // times)
    first = np.cumsum(_gaps(load, jobs, random)) * times
    again = after_s * (np.arange(times) + 0.1 * random.random((jobs, times)))
    at = (first[:, None] + again).ravel()
    order = np.argsort(at, kind="stable")
    url = np.repeat(np.arange(jobs), times)
    return Requests(at[order], url[order], np.zeros(len(at), np.int64))


def _gaps(load: Load, count: int, random: np.random.Generator) -> Floats:
    mean = 1 / load.rate
    if load.arrivals == STEADY:
        return np.full(count, mean)
    if load.arrivals == POISSON:
        return random.exponential(mean, count)
    within = _WITHIN_A_BURST * mean
    between = _A_BURST * mean - (_A_BURST - 1) * within
    return random.exponential(np.where(random.random(count) < 1 / _A_BURST, between, within))


def _urls(load: Load, count: int, random: np.random.Generator) -> Ints:
    if load.mix == CYCLE:
        return np.arange(count, dtype=np.int64) % load.urls
    if load.mix == ZIPF:
        weights = 1 / np.arange(1, load.urls + 1)
        return np.asarray(random.choice(load.urls, count, p=weights / weights.sum()), np.int64)
    return random.integers(0, load.urls, count)
