"""Chains of X-Forwarded-For: what mirroring adds to them."""

import pytest

from mirrorcheck.outcomes.likeness.chains import hops_added


@pytest.mark.parametrize(("original", "copy", "hops"), [(b"", b"-,p", 1), (b"", b"-, p,s", 2), (b"a", b"a,p", 1)])
def test_a_dash_is_no_hop(original: bytes, copy: bytes, hops: int) -> None:
    """What a client sent as "-" is read as nothing."""
    assert hops_added({original}, copy) == hops
