"""Makes the `Snapshot` of each look, for screens, plain lines and events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mirrorcheck.engine.decided import Decided
from mirrorcheck.engine.look import Look
from mirrorcheck.engine.snapshot import Bin, ClassCounts, Snapshot, StreamHealth, StreamStatus
from mirrorcheck.engine.stream_state import StreamState
from mirrorcheck.engine.watch.events import EventFinder
from mirrorcheck.engine.watch.silence import find_silence
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.report.model import Phase, Ratio
from mirrorcheck.sources.feed import ENDLESS_US
from mirrorcheck.totals import rule_absent, rule_effects, timeline
from mirrorcheck.totals import verdict as findings
from mirrorcheck.totals.doubts import Doubts
from mirrorcheck.totals.history import History
from mirrorcheck.totals.partition import Partition
from mirrorcheck.totals.proxies import ProxyCounts
from mirrorcheck.totals.quantiles import Quantiles
from mirrorcheck.totals.totals import Totals

RECENT_S = 60
_IDLE_US = 10 * SECOND_US
_RATE_S = 10  # seconds over which lines per second are counted
_STATES: tuple[StreamStatus, ...] = ("ended", "stuck", "broken", "idle", "reading")


@dataclass(frozen=True, slots=True)
class Subject:
    """The watched service, as the user named it; shadow: which of several is watched, empty where there is one."""

    service: str
    namespace: str
    expect: float | None
    shadow: str = ""


class Snapshots:
    """Makes one Snapshot after another; remembers the events, and the recent line counts of each stream."""

    def __init__(self, subject: Subject, started_us: int) -> None:
        self._subject, self._started_us = subject, started_us
        self._events = EventFinder(subject.expect)
        self._lines: dict[str, list[tuple[int, int]]] = {}  # stream -> (instant, lines so far)

    def take(self, look: Look, decided: Decided, now_us: int) -> Snapshot:
        """The snapshot of a look."""
        settled, history = decided.settled, decided.history
        self._events.note(look, decided)
        known = _Known.of(settled, look.ledger.totals)
        partition, doubts = known.partition, known.doubts
        phases = timeline.cut(
            history,
            look.watermarks.horizon_us,
            rule_absent.cuts_us(look.facts),
            open_which=doubts.open_which,
        )
        verdict = findings.verdict(
            history,
            phases,
            partition.originals_report(),
            partition.shadow_report(),
            findings.ratio_range(partition, findings.missed_range(doubts, partition, settled.shadow.parts)),
            findings.copying(doubts.copied),
        )
        rule = look.facts.rules[-1] if look.facts.rules else None
        expect = self._subject.expect if self._subject.expect is not None or rule is None else rule.expect
        one_phase = len(phases) <= 1
        delay = None if doubts.open else timeline.offset(known.delay_us)
        silence = find_silence(decided, look.watermarks, expect)
        unless_changed = replace(look.watermarks, rule_us=ENDLESS_US)  # provided that the rule has not changed
        until_us = min(look.watermarks.originals_us, look.watermarks.seen_us)
        return Snapshot(
            now_us=now_us,
            started_us=self._started_us,
            service=self._subject.service,
            namespace=self._subject.namespace,
            rule=rule.text if rule else "",
            expect=expect,
            problems=_problems(look, history, expected=self._subject.expect is not None),
            verdict=verdict.word if len(history) else "WAITING",
            watermark_us=until_us if len(history) else None,
            recent_s=RECENT_S,
            recent=_recent(history, phases, until_us),
            overall=timeline.ratio(partition.paired, partition.missed, one_phase=one_phase),
            totals=_totals(look, decided, partition),
            delay_ms=delay.median_ms if delay else None,
            delay_p99_ms=delay.p99_ms if delay else None,
            bins=tuple(
                Bin(timeline.micros(each.from_), timeline.micros(each.to), each.paired, each.missed)
                for each in timeline.bins(history)
            ),
            events=self._events.events(),
            streams=self._streams(look, now_us),
            silence=silence,
            silence_uncertain=silence is None and find_silence(decided, unless_changed, expect) is not None,
            proxies=tuple(proxy.address for proxy in known.proxies.proxies(settled.shadow.parts)),
            no_sight=look.no_sight,
            shadow=self._subject.shadow,
        )

    def _streams(self, look: Look, now_us: int) -> tuple[StreamHealth, ...]:
        gaps: dict[str, int] = {}
        for gap in look.facts.gaps:
            gaps[gap.stream] = gaps.get(gap.stream, 0) + 1
        streams = [self._stream(stream, gaps.get(stream.reading.opened.stream, 0), now_us) for stream in look.states]
        return tuple(sorted(streams, key=lambda state: (state.side != "primary", state.side != "shadow", state.pod)))

    def _stream(self, stream: StreamState, gaps: int, now_us: int) -> StreamHealth:
        opened, lines = stream.reading.opened, stream.reading.counts.read
        history = self._lines.setdefault(opened.stream, [])
        history.append((now_us, lines))
        while now_us - history[0][0] > _RATE_S * SECOND_US and len(history) > 1:
            history.pop(0)
        seconds = (now_us - history[0][0]) / SECOND_US
        last_us = stream.reading.last_us or opened.from_us
        flags = (stream.closed, stream.silent, stream.broken, now_us - last_us > _IDLE_US, True)
        return StreamHealth(
            pod=opened.pod,
            container=opened.container,
            side=stream.side,
            lines=lines,
            lines_per_s=(lines - history[0][1]) / seconds if seconds else 0.0,
            lag_us=0 if stream.closed else max(0, now_us - stream.watermark_us),
            reconnects=stream.reconnects,
            gaps=gaps + stream.silent,
            state=_STATES[flags.index(True)],
        )


def _problems(look: Look, history: History, *, expected: bool) -> tuple[str, ...]:
    """Options that no log can serve, then problems of the rule."""
    asked = tuple(each for each in (look.unlogged.meanwhile if look.unlogged else "", look.rule_unknown) if each)
    effects = () if look.settled.open else rule_effects.problems(look.facts, history, expected=expected)
    return (*asked, *effects, *(look.facts.rules[-1].problems if look.facts.rules else ()))


def _recent(history: History, phases: Sequence[Phase], until_us: int) -> Ratio:
    """The ratio of the window that ends at the watermark; without an interval if it mixes phases."""
    first = int(np.searchsorted(history.from_us, until_us - RECENT_S * SECOND_US))
    recent = history.part(slice(first, len(history)))
    return timeline.ratio(recent.hits, recent.missed, one_phase=not phases or recent.total <= phases[-1].originals)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """The part of the totals that a screen shows."""

    partition: Partition
    doubts: Doubts
    delay_us: Quantiles
    proxies: ProxyCounts

    @classmethod
    def of(cls, settled: Settled, earlier: Totals | None) -> Self:
        """Of the lines that are held, and of those that are not any more."""
        held = cls(Partition.of(settled), Doubts.of(settled), Quantiles(settled.delay_us), ProxyCounts.of(settled))
        if earlier is None:
            return held
        return cls(
            earlier.partition + held.partition,
            earlier.doubts + held.doubts,
            earlier.delay_us + held.delay_us,
            earlier.proxies + held.proxies,
        )


def _totals(look: Look, decided: Decided, partition: Partition) -> ClassCounts:
    originals, shadow = partition.originals, partition.shadow
    pending, waiting = int(decided.pending.sum()), int(decided.waiting.sum())
    counts = [stream.reading.counts for stream in look.states]
    return ClassCounts(
        originals=sum(originals),
        paired=originals[Outcome.PAIRED],
        missed=originals[Outcome.MISSED],
        retry=originals[Outcome.RETRY],
        pending=pending,
        unobserved=originals[Outcome.UNOBSERVED] - pending,
        excluded=originals[Outcome.EXCLUDED],
        shadow=sum(shadow),
        shadow_paired=shadow[Outcome.PAIRED],
        orphan=shadow[Outcome.ORPHAN],
        duplicate=shadow[Outcome.DUPLICATE],
        direct=shadow[Outcome.DIRECT],
        shadow_waiting=waiting,
        shadow_unobserved=shadow[Outcome.UNOBSERVED] - waiting,
        shadow_excluded=shadow[Outcome.EXCLUDED],
        foreign=sum(count.foreign for count in counts),
        unparsed=sum(count.unparsed for count in counts),
    )
