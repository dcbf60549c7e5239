"""Nothing comes in; VERDICTS.md goes out: how often `assert` is right and wrong, beside other rules.

    python -m benchmarks.verdicts [--runs N] [--write]

Every row is simulated with what `mirrorcheck assert` runs, and checked by binomial sums that share nothing with it.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, Expectations, complete_checks, percent
from mirrorcheck.checks.sequential import EveryRequest, sequential
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.report.model import Phase, Report, RuleOff, Sampling, SeenRule
from mirrorcheck.totals import timeline as summary
from mirrorcheck.totals.history import History
from mirrorcheck.totals.phases import cut_phases
from mirrorcheck.totals.sampling import INDEPENDENT, judge_sampling

TARGET = Path(__file__).parents[1] / "VERDICTS.md"
OF_LOGS = "\n## Is it a mirror at all?\n"
"""Where the part of the file begins that `python -m tests.truth` writes."""
RUNS = 10_000
SEED = 11
_CHUNK = 500
_TINY = 1e-4
_HORIZON_US = 60_000_000
_BETWEEN_US = 100_000
_FLAT_REQUESTS, _FLAT_POINTS, _TRIES = 100, 0.05, 5
_CAP = 2_000
"""Requests after which a sequential run is counted as undecided."""


_DRAWN = Sampling(INDEPENDENT, 1.0, 0.0)
_DAY, _HOUR = summary.moment(0), timedelta(hours=1)

COUNTED, IN_TENS = "counted off", "decided for 10 at once"
HOLDS, BROKEN, NEARLY, PARTLY = "holds", "broken", "nearly", "partly"
_ALL, _PROVEN = 100, 99  # percent; what --expect 100 asks for, and what 299 requests without a miss prove


@dataclass(frozen=True, slots=True)
class Setting:
    """What is expected, on how many requests (the most, one by one), and what is true."""

    expect: float | None
    within: float | None
    min_ratio: float | None
    requests: int
    truth: float  # percent
    how: str = ""  # requests are chosen, where they are not drawn one by one
    parts: tuple[tuple[int, float], ...] = ()  # requests and true percentage around stretches without a rule, if any

    @property
    def wanted(self) -> Expectations:
        """The expectation as the command makes it of its options."""
        return complete_checks(CheckOptions(expect=self.expect, within=self.within, min_ratio=self.min_ratio))

    @property
    def name(self) -> str:
        """The expectation in words."""
        if self.min_ratio is not None:
            return f"at least {self.min_ratio:g} %"
        return f"{self.expect:g} %" + (f" +-{self.within:g}" if self.within else "")

    @property
    def should(self) -> str:
        """What is true of the expectation; of 100 % neither where the truth is nearer than the promise of 99 %.

        Neither where it holds of the mean of parts, and not of each.
        """
        low, high = allowed(self)
        if low <= self.truth <= high:
            return HOLDS if all(low <= truth <= high for _, truth in self.parts) else PARTLY
        return NEARLY if self.expect == _ALL and self.truth > _PROVEN else BROKEN


def allowed(setting: Setting) -> tuple[float, float]:
    """The percentages that the expectation allows."""
    if setting.min_ratio is not None:
        return setting.min_ratio, 100.0
    expect, within = setting.expect or 0.0, setting.within or 0.0
    return max(0.0, expect - within), min(100.0, expect + within)


def _settings(
    expect: float | None, within: float | None, least: float | None, requests: int, truths: str
) -> list[Setting]:
    return [Setting(expect, within, least, requests, float(truth)) for truth in truths.split()]


FIXED = (
    *_settings(50, 5, None, 1000, "40 44 44.9 45.1 47 50 53 54.9 55.1 56 60"),
    *_settings(20, 5, None, 1000, "10 14.9 15.1 17 20 23 24.9 25.1 30"),
    *_settings(12, 1, None, 10_000, "10 10.9 11.1 12 12.9 13.1 14"),
    *_settings(None, None, 99, 2000, "95 98 98.9 99.1 99.5 99.9 100"),
    *_settings(100, None, None, 299, "0 90 98.9 99 99.9 100"),
)
SEARCHED = tuple(_settings(50, 8, None, 300, "41.9 42.1"))
NOT_DRAWN = (
    *(replace(each, how=COUNTED) for each in _settings(50, 2, None, 1000, "50 53")),
    *(replace(each, how=IN_TENS) for each in _settings(50, 5, None, 1000, "44.9 50 55.1")),
)
ONE_BY_ONE = (
    *_settings(50, 5, None, _CAP, "0 40 44.9 45.1 47 50 53 54.9 55.1 60 100"),
    *_settings(20, 5, None, _CAP, "0 10 14.9 15.1 20 24.9 25.1 30"),
    *_settings(None, None, 99, _CAP, "0 95 98.9 99.1 99.9 100"),
    *_settings(100, None, None, _CAP, "0 50 90 98.9 99 99.9 100"),
)


def _parted(expect: float | None, within: float | None, least: float | None, *rows: str) -> list[Setting]:
    """Rows such as `500x50 500x47`: so many requests at such a percentage, then so many at another."""
    found = []
    for row in rows:
        pairs = (part.split("x") for part in row.split())
        parts = tuple((int(n), float(truth)) for n, truth in pairs)
        requests = sum(n for n, _ in parts)
        mean = sum(n * truth for n, truth in parts) / requests
        found.append(Setting(expect, within, least, requests, mean, parts=parts))
    return found


PARTED = (
    *_parted(
        50, 5, None, "500x44.9 500x44.9", "500x45.1 500x45.1", "500x50 500x50", "900x50 100x50", "500x55.1 500x55.1"
    ),
    *_parted(50, 5, None, "300x50 300x50 300x50", "300x44.9 300x44.9 300x44.9"),
    *_parted(50, 5, None, "500x43 500x46.8", "500x47 500x53", "900x50 100x40", "500x40 500x49.8"),
    *_parted(None, None, 99, "1000x98.9 1000x98.9", "1000x99.9 1000x99.9", "1990x99.5 10x99.5", "1000x99.9 1000x97.9"),
)


@cache
def _empty() -> Report:
    with TemporaryDirectory() as folder:
        logs = [Path(folder) / name for name in ("v1.log", "v2.log")]
        for log in logs:
            log.touch()
        return mirrorcheck.analyze(primary=[logs[0]], shadow=[logs[1]])


def _report(parts: Sequence[tuple[int, int]], sampling: Sampling | None) -> Report:
    """A report of phases with so many paired and missed originals."""
    at = summary.moment(0)
    phases = tuple(Phase(at, at, hits + misses, hits, misses, summary.ratio(hits, misses)) for hits, misses in parts)
    whole = summary.ratio(sum(hits for hits, _ in parts), sum(misses for _, misses in parts), one_phase=len(parts) == 1)
    return replace(_empty(), ratio=whole, phases=phases, sampling=sampling)


def counted_verdicts(setting: Setting, runs: int, seed: Sequence[int]) -> Counter[CheckResult]:
    """How often `evaluate` gives each verdict on independent draws, taken as one phase."""
    hits = np.random.default_rng(seed).binomial(setting.requests, setting.truth / 100, runs)
    found: Counter[CheckResult] = Counter()
    for count, times in zip(*np.unique(hits, return_counts=True), strict=True):
        found[verdict_on(setting, int(count))] += int(times)
    return found


@cache
def verdict_on(setting: Setting, hits: int) -> CheckResult:
    """The verdict of `evaluate` on so many copied requests."""
    return evaluate(_report([(hits, setting.requests - hits)], _DRAWN), setting.wanted).verdict


def searched_verdicts(setting: Setting, runs: int, seed: Sequence[int]) -> Counter[CheckResult]:
    """The same on whole timelines, whose phases and way of sampling are searched first, as `analyze` does."""
    random = np.random.default_rng(seed)
    draws = (random.random(setting.requests) < setting.truth / 100 for _ in range(runs))
    return Counter(verdict_on_timeline(setting, paired) for paired in draws)


def verdict_on_timeline(setting: Setting, paired: NDArray[np.bool_]) -> CheckResult:
    """The verdict on bool[n], originals in order of time."""
    times = np.arange(len(paired), dtype=np.int64) * _BETWEEN_US
    phases = cut_phases(times, paired, horizon_us=_HORIZON_US)
    sampling = judge_sampling(History.of(times, paired), [phase.originals for phase in phases])
    return evaluate(_report([(phase.paired, phase.missed) for phase in phases], sampling), setting.wanted).verdict


def parted_verdicts(
    setting: Setting, runs: int, seed: Sequence[int]
) -> tuple[Counter[CheckResult], Counter[CheckResult], int, int]:
    """How often each verdict is given with --while-on, and how often by judging each part by itself.

    Then how many runs have an interval, which are those whose parts were one sample, and how many of these leave the
    mean out.
    """
    sizes, truths = (np.array(each) for each in zip(*setting.parts, strict=True))
    draws = np.random.default_rng(seed).binomial(sizes, truths / 100, (runs, len(sizes)))
    ours: Counter[CheckResult] = Counter()
    apart: Counter[CheckResult] = Counter()
    one = outside = 0
    for hits, times in zip(*np.unique(draws, axis=0, return_counts=True), strict=True):
        counts = [(int(k), int(n - k)) for k, n in zip(hits, sizes, strict=True)]
        [check] = evaluate(_report_around(counts), replace(setting.wanted, while_on=True)).checks
        ours[check.verdict] += int(times)
        apart[evaluate(_report(counts, _DRAWN), setting.wanted).verdict] += int(times)
        if check.low is not None and check.high is not None:
            one += int(times)
            outside += int(times) * (not check.low <= setting.truth / 100 <= check.high)
    return ours, apart, one, outside


def _report_around(parts: Sequence[tuple[int, int]]) -> Report:
    """A report of parts with so many paired and missed originals, and between two of them a stretch without a rule.

    Before the first and after the last of these originals lies a copy, which --while-on takes as given.
    """
    last = len(parts) - 1
    found = _report([(hits + (at == 0) + (at == last), misses) for at, (hits, misses) in enumerate(parts)], _DRAWN)
    hours = [_DAY + at * _HOUR for at in range(2 * last + 1)]  # with a rule, without, with, and so on
    phases = (replace(each, from_=at, to=at + _HOUR / 2) for each, at in zip(found.phases, hours[::2], strict=True))
    rules = (SeenRule(at - _HOUR / 4, None, str(number % 2)) for number, at in enumerate(hours))
    return replace(
        found,
        phases=tuple(phases),
        rules=tuple(rules),
        rule_off=tuple(RuleOff(at - _HOUR / 4, at + _HOUR / 4) for at in hours[1::2]),
        missed_before_on=0,
        missed_after_on=0,
        on_from=hours[0],
        on_to=hours[-1] + _HOUR / 2,
    )


def undrawn_verdicts(
    setting: Setting, runs: int, seed: Sequence[int]
) -> tuple[Counter[CheckResult], Counter[CheckResult]]:
    """How often each verdict is given on requests that are not drawn one by one, and by intervals that take them so."""
    random = np.random.default_rng(seed)
    ours: Counter[CheckResult] = Counter()
    naive: Counter[CheckResult] = Counter()
    for _ in range(runs):
        paired = undrawn(setting, random)
        hits, misses = int(paired.sum()), int((~paired).sum())
        sampling = judge_sampling(History.of(np.arange(len(paired)), paired), [len(paired)])
        ours[evaluate(_report([(hits, misses)], sampling), setting.wanted).verdict] += 1
        naive[verdict_on(setting, hits)] += 1
    return ours, naive


def undrawn(setting: Setting, random: np.random.Generator) -> NDArray[np.bool_]:
    """bool[n]: every second one, say, from anywhere in the count on; or one draw for ten requests in a row."""
    n, ratio = setting.requests, setting.truth / 100
    if setting.how == COUNTED:
        count = np.floor(random.random() + np.arange(n + 1) * ratio)
        return np.asarray(np.diff(count) > 0, np.bool_)
    return np.repeat(random.random(-(-n // 10)) < ratio, 10)[:n]


def sequential_verdicts(setting: Setting, runs: int, seed: Sequence[int]) -> tuple[Counter[CheckResult], float, float]:
    """How often the sequential test gives each verdict, and the mean and the 90 % quantile of what it looks at.

    Played on the counts at which the test decides, which takes a hundredth of the time; the tests play the test itself.
    """
    borders = decision_borders(setting)
    random = np.random.default_rng(seed)
    found: Counter[CheckResult] = Counter()
    steps = []
    for start in range(0, runs, _CHUNK):
        paired = random.random((min(_CHUNK, runs - start), setting.requests)) < setting.truth / 100
        verdicts, looked_at = borders.play(np.cumsum(paired, axis=1, dtype=np.int32))
        found.update(verdicts)
        steps.append(looked_at)
    return found, float(np.mean(np.concatenate(steps))), float(np.quantile(np.concatenate(steps), 0.9))


@dataclass(frozen=True, slots=True)
class Borders:
    """Counts of copies at which a sequential test decides, int64[n] by the number of requests.

    From `not_below` on the ratio is shown not to lie below the band, up to `not_above` not above it, up to `under` to
    lie below it, and from `over` on above it.
    """

    not_below: NDArray[np.int64]
    not_above: NDArray[np.int64]
    under: NDArray[np.int64]
    over: NDArray[np.int64]

    def play(self, hits: NDArray[np.int32]) -> tuple[list[CheckResult], NDArray[np.int64]]:
        """The verdict and the requests looked at for each run of int32[runs, n], copies among the first n requests."""
        shown = [np.logical_or.accumulate(each, axis=1) for each in (hits >= self.not_below, hits <= self.not_above)]
        passes, fails = shown[0] & shown[1], (hits <= self.under) | (hits >= self.over)
        decided = passes | fails
        first = np.where(decided.any(axis=1), decided.argmax(axis=1), hits.shape[1] - 1)
        runs = np.arange(len(hits))
        verdicts = [
            CheckResult.FAIL if fail else CheckResult.PASS if done else CheckResult.INCONCLUSIVE
            for fail, done in zip(fails[runs, first], passes[runs, first], strict=True)
        ]
        return verdicts, first + 1


@cache
def decision_borders(setting: Setting) -> Borders:
    """The counts at which the test of a setting decides, found by asking it for every number of requests."""
    test = sequential(setting.wanted)
    n = np.arange(1, setting.requests + 1)
    if isinstance(test, EveryRequest):
        enough = n >= test.requests
        return Borders(np.where(enough, n, n + 1), n, n - 1, n + 1)
    if test is None:
        raise ValueError(f"{setting.name} has no sequential test")
    alpha, tail = 1.0 - test.confidence, test.band.tail(test.confidence)
    return Borders(
        _fewest(lambda hits: test.not_below(hits, n - hits) >= -log(alpha), n),
        n - _fewest(lambda misses: test.not_above(n - misses, misses) >= -log(alpha), n),
        n - _fewest(lambda misses: test.under(n - misses, misses) >= -log(tail), n),
        _fewest(lambda hits: test.over(hits, n - hits) >= -log(tail), n),
    )


def _fewest(shows: Callable[[NDArray[np.int64]], NDArray[np.bool_]], n: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fewest of n requests, for every n at once, that show something that more of them show all the more."""
    low, high = np.full(len(n), -1), n + 1  # n + 1 where not even all do
    while (high - low > 1).any():
        middle = np.clip((low + high) // 2, 0, n)
        enough = shows(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        low = np.where(~enough & (middle >= n), n, low)
    return high


def exact_pass(setting: Setting) -> float:
    """How likely the fixed check passes, by the binomial probabilities of the counts on which it does."""
    passing = [hits for hits in range(setting.requests + 1) if verdict_on(setting, hits) == CheckResult.PASS]
    if not passing:
        return 0.0
    low, high = passing[0], passing[-1]
    below = float(bdtr(low - 1, setting.requests, setting.truth / 100)) if low else 0.0
    return float(bdtr(high, setting.requests, setting.truth / 100)) - below


def flat(setting: Setting, tries: int) -> float:
    """How likely 100 requests fall within 5 points of what is expected, in one of so many tries."""
    return _ever(_FLAT_REQUESTS, _FLAT_POINTS, setting, tries)


def three_sigma(setting: Setting, tries: int) -> float:
    """How likely a count falls within three standard deviations of what is expected, in one of so many tries."""
    expected = (setting.expect or 0.0) / 100
    sigma = (expected * (1 - expected) / setting.requests) ** 0.5
    return _ever(setting.requests, 3 * sigma, setting, tries)


def _ever(requests: int, off: float, setting: Setting, tries: int) -> float:
    counts = np.arange(requests + 1)
    near = counts[np.abs(counts / requests - (setting.expect or 0.0) / 100) <= off + 1e-12]
    below = float(bdtr(near[0] - 1, requests, setting.truth / 100)) if near[0] else 0.0
    once = float(bdtr(near[-1], requests, setting.truth / 100)) - below
    return 1 - (1 - once) ** tries


def _share(part: float) -> str:
    """In percent, as far as anyone could tell it apart from none and all."""
    if part in {0.0, 1.0}:
        return f"{100 * part:.0f}"
    return "<0.01" if part < _TINY else ">99.99" if part > 1 - _TINY else f"{100 * part:.2f}"


def _counts(found: Counter[CheckResult]) -> list[str]:
    return [f"{found[verdict]:,}" for verdict in (CheckResult.PASS, CheckResult.FAIL, CheckResult.INCONCLUSIVE)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fixed_row(setting: Setting, runs: int, index: int) -> str:
    found = counted_verdicts(setting, runs, [SEED, 1, index])
    rules = () if setting.expect is None else (flat, three_sigma)
    others = [_share(rule(setting, tries)) for rule in rules for tries in (1, _TRIES)] or ["-"] * 4
    known = [setting.name, f"{setting.requests:,}", f"{setting.truth:g}", setting.should]
    return _row([*known, *_counts(found), f"{exact_pass(setting):.2g}", *others])


def _searched_row(setting: Setting, runs: int, index: int) -> str:
    found = searched_verdicts(setting, runs, [SEED, 2, index])
    return _row([setting.name, f"{setting.requests:,}", f"{setting.truth:g}", setting.should, *_counts(found)])


def _undrawn_row(setting: Setting, runs: int, index: int) -> str:
    ours, naive = undrawn_verdicts(setting, runs, [SEED, 4, index])
    known = [setting.how, setting.name, f"{setting.requests:,}", f"{setting.truth:g}", setting.should]
    return _row([*known, *_counts(ours), f"{naive[CheckResult.PASS]:,}", f"{naive[CheckResult.FAIL]:,}"])


def _parted_row(setting: Setting, runs: int, index: int) -> str:
    ours, apart, one, outside = parted_verdicts(setting, runs, [SEED, 5, index])
    parts = ", ".join(f"{n:,} at {truth:g}" for n, truth in setting.parts)
    counts = [f"{one:,}", f"{outside:,}", f"{apart[CheckResult.PASS]:,}", f"{apart[CheckResult.FAIL]:,}"]
    return _row([setting.name, parts, f"{setting.truth:g}", setting.should, *_counts(ours), *counts])


def _sequential_row(setting: Setting, runs: int, index: int) -> str:
    found, mean, most = sequential_verdicts(setting, runs, [SEED, 3, index])
    return _row([setting.name, f"{setting.truth:g}", setting.should, *_counts(found), f"{mean:,.0f}", f"{most:,.0f}"])


def _head(*cells: str) -> str:
    return f"{_row(cells)}\n{_row(['---', *['---:'] * (len(cells) - 1)])}"


_TOP = """# Verdicts

How often is `mirrorcheck assert` wrong? Each row below is a mirror whose true percentage is known and a check of it at
{confidence} % confidence, played {runs:,} times. `python -m benchmarks.verdicts --write` plays all of it again and
writes this file; a part of it runs in the tests.

The promise: where the expectation is broken, it passes in at most 5 of 100 runs (*false pass*), and where it holds, it
fails in at most 5 of 100 (*false fail*), however close to the border the truth lies. In between it says that it cannot
tell, and how many requests more would settle it. For `--expect 100` one miss is proof of the contrary, and passing
promises at least 99 %: between 99 and 100 % (*nearly*) neither verdict is wrong. What is simulated strays from the true
share by chance, by half a point or so; the exact column does not. Whether lines are copies at all is another question:
the last part asks it of whole logs.

{summary}

## All at once

*Pass*, *fail*, *cannot tell*: of {runs:,} simulated runs. *Exact*: the probability to pass, from 0 to 1, by summing up
the binomial probabilities of all counts on which the check passes. The last four columns are two rules in use: how
often, in percent, they pass the same mirror. *Flat*: 100 requests, at most 5 points off, as Istio's own test of a
mirror has it for 10 %; in one try, and with up to five, of which one success is enough. *3 sigma*: as many requests as
ours, at most three standard deviations off what is expected; once, and in up to five tries.
"""

_SEARCHED = """
## With phases searched

The same, with the whole timeline handed over: first it is searched for changes of the ratio and for draws that are not
independent, as `analyze` does, and each phase that is found has to keep the expectation.
"""

_UNDRAWN = """
## Not drawn one by one

A proxy may count requests off instead of drawing, or decide for several at once. Both show in the order of copied and
missed requests. The last two columns: how often intervals that take every request as drawn would pass and fail them.
"""

_PARTED = """
## Around a stretch without a rule

With `--while-on`, requests before and after stretches in which the recorded rule mirrored nothing. Where the rule came
back as it was, and its ratio as well but for chance, they are one sample, and what is judged is their mean; else each
part has to keep the expectation. Where the mean keeps it and a part does not (*partly*), neither verdict is wrong. *As
one*: the runs in which they were one sample and have an interval; *outside*: those whose interval leaves the mean out,
at most 5 in 100, and 10 for *at least*, where each end may err in 5. The last two columns: how often judging each part
by itself would pass and fail them.
"""

_SEQUENTIAL = """
## One by one

The sequential test looks after every request and stops as soon as it is sure, here after {cap:,} at the latest. *Mean*
and *90 %*: how many requests it looked at, on average and at most in 90 of 100 runs. Its promise is the same, for as
long as one looks.
"""


_TABLES = (
    (_sequential_row, ONE_BY_ONE),
    (_searched_row, SEARCHED),
    (_parted_row, PARTED),
    (_undrawn_row, NOT_DRAWN),
    (_fixed_row, FIXED),
)


def document(runs: int, workers: int) -> str:
    """The whole file."""
    with ProcessPoolExecutor(workers) as pool:
        jobs = [
            [pool.submit(play, setting, runs, index) for index, setting in enumerate(settings)]
            for play, settings in _TABLES
        ]
        one_by_one, searched, parted, not_drawn, fixed = ([job.result() for job in each] for each in jobs)
    summary_ = _summary(
        runs,
        ("All at once", fixed, 4),
        ("With phases searched", searched, 4),
        ("Not drawn one by one", not_drawn, 5),
        ("Around a stretch without a rule", parted, 4),
        ("One by one", one_by_one, 3),
    )
    top = _TOP.format(confidence=percent(0.95), runs=runs, summary=summary_)
    return "\n".join(
        [
            top,
            _head("expected", "requests", "true %", "it", "pass", "fail", "cannot tell", "exact",
                  "flat", "flat, 5 tries", "3 sigma", "3 sigma, 5 tries"),
            *fixed,
            _SEARCHED,
            _head("expected", "requests", "true %", "it", "pass", "fail", "cannot tell"),
            *searched,
            _UNDRAWN,
            _head("requests are", "expected", "requests", "true %", "it", "pass", "fail", "cannot tell",
                  "binomial: pass", "fail"),
            *not_drawn,
            _PARTED,
            _head("expected", "requests, and their true %", "mean %", "it", "pass", "fail", "cannot tell", "as one",
                  "outside", "apart: pass", "fail"),
            *parted,
            _SEQUENTIAL.format(cap=_CAP),
            _head("expected", "true %", "it", "pass", "fail", "undecided", "mean", "90 %"),
            *one_by_one,
            "",
        ]
    )  # fmt: skip


def errors(rows: Sequence[str], passes: int) -> Iterator[int]:
    """Of each row, the runs that ended wrong: passes of what is broken, or failures of what holds."""
    for row in rows:
        cells = [cell.strip().replace(",", "") for cell in row.strip("|").split("|")]
        if not {NEARLY, PARTLY} & {*cells}:
            yield int(cells[passes] if BROKEN in cells else cells[passes + 1])


def _summary(runs: int, *tables: tuple[str, list[str], int]) -> str:
    worst = ((name, max(errors(rows, passes))) for name, rows, passes in tables)
    return "\n".join(
        f"- {name}: at most {wrong:,} of {runs:,} runs of a row are wrong ({_share(wrong / runs)} %)."
        for name, wrong in worst
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the table to VERDICTS.md, or to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="of each row")
    parser.add_argument("--workers", type=int, default=2, help="processes at once")
    parser.add_argument("--write", action="store_true", help="to VERDICTS.md instead of standard output")
    given = parser.parse_args(arguments)
    text = document(given.runs, given.workers)
    if given.write:
        _, heading, of_logs = TARGET.read_text(encoding="utf-8").partition(OF_LOGS)
        TARGET.write_text(text + heading + of_logs, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
