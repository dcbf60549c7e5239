"""A store of columns holds what was put into it, and does not touch what it gave out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mirrorcheck.store import Store

batches = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=700), max_size=12)


def both(values: list[int]) -> dict[str, NDArray[np.generic]]:
    """Two columns of different types."""
    return {"a": np.array(values, np.int64), "b": np.array(values, np.int64) > 50}


@given(batches, st.data())
def test_store_holds_its_batches(pieces: list[list[int]], data: st.DataObject) -> None:
    """Batches lie behind each other; what was given out stays, whatever is put behind it or left out."""
    store, so_far = Store(), list[int]()
    given_out = [(store.columns(), list(so_far))]
    for piece in pieces:
        store.append(both(piece))
        so_far += piece
        given_out.append((store.columns(), list(so_far)))
        if data.draw(st.booleans()):
            kept = [value % 3 != 0 for value in so_far]
            store.filter(np.array(kept, np.bool_))
            so_far = [value for value, keeps in zip(so_far, kept, strict=True) if keeps]
            given_out.append((store.columns(), list(so_far)))
    for columns, values in given_out:
        expected = both(values)
        assert all(np.array_equal(columns[name], expected[name]) for name in columns)
        assert columns.keys() == (expected.keys() if values or columns else set())
        assert all(columns[name].dtype == expected[name].dtype for name in columns)
