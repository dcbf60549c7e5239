"""The health of all streams comes in; a table of them, of the unhealthy ones where not all fit, goes out."""

from collections.abc import Callable, Sequence

from rich.text import Text

from mirrorcheck.engine.state import Eye, State
from mirrorcheck.render.live.look import Column, Look, short
from mirrorcheck.render.terminal.sheet import Piece
from mirrorcheck.render.text import counted, number

_SECOND_US = 1_000_000
# A healthy stream proves every few seconds that nothing more has come.
_LATE_US = 15 * _SECOND_US
_LATE = 2  # the bit of `_sickness` that a late stream has
_BLIND = frozenset({"broken", "stuck"})
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


def stream_lines(state: State, look: Look, rows: int) -> list[Text]:
    """Return the table of streams in at most `rows` lines."""
    eyes = state.eyes
    title, health = counted(len(eyes), "stream"), summary(eyes)
    if rows <= 0:
        return []
    if rows == 1:
        return [look.line(Piece(f"{title}: {health}" if eyes else title))]
    if not eyes:
        return [look.rule(title), look.line(Piece("no stream is being read yet", "dim"))]
    shown, rest = _chosen(eyes, rows - 2)
    table = _table(eyes, shown, look) if shown else []
    totals = [look.line(Piece(_rest(rest, look, all_=not shown), "dim"))] if rest else []
    return [look.rule(title, health), *table, *totals]


def _table(eyes: Sequence[Eye], shown: Sequence[Eye], look: Look) -> list[Text]:
    columns = next(found for least, found in reversed(_SETS) if look.width >= least or least == _SETS[0][0])
    # As wide as any name, shown or not: the table shall not jump when another stream is listed.
    longest = max(look.cells(eye.pod[: look.width]) for eye in eyes)
    titles = look.row(columns, (Piece(column.title, "dim") for column in columns), longest)
    return [titles, *(look.row(columns, (_cell(eye, column) for column in columns), longest) for eye in shown)]


def rows_wanted(state: State) -> int:
    """Return how many lines the whole table takes."""
    return 2 + max(len(state.eyes), 1)


def rows_least(state: State) -> int:
    """Return how many lines it takes to show every unhealthy stream and the totals of the others."""
    sick = sum(bool(_sickness(eye)) for eye in state.eyes)
    return min(2 + sick + (sick < len(state.eyes)), rows_wanted(state))


def _chosen(eyes: Sequence[Eye], room: int) -> tuple[list[Eye], list[Eye]]:
    """Return the streams that are listed, and those that share the line of totals."""
    if len(eyes) <= room:
        return list(eyes), []
    # Sorting keeps the order of those that are equally well.
    listed = sorted(eyes, key=_sickness, reverse=True)[: max(room - 1, 0)]
    named = {id(eye) for eye in listed}
    return listed, [eye for eye in eyes if id(eye) not in named]


def _sickness(eye: Eye) -> int:
    """Return 0 for a stream that sees all, more for one that does not, most for one that sees nothing now."""
    late = eye.state in {"reading", "idle"} and eye.lag_us > _LATE_US
    return 2 * _LATE * (eye.state in _BLIND) + _LATE * late + bool(eye.gaps)


def _cell(eye: Eye, column: Column) -> Piece:
    return _CELLS[column.title](eye, column.width)


def _lag(eye: Eye, width: int) -> Piece:
    return Piece(lag(eye.lag_us, width), "bold magenta" if _sickness(eye) & _LATE else "")


def _gaps(eye: Eye, width: int) -> Piece:
    return Piece(short(eye.gaps, width), "bold magenta" if eye.gaps else "")


def _state(eye: Eye, _width: int) -> Piece:
    return Piece(eye.state, {"broken": "bold red", "stuck": "bold red", "ended": "dim"}.get(eye.state, ""))


def _pod(eye: Eye, _width: int) -> Piece:
    return Piece(eye.pod, "bold red" if eye.state in _BLIND else "")


def _side(eye: Eye, _width: int) -> Piece:
    return Piece(eye.side or "neither", "" if eye.side else "dim")


_CELLS: dict[str, Callable[[Eye, int], Piece]] = {
    "pod": _pod,
    "container": lambda eye, _width: Piece(eye.container),
    "side": _side,
    "lines": lambda eye, width: Piece(short(eye.lines, width)),
    "lines/s": lambda eye, width: Piece(_rate(eye.lines_per_s, width)),
    "lag": _lag,
    "reconnects": lambda eye, width: Piece(short(eye.reconnects, width)),
    "gaps": _gaps,
    "state": _state,
}


def _rate(per_s: float, width: int) -> str:
    text = f"{per_s:,.1f}"
    return text if len(text) <= width else short(per_s, width)


def lag(lag_us: int, width: int) -> str:
    """Return how far a stream lies behind, in seconds, in at most `width` cells."""
    lag_us = max(lag_us, 0)
    text = f"{lag_us / _SECOND_US:,.1f} s"
    return text if len(text) <= width else f"{short(lag_us / _SECOND_US, width - 2)} s"


def summary(eyes: Sequence[Eye]) -> str:
    """Return how many streams are not well, and the lines that all send in a second; empty without streams."""
    if not eyes:
        return ""
    sick = sum(bool(_sickness(eye)) for eye in eyes)
    rate = sum(eye.lines_per_s for eye in eyes if eye.state != "ended")
    return f"{f'{number(sick)} not well' if sick else 'all well'}, {rate:,.1f} lines/s"


def _rest(eyes: Sequence[Eye], look: Look, *, all_: bool) -> str:
    sick = sum(bool(_sickness(eye)) for eye in eyes)
    ended = sum(eye.state == "ended" for eye in eyes)
    sides = {side: sum(eye.side == side for eye in eyes) for side in ("primary", "shadow")}
    told = f"{'all' if all_ else 'and'} {number(len(eyes))}{'' if all_ else ' more'}"
    health = f", {number(sick)} not well" if sick else ", all well"
    by_side = f": {number(sides['primary'])} primary, {number(sides['shadow'])} shadow"
    over = f", {number(ended)} ended" if ended else ""
    rate = f", {sum(eye.lines_per_s for eye in eyes):,.1f} lines/s"
    behind = f", lag up to {lag(max((eye.lag_us for eye in eyes if eye.state != 'ended'), default=0), 9)}"
    resumed = f", {counted(sum(eye.reconnects for eye in eyes), 'reconnect')}"
    base = told + health
    room = look.width - 2
    return (
        look.fitting(
            room, base + by_side + over + rate + behind + resumed, base + by_side + rate + behind, base + by_side, base
        )
        or base
    )
