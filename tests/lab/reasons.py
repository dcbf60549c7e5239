"""A result comes in; whether its scenario resists goes out, and why, in numbers and words."""

from tests.lab.goals import below_ceiling
from tests.lab.run import Result
from tests.lab.table import percent

_NAMED = 0.99
_BELOW_CEILING = 0.02

_WHY: dict[str, str] = {}
"""Why a scenario resists, found by looking at its logs; by name."""


def resists(result: Result) -> bool:
    """Whether a goal is missed in this scenario on its own."""
    tool = result.tool
    named = min(tool.precision.value, tool.recall.value)
    wrong = any(not count.right for count in tool.counts.values())
    return bool(result.refused) or wrong or named < _NAMED or below_ceiling(result) > _BELOW_CEILING


def reason(result: Result) -> str:
    """Say what is wrong, in numbers, and why."""
    return " ".join([*_numbers(result), _WHY.get(result.scenario.name, "")]).strip()


def _numbers(result: Result) -> list[str]:
    tool = result.tool
    if result.refused:
        return [f"mirrorcheck gives no answer ({result.refused})."]
    told = [
        f"{kind}: {count.true} true, {count.reported} reported."
        for kind, count in tool.counts.items()
        if not count.right
    ]
    false, unnamed = tool.precision.of - tool.precision.right, tool.recall.of - tool.recall.right
    if false or unnamed:
        told.append(
            f"{false} of the {tool.precision.of} named are wrong and {unnamed} of the {tool.recall.of} missed unnamed; "
            f"{tool.alike.right} of these {tool.alike.of} have a request just like them within a second."
        )
    if below_ceiling(result) > _BELOW_CEILING:
        told.append(
            f"{percent(tool.pairs)} % of the pairs are right, {percent(result.ceiling.pairs)} % at the ceiling."
        )
    return told
