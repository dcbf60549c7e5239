"""Pins what a test run takes from its surroundings, and says which tests are measured, and which come first."""

import gc
import os
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest

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
# Small logs: threads of polars cost more than they save, and each worker would start as many as there are processors.
os.environ["POLARS_MAX_THREADS"] = "1"
time.tzset()

# Shared machines are slow at random: a deadline would fail tests for that alone.
settings.register_profile("full", deadline=None, print_blob=True, max_examples=FULL)
settings.register_profile("sample", settings.get_profile("full"), max_examples=SHARE)

# Files that mostly wait for proxies, clusters and terminals that run in real time, and those that compute; of either,
# the longest first, by the first of these that a path holds. --no-loadscope-reorder keeps the order.
_WAITING = (
    "cluster/test_watch",
    "lab/test_probes",
    "cluster/test_sight",
    "lab/",
    "cluster/test_rule_moves",
    "docs/test_watching",
    "live/test_tmux",
    "cluster/",
    "probe/",
    "kube/",
)
_COMPUTING = (
    "tests/test_cases",
    "parsers/",
    "truth/",
    "packaging/",
    "engine/test_engine",
    "cli/",
    "pairing/",
    "outcomes/",
    "tests/test_",
    "engine/",
    "docs/",
)


# Measuring doubles the time of a test. Of the hundreds of cases that some have, the first run what the others run.
_MEASURED_CASES = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure the first cases of each test, and order the files; tests of a file stay in their order."""
    cases = Counter[str]()
    files = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        test = item.nodeid.partition("[")[0]
        cases[test] += 1
        if cases[test] > _MEASURED_CASES:
            item.add_marker(pytest.mark.unmeasured)
        files[test.partition("::")[0]].append(item)
    items[:] = [item for file in _in_turn(files) for item in files[file]]


def _in_turn(files: Collection[str]) -> list[str]:
    """Files that wait and files that compute in turn, so that some workers compute whenever the others wait."""
    waiting = {file for file in files if _rank(file, _WAITING) < len(_WAITING)}
    pairs = zip_longest(
        sorted(waiting, key=lambda file: (_rank(file, _WAITING), file)),
        sorted(set(files) - waiting, key=lambda file: (_rank(file, _COMPUTING), file)),
    )
    return [file for pair in pairs for file in pair if file]


def _rank(file: str, names: Sequence[str]) -> int:
    return next((place for place, name in enumerate(names) if name in file), len(names))


def pytest_collection_finish() -> None:
    """Keep what is there from here on, thousands of tests and all modules, out of each look for garbage."""
    gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: what some wait for, the others compute meanwhile."""
    return len(os.sched_getaffinity(0)) + 1


@contextmanager
def _not_measured() -> Iterator[None]:
    """Measure no coverage here, nor in the processes that are started."""
    stopped = []
    while measuring := Coverage.current():  # a worker has two: its own, and that of every process that is started
        measuring.stop()
        stopped.append(measuring)
    told = {name: os.environ.pop(name) for name in tuple(os.environ) if name.startswith("COVERAGE")}
    try:
        yield
    finally:
        os.environ.update(told)
        for measuring in reversed(stopped):
            measuring.start()


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
