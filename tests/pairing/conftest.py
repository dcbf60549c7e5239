"""Lets the tests of a module pair in both ways: compiled, where it could be, and in numpy and Python."""

from collections.abc import Iterator

import pytest

from mirrorcheck.pairing import compiled

WAYS = ["reference"] if compiled.kernel is None else ["compiled", "reference"]


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the way in which lines are paired during the tests that use it."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param == "reference":
            patched.setattr(compiled, "kernel", None)
        yield request.param
