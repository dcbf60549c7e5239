"""The line of keys, and the page that explains keys and words."""

from rich.text import Text

from mirrorcheck.engine.snapshot import EventKind
from mirrorcheck.render.live.panel import Panel
from mirrorcheck.render.live.view import PageView
from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet

_COLUMN = 14
_KEYS = (
    ("q, Ctrl-C", "quit, with the report"),
    ("p", "pause the display; lines are still collected and judged"),
    ("m, d", "requests not copied, differing responses; again or Esc: back"),
    ("arrows", "choose in a list; also page up and down, Home, End"),
    ("Enter", "the chosen request's line in its log, between its neighbours"),
    ("? / Ctrl-L", "this page / paint the screen anew"),
)
_NEXT = (("s", "the next shadow"),)  # where several are watched
_WORDS = (
    ("paired", "an original and its copy, both seen"),
    ("missed", "no copy within the horizon; certain, or one of k identical"),
    ("uncopied", "the same while less than 100 % is expected: sampling leaves some"),
    ("pending", "not yet decided: the copy may still come"),
    ("unobserved", "no evidence either way: lines may be lost in a gap"),
    ("retry", "a further attempt of the proxy at the same request"),
    ("orphan", "a copy without an original"),
    ("duplicate", "an extra copy of an original already paired"),
    ("direct", "a request to the shadow that is no copy"),
    ("waiting", "a copy whose original may still come"),
    ("to 15:21:04", "all is decided up to here; the window ends there, not now"),
    ("[99.1, 100]", "where the true ratio lies, with 95 % confidence"),
    ("gap", "a span in which a stream may have lost lines"),
    ("lag", "how far the last line, or the last proof that there was none, lies behind now"),
)


def help_lines(panel: Panel, rows: int, *, several: bool) -> list[Text]:
    """Return the page that explains keys and words in at most `rows` lines; several: shadows are watched."""
    sheet = Sheet(panel.width - 1, panel.encoding)
    sheet.lines.append(panel.rule("keys"))
    _explain(sheet, (*_NEXT, *_KEYS) if several else _KEYS)
    sheet.lines.append(panel.rule("words", "times are in UTC"))
    _explain(sheet, _WORDS)
    return sheet.lines[: max(rows, 0)]


def _explain(sheet: Sheet, terms: tuple[tuple[str, str], ...]) -> None:
    for term, meaning in terms:
        sheet.flow(term, Piece(meaning), layout=Layout(_COLUMN, margin=1))


def keys_line(view: PageView, misses: EventKind, panel: Panel, *, several: bool) -> Text:
    """Return the line of keys, in as many words as there is room for; `misses` are what m lists.

    several: shadows are watched.
    """
    pause = "go on" if view.paused else "pause"
    missed, differs, guide = (
        "overview" if view.page == page else name
        for page, name in (("missed", misses), ("differs", "differences"), ("help", "help"))
    )
    choices = [
        f"q quit with report   p {pause}   m {missed}   d {differs}   ? {guide}",
        f"q quit   p {pause}   m {missed}   d {differs}   ? {guide}",
        f"q quit  p {pause}  m {misses}  d diff  ? help",
        f"q quit p {pause} m {misses} d diff ? help",
        "q quit  ? help",
    ]
    if view.opened:
        choices = [f"q quit   p {pause}   Enter, Esc list   arrows previous, next   ? {guide}", *choices[3:]]
    elif view.page in {"missed", "differs"}:
        choices = [
            f"{choices[0]}   arrows choose   Enter show its line",
            f"q quit  p {pause}  m {missed}  d {differs}  ? {guide}  arrows choose  Enter line",
            f"q quit  p {pause}  arrows choose  Enter line  ? help",
            *choices[3:],
        ]
    if several:
        choices = [f"s shadow  {each}" for each in choices]
    return panel.line(Piece(panel.fitting(panel.width - 2, *choices), "dim"))
