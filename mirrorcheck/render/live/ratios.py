"""A `Snapshot` comes in; the lines that answer whether requests are mirrored, and how sure that is, go out."""

from itertools import groupby

from rich.text import Text

from mirrorcheck.engine.snapshot import Bin, Silence, Snapshot, WindowRatio
from mirrorcheck.render.live.panel import LABEL, PanelStyle, seconds, short, time_of
from mirrorcheck.render.live.sums import sums
from mirrorcheck.render.terminal.marks import bar, verdict_style
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import duration, interval, number, percent

ALARM = "bold reverse red"
_NARROW = 60


def verdict_line(state: Snapshot, look: PanelStyle) -> Text:
    """Return the verdict's word, what is expected and the delay; or that copies have stopped, as soon as they do."""
    if state.silence:
        return _silence_line(state, state.silence, look)
    expected = "" if state.expect is None else f"expected {state.expect:g} %"
    word = Piece(state.verdict, verdict_style(state.verdict) if state.overall.value is not None else "bold")
    room = look.width - 4 - look.cells(state.verdict)
    known = [Piece(expected)] if len(expected) <= room else []
    about = look.fitting(room - len(expected) - 3, *_about_copies(state))
    return look.line(Piece(""), word, Piece("   "), *known, right=[Piece(about, "dim")])


def _about_copies(state: Snapshot) -> list[str]:
    if state.delay_ms is None:
        return []
    late = f"copies {duration(state.delay_ms)} later"
    most = "" if state.delay_p99_ms is None else f", 99 % within {duration(state.delay_p99_ms)}"
    more = f" and {len(state.proxies) - 1} more" if len(state.proxies) > 1 else ""
    by = f", mirrored by {state.proxies[0]}{more}" if state.proxies else ""
    return [late + most + by, late + most, late]


def _silence_line(state: Snapshot, silence: Silence, look: PanelStyle) -> Text:
    said = f" NO COPIES for {seconds(state.now_us - silence.since_us)} "
    waiting = f"{number(silence.waiting)} pending"
    before = ""
    if state.overall.value is not None and state.watermark_us is not None:
        before = f"{percent(state.overall.value)} until {time_of(state.watermark_us)}"
    room = look.width - look.cells(said) - len(waiting) - 8
    return look.line(
        Piece(said, ALARM), Piece("  "), Piece(waiting, "bold red"), right=[Piece(look.fitting(room, before))]
    )


def share_lines(state: Snapshot, look: PanelStyle) -> list[Text]:
    """Return the ratio of the window that ends at the watermark, and the one since the start beside what is pending."""
    pending = state.totals.pending
    waiting = [f"{number(pending)} pending", f"{short(pending, 8)} pending"]
    ends = [""]
    if state.watermark_us is not None:
        to = f"to {time_of(state.watermark_us)}"
        ends = [f"{to}, {seconds(state.now_us - state.watermark_us)} ago", to]
    wide = max(len(_within(share)) for share in (state.recent, state.overall))
    return [
        _share_line(_head(f"last {state.recent_s} s"), state.recent, wide, ends, look),
        _share_line(_head("overall"), state.overall, wide, waiting, look),
    ]


def _share_line(head: Piece, share: WindowRatio, wide: int, ends: list[str], look: PanelStyle) -> Text:
    """Return a ratio with its interval, its counts and one of `ends`, of which the least must not be left out."""
    if share.value is None:
        told = Piece(", ".join(part for part in ("no request decided yet", ends[-1]) if part))
        return look.line(head, told)
    value = f"{percent(share.value):>8}"
    of = f"{number(share.paired)} of {number(share.paired + share.missed)}"
    choices = [f"  {_within(share):<{wide}}  {of}  {end}" for end in ends]
    choices += [f"  {_within(share)}  {ends[-1]}", f"  {of}  {ends[-1]}", *(f"  {end}" for end in ends)]
    room = look.width - LABEL - len(value)
    return look.line(head, Piece(value, "bold"), Piece(look.fitting(room, *choices)))


def _within(share: WindowRatio) -> str:
    return "" if share.low is None or share.high is None else interval(share.low, share.high)


def _head(label: str) -> Piece:
    return Piece(f"{label:<{LABEL - 1}}", "bold")


def sum_lines(state: Snapshot, look: PanelStyle) -> list[Text]:
    """Return both partitions as equations, one below the other."""
    sheet = Sheet(look.width, look.encoding)
    both = sums(state.totals)
    wide = max(len(each.total) for each in both)
    # In a narrow window later lines start near the edge, where the numbers need the room.
    hang = wide + 1 if look.width >= _NARROW and LABEL + wide <= look.width // 2 else 3 - LABEL
    for each in both:
        parts = (Piece(part, whole=True) for part in each.parts)
        total = Piece(f"{each.total:>{wide}}", "bold", whole=True)
        sheet.flow(each.label, total, *parts, layout=Layout(LABEL, hang, margin=1))
    return sheet.lines


def other_lines(state: Snapshot, look: PanelStyle) -> list[Text]:
    """Return how many lines were no requests or could not be read; nothing while all were read."""
    totals = state.totals
    if not totals.unparsed:
        return []
    said = f"{number(totals.unparsed)} unparsed, {number(totals.foreign)} foreign lines"
    return [look.line(_head("not read"), Piece(said, "magenta"))]


def timeline(state: Snapshot, look: PanelStyle) -> tuple[list[Text], list[Text]]:
    """Return one bar for each stretch of time and, below, from when to when; nothing before any original is decided."""
    room = look.width - LABEL - 1
    if not state.bins or room <= 0:
        return [], []
    groups = _grouped(state.bins, room)
    line = Text(" ").append(f"{'over time':<{LABEL - 1}}", "bold")
    for group in groups:
        piece = bar(sum(each.paired for each in group), sum(each.missed for each in group), utf=look.utf)
        line.append(piece.text, piece.style)
    return [look.clipped(line)], [look.clipped(_axis(groups, look))]


def _grouped(bins: tuple[Bin, ...], room: int) -> list[list[Bin]]:
    """Return neighbours together where there are more bins than room, cut at the same instants in each look."""
    each = -(-len(bins) // room)
    span = max(bins[0].to_us - bins[0].from_us, 1)
    while True:
        cut_at = each * span
        groups = [list(group) for _, group in groupby(bins, key=lambda found: found.from_us // cut_at)]
        if len(groups) <= room or each > len(bins):
            return groups[-room:]
        each += 1


def _axis(groups: list[list[Bin]], look: PanelStyle) -> Text:
    start, end = time_of(groups[0][0].from_us), time_of(groups[-1][-1].to_us)
    width = max(len(groups), len(start) + len(end) + 1)
    span = max((group[-1].to_us - group[0].from_us for group in groups), default=0)
    scale = f"each bar {duration(span / 1000)}"
    between = width - len(start) - len(end)
    middle = f"{look.fitting(between - 4, scale):^{between}}"
    return Text(" " * LABEL).append(start + middle + end, "dim")
