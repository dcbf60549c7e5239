"""Results come in; which scenarios resist goes out, in numbers, under the causes that were found in their logs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.lab.goals import BELOW_CEILING, NAMED, below_ceiling
from tests.lab.run import Result
from tests.lab.table import percent


@dataclass(frozen=True, slots=True)
class Cause:
    """Why scenarios resist, and which; a name that ends with - stands for all that begin so."""

    why: str
    names: tuple[str, ...]

    def explains(self, result: Result) -> bool:
        """Whether it is the cause in this scenario."""
        name = result.scenario.name
        return any(name == each or (each.endswith("-") and name.startswith(each)) for each in self.names)


CAUSES = (
    Cause(
        "One URL and one agent: every request is like every other, no key is ever alone, and what lone keys prove "
        "(retries, second copies) stays unproven. With two policies a second copy is taken for the copy of a missed "
        "request. With retries every further attempt is counted as missed. Either way the count is given as a range, "
        "which holds the truth. Which request was missed is a guess: each has hundreds of equals.",
        ("hot-", "retried-hot-"),
    ),
    Cause(
        "Copies without original beside originals without copy: as many pairs as possible are made first, so a copy "
        "whose original the refusing primary never logged is given to a request of the same key that was missed. "
        "The range allows for these.",
        ("primary-refusing-50",),
    ),
    Cause(
        "Retries and sampling at once, on keys that come often: a failed request that was not copied, followed by "
        "another request for the same, looks like a retry. What is taken for a retry too much is missing among the "
        "missed.",
        (
            "retried-50",
            "retried-50-c32",
            "retried-two-policies",
            "retried-gateway-50",
            "timeouts-50",
            "retried-50-slow",
        ),
    ),
    Cause(
        "The proxy tries again at another pod, whose clock is known to some tens of milliseconds only. A failed line "
        "is let come first within that, so nearly all attempts are recognised; now and then another request for the "
        "same is taken for one. The range allows for these.",
        ("retried-pods-50",),
    ),
    Cause(
        "The delay that the last lines are given to be copied is that of the last fifty sure pairs (a shadow frozen "
        "for 5 s shortly before, one wrong pair among a handful): every request without copy in that time before the "
        "end is left open. Those left open were truly missed.",
        ("shadow-frozen-50", "sampled-0.5-"),
    ),
    Cause(
        "The second in which the shadow goes away or comes back: a line's place within its second is taken from its "
        "rank among the lines of that second and from how many come in the next one. Where the rate changes as well, "
        "lines meet originals later or earlier than their own.",
        ("shadow-killed", "shadow-restarted-50", "retried-outage", "switched-up", "switched-all"),
    ),
    Cause(
        "Several workers write through a buffer: whole blocks of some 35 lines come up to a second late, so a line's "
        "rank within its second says little about its moment. Only blocks that cross the border of a second can be "
        "seen, about one in ten here; ranking the lines of those by themselves made it worse (60 % of the pairs for 77 "
        "% with seed 1), placing them at the end of their second changed it by a point, either way.",
        ("buffered-",),
    ),
    Cause(
        "Several pods with clocks that are off: each clock is known to some tens of milliseconds only, from stamps of "
        "whole seconds, and each log has few lines a second, so identical requests on different pods are exchanged. "
        "In the fast run all is over within a second, and the clocks differ by up to 5.6.",
        ("pods-",),
    ),
    Cause(
        "The copies, or the originals, are late by a random time, so identical requests overtake each other. Exact "
        "moments would not help: see the ceiling.",
        (
            "shadow-slow-",
            "shadow-very-slow-",
            "shadow-rate-limited-",
            "shadow-drained",
            "shadow-limited",
            "retried-slow-shadow-50",
            "aborts-",
        ),
    ),
    Cause(
        "Identical requests within some tens of milliseconds. A line's place within its second is taken from its "
        "rank; with n copies in a second that is off by up to 0.5 / sqrt(n) seconds by chance alone: 85 ms where 10 "
        "% of 350 are copied. So the fewer are copied, the more of the pairs are exchanged among equals.",
        (
            "sampled-",
            "two-policies-",
            "failing-",
            "sidecars-50",
            "client-xff-",
            "direct-",
            "primary-refusing",
            "gateway-",
        ),
    ),
)
_UNEXPLAINED = Cause("Not explained yet.", ("",))


def resists(result: Result) -> bool:
    """Whether a goal is missed in this scenario on its own."""
    wrong = any(not count.right for count in result.tool.counts.values())
    return bool(result.refused) or wrong or falls_short(result)


def falls_short(result: Result) -> bool:
    """Whether too few of the missed are named rightly, or too few pairs are right."""
    named = min(result.tool.precision.value, result.tool.recall.value)
    return named < NAMED or below_ceiling(result) > BELOW_CEILING


def grouped(results: Sequence[Result]) -> Iterator[tuple[str, list[str]]]:
    """Give each cause in words, with what is wrong in each of the scenarios that resist for it."""
    resisting = [result for result in results if resists(result)]
    cause_of = {
        result.scenario.name: next((cause for cause in CAUSES if cause.explains(result)), _UNEXPLAINED)
        for result in resisting
    }
    for cause in (*CAUSES, _UNEXPLAINED):
        found = [result for result in resisting if cause_of[result.scenario.name] is cause]
        if found:
            yield cause.why, [f"{result.scenario.name}: {_numbers(result)}" for result in found]


def _numbers(result: Result) -> str:
    tool = result.tool
    if result.refused:
        return f"refused, {result.refused}"
    told = [f"{kind} {count.true}, reported {count.reported}" for kind, count in tool.counts.items() if not count.right]
    false, unnamed = tool.precision.of - tool.precision.right, tool.recall.of - tool.recall.right
    if false or unnamed:
        told.append(
            f"{false} of {tool.precision.of} named are wrong and {unnamed} of {tool.recall.of} missed are not named, "
            f"{tool.alike.right} of these {tool.alike.of} have an equal within a second"
        )
    if below_ceiling(result) > BELOW_CEILING:
        told.append(f"pairs right {percent(tool.pairs)} %, ceiling {percent(result.ceiling.pairs)} %")
    return "; ".join(told) + "."
