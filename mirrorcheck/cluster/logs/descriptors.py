"""Raises the limit on open files as far as the streams need it.

Each stream takes a connection and the file that its lines are kept in.
"""

import os

from mirrorcheck.errors import UsageError

_EACH = 2
_BESIDE = 64  # plain reads beside the streams, the list of pods, the rule, modules that are loaded late, the terminal


def make_room(streams: int) -> None:
    """Raise the soft limit as far as the hard one where so many streams take it; UsageError where it is not enough."""
    fit = streams_that_fit(streams)
    if fit < streams:
        raise UsageError(
            f"{streams} containers are to be followed, and the files that this process may have open are enough for "
            f"{fit}. Allow more with `ulimit -n {_BESIDE + _EACH * streams}`, or choose fewer with --primary and "
            "--shadow."
        )


def streams_that_fit(wanted: int) -> int:
    """How many of the streams that are wanted fit, once the limit is raised for them."""
    if os.name != "posix":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _BESIDE + _EACH * wanted
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (ValueError, OSError):
        most = soft  # the system has a limit of its own
    return min(wanted, max(0, (most - _BESIDE) // _EACH))
