"""What the server did on each connection comes in; what each client was really given goes out."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.kube.instants import instant


@dataclass(slots=True)
class Exchange:
    """One request and its answer, which may still go on; times in ns.

    `sent` is the answer's body as handed to the socket: of it, a client whose connection is dropped may lose the end.
    `end` is None while it goes on, and then "complete" (all there was), "cut" (a clean end before that), "dropped"
    (without the end that HTTP asks for), "left" (the client went away), or "failed" (an error of the fake's own).
    """

    number: int
    began: int
    method: str
    path: str
    query: Mapping[str, str]
    user: str = ""
    impersonated: list[tuple[str, str]] = field(default_factory=list)  # the headers of that name, in their order
    status: int = 0
    sent: bytearray = field(default_factory=bytearray)
    end: str | None = None

    @property
    def lines(self) -> list[bytes]:
        r"""The whole lines that were sent, without their \n."""
        return bytes(self.sent).split(b"\n")[:-1]

    @property
    def newest(self) -> int | None:
        """The stamp of the last whole line that was sent, where lines have stamps."""
        return instant(self.lines[-1].split(b" ")[0].decode()) if self.lines else None


class Ledger:
    """Every exchange of a server, in the order they began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []

    def open(self, began: int, method: str, path: str, query: Mapping[str, str]) -> Exchange:
        """Begin an exchange."""
        with self._lock:
            self._exchanges.append(Exchange(len(self._exchanges), began, method, path, query))
            return self._exchanges[-1]

    def drop(self) -> None:
        """End what goes on, as dropped."""
        for exchange in self.exchanges():
            exchange.end = exchange.end or "dropped"

    def exchanges(self, ending: str = "") -> list[Exchange]:
        """Return the exchanges whose path ends so: "/log" for those of logs."""
        with self._lock:
            return [each for each in self._exchanges if each.path.endswith(ending)]
