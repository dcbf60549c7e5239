"""Results of scenarios come in; ACCURACY.md goes out."""

import platform
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab import table
from tests.lab.goals import GOALS
from tests.lab.reasons import falls_short, grouped
from tests.lab.run import Result
from tests.lab.truth import Made

PATH = Path(__file__).parents[2] / "ACCURACY.md"
PUBLISHED_SEED = 21
_WIDTH = 120

_INTRODUCTION = """\
How right is mirrorcheck? A lab answers: real Envoy mirrors real requests from one real nginx to another, and every
request carries a number that is taken out of the logs before mirrorcheck sees them. Here is what it then says, against
what is true. `make lab` plays all of it again and writes this file; nothing in it is written by hand."""

_READING = """\
Each row is one run. *Missed*: requests in the primary's logs that the shadow's logs do not have; *reported*: what
mirrorcheck says of them, with the range where it gives one, and how many it leaves open because their copies may lie
beyond the end of the logs. *Precision*, *recall*: of the requests it names as missed, and of those that are. *Pairs
right*: of the pairs it makes, those of one request. A dash: there was nothing to name. The last two rows add everything
up, and everything but the runs that send one URL only, where which request was missed cannot be known.

The *ceiling* is the share of pairs that the same method gets right on the same lines when each carries its exact
moment (`$msec`) instead of a whole second. Identical requests in the same instant cannot be told apart by anyone, so it
is not 100 everywhere; and as it is measured with the same method, luck among identical requests can lift a row above
it.

The two baselines are what a script would do: give the n-th copy of a key (method, target, agent, referer, addresses) to
its n-th original (*by order*), and give each copy to the nearest free original within 2 seconds (*nearest*). For them,
*named* joins precision and recall (their harmonic mean)."""

_COUNTS = """\
True / reported, where there are any. A retry is a further line of the primary for the same request; a duplicate a
second copy; an orphan a copy whose original the primary never logged. Unobserved are lines of which mirrorcheck says
that it cannot know; here everything was recorded, so none is right."""

_LIMITS = """\
For each scenario whose right pairs are more than 2 points below the ceiling or that names less than 99 % rightly: what
its logs allow. The exact moments of the ceiling are not in them; whole seconds are. Identical requests of one second
differ in nothing but the order of their lines, and in how other lines, that can be told apart, lie around them.

*Likes alone*: what the best choice gets right, on average, that knows of the identical requests of a second how many
there are, how many were copied, and their order (each is as likely to be one of the copied; the i-th copy is that of
the most likely one). No method gets more, but by luck, where a run sends one URL only; elsewhere the other lines serve
as a clock, and what lies above is what a method makes of them. Where copies come late, this choice knows more than the
logs: of which second each copy is. *All else known*: what a judge gets right, on average, who knows the
exact moment of every line but one copy, how long copies take, and all other pairs, and has to tell which request that
one copy belongs to: some identical ones that were missed may fall between the neighbours of the copy in its file as
well. No method that has only the logs can know as much, so none gets more but by luck, which is great where few are
copied. Where it is low (copies late by a random time), so is the ceiling; where many are copied it is near 100 and says
little.

*Wrong pairs*, and of these the share *in one second*: the right request is identical to the one taken, and ended in the
same second. The same for *wrong names*, requests called missed that were copied: an identical one of that second was
missed. By their stamps these cannot be told apart at all; the rest is the method's own, or lies across the border of a
second."""

_CERTAINTY = """\
Of each request that it names as missed mirrorcheck says whether that is *certain*, or that it is *one of k* identical
requests, one of which was missed; its pairs are certain or not in the same way, and only certain ones are compared (the
shadow's answers, the delay). Here is how much it calls certain, in percent, how much of that is right, and for how many
of the others one of the k identical requests nearest in time was truly missed. Scenarios in which everything is called
certain, and rightly, are left out."""

_CHANGES = """\
Where mirroring is switched on, changed or off, or the shadow goes away and comes back: before which request of the run
that truly was, and where mirrorcheck sees it. Between two shares the exact place cannot be known: at 30 % the last copy
before the end is, on average, two requests old."""


_RESISTING = """\
Every scenario that misses a goal on its own (a count wrong and no range around it, precision or recall below 99 %,
right pairs more than 2 points below the ceiling), below the cause found in its logs."""


def write(results: Sequence[Result]) -> None:
    """Write ACCURACY.md."""
    PATH.write_text(document(results), encoding="utf-8")


def document(results: Sequence[Result]) -> str:
    """Compose the whole document."""
    short = [result for result in results if falls_short(result)]
    parts = [
        "# Accuracy",
        _INTRODUCTION,
        _made(results),
        "## What was asked for, and what is reached",
        table.markdown(["goal", "measured", "reached"], [[goal.what, *goal.measured(results)] for goal in GOALS]),
        "## Every scenario",
        _READING,
        table.markdown(table.ACCURACY_HEAD, table.accuracy(results)),
        "## Other counts",
        _COUNTS,
        table.markdown(table.COUNTS_HEAD, table.counts(results)),
        "## What is called certain",
        _CERTAINTY,
        table.markdown(table.CERTAINTY_HEAD, table.certainty(results)),
        "## How far from what the logs allow",
        _LIMITS,
        table.markdown(table.LIMITS_HEAD, table.limits(short)),
        "## When mirroring changed",
        _CHANGES,
        table.markdown(table.CHANGES_HEAD, table.changes(results)),
        _extra_cuts(results),
        "## Where it resists",
        *_resisting(results),
        "## What was played",
        "\n".join(_filled(f"- {result.scenario.name}: {result.scenario.about}", "  ") for result in results),
    ]
    return "\n\n".join(parts) + "\n"


def _resisting(results: Sequence[Result]) -> list[str]:
    """Compose what resists: below a cause, its scenarios."""
    parts = [_filled(_RESISTING)]
    for why, told in grouped(results):
        parts += [_filled(why), "\n".join(_filled(f"- {each}", "  ") for each in told)]
    return parts


def _made(results: Sequence[Result]) -> str:
    def each(what: Callable[[Made], object]) -> str:
        return ", ".join(sorted({str(what(result.made)) for result in results}))

    return _filled(
        f"Envoy {each(lambda made: made.envoy)}, nginx {each(lambda made: made.nginx)}, Python "
        f"{platform.python_version()}; recorded on {each(lambda made: made.day)} with seed "
        f"{each(lambda made: made.seed)} (others, 1, 2, 5 and 31 to 33, were used while the matcher was tuned); "
        f"{len(results)} scenarios, logs in nginx `main` format with stamps of whole seconds."
    )


def _extra_cuts(results: Sequence[Result]) -> str:
    steady = [result for result in results if result.scenario.steady]
    cut = [f"{result.scenario.name} ({result.extra_cuts})" for result in steady if result.extra_cuts]
    named = f": {', '.join(cut)}" if cut else ""
    return _filled(
        f"Of the {len(steady)} runs in which the ratio never changed, {len(cut)} are cut all the same{named}."
    )


def _filled(paragraph: str, indent: str = "") -> str:
    return textwrap.fill(paragraph, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
