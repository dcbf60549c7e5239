from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.engine.snapshot import Event, EventKind
from mirrorcheck.engine.watch.events import EventLog

KINDS: tuple[EventKind, ...] = ("missed", "differs", "gap")


@given(st.lists(st.sampled_from(KINDS)), st.integers(1, 5))
def test_the_newest_of_each_kind_are_kept_and_numbered(kinds: list[EventKind], kept: int) -> None:
    """Whatever comes in what order, the last of each kind are there, in that order, under their numbers."""
    event_log = EventLog(kept)
    for at_us, kind in enumerate(kinds):
        event_log.add(Event(at_us, kind))
    positions = {kind: [at for at, each in enumerate(kinds) if each == kind] for kind in KINDS}
    expected = sorted(
        (at, kind, nth) for kind, found in positions.items() for nth, at in list(enumerate(found, 1))[-kept:]
    )
    assert [(each.at_us, each.kind, each.nth) for each in event_log.events()] == expected
