"""Happenings come in; one line each, as one would grep for it, goes out."""

from rich.text import Text

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.render.live.panel import GUTTER, PanelStyle, time_of
from mirrorcheck.render.terminal.sheet import Piece
from mirrorcheck.render.text import cut, number

WORDS: dict[EventKind, str] = {
    "missed": "MISSED",
    "uncopied": "UNCOPIED",
    "differs": "DIFFERS",
    "orphan": "ORPHAN",
    "duplicate": "DUPLICATE",
    "gap": "GAP",
    "rule": "RULE",
    "note": "NOTE",
}
_STYLES: dict[EventKind, str] = {
    "missed": "bold red",
    "uncopied": "dim",
    "differs": "bold magenta",
    "orphan": "bold magenta",
    "duplicate": "bold magenta",
    "gap": "bold magenta",
    "rule": "bold",
    "note": "bold",
}
_NARROW, _WIDE = 60, 120
_POD = 32  # cells of a pod's name, in a wide window
_STATUS = 10
_REQUEST_LEAST = 12
_POD_LEAST = 12
_PODS = 3  # that are named in a line


def latest_lines(state: Snapshot, look: PanelStyle, rows: int) -> list[Text]:
    """Return a titled list of the newest events in at most `rows` lines; what sampling leaves is not among them."""
    if rows <= 0:
        return []
    # A single line is worth more than its title.
    lines = [look.rule("latest")] if rows > 1 else []
    shown = [each for each in state.events if each.kind != "uncopied"][-(rows - len(lines)) :]
    lines += [happening_line(each, look) for each in shown]
    left = _left(state) if shown else _left(state) or _nothing_yet(state)
    return [*lines, look.line(Piece(left, "dim"))] if left and len(lines) < rows else lines


def _left(state: Snapshot) -> str:
    """Return how many requests were not copied without an alarm, since no line tells them."""
    sampled = of_kind(state, "uncopied")
    # Where there are others, m lists these.
    lists = "" if of_kind(state, "missed") else "; m lists them"
    return f"{number(sampled[-1].nth)} not copied where less than 100 % is expected{lists}" if sampled else ""


def _nothing_yet(state: Snapshot) -> str:
    if not state.totals.originals:
        return "no request yet; misses, differing responses and gaps will be listed here"
    missed = state.totals.missed
    return f"{number(missed)} missed, none of them listed" if missed else "nothing missed so far"


def of_kind(state: Snapshot, kind: EventKind) -> list[Event]:
    """Return the events of one kind, oldest first."""
    return [each for each in state.events if each.kind == kind]


def happening_line(event: Event, look: PanelStyle, *, several: bool = True) -> Text:
    """Return one event: when, what, and the request and how certain it is, or the words for it.

    several: whether it stands among others, some of which have two statuses.
    """
    narrow = look.width < _NARROW
    lead = [
        Piece(time_of(event.at_us, fine=not narrow), "dim"),
        Piece("  "),
        Piece(f"{WORDS[event.kind]:<9}", _STYLES[event.kind]),
        Piece(" "),
    ]
    if not event.method and not event.target:
        room = look.width - 1 - sum(len(piece.text) for piece in lead)
        return look.line(*lead, Piece(_told(event, look, room)))
    status = f"{status_of(event)} " if narrow else f"{status_of(event):<{_STATUS if several else 0}}  "
    if event.pod and look.width >= _WIDE:
        pod = cut(event.pod, _POD, look.encoding)
        lead.append(Piece(f"{pod}{' ' * (_POD + GUTTER - look.cells(pod))}"))
    request = f"{event.method or '-'} {event.target or '-'}"
    room = look.width - 1 - sum(look.cells(piece.text) for piece in lead) - len(status)
    doubt = look.fitting(room - _REQUEST_LEAST, f"  {doubt_of(event)}")
    request = cut(request, room - len(doubt), look.encoding)
    return look.line(*lead, Piece(status), Piece(request), Piece(doubt, "dim"))


def _told(event: Event, look: PanelStyle, room: int) -> str:
    if not event.pod:
        return event.text
    # A pod's name can be cut and still be known: what befell it goes first.
    text = cut(event.text, max(room - GUTTER - _POD_LEAST, room // 2), look.encoding)
    return f"{cut(event.pod, room - look.cells(text) - GUTTER, look.encoding)}{' ' * GUTTER}{text}"


def status_of(event: Event) -> str:
    """Return the status, or both where the shadow's differs; nothing for what has none."""
    if event.status < 0:
        return ""
    status = f"{event.status:03d}"
    return status if event.shadow_status < 0 else f"{status} -> {event.shadow_status:03d}"


def who_asked(event: Event) -> list[str]:
    """Return who sent a request, and its id, as far as they are logged."""
    client = f"client {event.client}" if event.client else ""
    return [each for each in (client, f"id {event.request_id}" if event.request_id else "") if each]


def looked_for(event: Event, most: int = _PODS) -> str:
    """Return where no copy was found, with the names of at most so many pods; empty for what has one."""
    pods = event.in_sight
    if pods is None:
        return ""
    if not pods:
        return "no pod of the shadow was there"
    more = len(pods) - most
    # One left over would take no more room than saying so.
    named = ", ".join(pods if more == 1 else pods[:most])
    return f"no copy in {named} and {number(more)} more" if more > 1 else f"no copy in {named}"


def doubt_of(event: Event) -> str:
    """Return whether the request is certain to be the one."""
    return "certain" if event.candidates == 1 else f"one of {number(event.candidates)} identical"
