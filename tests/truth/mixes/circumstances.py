"""Draws what else is true of a log: load, policy, pods, stamps, delays, outages, and what else the logs hold."""

from dataclasses import dataclass

import numpy as np

from tests.truth.mixes.classes import ABSENT, FORGED, REUSED, Mix

FAST, SLOW, TENTH = "fast", "slow", "a tenth slow"
"""How late copies are logged: by milliseconds, by 50 ms to 2.5 s, or a tenth of them by up to 40 s."""
HOP, KEPT, NOT_LOGGED = "hop", "kept", "not logged"
"""X-Forwarded-For of a copy: with the mirroring proxy's address behind it, the original's, or in neither log."""
REQUEST_ID, TRACE, BOTH_IDS, NO_ID = "request id", "trace", "both", "no id"
COLLIDING, SECOND_ATTEMPTS, SOME = "colliding", "second attempts", "on some lines"
_FEWEST, _MOST = 320, 600
_LONG_S = 15.0
_SLOWEST, _FASTEST = 2.0, 5000.0  # requests a second


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is drawn for one log, whatever its class.

    requests: that clients send at first. rate: of them in a second. policy: percentage that is mirrored. outage: part
    of the requests in the middle that is not. orphans: share of the requests that the primary does not log. direct:
    share of the shadow's lines that was sent there straight. broken: share of lines that break off. cut: logs begin and
    end amid the traffic. alike: of four requests that share an id, all ask for the same. forgery: what the client
    forges.
    """

    requests: int
    rate: float
    policy: float
    pods: int
    stamps_ms: int
    pace: str
    outage: float
    orphans: float
    direct: float
    broken: float
    probes: bool
    malformed: bool
    cut: bool
    chain: str
    gateway: bool
    ids: str
    attempts_logged: bool
    alike: bool
    forgery: str

    def __str__(self) -> str:
        """In a few words, what is usual left out."""
        said = [f"{self.requests} at {self.rate:.3g}/s", f"{self.policy:g} %", f"{self.stamps_ms} ms", self.chain]
        said += [self.ids] if self.ids != NO_ID else []
        said += [self.forgery] if self.forgery else []
        said += [f"{self.pods} pods"] if self.pods > 1 else []
        said += [self.pace] if self.pace != FAST else []
        shares = {"outage": self.outage, "orphans": self.orphans, "direct": self.direct, "broken": self.broken}
        said += [f"{name} {100 * share:.1f} %" for name, share in shares.items() if share]
        flags = {"probes": self.probes, "malformed": self.malformed, "cut": self.cut, "gateway": self.gateway}
        flags |= {"attempts": self.attempts_logged, "alike": self.alike}
        return ", ".join([*said, *(name for name, is_so in flags.items() if is_so)])


def draw(mix: Mix, random: np.random.Generator) -> Circumstances:
    """Draw a log of a class."""
    ids, forgery = _ids(mix, random)
    requests = int(random.integers(_FEWEST, _MOST + 1))
    rate = float(np.exp(random.uniform(np.log(_SLOWEST), np.log(_FASTEST))))
    pace = str(random.choice([FAST, SLOW, TENTH], p=[0.7, 0.15, 0.15]))
    chain = str(random.choice([HOP, KEPT, NOT_LOGGED], p=[0.6, 0.2, 0.2]))
    return Circumstances(
        requests=requests,
        rate=rate,
        policy=float(random.choice([100.0, 99.4, 50.0], p=[0.5, 0.25, 0.25])),
        pods=int(random.choice([1, 2, 3, 4], p=[0.55, 0.15, 0.15, 0.15])),
        stamps_ms=int(random.choice([1000, 1])),
        pace=pace,
        outage=_share(random, 0.15, 0.05, 0.25),
        orphans=_share(random, 0.25, 0.002, 0.02),
        # Where nothing marks copies, whoever asks the shadow itself forges them, and no log can tell.
        direct=_share(random, 0.2, 0.005, 0.05) if chain == HOP else 0.0,
        broken=_share(random, 0.15, 0.001, 0.006),
        probes=_happens(random, 0.4),
        malformed=_happens(random, 0.2),
        # Copies that come 40 s later are waited for: before, nobody can tell them from missed ones. And what takes less
        # than a quarter of a minute is a test with a beginning and an end.
        cut=_happens(random, 0.3) and pace != TENTH and requests / rate >= _LONG_S,
        chain=chain,
        gateway=_happens(random, 0.4),
        ids=ids,
        attempts_logged=forgery == SECOND_ATTEMPTS or _happens(random, 0.3),
        alike=mix.ids == REUSED and _happens(random, 0.5),
        forgery=forgery,
    )


def _ids(mix: Mix, random: np.random.Generator) -> tuple[str, str]:
    """Which ids are logged, and what is forged."""
    logged = str(random.choice([REQUEST_ID, TRACE, BOTH_IDS]))
    if mix.ids == ABSENT:
        return NO_ID, ""
    if mix.ids != FORGED:
        return logged, ""
    forgery = str(random.choice([COLLIDING, SECOND_ATTEMPTS, SOME]))
    return NO_ID if forgery == SECOND_ATTEMPTS and _happens(random, 0.5) else logged, forgery


def _happens(random: np.random.Generator, chance: float) -> bool:
    return bool(random.random() < chance)


def _share(random: np.random.Generator, chance: float, low: float, high: float) -> float:
    """A share between two ends by a chance, else 0."""
    return float(random.uniform(low, high)) if _happens(random, chance) else 0.0
