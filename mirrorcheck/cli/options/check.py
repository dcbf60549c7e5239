"""The options of the checks, for every command that judges: raw words in, `CheckOptions` and globs of paths out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mirrorcheck.checks.expectations import CONFIDENCE, MIN_REQUESTS, CheckOptions
from mirrorcheck.settings import MOST_EXCLUDED, MOST_UNOBSERVED, MOST_UNPARSED

_PERCENT = "PERCENT"
_LIMIT = "N|P%"

Expect = Annotated[
    str | None,
    typer.Option(
        metavar=_PERCENT,
        help="The mirror ratio. 100 allows no miss, 0 no copy; any other needs --within.",
        show_default=False,
    ),
]
Within = Annotated[
    str | None, typer.Option(metavar=_PERCENT, help="How far from --expect the ratio may lie, in points of percent.")
]
MinRatio = Annotated[str | None, typer.Option(metavar=_PERCENT, help="The minimum mirror ratio.")]
MaxMissed = Annotated[
    str | None,
    typer.Option(metavar=_LIMIT, help="The most requests without a copy; with --expect 100, how many it allows."),
]
MaxOrphans = Annotated[str | None, typer.Option(metavar=_LIMIT, help="The most copies without an original.")]
MaxDuplicates = Annotated[str | None, typer.Option(metavar=_LIMIT, help="The most second copies of one request.")]
MaxStatusChanges = Annotated[str | None, typer.Option(metavar=_LIMIT, help="The most responses with another status.")]
MaxNew5xx = Annotated[
    str | None, typer.Option("--max-new-5xx", metavar=_LIMIT, help="The most server errors of the shadow alone.")
]
MaxLatencyRatio = Annotated[
    str | None, typer.Option(metavar="RATIO", help="The most time that copies take, as a multiple of their originals'.")
]
MaxUnobserved = Annotated[
    str | None,
    typer.Option(
        metavar="P%",
        help="The largest share of requests whose fate the logs do not show.  "
        f"[default: {MOST_UNOBSERVED:.0%} to pass]",
    ),
]
MaxExcluded = Annotated[
    str | None,
    typer.Option(
        metavar="P%",
        help="The largest share of requests that are excluded for their own text alone, such as a user agent.  "
        f"[default: {MOST_EXCLUDED:.0%} to pass]",
    ),
]
MaxUnparsed = Annotated[
    str | None,
    typer.Option(
        metavar="P%",
        help=f"The largest share of a side's requests that do not parse.  [default: {MOST_UNPARSED:.0%} to pass]",
    ),
]
ForbidWrites = Annotated[
    bool | None, typer.Option("--forbid-writes", help="No request with side effects (POST, PUT, ...) may be mirrored.")
]
MinRequests = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help=f"The fewest requests; --expect 100 passes from so many on.  [default: {MIN_REQUESTS} for --expect 100]",
    ),
]
WhileOn = Annotated[
    bool | None,
    typer.Option(
        "--while-on",
        help="Judge only from the first copy to the last; a hole in between counts unless the rule explains it.",
    ),
]
Confidence = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help=f"How sure a verdict must be.  [default: {CONFIDENCE}]"),
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Judge only requests for these paths; repeatable.")
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Leave out requests for these paths, as --exclude-path; repeatable."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Whose [checks] table to use.  [default: mirrorcheck.toml, if there]"
    ),
]


@dataclass(frozen=True, slots=True)
class AskedChecks:
    """What the command line says of checks: the raw options, the paths they look at, and where there are more."""

    options: CheckOptions
    only: tuple[str, ...]
    ignore: tuple[str, ...]
    config: Path | None


def check_options(  # noqa: PLR0913  # every option is a parameter: that is how typer is told of it
    *,
    expect: Expect = None,
    within: Within = None,
    min_ratio: MinRatio = None,
    max_missed: MaxMissed = None,
    max_orphans: MaxOrphans = None,
    max_duplicates: MaxDuplicates = None,
    max_status_changes: MaxStatusChanges = None,
    max_new_5xx: MaxNew5xx = None,
    max_latency_ratio: MaxLatencyRatio = None,
    max_unobserved: MaxUnobserved = None,
    max_excluded: MaxExcluded = None,
    max_unparsed: MaxUnparsed = None,
    forbid_writes: ForbidWrites = None,
    min_requests: MinRequests = None,
    while_on: WhileOn = None,
    confidence: Confidence = None,
    only: Only = None,
    ignore: Ignore = None,
    config: ConfigFile = None,
) -> AskedChecks:
    """Group the options of the checks; none is looked into yet."""
    options = CheckOptions(
        expect=expect,
        within=within,
        min_ratio=min_ratio,
        max_missed=max_missed,
        max_orphans=max_orphans,
        max_duplicates=max_duplicates,
        max_status_changes=max_status_changes,
        max_new_5xx=max_new_5xx,
        max_latency_ratio=max_latency_ratio,
        max_unobserved=max_unobserved,
        max_excluded=max_excluded,
        max_unparsed=max_unparsed,
        forbid_writes=forbid_writes,
        min_requests=min_requests,
        while_on=while_on,
        confidence=confidence,
    )
    return AskedChecks(options, tuple(only or ()), tuple(ignore or ()), config)
