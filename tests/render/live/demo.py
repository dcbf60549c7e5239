"""Shows a hand-built look on the terminal: `python -m tests.render.live.demo NAME [moving|failing|ending|beside]`."""

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from rich.console import Console

from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.render.live.screen import run_screen
from tests.render.live.cases import CASES, SECOND, bins, missed, numbered, share


def still(state: Snapshot) -> Callable[[], Snapshot]:
    """The same look for ever."""
    return lambda: state


def failing(state: Snapshot) -> Callable[[], Snapshot]:
    """A look that fails the fourth time."""
    looks = count(1)

    def look() -> Snapshot:
        if next(looks) > 3:
            raise RuntimeError("the engine broke")
        return state

    return look


def moving(state: Snapshot) -> Callable[[], Snapshot]:
    """A mirror that goes on: a second with each look."""
    looks = count()

    def look() -> Snapshot:
        step = next(looks)
        at_us = state.now_us + step * SECOND
        paired, lost = 20_871 + 84 * step, 9 + step // 8
        totals = state.totals
        return replace(
            state,
            now_us=at_us,
            watermark_us=at_us - 10 * SECOND,
            overall=share(paired, lost),
            totals=replace(totals, originals=paired + lost + 136, paired=paired, missed=lost, shadow_paired=paired),
            bins=bins("x" * (60 + step // 4), 348),
            events=numbered(*(missed(252 + 8 * index, f"/api/products/{index}") for index in range(step // 8))),
            streams=tuple(replace(stream, lines_per_s=stream.lines_per_s + step % 7) for stream in state.streams),
        )

    return look


if __name__ == "__main__":
    ways = {"still": still, "failing": failing, "moving": moving, "ending": still, "beside": still}
    name, way = [*sys.argv[1:], "still"][:2]
    frames = iter(range(3)) if way == "ending" else count()
    status = 0
    try:
        look = ways[way](CASES[name][0])
        others = [replace(CASES["no-copies"][0], shadow="v3")] if way == "beside" else []
        run_screen(
            lambda: [replace(look(), shadow="v2" if others else ""), *others],
            lambda: next(frames, None) is None,
            Console(highlight=False),
        )
    except KeyboardInterrupt:
        status = 130
    sys.stdout.write("the report\n")
    sys.exit(status)
