"""A watching that holds few lines finds what one finds that holds all, and its recording says the same again."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.engine.evict import HeldLines
from mirrorcheck.engine.replay import replay
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.report.dump import to_document
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Decided, Ended
from mirrorcheck.sources.recording import Recorder, Recording
from mirrorcheck.totals.history import History
from tests.engine.play import SECOND_US, Watcher, lines_of, opened
from tests.logs import Request, requests
from tests.recordings import sides
from tests.sample import examples, sampled

OPTIONS = Options(horizon="10s")
FEW = HeldLines(looks=400, whole=0)
ALL = HeldLines(looks=1 << 40, whole=0)
NAMES = ["sampled-50", "shadow-slow", "shadow-restarted", "shadow-frozen", "all-copied-busy", "two-policies"]


def watched(folder: Path, name: str, held: HeldLines) -> tuple[Report, Watcher, list[int]]:
    """Watch a recording to its end, and keep it; the report, and when the misses were logged that were told."""
    recorder = Recorder(folder, OPTIONS)
    watcher = Watcher(folder, OPTIONS, held, recorder=recorder)
    streams = {log.stem: (side, lines_of(log)) for side, logs in sides(name).items() for log in logs}
    for stream, (side, _) in streams.items():
        watcher.tell(opened(stream, side))
    *_, last = watcher.run({stream: lines for stream, (_, lines) in streams.items()}, after_s=25)
    watcher.tell(Ended(watcher.now_us))
    recorder.close()
    report = watcher.engine.end(watcher.now_us).report(complete(OPTIONS))
    return report, watcher, [event.at_us for event in last.events if event.kind == "missed"]


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(NAMES, 2))
def test_lines_that_went_early_count_the_same(name: str, tmp_path: Path) -> None:
    """Pairs leave long before the horizon, lines without a partner after it: counts and phases stay what they are."""
    few, watcher, told = watched(tmp_path / "few", name, FEW)
    whole, _, all_told = watched(tmp_path / "all", name, ALL)
    assert few.originals == whole.originals
    assert few.shadow == whole.shadow
    assert [(each.originals, each.paired) for each in few.phases] == [
        (each.originals, each.paired) for each in whole.phases
    ]
    decided = [event for event in Recording(tmp_path / "few").events() if isinstance(event, Decided)]
    assert decided
    assert name == "shadow-slow" or any(event.pairs_us > event.open_us for event in decided)
    assert len(watcher.engine.end(watcher.now_us).settled.primary.table) < whole.originals.total
    if name != "two-policies":  # where any of many may be the one that has no copy, others may be told
        assert few.timeline == whole.timeline
        assert len(told) == len(all_told)


@pytest.mark.unmeasured
@pytest.mark.parametrize("held", [FEW, HeldLines(400, 1 << 20)])
@pytest.mark.parametrize("name", sampled(["two-policies", "retried-50", "pods-50"], 1))
def test_a_recording_says_what_its_watcher_said(name: str, held: HeldLines, tmp_path: Path) -> None:
    """The same lines are decided at the same instants, whenever the looks were, and with the same outcome."""
    live, *_ = watched(tmp_path / "live", name, held)
    assert to_document(replay(tmp_path / "live", Options(), held)) == to_document(live)


@pytest.mark.unmeasured
def test_few_lines_are_settled_as_one_whole_at_the_end(tmp_path: Path) -> None:
    """What went is held again if it is no more than what `analyze` settles as a whole."""
    few, *_ = watched(tmp_path / "few", "retried-50", HeldLines(looks=100))
    whole, *_ = watched(tmp_path / "all", "retried-50", ALL)
    assert few.originals == whole.originals
    assert few.missed_range == whole.missed_range
    assert few.table.drop("file", "pair_file").equals(whole.table.drop("file", "pair_file"))


def played(folder: Path, originals: list[Request], copies: list[Request], held: HeldLines) -> Iterator[Snapshot]:
    """Snapshots of a watching of such requests."""
    folder.mkdir()
    watcher = Watcher(folder, OPTIONS, held)
    watcher.tell(opened("v1", "primary"), opened("v2", "shadow"))
    logs = {
        name: [f"{each.line()}\n".encode() for each in lines] for name, lines in (("v1", originals), ("v2", copies))
    }
    yield from watcher.run(logs, after_s=25)


@pytest.mark.unmeasured
def test_copies_that_stop_are_an_alarm_though_they_are_not_held_any_more(tmp_path: Path) -> None:
    """Since when, and how many originals came since, is known of lines that went."""
    originals = requests(200)
    copies = [request.copy() for request in originals if request.second < 100]
    found = [
        [(each.now_us, each.silence) for each in played(tmp_path / name, originals, copies, held)]
        for name, held in (("few", HeldLines(20, 0)), ("all", ALL))
    ]
    assert found[0] == found[1]
    _, silence = found[0][-1]
    assert silence
    assert silence.waiting == 100


@pytest.mark.unmeasured
def test_what_a_pair_shows_is_told_before_it_goes(tmp_path: Path) -> None:
    """Each answer that differs is told once, and each second copy."""
    originals = requests(300)
    copies = [request.copy(status=500 if request.second % 10 == 0 else 200) for request in originals]
    copies = [copy for copy in copies for _ in range(1 + (copy.second % 4 == 1))]
    told = []
    for name, held in (("few", HeldLines(200, 0)), ("all", ALL)):
        *_, last = played(tmp_path / name, originals, copies, held)
        told.append(sorted((event.kind, event.at_us, event.target) for event in last.events))
    assert told[0] == told[1]
    assert sum(kind == "differs" for kind, *_ in told[0]) == 30
    assert sum(kind == "duplicate" for kind, *_ in told[0]) > 60


@examples(100)
@given(
    seconds=st.lists(st.integers(0, 50), min_size=1, max_size=40).map(sorted),
    data=st.data(),
)
def test_originals_that_turn_out_otherwise_are_corrected(seconds: list[int], data: st.DataObject) -> None:
    """Of the missed ones some were copied after all, and some are no originals of the ratio: the others stay."""
    times = np.array(seconds, np.int64) * SECOND_US
    paired = np.array(data.draw(st.lists(st.booleans(), min_size=len(times), max_size=len(times))), np.bool_)
    missed = np.flatnonzero(~paired)
    fates = np.array(data.draw(st.lists(st.sampled_from([0, 1, 2]), min_size=len(missed), max_size=len(missed))))
    copied, none = missed[fates == 1], missed[fates == 2]
    drawn = np.array(data.draw(st.permutations(paired.tolist())), np.bool_)
    mixed = History.of(times, paired, drawn).corrected(times[copied], times[none])
    assert (mixed.total, mixed.hits, int(mixed.drawn.sum())) == (
        len(times) - len(none),
        *2 * [paired.sum() + len(copied)],
    )
    assert (mixed.drawn <= mixed.originals).all()
    found = History.of(times, paired).corrected(times[copied], times[none])
    after = paired.copy()
    after[copied] = True
    kept = np.setdiff1d(np.arange(len(times)), none)
    assert found.times_us().tolist() == times[kept].tolist()
    for second in set(seconds):
        now, then = found.times_us() == second * SECOND_US, times[kept] == second * SECOND_US
        assert found.outcomes()[now].sum() == after[kept][then].sum()
