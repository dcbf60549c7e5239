"""A tool's answer and the truth come in; how right the answer is goes out.

Requests are what the truth numbers. Lines it cannot number, direct requests and probes take no part in the judgement of
misses, pairs and retries. Nothing is shared with the tool.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.lab.loglines import Seen
from tests.lab.outcomes import Answer, Row
from tests.lab.truth import Line, Truth

KINDS = ("missed", "retry", "duplicate", "orphan", "direct")


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; where there is nothing to get right, all is right."""

    right: int
    of: int

    @property
    def value(self) -> float:
        """The share, 1.0 of nothing."""
        return self.right / self.of if self.of else 1.0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.right + other.right, self.of + other.of)


@dataclass(frozen=True, slots=True)
class Count:
    """How often something happened, how often it was reported, and between what ends if a range was.

    left_open: lines of which the report says that it cannot know, and which may be further ones.
    """

    true: int
    reported: int
    low: float | None = None
    high: float | None = None
    left_open: int = 0

    @property
    def right(self) -> bool:
        """Whether the report holds: the very number, or a range around it, give or take what it leaves open."""
        low = self.reported if self.low is None else self.low
        high = self.reported if self.high is None else self.high
        return low <= self.true <= high + self.left_open


@dataclass(frozen=True, slots=True)
class Score:
    """How right an answer is. precision, recall: of the requests named as missed. pairs: of those made.

    alike: of the misses named wrongly or not at all, how many have a request like them within a second.
    lines: rows of the answer, of the lines there are.
    """

    requests: int
    counts: dict[str, Count]
    precision: Share
    recall: Share
    pairs: Share
    alike: Share
    unobserved: int
    lines: Share


def judge(truth: Truth, answer: Answer, originals: Iterable[Seen] = ()) -> Score:
    """Hold an answer against the truth; `originals` are the primary's lines, to tell requests that look alike."""
    missed = truth.missed
    # A line without a number cannot be judged, except that nobody may call it missed: it is malformed.
    judged = [row for row in answer.rows if row.outcome == "missed" or truth.request_of.get(row.line) is not None]
    named = [row.line for row in judged if row.outcome == "missed" and row.line[0].startswith("v1")]
    rightly = {truth.request_of[line] for line in named if truth.request_of.get(line) in missed}
    false = [line for line in named if truth.request_of.get(line) not in missed]
    pairs = [row for row in judged if row.outcome == "paired" and row.line[0].startswith("v1")]
    unnamed = missed - rightly
    wrong = [*false, *(line for line, request in truth.request_of.items() if request in unnamed and line[0] < "v2")]
    return Score(
        requests=len(set(truth.requests("v1"))),
        counts=_counts(truth, judged, answer),
        precision=Share(len(rightly), len(named)),
        recall=Share(len(rightly), len(missed)),
        pairs=Share(sum(_same_request(truth, row) for row in pairs), len(pairs)),
        alike=_alike(wrong, originals),
        unobserved=sum(row.outcome == "unobserved" for row in judged),
        lines=Share(len(answer.rows), len(truth.request_of)),
    )


def _counts(truth: Truth, judged: Iterable[Row], answer: Answer) -> dict[str, Count]:
    primary, shadow = truth.requests("v1"), truth.requests("v2")
    true = {
        "missed": len(truth.missed),
        "retry": len(primary) - len(set(primary)),
        "duplicate": len(shadow) - len(set(shadow)),
        "orphan": len(set(shadow) - set(primary)),
        "direct": sum(request in truth.direct for request in truth.request_of.values()),
    }
    reported = Counter(row.outcome for row in judged)
    left_open = sum(row.outcome == "unobserved" and row.line[0].startswith("v1") for row in judged)
    counts = {kind: Count(true[kind], reported[kind]) for kind in KINDS}
    between = answer.report.get("missed_range") or {}
    ends = between.get("low"), between.get("high")
    return {**counts, "missed": Count(true["missed"], reported["missed"], *ends, left_open)}


def _same_request(truth: Truth, row: Row) -> bool:
    request = truth.request_of.get(row.line)
    return request is not None and row.partner is not None and truth.request_of.get(row.partner) == request


def _alike(wrong: Iterable[Line], originals: Iterable[Seen]) -> Share:
    """Tell how many of the lines have another with their key within a second."""
    seen = {each.line: each for each in originals}
    stamps: dict[tuple[str, ...], list[float]] = {}
    for each in seen.values():
        stamps.setdefault(each.key, []).append(each.time_s)
    parsed = [seen[line] for line in wrong if line in seen]
    near = [sum(abs(at - each.time_s) <= 1 for at in stamps[each.key]) > 1 for each in parsed]
    return Share(sum(near), len(near))
