"""Results of scenarios come in; for each goal of the project, what was measured and whether it is reached, go out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.lab import table
from tests.lab.certainty import Certainty
from tests.lab.run import Result
from tests.lab.score import Share

NAMED = 0.99
BELOW_CEILING = 0.02
_OFF_BY = {"switched-down": 2, "switched-up": 28}


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in words, and the measure: what was measured, and whether that is enough."""

    what: str
    measure: Callable[[Sequence[Result]], tuple[str, bool]]

    def measured(self, results: Sequence[Result]) -> list[str]:
        """Return the cells of the goal's row."""
        told, reached = self.measure(results)
        return [told, "yes" if reached else "**no**"]


def below_ceiling(result: Result) -> float:
    """Return how far the right pairs are below the ceiling, as a share; negative above it."""
    return result.ceiling.pairs.value - result.tool.pairs.value


def late_or_skewed(result: Result) -> bool:
    """Whether the shadow is slow or frozen, or a clock is off, and yet everything is copied."""
    scenario = result.scenario
    late = scenario.v2_delay_s or scenario.v2_bytes_a_second or scenario.clocks
    frozen = any(event.what == "v2 freeze" for event in scenario.events)
    return bool(late or frozen) and not result.tool.counts["missed"].true


def _counts_right(results: Sequence[Result]) -> tuple[str, bool]:
    right = [result.tool.counts["missed"].right and not result.refused for result in results]
    return f"{sum(right)} of {len(right)} scenarios", all(right)


def _named(results: Sequence[Result]) -> tuple[str, bool]:
    precision = table.pooled((result.tool for result in results), lambda score: score.precision)
    recall = table.pooled((result.tool for result in results), lambda score: score.recall)
    exactly = [result.ceiling for result in results]
    most = table.pooled(exactly, lambda score: score.precision), table.pooled(exactly, lambda score: score.recall)
    told = (
        f"precision {table.percent(precision)} %, recall {table.percent(recall)} %; with exact moments "
        f"{table.percent(most[0])} and {table.percent(most[1])} %"
    )
    return told, min(precision.value, recall.value) >= NAMED


def _near_ceiling(results: Sequence[Result]) -> tuple[str, bool]:
    near = [below_ceiling(result) <= BELOW_CEILING for result in results]
    return f"{sum(near)} of {len(near)} scenarios", all(near)


def _no_false_miss(results: Sequence[Result]) -> tuple[str, bool]:
    late = [result for result in results if late_or_skewed(result)]
    false = sum(result.tool.precision.of - result.tool.precision.right for result in late)
    return f"{false} in {len(late)} scenarios", not false


def _changes_found(results: Sequence[Result]) -> tuple[str, bool]:
    told, reached = [], True
    for result in results:
        allowed = _OFF_BY.get(result.scenario.name)
        if allowed is not None:
            off = [change.off_by for change in result.changes]
            told.append(f"{result.scenario.name}: off by {off[0] if off[0] is not None else '-'}, {allowed} allowed")
            reached = reached and off[0] is not None and off[0] <= allowed
    return "; ".join(told) or "not played", reached


def _certain(part: Callable[[Certainty], Share]) -> Callable[[Sequence[Result]], tuple[str, bool]]:
    """Measure how much of what is called certain is right: all together, and in how many scenarios enough."""

    def measure(results: Sequence[Result]) -> tuple[str, bool]:
        claimed = [result for result in results if part(result.certainty).of]
        enough = sum(part(result.certainty).value >= NAMED for result in claimed)
        together = table.pooled_claim(claimed, part)
        told = f"{together.value:.2%} of {together.of}; at least 99% in {enough} of {len(claimed)} scenarios"
        return told.replace("%", " %"), enough == len(claimed)

    return measure


GOALS = (
    Goal("the number of missed requests is exact, or within the range given", _counts_right),
    Goal("missed requests named rightly, all scenarios together: precision and recall at least 99 %", _named),
    Goal("misses called certain are right, in each scenario at least 99 %", _certain(lambda claimed: claimed.misses)),
    Goal("pairs called certain are right, in each scenario at least 99 %", _certain(lambda claimed: claimed.pairs)),
    Goal("pairs right: at most 2 points below the ceiling", _near_ceiling),
    Goal("no false miss where everything is copied to a slow, frozen or skewed shadow", _no_false_miss),
    Goal("a change of the ratio is found within as many requests as the likelihood allows", _changes_found),
)
