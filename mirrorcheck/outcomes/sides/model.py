"""The two sides and their lines, and which log is whose by the options or by the shadow marker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes import constants
from mirrorcheck.pairing.model import ENDLESS_US, Ints, Keys, Window
from mirrorcheck.reading.fetch import fetch, fetch_at
from mirrorcheck.reading.observe import mix
from mirrorcheck.reading.stream import Stream
from mirrorcheck.reading.stream_reader import Counts
from mirrorcheck.reading.table import SCHEMA
from mirrorcheck.sources.feed import Gap
from mirrorcheck_parsers import UnparsedLine


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The lines of a stream that belong to one side: all of them, or those of some pods.

    table: rows of observe.SCHEMA. samples, foreign_samples: unparsed and foreign lines that are shown with this part.
    """

    stream: Stream
    table: pl.DataFrame
    counts: Counts
    pods: tuple[str, ...]
    samples: tuple[UnparsedLine, ...]
    foreign_samples: tuple[UnparsedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Which piece of their logs lines are: whether the first ones, and the last ones; beyond, partners may lie.

    from_us, until_us: the time between, first excluded, of which every line and every partner was read: what is found
    there was not counted before, and will not be again. open_us: of the lines up to until_us, those after this one that
    have no partner may find one yet. known_us: what is found up to here, after from_us, shows what the proxy does.
    """

    begins: bool = True
    ends: bool = True
    from_us: int = -ENDLESS_US
    until_us: int = ENDLESS_US
    open_us: int = ENDLESS_US
    known_us: int = -ENDLESS_US

    def window(self) -> Window:
        """Which lines the pairing counts, and learns from."""
        return Window((self.from_us, self.until_us), (self.from_us, max(self.until_us, self.known_us)))


WHOLE = Piece()


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The parts of either side, what determined them, the lines and pods that belong to neither, and known gaps."""

    primary: tuple[Part, ...]
    shadow: tuple[Part, ...]
    determined_by: str
    other: Counts | None = None
    other_pods: tuple[str, ...] = ()
    primary_gaps: tuple[Gap, ...] = ()
    shadow_gaps: tuple[Gap, ...] = ()
    piece: Piece = WHOLE

    def streams(self) -> tuple[Stream, ...]:
        """The streams that have parts on either side, each once."""
        return tuple({id(part.stream): part.stream for part in self.primary + self.shadow}.values())


@dataclass(frozen=True, slots=True, eq=False)
class SideLines:
    """All parsed lines of a side, as the stages from pairing on share them; columns of length n.

    table: observe.SCHEMA. part: int64, number of the part the line is of. stream: int64, number of the clock that
    stamped it (file and pod). placed_us: int64, its time with whole seconds refined by rank. resolution_us: of the
    coarsest stamps. gaps: where lines may have been lost. by_probe: only probes are judged, by run and number.
    """

    parts: tuple[Part, ...]
    table: pl.DataFrame
    part: Ints
    stream: Ints
    placed_us: Ints
    resolution_us: int
    gaps: tuple[Gap, ...] = ()
    by_probe: bool = False
    piece: Piece = WHOLE

    def fields(self) -> list[frozenset[str]]:
        """The fields of each part that has lines."""
        return [part.stream.format.fields for part in self.parts if part.table.height and part.stream.format]

    def logs(self, field: str) -> bool:
        """Whether every part that has lines logs the field."""
        return all(part.stream.logs(field) for part in self.parts if part.table.height)

    def texts(self, rows: Ints, fields: Sequence[str]) -> dict[str, list[bytes]]:
        """The text of some fields for some rows, in their order; the logs are read again for them."""
        found: dict[str, dict[int, bytes]] = {name: {} for name in fields}
        numbers = self.table["line"].to_numpy()
        for number, part in enumerate(self.parts):
            own = np.unique(rows[self.part[rows] == number])
            own = own[np.argsort(numbers[own])]
            for name, texts in fetch(part.stream, numbers[own], fields).items():
                found[name].update(zip(own.tolist(), texts, strict=True))
        return {name: [texts[row] for row in rows.tolist()] for name, texts in found.items()}

    def places(self, rows: Ints) -> pl.DataFrame:
        """Where some rows lie: columns file (the name of their log), line, offset and length."""
        names = pl.Series("file", [part.stream.source.name for part in self.parts], dtype=pl.String)
        return self.table[rows].select(names.gather(self.part[rows]), "line", "offset", "length")


def texts_at(parts: Sequence[Part], places: pl.DataFrame, field: str) -> list[str]:
    r"""The text of a field at some places, see `SideLines.places`, in their order; what is no UTF-8 becomes \xhh."""
    streams = {part.stream.source.name: part.stream for part in parts}
    found: dict[tuple[str, int], bytes] = {}
    for (file,), own in places.group_by("file"):
        lying = own.unique("line").sort("line")
        texts = fetch_at(streams[str(file)], lying, [field])[field]
        found |= {(str(file), line): text for line, text in zip(lying["line"], texts, strict=True)}
    rows = places.select("file", "line").iter_rows()
    return [found[file, line].decode("utf-8", "backslashreplace") for file, line in rows]


def by_option(primary: Sequence[Stream], shadow: Sequence[Stream]) -> Sides:
    """The sides as the options name them. Raises UsageError if they look swapped."""
    sides = as_given(primary, shadow)
    _refuse_swapped(sides)
    return sides


def as_given(primary: Sequence[Stream], shadow: Sequence[Stream]) -> Sides:
    """The same, however they look."""
    return Sides(tuple(map(whole, primary)), tuple(map(whole, shadow)), "the options --primary and --shadow")


def by_marker(one: Stream, other: Stream) -> Sides:
    """Find out which of two logs is the shadow's: its lines are the other's with one X-Forwarded-For hop more.

    Of an empty log and one with lines, which cannot all be copies, the empty one is the shadow's. Raises UsageError
    where neither holds, with the option to give.
    """
    if not one.counts.parsed or not other.counts.parsed:
        return _by_emptiness(one, other)
    in_other, in_one = copies_found(one.table, other.table), copies_found(other.table, one.table)
    if in_one == in_other:
        raise UsageError(
            f"cannot tell which of {one.source.name} and {other.source.name} is the shadow's: no line of either "
            "carries a shadow marker that the other lacks. Say it with --primary FILE --shadow FILE."
        )
    primary, shadow = (one, other) if in_other > in_one else (other, one)
    found, lines = max(in_one, in_other), shadow.counts.parsed
    determined_by = (
        f"the shadow marker: {found:,} of {lines:,} lines of {shadow.source.name} have one more X-Forwarded-For hop"
    )
    return Sides((whole(primary),), (whole(shadow),), determined_by)


def _by_emptiness(one: Stream, other: Stream) -> Sides:
    primary, shadow = (one, other) if one.counts.parsed or not other.counts.parsed else (other, one)
    if primary.counts.parsed and bool((primary.table["hop"] != 0).all()):
        raise UsageError(
            f"cannot tell whether {primary.source.name} is the primary's or the shadow's: {shadow.source.name} has no "
            "request. Say it with --primary FILE --shadow FILE."
        )
    return Sides(
        (whole(primary),), (whole(shadow),), f"taking {shadow.source.name}, which has no request, as the shadow's"
    )


def may_be_proxies(hops: int, lines: int) -> bool:
    """Whether so many addresses at the end of so many lines may be mirroring proxies: clients are more."""
    return hops <= max(constants.FEW_PROXIES, constants.MOST_PROXIES * lines)


def plain_key(table: pl.DataFrame) -> Keys:
    """Key of a line with its whole X-Forwarded-For chain."""
    return mix(table["rest"].to_numpy(), table["chain"].to_numpy())


def stripped_key(table: pl.DataFrame) -> Keys:
    """Key of a line without the last hop of its X-Forwarded-For."""
    return mix(table["rest"].to_numpy(), table["shorter_chain"].to_numpy())


def copies_found(originals: pl.DataFrame, copies: pl.DataFrame) -> int:
    """Count the lines of `copies` that are a line of `originals` with one hop more."""
    with_hop = copies.filter(pl.col("hop") != 0)
    if not with_hop.height:
        return 0
    return int(pl.Series(stripped_key(with_hop)).is_in(pl.Series(plain_key(originals)).unique().implode()).sum())


def same_lines(primary: pl.DataFrame, shadow: pl.DataFrame) -> bool:
    """Whether both sides hold the same lines, client addresses included."""
    columns = ["time_us", "status", "bytes", "rest", "chain", "remote"]
    return primary.height == shadow.height and primary.select(columns).sort(columns).equals(
        shadow.select(columns).sort(columns)
    )


def whole(stream: Stream, pod: str | None = None) -> Part:
    """All lines of a stream as one part; `pod` where the lines do not name theirs."""
    pods = tuple(_pods_of(stream).values()) if pod is None else (pod,)
    return Part(stream, stream.table, stream.counts, pods, stream.samples, stream.foreign_samples)


def _refuse_swapped(sides: Sides) -> None:
    """Refuse if nearly every line of the primary is one of the shadow with one hop more, and none the other way round.

    That is proof only where few addresses are in that hop: a mirror that drops X-Forwarded-For drops that of clients.
    """
    primary, shadow = _all_keys(sides.primary), _all_keys(sides.shadow)
    marked = copies_found(shadow, primary)
    few = may_be_proxies(primary["hop"].n_unique(), primary.height)
    if few and marked and marked >= constants.NEARLY_ALL * primary.height and not copies_found(primary, shadow):
        lines = "1 line of the primary carries" if marked == 1 else f"{marked:,} lines of the primary carry"
        raise UsageError(
            f"the sides look swapped: {lines} a shadow marker, none of the shadow's do. Swap --primary and --shadow."
        )


def _all_keys(parts: Sequence[Part]) -> pl.DataFrame:
    """The columns that `copies_found` needs, of all parts."""
    columns = ["rest", "chain", "shorter_chain", "hop"]
    return pl.concat([pl.DataFrame(schema=SCHEMA).select(columns), *(part.table.select(columns) for part in parts)])


def _pods_of(stream: Stream) -> dict[int, str]:
    """Pod names by their hash in the column `pod`, in order of their first line."""
    if not stream.logs("pod"):
        return {}
    firsts = stream.table.group_by("pod").agg(pl.col("line").min()).sort("line")
    return {code: stream.origin(code) for code in firsts["pod"]}
