"""Lets the tests of a module read lines in both ways: with the kernel, where it was compiled, and one by one."""

from collections.abc import Iterator

import pytest

from mirrorcheck_parsers import scanning

WAYS = ["exact"] if scanning.kernel is None else ["compiled", "exact"]


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the way in which lines are read during the tests that use it."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "exact":
            patched.setattr(scanning, "kernel", None)
        yield request.param
