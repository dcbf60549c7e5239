"""What was told of each stream comes in; which of them cannot be read now, and how much of a watching was read, go out.

A stream that is read proves every few seconds that it has told all. What is not read is a gap from the last thing that
was proved, whether its end comes or not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self, TypeGuard

from mirrorcheck.engine.snapshot import NoSight, Trouble
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.report.model import Sight
from mirrorcheck.sources.feed import ENDLESS_US, SIDES, Gap, Listing, RuleKnown, Side
from mirrorcheck.totals.totals import moment

BROKEN_US = 3 * SECOND_US  # a connection that is lost is back sooner, as a rule
LATE_US = 15 * SECOND_US  # with very many streams, the proofs of an idle one are up to so far apart
_SHOWN = 3

Span = tuple[int, int]
"""From an instant to another, UTC microseconds."""


def is_followed(state: StreamState) -> bool:
    """Whether it is a pod's stream that may tell more of a side: it is not over, and not left by the rule.

    What is piped in proves nothing, and may well be idle.
    """
    return state.reading.opened.side is not None and any(state.complete_us(side) < ENDLESS_US for side in SIDES)


def is_blind(state: StreamState, now_us: int) -> bool:
    """Whether a pod's stream cannot be read now."""
    return is_followed(state) and now_us - state.watermark_us > (BROKEN_US if state.broken else LATE_US)


def no_sight(states: Sequence[StreamState], listings: Iterable[Listing], now_us: int) -> NoSight | None:
    """What cannot be read now; None where everything can."""
    open_ = [state for state in states if is_followed(state)]
    blind = [state for state in open_ if is_blind(state, now_us)]
    unlisted = [each for each in listings if each.reason]
    if not blind and not unlisted:
        return None
    since = [*(state.watermark_us for state in blind), *(each.through_us for each in unlisted)]
    return NoSight(len(blind), len(open_), min(since), bool(unlisted), _troubles(blind, unlisted))


def unread(states: Iterable[StreamState], listings: Iterable[Listing], now_us: int, lost: str = "") -> list[Gap]:
    """The gaps that last: from the last thing that was proved up to now. lost: why it is all streams, if it is."""
    of_streams = [
        state.gap_from_here(_lasting(lost or state.trouble), max(now_us, state.watermark_us))
        for state in states
        if is_blind(state, now_us) or (lost and is_followed(state))
    ]
    return [*of_streams, *of_pods(listings, now_us)]


def of_pods(listings: Iterable[Listing], until_us: int) -> list[Gap]:
    """The gaps that last of pods that nobody could know of."""
    return [
        Gap("", "", "", each.through_us, max(until_us, each.through_us), f"no list of pods: {brief(each.reason)}")
        for each in listings
        if each.reason
    ]


def of_rule(known: RuleKnown | None, now_us: int) -> list[Gap]:
    """The gap of the time for which nobody knows the rule: any pod may have been of either side, or of none."""
    if not _is_lost(known, now_us):
        return []
    return [Gap("", "", "", known.through_us, now_us, f"the mirror rule is not known: {_why(known)}")]


def rule_unknown(known: RuleKnown | None, now_us: int) -> str:
    """Why the rule is not known now, in words; empty where it is."""
    if not _is_lost(known, now_us):
        return ""
    since = f"{moment(known.through_us):%H:%M:%S}"
    return f"the mirror rule is not known since {since}, so that no miss is an alarm: {_why(known)}"


def _is_lost(known: RuleKnown | None, now_us: int) -> TypeGuard[RuleKnown]:
    return known is not None and now_us - known.through_us > LATE_US


def _why(known: RuleKnown) -> str:
    return brief(known.reason) or "nothing is heard of it"


def _lasting(why: str) -> str:
    return f"no sight: {brief(why)}"


def brief(why: str) -> str:
    """What went wrong without the way out that an error's message ends with."""
    return why.partition(". ")[0]


def _troubles(blind: Iterable[StreamState], unlisted: Iterable[Listing]) -> tuple[Trouble, ...]:
    found: dict[str, Trouble] = {}
    of_streams = ((brief(state.trouble), 1, state.tries * state.broken) for state in blind)
    for why, streams, tries in chain(of_streams, ((brief(each.reason), 0, 0) for each in unlisted)):
        before = found.get(why, Trouble(why, 0, 0))
        found[why] = Trouble(why, before.streams + streams, max(before.tries, tries))
    return tuple(sorted(found.values(), key=lambda each: -each.streams)[:_SHOWN])


def sight(states: Sequence[StreamState], gaps: Sequence[Gap], ended_us: int | None) -> Sight | None:
    """How much of a watching was read, None where no pod was followed.

    ended_us: when it ended, None where nobody told: then it is the last instant that anything was told of.
    """
    followed = [state for state in states if state.reading.opened.side is not None]
    if not followed:
        return None
    begun_us = min(state.reading.opened.from_us for state in followed)
    ends_us = [gap.to_us for gap in gaps if gap.to_us < ENDLESS_US]
    end_us = ended_us or max([begun_us, *map(_told_us, followed), *ends_us])
    primary, shadow = (_Lived.of(followed, side, gaps, end_us) for side in SIDES)
    return Sight(
        moment(begun_us),
        moment(max(begun_us, end_us)),
        len(followed),
        primary.seconds,
        primary.unread_s,
        shadow.seconds,
        shadow.unread_s,
        primary.lines_unread,
        shadow.lines_unread,
    )


@dataclass(frozen=True, slots=True)
class _Lived:
    """How long each stream of a side lived, how much of that lies in gaps, and how many lines were read of it."""

    us: tuple[int, ...]
    unread_us: tuple[int, ...]
    lines: tuple[int, ...]

    @classmethod
    def of(cls, states: Sequence[StreamState], side: Side, gaps: Sequence[Gap], end_us: int) -> Self:
        """Of all streams, in their order."""
        spans = [list(_on_side(state, side, gaps, end_us)) for state in states]
        us = tuple(sum(lived for lived, _ in each) for each in spans)
        unread_us = tuple(sum(unread for _, unread in each) for each in spans)
        return cls(us, unread_us, tuple(state.reading.counts.parsed for state in states))

    @property
    def seconds(self) -> float:
        """How long all lived together."""
        return sum(self.us) / SECOND_US

    @property
    def unread_s(self) -> float:
        """How much of that lies in gaps."""
        return sum(self.unread_us) / SECOND_US

    @property
    def lines_unread(self) -> float:
        """The share of the lines that lie in the gaps, 0 to 1, if each stream went on there as it did elsewhere.

        One that was hardly read is taken for as busy as the busiest: a pod that nobody sees may well be.
        """
        paces = [
            lines / (us - unread) if us - unread >= SECOND_US else None
            for us, unread, lines in zip(self.us, self.unread_us, self.lines, strict=True)
        ]
        busiest = max((pace for pace in paces if pace is not None), default=0.0)
        lost = sum(
            (busiest if pace is None else pace) * unread for pace, unread in zip(paces, self.unread_us, strict=True)
        )
        read = sum(lines for lines, us in zip(self.lines, self.us, strict=True) if us)
        return lost / (lost + read) if lost else 0.0


def _on_side(state: StreamState, side: Side, gaps: Iterable[Gap], end_us: int) -> Iterator[tuple[int, int]]:
    """How long each of a stream's spans on a side is, and how much of it lies in gaps."""
    found = [gap for gap in gaps if gap.stream in {"", state.reading.opened.stream}]
    # Around a change of its side a pod's lines are in no count: they may as well not have been read.
    for within in state.spans.clipped(side, *_life(state, found, end_us)):
        yield within[1] - within[0], _covered(((gap.from_us, gap.to_us) for gap in found), within)


def _life(state: StreamState, gaps: Iterable[Gap], end_us: int) -> Span:
    """A stream's life as far as it was watched: one that is over ended with the last thing told of it."""
    from_us = min(state.reading.opened.from_us, end_us)
    if not state.closed:
        return from_us, end_us
    lost_us = [gap.to_us for gap in gaps if gap.stream]
    return from_us, min(end_us, max([from_us, _told_us(state), *lost_us]))


def _told_us(state: StreamState) -> int:
    return max(state.reading.opened.from_us, state.reading.last_us or 0, state.proof_us)


def _covered(spans: Iterable[Span], within: Span) -> int:
    """How much of a span others cover together, in us."""
    covered, reached_us = 0, within[0]
    for from_us, to_us in sorted(spans):
        upto_us = min(to_us, within[1])
        covered += max(0, upto_us - max(from_us, reached_us))
        reached_us = max(reached_us, upto_us)
    return covered
