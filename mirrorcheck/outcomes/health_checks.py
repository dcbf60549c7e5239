"""Lines of one agent in, those out that are health checks by all they are: few requests, each at a steady period."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Bools = NDArray[np.bool_]

_LAGS = (1, 2, 3, 4, 6, 12, 24)  # several probes may ask for one path, and stamps of a second blur a short period
_SECOND_US = 1_000_000
_SHORTEST_US = _SECOND_US // 2  # kubelet's is a second; faster ones are requests
_STRAY = 0.2  # of the mean time between two lines, by which a check may be late
_COARSEST = 0.25  # of a period, beyond which stamps do not show one
_STEADY = 0.8  # of the steps; the others are restarts and outages
_FEWEST_STEPS = 2  # beside each other
_FEW = 5  # requests that an agent asks again and again, and so often each where it has hardly begun
_MOST = 6  # requests of one agent's checks: a pod has three probes at most, and nodes of two versions ask for them


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at of each line, by row, in order of time within a stream.

    time_us: as logged. stream: the clock that stamped it. remote: who asked. request: method, target and agent.
    """

    time_us: NDArray[np.int64]
    stream: NDArray[np.int64]
    remote: NDArray[np.uint64]
    request: NDArray[np.uint64]


def health_checks(asked: Asked, resolution_us: int) -> Bools:
    """Which lines are health checks, bool by row.

    Kubelet and load balancers ask a pod for one thing again and again, at a period of a second or more; several of them
    may ask for the same, each at its own. Where there are too few lines of one asker to tell, those of all do, if they
    ask for few things; and a line or two for what is asked steadily elsewhere are of a pod that came or went.
    However steadily, they ask for few things: of many, those that are asked most often.
    """
    lines = pl.DataFrame(
        {"time": asked.time_us, "stream": asked.stream, "remote": asked.remote, "request": asked.request}
    ).with_row_index("row")
    lines = lines.with_columns(pl.struct("stream", "remote", "request").rank("dense").alias("asker"))
    lines = lines.sort("asker", "time", "row")
    steady = np.isin(lines["asker"].to_numpy(), _steady_askers(lines, resolution_us))
    requests = lines["request"].to_numpy()
    steady[~steady] = _begun(lines.filter(~pl.Series(steady)), resolution_us)
    known = np.isin(requests, requests[steady]) & ~steady & _rare(lines)
    if int(known.sum()) <= int(steady.sum()):
        steady |= known
    steady &= np.isin(requests, _most_asked(requests[steady]))
    found = np.zeros(lines.height, np.bool_)
    found[lines["row"].to_numpy()] = steady
    return found


def _most_asked(requests: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """As many as checks ask for; one more or less often asked than others does not tell, so ties go by number."""
    asked, times = np.unique(requests, return_counts=True)
    return asked[np.argsort(-times, kind="stable")[:_MOST]]


def _steady_askers(lines: pl.DataFrame, resolution_us: int) -> NDArray[np.uint32]:
    """Those whose lines come at a period, seen over some number of steps."""
    found = [_steady(_steps(lines, lag), "asker", lag, resolution_us)["asker"] for lag in _LAGS]
    return pl.concat(found).unique().to_numpy()


def _steps(lines: pl.DataFrame, lag: int) -> pl.DataFrame:
    """The time from each line of an asker to that `lag` lines later."""
    step = pl.col("time").shift(-lag) - pl.col("time")
    same = pl.col("asker").shift(-lag) == pl.col("asker")
    return lines.select("asker", step.alias("step"), same.alias("same")).filter("same")


def _steady(steps: pl.DataFrame, by: str, lag: int, resolution_us: int) -> pl.DataFrame:
    """The groups of steps that are nearly all as long as their median."""
    period = pl.col("step").median()
    # What comes at random strays by more the longer it is looked at, and what comes at a period does not.
    stray = pl.max_horizontal(pl.lit(float(resolution_us)), period / lag * _STRAY)
    on_time = ((pl.col("step") - period).abs() <= stray).mean()
    groups = steps.group_by(by).agg(
        period.alias("period"), stray.first().alias("stray"), on_time.alias("on_time"), pl.len().alias("steps")
    )
    return groups.filter(
        (pl.col("steps") >= _FEWEST_STEPS * lag)
        & (pl.col("on_time") >= _STEADY)
        & (pl.col("period") >= lag * _SHORTEST_US)
        & (pl.col("stray") <= _COARSEST * pl.col("period"))
    )


def _begun(lines: pl.DataFrame, resolution_us: int) -> bool:
    """Whether few things are asked for, each asker has hardly begun, and the steps of all are those of one period."""
    often = int(lines.group_by("asker").len()["len"].max() or 0)  # type: ignore[arg-type]  # an int column's maximum
    if often > _FEW or lines["request"].n_unique() > _FEW:
        return False
    steps = _steps(lines, 1).with_columns(everyone=pl.lit(0))
    # One step more than of one asker: two of several are alike by chance now and then.
    return steps.height > _FEWEST_STEPS and _steady(steps, "everyone", 1, resolution_us).height > 0


def _rare(lines: pl.DataFrame) -> Bools:
    """Lines of askers that have two at most."""
    return lines.select(pl.len().over("asker") <= _FEWEST_STEPS).to_series().to_numpy()
