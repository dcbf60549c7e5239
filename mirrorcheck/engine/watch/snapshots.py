"""Looks come in; the `Snapshot` of the mirror goes out, as screens, plain lines and events show it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mirrorcheck.engine.decided import Decided
from mirrorcheck.engine.look import Evicted, Look
from mirrorcheck.engine.snapshot import Bin, ClassCounts, Snapshot, StreamHealth, StreamStatus, WindowRatio
from mirrorcheck.engine.stream_state import StreamState as Stream
from mirrorcheck.engine.watch.events import EventFinder
from mirrorcheck.engine.watch.silence import find_silence
from mirrorcheck.outcomes.settle import Settled
from mirrorcheck.pairing import Outcome
from mirrorcheck.report.model import Phase
from mirrorcheck.sources.feed import ENDLESS_US
from mirrorcheck.totals import rule_absent as rule_off
from mirrorcheck.totals import rule_effects
from mirrorcheck.totals import totals as summary
from mirrorcheck.totals import verdict as findings

RECENT_S = 60
_SECOND_US = 1_000_000
_IDLE_US = 10 * _SECOND_US
_RATE_S = 10  # seconds over which lines per second are counted
_STATES: tuple[StreamStatus, ...] = ("ended", "stuck", "broken", "idle", "reading")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is watched, as its user named it."""

    service: str
    namespace: str
    expect: float | None


class Snapshots:
    """Makes one Snapshot after the other; remembers what was told, and how many lines each stream had lately."""

    def __init__(self, subject: Subject, started_us: int) -> None:
        self._subject, self._started_us = subject, started_us
        self._chronicle = EventFinder(subject.expect)
        self._lines: dict[str, list[tuple[int, int]]] = {}  # stream -> (instant, lines so far)

    def take(self, found: Look, so_far: Decided, now_us: int) -> Snapshot:
        """What is known now."""
        settled, originals = so_far.settled, so_far.originals
        self._chronicle.note(found, so_far)
        phases = summary.cut(originals, settled, found.watermarks.horizon_us, rule_off.cuts_us(found.watched))
        open_ratio = findings.ratio_range(settled, findings.missed_range(settled))
        verdict = findings.verdict(
            originals,
            phases,
            summary.originals_of(settled),
            summary.shadow_lines_of(settled),
            open_ratio,
            findings.copying(settled),
        )
        rule = found.watched.rules[-1] if found.watched.rules else None
        expect = self._subject.expect if self._subject.expect is not None or rule is None else rule.expect
        one_phase = len(phases) <= 1
        delay = summary.offset(settled)
        silence = find_silence(so_far, found.watermarks, expect)
        until_us = min(found.watermarks.originals_us, found.watermarks.seen_us)
        return Snapshot(
            now_us=now_us,
            started_us=self._started_us,
            service=self._subject.service,
            namespace=self._subject.namespace,
            rule=rule.text if rule else "",
            expect=expect,
            problems=_problems(found, originals, expected=self._subject.expect is not None),
            verdict=verdict.word if len(originals.row) else "WAITING",
            watermark_us=until_us if len(originals.row) else None,
            recent_s=RECENT_S,
            recent=_recent(originals, phases, until_us),
            overall=_overall(originals, found.past, one_phase=one_phase),
            totals=_totals(found, so_far),
            delay_ms=delay.median_ms if delay else None,
            delay_p99_ms=delay.p99_ms if delay else None,
            bins=tuple(
                Bin(summary.micros(each.from_), summary.micros(each.to), each.paired, each.missed)
                for each in summary.timeline(originals)
            ),
            events=self._chronicle.events(),
            streams=self._streams(found, now_us),
            silence=silence,
            silence_uncertain=silence is None and _seems_silent(found, so_far, expect),
            proxies=tuple(proxy.address for proxy in summary.proxies(settled)),
            no_sight=found.no_sight,
        )

    def _streams(self, found: Look, now_us: int) -> tuple[StreamHealth, ...]:
        gaps: dict[str, int] = {}
        for gap in found.watched.gaps:
            gaps[gap.stream] = gaps.get(gap.stream, 0) + 1
        streams = [self._stream(stream, gaps.get(stream.reading.opened.stream, 0), now_us) for stream in found.states]
        return tuple(sorted(streams, key=lambda state: (state.side != "primary", state.side != "shadow", state.pod)))

    def _stream(self, stream: Stream, gaps: int, now_us: int) -> StreamHealth:
        opened, lines = stream.reading.opened, stream.reading.counts.read
        history = self._lines.setdefault(opened.stream, [])
        history.append((now_us, lines))
        while now_us - history[0][0] > _RATE_S * _SECOND_US and len(history) > 1:
            history.pop(0)
        seconds = (now_us - history[0][0]) / _SECOND_US
        last_us = stream.reading.last_us or opened.from_us
        signs = (stream.closed, stream.silent, stream.broken, now_us - last_us > _IDLE_US, True)
        return StreamHealth(
            pod=opened.pod,
            container=opened.container,
            side=stream.side,
            lines=lines,
            lines_per_s=(lines - history[0][1]) / seconds if seconds else 0.0,
            lag_us=0 if stream.closed else max(0, now_us - stream.watermark_us),
            reconnects=stream.reconnects,
            gaps=gaps + stream.silent,
            state=_STATES[signs.index(True)],
        )


def _seems_silent(found: Look, so_far: Decided, expect: float | None) -> bool:
    """Whether copies have stopped if the rule is still what it was."""
    return find_silence(so_far, replace(found.watermarks, rule_us=ENDLESS_US), expect) is not None


def _problems(found: Look, originals: summary.DecidedOriginals, *, expected: bool) -> tuple[str, ...]:
    """What stands in the way of what was asked for, the most weighty first."""
    asked = tuple(each for each in (found.unlogged.meanwhile if found.unlogged else "", found.rule_unknown) if each)
    effects = () if found.settled.open else rule_effects.problems(found.watched, originals, expected=expected)
    return (*asked, *effects, *(found.watched.rules[-1].problems if found.watched.rules else ()))


def _recent(originals: summary.DecidedOriginals, phases: Sequence[Phase], until_us: int) -> WindowRatio:
    """The ratio of the window that ends where originals are decided; without an interval where it mixes phases."""
    first = int(np.searchsorted(originals.logged_us, until_us - RECENT_S * _SECOND_US))
    paired, count = int(originals.paired[first:].sum()), len(originals.paired) - first
    ratio = summary.ratio(paired, count - paired, one_phase=not phases or count <= phases[-1].originals)
    return WindowRatio(ratio.value, ratio.low, ratio.high, ratio.paired, ratio.missed)


def _overall(originals: summary.DecidedOriginals, past: Evicted, *, one_phase: bool) -> WindowRatio:
    """The ratio since the start; without an interval where phases are mixed, or may be in what was let go."""
    paired = int(originals.paired.sum())
    ratio = summary.ratio(
        past.paired + paired,
        past.missed + len(originals.paired) - paired,
        one_phase=one_phase and past == Evicted(),
    )
    return WindowRatio(ratio.value, ratio.low, ratio.high, ratio.paired, ratio.missed)


def _totals(found: Look, so_far: Decided) -> ClassCounts:
    settled: Settled = so_far.settled
    past = found.past

    def originals(outcome: Outcome) -> int:
        return settled.originals(outcome) + past.originals[outcome]

    def shadow(outcome: Outcome) -> int:
        return settled.shadow_lines(outcome) + past.shadow[outcome]

    pending, waiting = int(so_far.pending.sum()), int(so_far.waiting.sum())
    counts = [stream.reading.counts for stream in found.states]
    return ClassCounts(
        originals=settled.primary.table.height + sum(past.originals),
        paired=originals(Outcome.PAIRED),
        missed=originals(Outcome.MISSED),
        retry=originals(Outcome.RETRY),
        pending=pending,
        unobserved=originals(Outcome.UNOBSERVED) - pending,
        excluded=originals(Outcome.EXCLUDED),
        shadow=settled.shadow.table.height + sum(past.shadow),
        shadow_paired=shadow(Outcome.PAIRED),
        orphan=shadow(Outcome.ORPHAN),
        duplicate=shadow(Outcome.DUPLICATE),
        direct=shadow(Outcome.DIRECT),
        shadow_waiting=waiting,
        shadow_unobserved=shadow(Outcome.UNOBSERVED) - waiting,
        shadow_excluded=shadow(Outcome.EXCLUDED),
        foreign=sum(count.foreign for count in counts),
        unparsed=sum(count.unparsed for count in counts),
    )
