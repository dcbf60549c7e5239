"""The table of outcomes as a pandas DataFrame."""

import pandas as pd
import polars as pl

_CATEGORIES = ("shadow_name", "side", "file", "outcome", "pair_file", "method")


def to_pandas(table: pl.DataFrame) -> pd.DataFrame:
    """Columns as in the table, also without rows.

    shadow_name, side, file, outcome, pair_file, method: category; line, candidates, status: int64; pair_line, and
    status where some line has none: Int64; time: datetime64[us, UTC]; target: str.
    """
    columns: dict[str, pd.Series | pd.Categorical] = {}
    for name in table.columns:
        column = table[name]
        if name in _CATEGORIES:
            columns[name] = pd.Categorical(column.to_list())
        elif name == "pair_line" or column.null_count():
            columns[name] = pd.Series(column.to_list(), dtype="Int64")
        elif name == "time":
            columns[name] = (
                pd.Series(column.dt.timestamp("us").to_numpy()).astype("datetime64[us]").dt.tz_localize("UTC")
            )
        else:
            columns[name] = pd.Series(column.to_list(), dtype="str" if name == "target" else "int64")
    return pd.DataFrame(columns)
