"""What is said to be true of a world is true of the lines that it makes."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from tests.truth.cells import PACES, RATES, RESOLUTIONS_MS, URLS, WORLDS, Cell, every_cell, published_cells
from tests.truth.loglines import COMBINED, MAIN, Logged, lines_of, log_format, with_chatter
from tests.truth.mirrors import MIRRORS
from tests.truth.splits import DIRECT, OWN_URLS, SPLITS
from tests.truth.traffic import ARRIVALS, POISSON, Load
from tests.truth.worlds import FAST, SKEWED, SLOW, Happened, World, later

pytestmark = pytest.mark.unmeasured

_LOAD = Load(20.0, POISSON, 100)


def _played(world: World, seed: int = 1) -> Happened:
    return world.play(_LOAD, FAST, np.random.default_rng(seed))


@pytest.mark.parametrize("world", MIRRORS, ids=lambda world: world.name)
def test_copies_are_of_originals(world: World) -> None:
    """Each with the URL and the chain of an original of its own, as many as is said, and about the share."""
    happened = _played(world)
    hop = world.name.endswith("-hop")
    originals = Counter(zip(happened.primary.url.tolist(), happened.primary.chain, strict=True))
    chains = ["-"] * len(happened.shadow) if hop else happened.shadow.chain
    copies = Counter(zip(happened.shadow.url.tolist(), chains, strict=True))
    assert copies <= originals
    assert happened.copied == copies.total()
    assert happened.copied / originals.total() == pytest.approx(world.share, abs=0.05)
    assert set(happened.shadow.chain) == {"192.0.2.2"} if hop else happened.shadow.chain


@pytest.mark.parametrize("world", SPLITS, ids=lambda world: world.name)
def test_splits_copy_nothing(world: World) -> None:
    """No request is logged twice: no two lines of both sides end at one moment."""
    happened = _played(world)
    assert not happened.copied
    assert not set(happened.primary.end.tolist()) & set(happened.shadow.end.tolist())
    assert min(len(happened.primary), len(happened.shadow)) > 60


def test_shares_of_splits() -> None:
    """Of all requests the shadow has what the name says."""
    shares = {}
    for world in SPLITS:
        happened = _played(world)
        shares[world.name] = len(happened.shadow) / (len(happened.primary) + len(happened.shadow))
    assert shares["robin"] == pytest.approx(1 / 2, abs=0.002)
    assert shares["robin-4-1"] == pytest.approx(1 / 5, abs=0.002)
    assert shares["split-50"] == pytest.approx(1 / 2, abs=0.08)
    assert shares["split-90-10"] == pytest.approx(0.1, abs=0.04)
    assert shares["canary"] == pytest.approx(0.225, abs=0.06)


def test_clients_send_their_own_chain_where_the_world_says() -> None:
    """On both sides or on the shadow's alone, all of them or about 70 of 100."""
    seeds = range(5)  # of three clients it takes some until one of them sends none
    chains = {
        world.name: [
            {link for side in sides for link in side.chain} for sides in zip(*_both_sides(world, seeds), strict=True)
        ]
        for world in DIRECT
    }
    for name, (primary, shadow) in chains.items():
        assert (primary == {"-"}) == (not name.startswith("direct-both"))
        assert ("-" in shadow) == (name in {"direct-some", "direct-both-some", "direct-both-few-some"})
    assert len(chains["direct-one"][1]) == 1
    assert len(chains["direct-both-few"][1]) == 3
    assert len(chains["direct-many"][1]) > 200


def _both_sides(world: World, seeds: Iterable[int]) -> list[tuple[Logged, Logged]]:
    return [(happened.primary, happened.shadow) for happened in (_played(world, seed) for seed in seeds)]


def test_paces() -> None:
    """Milliseconds, up to seconds, and seconds off on one side of zero."""
    random = np.random.default_rng(5)
    fast, slow, skewed = (later(1000, pace, random) for pace in (FAST, SLOW, SKEWED))
    assert 0.002 < np.median(fast) < 0.02
    assert slow.min() > 0.05
    assert 2.3 < slow.max() < 2.6
    assert np.abs(skewed).min() > 0.9
    assert np.ptp(skewed) < 0.2


def test_lines_are_in_the_order_of_their_ends_and_stamped_with_them() -> None:
    """To the second, or to the millisecond in a format with $msec."""
    side = Logged(np.array([2.3456, 1.0004]), np.array([7, 8]), ["192.0.2.1", "-"])
    assert log_format(MAIN, 1000) is None
    assert lines_of(side, COMBINED, 1000) == [
        '127.0.0.6 - - [22/Nov/2026:18:00:01 +0000] "GET /p/8 HTTP/1.1" 200 10 "-" "curl/8"',
        '127.0.0.6 - - [22/Nov/2026:18:00:02 +0000] "GET /p/7 HTTP/1.1" 200 10 "-" "curl/8"',
    ]
    assert lines_of(side, MAIN, 1)[1].endswith('"curl/8" "192.0.2.1" t=1795370402.345')
    assert (log_format(MAIN, 1) or "").endswith('"$http_x_forwarded_for" t=$msec')


def test_chatter_is_half_of_the_lines() -> None:
    """And the requests stay in order."""
    requests = [str(number) for number in range(100)]
    mixed = with_chatter(requests, np.random.default_rng(6))
    assert len(mixed) == 200
    assert [line for line in mixed if line.isdigit()] == requests


def test_every_value_of_every_factor_is_published_with_every_world() -> None:
    """And the name of each cell is its own."""
    cells = published_cells()
    assert len({cell.name for cell in cells}) == len(cells)
    for world in WORLDS:
        of_world = [cell for cell in cells if cell.world is world]
        assert _values(of_world) == _values(list(every_cell([world])))
        assert {cell.load.rate for cell in of_world} == set(RATES)
        assert {cell.load.arrivals for cell in of_world} == set(ARRIVALS)
        assert {cell.resolution_ms for cell in of_world} == set(RESOLUTIONS_MS)
        assert {cell.pace for cell in of_world} == (set(PACES) if world.mirrors else {FAST})
        if world.name not in OWN_URLS:
            assert {(cell.load.urls, cell.load.mix) for cell in of_world} == set(URLS)


def _values(cells: list[Cell]) -> list[set[object]]:
    loads = [cell.load for cell in cells]
    return [
        {load.rate for load in loads},
        {load.arrivals for load in loads},
        {(load.urls, load.mix) for load in loads},
        {cell.resolution_ms for cell in cells},
        {cell.pace for cell in cells},
    ]
