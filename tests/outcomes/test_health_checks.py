import numpy as np
import polars as pl
import pytest

from mirrorcheck.outcomes.health_checks import health_checks
from tests.sample import sampled

SECOND, MILLISECOND = 1_000_000, 1_000
SPAN_S = 120.0


def asked(times_s: list[np.ndarray], resolution_us: int, *, pods: int = 1) -> pl.DataFrame:
    """Lines of requests, one a list of times; `pods` ask in turn, each a stream of its own."""
    seconds = np.concatenate(times_s)
    order = np.argsort(seconds)
    request = np.repeat(np.arange(len(times_s)), [len(each) for each in times_s])[order]
    time_us = (seconds[order] * SECOND).astype(np.int64) // resolution_us * resolution_us
    nobody = np.zeros(len(order), np.uint64)
    stream, request = (request % pods).astype(np.int64), (request // pods).astype(np.uint64)
    return pl.DataFrame({"time": time_us, "stream": stream, "remote": nobody, "request": request})


def period(rng: np.random.Generator, seconds: float, span_s: float = SPAN_S) -> np.ndarray:
    """Times of a check, each a little late."""
    times = np.arange(rng.uniform(0, seconds), span_s, seconds)
    return times + rng.uniform(0, 0.05, len(times))


@pytest.mark.parametrize("resolution_us", [SECOND, MILLISECOND])
@pytest.mark.parametrize("seconds", [[10], [5, 10], [1, 10], [2, 3], [15], [30]])
def test_checks_come_at_a_period(seconds: list[float], resolution_us: int) -> None:
    """Whatever their periods are, and however coarse the stamps."""
    rng = np.random.default_rng(1)
    found = health_checks(asked([period(rng, each) for each in seconds], resolution_us), resolution_us)
    assert found.all()


@pytest.mark.unmeasured
@pytest.mark.parametrize("resolution_us", [SECOND, MILLISECOND])
@pytest.mark.parametrize("rate", sampled([0.3, 3, 20, 0.05, 1], 3))
@pytest.mark.parametrize("paths", [1, 4, 30])
def test_requests_do_not(rate: float, paths: int, resolution_us: int) -> None:
    """Of what comes at random hardly a line is taken for a check, over ten logs."""
    rng, taken, lines = np.random.default_rng(2), 0, 0
    for _ in range(10):
        times = [rng.uniform(0, SPAN_S, rng.poisson(rate * SPAN_S / paths)) for _ in range(paths)]
        found = health_checks(asked(times, resolution_us), resolution_us)
        taken, lines = taken + int(found.sum()), lines + len(found)
    assert taken <= max(8, 0.06 * lines)


def test_faster_than_any_check() -> None:
    """Seven a second, however evenly, are requests."""
    assert not health_checks(asked([np.arange(300) / 7], MILLISECOND), MILLISECOND).any()


def test_hashes_decide_nothing() -> None:
    """Of many that are asked equally often, those that come first are checks, whatever numbers they have."""
    lines = asked([each + np.arange(0, SPAN_S, 10) for each in np.linspace(0, 9, 12)], MILLISECOND)
    found = health_checks(lines, MILLISECOND)
    assert lines.filter(pl.Series(found))["request"].unique().to_list() == [0, 1, 2, 3, 4, 5]
    renamed = lines.with_columns(request=pl.Series(np.arange(12, dtype=np.uint64)[::-1])[lines["request"].to_numpy()])
    assert (health_checks(renamed, MILLISECOND) == found).all()


def test_few_things() -> None:
    """Of many that are asked for at a period, those asked most often are checks."""
    rng = np.random.default_rng(6)
    often, seldom = [period(rng, 5) for _ in range(2)], [period(rng, 15) for _ in range(30)]
    lines = asked([*often, *seldom], MILLISECOND)
    found = health_checks(lines, MILLISECOND)
    request = lines["request"].to_numpy()
    assert found[request < len(often)].all()
    assert len(np.unique(request[found])) == 6


def test_several_that_ask_for_one_thing() -> None:
    """Two probes of a container for one path at 5 and 10 s, which the log cannot tell apart."""
    rng = np.random.default_rng(3)
    times = np.concatenate([period(rng, 5), period(rng, 10)])
    assert health_checks(asked([times], SECOND), SECOND).all()


def test_a_capture_that_has_hardly_begun() -> None:
    """Two lines of each of five pods tell together what those of one do not."""
    rng = np.random.default_rng(4)
    pods = [period(rng, 10, 10) for _ in range(5)]
    pods = [np.append(each, each + 10) for each in pods]
    assert health_checks(asked(pods, SECOND, pods=5), SECOND).all()
    assert not health_checks(asked(pods[:1], SECOND), SECOND).any()


def test_what_hides_among_checks() -> None:
    """A line or two for what is asked steadily is a pod that came; more than the steady ones are no checks."""
    rng = np.random.default_rng(5)
    steady = period(rng, 10)
    for strangers in (2, 40):
        times = np.concatenate([steady, rng.uniform(0, SPAN_S, strangers)])
        order = np.argsort(times)
        remote = np.concatenate([np.zeros(len(steady)), np.arange(1, strangers + 1)])[order].astype(np.uint64)
        time_us = (times[order] * SECOND).astype(np.int64)
        nothing = np.zeros(len(times), np.uint64)
        lines = pl.DataFrame({"time": time_us, "stream": nothing, "remote": remote, "request": nothing})
        found = health_checks(lines, MILLISECOND)
        assert int(found.sum()) == len(steady) + (strangers if strangers == 2 else 0)


def test_nothing() -> None:
    """Without a line there is no check."""
    assert len(health_checks(asked([np.zeros(0)], SECOND), SECOND)) == 0
