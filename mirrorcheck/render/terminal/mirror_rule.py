"""Prints the mirror rule of a service, its sides, and what is wrong."""

from rich.console import Console

from mirrorcheck.cluster.discover.target import Target
from mirrorcheck.mesh.groups import ready, shown
from mirrorcheck.mesh.model import Group
from mirrorcheck.render.terminal.sheet import OUTDENT, Columns, Layout, Piece, Row, Sheet
from mirrorcheck.render.text import counted
from mirrorcheck.sources.feed import Side

_WORDS = {"mirror": "NOT OK", "no mirror": "NO MIRROR", "no rule": "NO RULE", "unreadable": "NOT READABLE"}
_STYLES = {"error": "bold red", "warning": "bold magenta", "note": "dim"}


def render_rule(target: Target, console: Console) -> None:
    """Print the rule in at most 110 columns; width, colour and encoding are those of `console`."""
    sheet = Sheet.on(console)
    word = "OK" if target.sound else _WORDS[target.reading.state]
    style = "bold green" if target.sound else "bold red"
    sheet.flow(word, Piece(target.reading.text, "bold"), layout=Layout(margin=0, label_style=style))
    _write_sides(sheet, target)
    _write_rule(sheet, target)
    _write_findings(sheet, target)
    sheet.print(console)


def _write_sides(sheet: Sheet, target: Target) -> None:
    sheet.blank()
    sheet.flow("service", Piece(f"{target.service} in namespace {target.namespace}"))
    rows = [_row("primary", group, target, "primary") for group in target.reading.primary]
    rows.append(_row("shadow", target.reading.shadow, target, "shadow"))
    sheet.table(rows, Columns(flex=0))


def _row(label: str, group: Group, target: Target, side: Side) -> Row:
    pods = [pod for pod in target.objects.pods.get(group.namespace, ()) if group.selects(pod)]
    elsewhere = f" in {group.namespace}" if group.namespace != target.namespace else ""
    count = f"{sum(map(ready, pods))} of {counted(len(pods), 'pod')} ready" if pods else "no pods"
    container = target.containers[side].name
    read = f"container {container}" if container and pods else ""
    cells = (Piece(f"{shown(group.labels) or group.name}{elsewhere}"), Piece(count), Piece(read))
    return Row(f"{label} ({group.name})" if len(group.name) <= OUTDENT else label, cells)


def _write_rule(sheet: Sheet, target: Target) -> None:
    expect = target.reading.expect
    known = "not known" if expect is None else f"{expect:g} % of the primary's requests are copied"
    by = " (--expect)" if target.overrides.expect is not None else ""
    sheet.flow("expected", Piece(f"{known}{by}"))
    mirror = target.mirror
    if mirror is None:
        return
    source = mirror.source
    sheet.flow("rule", Piece(f"{source.kind} {source.name} in {source.namespace}, {source.version}"))
    for index, route in enumerate(mirror.routes):
        sheet.flow("" if index else "routes", Piece(f"{route.at}: {route.percent:g} % of {route.text}"))


def _write_findings(sheet: Sheet, target: Target) -> None:
    for each in target.findings:
        sheet.blank()
        sheet.flow(each.severity, Piece(each.what), layout=Layout(label_style=_STYLES[each.severity]))
        sheet.flow("", Piece(each.remedy, "dim"))
