"""The command `mirrorcheck sample-size`: how many requests it takes to judge an expected ratio."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

from mirrorcheck.checks.expectations import CheckOptions, Expectations, complete_checks, parse_confidence, percent
from mirrorcheck.cli.parameters import command
from mirrorcheck.option import Option

_POWER = 0.9


def sample_size(
    *,
    checks: CheckOptions,
    power: Annotated[
        str | None,
        Option(f"How often the check shall pass where all is well.  [default: {_POWER}]", "LEVEL"),
    ] = None,
    as_json: Annotated[
        bool, Option("Write the numbers as one JSON document instead of the text.", named="json")
    ] = False,
) -> None:
    """Tell how many requests a check of the mirror ratio needs, if the expected ratio is true."""
    wanted = complete_checks(checks)
    chance = _POWER if power is None else parse_confidence(power, "--power")

    from mirrorcheck.checks.sample_size import sample_size as plan

    size = plan(wanted, chance)
    if as_json:
        known = {"expect": wanted.expect, "within": wanted.within, "confidence": wanted.confidence, "power": chance}
        document = {"schema": "mirrorcheck.sample-size/1", **known, **asdict(size)}
        sys.stdout.write(f"{json.dumps(document, indent=2)}\n")
        return
    sys.stdout.write("\n".join(_lines(wanted, (size.fixed, size.mean, size.most, size.dead), chance)) + "\n")


COMMAND = command(only=("expect", "within", "min_requests", "confidence"))(sample_size)


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
