"""Mirrors that are ones: a known part of the requests to the primary is copied to the shadow."""

from functools import partial

import numpy as np

from tests.truth.loglines import COMBINED, MAIN, NO_CHAIN, Logged
from tests.truth.splits import CHATTER, HALF_CUT
from tests.truth.traffic import Load, requests
from tests.truth.worlds import Happened, World, durations, later

_PROXY = "192.0.2.2"
_CLIENTS, _SENDERS = 20, 0.7
_COUNTS = {1.0: 320, 0.5: 1200, 0.1: 600}
"""So many originals tell each share from one that is five points off."""
_NOTHING, _CHAIN_KEPT, _HOP = "nothing", "chain kept", "hop"


def mirror(load: Load, pace: str, random: np.random.Generator, *, share: float, leaves: str) -> Happened:
    """A proxy that draws for each request whether it copies it, and what it leaves in the copy of itself."""
    asked = requests(load, _COUNTS[share], random, clients=_CLIENTS)
    copied = random.random(len(asked)) < share
    names = np.array([f"198.51.100.{client + 1}" for client in range(_CLIENTS)])
    names[(random.random(_CLIENTS) >= _SENDERS) | (leaves != _CHAIN_KEPT)] = NO_CHAIN
    chain = names[asked.client]
    copies = asked.where(copied)
    of_copies = [_PROXY] * len(copies) if leaves == _HOP else chain[copied].tolist()
    primary = Logged(asked.at + durations(len(asked), random), asked.url, chain.tolist())
    shadow = Logged(copies.at + later(len(copies), pace, random), copies.url, of_copies)
    return Happened(primary, shadow, copied=int(copied.sum()), share=share)


def _world(share: float, leaves: str, shadow_lines: str = "") -> World:
    percent = f"{100 * share:g}"
    tag = {_NOTHING: "plain", _CHAIN_KEPT: "chain", _HOP: "hop"}[leaves]
    words = {
        _NOTHING: "no field could hold a marker",
        _CHAIN_KEPT: "the clients' X-Forwarded-For is left as it is",
        _HOP: "the proxy adds its address to X-Forwarded-For",
    }[leaves]
    also = {
        "": "",
        CHATTER: ", half of the shadow's lines are no requests",
        HALF_CUT: ", half of the shadow's lines break off",
    }[shadow_lines]
    return World(
        name=f"mirror-{percent}-{tag}" + (f"-{shadow_lines.replace(' ', '-')}" if shadow_lines else ""),
        about=f"{percent} % mirrored, {words}{also}",
        format=COMBINED if leaves == _NOTHING else MAIN,
        play=partial(mirror, share=share, leaves=leaves),
        share=share,
        shadow_lines=shadow_lines,
    )


MIRRORS = tuple(_world(share, leaves) for share in _COUNTS for leaves in (_NOTHING, _CHAIN_KEPT, _HOP))
DISTURBED_MIRRORS = (_world(1.0, _NOTHING, CHATTER), _world(1.0, _NOTHING, HALF_CUT))
