"""A definition of how copies differ in, the tables of both sides with keys made by it out; their texts are read again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.likeness.differences import Definition, Header
from mirrorcheck.reading.fetch import reread
from mirrorcheck.reading.observe import KEY_FIELDS, NO_CHAIN, mix
from mirrorcheck.side_lines import SideLines
from mirrorcheck_parsers import RecordBatch, hash_each

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Bools = NDArray[np.bool_]
_Texts = Callable[[bytes], Sequence[bytes]]

_LONGEST_HOP = 64
_NOTHING = b"-"


@dataclass(frozen=True, slots=True, eq=False)
class Remade:
    """Both sides with columns of their tables as if the mirror had changed nothing but to add its own hop.

    added: int8 by row of the shadow, how many hops it has more; None where the chain is not compared.
    """

    primary: SideLines
    shadow: SideLines
    added: NDArray[np.int8] | None


@dataclass(frozen=True, slots=True, eq=False)
class _Requests:
    """What lines ask for, by row, in one of the forms that their originals may have: hashes of targets, and `rest`."""

    target: Hashes
    rest: Hashes


@dataclass(frozen=True, slots=True, eq=False)
class _Chains:
    """Chains without some last hops, by row: whether they have so many, what is left, and the first that is left out."""

    hops: int
    fits: Bools
    chain: Hashes
    hop: Hashes


def remake(primary: SideLines, shadow: SideLines, definition: Definition) -> Remade:
    """Make the keys of all lines anew.

    A copy that may differ in several ways takes the first in which an original has its key.
    """
    ours = [_Requests(*(primary.table[name].to_numpy() for name in ("target", "rest")))]
    theirs = [_Requests(*(shadow.table[name].to_numpy() for name in ("target", "rest")))]
    if definition.remakes_requests:
        fields = [name for name in KEY_FIELDS if primary.logs(name) and shadow.logs(name)]
        ours = _requests(primary, fields, lambda target: (definition.target.canonical(target),), definition, False)
        theirs = _requests(shadow, fields, definition.target.originals, definition, True)
    chains = _chains(shadow, definition.hops)
    request, hops = _choose(primary, ours[0], theirs, chains)
    table = shadow.table.with_columns(
        pl.Series("target", _chosen([each.target for each in theirs], request)),
        pl.Series("rest", _chosen([each.rest for each in theirs], request)),
    )
    if chains:
        table = table.with_columns(
            pl.Series("shorter_chain", _chosen([each.chain for each in chains], hops)),
            pl.Series("hop", _chosen([each.hop for each in chains], hops)),
        )
    own = primary.table.with_columns(pl.Series("target", ours[0].target), pl.Series("rest", ours[0].rest))
    added = np.array([each.hops for each in chains], np.int8)[hops] if chains else None
    return Remade(replace(primary, table=own), replace(shadow, table=table), added)


def _choose(
    primary: SideLines, ours: _Requests, theirs: Sequence[_Requests], chains: Sequence[_Chains]
) -> tuple[Ints, Ints]:
    """By row of the shadow, which form of the request and which of the chains it is taken for."""
    rows = len(theirs[0].rest)
    request, hops = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    ways = [(form, number) for form in range(len(theirs)) for number in range(max(1, len(chains)))]
    if len(ways) == 1:
        return request, hops
    known = pl.Series(mix(ours.rest, primary.table["chain"].to_numpy()) if chains else ours.rest).unique().implode()
    undecided = np.ones(rows, np.bool_)
    for number in reversed(range(len(chains))):  # the first that fits, where no original has the key
        hops[chains[number].fits] = number
    for form, number in ways:
        keys = mix(theirs[form].rest, chains[number].chain) if chains else theirs[form].rest
        found = undecided & pl.Series(keys).is_in(known).to_numpy()
        found &= chains[number].fits if chains else True
        request[found], hops[found] = form, number
        undecided &= ~found
    return request, hops


def _chosen(columns: Sequence[Hashes], which: Ints) -> Hashes:
    return columns[0] if len(columns) == 1 else np.choose(which, columns)


def _requests(
    side: SideLines, fields: Sequence[str], forms: _Texts, definition: Definition, copied: bool  # noqa: FBT001
) -> list[_Requests]:
    """What the lines of a side ask for, in each of the forms of the target that `forms` gives."""
    headers = {"user_agent": definition.agent, "referer": definition.referer}
    count = 2 if copied and definition.target.rewrites else 1
    made = [_Requests(np.zeros(side.table.height, np.uint64), np.zeros(side.table.height, np.uint64)) for _ in range(count)]
    for batch, records, rows in _read_again(side):
        method = batch.first_word("method")[records]
        rest = [
            _header(batch, records, name, headers[name], copied=copied)
            if name in fields and not headers[name].replaced
            else np.zeros(len(records), np.uint64)
            for name in KEY_FIELDS
        ]
        for number, target in enumerate(_texts(batch, records, "target", forms, count)):
            made[number].target[rows] = target
            made[number].rest[rows] = mix(method, target, *rest)
    return made


def _header(batch: RecordBatch, records: Ints, field: str, header: Header, *, copied: bool) -> Hashes:
    """The hashes of a header as it is compared; 0 where it is missing."""

    def form(text: bytes) -> tuple[bytes]:
        text = b"" if text == _NOTHING else text
        return (header.original(text) if copied else text,)

    [hashes] = _texts(batch, records, field, form, 1)
    return hashes


def _texts(batch: RecordBatch, records: Ints, field: str, forms: _Texts, count: int) -> list[Hashes]:
    """Hashes of the forms of a field's texts; the last form of one that has fewer, 0 where nothing is left.

    Each distinct text is looked at once.
    """
    start, stop = (bound[records] for bound in batch.spans[field])
    _, first, which = np.unique(batch.hashes(start, stop), return_index=True, return_inverse=True)
    made = [tuple(forms(text)) for text in batch.text(field, records[first])]
    hashes = []
    for number in range(count):
        texts = [each[min(number, len(each) - 1)] for each in made]
        empty = np.fromiter((not text for text in texts), np.bool_, len(texts))
        hashes.append(np.where(empty, np.uint64(0), hash_each(texts))[which])
    return hashes


def _chains(side: SideLines, hops: Sequence[int]) -> list[_Chains]:
    """The chains of a side without so many hops."""
    rows = side.table.height
    made = [
        _Chains(each, np.zeros(rows, np.bool_), np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)) for each in hops
    ]
    for batch, records, places in _read_again(side) if hops else ():
        start, stop = (bound[records] for bound in batch.spans["xff"])
        missing = batch.is_text("xff", _NOTHING)[records]
        stop = np.where(missing, start, stop)
        if len(places) and side.parts[side.part[places[0]]].stream.common_hop:
            _, stop = _without_hop(batch, start, stop)
        for each in sorted(made, key=lambda chain: chain.hops):
            _cut(batch, start, stop, each, places)
    return made


def _cut(batch: RecordBatch, start: Ints, stop: Ints, made: _Chains, rows: Ints) -> None:
    """Put what is left of the chains of a batch without its hops where it belongs."""
    fits = np.ones(len(start), np.bool_)
    hop_start, hop_stop = stop, stop
    for _ in range(made.hops):
        fits &= stop > start
        hop_stop = stop
        hop_start, stop = _without_hop(batch, start, stop)
    made.fits[rows] = fits
    made.chain[rows] = np.where(stop > start, batch.hashes(start, stop), NO_CHAIN)
    if made.hops:
        made.hop[rows] = np.where(fits, batch.hashes(hop_start, hop_stop), NO_CHAIN)


def _without_hop(batch: RecordBatch, start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """Where the last hop starts, and where what is in front of it stops."""
    comma = batch.last(ord(","), start, stop, _LONGEST_HOP)
    several = comma >= start
    hop_start = np.where(several, comma + 1, start)
    octets = np.frombuffer(batch.data, np.uint8)
    hop_start = hop_start + ((octets[hop_start] == ord(" ")) & (hop_start < stop))
    return hop_start, np.where(several, comma, start)


def _read_again(side: SideLines) -> Iterator[tuple[RecordBatch, Ints, Ints]]:
    """Batches of all lines of a side: which of their records are lines of it, and the rows that these have."""
    numbers = side.table["line"].to_numpy()
    for number, part in enumerate(side.parts):
        rows = np.flatnonzero(side.part == number)
        rows = rows[np.argsort(numbers[rows], kind="stable")]
        read = 0
        for batch, records in reread(part.stream, numbers[rows]):
            yield batch, records, rows[read : read + len(records)]
            read += len(records)
