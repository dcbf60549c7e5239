"""The lines of a screen that answer whether requests are mirrored, and how sure that is."""

from dataclasses import dataclass
from itertools import groupby

from rich.text import Text

from mirrorcheck.engine.snapshot import Bin, ClassCounts, Silence, Snapshot
from mirrorcheck.render.live.panel import LABEL, Panel, seconds, short, time_of
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet, bar, verdict_style
from mirrorcheck.render.text import duration, equation, number, percent, within
from mirrorcheck.report.model import Ratio

ALARM = "bold reverse red"
_NARROW = 60


def verdict_line(snapshot: Snapshot, panel: Panel) -> Text:
    """Return the verdict, what is expected and the delay; or the alarm that copies have stopped."""
    if snapshot.silence:
        return _silence_line(snapshot, snapshot.silence, panel)
    expected = "" if snapshot.expect is None else f"expected {snapshot.expect:g} %"
    word = Piece(snapshot.verdict, verdict_style(snapshot.verdict) if snapshot.overall.value is not None else "bold")
    room = panel.width - 4 - panel.cells(snapshot.verdict)
    known = [Piece(expected)] if len(expected) <= room else []
    about = panel.fitting(room - len(expected) - 3, *_about_copies(snapshot))
    return panel.line(Piece(""), word, Piece("   "), *known, right=[Piece(about, "dim")])


def _about_copies(snapshot: Snapshot) -> list[str]:
    if snapshot.delay_ms is None:
        return []
    late = f"copies {duration(snapshot.delay_ms)} later"
    most = "" if snapshot.delay_p99_ms is None else f", 99 % within {duration(snapshot.delay_p99_ms)}"
    more = f" and {len(snapshot.proxies) - 1} more" if len(snapshot.proxies) > 1 else ""
    by = f", mirrored by {snapshot.proxies[0]}{more}" if snapshot.proxies else ""
    return [late + most + by, late + most, late]


def _silence_line(snapshot: Snapshot, silence: Silence, panel: Panel) -> Text:
    said = f" NO COPIES for {seconds(snapshot.now_us - silence.since_us)} "
    waiting = f"{number(silence.waiting)} pending"
    before = ""
    if snapshot.overall.value is not None and snapshot.watermark_us is not None:
        before = f"{percent(snapshot.overall.value)} until {time_of(snapshot.watermark_us)}"
    room = panel.width - panel.cells(said) - len(waiting) - 8
    return panel.line(
        Piece(said, ALARM), Piece("  "), Piece(waiting, "bold red"), right=[Piece(panel.fitting(room, before))]
    )


def share_lines(snapshot: Snapshot, panel: Panel) -> list[Text]:
    """Return the ratio of the window that ends at the watermark, and the one since the start beside what is pending."""
    pending = snapshot.totals.pending
    waiting = [f"{number(pending)} pending", f"{short(pending, 8)} pending"]
    ends = [""]
    if snapshot.watermark_us is not None:
        to = f"to {time_of(snapshot.watermark_us)}"
        ends = [f"{to}, {seconds(snapshot.now_us - snapshot.watermark_us)} ago", to]
    wide = max(len(within(share)) for share in (snapshot.recent, snapshot.overall))
    return [
        _share_line(_head(f"last {snapshot.recent_s} s"), snapshot.recent, wide, ends, panel),
        _share_line(_head("overall"), snapshot.overall, wide, waiting, panel),
    ]


def _share_line(head: Piece, share: Ratio, wide: int, ends: list[str], panel: Panel) -> Text:
    """Return a ratio with its interval, its counts and one of `ends`; at least the last of these is shown."""
    if share.value is None:
        return panel.line(head, Piece(", ".join(part for part in ("no request decided yet", ends[-1]) if part)))
    value = f"{percent(share.value):>8}"
    of = f"{number(share.paired)} of {number(share.paired + share.missed)}"
    choices = [f"  {within(share):<{wide}}  {of}  {end}" for end in ends]
    choices += [f"  {within(share)}  {ends[-1]}", f"  {of}  {ends[-1]}", *(f"  {end}" for end in ends)]
    room = panel.width - LABEL - len(value)
    return panel.line(head, Piece(value, "bold"), Piece(panel.fitting(room, *choices)))


def _head(label: str) -> Piece:
    return Piece(f"{label:<{LABEL - 1}}", "bold")


@dataclass(frozen=True, slots=True)
class Sum:
    """An equation: of what, how many in all, and its parts as text such as `= 7 paired` and `+ 2 missed`."""

    label: str
    total: str
    parts: tuple[str, ...]


def sums(totals: ClassCounts) -> tuple[Sum, Sum]:
    """Return the equations of originals and of shadow lines; rare classes are left out while empty."""
    of_originals = (
        (totals.paired, "paired", True),
        (totals.missed, "missed", True),
        (totals.retry, "retry", False),
        (totals.excluded, "excluded", False),
        (totals.unobserved, "unobserved", True),
        (totals.pending, "pending", True),
    )
    of_shadow = (
        (totals.shadow_paired, "paired", True),
        (totals.orphan, "orphan", True),
        (totals.duplicate, "duplicate", True),
        (totals.direct, "direct", True),
        (totals.shadow_excluded, "excluded", False),
        (totals.shadow_unobserved, "unobserved", False),
        (totals.shadow_waiting, "waiting", False),
    )
    return (
        Sum("originals", number(totals.originals), equation(of_originals)),
        Sum("shadow", number(totals.shadow), equation(of_shadow)),
    )


def sum_lines(snapshot: Snapshot, panel: Panel) -> list[Text]:
    """Return both equations, one below the other."""
    sheet = Sheet(panel.width, panel.encoding)
    both = sums(snapshot.totals)
    wide = max(len(each.total) for each in both)
    # In a narrow window later lines start near the edge, where the numbers need the room.
    hang = wide + 1 if panel.width >= _NARROW and LABEL + wide <= panel.width // 2 else 3 - LABEL
    for each in both:
        parts = (Piece(part, whole=True) for part in each.parts)
        total = Piece(f"{each.total:>{wide}}", "bold", whole=True)
        sheet.flow(each.label, total, *parts, layout=Layout(LABEL, hang, margin=1))
    return sheet.lines


def other_lines(snapshot: Snapshot, panel: Panel) -> list[Text]:
    """Return how many lines were no requests or could not be parsed; nothing while all were."""
    totals = snapshot.totals
    if not totals.unparsed:
        return []
    counts = f"{number(totals.unparsed)} unparsed, {number(totals.foreign)} foreign lines"
    return [panel.line(_head("not read"), Piece(counts, "magenta"))]


def timeline(snapshot: Snapshot, panel: Panel) -> tuple[list[Text], list[Text]]:
    """Return one bar for each stretch of time and, below, the axis; nothing before any original is decided."""
    room = panel.width - LABEL - 1
    if not snapshot.bins or room <= 0:
        return [], []
    groups = _grouped(snapshot.bins, room)
    line = Text(" ").append(f"{'over time':<{LABEL - 1}}", "bold")
    for group in groups:
        piece = bar(sum(each.paired for each in group), sum(each.missed for each in group), utf=panel.utf)
        line.append(piece.text, piece.style)
    return [panel.clipped(line)], [panel.clipped(_axis(groups, panel))]


def _grouped(bins: tuple[Bin, ...], room: int) -> list[list[Bin]]:
    """Join neighbours where there are more bins than room, cut at the same instants in each snapshot."""
    each = -(-len(bins) // room)
    span = max(bins[0].to_us - bins[0].from_us, 1)
    while True:
        cut_at = each * span
        groups = [list(group) for _, group in groupby(bins, key=lambda one: one.from_us // cut_at)]
        if len(groups) <= room or each > len(bins):
            return groups[-room:]
        each += 1


def _axis(groups: list[list[Bin]], panel: Panel) -> Text:
    start, end = time_of(groups[0][0].from_us), time_of(groups[-1][-1].to_us)
    width = max(len(groups), len(start) + len(end) + 1)
    span = max((group[-1].to_us - group[0].from_us for group in groups), default=0)
    scale = f"each bar {duration(span / 1000)}"
    between = width - len(start) - len(end)
    middle = f"{panel.fitting(between - 4, scale):^{between}}"
    return Text(" " * LABEL).append(start + middle + end, "dim")
