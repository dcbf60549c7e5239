"""Requests as tests write them in, lines of nginx's `main` log format out."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 11, 22, 18, 0, 0, tzinfo=UTC)
PROXY = "192.0.2.2"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `second` after START, and what the log says of it."""

    second: int = 0
    target: str = "/"
    method: str = "GET"
    status: int = 200
    size: int = 10
    agent: str = "curl/8"
    remote: str = "127.0.0.6"
    xff: str = "-"

    def line(self) -> str:
        """The line in format `main`, without line break."""
        stamp = f"{START + timedelta(seconds=self.second):%d/%b/%Y:%H:%M:%S} +0000"
        request = f"{self.method} {self.target} HTTP/1.1"
        return f'{self.remote} - - [{stamp}] "{request}" {self.status} {self.size} "-" "{self.agent}" "{self.xff}"'

    def copy(self, **changes: int | str) -> "Request":
        """Its copy as a mirroring proxy sends it, with some of it changed."""
        xff = PROXY if self.xff == "-" else f"{self.xff},{PROXY}"
        return replace(self, **{"xff": xff, **changes})  # type: ignore[arg-type]  # each change is of its field's type


def requests(count: int, step: int = 1) -> list[Request]:
    """Requests for pages of their own, `step` seconds apart."""
    return [Request(second=number * step, target=f"/page/{number}") for number in range(count)]


def write(path: Path, lines: list[Request]) -> Path:
    """Write a log; returns its path."""
    path.write_text("".join(f"{request.line()}\n" for request in lines))
    return path
