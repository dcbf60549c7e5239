"""How much of a long series of tests `make test` runs; `make long` runs all of it."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

FULL, SHARE = 100, 10  # percent of the examples, in `make long` and in `make test`
_FEWEST = 2


def examples(full: int) -> settings:
    """Try so many examples in `make long`, and the share that the profile sets in `make test`."""
    return settings(max_examples=max(min(full, _FEWEST), full * settings().max_examples // FULL))


def sampled(cases: Iterable[object], count: int) -> list[Any]:
    """Parameters of a test, of which all but the first few are left to `make long`."""
    each = (case if isinstance(case, tuple) else (case,) for case in cases)
    return [pytest.param(*case, marks=() if number < count else pytest.mark.long) for number, case in enumerate(each)]
