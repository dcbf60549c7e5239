"""Makes the keys of both sides anew by a definition of how copies differ; their texts are read again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mirrorcheck.outcomes.likeness.chains import Chain
from mirrorcheck.outcomes.likeness.differences import Definition, Header
from mirrorcheck.outcomes.sides.model import SideLines, plain_key
from mirrorcheck.pairing.model import Bools, Ints
from mirrorcheck.reading.fetch import reread
from mirrorcheck.reading.observe import KEY_FIELDS, NO_CHAIN, mix
from mirrorcheck_parsers import RecordBatch, hash_each

Hashes = NDArray[np.uint64]
_OneForm = Callable[[bytes], tuple[bytes, ...]]  # of a text, as it is compared, or all that it may be

_NOTHING = b"-"


@dataclass(frozen=True, slots=True, eq=False)
class Remade:
    """Both sides with columns of their tables as if the mirror had changed nothing but to add its own hop.

    behind: int8 by row of the shadow, at which place of its chain, from the end, the first hop stands that was added;
    0 where none was. None where the chain is not compared.
    """

    primary: SideLines
    shadow: SideLines
    behind: NDArray[np.int8] | None


@dataclass(frozen=True, slots=True)
class _Forms:
    """How the lines of a side are compared: forms of the target, of which there are at most `targets`, and headers."""

    target: _OneForm
    headers: Mapping[str, _OneForm]
    targets: int


@dataclass(frozen=True, slots=True, eq=False)
class _Requests:
    """Requests by row, in one of the forms that their originals may have: hashes of targets, and `rest`."""

    target: Hashes
    rest: Hashes


@dataclass(frozen=True, slots=True, eq=False)
class _Chains:
    """Chains without some last hops, by row: whether they have so many, what is left, and the first one cut off."""

    hops: int
    fits: Bools
    chain: Hashes
    hop: Hashes


def remake(primary: SideLines, shadow: SideLines, definition: Definition) -> Remade:
    """Make the keys of all lines anew; a copy that may differ in several ways takes the first with an original."""
    ours = [_Requests(*(primary.table[name].to_numpy() for name in ("target", "rest")))]
    theirs = [_Requests(*(shadow.table[name].to_numpy() for name in ("target", "rest")))]
    if definition.remakes_requests:
        fields = [name for name in KEY_FIELDS if primary.logs(name) and shadow.logs(name)]
        ours = _requests(primary, fields, _forms(definition, copies=False))
        theirs = _requests(shadow, fields, _forms(definition, copies=True))
    chains = _chains(shadow, definition.chain)
    own = primary.table.with_columns(pl.Series("target", ours[0].target), pl.Series("rest", ours[0].rest))
    if definition.chain.tail:
        [cut] = _chains(primary, replace(definition.chain, hops=(0,)))
        own = own.with_columns(pl.Series("chain", cut.chain))
    request, hops = _choose(own, theirs, chains)
    table = shadow.table.with_columns(
        pl.Series("target", _chosen([each.target for each in theirs], request)),
        pl.Series("rest", _chosen([each.rest for each in theirs], request)),
    )
    if chains:
        table = table.with_columns(
            pl.Series("shorter_chain", _chosen([each.chain for each in chains], hops)),
            pl.Series("hop", _chosen([each.hop for each in chains], hops)),
        )
    places = [each.hops and each.hops + definition.chain.tail for each in chains]
    behind = np.array(places, np.int8)[hops] if chains else None
    return Remade(replace(primary, table=own), replace(shadow, table=table), behind)


def _choose(primary: pl.DataFrame, theirs: Sequence[_Requests], chains: Sequence[_Chains]) -> tuple[Ints, Ints]:
    """By row of the shadow, the numbers of the form of its request and of its chain."""
    rows = len(theirs[0].rest)
    request, hops = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    ways = [(form, number) for form in range(len(theirs)) for number in range(max(1, len(chains)))]
    if len(ways) == 1:
        return request, hops
    keys = plain_key(primary) if chains else primary["rest"].to_numpy()
    known = pl.Series(keys).unique().implode()
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


def _forms(definition: Definition, *, copies: bool) -> _Forms:
    """How originals, or copies, are compared."""

    def header(rule: Header) -> _OneForm:
        return lambda text: (rule.original(text) if copies or rule.replaced else text,)

    headers, target = {"user_agent": header(definition.agent), "referer": header(definition.referer)}, definition.target
    if copies:
        return _Forms(target.originals, headers, 2 if target.rewrites else 1)
    return _Forms(lambda text: (target.canonical(text),), headers, 1)


def _requests(side: SideLines, fields: Sequence[str], forms: _Forms) -> list[_Requests]:
    """The requests of a side, in each of the forms of their targets."""
    rows = side.table.height
    made = [_Requests(np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)) for _ in range(forms.targets)]
    for batch, records, places in _read_again(side):
        method = batch.first_word("method")[records]
        rest = [
            _header(batch, records, name, forms.headers[name]) if name in fields else np.zeros(len(records), np.uint64)
            for name in KEY_FIELDS
        ]
        for number, target in enumerate(_hashes(batch, records, "target", forms.target, forms.targets)):
            made[number].target[places] = target
            made[number].rest[places] = mix(method, target, *rest)
    return made


def _header(batch: RecordBatch, records: Ints, field: str, form: _OneForm) -> Hashes:
    """The hashes of a header as it is compared; 0 where it is missing."""

    def present(text: bytes) -> tuple[bytes, ...]:
        return form(b"" if text == _NOTHING else text)

    [hashes] = _hashes(batch, records, field, present, 1)
    return hashes


def _hashes(batch: RecordBatch, records: Ints, field: str, forms: _OneForm, count: int) -> list[Hashes]:
    """Hashes of the forms of a field's texts; the last form of one that has fewer, 0 where nothing is left.

    Each distinct text is brought into its forms once.
    """
    if field not in batch.spans:  # a key of JSON that no line of this batch has
        return [np.zeros(len(records), np.uint64)] * count
    start, stop = (bound[records] for bound in batch.spans[field])
    _, first, which = np.unique(batch.hashes(start, stop), return_index=True, return_inverse=True)
    made = [forms(text) for text in batch.text(field, records[first])]
    return [hash_each([each[min(number, len(each) - 1)] for each in made])[which] for number in range(count)]


def _chains(side: SideLines, chain: Chain) -> list[_Chains]:
    """The chains of a side without each of the numbers of hops that copies may have more."""
    rows = side.table.height
    made = [
        _Chains(hops, np.zeros(rows, np.bool_), np.zeros(rows, np.uint64), np.zeros(rows, np.uint64))
        for hops in chain.hops
    ]
    for batch, records, places in _read_again(side) if made else ():
        if "xff" not in batch.spans:
            continue
        start, stop = (bound[records] for bound in batch.spans["xff"])
        missing = batch.is_text("xff", _NOTHING)[records]
        stop = np.where(missing, start, stop)
        common = len(places) and side.parts[side.part[places[0]]].stream.common_hop
        for _ in range(chain.tail + bool(common)):
            _, stop = batch.last_elements(start, stop)
        for each in made:
            _cut(batch, start, stop, each, places)
    return made


def _cut(batch: RecordBatch, start: Ints, stop: Ints, made: _Chains, rows: Ints) -> None:
    """Put what is left of the chains of a batch without its hops where it belongs."""
    fits = np.ones(len(start), np.bool_)
    hop_start, hop_stop = stop, stop
    for _ in range(made.hops):
        fits &= stop > start
        hop_stop = stop
        hop_start, stop = batch.last_elements(start, stop)
    made.fits[rows] = fits
    made.chain[rows] = batch.hashes(start, stop)
    if made.hops:
        made.hop[rows] = np.where(fits, batch.hashes(hop_start, hop_stop), NO_CHAIN)


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
