"""Two logs in nginx's `main` format in, the numbers of paired and missed requests out, as one scripts it in SQL.

What `script_polars.py` does, in DuckDB: a regular expression cuts the lines into columns, the requests that are alike
are numbered, and the logs are joined on (key, rank). It knows no horizon and no retries, and refuses any other format.
"""

import argparse
from pathlib import Path

import duckdb

_READ = r"""
CREATE TEMP VIEW {name} AS
WITH lines AS (
    SELECT row_number() OVER () AS line, text
    FROM read_csv('{log}', columns = {{'text': 'VARCHAR'}}, header = false, delim = '\x01', quote = '', escape = '')
),
cut AS (
    SELECT line, regexp_extract(
        text,
        '^(\S+) - \S+ \[([^ ]+) [^\]]+\] "(\S+) (\S+)[^"]*" (\d+) (\d+) "([^"]*)" "([^"]*)" "([^"]*)"$',
        ['addr', 'time', 'method', 'target', 'status', 'size', 'referer', 'agent', 'hops']
    ) AS l
    FROM lines
),
columns AS (
    SELECT
        line, strptime(l.time, '%d/%b/%Y:%H:%M:%S') AS time, l.method, l.target, l.status::SMALLINT AS status,
        l.size::BIGINT AS size, l.referer, l.agent, {hops} AS hops
    FROM cut
)
SELECT *, row_number() OVER (PARTITION BY method, target, referer, agent, hops ORDER BY line) AS rank FROM columns
"""
_HOPS = {
    "original": "CASE WHEN l.hops = '-' THEN '' ELSE l.hops END",
    "copy": "CASE WHEN l.hops LIKE '%,%' THEN regexp_replace(l.hops, ', ?[^,]*$', '') ELSE '' END",
}
_PAIR = """
SELECT count(copy.line), count(*) - count(copy.line), count(copy.time), sum(copy.status), sum(copy.size)
FROM original LEFT JOIN copy USING (method, target, referer, agent, hops, rank)
"""


def pair(primary: Path, shadow: Path) -> tuple[int, int]:
    """Return how many originals have a copy, and how many have none."""
    database = duckdb.connect()
    for name, log in (("original", primary), ("copy", shadow)):
        quoted = str(log).replace("'", "''")
        database.execute(_READ.format(name=name, log=quoted, hops=_HOPS[name]))
    paired, missed, *_ = database.execute(_PAIR).fetchone() or (0, 0)
    return paired, missed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("primary", type=Path)
    parser.add_argument("shadow", type=Path)
    paired, missed = pair(**vars(parser.parse_args()))
    print(f"paired {paired:,}, missed {missed:,}")
