"""Pins what a test run takes from its surroundings, and says which tests are measured, and which come first."""

import os
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest
from coverage import Coverage
from hypothesis import settings

from tests.sample import FULL, SHARE

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
settings.register_profile("full", deadline=None, print_blob=True, max_examples=FULL)
settings.register_profile("sample", settings.get_profile("full"), max_examples=SHARE)

# Files that take longest, much of it in waiting for something: one of them left to the end would keep one worker busy
# alone. --no-loadscope-reorder keeps this order, by the first of these that a path holds.
_FIRST = (
    "cluster/test_watch",
    "lab/",
    "docs/",
    "cluster/",
    "live/test_tmux",
    "tests/test_cases",
    "probe/",
    "engine/test_engine",
    "truth/",
    "engine/",
    "kube/",
)


# Measuring doubles the time of a test. Of the hundreds of cases that some have, the first run what the others run;
# of a table of refusals, which is shorter, each may run a line of its own.
_MEASURED_CASES = 25


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure the first cases of each test, and order the files; tests of a file, and other files, stay as they are."""
    cases = Counter[str]()
    for item in items:
        test = item.nodeid.partition("[")[0]
        cases[test] += 1
        if cases[test] > _MEASURED_CASES:
            item.add_marker(pytest.mark.unmeasured)
    items.sort(key=lambda item: next((place for place, name in enumerate(_FIRST) if name in item.nodeid), len(_FIRST)))


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: what some wait for, the others compute meanwhile."""
    return len(os.sched_getaffinity(0)) + 1


@contextmanager
def _not_measured() -> Iterator[None]:
    """Measure no coverage here, nor in the processes that are started."""
    measuring = Coverage.current()
    if not measuring:
        yield
        return
    told = {name: os.environ.pop(name) for name in tuple(os.environ) if name.startswith("COVERAGE")}
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()
        os.environ.update(told)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Measure what is imported for collecting the tests in the first worker only: all collect the same."""
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        return (yield)
    with _not_measured():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage in an `unmeasured` test, its fixtures and the processes it starts."""
    if not item.get_closest_marker("unmeasured"):
        return (yield)
    with _not_measured():
        return (yield)
