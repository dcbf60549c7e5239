"""Which streams cannot be read now, and how much was read of a whole watching.

A stream that is read proves every few seconds that nothing is missing. One that is not has a gap from the last proof
on, whether the gap ends or not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self, TypeGuard

from mirrorcheck.engine import constants
from mirrorcheck.engine.snapshot import NoSight, Trouble
from mirrorcheck.engine.spans import covered_us
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.report.model import Sight
from mirrorcheck.sources.feed import ENDLESS_US, SIDES, Gap, Listing, RuleKnown, Side
from mirrorcheck.totals.rule_absent import Stretch
from mirrorcheck.totals.timeline import moment

_SHOWN = 3


def is_followed(state: StreamState) -> bool:
    """Whether more lines for a side may come from a pod's stream: it is not closed, and the rule still names it.

    What is piped in proves nothing, and may be idle.
    """
    return state.reading.opened.side is not None and any(state.complete_us(side) < ENDLESS_US for side in SIDES)


def is_blind(state: StreamState, now_us: int) -> bool:
    """Whether a pod's stream cannot be read now."""
    return is_followed(state) and now_us - state.watermark_us > (
        constants.BROKEN_US if state.broken else constants.LATE_US
    )


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
    """The open gaps, from the last proof up to now. lost: why nothing at all could be read, if so."""
    of_streams = [
        state.gap_from_here(f"no sight: {brief(lost or state.trouble)}", max(now_us, state.watermark_us))
        for state in states
        if is_blind(state, now_us) or (lost and is_followed(state))
    ]
    return [*of_streams, *of_pods(listings, now_us)]


def of_pods(listings: Iterable[Listing], until_us: int) -> list[Gap]:
    """The open gaps in which new pods could not be seen."""
    return [
        Gap("", "", "", each.through_us, max(until_us, each.through_us), f"no list of pods: {brief(each.reason)}")
        for each in listings
        if each.reason
    ]


def of_rule(known: RuleKnown | None, now_us: int) -> list[Gap]:
    """The open gap in which the rule is unknown: any pod may have been on either side, or on none."""
    if not _is_lost(known, now_us):
        return []
    return [Gap("", "", "", known.through_us, now_us, f"the mirror rule is not known: {_why(known)}")]


def rule_unknown(known: RuleKnown | None, now_us: int) -> str:
    """Why the rule is unknown now, in words; empty if it is known."""
    if not _is_lost(known, now_us):
        return ""
    since = f"{moment(known.through_us):%H:%M:%S}"
    return f"the mirror rule is not known since {since}, so that no miss is an alarm: {_why(known)}"


def _is_lost(known: RuleKnown | None, now_us: int) -> TypeGuard[RuleKnown]:
    return known is not None and now_us - known.through_us > constants.LATE_US


def _why(known: RuleKnown) -> str:
    return brief(known.reason) or "nothing is heard of it"


def brief(why: str) -> str:
    """An error's message without the remedy at its end."""
    return why.partition(". ")[0]


def _troubles(blind: Iterable[StreamState], unlisted: Iterable[Listing]) -> tuple[Trouble, ...]:
    found: dict[str, Trouble] = {}
    of_streams = ((brief(state.trouble), 1, state.tries * state.broken) for state in blind)
    for why, streams, tries in chain(of_streams, ((brief(each.reason), 0, 0) for each in unlisted)):
        before = found.get(why, Trouble(why, 0, 0))
        found[why] = Trouble(why, before.streams + streams, max(before.tries, tries))
    return tuple(sorted(found.values(), key=lambda each: -each.streams)[:_SHOWN])


def sight(states: Sequence[StreamState], gaps: Sequence[Gap], ended_us: int | None) -> Sight | None:
    """How much of a watching was read, None if no pod was followed.

    ended_us: when it ended; None if unknown, and then the last instant that anything is known of counts.
    """
    followed = [state for state in states if state.reading.opened.side is not None]
    if not followed:
        return None
    begun_us = min(state.reading.opened.from_us for state in followed)
    ends_us = [gap.to_us for gap in gaps if gap.to_us < ENDLESS_US]
    end_us = ended_us or max([begun_us, *(state.known_us for state in followed), *ends_us])
    primary, shadow = (_TimesRead.of(followed, side, gaps, end_us) for side in SIDES)
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
class _TimesRead:
    """By stream of a side: how long it was on it, how much of that lies in gaps (us), and the lines read of it."""

    us: tuple[int, ...]
    unread_us: tuple[int, ...]
    lines: tuple[int, ...]

    @classmethod
    def of(cls, states: Sequence[StreamState], side: Side, gaps: Sequence[Gap], end_us: int) -> Self:
        """Of all streams, in their order."""
        spans = [list(_on_side(state, side, gaps, end_us)) for state in states]
        us = tuple(sum(length for length, _ in each) for each in spans)
        unread_us = tuple(sum(unread for _, unread in each) for each in spans)
        return cls(us, unread_us, tuple(state.reading.counts.parsed for state in states))

    @property
    def seconds(self) -> float:
        """The time of all streams together."""
        return sum(self.us) / SECOND_US

    @property
    def unread_s(self) -> float:
        """The part of it in gaps."""
        return sum(self.unread_us) / SECOND_US

    @property
    def lines_unread(self) -> float:
        """The share of the lines in the gaps, 0 to 1, if each stream logged there at the same rate as elsewhere.

        One that was hardly read counts as busy as the busiest, since an unseen pod may be.
        """
        rates = [
            lines / (us - unread) if us - unread >= SECOND_US else None
            for us, unread, lines in zip(self.us, self.unread_us, self.lines, strict=True)
        ]
        busiest = max((rate for rate in rates if rate is not None), default=0.0)
        lost = sum(
            (busiest if rate is None else rate) * unread for rate, unread in zip(rates, self.unread_us, strict=True)
        )
        read = sum(lines for lines, us in zip(self.lines, self.us, strict=True) if us)
        return lost / (lost + read) if lost else 0.0


def _on_side(state: StreamState, side: Side, gaps: Iterable[Gap], end_us: int) -> Iterator[tuple[int, int]]:
    """The length of each of a stream's spans on a side, and how much of it lies in gaps."""
    found = [gap for gap in gaps if gap.stream in {"", state.reading.opened.stream}]
    # Around a change of its side a pod's lines are in no count: they may as well not have been read.
    for within in state.spans.clipped(side, *_watched(state, found, end_us)):
        yield within[1] - within[0], covered_us(((gap.from_us, gap.to_us) for gap in found), within)


def _watched(state: StreamState, gaps: Iterable[Gap], end_us: int) -> Stretch:
    """The time in which a stream was watched; a closed one ended with the last thing known of it."""
    from_us = min(state.reading.opened.from_us, end_us)
    if not state.closed:
        return from_us, end_us
    lost_us = [gap.to_us for gap in gaps if gap.stream]
    return from_us, min(end_us, max([from_us, state.known_us, *lost_us]))
