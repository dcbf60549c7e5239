"""How a run ends that does not end as it should: a fault of this program, or a reader that left."""

import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mirrorcheck import __version__

UNFORESEEN = 70  # EX_SOFTWARE of sysexits.h
OPTION = "--traceback"


def report_failure(error: BaseException, *, at_length: bool) -> int:
    """Write one line on what went wrong, the traceback before it if that is wanted; return the exit status."""
    if at_length:
        traceback.print_exception(error, file=sys.stderr)
    from mirrorcheck.render.visible import visible

    sys.stderr.write(f"error: {visible(_line(error), sys.stderr.encoding or 'ascii')}\n")
    return UNFORESEEN


def report_failures_of_threads(*, at_length: bool) -> None:
    """Report what ends a thread in the same way."""

    def report(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
            report_failure(ended.exc_value, at_length=at_length)

    threading.excepthook = report


def _line(error: BaseException) -> str:
    program = f"mirrorcheck {__version__}"
    if isinstance(error, MemoryError):
        return f"{program} ran out of memory. Give it fewer lines at a time (a day's logs), or a larger machine."
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return (
        f"{program} failed where it should not{_place(error)}: {what}. Please report this as an issue of the project, "
        f"with the lines that cause it; {OPTION} shows more."
    )


def _place(error: BaseException) -> str:
    """The innermost place in this program."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if {"mirrorcheck", "mirrorcheck_parsers"} & set(Path(frame.filename).parts)]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


@contextmanager
def until_the_reader_leaves() -> Iterator[None]:
    """Whoever read enough of what is no verdict leaves a success behind."""
    try:
        yield
        # At exit it would be too late to distinguish a full disk or a reader that left from success.
        sys.stdout.flush()
    except BrokenPipeError:
        write_no_more()


def write_no_more() -> None:
    """The interpreter must not complain when it flushes at exit."""
    with suppress(OSError, ValueError):  # what stands in for standard output may have no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
