from collections.abc import Iterator
from threading import Barrier, get_ident

import pytest

from mirrorcheck.concurrency import made_ahead


def test_what_is_made_ahead_is_the_same_in_order() -> None:
    """Nothing is lost, false values and none at all neither."""
    assert list(made_ahead(iter([0, None, "", 3]))) == [0, None, "", 3]
    assert list(made_ahead(iter(()))) == []


def test_the_next_one_is_made_while_one_is_used() -> None:
    """Whoever uses a part and whoever makes the next meet: neither waits for the other to end."""
    met = Barrier(2, timeout=60)

    def parts() -> Iterator[int]:
        yield get_ident()
        met.wait()
        yield get_ident()

    coming = made_ahead(parts())
    maker = next(coming)
    met.wait()
    assert list(coming) == [maker]
    assert maker != get_ident()


def test_a_failure_comes_in_its_place() -> None:
    """What was made before is used first; who stops early leaves no thread behind."""

    def parts() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    coming = made_ahead(parts())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="broken"):
        next(coming)
