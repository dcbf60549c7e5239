"""Names as the user gave them in, the sources of either side out, or those whose sides are still to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mirrorcheck.errors import UsageError
from mirrorcheck.sources.files import STDIN, Source, open_sources, refuse_shared


@dataclass(frozen=True, slots=True)
class Inputs:
    """The sources of an analysis: those of either side, or `mixed`, whose sides are still to be told."""

    primary: tuple[Source, ...]
    shadow: tuple[Source, ...]
    mixed: tuple[Source, ...]

    @classmethod
    def open(cls, files: Sequence[str], primary: Sequence[str], shadow: Sequence[str]) -> Self:
        """Open all files; UsageError where the three lists do not fit together, InputError for unreadable files."""
        _refuse_misfit(files, primary, shadow)
        inputs = cls(open_sources(primary), open_sources(shadow), open_sources(files))
        refuse_shared(inputs.primary, inputs.shadow)
        return inputs

    @property
    def sources(self) -> tuple[Source, ...]:
        """All of them, the primary's first."""
        return self.primary + self.shadow + self.mixed


def _refuse_misfit(files: Sequence[str], primary: Sequence[str], shadow: Sequence[str]) -> None:
    if files and (primary or shadow):
        message = (
            f"unexpected file {files[0]} beside --primary/--shadow. Quote a glob ('v1-*.log'), or repeat the option "
            "for each file."
        )
        raise UsageError(message)
    if not files and not (primary and shadow):
        missing = "--shadow" if primary else "--primary" if shadow else "input"
        message = f"no {missing} is given. Use --primary V1.LOG --shadow V2.LOG, or name the captures: FILE..."
        raise UsageError(message)
    if [*files, *primary, *shadow].count(STDIN) > 1:
        message = "standard input (-) can be read once only. Name it once."
        raise UsageError(message)
