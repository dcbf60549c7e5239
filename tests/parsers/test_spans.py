"""What RecordBatch finds and hashes between given places of its text."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import Parser, RecordBatch, compile_format

FORMAT = compile_format('escape=none "$x" $msec')
LINE = b'"%b" 1.000\n'

plain = st.binary(max_size=80).map(lambda text: text.replace(b'"', b"'").replace(b"\n", b" "))
texts = st.lists(
    plain | st.sampled_from([b"", b"\0", b"\0" * 8, b"a" * 64, b"a" * 65, b"ab" * 512, b"ab" * 513]),
    min_size=1,
    max_size=9,
)


def batch_of(values: list[bytes]) -> RecordBatch:
    """Parse one record for each value."""
    batch = Parser(FORMAT).feed(b"".join(LINE % value for value in values))
    assert batch.parsed == len(values)
    return batch


@given(texts)
def test_equal_texts_hash_equally(values: list[bytes]) -> None:
    """Two hashes are equal where the texts are, whatever stands around them and in whatever batch."""
    batch = batch_of(values)
    hashes = batch.hashes(*batch.spans["x"]).tolist()
    assert [hash_ == hashes[0] for hash_ in hashes] == [value == values[0] for value in values]
    for value, found in zip(values, hashes, strict=True):
        alone = batch_of([value])
        assert alone.hashes(*alone.spans["x"]).tolist() == [found]


def test_similar_texts_hash_differently() -> None:
    """Letters swapped, case changed or zeros appended: what is alike keeps a hash of its own."""
    words = [b"AAAAAAAa", b"aAAAAAAA", b"AAAaAAAA", b"AAAAAAAA"]
    values = [one + two + three for one in words for two in words for three in words]
    values += [b"\0" * length for length in range(130)]
    batch = batch_of(values)
    assert len(set(batch.hashes(*batch.spans["x"]).tolist())) == len(values)


@given(texts)
def test_the_first_and_last_of_a_byte(values: list[bytes]) -> None:
    """A byte is found where bytes.find and bytes.rfind find it."""
    values = [value.replace(b"a", b",") if len(value) % 3 else value for value in values]
    batch = batch_of(values)
    start, stop = batch.spans["x"]
    first = batch.first(ord(","), start, stop) - start
    assert first.tolist() == [value.find(b",") if b"," in value else len(value) for value in values]
    last = batch.last(ord(","), start, stop, 60)
    expected = [value.rfind(b",", max(0, len(value) - 60)) for value in values]
    assert np.where(last < 0, -1, last - start).tolist() == expected


@given(texts)
def test_the_first_word(values: list[bytes]) -> None:
    """The first eight bytes are one number, padded with zeros."""
    expected = [int.from_bytes(value[:8], "little") for value in values]
    assert batch_of(values).first_word("x").tolist() == expected
