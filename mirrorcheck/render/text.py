"""Formats values of a report (log text, counts, ratios, moments) as short, harmless text."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.cells import cell_len, get_character_cell_size

from mirrorcheck.render.visible import speaks_utf, visible
from mirrorcheck.report.model import Ratio

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SECOND_MS = 1000.0
_FINE_MS = 10.0
_MAX_DECIMALS = 8


def cut(text: str, width: int, encoding: str = "utf-8") -> str:
    """Return `text`, escaped as by `visible` and with its middle left out where it takes more than `width` cells."""
    if len(text) > 2 * width > 0:
        # A character takes a cell at least: what lies further in cannot be seen, and lines have up to 1 MiB.
        text = text[:width] + text[-width:]
        must_cut = True
    else:
        must_cut = False
    text = visible(text, encoding)
    if not must_cut and cell_len(text) <= width:
        return text
    mark = "…" if speaks_utf(encoding) else "..."
    room = max(width - len(mark), 0)
    tail = _within(reversed(text), room // 2)
    return (_within(text, room - room // 2) + mark + tail[::-1])[: max(width, 0)]


def _within(chars: Iterable[str], cells: int) -> str:
    taken: list[str] = []
    for char in chars:
        cells -= get_character_cell_size(char)
        if cells < 0:
            break
        taken.append(char)
    return "".join(taken)


def number(count: float) -> str:
    """Return a count with thousands separators."""
    return f"{count:,.0f}"


def counted(count: int, noun: str) -> str:
    """Return a count and its noun, in the plural unless it is one."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def equation(classes: Iterable[tuple[int, str, bool]]) -> tuple[str, ...]:
    """Return the parts of a sum, such as `= 7 paired` and `+ 2 missed`; classes: count, name, whether shown if 0."""
    shown = [f"{number(count)} {name}" for count, name, always in classes if count or always]
    return tuple(f"{'+' if index else '='} {part}" for index, part in enumerate(shown))


def hundredths(ratio: float, decimals: int = 2) -> str:
    """Return a ratio as a number of percent; one short of 0 or 1 gets as many decimals as it takes to say so."""
    shown = f"{ratio * 100:.{decimals}f}"
    if float(shown) in {0.0, 100.0} and ratio not in {0.0, 1.0} and decimals < _MAX_DECIMALS:
        return hundredths(ratio, decimals + 1)
    return shown


def percent(ratio: float) -> str:
    """Return a ratio as a percentage with two decimals or, short of 0 or 1, as many as it takes."""
    return f"{hundredths(ratio)} %"


def interval(low: float, high: float) -> str:
    """Return an interval of a ratio in percent, such as [97.2, 100], with the decimals that its width is worth."""
    decimals = 1
    while 0 < (high - low) * 100 * 10**decimals < 5 and decimals < _MAX_DECIMALS:  # noqa: PLR2004 five steps wide
        decimals += 1
    low_text, high_text = ("0" if end == 0 else "100" if end == 1 else hundredths(end, decimals) for end in (low, high))
    return f"[{low_text}, {high_text}]"


def within(ratio: Ratio) -> str:
    """Return the interval of a ratio; empty if it has none."""
    return "" if ratio.low is None or ratio.high is None else interval(ratio.low, ratio.high)


def duration(milliseconds: float) -> str:
    """Return a duration in ms below a second, in s from there on."""
    if abs(milliseconds) >= _SECOND_MS:
        seconds = milliseconds / _SECOND_MS
        return f"{seconds:,.0f} s" if seconds.is_integer() else f"{seconds:,.1f} s"
    decimals = 0 if abs(milliseconds) >= _FINE_MS or float(milliseconds).is_integer() else 1
    shown = f"{milliseconds:.{decimals}f} ms"
    return shown.removeprefix("-") if float(shown.removesuffix(" ms")) == 0 else shown


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How moments are written: the time of day, with its date where the moments span several days. All in UTC."""

    first: datetime | None
    last: datetime | None

    @classmethod
    def over(cls, moments: Iterable[datetime | None]) -> "TimeFormat":
        """Return the clock for all `moments` of a report; None among them is passed over."""
        known = [moment.astimezone(UTC) for moment in moments if moment is not None]
        return cls(min(known), max(known)) if known else cls(None, None)

    def title(self) -> str:
        """Return the day or days that the moments lie on, empty without moments."""
        if self.first is None or self.last is None:
            return ""
        first, last = self.first.date().isoformat(), self.last.date().isoformat()
        return f"{first}, times in UTC" if first == last else f"{first} to {last}, times in UTC"

    def time(self, moment: datetime) -> str:
        """Return one moment, such as 18:11:20 or Nov 22 18:11:20."""
        moment = moment.astimezone(UTC)
        time = f"{moment:%H:%M:%S}"
        if self.first is None or self.last is None or self.first.date() == self.last.date():
            return time
        return f"{_MONTHS[moment.month - 1]} {moment.day:>2} {time}"

    def span(self, start: datetime, end: datetime) -> str:
        """Return two moments, the date of the second only where it is another one."""
        same_day = start.astimezone(UTC).date() == end.astimezone(UTC).date()
        return f"{self.time(start)} - {f'{end.astimezone(UTC):%H:%M:%S}' if same_day else self.time(end)}"
