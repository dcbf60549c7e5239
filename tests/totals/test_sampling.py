import numpy as np
import pytest

from mirrorcheck.report.model import Sampling
from mirrorcheck.totals.history import History
from mirrorcheck.totals.sampling import CLUSTERED, INDEPENDENT, REGULAR, judge_sampling


def judged(paired: "np.ndarray[tuple[int], np.dtype[np.bool_]]", sizes: list[int]) -> Sampling | None:
    """The judgement on originals that follow each other, in phases of these sizes."""
    return judge_sampling(History.of(np.arange(len(paired)), paired), sizes)


def counted_off(count: int, ratio: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Every n-th request, as a proxy with a counter chooses them."""
    return np.asarray(np.diff(np.floor(np.arange(count + 1) * ratio)) > 0)


@pytest.mark.parametrize(("count", "ratio"), [(100, 0.5), (1000, 0.5), (1000, 0.1), (1000, 0.3), (3000, 0.02)])
def test_counters_are_found(count: int, ratio: float) -> None:
    """Requests that are counted off are found, whatever the percentage, with how far the count may stray."""
    found = judged(counted_off(count, ratio), [count])
    assert found
    assert found.kind == REGULAR
    assert found.discrepancy <= 1


@pytest.mark.parametrize(("count", "ratio"), [(100, 0.5), (1000, 0.5), (1000, 0.05), (300, 0.9)])
def test_draws_are_taken_for_draws(count: int, ratio: float) -> None:
    """Of a thousand logs of independent draws none is taken for anything else."""
    random = np.random.default_rng(7)
    kinds = {found.kind for _ in range(1000) if (found := judged(random.random(count) < ratio, [count]))}
    assert kinds == {INDEPENDENT}


def test_clusters_are_found() -> None:
    """Decisions for ten requests at once show, with about ten times the variance."""
    random = np.random.default_rng(7)
    paired = np.repeat(random.random(200) < 0.5, 10)
    found = judged(paired, [len(paired)])
    assert found
    assert found.kind == CLUSTERED
    assert 6 <= found.inflation <= 30


def test_change_of_the_ratio_is_no_cluster() -> None:
    """Phases are looked at one by one: what changes between them says nothing of how requests are drawn."""
    random = np.random.default_rng(7)
    paired = np.concatenate([random.random(500) < 0.95, random.random(500) < 0.2])
    known, unknown = judged(paired, [500, 500]), judged(paired, [1000])
    assert known
    assert unknown
    assert (known.kind, unknown.kind) == (INDEPENDENT, CLUSTERED)


def test_often_alternating_is_not_counted() -> None:
    """Misses that follow each hit now and then alternate often, but no counter keeps the ratio."""
    random = np.random.default_rng(7)
    blocks = [np.array([True, False]) if random.random() < 0.5 else np.array([True]) for _ in range(700)]
    paired = np.concatenate(blocks)
    found = judged(paired, [len(paired)])
    assert found
    assert found.kind == INDEPENDENT


def test_nothing_and_all() -> None:
    """Without originals there is nothing to say, and where all are copied nothing is drawn."""
    assert judged(np.array([], np.bool_), []) is None
    found = judged(np.full(5000, fill_value=True), [5000])
    assert found
    assert (found.kind, found.inflation, found.discrepancy) == (INDEPENDENT, 1.0, 0.0)
