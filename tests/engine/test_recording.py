"""What was watched is kept, read back as it was, and analyzed again with the same result."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mirrorcheck
from mirrorcheck.engine.live import Engine
from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.report.dump import to_document
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import Broken, Closed, Ended, FeedEvent, Gap, Note, Proof, RuleKnown, RuleSeen, Text
from mirrorcheck.sources.recording import EVENTS, Recorder, Recording, is_recording
from tests.engine.play import SECOND_US, lines_of, opened, stamp_us
from tests.recordings import RECORDINGS
from tests.sample import examples

OPTIONS = Options(horizon="10s")
SETTINGS = complete(OPTIONS)
NOW_US = 1_795_000_000_000_000
instants = st.integers(0, 1 << 60)
texts = st.binary(max_size=60).map(lambda text: text.replace(b"\n", b"") + b"\n")
words = st.text(max_size=20)
told = st.one_of(
    st.builds(Text, st.just("a"), texts),
    st.builds(Proof, st.just("a"), instants),
    st.builds(Gap, st.just("a"), words, words, instants, instants, words),
    st.builds(Broken, st.just("a"), words),
    st.builds(RuleSeen, instants, st.none() | st.floats(0, 100), words, st.lists(words).map(tuple)),
    st.builds(RuleKnown, instants, words),
    st.builds(Note, instants, words),
)


@pytest.mark.unmeasured
@examples(50)
@given(events=st.lists(told, max_size=20))
def test_what_is_kept_is_read_back(events: list[FeedEvent], tmp_path_factory: pytest.TempPathFactory) -> None:
    """All events in their order, and the text of a stream behind its beginning."""
    folder = tmp_path_factory.mktemp("recording") / "new"
    recorder = Recorder(folder, OPTIONS)
    whole: list[FeedEvent] = [opened("a", "shadow"), *events, Closed("a", "done")]
    for event in whole:
        recorder.take(event)
    recorder.close()
    read = list(Recording(folder).events())
    assert [event for event in read if not isinstance(event, Text)] == [
        event for event in whole if not isinstance(event, Text)
    ]
    assert b"".join(event.data for event in read if isinstance(event, Text)) == b"".join(
        event.data for event in events if isinstance(event, Text)
    )


def test_a_recording_gives_the_report_of_its_watcher(tmp_path: Path) -> None:
    """The gaps, the rule and what was not read to its end are part of what is kept."""
    recorder = Recorder(tmp_path / "new", OPTIONS)
    engine = Engine(SETTINGS, recorder.path)
    logs = {side: b"".join(lines_of(RECORDINGS / "sampled-50" / f"{side}.log")) for side in ("v1", "v2")}
    start_us = stamp_us(logs["v1"])
    for event in (
        RuleSeen(start_us, 50.0, "VirtualService target: 50 %", ("a subset is missing",)),
        opened("v1", "primary"),
        opened("v2", "shadow"),
        Text("v1", logs["v1"]),
        Text("v2", logs["v2"]),
        Gap("v2", "v2", "nginx", start_us + SECOND_US, start_us + 3 * SECOND_US, "rotated log"),
        Proof("v1", start_us + 100 * SECOND_US),
        Ended(start_us + 100 * SECOND_US),
    ):
        recorder.take(event)
        engine.take(event, NOW_US)
    recorder.close()
    watched, replayed = engine.end(NOW_US).report(SETTINGS), mirrorcheck.analyze(tmp_path / "new")
    assert to_document(watched) == to_document(replayed)
    assert watched.originals.unobserved
    assert watched.table.drop("file", "pair_file").equals(replayed.table.drop("file", "pair_file"))


def test_what_a_crash_cut_short_is_read_up_to_there(tmp_path: Path) -> None:
    """Half an event and half a line are not used."""
    folder = tmp_path / "new"
    recorder = Recorder(folder, OPTIONS)
    for event in (opened("a", "primary"), Text("a", b"one\ntwo\n")):
        recorder.take(event)
    recorder.close()
    with (folder / EVENTS).open("a") as events, (folder / "a.log").open("ab") as log:
        events.write('{"Note":{"at_us":1')
        log.write(b"thr")
    assert is_recording(folder)
    assert list(Recording(folder).events()) == [opened("a", "primary"), Text("a", b"one\ntwo\n")]


def test_a_folder_that_is_used_is_not_written_into(tmp_path: Path) -> None:
    """Another recording must not be mixed with this one."""
    (tmp_path / "there").touch()
    with pytest.raises(UsageError, match="is not empty"):
        Recorder(tmp_path, OPTIONS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "does not begin with mirrorcheck.recording/1"),
        ([{"schema": "mirrorcheck.recording/9"}], "does not begin with"),
        ([{"schema": "mirrorcheck.recording/1"}, {"Dream": {}}], "line 2, is no event"),
        ([{"schema": "mirrorcheck.recording/1"}, {"Note": {"at": 1}}], "line 2, is no event"),
        ([{"schema": "mirrorcheck.recording/1"}, {"Note": {"at_us": "1", "text": "a"}}], "line 2, is no event"),
        ([{"schema": "mirrorcheck.recording/1"}, {"Text": {"stream": "a", "data": ""}}], "line 2, is no event"),
        ([{"schema": "mirrorcheck.recording/1", "options": {"overlap": "no"}}], "does not begin with"),
    ],
)
def test_damaged_recordings_are_refused(lines: list[dict[str, object]], message: str, tmp_path: Path) -> None:
    """With one line that says where."""
    (tmp_path / EVENTS).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with pytest.raises(InputError, match=message):
        list(Recording(tmp_path).events())


def test_a_stream_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    """A recording may come from somebody else."""
    recorder = Recorder(tmp_path / "new", OPTIONS)
    recorder.take(opened("a", None))
    recorder.close()
    events = tmp_path / "new" / EVENTS
    events.write_text(events.read_text().replace('"stream":"a"', '"stream":"../../a"'))
    with pytest.raises(InputError, match="names a stream"):
        list(Recording(tmp_path / "new").events())
