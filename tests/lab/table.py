"""Results of scenarios come in; the rows of the tables go out as cells of text, and a row for all together."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from tests.lab.certainty import Certainty
from tests.lab.limits import Expected
from tests.lab.run import Result
from tests.lab.score import KINDS, Count, Score, Share

Rows = list[list[str]]
_NOTHING = Share(0, 0)

ACCURACY_HEAD = [
    "scenario",
    "requests",
    "missed",
    "reported",
    "precision",
    "recall",
    "pairs right",
    "ceiling",
    "by order: named",
    "pairs",
    "nearest: named",
    "pairs",
]
COUNTS_HEAD = ["scenario", "retries", "duplicates", "orphans", "direct", "unobserved"]
CHANGES_HEAD = ["scenario", "what", "before request", "found before", "off by"]
LIMITS_HEAD = [
    "scenario",
    "pairs right",
    "exact moments",
    "likes alone",
    "all else known",
    "wrong pairs",
    "in one second",
    "named rightly",
    "likes alone",
    "wrong names",
    "in one second",
]
CERTAINTY_HEAD = [
    "scenario",
    "named",
    "certain",
    "of these right",
    "one of k",
    "true one among them",
    "pairs",
    "certain",
    "of these right",
]
POOLED = "all together"
POOLED_TELLING = "all but one-URL"


def percent(share: Share) -> str:
    """Write a share as a percentage, and a dash for a share of nothing; 100.0 only when nothing is wrong."""
    if not share.of:
        return "-"
    return "100" if share.right == share.of else f"{min(share.value, 0.999) * 100:.1f}"


def accuracy(results: Sequence[Result]) -> Rows:
    """Return a row a scenario for ACCURACY_HEAD, one for all together, and one without those that send one URL only."""
    rows = [_accuracy_row(result) for result in results]
    telling = [result for result in results if result.scenario.mix != "hot"]
    return [*rows, _pooled_row(POOLED, results), _pooled_row(POOLED_TELLING, telling)]


def counts(results: Iterable[Result]) -> Rows:
    """Return a row for COUNTS_HEAD for each scenario in which one of them occurs or is reported: true / reported."""
    return [
        [
            result.scenario.name,
            *(_pair(result.tool.counts[kind]) for kind in KINDS if kind != "missed"),
            f"0 / {result.tool.unobserved}" if result.tool.unobserved else "",
        ]
        for result in results
        if result.tool.unobserved or any(_pair(result.tool.counts[kind]) for kind in KINDS if kind != "missed")
    ]


def changes(results: Iterable[Result]) -> Rows:
    """Return a row for CHANGES_HEAD for each true change of the ratio."""
    return [
        [result.scenario.name, each.what, str(each.true_at), _or_dash(each.found_at), _or_dash(each.off_by)]
        for result in results
        for each in result.changes
    ]


def limits(results: Iterable[Result]) -> Rows:
    """Return a row for LIMITS_HEAD for each scenario: what it reaches, what its logs allow, and what goes wrong."""
    return [
        [
            result.scenario.name,
            percent(result.tool.pairs),
            percent(result.ceiling.pairs),
            _expected(result.limits.alone_pairs),
            _expected(result.limits.informed_pairs),
            *_of_wrong(result.limits.wrong_pairs),
            percent(named(result.tool)),
            _expected(result.limits.alone_named),
            *_of_wrong(result.limits.wrong_names),
        ]
        for result in results
    ]


def certainty(results: Sequence[Result]) -> Rows:
    """Return a row for CERTAINTY_HEAD for each scenario in which not all is certain and right, and the pooled rows."""
    told = [result for result in results if any(share.right < share.of for share in _claims(result.certainty))]
    telling = [result for result in results if result.scenario.mix != "hot"]
    rows = [_certainty_row(result.scenario.name, [result]) for result in told]
    return [*rows, _certainty_row(POOLED, results), _certainty_row(POOLED_TELLING, telling)]


def pooled_claim(results: Iterable[Result], part: Callable[[Certainty], Share]) -> Share:
    """Add up a share of what is claimed over results."""
    return reduce(lambda sum_, result: sum_ + part(result.certainty), results, _NOTHING)


def pooled(scores: Iterable[Score], part: Callable[[Score], Share]) -> Share:
    """Add up a share over scores: sums over sums."""
    return reduce(lambda sum_, score: sum_ + part(score), scores, _NOTHING)


def reported(result: Result) -> str:
    """Write what is said of the missed: a count, the ends of the range where one is given, and what is left open."""
    if result.refused:
        return "refused"
    missed = result.tool.counts["missed"]
    between = "" if missed.low is None else f" ({missed.low:g} to {missed.high:g})"
    left_open = f", {missed.left_open} left open" if missed.left_open else ""
    return f"{missed.reported}{between}{left_open}"


def text(head: Sequence[str], rows: Rows) -> str:
    """Align a table for a terminal."""
    widths = [max(len(row[column]) for row in [list(head), *rows]) for column in range(len(head))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "\n".join(lines)


def markdown(head: Sequence[str], rows: Rows) -> str:
    """Write a table for Markdown, numbers to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def named(score: Score) -> Share:
    """Join precision and recall in their harmonic mean."""
    return Share(2 * score.recall.right, score.precision.of + score.recall.of)


def _accuracy_row(result: Result) -> list[str]:
    tool = result.tool
    return [
        result.scenario.name,
        str(tool.requests),
        str(tool.counts["missed"].true),
        reported(result),
        *(percent(share) for share in (tool.precision, tool.recall, tool.pairs, result.ceiling.pairs)),
        *_baselines([result]),
    ]


def _pooled_row(name: str, results: Sequence[Result]) -> list[str]:
    tools = [result.tool for result in results]
    return [
        name,
        str(sum(tool.requests for tool in tools)),
        str(sum(tool.counts["missed"].true for tool in tools)),
        str(sum(tool.counts["missed"].reported for tool in tools)),
        percent(pooled(tools, lambda score: score.precision)),
        percent(pooled(tools, lambda score: score.recall)),
        percent(pooled(tools, lambda score: score.pairs)),
        percent(pooled((result.ceiling for result in results), lambda score: score.pairs)),
        *_baselines(results),
    ]


def _certainty_row(name: str, results: Sequence[Result]) -> list[str]:
    misses, named, held, pairs, made = (
        reduce(Share.__add__, shares, _NOTHING)
        for shares in zip(*(_claims(each.certainty) for each in results), strict=True)
    )
    return [
        name,
        str(named.of),
        percent(named),
        percent(misses),
        str(held.of),
        percent(held),
        str(made.of),
        percent(made),
        percent(pairs),
    ]


def _claims(claimed: Certainty) -> tuple[Share, ...]:
    return claimed.misses, claimed.named, claimed.held, claimed.pairs, claimed.made


def _baselines(results: Sequence[Result]) -> list[str]:
    cells = []
    for scores in ([result.by_order for result in results], [result.nearest for result in results]):
        cells += [percent(pooled(scores, named)), percent(pooled(scores, lambda score: score.pairs))]
    return cells


def _expected(expected: Expected) -> str:
    return f"{100 * expected.right / expected.of:.1f}" if expected.of else "-"


def _of_wrong(alike: Share) -> list[str]:
    return [str(alike.of), percent(alike)]


def _pair(count: Count) -> str:
    return f"{count.true} / {count.reported}" if count.true or count.reported else ""


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)
