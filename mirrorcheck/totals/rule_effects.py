"""Finds where the copies are not what the mirror rule asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from mirrorcheck.report import model as report
from mirrorcheck.sources.feed import ENDLESS_US, RuleSeen
from mirrorcheck.totals import constants, rule_absent
from mirrorcheck.totals.history import History
from mirrorcheck.totals.intervals import binomial_interval
from mirrorcheck.totals.timeline import LiveFacts, distinct_rules, moment

_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class RulePeriod:
    """A rule, and the originals for which it was in force for certain: logged from from_us on."""

    rule: RuleSeen
    from_us: int
    originals: int
    paired: int

    @property
    def ratio(self) -> float:
        """What was copied, 0 to 1; some originals."""
        return self.paired / self.originals


def spans(rules: Sequence[RuleSeen], history: History) -> tuple[RulePeriod, ...]:
    """The rules that say different things, each with its originals but for those of a change's time."""
    changed = distinct_rules(rules)
    ends_us = [*(map(rule_absent.made_us, changed[1:])), *([ENDLESS_US] if changed else [])]
    found = []
    for number, (rule, end_us) in enumerate(zip(changed, ends_us, strict=True)):
        from_us = rule.at_us + rule_absent.TAKEN_OVER_US if number else 0
        within = history.part(slice(*np.searchsorted(history.from_us, (from_us, end_us)).tolist()))
        since_us = int(within.from_us[0]) if len(within) else from_us
        found.append(RulePeriod(rule, since_us, within.total, within.hits))
    return tuple(found)


def warnings(
    live: LiveFacts, history: History, phases: Sequence[report.Phase], *, expected: bool
) -> tuple[report.Warning_, ...]:
    """What the report says of it. expected: the user's percentage stands in for the rule's, and is judged elsewhere."""
    if expected and all(rule.mirrors is not True for rule in live.rules):
        return ()
    found = spans(live.rules, history)
    texts = [each for span in found for each in _about(span, len(found), expected=expected)]
    if not texts and not expected:
        texts = [each for old, new in pairwise(found) for each in _about_change(old, new, phases)]
    return tuple(report.Warning_(code, text) for code, text in texts)


def problems(live: LiveFacts, history: History, *, expected: bool) -> tuple[str, ...]:
    """What is wrong of that now, in words that stay the same while it is."""
    found = spans(live.rules, history)
    if not found or expected:
        return ()
    if any(code == "rule_not_followed" for code, _ in _about(found[-1], len(found), expected=expected)):
        more = "more" if found[-1].ratio * _WHOLE > (found[-1].rule.expect or 0.0) else "less"
        return (f"{more} is copied than the {found[-1].rule.expect:g} % that the rule asks for",)
    return ()


def _about(span: RulePeriod, of: int, *, expected: bool) -> Iterator[tuple[str, str]]:
    rule = span.rule
    if not span.originals:
        return
    copied = f"{span.paired:,} of {span.originals:,} requests were copied"
    if rule.mirrors is False:
        if span.paired:
            text = f"no rule asks for copies from {_time(rule.at_us)} on, but {copied} from {_time(span.from_us)} on:"
            yield "rule_copies_without", f"{text} something else mirrors, or a proxy still does."
        return
    if expected or rule.expect is None or rule.expect >= _WHOLE:  # any miss of 100 % is reported anyway
        return
    interval = binomial_interval(span.paired, span.originals, 1 - constants.RULE_BY_CHANCE / of)
    if interval and not interval.low <= rule.expect / _WHOLE <= interval.high:
        text = f"the rule asks for {rule.expect:g} % from {_time(rule.at_us)} on, but {copied}"
        ratio = f"({_WHOLE * span.ratio:.4g} %) from {_time(span.from_us)} on"
        yield "rule_not_followed", f"{text} {ratio}: a proxy has not taken it over, or another rule is in force."


def _about_change(old: RulePeriod, new: RulePeriod, phases: Sequence[report.Phase]) -> Iterator[tuple[str, str]]:
    """A change of the percentage within one phase."""
    at = moment(new.rule.at_us)
    within = any(_near(each.from_, at) for each in phases[1:])
    if None in {old.rule.expect, new.rule.expect} or within or not (old.originals and new.originals):
        return
    percent = f"from {old.rule.expect:g} to {new.rule.expect:g} %"
    text = (
        f"the rule changed {percent} at {_time(new.rule.at_us)}, and the ratio of what was copied did not: one phase."
    )
    yield "rule_without_effect", text


def _near(border: datetime, change: datetime) -> bool:
    """Whether a phase begins within the time that a change takes to be seen and to be taken over."""
    seconds = (border - change).total_seconds()
    return -rule_absent.SEEN_LATE_US <= seconds * 1_000_000 <= rule_absent.TAKEN_OVER_US


def _time(at_us: int) -> str:
    return f"{moment(at_us):%H:%M:%S}"
