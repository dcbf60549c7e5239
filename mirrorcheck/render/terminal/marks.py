"""Colours of verdicts, and bars of the timeline."""

from mirrorcheck.render.terminal.sheet import Piece

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.:-=+*#"
# Green, red and magenta stand out on white as well as on black; yellow does not.
_VERDICT_STYLES = {
    "MIRRORING": "bold green",
    "NOT MIRRORING": "bold red",
    "NO DATA": "bold red",
}


def verdict_style(word: str) -> str:
    """Return the rich style of a verdict's word."""
    return _VERDICT_STYLES.get(word, "bold magenta")


def share_style(paired: int, missed: int) -> str:
    """Return the rich style of a share of originals that were copied."""
    if not missed:
        return "green"
    return "magenta" if paired else "red"


def bar(paired: int, missed: int, *, utf: bool) -> Piece:
    """Return one character for the share copied; a space where there is no original."""
    if not paired + missed:
        return Piece(" ")
    bars = _BARS if utf else _ASCII_BARS
    # The lowest bar is nothing and the highest everything: a single miss, or a single copy, is seen.
    level = paired * (len(bars) - 1) // (paired + missed)
    if paired and not level:
        level = 1
    return Piece(bars[level], share_style(paired, missed))
