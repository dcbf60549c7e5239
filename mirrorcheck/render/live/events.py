"""Lines about single events, easy to grep."""

from rich.text import Text

from mirrorcheck.engine.snapshot import Event, EventKind, Snapshot
from mirrorcheck.render.live.panel import GUTTER, Panel, time_of
from mirrorcheck.render.terminal.sheet import Piece
from mirrorcheck.render.text import cut, number

_STYLES: dict[EventKind, str] = {"missed": "bold red", "uncopied": "dim", "rule": "bold", "note": "bold"}
_NARROW, _WIDE = 60, 120
_POD = 32  # cells of a pod's name, in a wide window
_STATUS = 10
_REQUEST_LEAST = 12
_POD_LEAST = 12
_PODS = 3  # that are named in a line


def latest_lines(snapshot: Snapshot, panel: Panel, rows: int) -> list[Text]:
    """Return a titled list of the newest events in at most `rows` lines, without those that sampling explains."""
    if rows <= 0:
        return []
    # A single line is worth more than its title.
    lines = [panel.rule("latest")] if rows > 1 else []
    shown = [each for each in snapshot.events if each.kind != "uncopied"][-(rows - len(lines)) :]
    lines += [event_line(each, panel) for each in shown]
    left = _left(snapshot) if shown else _left(snapshot) or _nothing_yet(snapshot)
    return [*lines, panel.line(Piece(left, "dim"))] if left and len(lines) < rows else lines


def _left(snapshot: Snapshot) -> str:
    """Return how many requests were not copied without an alarm: they have no lines."""
    sampled = of_kind(snapshot, "uncopied")
    # Where there are others, m lists these.
    lists = "" if of_kind(snapshot, "missed") else "; m lists them"
    return f"{number(sampled[-1].nth)} not copied where less than 100 % is expected{lists}" if sampled else ""


def _nothing_yet(snapshot: Snapshot) -> str:
    if not snapshot.totals.originals:
        return "no request yet; misses, differing responses and gaps will be listed here"
    missed = snapshot.totals.missed
    return f"{number(missed)} missed, none of them listed" if missed else "nothing missed so far"


def of_kind(snapshot: Snapshot, kind: EventKind) -> list[Event]:
    """Return the events of one kind, oldest first."""
    return [each for each in snapshot.events if each.kind == kind]


def event_line(event: Event, panel: Panel, *, several: bool = True) -> Text:
    """Return one event: when, what, and the request with its certainty, or a remark.

    several: it stands among others, some of which have two statuses.
    """
    narrow = panel.width < _NARROW
    lead = [
        Piece(time_of(event.at_us, fine=not narrow), "dim"),
        Piece("  "),
        Piece(f"{event.kind.upper():<9}", _STYLES.get(event.kind, "bold magenta")),
        Piece(" "),
    ]
    if not event.method and not event.target:
        room = panel.width - 1 - sum(len(piece.text) for piece in lead)
        return panel.line(*lead, Piece(_remark(event, panel, room)))
    status = f"{status_of(event)} " if narrow else f"{status_of(event):<{_STATUS if several else 0}}  "
    if event.pod and panel.width >= _WIDE:
        pod = cut(event.pod, _POD, panel.encoding)
        lead.append(Piece(f"{pod}{' ' * (_POD + GUTTER - panel.cells(pod))}"))
    request = f"{event.method or '-'} {event.target or '-'}"
    room = panel.width - 1 - sum(panel.cells(piece.text) for piece in lead) - len(status)
    doubt = panel.fitting(room - _REQUEST_LEAST, f"  {doubt_of(event)}")
    request = cut(request, room - len(doubt), panel.encoding)
    return panel.line(*lead, Piece(status), Piece(request), Piece(doubt, "dim"))


def _remark(event: Event, panel: Panel, room: int) -> str:
    if not event.pod:
        return event.text
    # A pod's name can be cut and still be recognised: the remark comes first.
    text = cut(event.text, max(room - GUTTER - _POD_LEAST, room // 2), panel.encoding)
    return f"{cut(event.pod, room - panel.cells(text) - GUTTER, panel.encoding)}{' ' * GUTTER}{text}"


def status_of(event: Event) -> str:
    """Return the status, or both where the shadow's differs; empty without one."""
    if event.status < 0:
        return ""
    status = f"{event.status:03d}"
    return status if event.shadow_status < 0 else f"{status} -> {event.shadow_status:03d}"


def who_asked(event: Event) -> list[str]:
    """Return who sent a request, and its id, as far as they are logged."""
    client = f"client {event.client}" if event.client else ""
    return [each for each in (client, f"id {event.request_id}" if event.request_id else "") if each]


def searched_pods(event: Event, most: int = _PODS) -> str:
    """Return where no copy was found, naming at most `most` pods; empty for other events."""
    pods = event.shadow_pods
    if pods is None:
        return ""
    if not pods:
        return "no pod of the shadow was there"
    more = len(pods) - most
    # One left over would take no more room than saying so.
    named = ", ".join(pods if more == 1 else pods[:most])
    return f"no copy in {named} and {number(more)} more" if more > 1 else f"no copy in {named}"


def doubt_of(event: Event) -> str:
    """Return whether exactly this request is certain, or one of several identical ones."""
    return "certain" if event.candidates == 1 else f"one of {number(event.candidates)} identical"
