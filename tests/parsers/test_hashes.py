"""Hashes of texts and of their parts are SipHash-1-3 by a secret key, or BLAKE2b for long ones; equal in both ways."""

import os
import subprocess
import sys
from hashlib import blake2b
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import hash_each
from mirrorcheck_parsers.columnwise import secret
from mirrorcheck_parsers.columnwise.parts import hash_beginnings, hash_lists
from mirrorcheck_parsers.columnwise.words import PADDING, Positions, Window, begin_like, window
from tests.hash_keys import KNOWN_KEY, hashed_with
from tests.sample import examples

_WORD = (1 << 64) - 1
_LONGEST = 1024

keys = st.binary(min_size=16, max_size=16)
lengths = st.integers(0, 70) | st.sampled_from([255, 256, 257, _LONGEST - 1, _LONGEST, _LONGEST + 1, 3000])
texts = st.lists(lengths.flatmap(lambda size: st.binary(min_size=size, max_size=size)), min_size=1, max_size=9)


def siphash13(key: bytes, text: bytes) -> int:
    """SipHash-1-3 word by word, as its authors describe it (Aumasson and Bernstein, 2012)."""
    one, two = (int.from_bytes(key[at : at + 8], "little") for at in (0, 8))
    v = [one ^ 0x736F6D6570736575, two ^ 0x646F72616E646F6D, one ^ 0x6C7967656E657261, two ^ 0x7465646279746573]

    def add(to: int, what: int, turned: int, by: int) -> None:
        v[to] = v[to] + v[what] & _WORD
        v[what] = (v[what] << turned | v[what] >> 64 - turned) & _WORD ^ v[to]
        v[to] = (v[to] << by | v[to] >> 64 - by) & _WORD

    def sip_round() -> None:
        add(0, 1, 13, 32)
        add(2, 3, 16, 0)
        add(0, 3, 21, 0)
        add(2, 1, 17, 32)

    padded = text + bytes(7 - len(text) % 8) + bytes([len(text) % 256])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        sip_round()
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(3):
        sip_round()
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def printed(program: str, **environment: str) -> str:
    """What Python prints, in a process of its own."""
    words, variables = [sys.executable, "-c", program], {**os.environ, **environment}
    return subprocess.run(words, env=variables, capture_output=True, text=True, check=True).stdout  # noqa: S603  # ours


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_it_is_the_hash_of_python(seed: int) -> None:
    """Python hashes bytes by SipHash-1-3 as well, with a key that PYTHONHASHSEED determines."""
    assert sys.hash_info.algorithm == "siphash13"
    octets, state = [], seed  # as Python/bootstrap_hash.c has it
    for _ in range(secret.SIZE):
        state = (state * 214013 + 2531011) % (1 << 32)
        octets.append(state >> 16 & 0xFF)
    key = bytes(octets) if seed else bytes(secret.SIZE)
    sizes = range(1, 100)
    told = f"print(*(hash(bytes(range(size))) % 2**64 for size in {sizes}))"
    assert [siphash13(key, bytes(range(size))) for size in sizes] == list(
        map(int, printed(told, PYTHONHASHSEED=str(seed)).split())
    )


@examples(400)
@given(keys, texts)
def test_each_text_is_hashed_by_the_key(way: str, key: bytes, values: list[bytes]) -> None:
    """Whatever stands beside a text, and however often it comes, its hash is that of its bytes and the key; or 0."""
    del way
    with hashed_with(key):
        found = hash_each([*values, *reversed(values)]).tolist()
    long = [int.from_bytes(blake2b(each, digest_size=8, key=key).digest(), "little") for each in values]
    usual = [siphash13(key, each) if each else 0 for each in values]
    expected = [long[at] if len(each) > _LONGEST else usual[at] for at, each in enumerate(values)]
    assert found == expected + expected[::-1]


def test_texts_that_are_noted_together_keep_their_own_hashes(way: str) -> None:
    """More texts than are noted at once, in an order in which they come again at once, soon and late."""
    del way
    values = [b"%08d%s" % (number % 700, b"x" * (number % 3)) for number in (*range(2100), *range(0, 4200, 2))]
    values += [b"%12d%c%27d" % (1, other, 1) for other in b"121323"]  # alike but for a byte that is not looked at
    with hashed_with(KNOWN_KEY):
        assert hash_each(values).tolist() == [siphash13(KNOWN_KEY, each) for each in values]


def spans_of(values: list[bytes]) -> tuple[Window, Positions, Positions]:
    """The texts one after the other, padded, and where each begins and ends."""
    stop = np.cumsum([len(each) for each in values])
    return window(b"".join([*values, bytes(PADDING)])), stop - [len(each) for each in values], stop


@examples(300)
@given(st.lists(st.text("ab?", max_size=30) | st.sampled_from(["?" * 1100, "a" * 1100 + "?b"]), min_size=1))
def test_the_beginning_of_a_text_is_hashed_as_a_text(way: str, drawn: list[str]) -> None:
    """What stands in front of the first question mark, or all of a text without one; a long text, too."""
    del way
    values = [each.encode() for each in (*drawn, *drawn)]
    view, start, stop = spans_of(values)
    found = hash_beginnings(view, start, stop, ord("?"))
    beginnings = [each.partition(b"?")[0] for each in values]
    assert found.whole.tolist() == hash_each(values).tolist()
    assert found.beginning.tolist() == hash_each(beginnings).tolist()
    assert (found.stop - start).tolist() == [len(each) for each in beginnings]


def parted(text: bytes) -> tuple[bytes, bytes, bytes]:
    """A list, its last element, and what stands in front of that."""
    rest, comma, last = text[-64:].rpartition(b",")
    if text == b"-" or not comma:
        return (b"", b"", b"") if text == b"-" else (text, text.removeprefix(b" "), b"")
    rest = text[:-64] + rest
    return text, last.removeprefix(b" "), b"" if rest == b"-" else rest


@examples(300)
@given(
    st.lists(
        st.lists(st.sampled_from(["10.0.0.1", "-", "", " ", "a" * 62, "a" * 63, "a" * 64, "b" * 600])).map(", ".join)
        | st.text("a-, ", max_size=9),
        min_size=1,
    )
)
def test_the_elements_of_a_list_are_hashed_as_texts(way: str, drawn: list[str]) -> None:
    """The whole list, its last element without a space in front, and what is left; a dash is nothing."""
    del way
    values = [each.encode() for each in (*drawn, *drawn)]
    found = hash_lists(*spans_of(values))
    hashes = [hash_each(texts).tolist() for texts in zip(*map(parted, values), strict=True)]
    assert [found.whole.tolist(), found.last.tolist(), found.rest.tolist()] == hashes


@examples(300)
@given(st.lists(st.text("kK/[-\x0b ", max_size=10), min_size=1))
def test_heads_are_found_in_any_case(way: str, drawn: list[str]) -> None:
    """Whatever the case of its letters; a text that is shorter than a head does not begin with it."""
    del way
    values = [each.encode() for each in drawn]
    found = begin_like(*spans_of(values), [b"Kk/", b"-"])
    folded = [bytes(byte | 0x20 for byte in each) for each in values]
    assert found.tolist() == [each.startswith((b"kk/", b"-")) for each in folded]


def test_a_process_draws_a_key_of_its_own() -> None:
    """No two have one, so that nobody can try texts on another."""
    told = "from mirrorcheck_parsers import hash_text; print(hash_text(b'/'))"
    assert printed(told) != printed(told)


def test_a_key_is_given_before_it_is_used() -> None:
    """Afterwards only the same one is taken: hashes by two keys would never be equal."""
    other = bytes(secret.SIZE)
    with hashed_with(secret.key()), patch.object(secret, "_is_in_use", new=False):
        with pytest.raises(ValueError, match="16 bytes"):
            secret.use_key(b"short")
        secret.use_key(KNOWN_KEY)
        assert secret.key() == KNOWN_KEY
        secret.use_key(KNOWN_KEY)
        with pytest.raises(RuntimeError, match="before anything is read"):
            secret.use_key(other)
        assert secret.key() == KNOWN_KEY
