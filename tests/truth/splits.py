"""Traffic that is split between two services, or that each has of its own: nothing of it is mirrored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from tests.truth.loglines import COMBINED, MAIN, NO_CHAIN, Logged
from tests.truth.traffic import CYCLE, Bools, Load, Requests, asked_again, requests
from tests.truth.worlds import Happened, World, durations

_COUNT = 640
"""Requests of both sides together: enough to be judged where half of them are originals."""
_MANY, _FEW, _ONE = 300, 3, 1
_SENDERS = 0.7  # of the clients, where some send no X-Forwarded-For
_SESSIONS = 40
_CYCLED = 101  # odd, so that both services get each of the URLs
CHATTER, HALF_CUT = "chatter", "half cut"

ToShadow = Callable[[Requests, np.random.Generator], Bools]


def drawn(asked: Requests, random: np.random.Generator, *, share: float) -> Bools:
    """Each request by a draw of its own."""
    return random.random(len(asked)) < share


def rising(asked: Requests, random: np.random.Generator, *, shares: Sequence[float]) -> Bools:
    """A canary: as many requests with each share, one share after the other."""
    of_each = np.repeat(shares, -(-len(asked) // len(shares)))[: len(asked)]
    return np.asarray(random.random(len(asked)) < of_each, np.bool_)


def in_turn(asked: Requests, random: np.random.Generator, *, turns: int) -> Bools:
    """Round robin, of which the shadow has one turn in so many."""
    return np.asarray((np.arange(len(asked)) + random.integers(turns)) % turns == 0, np.bool_)


def by_session(asked: Requests, random: np.random.Generator) -> Bools:
    """Each client stays where its first request went."""
    return np.asarray((random.random(int(asked.client.max()) + 1) < 1 / 2)[asked.client], np.bool_)


def split(load: Load, _pace: str, random: np.random.Generator, *, count: int, to_shadow: ToShadow) -> Happened:
    """One load, each request of which goes to one of the two services."""
    return _parted(requests(load, count, random, clients=_SESSIONS), to_shadow, random)


def split_again(load: Load, _pace: str, random: np.random.Generator, *, times: int, after_s: float) -> Happened:
    """The same of URLs of which each is asked for so many times, again after so many seconds."""
    asked = asked_again(load, _COUNT, random, times=times, after_s=after_s)
    return _parted(asked, partial(drawn, share=1 / 2), random)


def split_cycle(load: Load, _pace: str, random: np.random.Generator) -> Happened:
    """Round robin of a load generator that asks for one URL after the other: each goes to either service in turn."""
    asked = requests(replace(load, urls=_CYCLED, mix=CYCLE), _COUNT, random)
    return _parted(asked, partial(in_turn, turns=2), random)


def _parted(asked: Requests, to_shadow: ToShadow, random: np.random.Generator) -> Happened:
    chosen = to_shadow(asked, random)
    return Happened(_log(asked.where(~chosen), random), _log(asked.where(chosen), random))


def two_services(load: Load, _pace: str, random: np.random.Generator, *, count: int) -> Happened:
    """Two loads that know nothing of each other, on one set of paths, each with a ranking of its own."""
    sides = [requests(load, count, random) for _ in range(2)]
    other = random.permutation(load.urls)[sides[1].url]
    return Happened(_log(sides[0], random), _log(Requests(sides[1].at, other, sides[1].client), random))


def direct(  # noqa: PLR0913  # who sends what to whom is a keyword each
    load: Load,
    _pace: str,
    random: np.random.Generator,
    *,
    count: int,
    clients: int,
    senders: float = 1.0,
    to_both: bool = True,
) -> Happened:
    """One load, split by draws, whose clients send an X-Forwarded-For of their own: on both sides, or to the shadow."""
    asked = requests(load, count, random, clients=clients)
    chosen = random.random(count) < 1 / 2
    names = np.array([_address(client) for client in range(clients)])
    names[random.random(clients) >= senders] = NO_CHAIN
    primary, shadow = asked.where(~chosen), asked.where(chosen)
    chains = names[primary.client].tolist() if to_both else [NO_CHAIN] * len(primary)
    return Happened(_log(primary, random, chains), _log(shadow, random, names[shadow.client].tolist()))


def _address(client: int) -> str:
    return f"198.51.{100 + client // 200}.{client % 200 + 1}"


def _log(asked: Requests, random: np.random.Generator, chain: Sequence[str] = ()) -> Logged:
    return Logged(asked.at + durations(len(asked), random), asked.url, chain)


def _even(about: str, name: str, to_shadow: ToShadow, count: int = _COUNT, tempting: float = 100.0) -> World:
    return World(name, about, COMBINED, partial(split, count=count, to_shadow=to_shadow), tempting)


def _direct(name: str, about: str, clients: int, *, senders: float = 1.0, to_both: bool = True) -> World:
    play = partial(direct, count=_COUNT, clients=clients, senders=senders, to_both=to_both)
    return World(name, about, MAIN, play)


_HALVES = partial(drawn, share=1 / 2)
_TO_SHADOW, _TO_BOTH = (
    "X-Forwarded-For of clients on the shadow's lines only",
    "X-Forwarded-For of clients on both sides",
)

SPLITS = (
    _even("split by draws, half each", "split-50", _HALVES),
    _even("split by draws, 90 % and 10 %", "split-90-10", partial(drawn, share=0.1), tempting=11),
    _even("canary at 5, 10, 25 and 50 %", "canary", partial(rising, shares=(0.05, 0.1, 0.25, 0.5)), tempting=29),
    _even("round robin, one each", "robin", partial(in_turn, turns=2)),
    _even("round robin, four and one", "robin-4-1", partial(in_turn, turns=5), tempting=25),
    _even("sticky sessions, half of 40 each", "sticky", by_session),
    World("services", "two services on one set of paths", COMBINED, partial(two_services, count=_COUNT // 2)),
    World(
        "polls",
        "split by draws, URLs of their own asked for five times, a second apart",
        COMBINED,
        partial(split_again, times=5, after_s=1.0),
    ),
    World(
        "twice",
        "split by draws, URLs of their own asked for twice, milliseconds apart",
        COMBINED,
        partial(split_again, times=2, after_s=0.01),
    ),
    World("cycle", "round robin, one each, of 101 URLs asked for in a cycle", COMBINED, split_cycle),
)
OWN_URLS = frozenset({"polls", "twice", "cycle"})
"""Of these the load's URLs are not asked for."""
"""`combined`, where no field could hold a marker."""

DIRECT = (
    _direct("direct-one", f"{_TO_SHADOW}, one client", _ONE, to_both=False),
    _direct("direct-few", f"{_TO_SHADOW}, three clients", _FEW, to_both=False),
    _direct("direct-many", f"{_TO_SHADOW}, 300 clients", _MANY, to_both=False),
    _direct("direct-some", f"{_TO_SHADOW}, 300 clients of which 210 send one", _MANY, to_both=False, senders=_SENDERS),
    _direct("direct-both-few", f"{_TO_BOTH}, three clients", _FEW),
    _direct("direct-both-few-some", f"{_TO_BOTH}, about two of three clients", _FEW, senders=_SENDERS),
    _direct("direct-both-many", f"{_TO_BOTH}, 300 clients", _MANY),
    _direct("direct-both-some", f"{_TO_BOTH}, 300 clients of which 210 send one", _MANY, senders=_SENDERS),
)
"""`main`, whose last hop of X-Forwarded-For would be a mirroring proxy's."""

DISTURBED = (
    World(
        "chatter",
        "split by draws, half of the shadow's lines are no requests",
        COMBINED,
        partial(split, count=_COUNT, to_shadow=_HALVES),
        shadow_lines=CHATTER,
    ),
    World(
        "half-parsed",
        "split by draws, half of the shadow's lines break off",
        COMBINED,
        partial(split, count=_COUNT, to_shadow=_HALVES),
        shadow_lines=HALF_CUT,
    ),
)
