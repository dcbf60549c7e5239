"""The part of VERDICTS.md on mixes: its promise holds in every row, and a sample made anew keeps it, too."""

import re
from itertools import chain, product

import pytest

from benchmarks.verdicts import TARGET
from mirrorcheck.checks.proportions import Sample
from tests.truth.mixes import table
from tests.truth.mixes.classes import Mix, every_mix
from tests.truth.mixes.judge import judge_all
from tests.truth.table import OF_MIXES

pytestmark = pytest.mark.unmeasured

ALPHA = 0.05
SURE = 1e-3  # the chance that the promise seems broken although it is kept; the seed is fixed, so it is not drawn anew
LOGS = 200  # of each class, at least
NEW_SEED = 10_001  # none that the table was made with
SAMPLE, STRIDE = 60, 37  # logs, and the step between their classes, which shares no factor with their number
PUBLISHED = list(table.published())
ALL = sum(each.logs for each in PUBLISHED)
OUTSIDE = 0.01
"""Of all logs, those whose truth lies outside of what is stated, at most."""


def test_rows_are_all_mixes() -> None:
    """None is left out, each once, in order, and each has enough logs."""
    assert [each.mix for each in PUBLISHED] == list(every_mix())
    assert all(each.logs >= LOGS for each in PUBLISHED)


def test_promise_holds() -> None:
    """What is not true passes, and what is true fails, in no more logs than 5 in 100 of each class."""
    for each in PUBLISHED:
        assert max(each.false_pass, each.false_fail) <= ALPHA * each.logs, each.mix


def test_truth_is_within_what_is_stated() -> None:
    """But for a few logs; and no line is in no class or in two."""
    assert sum(each.outside for each in PUBLISHED) <= OUTSIDE * ALL
    assert not any(each.lost for each in PUBLISHED)


def test_summary_says_what_the_rows_hold() -> None:
    """The counts of all rows."""
    text = TARGET.read_text(encoding="utf-8").partition(OF_MIXES)[2]
    for name in ("false_pass", "hidden", "false_fail", "outside", "masked", "lost"):
        said = re.search(rf"^- {name.replace('_', ' ').capitalize()}: ([\d,]+) of ([\d,]+) logs", text, re.MULTILINE)
        assert said
        assert int(said[1].replace(",", "")) == sum(getattr(each, name) for each in PUBLISHED)
        assert int(said[2].replace(",", "")) == sum(each.logs for each in PUBLISHED)


def chosen(logs: int) -> list[Mix]:
    """Classes that are spread over all, of which a log each is made."""
    mixes = list(every_mix())
    return [mixes[place * STRIDE % len(mixes)] for place in range(logs)]


def test_sample_has_every_value_of_every_axis() -> None:
    """Most of them with every other."""
    axes = [set(enumerate(mix.axes)) for mix in chosen(SAMPLE)]
    of_all = [set(enumerate(mix.axes)) for mix in every_mix()]
    assert set().union(*axes) == set().union(*of_all)
    assert len(set(chain(*(product(each, each) for each in axes)))) > 0.9 * len(
        set(chain(*(product(each, each) for each in of_all)))
    )


def test_sample_made_anew_keeps_the_promise() -> None:
    """By a seed that the table was not made with no more is wrong than chance explains; every line is in one class."""
    anew = [log for mix in chosen(SAMPLE) for log in judge_all(mix, [NEW_SEED])]
    for wrong, most in (("pass", ALPHA), ("fail", ALPHA), ("outside", OUTSIDE)):
        named = [str(log) for log in anew if wrong in log.wrong]
        assert Sample(len(named), len(anew)).bounds(SURE)[0] <= most, named
    assert not [str(log) for log in anew if "lost" in log.wrong]
