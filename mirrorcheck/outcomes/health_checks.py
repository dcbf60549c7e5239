"""Finds the lines of an agent that are health checks: few different requests, each at a steady period."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes import constants
from mirrorcheck.pairing.model import Bools


def health_checks(lines: pl.DataFrame, resolution_us: int) -> Bools:
    """Whether the lines of an agent, in order of time within a stream, are health checks, bool by row.

    Columns: time, microseconds as logged; stream, the clock that stamped it; remote, the client; request, a hash of
    method, target and agent.

    Kubelet and load balancers ask a pod for one thing again and again, at a period of a second or more; several of them
    may ask for the same, each at its own. Where one asker has too few lines to judge, those of all are judged together,
    if they ask for few things; a line or two for what is asked steadily elsewhere are of a pod that came or went.
    However steadily, they ask for few things: of many, only those that are asked most often are checks.
    """
    asker = pl.col("row").min().over("stream", "remote", "request").alias("asker")
    lines = lines.with_row_index("row").with_columns(asker).sort("asker", "time", "row")
    # Of a pod's probes, which may be several for one path, those are steady that are so over some number of steps.
    askers = [_steady(_steps(lines, lag), "asker", lag, resolution_us)["asker"] for lag in constants.CHECK_LAGS]
    steady = np.isin(lines["asker"].to_numpy(), pl.concat(askers).unique().to_numpy())
    requests = lines["request"].to_numpy()
    steady[~steady] = _begun(lines.filter(~pl.Series(steady)), resolution_us)
    rare = lines.select(pl.len().over("asker") <= constants.FEWEST_STEPS).to_series().to_numpy()
    known = np.isin(requests, requests[steady]) & ~steady & rare
    if int(known.sum()) <= int(steady.sum()):
        steady |= known
    steady &= np.isin(requests, _most_asked(requests[steady]))
    found = np.zeros(lines.height, np.bool_)
    found[lines["row"].to_numpy()] = steady
    return found


def _most_asked(requests: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The requests most often asked, as many as checks may ask for; of ties, those that come first."""
    asked, first, times = np.unique(requests, return_index=True, return_counts=True)
    return asked[np.lexsort((first, -times))[: constants.MOST_CHECKS]]


def _steps(lines: pl.DataFrame, lag: int) -> pl.DataFrame:
    """The time from each line of an asker to that `lag` lines later."""
    step = pl.col("time").shift(-lag) - pl.col("time")
    same = pl.col("asker").shift(-lag) == pl.col("asker")
    return lines.select("asker", step.alias("step"), same.alias("same")).filter("same")


def _steady(steps: pl.DataFrame, by: str, lag: int, resolution_us: int) -> pl.DataFrame:
    """The groups of steps that are nearly all as long as their median."""
    period = pl.col("step").median()
    # Random times stray by more over more steps, and what comes at a period does not.
    stray = pl.max_horizontal(pl.lit(float(resolution_us)), period / lag * constants.STRAY)
    on_time = ((pl.col("step") - period).abs() <= stray).mean()
    groups = steps.group_by(by).agg(
        period.alias("period"), stray.first().alias("stray"), on_time.alias("on_time"), pl.len().alias("steps")
    )
    return groups.filter(
        (pl.col("steps") >= constants.FEWEST_STEPS * lag)
        & (pl.col("on_time") >= constants.STEADY)
        & (pl.col("period") >= lag * constants.SHORTEST_PERIOD_US)
        & (pl.col("stray") <= constants.COARSEST * pl.col("period"))
    )


def _begun(lines: pl.DataFrame, resolution_us: int) -> bool:
    """Whether few things are asked for, each asker has hardly begun, and the steps of all are those of one period."""
    often = int(lines.group_by("asker").len()["len"].max() or 0)  # type: ignore[arg-type]  # an int column's maximum
    if often > constants.FEW_CHECKS or lines["request"].n_unique() > constants.FEW_CHECKS:
        return False
    steps = _steps(lines, 1).with_columns(everyone=pl.lit(0))
    # One step more than of one asker: two of several are alike by chance now and then.
    return steps.height > constants.FEWEST_STEPS and _steady(steps, "everyone", 1, resolution_us).height > 0
