import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.render.live.terminal import KeyDecoder

KEYS = {
    b"q": "q",
    b"?": "?",
    b"\x0c": "^L",
    b"\r": "enter",
    b"\n": "enter",
    b"\x1b[A": "up",
    b"\x1bOB": "down",
    b"\x1b[5~": "pgup",
    b"\x1b[6~": "pgdn",
    b"\x1b[H": "home",
    b"\x1b[4~": "end",
}
NOTHING = (b"\xc3\xa4", b"\x1b[1;5C", b"\x1b[Z", b"\x1bq", b"\x1b[200~quit? \x1b[A yes\x1b[201~")


@given(st.lists(st.sampled_from([*KEYS, *NOTHING])), st.data())
def test_keys_are_told_however_their_bytes_are_cut(pressed: list[bytes], data: st.DataObject) -> None:
    """Keys come out in order, whole, and nothing else does: no letter of a sequence, no letter that was pasted."""
    received = b"".join(pressed)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(received)))))
    keys = KeyDecoder()
    found = [
        key
        for start, end in zip([0, *cuts], [*cuts, len(received)], strict=True)
        for key in keys.feed(received[start:end])
    ]
    assert found == [KEYS[key] for key in pressed if key in KEYS]
    assert not keys.waiting


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_no_bytes_break_the_keyboard(chunks: list[bytes]) -> None:
    """Whatever a terminal or a cat on it sends, keys work again after the next pause."""
    keys = KeyDecoder()
    for chunk in chunks:
        keys.feed(chunk)
    keys.flush()
    keys.feed(b"\x1b[201~")
    keys.flush()
    assert keys.feed(b"q") == ["q"]


def test_escape_alone_is_a_key() -> None:
    """Esc is told apart from the start of another key by the pause after it."""
    keys = KeyDecoder()
    assert keys.feed(b"\x1b") == []
    assert keys.waiting
    assert keys.flush() == ["esc"]
    assert not keys.waiting


@pytest.mark.parametrize("begun", [b"\x1b[", b"\x1b[1;", b"\x1bO"])
def test_what_never_becomes_a_key_is_forgotten(begun: bytes) -> None:
    """The start of a sequence that nothing follows swallows no later key."""
    keys = KeyDecoder()
    assert keys.feed(begun) == []
    assert keys.flush() == []
    assert keys.feed(b"q") == ["q"]
