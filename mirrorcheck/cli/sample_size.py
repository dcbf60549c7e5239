"""`mirrorcheck sample-size`: an expectation in, how many requests it takes to judge it out."""

import json as documents
import sys
from typing import Annotated

import typer

from mirrorcheck.checks.expectations import CheckOptions, Expectations, complete_checks, parse_confidence, percent
from mirrorcheck.cli.options.check import Confidence, Expect, MinRequests, Within

_POWER = 0.9

Power = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help=f"How often the check shall pass where all is well.  [default: {_POWER}]"),
]
Json = Annotated[bool, typer.Option("--json", help="Write the numbers as one JSON document instead of the text.")]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("sample-size", short_help="Tell how many requests a check needs.")(_sample_size)


def _sample_size(  # noqa: PLR0913  # every option is a parameter: that is how typer is told of it
    *,
    expect: Expect = None,
    within: Within = None,
    min_requests: MinRequests = None,
    confidence: Confidence = None,
    power: Power = None,
    json: Json = False,
) -> None:
    """Tell how many requests a check of the mirror ratio needs, if the expected ratio is true."""
    options = CheckOptions(expect=expect, within=within, min_requests=min_requests, confidence=confidence)
    wanted = complete_checks(options)
    chance = _POWER if power is None else parse_confidence(power, "--power")

    from mirrorcheck.checks.sample_size import sample_size

    size = sample_size(wanted, chance)
    if json:
        numbers = {"fixed": size.fixed, "mean": size.mean, "most": size.most, "dead": size.dead}
        known = {"expect": wanted.expect, "within": wanted.within, "confidence": wanted.confidence, "power": chance}
        sys.stdout.write(f"{documents.dumps({'schema': 'mirrorcheck.sample-size/1', **known, **numbers}, indent=2)}\n")
        return
    sys.stdout.write("\n".join(_lines(wanted, (size.fixed, size.mean, size.most, size.dead), chance)) + "\n")


def _lines(wanted: Expectations, numbers: tuple[int, int, int, int], power: float) -> list[str]:
    fixed, mean, most, dead = (f"{number:,}" for number in numbers)
    true = f"{percent(wanted.expect or 0.0)} %"
    asked = f"{true} +-{percent(wanted.within)}" if wanted.within else true
    title = f"{asked} at {percent(wanted.confidence)} % confidence, if {true} is true"
    last = f"  to fail      {dead}, if {'everything' if wanted.expect == 0.0 else 'nothing'} is copied"
    if not wanted.within:
        return [title, f"  to pass      {fixed} requests without one to the contrary", last]
    often = f"{percent(power)} of 100 runs"
    return [
        title,
        f"  all at once  {fixed} requests: then it passes in {often}",
        f"  one by one   {mean} on average, {most} at most in {often}",
        last,
    ]
