"""Each constant that decides a phase, a warning or a verdict has situations that fail when it is halved or doubled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import mirrorcheck
from mirrorcheck.pairing import CopiedShare, CopyingKind
from mirrorcheck.report.model import MissedGroup, Originals, Phase, ShadowLines, TimelineBin
from mirrorcheck.sources.feed import RuleSeen
from mirrorcheck.totals import constants
from mirrorcheck.totals.breakdown import Groups, explain
from mirrorcheck.totals.exchangeable import Exchangeable
from mirrorcheck.totals.history import History
from mirrorcheck.totals.phases import cut_phases, join
from mirrorcheck.totals.rule_effects import warnings
from mirrorcheck.totals.sampling import CLUSTERED, INDEPENDENT, REGULAR, judge_sampling
from mirrorcheck.totals.timeline import LiveFacts, ratio
from mirrorcheck.totals.verdict import accidents, verdict
from tests.logs import START, Request, requests, write

Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
DIRECT = "198.51.100.9"
OTHER_PROXY = "192.0.2.99"


def outcomes(*runs: int) -> Bools:
    """Runs of so many copied, missed, copied ... originals."""
    return np.repeat(np.arange(len(runs)) % 2 == 0, runs)


def phases_of(paired: Bools) -> int:
    """How many phases a second for each original makes."""
    return len(cut_phases(np.arange(len(paired)) * 1_000_000, paired, horizon_us=60_000_000))


def parts_of(originals: list[int], paired: list[int]) -> int:
    """How many parts are left of those whose borders were given."""
    return len(join(np.array(originals), np.array(paired)))


def exchanged(paired: Bools, place: slice, *, ends_as_one: bool = False) -> bool:
    """Whether outcomes at a place came from elsewhere: identical requests, 1 ms apart, with a reach of 10 ms."""
    count = len(paired)
    found = Exchangeable(paired, np.arange(count) * 1000, np.zeros(count, np.int64), reach_us=10_000)
    return bool((found.in_random_order(ends_as_one=ends_as_one)[place] != paired[place]).any())


def sampling(paired: Bools) -> str | None:
    """How originals of one phase were chosen."""
    found = judge_sampling(History.of(np.arange(len(paired)), paired), [len(paired)])
    return found.kind if found else None


def chain(change: float, seed: int) -> Bools:
    """400 outcomes, each with this chance other than the one before."""
    return np.logical_xor.accumulate(np.random.default_rng(seed).random(400) < change)


def blocks(counts: list[int], length: int, seed: int) -> Bools:
    """Blocks of that length with so many copied originals each, in random order."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.permutation(np.arange(length) < count) for count in counts])


def counted_off(stray: int) -> Bools:
    """Every second original, with so many copies too many in the first half and too few in the second."""
    every = [True, False] * 10
    return np.array([*every, True] * stray + every * 5 + [*every, False] * stray)


def rule_warnings(paired: int) -> list[str]:
    """What is said of a rule of 50 % that copied so many of a thousand."""
    hits = np.arange(1000) < paired
    originals = History.of(np.arange(1000), hits)
    live = LiveFacts(rules=(RuleSeen(0, 50.0, "50 %", (), mirrors=True),))
    return [each.code for each in warnings(live, originals, (), expected=False)]


def phase(paired: int, missed: int) -> Phase:
    """A phase with these counts."""
    return Phase(START, START + timedelta(minutes=1), paired + missed, paired, missed, ratio(paired, missed))


def word(paired: int, missed: int) -> str:
    """The word of the verdict on one phase."""
    hits = np.arange(paired + missed) < paired
    originals = History.of(np.arange(len(hits)), hits)
    counts = Originals(len(hits), paired, missed, 0, 0, 0)
    return verdict(originals, (phase(paired, missed),), counts, ShadowLines(paired, paired, 0, 0, 0, 0, 0), None).word


def explanation(missed: int, with_trait: int, originals: int) -> str:
    """The first words on misses of 1,000 originals, of which so many are of a path that so many originals have."""
    groups: Groups = {"path": (MissedGroup("/upload", with_trait, originals),)}
    times = (TimelineBin(START, START + timedelta(seconds=1), 1000, 1000 - missed, missed),)
    return explain(groups, (phase(1000 - missed, missed),), times)[:9]


def codes(code: str, originals: list[Request], copies: list[Request], cut_off: int = 0) -> bool:
    """Whether a report has a warning; cut_off: lines of the primary that do not parse."""
    with TemporaryDirectory() as folder:
        primary, shadow = write(Path(folder) / "v1.log", originals), write(Path(folder) / "v2.log", copies)
        lines = primary.read_text().splitlines()
        primary.write_text("".join(f"{line[:-1] if at < cut_off else line}\n" for at, line in enumerate(lines)))
        return code in {each.code for each in mirrorcheck.analyze(primary=primary, shadow=shadow).warnings}


MANY = requests(200)
COPIES = [each.copy() for each in MANY]


def direct(count: int) -> list[Request]:
    """Requests of a client that are not mirrored, among the first of the others."""
    return [Request(second=at, target=f"/direct/{at}", remote=DIRECT) for at in range(count)]


def by_other_proxy(count: int) -> list[Request]:
    """The copies, so many of them by another proxy."""
    return [replace(each, xff=OTHER_PROXY) if at < count else each for at, each in enumerate(COPIES)]


def outage(count: int) -> tuple[list[Request], list[Request]]:
    """70 misses in an outage, and so many of a client that is not mirrored."""
    return [*direct(count), *MANY], [*COPIES[:50], *COPIES[120:]]


SITUATIONS: dict[str, list[tuple[Callable[[], object], object]]] = {
    "GAIN_AT_GIVEN_PLACE": [
        (partial(parts_of, [100, 100], [90, 80]), 1),  # gains 2.0
        (partial(parts_of, [100, 100], [90, 75]), 2),  # gains 4.0
    ],
    "GAIN_AT_EDGE": [(partial(phases_of, outcomes(0, 2, 8)), 1), (partial(phases_of, outcomes(0, 3, 7)), 2)],
    "GAIN_ANYWHERE": [
        (partial(phases_of, outcomes(50, 5, 45)), 1),
        (partial(phases_of, outcomes(50, 10, 40)), 3),
    ],
    "REACHES_IN_STRETCH": [
        (partial(exchanged, outcomes(150, 350), slice(100, 150)), True),
        (partial(exchanged, outcomes(150, 350), slice(0, 100)), False),
    ],
    "FEWEST_STRETCHES": [
        (partial(exchanged, outcomes(200, 200), slice(0, 100), ends_as_one=True), False),
        (partial(exchanged, outcomes(200, 300), slice(0, 100), ends_as_one=True), True),
    ],
    "FEWEST_DRAWS": [
        (partial(sampling, outcomes(*[1] * 60)), INDEPENDENT),
        (partial(sampling, outcomes(*[1] * 110)), REGULAR),
    ],
    "FEWEST_OF_A_KIND": [
        (partial(sampling, outcomes(500, 15, 485)), INDEPENDENT),
        (partial(sampling, outcomes(500, 25, 475)), CLUSTERED),
    ],
    "SIGMAS": [
        (partial(sampling, chain(0.415, 2)), INDEPENDENT),  # 3.0 standard deviations
        (partial(sampling, chain(0.33, 1)), CLUSTERED),  # 6.0
    ],
    "BY_CHANCE": [
        (partial(sampling, blocks([7, 7, 7, 13, 14, 7, 7, 7, 1, 0], 14, 5)), CLUSTERED),  # 2.0e-7
        (partial(sampling, blocks([7, 7, 10, 13, 13, 7, 7, 4, 1, 1], 14, 5)), INDEPENDENT),  # 5.3e-7
    ],
    "COUNTER": [(partial(sampling, counted_off(4)), REGULAR), (partial(sampling, counted_off(8)), INDEPENDENT)],
    "FEWEST_IN_BLOCK": [
        (partial(sampling, np.repeat(np.arange(10) % 2 == 0, 8)), INDEPENDENT),  # a variance of 2
        (partial(sampling, blocks([3, 13] * 5, 16, 0)), CLUSTERED),  # of 4
    ],
    "RULE_BY_CHANCE": [(partial(rule_warnings, 551), []), (partial(rule_warnings, 554), ["rule_not_followed"])],
    "INCOMPLETE_FROM": [(partial(word, 70, 30), "PARTIAL"), (partial(word, 95, 5), "INCOMPLETE")],
    "MODEL_ERROR": [
        (partial(accidents, 500, 500, CopiedShare(CopyingKind.PROVEN, 0.4, 0.38, 0.42)), 0),
        (partial(accidents, 500, 500, CopiedShare(CopyingKind.PROVEN, 0.34, 0.32, 0.36)), 180),
    ],
    "NEARLY_ALL": [
        (partial(explanation, 20, 15, 20), "No single"),
        (partial(explanation, 20, 19, 20), "19 of 20 "),
    ],
    "UNUSUAL": [
        (partial(explanation, 20, 20, 700), "No single"),
        (partial(explanation, 20, 20, 350), "20 of 20 "),
    ],
    "FEWEST_MISSES": [(partial(explanation, 2, 2, 2), ""), (partial(explanation, 4, 4, 4), "4 of 4 mi")],
    "MANY_UNPARSED": [
        (partial(codes, "unparsed", MANY, COPIES, 7), False),
        (partial(codes, "unparsed", MANY, COPIES, 15), True),
    ],
    "SKEW_MS": [
        (partial(codes, "clock_skew", [replace(each, second=each.second + 1) for each in MANY], COPIES), False),
        (partial(codes, "clock_skew", [replace(each, second=each.second + 2) for each in MANY], COPIES), True),
    ],
    "DOUBLED": [
        (partial(codes, "two_policies", MANY, [*COPIES, *COPIES[100:107]]), False),
        (partial(codes, "two_policies", MANY, [*COPIES, *COPIES[100:115]]), True),
    ],
    "NO_LUCK": [
        (partial(codes, "clients_never_copied", [*direct(9), *MANY], COPIES[::2]), False),
        (partial(codes, "clients_never_copied", [*direct(10), *MANY], COPIES[::2]), True),
    ],
    "IN_OUTAGES": [
        (partial(codes, "clients_never_copied", *outage(20)), True),
        (partial(codes, "clients_never_copied", *outage(7)), False),
    ],
    "RARE": [
        (partial(codes, "rare_proxies", MANY, by_other_proxy(8)), True),
        (partial(codes, "rare_proxies", MANY, by_other_proxy(15)), False),
    ],
}


def test_every_constant_has_its_situations() -> None:
    """What is added to the table is tested like the rest."""
    assert set(SITUATIONS) == {name for name in vars(constants) if name.isupper()}


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", SITUATIONS)
def test_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each situation is on its side of the constant, and one of them is not any more at half or double of it."""
    for situation, expected in SITUATIONS[name]:
        assert situation() == expected
    for factor in (0.5, 2):
        monkeypatch.setattr(constants, name, getattr(constants, name) * factor)
        assert any(situation() != expected for situation, expected in SITUATIONS[name]), f"times {factor}"
        monkeypatch.undo()
