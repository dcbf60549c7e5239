"""A log that is read over many connections, each cut at any byte, comes out as it was written."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.cluster.logs.cursor import Cursor, LineupMatch, Loss
from mirrorcheck.cluster.logs.stamps import SECOND, instant, since

START = 1_763_805_600  # the second at which the logs of these tests begin


def stamped(at: int, body: bytes) -> bytes:
    """Return a line as the API sends it; at: ns after the start."""
    whole, fraction = divmod(at, SECOND)
    return since(START + whole)[0][1].removesuffix("Z").encode() + b".%09dZ " % fraction + body


@dataclass(slots=True)
class Log:
    """A container's log files, oldest first; a record is (ns after the start, body, whether it ends its line)."""

    files: list[list[tuple[int, bytes, bool]]] = field(default_factory=lambda: [[]])

    def read(self, second: int | None) -> bytes:
        """Return what the kubelet sends of the newest file: filtered by record, so that a tail may come first."""
        sent, begins = b"", True
        for at, body, ends in self.files[-1]:
            if second is None or at >= (second - START) * SECOND:
                sent += (stamped(at, body) if begins else body) + (b"\n" if ends else b"")
            begins = ends
        return sent

    def lines(self) -> list[list[bytes]]:
        """Return the whole lines of each file, as they are sent when all is asked for."""
        return [Log([file]).read(None).split(b"\n")[:-1] for file in self.files]


# Stamps: often equal (CRI-O), often out of order by less than the slack, at times a pause; bodies: few, so that lines
# are alike.
STEPS = st.sampled_from([0, 0, 1, 10, -700_000_000, 700_000_001, SECOND, 3 * SECOND, 90 * SECOND])
BODIES = st.sampled_from([b"a", b"a", b"b", b"cc", b"", b"\xe2\x80\xa8\x85", b"2026 x"])


@st.composite
def records(draw: st.DrawFn) -> list[tuple[int, bytes, bool]]:
    """Draw the records of a file that is written in some disorder, with lines in up to two records."""
    now = 100 * SECOND
    made: list[tuple[int, bytes, bool]] = []
    for step, body, split in draw(
        st.lists(st.tuples(STEPS, BODIES, st.sampled_from([False, False, True])), max_size=30)
    ):
        newest = max((at for at, _, _ in made), default=now)
        now = max(now + step, newest - SECOND)
        # A line that steps back and is like another is taken for a file that is read again.
        unlike = b" %d" % len(made) if now < newest else b""
        if split:
            made.append((now, b"head ", False))
        made.append((now + split * 1_500_000_000, body + unlike, True))
    return made


def fed(cursor: Cursor, data: bytes, pieces: Sequence[int]) -> tuple[bytes, list[Loss]]:
    """Feed bytes in pieces of these sizes, then the rest."""
    text = b""
    losses: list[Loss] = []
    for size in (*pieces, len(data)):
        piece, data = data[:size], data[size:]
        told = cursor.feed(piece)
        text += told.text
        losses += told.losses
        if told.doubt:
            told = cursor.accept()
            text += told.text
            losses += told.losses
    return text, losses


CUTS = st.lists(st.tuples(st.integers(0, 400), st.lists(st.integers(0, 60), max_size=4)), max_size=8)


@given(records(), CUTS, st.data())
def test_every_line_once(
    made: list[tuple[int, bytes, bool]], cuts: list[tuple[int, list[int]]], data: st.DataObject
) -> None:
    """Whatever is cut where, and however much is written between, all lines come once and none is said to be lost."""
    cursor, told, lost = Cursor(None), b"", []
    written = 0
    for length, pieces in cuts:
        written = data.draw(st.integers(written, len(made)))
        sent = Log([made[:written]]).read(cursor.begin())[:length]
        text, losses = fed(cursor, sent, pieces)
        told += text
        lost += losses
    text, losses = fed(cursor, Log([made]).read(cursor.begin()), [])
    expected = b"".join(line + b"\n" for line in Log([made]).lines()[0])
    assert told + text == expected
    assert lost + losses == []


@given(records(), CUTS, st.integers(98, 110), st.data())
def test_nothing_from_before_the_start(
    made: list[tuple[int, bytes, bool]], cuts: list[tuple[int, list[int]]], start: int, data: st.DataObject
) -> None:
    """What was logged before the start is never asked for, not by the slack either, and so no line is said to be lost.

    Each resume begins at the start where the last line told is within the slack of it.
    """
    whole = [(at, b"%d" % number, True) for number, (at, _, _) in enumerate(made)]
    cursor, told, written = Cursor(START + start), b"", 0
    for length, pieces in [*cuts, (1 << 20, [])]:
        written = data.draw(st.integers(written, len(whole))) if length < 1 << 20 else len(whole)
        since = cursor.begin()
        assert since is not None
        assert since >= START + start
        text, losses = fed(cursor, Log([whole[:written]]).read(since)[:length], pieces)
        told += text
        assert losses == []
    assert told == Log([whole]).read(START + start)


@given(records(), st.integers(98, 110), st.integers(0, 500))
def test_a_log_that_was_told_to_its_end(made: list[tuple[int, bytes, bool]], start: int, cut: int) -> None:
    """The last line of a log shows that there is no more, unless it was cut short or is not the one told last."""
    log = Log([[record for record in made if record[2]]])
    cursor = Cursor(START + start)
    cursor.begin()
    fed(cursor, log.read(START + start), [])
    last = b"".join(line + b"\n" for line in log.lines()[0][-1:])
    assert not cursor.ends_with(last[:cut][:-1])
    if cursor.last is not None:
        assert cursor.ends_with(last) == log.read(START + start).endswith(last)
        assert not cursor.ends_with(stamped(500 * SECOND, b"new") + b"\n")
    else:
        assert cursor.ends_with(last) == bool(last)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=6), st.lists(st.integers(1, 9), min_size=6, max_size=6))
def test_rotation_while_away(cuts: list[int], sizes: list[int]) -> None:
    """A rotation during a break loses lines only where it is said, and doubles none."""
    cursor, told, losses = Cursor(None), b"", []
    log, at = Log([]), 0
    for size, cut in zip(sizes, [*cuts, *[9] * 6], strict=False):
        log.files.append([(at := at + 10_000_000, b"line %d" % number, True) for number in range(size)])
        sent = log.read(cursor.begin())
        lines = sent.split(b"\n")
        text, lost = fed(cursor, b"\n".join(lines[:cut])[: len(sent) - cut // 3] + b"\n" * (cut < len(lines)), [])
        told += text
        losses += lost
    came = told.split(b"\n")[:-1]
    assert len(set(came)) == len(came)
    text, lost = fed(cursor, log.read(cursor.begin()), [])
    came += text.split(b"\n")[:-1]
    losses += lost
    for line in (line for file in log.lines() for line in file):
        now = instant(line) or 0
        if line not in came and came and now > (instant(came[0]) or 0):
            assert any(loss.from_ns <= now <= loss.to_ns for loss in losses)


def test_file_read_again() -> None:
    """Two rotations while the follower is behind skip a file and repeat another: all is known or said to be lost."""
    first = [stamped(number, b"a") for number in range(5)]
    second = [stamped(10 + number, b"c") for number in range(5)]
    cursor = Cursor(None)
    cursor.begin()
    text, losses = fed(
        cursor, b"".join(line + b"\n" for line in [*first, *second, *second, stamped(20, b"d")]), [100, 300]
    )
    assert text == b"".join(line + b"\n" for line in [*first, *second, stamped(20, b"d")])
    (loss,) = losses
    assert loss.from_ns <= START * SECOND + 5
    assert loss.to_ns == START * SECOND + 10


def test_disorder_is_no_second_reading() -> None:
    """Stamps that run backwards are told as they come."""
    lines = [stamped(at, b"x%d" % at) for at in (0, 50, 20, 80, 70, 10)]
    cursor = Cursor(None)
    cursor.begin()
    text, losses = fed(cursor, b"".join(line + b"\n" for line in lines), [40, 1, 77])
    assert text.split(b"\n")[:-1] == lines
    assert losses == []


def test_half_lines_are_not_used() -> None:
    """A stream that ends inside a line, or before it has come to what was told, is torn."""
    cursor = Cursor(START)
    assert cursor.begin() == START
    assert cursor.feed(stamped(0, b"one") + b"\n2026-11-22T17:59:04.").text == stamped(0, b"one") + b"\n"
    assert cursor.torn
    assert cursor.begin() == START
    assert cursor.feed(b"").text == b""
    assert cursor.torn
    cursor.begin()
    assert cursor.feed(stamped(0, b"one") + b"\n").text == b""
    assert not cursor.torn


def test_forgotten_file() -> None:
    """What is known to be gone is not waited for."""
    cursor = Cursor(None)
    cursor.begin()
    cursor.feed(stamped(0, b"one") + b"\n")
    assert cursor.compare(cursor.expect(), stamped(1, b"two") + b"\n").match is LineupMatch.MISSING
    cursor.forget()
    cursor.begin()
    assert cursor.compare(cursor.expect(), b"").match is LineupMatch.FOUND
    assert cursor.feed(stamped(1, b"two") + b"\n").losses == ()


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b"2025-11-22T10:00:00.000000001Z x", START * SECOND + 1),
        (b"2025-11-22T12:00:00.5+02:00 x", START * SECOND + 500_000_000),
        (b"2025-11-22T10:00:00Z", START * SECOND),
        (b"tail of a line", None),
        (b"2025-13-22T10:00:00Z x", None),
        (b"2025-11-22T10:00:00.Z x", None),
    ],
)
def test_stamps(line: bytes, at: int | None) -> None:
    """Any zone and number of digits is an instant; what is none is a tail."""
    assert instant(line) == at


def test_old_lines_are_known_by_their_hashes() -> None:
    """A file that is read again is known for a minute, however much was told since."""
    cursor = Cursor(None)
    cursor.begin()
    lines = [stamped(number * 10_000_000, b"%d " % number + b"x" * 1000) for number in range(4000)]
    for start in range(0, 4000, 100):
        cursor.feed(b"".join(line + b"\n" for line in lines[start : start + 100]))
    told = cursor.feed(b"".join(line + b"\n" for line in [*lines[500:], stamped(50 * SECOND, b"new")]))
    assert told.text == stamped(50 * SECOND, b"new") + b"\n"
    assert [loss.reason for loss in told.losses] == ["rotated log, read again"]
