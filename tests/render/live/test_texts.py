import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.engine.watch.events import EventLog
from mirrorcheck.render.live.jsonl import JsonLines
from mirrorcheck.render.live.lines import run_lines
from mirrorcheck.render.live.plain import PlainLines
from tests.render.live.cases import HEALTHY, HOSTILE, MISSES, NO_COPIES, SECOND, WAITING, course, numbered
from tests.render.live.screens import GOLDEN
from tests.render.live.texts import TEXTS, told

KINDS: tuple[EventKind, ...] = ("missed", "differs", "gap", "note")


@pytest.mark.parametrize("name", TEXTS)
def test_course_is_told_as_in_the_golden_file(name: str) -> None:
    """The lines that a course of looks becomes are those last agreed on."""
    assert told(TEXTS[name]()) == (GOLDEN / name).read_text(encoding="utf-8").splitlines()


@given(
    happened=st.lists(st.sampled_from(KINDS), max_size=60),
    looks=st.lists(st.integers(0, 60), max_size=12).map(sorted),
    kept=st.integers(1, 20),
)
def test_each_happening_is_told_once_or_counted_as_skipped(
    happened: list[EventKind], looks: list[int], kept: int
) -> None:
    """However looks and events fall, none is told twice, and of each kind those told and skipped are all."""
    event_log, events, plain = EventLog(kept), JsonLines(1e9), PlainLines(1e9)
    found: list[dict[str, object]] = []
    words: list[str] = []
    for index in range(len(happened) + 1):
        for _ in range(looks.count(index)):
            state = replace(WAITING, events=event_log.events())
            found += [json.loads(line) for line in events.lines(state)]
            words += [line.split()[1] for line in plain.lines(state)]
        if index < len(happened):
            event_log.add(Event(index, happened[index], text=str(index)))
    found += [json.loads(line) for line in events.last(replace(WAITING, events=event_log.events()))]
    for kind in KINDS:
        numbers = [event["nth"] for event in found if event["type"] == kind]
        skipped = sum(
            int(str(event["count"])) for event in found if event["type"] == "skipped" and event["kind"] == kind
        )
        assert len(set(numbers)) == len(numbers)
        assert len(numbers) + skipped == happened.count(kind)
        assert words.count(kind.upper()) <= len(numbers)
    told_at = [event.get("text") or event.get("reason") for event in found if event["type"] in KINDS]
    assert len(set(told_at)) == len(told_at)


def test_nothing_is_skipped_while_looks_are_close() -> None:
    """A journal holds more than what happens between two looks, so every event has its line, in order."""
    event_log, plain = EventLog(3), PlainLines(1e9)
    lines: list[str] = []
    for index in range(30):
        event_log.add(Event(index * SECOND, "missed", method="GET", target=f"/{index}", status=200))
        lines += plain.lines(replace(HEALTHY, events=event_log.events()))
    assert [line.split("GET ")[1] for line in lines if "MISSED" in line] == [
        f"/{index}  certain" for index in range(30)
    ]
    assert not any("SKIPPED" in line for line in lines)


@pytest.mark.parametrize("make", [PlainLines, JsonLines])
def test_state_is_told_in_its_interval_and_when_it_changes(make: Callable[[float], PlainLines | JsonLines]) -> None:
    """Between two lines of the state lie ten seconds, unless the verdict changes, or copies stop or come back."""
    lines = make(10.0)

    def is_told(seconds: float, state: Snapshot) -> bool:
        look = replace(state, events=(), now_us=HEALTHY.now_us + round(seconds * SECOND))
        return any("STATUS" in line or '"status", "schema"' in line for line in lines.lines(look))

    told_at = [at for at in range(25) if is_told(at, HEALTHY)]
    assert told_at == [0, 10, 20]
    assert [is_told(25, MISSES), is_told(25.5, MISSES)] == [True, False]
    assert [is_told(26, NO_COPIES), is_told(27, NO_COPIES), is_told(28, MISSES)] == [True, False, True]


def test_last_look_tells_the_state() -> None:
    """Whoever reads the log of a watch finds its end there."""
    for lines in (PlainLines(10.0), JsonLines(10.0)):
        lines.lines(HEALTHY)
        assert lines.lines(HEALTHY) == []
        assert len(lines.last(HEALTHY)) == 1


def test_plain_lines_are_whole_and_harmless() -> None:
    """Whatever a name holds, a event is one line, and no terminal obeys it."""
    hostile = Event(0, "missed", method=HOSTILE, target=HOSTILE, status=200, pod=HOSTILE)
    state = replace(WAITING, service=HOSTILE, rule=HOSTILE, problems=(HOSTILE,), events=numbered(hostile))
    for encoding in ("utf-8", "ascii"):
        for line in PlainLines(10.0, encoding).lines(state):
            assert line.isprintable()
            line.encode(encoding)


def test_every_plain_line_begins_with_an_instant_and_a_word() -> None:
    """That is all that a grep needs, and a sort."""
    for line in told(PlainLines(10.0)):
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  [A-Z]+ +\S", line)


def test_events_hold_what_the_look_holds() -> None:
    """Ratios, totals and streams stand in the event as they are; instants are ISO 8601 with milliseconds."""
    (*_, line) = JsonLines(10.0).lines(NO_COPIES)
    event = json.loads(line)
    assert event["totals"] == asdict(NO_COPIES.totals)
    assert event["overall"] | {"confidence": 0.95} == asdict(NO_COPIES.overall)
    assert event["recent"] | {"confidence": 0.95} == {"seconds": 60, **asdict(NO_COPIES.recent)}
    assert event["no_copies"] == {"since": "2026-11-22T15:34:16.000Z", "pending": 480}
    assert [stream["pod"] for stream in event["streams"]] == [stream.pod for stream in NO_COPIES.streams]
    assert event["streams"][0]["lag_ms"] == 100
    for name in ("at", "started", "decided_to"):
        assert datetime.fromisoformat(event[name]).tzinfo is not None


def test_events_are_json_that_strict_readers_take() -> None:
    """No surrogate, no NaN and no line end gets into an event, and what is not known is null."""
    hostile = Event(0, "missed", method="GET", target=HOSTILE, pod=HOSTILE)
    state = replace(WAITING, service=HOSTILE, delay_ms=float("nan"), events=numbered(hostile))
    missed, status = (json.loads(line) for line in JsonLines(10.0).lines(state))
    assert missed["status"] is None
    assert status["delay_ms"] is None
    assert status["decided_to"] is None
    status["service"].encode("utf-8")


def test_lines_are_written_until_the_caller_stops() -> None:
    """Each look is written at once; after the last one the state is told once more."""
    looks = iter(course())
    stream = io.StringIO()
    waits: list[str] = []
    run_lines(
        lambda: [next(looks)],
        lambda: len(waits) == 8,
        [PlainLines(10.0)],
        stream,
        lambda: waits.append(stream.getvalue()),
    )
    assert stream.getvalue().splitlines() == told(PlainLines(10.0))
    assert waits[0].endswith("\n")
    assert waits == sorted(waits, key=len)
