"""`mirrorcheck sample-size`: an expectation in, how many requests it takes to judge it out."""

import json as documents
import sys
from typing import Annotated

import typer

from mirrorcheck.checks.expectations import CheckOptions, complete_checks, parse_confidence, percent
from mirrorcheck.commands.check_options import Confidence, Expect, MinRequests, Within

_POWER = 0.9

Power = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help=f"How often the check shall pass where all is well.  [default: {_POWER}]"),
]
Json = Annotated[bool, typer.Option("--json", help="Write the numbers as one JSON document instead of the text.")]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("sample-size")(_sample_size)


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
    asked = f"{percent(wanted.expect or 0.0)} %" + (f" +-{percent(wanted.within)}" if wanted.within else "")
    often = f"{percent(chance)} of 100 runs"
    sys.stdout.write(
        f"{asked} at {percent(wanted.confidence)} % confidence, if {percent(wanted.expect or 0.0)} % is true\n"
    )
    sys.stdout.write(f"  all at once  {size.fixed:,} requests: then it passes in {often}\n")
    if wanted.within:
        sys.stdout.write(f"  one by one   {size.mean:,} on average, {size.most:,} at most in {often}\n")
    else:
        sys.stdout.write(f"  one by one   {size.mean:,} requests\n")
    sys.stdout.write(f"  to fail      {size.dead:,}, if {'all' if wanted.expect == 0 else 'nothing'} is copied\n")
