"""Watching tells what analyzing the same lines tells, and nothing before it is certain."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mirrorcheck
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.sequential import EveryRequest
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.evict import HELD, HeldLines
from mirrorcheck.engine.snapshot import Snapshot, Trouble
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Broken, Ended, Gap, Proof, RuleSeen, Text
from mirrorcheck.totals.lines_spool import LinesSpool
from tests.engine.play import SECOND_US, Watcher, lines_of, opened, stamp_us
from tests.logs import Request, requests
from tests.recordings import NAMES, sides
from tests.sample import sampled

OPTIONS = Options(horizon="10s")
BRIEF = Options(horizon="1s")
TOTALS = ("originals", "shadow", "ratio", "missed_range", "phases", "timeline", "proxies", "responses", "retries")


def watch(  # noqa: PLR0913  # a recording, and how it is watched
    folder: Path,
    name: str,
    *,
    every: int = 1,
    options: Options = OPTIONS,
    held: HeldLines = HELD,
    spool: LinesSpool | None = None,
) -> tuple[Watcher, Iterator[Snapshot]]:
    """Watch a recording from its first second to well after its last."""
    watcher = Watcher(folder, options, held, spool)
    streams = {log.stem: (side, lines_of(log)) for side, logs in sides(name).items() for log in logs}
    for stream, (side, _) in streams.items():
        watcher.tell(opened(stream, side))
    return watcher, watcher.run({stream: lines for stream, (_, lines) in streams.items()}, after_s=25, every=every)


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(reversed(NAMES), 3))
def test_the_report_at_the_end_is_that_of_the_saved_logs(name: str, tmp_path: Path) -> None:
    """Where every line is told, the parts of the report are those of `analyze`."""
    watcher, states = watch(tmp_path, name, every=10)
    *_, last = states
    found = watcher.engine.end(watcher.now_us)
    live = found.report(complete(OPTIONS))
    logs = sides(name)
    saved = mirrorcheck.analyze(primary=logs["primary"], shadow=logs["shadow"], horizon="10s")
    for part in TOTALS:
        assert getattr(live, part) == getattr(saved, part), part
    assert live.originals.missed == last.totals.missed
    assert last.totals.pending == 0


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(["sampled-50", "shadow-slow", "shadow-frozen", "retried-50", "pods-50"], 1))
def test_what_is_called_missed_stays_missed(name: str, tmp_path: Path) -> None:
    """A miss is told once, after its horizon, and the report at the end counts as many."""
    watcher, states = watch(tmp_path, name)
    told: list[int] = []
    for state in states:
        totals = asdict(state.totals)
        shares = ("paired", "missed", "retry", "pending", "unobserved", "excluded")
        assert sum(totals[share] for share in shares) == totals["originals"]
        shares = ("shadow_paired", "orphan", "duplicate", "direct", "shadow_waiting", "shadow_unobserved")
        assert sum(totals[share] for share in shares) + totals["shadow_excluded"] == totals["shadow"]
        misses = [event for event in state.events if event.kind == "missed"]
        assert all(state.now_us - miss.at_us > 10 * SECOND_US for miss in misses[len(told) :])
        told = [miss.at_us for miss in misses]
    found = watcher.engine.end(watcher.now_us)
    assert len(told) == found.report(complete(OPTIONS)).originals.missed


def bytes_of(lines: list[Request]) -> list[bytes]:
    """Lines of `main`."""
    return [f"{line.line()}\n".encode() for line in lines]


@pytest.mark.unmeasured
def test_what_is_judged_one_by_one_comes_in_event_order(tmp_path: Path) -> None:
    """Each look has what the one before had and more behind it: misses after their horizon, and pairs wait for them.

    In the order in which they are decided, pairs come at once: a mirror of one in two would pass for one of 100 %.
    """
    originals = requests(60)
    copied = [request.second % 7 in {0, 2, 3} for request in originals]
    logs = {
        "v1": bytes_of(originals),
        "v2": bytes_of([request.copy() for request, hit in zip(originals, copied, strict=True) if hit]),
    }
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    start_us, lengths = stamp_us(logs["v1"][0]), []
    for _ in watcher.run(logs, after_s=15, every=2):
        found, state = watcher.look()
        order = decided(found).in_event_order().tolist()
        assert order == copied[: len(order)]
        passed_s = (watcher.now_us - start_us) // SECOND_US
        assert len(order) <= max(0, passed_s - 10)
        assert state.totals.paired >= sum(order)
        lengths.append(len(order))
    assert lengths == sorted(lengths)
    assert lengths[-1] == 60
    test = EveryRequest(20)
    judged = [test.after(np.array(copied[:length], np.bool_)).verdict for length in lengths]
    assert set(judged) == {CheckResult.INCONCLUSIVE, CheckResult.FAIL}


@pytest.mark.unmeasured
@pytest.mark.parametrize("expect", [None, 50.0, 100.0])
def test_a_miss_is_an_alarm_only_where_everything_is_expected(expect: float | None, tmp_path: Path) -> None:
    """By the rule of its moment, or by what the user expects in its place; all are counted as missed.

    A rule may be in force 10 s before it is seen, and 15 s after the next one is.
    """
    originals = requests(72)
    logs = {"v1": bytes_of(originals), "v2": bytes_of([each.copy() for each in originals if each.second % 6])}
    start_us = stamp_us(logs["v1"][0])
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.snapshots = Snapshots(Subject("target", "shop", expect), started_us=0)
    for at_s, percent in ((0, 100.0), (20, 90.0), (40, None)):
        watcher.tell(RuleSeen(start_us + at_s * SECOND_US, percent, f"{percent} %", ()))
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    *_, last = watcher.run(logs, after_s=15, every=7)
    told = [
        ((event.at_us - start_us) // SECOND_US, event.kind)
        for event in last.events
        if event.kind in {"missed", "uncopied"}
    ]
    sampled = range(10, 55) if expect is None else range(72) if expect == 50.0 else ()
    assert sorted(told) == [(second, "uncopied" if second in sampled else "missed") for second in range(0, 72, 6)]
    assert last.totals.missed == 12


def test_a_gap_of_the_shadow_turns_misses_into_unobserved(tmp_path: Path) -> None:
    """Ten seconds of the shadow's lines are lost: none of these originals is called missed, the rest counts."""
    originals = requests(100)
    copies = [request.copy() for request in originals if not 40 <= request.second < 50]
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    start_us = stamp_us(bytes_of(originals)[0])
    watcher.tell(
        Gap("v2", "v2", "nginx", start_us + 40 * SECOND_US, start_us + 50 * SECOND_US, "rotated log"),
        Text("v1", b"".join(bytes_of(originals))),
        Text("v2", b"".join(bytes_of(copies))),
        Proof("v1", start_us + 200 * SECOND_US),
        Proof("v2", start_us + 200 * SECOND_US),
    )
    watcher.now_us = start_us + 200 * SECOND_US
    _, state = watcher.look()
    assert (state.totals.missed, state.totals.unobserved) == (0, 10)
    assert (state.overall.value, state.overall.missed) == (1.0, 0)
    assert [event.kind for event in state.events] == ["gap"]


def test_copies_whose_originals_lie_in_a_gap_of_the_primary_say_nothing_against_the_mirror(tmp_path: Path) -> None:
    """Most originals are lost, and copies stop when the rule goes: the others were copied, and no rule was broken."""
    originals = requests(100)
    copies = [request.copy() for request in originals if request.second < 70]
    watcher = Watcher(tmp_path, OPTIONS)
    start_us = stamp_us(bytes_of(originals)[0])
    rules = (
        RuleSeen(at_us, percent, "", (), mirrors=percent is not None, known_us=at_us - SECOND_US)
        for at_us, percent in ((start_us, 100.0), (start_us + 71 * SECOND_US, None))
    )
    watcher.tell(
        opened("v1", "primary", start_us),
        opened("v2", "shadow", start_us),
        *rules,
        Gap("v1", "v1", "nginx", start_us + 10 * SECOND_US, start_us + 60 * SECOND_US, "rotated log"),
        Text("v1", b"".join(bytes_of([each for each in originals if not 10 <= each.second < 60]))),
        Text("v2", b"".join(bytes_of(copies))),
        Proof("v1", start_us + 100 * SECOND_US),
        Proof("v2", start_us + 100 * SECOND_US),
        Ended(start_us + 100 * SECOND_US),
    )
    report = watcher.engine.end(start_us + 100 * SECOND_US).report(complete(OPTIONS))
    assert (report.originals.paired, report.shadow.orphan, report.copying) == (20, 0, None)
    assert report.originals.missed > 20
    wanted = complete_checks(CheckOptions(expect=100, while_on=True, min_requests=10, max_unobserved=60))
    assert evaluate(report, wanted).verdict is CheckResult.PASS


def test_a_proxy_of_few_copies_is_still_one_where_most_originals_lie_in_a_gap(tmp_path: Path) -> None:
    """One request in twenty is copied, and two thirds of the originals are lost: no copy of the others is dropped."""
    originals = requests(600)
    start_us = stamp_us(bytes_of(originals)[0])
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.tell(
        opened("v1", "primary", start_us),
        opened("v2", "shadow", start_us),
        Gap("v1", "v1", "nginx", start_us + 100 * SECOND_US, start_us + 500 * SECOND_US, "rotated log"),
        Text("v1", b"".join(bytes_of([each for each in originals if not 100 <= each.second < 500]))),
        Text("v2", b"".join(bytes_of([each.copy() for each in originals[7::20]]))),
        Proof("v1", start_us + 600 * SECOND_US),
        Proof("v2", start_us + 600 * SECOND_US),
    )
    report = watcher.engine.end(start_us + 600 * SECOND_US).report(complete(OPTIONS))
    assert (report.originals.paired, report.shadow.unobserved, report.shadow.direct) == (10, 20, 0)


@pytest.mark.unmeasured
def test_copies_that_stop_are_an_alarm_long_before_the_horizon(tmp_path: Path) -> None:
    """Originals go on, copies have stopped for five seconds of sixty that they have: the screen says so."""
    originals = requests(100)
    copies = [request.copy() for request in originals if request.second < 50]
    watcher = Watcher(tmp_path, Options(horizon="60s"))
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    logs = {"v1": bytes_of(originals), "v2": bytes_of(copies)}
    start_us = stamp_us(logs["v1"][0])
    alarms = [state for state in watcher.run(logs, every=2) if state.silence]
    assert alarms[0].now_us - start_us < 60 * SECOND_US
    assert alarms[0].totals.missed == 0
    assert alarms[-1].silence
    assert alarms[-1].silence.waiting == 50
    assert len(alarms) > 20


@pytest.mark.unmeasured
def test_silence_is_no_alarm_while_the_rule_mirrors_nothing(tmp_path: Path) -> None:
    """Copies stop with the rule, which comes back after 40 s: copies are due once proxies took it over."""
    originals = requests(100)
    copies = [request.copy() for request in originals if request.second < 30]
    watcher = Watcher(tmp_path, Options(horizon="60s"))
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    logs = {"v1": bytes_of(originals), "v2": bytes_of(copies)}
    start_us = stamp_us(logs["v1"][0])
    rules = {0: 100.0, 30: 0.0, 70: 100.0}
    looks = {}
    for second, state in enumerate(watcher.run(logs)):
        looks[second] = state.silence
        if second in rules:
            seen_us = start_us + second * SECOND_US
            watcher.tell(RuleSeen(seen_us, rules[second], "", (), mirrors=bool(rules[second])))
    assert not any(looks[second] for second in range(88))  # proxies may take 15 s for a change
    last = looks[99]
    assert last
    assert (last.since_us, last.waiting) == (start_us + 85 * SECOND_US, 15)


@pytest.mark.unmeasured
def test_a_window_over_two_phases_has_no_interval(tmp_path: Path) -> None:
    """Nothing is copied for 80 s: while the window holds the end of that, its ratio is a mixture."""
    originals = requests(200)
    copies = [request.copy() for request in originals if request.second >= 80]
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    looks = list(watcher.run({"v1": bytes_of(originals), "v2": bytes_of(copies)}, every=2))
    mixed = [state.recent for state in looks if min(state.recent.paired, state.recent.missed) >= 20]
    pure = [state.recent for state in looks if max(state.recent.paired, state.recent.missed) == 60]
    assert len(mixed) > 10
    assert {(share.low, share.high) for share in mixed} == {(None, None)}
    assert {share.value for share in pure if share.low is not None} == {0.0, 1.0}


def test_a_shadow_that_is_only_behind_is_no_alarm(tmp_path: Path) -> None:
    """The shadow's stream tells nothing and proves nothing: that is no silence of the shadow."""
    originals = requests(100)
    watcher = Watcher(tmp_path, Options(horizon="60s"))
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    lines, copies = bytes_of(originals), bytes_of([request.copy() for request in originals[:50]])
    watcher.now_us = stamp_us(lines[-1])
    watcher.tell(Text("v1", b"".join(lines)), Text("v2", b"".join(copies)))
    _, state = watcher.look()
    assert state.silence is None
    assert (state.totals.pending, state.totals.missed) == (50, 0)


@pytest.mark.unmeasured
def test_a_stream_that_proves_nothing_holds_nobody_up(tmp_path: Path) -> None:
    """Of two pods of the shadow one is never heard of again: after two horizons it has a gap, and the rest goes on."""
    originals = requests(100)
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.tell(opened("v1", "primary"), opened("v2-a", "shadow"), opened("v2-b", "shadow"))
    copies = [request.copy() for request in originals]
    logs = {"v1": bytes_of(originals), "v2-a": bytes_of([copy for copy in copies if copy.second % 2])}
    lost = bytes_of([copy for copy in copies if not copy.second % 2 and copy.second < 40])
    watcher.now_us = stamp_us(logs["v1"][0])
    watcher.tell(Text("v2-b", b"".join(lost)))
    *_, last = watcher.run(logs, after_s=40, every=5)
    assert last.totals.missed == 0
    assert last.totals.unobserved == 30
    assert last.overall.paired == 37  # a second before the gap is left out, since delays vary
    assert [(stream.pod, stream.state, stream.gaps) for stream in last.streams if stream.state == "stuck"] == [
        ("v2-b", "stuck", 1)
    ]


@pytest.mark.unmeasured
def test_a_shadow_out_of_sight_is_no_alarm_and_nothing_is_decided_after_it(tmp_path: Path) -> None:
    """The only pod of the shadow is never heard of again: that is said, and neither a miss nor a silence."""
    originals = requests(100)
    watcher = Watcher(tmp_path, OPTIONS)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    logs = {"v1": bytes_of(originals)}
    watcher.now_us = stamp_us(logs["v1"][0])
    seen = bytes_of([request.copy() for request in originals if request.second < 40])
    watcher.tell(Text("v2", b"".join(seen)), Broken("v2", "the node is away. Try again.", 1))
    looks = list(watcher.run(logs, after_s=20, every=4))
    last = looks[-1]
    assert not any(state.silence for state in looks)
    assert last.totals.missed == 0
    assert last.totals.unobserved > 50
    assert last.no_sight
    assert (last.no_sight.streams, last.no_sight.of, last.no_sight.since_us) == (1, 2, stamp_us(seen[-1]))
    assert last.no_sight.troubles == (Trouble("the node is away", 1, 1),)
    assert last.watermark_us
    assert last.watermark_us <= stamp_us(seen[-1])
    [gap] = watcher.engine.unread(watcher.now_us)
    assert (gap.pod, gap.from_us, gap.to_us) == ("v2", stamp_us(seen[-1]), watcher.now_us)


@pytest.mark.parametrize("name", sampled(["shadow-restarted", "sampled-50", "primary-retried"], 1))
def test_what_is_held_is_bounded_and_nothing_is_counted_twice(name: str, tmp_path: Path) -> None:
    """With room for few lines the oldest go: the totals, and the report, stay those of all lines."""
    *_, whole = watch(tmp_path, name, every=10)[1]
    (tmp_path / "bounded").mkdir()
    spool = LinesSpool(tmp_path)
    watcher, states = watch(tmp_path / "bounded", name, options=BRIEF, held=HeldLines(300, 0), spool=spool)
    *_, last = states
    assert last.totals.originals == whole.totals.originals
    assert last.totals.shadow == whole.totals.shadow
    assert abs(last.totals.paired - whole.totals.paired) <= 2
    assert last.totals.paired == last.totals.shadow_paired
    found = watcher.engine.end(watcher.now_us)
    held = found.settled.primary.table.height + found.settled.shadow.table.height
    assert held < whole.totals.originals
    report = found.report(complete(BRIEF))
    assert report.originals.total == whole.totals.originals
    assert abs(report.ratio.paired - whole.totals.paired) <= 2
    assert report.primary.first == min(each.from_ for each in report.phases)
    table = report.table
    assert table.height == report.originals.total + report.shadow.total
    assert table.select("side", "file", "line").is_unique().all()
    for side, part in (("primary", report.originals), ("shadow", report.shadow)):
        assert table.filter(pl.col("side") == side, pl.col("outcome") == "paired").height == part.paired
