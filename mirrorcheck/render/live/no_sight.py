"""What cannot be read now comes in; the words and the lines that say so, since when and why, go out."""

from rich.text import Text

from mirrorcheck.engine.snapshot import NoSight, Snapshot, Trouble
from mirrorcheck.render.live.panel import PanelStyle, time_of
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import counted, cut, number

_ALARM = "bold reverse red"
_WHY_INDENT = 3


def no_sight_words(lost: NoSight) -> list[str]:
    """What is out of sight, and why, each in some words without a gutter."""
    return [f"{_what(lost)} since {time_of(lost.since_us)}", *(_why(each, lost) for each in lost.troubles)]


def no_sight_lines(state: Snapshot, look: PanelStyle) -> list[Text]:
    """The alarm, and beneath it why; nothing where all can be read."""
    if state.no_sight is None:
        return []
    said, *reasons = no_sight_words(state.no_sight)
    # One reason alone may take the room of two.
    most = 2 if len(reasons) == 1 else 1
    return [look.line(Piece(f" {said} ", _ALARM)), *(line for why in reasons for line in _reason(why, look, most))]


def _reason(why: str, look: PanelStyle, most: int) -> list[Text]:
    if most == 1:
        return [look.line(Piece(" " * (_WHY_INDENT - 1)), Piece(why, "bold red"))]
    sheet = Sheet(look.width - 1, look.encoding)
    text = cut(why, most * look.width * 3 // 4, look.encoding)
    sheet.flow("", Piece(text, "bold red"), layout=Layout(_WHY_INDENT, margin=1))
    return sheet.lines


def _what(lost: NoSight) -> str:
    if not lost.streams:
        return "NO SIGHT of new pods"
    return f"NO SIGHT of {number(lost.streams)} of {counted(lost.of, 'stream')}{' and new pods' if lost.pods else ''}"


def _why(trouble: Trouble, lost: NoSight) -> str:
    which = "" if trouble.streams == lost.streams or not trouble.streams else counted(trouble.streams, "stream")
    tries = f"{number(trouble.tries)} tries" if trouble.tries > 1 else ""
    told = ", ".join(part for part in (which, tries) if part)
    return f"{trouble.why} ({told})" if told else trouble.why
