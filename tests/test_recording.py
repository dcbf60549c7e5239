"""What a recorder writes is read again as it was told."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.sources.feed import Broken, Closed, Event, Gap, Note, Opened, Proof, RuleSeen, Text
from mirrorcheck.sources.recording import SCHEMA, Recorder, is_recording, read_recording

NAMES = st.text(max_size=8)
STREAMS = st.sampled_from(["a", "b/..", "c\u2028"])
MOMENTS = st.integers(0, 2**53)
LINES = st.lists(st.binary(max_size=8).map(lambda line: line.replace(b"\n", b"") + b"\n"), max_size=3).map(b"".join)
EVENTS = st.one_of(
    st.builds(Text, STREAMS, LINES),
    st.builds(Proof, STREAMS, MOMENTS),
    st.builds(Gap, STREAMS, NAMES, NAMES, MOMENTS, MOMENTS, NAMES),
    st.builds(Broken, STREAMS, NAMES),
    st.builds(Closed, STREAMS, NAMES),
    st.builds(RuleSeen, MOMENTS, st.none() | st.floats(0, 100), NAMES, st.lists(NAMES).map(tuple)),
    st.builds(Note, MOMENTS, NAMES),
)


def opened(stream: str) -> Opened:
    """Return the event that begins a stream."""
    return Opened(stream, "shop", "v1-0", "uid", "nginx", "containerd://1", 0, "primary", (("version", "v1"),), 7)


def record(folder: Path, events: Sequence[Event]) -> None:
    """Record events."""
    with Recorder(folder, "1.2") as recorder:
        for event in events:
            recorder.take(event)


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=12))
def test_round_trip(told: list[Event]) -> None:
    """All events come back in their order, and the lines byte for byte."""
    events = [*map(opened, ("a", "b/..", "c\u2028")), *told]
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder) / "saved", events)
        recording = read_recording(Path(folder) / "saved")
        assert list(recording.events) == [event for event in events if not isinstance(event, Text)]
        assert recording.version == "1.2"
        assert [stream.opened for stream in recording.streams] == events[:3]
        for stream in recording.streams:
            assert stream.path.parent == Path(folder) / "saved"
            texts = [event.data for event in told if isinstance(event, Text) and event.stream == stream.opened.stream]
            assert stream.path.read_bytes() == b"".join(texts)


def test_kinds(tmp_path: Path) -> None:
    """Gaps, proofs and rules are at hand, each by its own."""
    gap, proof, rule = Gap("a", "p", "c", 1, 2, "x"), Proof("a", 3), RuleSeen(4, None, "no rule", ("one",))
    record(tmp_path / "saved", [opened("a"), gap, proof, rule])
    recording = read_recording(tmp_path / "saved")
    assert (recording.gaps, recording.proofs, recording.rules) == ((gap,), (proof,), (rule,))
    assert is_recording(tmp_path / "saved")
    assert not is_recording(tmp_path)


def test_recorder_that_died(tmp_path: Path) -> None:
    """What was being written at the end is left out; all before it is there, without a close."""
    recorder = Recorder(tmp_path / "saved")
    recorder.take(opened("a"))
    recorder.take(Text("a", b"2026-11-22T10:00:00.000000000Z one\n"))
    recorder.take(Proof("a", 1))
    with (tmp_path / "saved" / "events.jsonl").open("ab") as events:
        events.write(b'{"event": "Pro')
    recording = read_recording(tmp_path / "saved")
    assert recording.proofs == (Proof("a", 1),)
    assert recording.streams[0].path.read_bytes().endswith(b" one\n")
    recorder.close()


def test_folder_in_use(tmp_path: Path) -> None:
    """Nothing is mixed into what is there."""
    (tmp_path / "other").touch()
    with pytest.raises(UsageError, match="is not empty"):
        Recorder(tmp_path)
    with pytest.raises(UsageError, match=r"cannot be written: .* Give --save another"):
        Recorder(tmp_path / "other")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", r"line 2 is no JSON object\."),
        ("[]", r"line 2 is no JSON object\."),
        ('{"event": "Strange"}', "line 2 tells of no event that is known"),
        ('{"event": "Proof", "stream": "a"}', r"line 2: a Proof has other fields \(through_us\)"),
        (json.dumps({"event": "Opened", "file": "../x"}), "has other fields"),
    ],
)
def test_damage(tmp_path: Path, line: str, says: str) -> None:
    """What cannot be read is told with its line and the way out."""
    record(tmp_path / "saved", [])
    with (tmp_path / "saved" / "events.jsonl").open("a") as events:
        events.write(line + "\n")
    with pytest.raises(InputError, match=says) as raised:
        read_recording(tmp_path / "saved")
    assert "\n" not in str(raised.value)


def test_missing_parts(tmp_path: Path) -> None:
    """A folder that is none, a schema of the future, and a log that is gone or elsewhere are refused."""
    with pytest.raises(InputError, match=r"is no recording: it has no events\.jsonl"):
        read_recording(tmp_path)
    (tmp_path / "events.jsonl").write_text('{"schema": "mirrorcheck.recording/9"}\n')
    with pytest.raises(InputError, match=f"does not begin with the schema {SCHEMA}"):
        read_recording(tmp_path)
    record(tmp_path / "saved", [opened("a")])
    events = tmp_path / "saved" / "events.jsonl"
    events.write_text(events.read_text().replace("0000-a.log", "../events.jsonl"))
    with pytest.raises(InputError, match="which is not in the folder"):
        read_recording(tmp_path / "saved")
