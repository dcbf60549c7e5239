"""A number of requests in, `v1.log` and `v2.log` of a mirrored shop in nginx's `main` format out, the same each time.

The mix is that of the recordings: a few hot addresses, many lukewarm and unique ones, eight user agents. All requests
are mirrored but one in a thousand. A copy ends some milliseconds before or after its original, so that lines swap
places and fall into another second.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

REQUESTS_PER_SECOND = 2_000
MISSED = 0.001
HOT_MISSED = 0.5
START = 1_795_341_600_000  # 2026-11-22T10:00:00Z in milliseconds
PROXY = "192.0.2.2"

# Share of the traffic, request with {} for a number, how many numbers, status, body size of the answer.
ROUTES = (
    (0.15, "GET / HTTP/1.1", 1, 200, 181),
    (0.17, "GET /api/products?page={} HTTP/1.1", 40, 200, 53),
    (0.17, "GET /api/products/{} HTTP/1.1", 5_000, 200, 50),
    (0.10, "GET /api/cart HTTP/1.1", 1, 200, 43),
    (0.08, "POST /api/cart/items HTTP/1.1", 1, 201, 17),
    (0.12, "GET /api/orders/{} HTTP/1.1", 1_000_000_000, 200, 52),
    (0.04, "GET /favicon.ico HTTP/1.1", 1, 200, 1406),
    (0.04, "POST /api/orders HTTP/1.1", 1, 201, 40),
    (0.03, "PUT /api/profile HTTP/1.1", 1, 200, 46),
    (0.03, "GET /api/search?q=caf%C3%A9%20%22noir%22&sort=asc HTTP/1.1", 1, 200, 61),
    (0.03, "DELETE /api/cart/items/{} HTTP/1.1", 1_000, 204, 0),
    (0.02, "GET /static/app.{}.js HTTP/1.1", 60, 200, 20_480),
    (0.02, "GET /old HTTP/1.1", 1, 301, 169),
)
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
AGENTS = (
    (0.29, DESKTOP),
    (0.22, PHONE),
    (0.14, "okhttp/4.12.0"),
    (0.10, "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
    (0.09, "python-requests/2.32.3"),
    (0.08, "Go-http-client/1.1"),
    (0.06, "curl/8.5.0"),
    (0.02, "-"),
)
REFERERS = ((0.71, "-"), (0.29, "https://shop.example.com/"))


def requests(count: int, random: np.random.Generator, per_second: float = REQUESTS_PER_SECOND) -> pl.DataFrame:
    """Return `count` requests as the columns of the log, and the milliseconds at which both sides log them."""
    route = _draw(tuple(share for share, *_ in ROUTES), count, random)
    number = (random.random(count) * np.array([numbers for _, _, numbers, _, _ in ROUTES])[route]).astype(np.int64)
    arrival = START + np.cumsum(random.exponential(1_000 / per_second, count))
    original = arrival + random.gamma(2.0, 2.0, count)
    copy = original + random.normal(1.5, 3.0, count)
    return (
        pl.DataFrame({"route": route, "number": number, "original_ms": original, "copy_ms": copy})
        .lazy()
        .with_columns(
            _pick("route", tuple(request.partition("{}")[0] for _, request, *_ in ROUTES)).alias("head"),
            _pick("route", tuple(request.partition("{}")[2] for _, request, *_ in ROUTES)).alias("tail"),
            pl.when(_pick("route", tuple(numbers > 1 for _, _, numbers, _, _ in ROUTES)))
            .then(pl.col("number").cast(pl.String))
            .otherwise(pl.lit(""))
            .alias("number"),
            _pick("route", tuple(f"{status} {size}" for *_, status, size in ROUTES)).alias("answer"),
            pl.Series("agent", _draw(tuple(share for share, _ in AGENTS), count, random)),
            pl.Series("referer", _draw(tuple(share for share, _ in REFERERS), count, random)),
        )
        .with_columns(
            _pick("agent", tuple(agent for _, agent in AGENTS)).alias("agent"),
            _pick("referer", tuple(referer for _, referer in REFERERS)).alias("referer"),
        )
        .collect()
    )


def write(table: pl.DataFrame, clock: str, forwarded_for: str, path: Path) -> None:
    """Write the lines of one side in the order of its clock, the column of milliseconds of that name."""
    lines = table.lazy().sort(clock).select(line(clock, forwarded_for))
    lines.sink_csv(path, include_header=False, quote_style="never")


def line(clock: str, forwarded_for: str) -> pl.Expr:
    """Give the line of one side, in nginx's `main` format."""
    return pl.format(
        '127.0.0.10 - - [{}] "{}{}{}" {} "{}" "{}" "{}"',
        pl.from_epoch(pl.col(clock).cast(pl.Int64), time_unit="ms").dt.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "head",
        "number",
        "tail",
        "answer",
        "referer",
        "agent",
        pl.lit(forwarded_for),
    )


def generate(lines: int, folder: Path, seed: int = 2, *, hot: bool = False) -> tuple[Path, Path]:
    """Write `lines` originals and their copies into `folder`, and return the paths of the two logs.

    hot: all requests are the same, and half of them are mirrored.
    """
    random = np.random.default_rng(seed)
    table = requests(lines, random)
    if hot:
        table = table.with_columns(pl.col("head", "number", "tail", "answer", "agent", "referer").first())
    folder.mkdir(parents=True, exist_ok=True)
    primary, shadow = folder / "v1.log", folder / "v2.log"
    write(table, "original_ms", "-", primary)
    write(table.filter(random.random(lines) >= (HOT_MISSED if hot else MISSED)), "copy_ms", PROXY, shadow)
    return primary, shadow


def _draw(shares: tuple[float, ...], count: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw `count` positions into `shares`, each as often as its share."""
    return np.searchsorted(np.cumsum(shares) / sum(shares), random.random(count), side="right")


def _pick(position: str, values: tuple[object, ...]) -> pl.Expr:
    """Return for each row the value at the position that the column holds."""
    return pl.lit(pl.Series(values)).gather(pl.col(position))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--hot", action="store_true", help="all requests are the same, and half of them are mirrored")
    arguments = parser.parse_args()
    generate(arguments.lines, arguments.folder, hot=arguments.hot)
