"""The health of the streams: a table, of the unhealthy ones where not all fit, and the alarm about unreadable ones."""

from collections.abc import Sequence

from rich.text import Text

from mirrorcheck.engine.snapshot import NoSight, Snapshot, StreamHealth, Trouble
from mirrorcheck.render.live.panel import SECOND_US, Column, Panel, short, time_of
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import counted, cut, number

# A healthy stream proves every few seconds that nothing more has come.
_LATE_US = 15 * SECOND_US
_LATE = 2  # the bit of `_sickness` that a late stream has
_ALARM = "bold reverse red"
_WHY_INDENT = 3
_BLIND = frozenset({"broken", "stuck"})
_STATE_STYLES = {"broken": "bold red", "stuck": "bold red", "ended": "dim"}
_POD, _SIDE, _STATE = Column("pod"), Column("side", 7), Column("state", 7)
_RATE, _LAG = Column("lines/s", 7, right=True), Column("lag", 7, right=True)
_RECONNECTS, _GAPS = Column("reconnects", 10, right=True), Column("gaps", 4, right=True)
_CONTAINER, _LINES = Column("container", 12), Column("lines", 11, right=True)
_SETS = (
    (40, (_POD, _LAG, _GAPS, _STATE)),
    (70, (_POD, _SIDE, _RATE, _LAG, _GAPS, _STATE)),
    (80, (_POD, _SIDE, _RATE, _LAG, _RECONNECTS, _GAPS)),
    (92, (_POD, _SIDE, _RATE, _LAG, _RECONNECTS, _GAPS, _STATE)),
    (125, (_POD, _CONTAINER, _SIDE, _LINES, _RATE, _LAG, _RECONNECTS, _GAPS, _STATE)),
)


def stream_lines(snapshot: Snapshot, panel: Panel, rows: int) -> list[Text]:
    """Return the table of streams in at most `rows` lines."""
    streams = snapshot.streams
    title, health = counted(len(streams), "stream"), summary(streams)
    if rows <= 0:
        return []
    if rows == 1:
        return [panel.line(Piece(f"{title}: {health}" if streams else title))]
    if not streams:
        return [panel.rule(title), panel.line(Piece("no stream is being read yet", "dim"))]
    shown, rest = _chosen(streams, rows - 2)
    table = _table(streams, shown, panel) if shown else []
    totals = [panel.line(Piece(_rest(rest, panel, all_=not shown), "dim"))] if rest else []
    return [panel.rule(title, health), *table, *totals]


def _table(streams: Sequence[StreamHealth], shown: Sequence[StreamHealth], panel: Panel) -> list[Text]:
    columns = next(found for least, found in reversed(_SETS) if panel.width >= least or least == _SETS[0][0])
    # As wide as any name, shown or not: the table shall not jump when another stream is listed.
    longest = max(panel.cells(stream.pod[: panel.width]) for stream in streams)
    titles = panel.row(columns, (Piece(column.title, "dim") for column in columns), longest)
    rows = (panel.row(columns, (cells[column] for column in columns), longest) for cells in map(_cells, shown))
    return [titles, *rows]


def rows_wanted(snapshot: Snapshot) -> int:
    """Return how many lines the whole table takes."""
    return 2 + max(len(snapshot.streams), 1)


def rows_least(snapshot: Snapshot) -> int:
    """Return how many lines it takes to show every unhealthy stream and the totals of the others."""
    sick = sum(bool(_sickness(stream)) for stream in snapshot.streams)
    return min(2 + sick + (sick < len(snapshot.streams)), rows_wanted(snapshot))


def _chosen(streams: Sequence[StreamHealth], room: int) -> tuple[list[StreamHealth], list[StreamHealth]]:
    """Return the streams that are listed, and those that share the line of totals."""
    if len(streams) <= room:
        return list(streams), []
    # Sorting keeps the order of those that are equally well.
    listed = sorted(streams, key=_sickness, reverse=True)[: max(room - 1, 0)]
    named = {id(stream) for stream in listed}
    return listed, [stream for stream in streams if id(stream) not in named]


def _sickness(stream: StreamHealth) -> int:
    """Return 0 for a stream that sees all, more for one that does not, most for one that sees nothing now."""
    late = stream.state in {"reading", "idle"} and stream.lag_us > _LATE_US
    return 2 * _LATE * (stream.state in _BLIND) + _LATE * late + bool(stream.gaps)


def _cells(stream: StreamHealth) -> dict[Column, Piece]:
    """Return what stands in each column."""
    return {
        _POD: Piece(stream.pod, "bold red" if stream.state in _BLIND else ""),
        _CONTAINER: Piece(stream.container),
        _SIDE: Piece(stream.side or "neither", "" if stream.side else "dim"),
        _LINES: Piece(short(stream.lines, _LINES.width)),
        _RATE: Piece(_rate(stream.lines_per_s, _RATE.width)),
        _LAG: Piece(lag(stream.lag_us, _LAG.width), "bold magenta" if _sickness(stream) & _LATE else ""),
        _RECONNECTS: Piece(short(stream.reconnects, _RECONNECTS.width)),
        _GAPS: Piece(short(stream.gaps, _GAPS.width), "bold magenta" if stream.gaps else ""),
        _STATE: Piece(stream.state, _STATE_STYLES.get(stream.state, "")),
    }


def _rate(per_s: float, width: int) -> str:
    text = f"{per_s:,.1f}"
    return text if len(text) <= width else short(per_s, width)


def lag(lag_us: int, width: int) -> str:
    """Return how far a stream lies behind, in seconds, in at most `width` cells."""
    lag_us = max(lag_us, 0)
    text = f"{lag_us / SECOND_US:,.1f} s"
    return text if len(text) <= width else f"{short(lag_us / SECOND_US, width - 2)} s"


def summary(streams: Sequence[StreamHealth]) -> str:
    """Return how many streams are not well, and the lines that all send in a second; empty without streams."""
    if not streams:
        return ""
    sick = sum(bool(_sickness(stream)) for stream in streams)
    rate = sum(stream.lines_per_s for stream in streams if stream.state != "ended")
    return f"{f'{number(sick)} not well' if sick else 'all well'}, {rate:,.1f} lines/s"


def _rest(streams: Sequence[StreamHealth], panel: Panel, *, all_: bool) -> str:
    sick = sum(bool(_sickness(stream)) for stream in streams)
    ended = sum(stream.state == "ended" for stream in streams)
    sides = {side: sum(stream.side == side for stream in streams) for side in ("primary", "shadow")}
    count = f"{'all' if all_ else 'and'} {number(len(streams))}{'' if all_ else ' more'}"
    health = f", {number(sick)} not well" if sick else ", all well"
    by_side = f": {number(sides['primary'])} primary, {number(sides['shadow'])} shadow"
    over = f", {number(ended)} ended" if ended else ""
    rate = f", {sum(stream.lines_per_s for stream in streams):,.1f} lines/s"
    behind = f", lag up to {lag(max((stream.lag_us for stream in streams if stream.state != 'ended'), default=0), 9)}"
    resumed = f", {counted(sum(stream.reconnects for stream in streams), 'reconnect')}"
    base = count + health
    choices = (base + by_side + over + rate + behind + resumed, base + by_side + rate + behind, base + by_side)
    return panel.fitting(panel.width - 2, *choices) or base


def no_sight_words(lost: NoSight) -> list[str]:
    """What cannot be read, and then each reason."""
    return [f"{_what(lost)} since {time_of(lost.since_us)}", *(_why(each, lost) for each in lost.troubles)]


def no_sight_lines(snapshot: Snapshot, panel: Panel) -> list[Text]:
    """The alarm, with the reasons below; nothing where all can be read."""
    if snapshot.no_sight is None:
        return []
    alarm, *reasons = no_sight_words(snapshot.no_sight)
    # One reason alone may take the room of two.
    most = 2 if len(reasons) == 1 else 1
    return [panel.line(Piece(f" {alarm} ", _ALARM)), *(line for why in reasons for line in _reason(why, panel, most))]


def _reason(why: str, panel: Panel, most: int) -> list[Text]:
    if most == 1:
        return [panel.line(Piece(" " * (_WHY_INDENT - 1)), Piece(why, "bold red"))]
    sheet = Sheet(panel.width - 1, panel.encoding)
    text = cut(why, most * panel.width * 3 // 4, panel.encoding)
    sheet.flow("", Piece(text, "bold red"), layout=Layout(_WHY_INDENT, margin=1))
    return sheet.lines


def _what(lost: NoSight) -> str:
    if not lost.streams:
        return "NO SIGHT of new pods"
    return f"NO SIGHT of {number(lost.streams)} of {counted(lost.of, 'stream')}{' and new pods' if lost.pods else ''}"


def _why(trouble: Trouble, lost: NoSight) -> str:
    which = "" if trouble.streams == lost.streams or not trouble.streams else counted(trouble.streams, "stream")
    tries = f"{number(trouble.tries)} tries" if trouble.tries > 1 else ""
    extent = ", ".join(part for part in (which, tries) if part)
    return f"{trouble.why} ({extent})" if extent else trouble.why
