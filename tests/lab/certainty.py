"""A recording's truth and an answer come in; how much of it is called certain, and how right that is, goes out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.lab.limits import Moments
from tests.lab.loglines import Seen
from tests.lab.outcomes import Answer, Row
from tests.lab.score import Share
from tests.lab.truth import Line, Truth


@dataclass(frozen=True, slots=True)
class Certainty:
    """What an answer claims.

    misses, pairs: of the misses (pairs) called certain, those that are right. named, made: those called certain of all.
    held: of the misses said to be one of k identical requests, those for which one of the k nearest was missed.
    """

    misses: Share
    named: Share
    held: Share
    pairs: Share
    made: Share


def find(true: Truth, moments: Moments, answer: Answer, originals: Iterable[Seen]) -> Certainty:
    """Hold each claim against the truth; lines without a number must not be called missed."""
    rows = [row for row in answer.rows if row.line[0].startswith("v1")]
    named = [row for row in rows if row.outcome == "missed"]
    made = [row for row in rows if row.outcome == "paired" and true.request_of.get(row.line) is not None]
    missed, like = true.missed, _identical(true, moments, originals)
    certain, doubtful = _split(named)
    sure_pairs, _ = _split(made)
    return Certainty(
        misses=Share(sum(true.request_of.get(row.line) in missed for row in certain), len(certain)),
        named=Share(len(certain), len(named)),
        held=Share(sum(bool(missed & _nearest(row, true, moments, like)) for row in doubtful), len(doubtful)),
        pairs=Share(sum(_same(true, row) for row in sure_pairs), len(sure_pairs)),
        made=Share(len(sure_pairs), len(made)),
    )


def _split(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows called certain, and the others."""
    rows = list(rows)
    return [row for row in rows if row.candidates == 1], [row for row in rows if row.candidates != 1]


def _same(true: Truth, row: Row) -> bool:
    return row.partner is not None and true.request_of.get(row.partner) == true.request_of.get(row.line)


def _identical(true: Truth, moments: Moments, originals: Iterable[Seen]) -> Mapping[Line, list[tuple[float, int]]]:
    """By line, the requests with its key and the moments of their first lines; one list for all lines of a key."""
    firsts: dict[tuple[str, ...], dict[int, float]] = defaultdict(dict)
    key_of = {}
    for seen in originals:
        key_of[seen.line] = seen.key
        number = true.request_of.get(seen.line)
        if number is not None:
            at_s = moments.at_s(seen.line)
            firsts[seen.key][number] = min(at_s, firsts[seen.key].get(number, at_s))
    like = {key: [(at_s, number) for number, at_s in requests.items()] for key, requests in firsts.items()}
    return {line: like.get(key, []) for line, key in key_of.items()}


def _nearest(
    row: Row, true: Truth, moments: Moments, like: Mapping[Line, list[tuple[float, int]]]
) -> frozenset[int | None]:
    """The requests that a row may mean: its own, and as many of the identical ones nearest to it as it says."""
    at_s = moments.at_s(row.line)
    near = sorted(like.get(row.line, []), key=lambda each: abs(each[0] - at_s))[: row.candidates]
    return frozenset([true.request_of.get(row.line), *(number for _, number in near)])
