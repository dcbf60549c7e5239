"""How the shadow answered beside the primary comes in; the section that says what differs goes out."""

from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import counted, duration, number
from mirrorcheck.report.model import Answers, CountedAnswers

_MOST_CHANGES = 6
_SERVER_ERROR = 500
_MISSING = "not logged on both sides"


def write_answers(sheet: Sheet, answers: Answers) -> None:
    """Write status changes, sizes and times of the compared pairs; nothing where nothing was paired."""
    if not answers.paired:
        return
    sheet.blank()
    if not answers.compared:
        sheet.flow("answers", Piece("not compared: every pair is one of several identical requests"))
        _write_counted(sheet, answers.counted)
        return
    of = f" of {number(answers.paired)}" if answers.compared != answers.paired else ""
    sheet.flow("answers", Piece(f"compared on {counted(answers.compared, 'certain pair')}{of}"))
    for index, line in enumerate(_status_lines(answers)):
        _write_part(sheet, "" if index else "status", line)
    _write_part(sheet, "bytes", Piece(_bytes(answers)))
    if answers.latency_ratio is not None:
        _write_part(sheet, "latency", Piece(_latency(answers, answers.latency_ratio)))
    _write_counted(sheet, answers.counted)


def _write_counted(sheet: Sheet, counted_: CountedAnswers | None) -> None:
    """Write how many of the identical requests changed their status, as far as the number of each status tells."""
    if counted_ is None or not counted_.status_compared:
        return
    fewest, most = counted_.status_changes
    errors, most_errors = counted_.new_server_errors
    found = f"status changed on {_span(fewest, most)} of {number(counted_.pairs)}"
    found += f" (new 5xx {_span(errors, most_errors)})" if most_errors else ""
    _write_part(sheet, "others", Piece(found, "red" if errors else "magenta" if fewest else ""))


def _span(low: int, high: int) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _write_part(sheet: Sheet, part: str, told: Piece) -> None:
    wide = len("latency ")
    sheet.flow("", Piece(f"{part:<{wide}}", "dim", whole=True), told, layout=Layout(hang=wide + 1))


def _status_lines(answers: Answers) -> list[Piece]:
    changes = answers.status_changes
    on = _lacking(answers.status_compared, answers)
    if answers.status_compared == 0:
        return [Piece(_MISSING)]
    if not changes:
        return [Piece(f"equal on {_all(answers.status_equal)}{on}")]
    shown = changes if len(changes) <= _MOST_CHANGES + 1 else changes[:_MOST_CHANGES]
    wide = max(len(number(change.count)) for change in shown)
    lines = [
        Piece(
            f"{change.primary:03d} -> {change.shadow:03d}   {number(change.count):>{wide}}",
            "red" if change.shadow >= _SERVER_ERROR > change.primary else "magenta",
            whole=True,
        )
        for change in shown
    ]
    rest = sum(change.count for change in changes[len(shown) :])
    if rest:
        lines.append(Piece(f"other changes on {number(rest)}"))
    return [*lines, Piece(f"equal on {number(answers.status_equal)}{on}")]


def _lacking(compared: int | None, answers: Answers) -> str:
    """On how many pairs something was not compared."""
    lacking = 0 if compared is None else answers.compared - compared
    return f", not logged on {number(lacking)}" if lacking else ""


def _all(count: int) -> str:
    return number(count) if count == 1 else f"all {number(count)}"


def _bytes(answers: Answers) -> str:
    if answers.bytes_compared == 0:
        return _MISSING
    lacking = _lacking(answers.bytes_compared, answers)
    if not answers.bytes_differ:
        return f"equal on {_all(answers.bytes_equal)}{lacking}"
    differ = f"equal on {number(answers.bytes_equal)}, differ on {number(answers.bytes_differ)}"
    if _lacking(answers.status_compared, answers):
        return f"{differ}{lacking}"
    with_status = answers.bytes_differ - answers.bytes_differ_status_equal
    if not answers.bytes_differ_status_equal:
        where = "all with another status"
    elif not with_status:
        where = "all with the same status"
    else:
        where = f"{number(answers.bytes_differ_status_equal)} of them with the same status"
    return f"{differ} ({where}){lacking}"


def _latency(answers: Answers, ratio: float) -> str:
    text = f"median {ratio:.2f} times the primary's"
    if answers.primary_median_ms is not None and answers.shadow_median_ms is not None:
        text += f", {duration(answers.shadow_median_ms)} against {duration(answers.primary_median_ms)}"
    return f"{text} (on {counted(answers.latency_compared, 'pair')})"
