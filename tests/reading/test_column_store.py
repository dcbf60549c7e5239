"""A store of columns holds what was put into it, and does not touch what it gave out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mirrorcheck.reading.column_store import Store
from mirrorcheck.reading.table import complete_table

Columns = dict[str, NDArray[np.generic]]

batches = st.lists(
    st.lists(st.integers(0, 99), min_size=1, max_size=700) | st.lists(st.just(7), min_size=1, max_size=20), max_size=12
)


def columns_of(values: list[int], first: int = 0) -> Columns:
    """Columns of different types: one that may be the same on all rows, one that mostly is, and one that never is."""
    own = np.array(values, np.int64)
    return {"a": own, "b": own > 50, "offset": np.arange(first, first + len(values), dtype=np.int64)}


@given(batches, st.sampled_from([0, 1, 100, 1 << 20]), st.data())
def test_store_holds_its_batches(pieces: list[list[int]], size: int, data: st.DataObject) -> None:
    """Batches lie behind each other; what was given out stays as it is, whatever comes."""
    store, so_far, expected = Store(size), list[int](), columns_of([])
    given_out: list[tuple[Columns, Columns]] = [(store.columns(), {})]
    for piece in pieces:
        batch = columns_of(piece, len(so_far))
        store.append(batch)
        so_far += piece
        expected = {name: np.concatenate([column, batch[name]]) for name, column in expected.items()}
        given_out.append((store.columns(), expected))
        if data.draw(st.booleans()):
            kept = expected["a"] % 3 != 0
            store.filter(kept)
            expected = {name: column[kept] for name, column in expected.items()}
            given_out.append((store.columns(), expected))
    for columns, wanted in given_out:
        assert columns.keys() == wanted.keys()
        assert all(np.array_equal(columns[name], wanted[name]) for name in columns)
        assert all(columns[name].dtype == wanted[name].dtype for name in columns)


@given(st.lists(st.integers(1, 9), max_size=50), st.lists(st.booleans(), min_size=50, max_size=50))
def test_table_of_a_store_is_that_of_its_columns(statuses: list[int], keep: list[bool]) -> None:
    """Columns that never change are as long in the table as others, down to no row at all."""
    rows = len(statuses)
    columns: Columns = {
        "line": np.arange(1, rows + 1, dtype=np.int64),
        "status": np.array(statuses, np.int16),
        "chain": np.full(rows, 5, np.uint64),
        "excluded": np.zeros(rows, np.bool_),
    }
    store, kept = Store(), np.array(keep[:rows], np.bool_)
    if rows:
        store.append(columns)
        store.filter(kept)
    table = complete_table(store.columns())
    assert table.equals(complete_table({name: column[kept].copy() for name, column in columns.items()}))
    assert table["chain"].to_list() == [5] * int(kept.sum())
    assert table["bytes"].to_list() == [-1] * int(kept.sum())
