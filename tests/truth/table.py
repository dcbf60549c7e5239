"""Writes what was counted into VERDICTS.md, and reads it from there."""

import re
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.verdicts import OF_LOGS, TARGET
from tests.truth.cells import WORLDS, Cell, published_cells
from tests.truth.tally import Tally
from tests.truth.worlds import World

OF_MIXES = "\n## Any mix of what happens\n"
"""Where the part of the file begins that `python -m tests.truth --mixes` writes; it comes last."""
_ABOUT = f"""{OF_LOGS}
A split or a second service looks like a mirror where requests are alike: nearly every line finds a partner by chance.
Each row is a kind of logs whose truth is known, made and judged as files as often as *logs* says; `python -m
tests.truth --write` makes all of them again and writes this part, and a sample runs in the tests. What happens is in
the first column, and described below; then requests a second, how they arrive, how many URLs are asked for and how
often each, and how fine the stamps are.

Requests come at a constant rate (*steady*), by draws (*poisson*), or twenty on average in a twentieth of the time
(*bursty*). *Outside*: the true ratio lies outside of the range or interval that the report states.

{{words}}

{{summary}}

### Nothing was mirrored

*False pass*: one of `--expect 100`, `--min-ratio 40`, `--min-ratio 3` or `--expect N --within 5` passed, where N is
what pairing by chance can find at most. *All fail*: each of them failed. *No mirror*, *cannot tell*, *refused*: the
report said `NOT MIRRORING`, `CANNOT TELL`, or that it cannot judge these logs. *Answers*: `--max-status-changes 0`
passed.

{{none}}

### Nothing was mirrored, behind a proxy of the shadow's own

One or a few addresses stand at the end of `X-Forwarded-For` on all lines of the shadow, and on none of the primary's:
the lines of a mirror by as many proxies. Where requests are alike such a marker is believed, since nothing else tells a
mirror of one busy URL. That some of these pass is out of reach of logs without ids.

{{as_marked}}

### A mirror

*Pass*, *false fail*: the verdict on what is true, `--expect 100`, or `--expect 50 --within 5` and `--expect 10 --within
5`; the rest is inconclusive, in *cannot tell* logs because a split would look the same. *False pass*: a check of
another ratio passed, which is twice or half of that, or 100 %. The shadow is *fast* (milliseconds), *slow* (50 ms to
2.5 s), or its clock is *skewed* by 1 to 6 s.

{{mirrors}}
"""
_NONE = ("what happens", "a second", "arrivals", "URLs", "stamps", "logs", "false pass", "all fail", "no mirror",
         "cannot tell", "refused", "answers", "outside")  # fmt: skip
_MIRRORS = ("mirror", "a second", "arrivals", "URLs", "stamps", "shadow", "logs", "pass", "false fail", "false pass",
            "cannot tell", "refused", "outside")  # fmt: skip


def section(tallies: Sequence[Tally]) -> str:
    """The part of VERDICTS.md that tells of these tallies."""
    none = [each for each in tallies if not each.cell.world.mirrors and not each.cell.world.as_marked]
    as_marked = [each for each in tallies if each.cell.world.as_marked]
    mirrors = [each for each in tallies if each.cell.world.mirrors]
    return _ABOUT.format(
        words="\n".join(_described(world) for world in WORLDS),
        summary=_summary(none, mirrors),
        none=_table(_NONE, (_row(each) for each in none)),
        as_marked=_table(_NONE, (_row(each) for each in as_marked)),
        mirrors=_table(_MIRRORS, (_row(each) for each in mirrors)),
    )


def write(text: str) -> None:
    """Put the part into VERDICTS.md, in place of the one that is there."""
    before, _, part = TARGET.read_text(encoding="utf-8").partition(OF_LOGS)
    _, heading, of_mixes = part.partition(OF_MIXES)
    TARGET.write_text(before + text + heading + of_mixes, encoding="utf-8")


def published() -> Iterator[tuple[Cell, dict[str, int]]]:
    """Each cell of the table in VERDICTS.md with its counts by their heads."""
    cells = {_place(cell): cell for cell in published_cells()}
    text = TARGET.read_text(encoding="utf-8").partition(OF_LOGS)[2].partition(OF_MIXES)[0]
    heads: list[str] = []
    for line in re.findall(r"^\|(.*)\|$", text, re.MULTILINE):
        values = [value.strip() for value in line.split("|")]
        if values[0] in {_NONE[0], _MIRRORS[0]}:
            heads = values
        elif not values[0].startswith("---"):
            counted = heads.index("logs")
            counts = (int(value.replace(",", "")) for value in values[counted:])
            yield cells[tuple(values[:counted])], dict(zip(heads[counted:], counts, strict=True))


def _described(world: World) -> str:
    return f"- *{world.name}*: {world.about}."


def _place(cell: Cell) -> tuple[str, ...]:
    """The first columns of a row, which say what cell it is."""
    load = cell.load
    stamps = "1 s" if cell.resolution_ms >= 1000 else "1 ms"
    known = (cell.world.name, f"{load.rate:,g}", load.arrivals, f"{load.urls:,} {load.mix}", stamps)
    return (*known, cell.pace) if cell.world.mirrors else known


def counts_of(each: Tally) -> dict[str, int]:
    """What stands in the last columns of a row, by their heads."""
    if each.cell.world.mirrors:
        counts = [each.true_pass, each.false_fail, each.false_pass, each.cannot_tell, each.refused, each.outside]
        return dict(zip(_MIRRORS[-7:], [each.logs, *counts], strict=True))
    counts = [each.false_pass, each.all_fail, each.no_mirror, each.cannot_tell, each.refused, each.answers_pass]
    return dict(zip(_NONE[-8:], [each.logs, *counts, each.outside], strict=True))


def _row(each: Tally) -> list[str]:
    return [*_place(each.cell), *(f"{count:,}" for count in counts_of(each).values())]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _summary(none: Sequence[Tally], mirrors: Sequence[Tally]) -> str:
    logs, passed = sum(each.logs for each in none), sum(each.false_pass for each in none)
    worst = max((each.false_pass / each.logs for each in none), default=0.0)
    mixed = [each for each in mirrors if each.cell.mixed]
    failed, wrongly = sum(each.false_fail for each in mirrors), sum(each.false_pass for each in mirrors)
    return (
        f"- Nothing mirrored: {passed:,} of {logs:,} logs pass, in the worst of {len(none)} rows {100 * worst:.1f} %.\n"
        f"- A mirror: of {sum(each.logs for each in mirrors):,} logs {failed:,} fail on what is true, and "
        f"{wrongly:,} pass what is not.\n"
        "  Of a mixed load (100 URLs and more, or irregular arrivals that stamps of 1 ms tell apart) "
        f"{sum(each.true_pass for each in mixed):,} of {sum(each.logs for each in mixed):,} pass.\n"
        f"- Lines in no class or in two: in {sum(each.lost for each in (*none, *mirrors)):,} logs."
    )
