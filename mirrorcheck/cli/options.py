"""The options of an analysis that a library has no use for: what is read, and how it is shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from mirrorcheck.option import Argument, Option


@dataclass(frozen=True, slots=True)
class LogNames:
    """The logs that an analysis reads, as they were named."""

    files: Annotated[
        tuple[str, ...],
        Argument(
            "Two logs (the shadow marker shows which is which), or captures whose lines name their pod. - is standard "
            "input.",
            "FILE...",
        ),
    ] = ()
    primary: Annotated[tuple[str, ...], Option("A log of the primary, or a quoted glob; repeatable.", "FILE")] = ()
    shadow: Annotated[
        tuple[str, ...],
        Option(
            "A log of the shadow, or a quoted glob; repeatable. NAME=FILE for each of several shadows, as v3=v3.log.",
            "FILE",
        ),
    ] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """What to write besides the report: a table of all lines, and with the report the first lines that do not count."""

    outcomes: Annotated[Path | None, Option("Write the outcome of every line: .csv, .jsonl or .parquet.", "FILE")] = (
        None
    )
    verbose: Annotated[bool, Option("List the first lines of each side that are no requests, too.", short="-v")] = False
