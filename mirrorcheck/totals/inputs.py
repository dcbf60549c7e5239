"""Says what was read of each side, and what was left out on purpose."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Self

from mirrorcheck.outcomes.settle import JudgedSpan
from mirrorcheck.outcomes.sides.model import Part, SideLines
from mirrorcheck.pairing.clock import SECOND_US
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.report import model as report
from mirrorcheck.settings import Settings
from mirrorcheck.totals.timeline import moment

_SAMPLES = 20  # lines shown of a side
_NO_LINES = "no lines"


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last stamp of some lines, UTC microseconds; None without any."""

    first_us: int | None = None
    last_us: int | None = None

    @classmethod
    def of(cls, side: SideLines) -> Self:
        """Of the lines of a side."""
        times_us = side.table["time_us"].to_numpy()
        return cls(int(times_us.min()), int(times_us.max())) if len(times_us) else cls()

    def __add__(self, other: Self) -> Self:
        firsts, lasts = (
            [at for at in each if at is not None] for each in zip(astuple(self), astuple(other), strict=True)
        )
        return type(self)(min(firsts, default=None), max(lasts, default=None))


def side_report(parts: Sequence[Part], span: Span, label: str) -> report.SideReport:
    """Describe what was read of a side."""
    formats = [part.stream.format for part in parts if part.stream.format]
    files = tuple(report.FileReport(_file(part), _format(part), line_counts(part.counts)) for part in parts)
    unparsed = [(_file(part), sample) for part in parts for sample in part.samples]
    foreign = [(_file(part), sample) for part in parts for sample in part.foreign_samples]
    return report.SideReport(
        label=label,
        files=files,
        format=" + ".join(dict.fromkeys(file.format for file in files)) or _NO_LINES,
        lines=line_counts(sum((part.counts for part in parts), Counts())),
        pods=tuple(dict.fromkeys(pod for part in parts for pod in part.pods)),
        first=None if span.first_us is None else moment(span.first_us),
        last=None if span.last_us is None else moment(span.last_us),
        resolution_ms=max((each.resolution_us for each in formats), default=0) / 1000,
        unparsed_samples=tuple(
            report.UnparsedSample(file, sample.line, sample.reason, _text(sample.text))
            for file, sample in unparsed[:_SAMPLES]
        ),
        notes=tuple(dict.fromkeys(note for each in formats for note in each.notes)),
        foreign_samples=tuple(
            report.ForeignSample(file, sample.line, _text(sample.text)) for file, sample in foreign[:_SAMPLES]
        ),
    )


def line_counts(counts: Counts) -> report.LineCounts:
    """The counts under their names in the report."""
    return report.LineCounts(
        counts.read,
        counts.parsed,
        counts.foreign,
        counts.unparsed,
        counts.rejoined,
        counts.repeated,
        counts.unproven,
    )


def filters(span: JudgedSpan, settings: Settings) -> report.Filters:
    """What options left out; span: the time that was judged."""
    return report.Filters(
        exclude_agents=settings.exclude_agents,
        exclude_paths=settings.exclude_path,
        since=moment(span.since_us) if settings.since is not None else None,
        until=moment(span.until_us) if settings.until is not None else None,
        overlap=settings.overlap,
        horizon_s=settings.horizon_us / SECOND_US,
        presumed_retries=settings.presumed_retries,
        only_paths=settings.only_path,
    )


def _file(part: Part) -> str:
    return part.stream.source.name


def _format(part: Part) -> str:
    return part.stream.format.name if part.stream.format else _NO_LINES


def _text(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")
