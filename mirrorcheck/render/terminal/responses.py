"""The section on how the shadow's responses differ from the primary's."""

from mirrorcheck.render.terminal.sheet import Layout, Piece, Sheet
from mirrorcheck.render.text import counted, duration, number
from mirrorcheck.report.model import CountedResponses, Responses

_MOST_CHANGES = 6
_SERVER_ERROR = 500
_MISSING = "not logged on both sides"


def write_responses(sheet: Sheet, responses: Responses) -> None:
    """Write status changes, sizes and times of the compared pairs; nothing where nothing was paired."""
    if not responses.paired:
        return
    sheet.blank()
    if not responses.compared:
        sheet.flow("responses", Piece("not compared: every pair is one of several identical requests"))
        _write_counted(sheet, responses.counted)
        return
    of = f" of {number(responses.paired)}" if responses.compared != responses.paired else ""
    sheet.flow("responses", Piece(f"compared on {counted(responses.compared, 'certain pair')}{of}"))
    for index, line in enumerate(_status_lines(responses)):
        _write_part(sheet, "" if index else "status", line)
    _write_part(sheet, "bytes", Piece(_bytes(responses)))
    if responses.latency_ratio is not None:
        _write_part(sheet, "latency", Piece(_latency(responses, responses.latency_ratio)))
    _write_counted(sheet, responses.counted)


def _write_counted(sheet: Sheet, counted_: CountedResponses | None) -> None:
    """Write how many of the identical requests changed their status, as far as the number of each status shows."""
    if counted_ is None or not counted_.status_compared:
        return
    fewest, most = counted_.status_changes
    errors, most_errors = counted_.new_server_errors
    found = f"status changed on {_span(fewest, most)} of {number(counted_.pairs)}"
    found += f" (new 5xx {_span(errors, most_errors)})" if most_errors else ""
    _write_part(sheet, "others", Piece(found, "red" if errors else "magenta" if fewest else ""))


def _span(low: int, high: int) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _write_part(sheet: Sheet, part: str, text: Piece) -> None:
    wide = len("latency ")
    sheet.flow("", Piece(f"{part:<{wide}}", "dim", whole=True), text, layout=Layout(hang=wide + 1))


def _status_lines(responses: Responses) -> list[Piece]:
    changes = responses.status_changes
    on = _lacking(responses.status_compared, responses)
    if responses.status_compared == 0:
        return [Piece(_MISSING)]
    if not changes:
        return [Piece(f"equal on {_all(responses.status_equal)}{on}")]
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
    return [*lines, Piece(f"equal on {number(responses.status_equal)}{on}")]


def _lacking(compared: int | None, responses: Responses) -> str:
    """On how many pairs something was not compared."""
    lacking = 0 if compared is None else responses.compared - compared
    return f", not logged on {number(lacking)}" if lacking else ""


def _all(count: int) -> str:
    return number(count) if count == 1 else f"all {number(count)}"


def _bytes(responses: Responses) -> str:
    if responses.bytes_compared == 0:
        return _MISSING
    lacking = _lacking(responses.bytes_compared, responses)
    if not responses.bytes_differ:
        return f"equal on {_all(responses.bytes_equal)}{lacking}"
    differ = f"equal on {number(responses.bytes_equal)}, differ on {number(responses.bytes_differ)}"
    if _lacking(responses.status_compared, responses):
        return f"{differ}{lacking}"
    with_status = responses.bytes_differ - responses.bytes_differ_status_equal
    if not responses.bytes_differ_status_equal:
        where = "all with another status"
    elif not with_status:
        where = "all with the same status"
    else:
        where = f"{number(responses.bytes_differ_status_equal)} of them with the same status"
    return f"{differ} ({where}){lacking}"


def _latency(responses: Responses, ratio: float) -> str:
    text = f"median {ratio:.2f} times the primary's"
    if responses.primary_median_ms is not None and responses.shadow_median_ms is not None:
        text += f", {duration(responses.shadow_median_ms)} against {duration(responses.primary_median_ms)}"
    return f"{text} (on {counted(responses.latency_compared, 'pair')})"
