"""Pins what a test run takes from its surroundings, and says which tests are measured, and which come first."""

import os
import time
from collections.abc import Generator

import pytest
from coverage import Coverage
from hypothesis import settings

# Set on import, before rich or typer look: both read the environment once. CI services set some of
# the removed ones, and each of them alone would put colours or control codes into golden output.
for _name in ("CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)
# Hundreds of processes are started, and compiling all that is imported would take half of each one's time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# TERM=dumb would make rich ignore COLUMNS.
os.environ.update(NO_COLOR="1", COLUMNS="100", LINES="40", TERM="xterm", TZ="UTC", LC_ALL="C.UTF-8")
time.tzset()

# Shared machines are slow at random: a deadline would fail tests for that alone.
settings.register_profile("mirrorcheck", deadline=None, print_blob=True)
settings.load_profile("mirrorcheck")

# Files that take longest, much of it in waiting for something: one of them left to the end would keep one worker busy
# alone. --no-loadscope-reorder keeps this order, by the first of these that a path holds.
_FIRST = (
    "cluster/test_watch",
    "lab/",
    "docs/",
    "cluster/",
    "probe/",
    "engine/test_engine",
    "truth/",
    "engine/",
    "kube/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; within a file, and among the others, tests stay as they are."""
    items.sort(key=lambda item: next((place for place, name in enumerate(_FIRST) if name in item.nodeid), len(_FIRST)))


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: what some wait for, the others compute meanwhile."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage in an `unmeasured` test, its fixtures and the processes it starts."""
    measuring = Coverage.current() if item.get_closest_marker("unmeasured") else None
    if not measuring:
        return (yield)
    told = {name: os.environ.pop(name) for name in tuple(os.environ) if name.startswith("COVERAGE")}
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()
        os.environ.update(told)
