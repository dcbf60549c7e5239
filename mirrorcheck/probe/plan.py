"""Checks what `mirrorcheck probe` is to send, and makes a plan of it; nothing is sent yet."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit, urlunsplit

from mirrorcheck.errors import UsageError
from mirrorcheck.option import Argument, Option
from mirrorcheck.probe.agent import MOST

_READING = ("GET", "HEAD")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PRINTED = re.compile(r"[\x21-\x7e]*")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*([smh]))?", re.ASCII)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_FASTEST = 10_000.0
_OWN = ("user-agent", "content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class Words:
    """What a user gave, unchecked: a field for each option of `mirrorcheck probe` that says what is sent."""

    url: Annotated[str, Argument("What to ask for, through the proxy that mirrors.", "URL")]
    count: Annotated[int, Option("How many requests to send.", "N")] = 300
    rate: Annotated[str, Option("How many of them a second.", "N/s")] = "50/s"
    path: Annotated[tuple[str, ...], Option("Ask for this path instead of the URL's; repeatable.", "PATH")] = ()
    header: Annotated[tuple[str, ...], Option("Send this header; repeatable.", "'K: V'", "-H")] = ()
    method: Annotated[str, Option("GET or HEAD.", "METHOD", "-X")] = "GET"
    yes_mirror_writes: Annotated[bool, Option("Allow other methods: what they change is changed twice.")] = False
    max_time: Annotated[str, Option("How long to wait for the answer to a request.", "TIME")] = "10s"
    insecure: Annotated[bool, Option("Skip certificate verification.", short="-k")] = False
    cacert: Annotated[Path | None, Option("Trust the certificates in this file.", "FILE")] = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent: `count` requests numbered from 1, `rate` a second, for the URLs in turns.

    patience_s: seconds from a request's beginning to its answer's end. insecure: any certificate will do. authority: a
    file with the certificates to believe, None for the system's.
    """

    run: str
    urls: tuple[str, ...]
    count: int
    rate: float
    method: str
    headers: tuple[tuple[str, str], ...]
    patience_s: float
    insecure: bool = False
    authority: Path | None = None

    def url(self, number: int) -> str:
        """Where the request of this number goes."""
        return self.urls[(number - 1) % len(self.urls)]

    def due_s(self, number: int) -> float:
        """When it is sent, in seconds after the first: by the schedule, however long the answers take."""
        return (number - 1) / self.rate

    @property
    def shown_url(self) -> str:
        """The first URL, without a password."""
        parts = urlsplit(self.urls[0])
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def make_plan(words: Words, run: str, patience_s: float) -> Plan:
    """Check what was given; UsageError, with the way out, for what cannot be sent or would do harm."""
    if not 1 <= words.count <= MOST:
        raise UsageError(f"--count {words.count} is out of range. Give a number from 1 to {MOST:,}.")
    if words.cacert and not words.cacert.is_file():
        raise UsageError(f"--cacert {words.cacert} is no file. Name the certificate of the authority, in PEM.")
    return Plan(
        run,
        _urls(words.url, words.path),
        words.count,
        _rate(words.rate),
        _method(words.method, mirror_writes=words.yes_mirror_writes),
        tuple(_header(each) for each in words.header),
        patience_s,
        words.insecure,
        words.cacert,
    )


def _urls(url: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    parts = _parts(url)
    if not paths:
        return (urlunsplit(parts._replace(path=parts.path or "/", fragment="")),)
    for path in paths:
        if not path.startswith("/") or "#" in path or not _PRINTED.fullmatch(path):
            raise UsageError(f"--path {path!r} is no path. Give one such as /api/cart?page=2, percent-encoded.")
    origin = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    return tuple(origin + path for path in paths)


def _parts(url: str) -> SplitResult:
    message = f"{url!r} is no URL that can be asked. Give one such as http://target/ or https://shop:8443/."
    try:
        parts = urlsplit(url)
        fits = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError as error:
        raise UsageError(message) from error
    if not fits or parts.scheme not in {"http", "https"} or not _PRINTED.fullmatch(url):
        raise UsageError(message)
    return parts


def _method(given: str, *, mirror_writes: bool) -> str:
    if not _TOKEN.fullmatch(given):
        raise UsageError(f"--method {given!r} is no method. Give GET or HEAD.")
    method = given.upper()
    if method not in _READING and not mirror_writes:
        raise UsageError(
            f"--method {method} may change something, and a mirror has it done twice, by primary and shadow. "
            "Probe with GET or HEAD, or add --yes-mirror-writes."
        )
    return method


def _header(given: str) -> tuple[str, str]:
    name, colon, text = given.partition(":")
    if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(text):
        raise UsageError(f"--header {given!r} is no header. Give one such as 'Host: shop.example', in ASCII.")
    if name.lower() in _OWN:
        why = "it identifies the probes" if name.lower() == "user-agent" else "a probe has no body"
        raise UsageError(f"--header {name} cannot be given: {why}. Leave it out.")
    return name, text.strip()


def _rate(given: str) -> float:
    found = _RATE.fullmatch(given.strip())
    rate = float(found[1]) / _SECONDS[found[2] or "s"] if found else 0.0
    if not 0 < rate <= _FASTEST:
        raise UsageError(f"--rate {given} is no rate. Give one such as 50/s or 600/m, up to {_FASTEST:,.0f}/s.")
    return rate
