"""What a command says in a container is taken to its last line."""

import pytest

from mirrorcheck.cluster import exec as remote
from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.exec import PodContainer

STDOUT, STDERR = 1, 2  # of the API's channel.k8s.io


class Ending:
    """A websocket as the official client has it: at one of its looks the last words come, and the end behind them."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.held: dict[int, bytes] = {}

    def is_open(self) -> bool:
        """Whether more may come."""
        return self.looks > 0

    def update(self, timeout: float = 0) -> None:
        """Look once."""
        assert timeout >= 0
        if self.is_open():
            self.looks -= 1
            self.held = {} if self.is_open() else {STDOUT: b"last\n", STDERR: b"why\n"}

    def peek_channel(self, channel: int) -> bytes:
        """Look, and say what is held."""
        self.update()
        return self.held.get(channel, b"")

    def read_channel(self, channel: int) -> bytes:
        """Take what is held, and look where nothing is."""
        if channel not in self.held:
            self.update()
        return self.held.pop(channel, b"")


@pytest.mark.parametrize("looks", range(1, 9))
def test_the_last_words_are_taken(client: Client, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives with the end of the connection, while any channel is looked at, is not lost."""
    monkeypatch.setattr(remote, "_dial", lambda *_: Ending(looks))
    running = remote.Remote(client, PodContainer("default", "sleep", "sleep"), ("sh",))
    lines: list[str] = []
    while running.runs:
        lines += running.lines(1)
    assert lines == ["last"]
    assert "why" in str(running.complaint())
