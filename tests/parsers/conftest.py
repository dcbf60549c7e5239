"""Runs each test of the parsers twice: with the kernel, where it was compiled, and by the exact way alone."""

from collections.abc import Iterator

import pytest

from mirrorcheck_parsers import scanning

WAYS = ["exact"] if scanning.kernel is None else ["compiled", "exact"]


@pytest.fixture(scope="module", autouse=True, params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the way in which lines are read during the tests of a module."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "exact":
            patched.setattr(scanning, "kernel", None)
        yield request.param
