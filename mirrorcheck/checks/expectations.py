"""Check options as users give them, on the command line or in mirrorcheck.toml, and what they ask for."""

import re
from dataclasses import dataclass, fields
from typing import Annotated

from mirrorcheck.checks.proportions import Band
from mirrorcheck.errors import UsageError
from mirrorcheck.option import Option
from mirrorcheck.settings import MOST_EXCLUDED, MOST_UNOBSERVED, MOST_UNPARSED, parse_percent

CONFIDENCE = 0.95
MIN_REQUESTS = 299
"""So many requests without a miss prove at least 99 % at a confidence of 95 % (one-sided)."""

Raw = str | int | float | None


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What a user gave, unchecked: a field for each option of the checks and key of [checks]; None: not given."""

    expect: Annotated[
        Raw, Option("The mirror ratio. 100 allows no miss, 0 no copy; any other needs --within.", "PERCENT")
    ] = None
    within: Annotated[Raw, Option("How far from --expect the ratio may lie, in points of percent.", "PERCENT")] = None
    min_ratio: Annotated[Raw, Option("The minimum mirror ratio.", "PERCENT")] = None
    max_missed: Annotated[
        Raw, Option("The most requests without a copy; with --expect 100, how many it allows.", "N|P%")
    ] = None
    max_orphans: Annotated[Raw, Option("The most copies without an original.", "N|P%")] = None
    max_duplicates: Annotated[Raw, Option("The most second copies of one request.", "N|P%")] = None
    max_status_changes: Annotated[Raw, Option("The most responses with another status.", "N|P%")] = None
    max_new_5xx: Annotated[Raw, Option("The most server errors of the shadow alone.", "N|P%")] = None
    max_latency_ratio: Annotated[
        Raw, Option("The most time that copies take, as a multiple of their originals'.", "RATIO")
    ] = None
    max_unobserved: Annotated[
        Raw,
        Option(
            f"The largest share of requests whose fate the logs do not show.  [default: {MOST_UNOBSERVED:.0%} to pass]",
            "P%",
        ),
    ] = None
    max_excluded: Annotated[
        Raw,
        Option(
            "The largest share of requests that are excluded for their own text alone, such as a user agent.  "
            f"[default: {MOST_EXCLUDED:.0%} to pass]",
            "P%",
        ),
    ] = None
    max_unparsed: Annotated[
        Raw,
        Option(
            f"The largest share of a side's requests that do not parse.  [default: {MOST_UNPARSED:.0%} to pass]", "P%"
        ),
    ] = None
    forbid_writes: Annotated[bool | None, Option("No request with side effects (POST, PUT, ...) may be mirrored.")] = (
        None
    )
    min_requests: Annotated[
        Raw,
        Option(
            f"The fewest requests; --expect 100 passes from so many on.  [default: {MIN_REQUESTS} for --expect 100]",
            "N",
        ),
    ] = None
    while_on: Annotated[
        bool | None,
        Option("Judge only from the first copy to the last; a hole in between counts unless the rule explains it."),
    ] = None
    confidence: Annotated[Raw, Option(f"How sure a verdict must be.  [default: {CONFIDENCE}]", "LEVEL")] = None
    only: Annotated[tuple[str, ...], Option("Judge only requests for these paths; repeatable.", "GLOB")] = ()
    ignore: Annotated[
        tuple[str, ...], Option("Leave out requests for these paths, as --exclude-path; repeatable.", "GLOB")
    ] = ()

    def over(self, config: "CheckOptions") -> "CheckOptions":
        """These options, and those of a configuration where they say nothing."""
        given = {field.name: getattr(self, field.name) for field in fields(CheckOptions)}
        # By identity and type: 0 is an option that was given.
        said = {name: value for name, value in given.items() if value is not None and value != ()}
        return CheckOptions(**{field.name: getattr(config, field.name) for field in fields(CheckOptions)} | said)

    @property
    def any_given(self) -> bool:
        """True if any option is given besides those that only choose requests."""
        names = [field.name for field in fields(CheckOptions) if field.name not in {"only", "ignore"}]
        return any(getattr(self, name) is not None for name in names)


_NOT_CHECKS = {"within", "min_requests", "while_on", "confidence", "only", "ignore"}
_CHECKS = frozenset(field.name for field in fields(CheckOptions)) - _NOT_CHECKS


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that is allowed: a number of them, or a share (0 to 1) of those there are."""

    count: int | None = None
    share: float | None = None

    @property
    def text(self) -> str:
        """As a user would write it."""
        return f"{self.count:,}" if self.share is None else f"{percent(self.share)} %"


@dataclass(frozen=True, slots=True)
class Expectations:
    """What a mirror must keep; None is no expectation.

    expect: ratio from 0 to 1, and `within` its tolerance, 0 where every single request counts (0 % and 100 %).
    min_ratio: 0 to 1. max_latency_ratio: median of the shadow's time by the primary's. max_unobserved, max_excluded,
    max_unparsed: shares of lines, None for the defaults. requests: as given, None where it was not. confidence: 0 to 1.
    """

    expect: float | None = None
    within: float = 0.0
    min_ratio: float | None = None
    max_missed: Limit | None = None
    max_orphans: Limit | None = None
    max_duplicates: Limit | None = None
    max_status_changes: Limit | None = None
    max_new_5xx: Limit | None = None
    max_latency_ratio: float | None = None
    max_unobserved: float | None = None
    max_excluded: float | None = None
    max_unparsed: float | None = None
    forbid_writes: bool = False
    requests: int | None = None
    while_on: bool = False
    confidence: float = CONFIDENCE

    @property
    def min_requests(self) -> int:
        """Below so many requests, all copied is not enough."""
        return MIN_REQUESTS if self.requests is None else self.requests

    @property
    def band(self) -> Band | None:
        """The ratios that --expect and --within allow; None without them, and where every request counts."""
        return None if self.expect is None or not self.within else Band.around(self.expect, self.within)


def percent(ratio: float) -> str:
    """A ratio as a number of percent, as short as it is exact."""
    return f"{round(ratio * 100, 10):.10f}".rstrip("0").rstrip(".")


def checks_anything(options: CheckOptions) -> bool:
    """True if one of the options asks for a check."""
    # By identity: 0 is no option left out, though it equals False.
    return not all(getattr(options, name) is None or getattr(options, name) is False for name in _CHECKS)


def complete_checks(options: CheckOptions) -> Expectations:
    """Check the options and complete them; UsageError where they mean nothing, or where nothing would be checked."""
    if not checks_anything(options):
        raise UsageError(
            "nothing to check: a gate without a check always opens. Give --expect 100, or another of the checks that "
            "mirrorcheck assert --help lists."
        )
    expect = _share_or_none(options.expect, "--expect")
    return Expectations(
        expect=expect,
        within=_within(options.within, expect),
        min_ratio=_share_or_none(options.min_ratio, "--min-ratio"),
        max_missed=_limit(options.max_missed, "--max-missed"),
        max_orphans=_limit(options.max_orphans, "--max-orphans"),
        max_duplicates=_limit(options.max_duplicates, "--max-duplicates"),
        max_status_changes=_limit(options.max_status_changes, "--max-status-changes"),
        max_new_5xx=_limit(options.max_new_5xx, "--max-new-5xx"),
        max_latency_ratio=_positive(options.max_latency_ratio, "--max-latency-ratio"),
        max_unobserved=_share_or_none(options.max_unobserved, "--max-unobserved"),
        max_excluded=_share_or_none(options.max_excluded, "--max-excluded"),
        max_unparsed=_share_or_none(options.max_unparsed, "--max-unparsed"),
        forbid_writes=bool(options.forbid_writes),
        requests=_count(options.min_requests, "--min-requests"),
        while_on=bool(options.while_on),
        confidence=CONFIDENCE if options.confidence is None else parse_confidence(options.confidence, "--confidence"),
    )


def _within(given: Raw, expect: float | None) -> float:
    if given is not None and expect is None:
        raise UsageError(f"--within {given} has no --expect beside it. Give the percentage that is expected.")
    within = 0.0 if given is None else _share(given, "--within")
    if expect is not None and not within and expect not in {0.0, 1.0}:
        raise UsageError(
            f"--expect {percent(expect)} needs a tolerance: sampling never hits a percentage exactly. "
            "Give for example --within 5."
        )
    return within


def _share(given: str | float, option: str) -> float:
    return parse_percent(given, option) / 100


def _share_or_none(given: Raw, option: str) -> float | None:
    return None if given is None else _share(given, option)


def _limit(given: Raw, option: str) -> Limit | None:
    if given is None:
        return None
    if isinstance(given, str) and given.rstrip().endswith("%"):
        share = _share(given, option)
        # No number of requests proves that a share is nothing; that there was none is a count.
        return Limit(share=share) if share else Limit(count=0)
    return Limit(count=_count(given, option, or_percent=True))


def _count(given: Raw, option: str, *, or_percent: bool = False) -> int | None:
    if given is None:
        return None
    text = str(given).strip()
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        example = "a whole number such as 5, or a percentage such as 1%" if or_percent else "a whole number such as 300"
        raise UsageError(f"{option} {given} is no number of lines. Give {example}.")
    return int(text)


def _positive(given: Raw, option: str) -> float | None:
    if given is None:
        return None
    try:
        number = float(given)
    except ValueError:
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise UsageError(f"{option} {given} is no ratio. Give a number above 0, such as 1.5.")
    return number


def parse_confidence(given: str | float, option: str) -> float:
    """0.95 of "0.95", 95 or "95 %"; UsageError unless it is at least an even chance and short of certainty."""
    text = str(given).strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = 0.0
    number = number / 100 if text.endswith("%") or number > 1 else number
    if not 0.5 <= number < 1:  # noqa: PLR2004  # a coin does as well
        raise UsageError(f"{option} {given} is out of range. Give a number from 0.5 to below 1, such as 0.95.")
    return number
