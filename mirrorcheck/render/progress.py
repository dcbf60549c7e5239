"""A progress bar on standard error while large inputs are read."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mirrorcheck.sources.files import Progress, Source

_WORTH_A_BAR = 1 << 27  # bytes: about a second's work


@contextmanager
def progress_of(sources: Sequence[Source]) -> Iterator[Progress | None]:
    """A function that takes how many bytes more were read; None where no bar is wanted or nobody would see it."""
    total = sum(source.size() for source in sources)
    if total < _WORTH_A_BAR or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda count: bar.advance(task, count)
