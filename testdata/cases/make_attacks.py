"""Writes the logs beside this file that nobody recorded: what clients do to logs, and honest traffic that looks alike.

python testdata/cases/make_attacks.py writes each attacks/KIND/NAME-v1.log.gz and -v2.log.gz anew, with the same
lines. Those named NAME.v1.gz came from elsewhere and stay.
"""
# ruff: noqa: INP001, PLR2004, S311  # a script, whose numbers are what it makes; a seed, not secrecy

import gzip
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
PROXY, FRONT = "10.240.0.29", "10.1.1.9"
DELAY = 0.01
WORD, FACTORS = (1 << 64) - 1, (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
COMBINED = '10.0.0.1 - - [{stamp}] "GET {target} HTTP/1.1" {status} 12 "-" "{agent}"'
MAIN = COMBINED + ' "{xff}"'
FULL = MAIN + ' host="{host}" rid="{rid}" tp="{tp}" att="{att}" rt=0.003 t={epoch:.3f} len=77'


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log: `at` seconds after START, and what the client, proxy and server wrote of it."""

    at: float
    target: str
    status: int = 200
    agent: str = "curl/8"
    xff: str = "-"
    host: str = "web"
    rid: str = "-"
    tp: str = "-"
    att: str = "-"

    def copy(self, delay: float = DELAY, **changes: str | int) -> "Line":
        """Its copy, as a proxy that appends its own address sends it."""
        xff = PROXY if self.xff == "-" else f"{self.xff},{PROXY}"
        return replace(self, at=self.at + delay, xff=xff, status=200, **changes)  # type: ignore[arg-type]  # by its name

    def text(self, form: str) -> str:
        """The line without its end."""
        moment = START + timedelta(seconds=self.at)
        fields = {name: getattr(self, name) for name in self.__slots__}
        return form.format(stamp=f"{moment:%d/%b/%Y:%H:%M:%S %z}", epoch=START.timestamp() + self.at, **fields)


@dataclass(frozen=True, slots=True)
class Log:
    """Both sides' lines in any order, and how they are logged."""

    v1: list[Line]
    v2: list[Line]
    form: str = FULL
    more_v1: tuple[str, ...] = ()


Kind = Callable[[], Iterator[tuple[str, Log]]]


def calls(count: int, step: float = 0.2, start: float = 0.0, name: str = "p", **more: str) -> list[Line]:
    """Requests for pages of their own."""
    lines = (Line(start + number * step, f"/{name}{number}") for number in range(count))
    return [replace(line, **more) for line in lines]  # type: ignore[arg-type]  # fields of text


def copies(lines: Iterable[Line], delay: float = DELAY) -> list[Line]:
    """A copy of each."""
    return [line.copy(delay) for line in lines]


def with_ids(lines: Iterable[Line]) -> list[Line]:
    """The same, each with a request id of its own."""
    return [replace(line, rid=f"{number:08x}-0000-4000-8000-{number:012x}") for number, line in enumerate(lines)]


def again(lines: Iterable[Line], after: float, status: int, **changes: str) -> list[Line]:
    """Each of these requests once more."""
    return [replace(line, at=line.at + after, status=status, **changes) for line in lines]


def failed(lines: Iterable[Line], status: int = 503) -> list[Line]:
    """The same, each answered with an error."""
    return [replace(line, status=status) for line in lines]


def repeated_ids() -> Iterator[tuple[str, Log]]:
    """One id for several calls, by clients' choice or by a proxy's retries."""
    n1 = [
        Line(place // 4 * 0.2 + 0.02 * (place % 4), "/price", tp=f"00-{place // 4 + 1:032x}-{place + 1:016x}-01")
        for place in range(1200)
    ]
    yield "trace-copied", Log(n1, copies(n1))
    rid = [replace(line, tp="-", rid=f"r-{place // 4}") for place, line in enumerate(n1)]
    yield "request-copied", Log(rid, copies(rid))
    paths = [replace(line, target=f"/price/{place % 4}") for place, line in enumerate(n1)]
    yield "other-paths-missed", Log(paths, copies(line for place, line in enumerate(paths) if place % 4 == 3))
    own = with_ids(calls(600))
    some = own[5:540:9]  # others come behind, so that no end of a log leaves any open
    yield "late-missed", Log(own + again(some, 5, 200), copies(own))
    yield "late-copied", Log(own + again(some, 5, 200), copies(own + again(some, 5, 200)))
    rest = [line for line in own if line not in some]
    for name, status, after in (("retried", 503, 0.05), ("aborted", 499, 0.05), ("failed-late", 503, 10.0)):
        yield name, Log(rest + failed(some, status) + again(some, after, 200), copies(own))
    yield "retried-copied", Log(rest + failed(some) + again(some, 0.05, 200), copies(own + again(some, 0.05, 200)))
    twice = [failed(some), again(some, 0.05, 503), again(some, 0.12, 200)]
    yield "retried-twice", Log(rest + [line for attempt in twice for line in attempt], copies(own))
    for name, count in (("constant-missed", 150), ("constant-copied", 300)):
        client = [Line(number * 0.4 + 0.1, "/poll", rid="poller") for number in range(300)]
        yield name, Log(own + client, copies(own + client[::2] + client[1::2][: count - 150]))
    yield "hedged", Log(own + again(some, 0.05, 200), copies(own))
    yield "hedged-copied", Log(own + again(some, 0.05, 200), copies(own + again(some, 0.05, 200)))


def attempt_counts() -> Iterator[tuple[str, Log]]:
    """x-envoy-attempt-count, by the proxy or by a client."""
    own, hidden = calls(600), calls(300, 0.4, 0.1, "hidden", att="2")
    yield "lone-missed", Log(own + hidden, copies(own))
    yield "lone-copied", Log(own + hidden, copies(own + hidden))
    hot = [Line(number * 0.2, "/hot") for number in range(600)]
    busy = [Line(number * 0.4 + 0.1, "/hot", att="2") for number in range(300)]
    yield "busy-missed", Log(hot + busy, copies(hot))
    first = calls(600, att="1")
    some = first[5::10]
    rest = [line for line in first if line not in some]
    yield "retried", Log(rest + failed(some) + again(some, 0.05, 200, att="2"), copies(first))
    unsaid = [replace(line, att="-") for line in first]
    some = unsaid[5::10]
    rest = [line for line in unsaid if line not in some]
    forged = [replace(line, att="2") if line.target == "/p300" else line for line in rest]
    proxys = forged + failed(some) + again(some, 0.05, 200)
    yield "one-forged", Log(proxys, copies([*forged, *some]))


def second_copies() -> Iterator[tuple[str, Log]]:
    """Two policies copy each request, most of it few URLs."""
    rng = random.Random(2)
    weights = [1 / (rank + 1) ** 1.2 for rank in range(80)]
    chosen = rng.choices(range(80), weights, k=600)
    lines = [Line(number * 0.05, f"/z{key}") for number, key in enumerate(chosen)]
    both = copies(lines) + copies(lines, 2 * DELAY)
    yield "whole", Log(lines, both, MAIN)
    own = calls(600, 0.05)
    yield "own-whole", Log(own, copies(own) + copies(own, 2 * DELAY), MAIN)
    kept = [line for number, line in enumerate(own) if number % 100 != 50]
    yield "own-missed", Log(own, copies(kept) + copies(kept, 2 * DELAY), MAIN)
    named = with_ids(lines)
    kept = [line for number, line in enumerate(named) if number % 100 != 50]
    yield "ids-missed", Log(named, copies(kept) + copies(kept, 2 * DELAY))
    busy = [Line(number / 20, "/hot") for number in range(1600)]
    fifth = [line for line in busy if rng.random() < 0.2]
    yield "fifth-twice", Log(busy, copies(fifth) + copies(fifth, 1.5 * DELAY), MAIN)
    yield "two-fifths", Log(busy, copies(line for line in busy if rng.random() < 0.4), MAIN)


def guessed_retries() -> Iterator[tuple[str, Log]]:
    """A failed request and another one after it, without an id: a proxy's retry, or a client's."""
    for name, pairs, copied in (("two", 2, 1), ("many", 60, 1), ("many-copied", 60, 2)):
        own = calls(600)
        some = own[5 :: 600 // pairs][:pairs]
        rest = [line for line in own if line not in some]
        after = again(some, 0.05, 200)
        yield name, Log(rest + failed(some) + after, copies(own + after if copied > 1 else own))
    own = calls(600)
    some = own[5::10]
    rest = [line for line in own if line not in some]
    outage = failed(calls(100, 0.1, 50.05, name="outage"))
    logged = rest + failed(some) + again(some, 0.05, 200) + outage + again(outage, 0.3, 503)
    yield "incident", Log(logged, copies(own))
    own, busy = calls(300, 0.4), [Line(0.1 + number * 0.4, f"/busy{number % 3}") for number in range(300)]
    some = busy[12::29][:10]
    rest = own + [line for line in busy if line not in some]
    yield "busy", Log(rest + failed(some) + again(some, 0.05, 200), copies(rest + some))


def slow_copies() -> Iterator[tuple[str, Log]]:
    """A tenth of the copies is 40 s late, as in the log whose mirror stops halfway."""
    lines = calls(1000, 0.06)
    late = [line.copy(40.0 if number % 10 == 7 else 0.02) for number, line in enumerate(lines)]
    yield "whole", Log(lines, late)
    yield "cut", Log(lines, [line for line in late if line.at < 60])
    quick = copies(lines[:700], 0.02)
    yield "quick-stopped", Log(lines, quick)


def splits() -> Iterator[tuple[str, Log]]:
    """No marker is logged; a mirror, and a split in rounds."""
    lines = calls(600)
    yield "mirrored", Log(lines, [replace(line, at=line.at + DELAY) for line in lines], COMBINED)
    yield "dealt-out", Log(lines[::2], lines[1::2], COMBINED)
    hot = [Line(number * 0.06, "/x") for number in range(1000)]
    # Behind a proxy of its own, half of a split reads as a mirror's copies.
    yield "behind-a-proxy", Log(hot[::2], copies(hot[1::2], 0.0), MAIN)


def unparsed_lines() -> Iterator[tuple[str, Log]]:
    """Few lines that do not parse, and many beside a miss that is certain."""
    lines = calls(600)
    broken = tuple(f"{line.text(MAIN)} x" for line in calls(250, name="broken"))
    yield "few", Log(lines, copies(lines), MAIN, broken[:3])
    yield "beside-a-miss", Log(lines, copies(lines[:300] + lines[301:]), MAIN, broken)


def common_hop() -> Iterator[tuple[str, Log]]:
    """A proxy in front of the servers leaves its hop on every line but a few."""
    lines = [replace(line, xff=f"192.0.2.{number % 50}") for number, line in enumerate(calls(600))]
    lines = [replace(line, xff="-") if number % 60 == 30 else line for number, line in enumerate(lines)]

    def _behind(given: list[Line]) -> list[Line]:
        return [replace(line, xff=f"{line.xff},{FRONT}") for line in given]

    check = [Line(30.1, "/healthz", agent="kube-probe/1.29")]
    yield "dash", Log(_behind(lines), _behind(copies_of_dashes(lines)), MAIN)
    yield "dash-alone", Log(lines, copies_of_dashes(lines), MAIN)
    some = lines[:300] + lines[306:]
    yield "missed", Log(_behind(lines) + check, _behind(copies_of_dashes(some)), MAIN)
    bare = [replace(line, xff=FRONT) for line in calls(12, 9.7, 0.05, name="bare")]
    marked = [replace(line.copy(), xff=f"{PROXY},{FRONT}") for line in bare]
    yield "mixed", Log(_behind(lines) + bare, _behind(copies_of_dashes(lines)) + marked, MAIN)
    stranger = [Line(30.15, "/stranger")]
    yield "stranger", Log(_behind(lines) + bare + stranger, _behind(copies_of_dashes(lines)) + marked, MAIN)
    straight = [Line(10.05 + number * 20, f"/straight{number}") for number in range(6)]
    own_checks = [Line(5.05 + number * 20, f"/own{number}") for number in range(3)]
    yield "straight", Log(_behind(lines) + straight, _behind(copies_of_dashes(lines)) + own_checks, MAIN)


def copies_of_dashes(lines: list[Line]) -> list[Line]:
    """Copies where a client sent the header `X-Forwarded-For: -`: a value like others, to which the proxy appends."""
    return [replace(line.copy(), xff=f"{line.xff},{PROXY}") for line in lines]


def shadow_hosts() -> Iterator[tuple[str, Log]]:
    """What a client sends looks like the marker of a mirror that leaves none."""
    lines = [replace(line, xff=f"192.0.2.{number % 50}") for number, line in enumerate(calls(600, 0.1))]
    asked = [replace(line, host="evil-shadow") if line.target == "/p300" else line for line in lines]
    chains = [replace(lines[300], xff="a"), replace(lines[300], at=lines[300].at + 0.05, xff="a,b")]

    def _as_is(given: list[Line]) -> list[Line]:
        return [replace(line, at=line.at + DELAY) for line in given]

    chained = [*lines[:300], *chains, *lines[301:]]
    yield "chains", Log(chained, _as_is(chained))
    yield "missed", Log(asked, _as_is(asked[:100] + asked[106:]))
    yield "chains-missed", Log(chained, _as_is(chained[:100] + chained[106:]))
    yield "marked", Log(asked, [replace(line, host=f"{line.host}-shadow") for line in _as_is(asked)])


def forged_copies() -> Iterator[tuple[str, Log]]:
    """Six requests were missed, and somebody who reaches the shadow sends them there."""
    lines = with_ids(calls(600))
    plain = [replace(line, rid="-") for line in lines]
    kept, missed = plain[:100] + plain[106:], plain[100:106]
    yield "as-the-proxy", Log(plain, copies(kept + missed))
    yield "straight", Log(plain, copies(kept) + again(missed, DELAY, 200))
    yield "gateways", Log(plain, copies(plain[40:]) + again(plain[:40], DELAY, 200, xff="10.240.0.30"))
    yield "own-address", Log(plain, copies(kept) + again(missed, DELAY, 200, xff="203.0.113.9"))
    known = copies(lines[:100] + lines[106:])
    yield "without-ids", Log(lines, known + [replace(line.copy(), rid="-") for line in lines[100:106]])


def collisions() -> Iterator[tuple[str, Log]]:
    """The agent of a health check with the hash of another's agent: 500 requests of that are missed, or none is."""
    same = colliding("kube-probe/", "curl/8")
    first = Line(0.0, "/healthz", agent=same)
    own = calls(600, 0.1, 0.05, name="own", agent="Mozilla/5.0")
    victims = calls(500, 0.1, 0.1, name="victim")
    yield "missed", Log([first, *own, *victims], copies(own))
    yield "copied", Log([first, *own, *victims], copies(own + victims))


def colliding(start: str, text: str) -> str:
    """A text that begins with `start`, made to have the 64-bit hash that mirrorcheck_parsers had for `text` unkeyed."""
    wanted = unmixed(unmixed(hashed(text)))
    for number in itertools.count(1):
        # A text of 24 bytes: two words by choice, and the one that follows from them, if a log may hold it as it is.
        head = f"{start}{number}".ljust(16, " ")
        last = (wanted ^ state(head, 24)).to_bytes(8, "little")
        if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in last):
            return head + last.decode("ascii")
    raise AssertionError


def state(text: str, length: int) -> int:
    """What the hash of a text of `length` bytes is after its first words."""
    value = length * 0x9E3779B97F4A7C15 & WORD
    for at in range(0, len(text), 8):
        word = text[at : at + 8].encode().rjust(8, b"\0")  # a short last word stands at the upper end
        value = mixed(value ^ int.from_bytes(word, "little"))
    return value


def hashed(text: str) -> int:
    """The hash of a text."""
    return mixed(state(text, len(text)))


def mixed(value: int) -> int:
    """One round of the hash."""
    for factor in FACTORS:
        value = (value ^ value >> 33) * factor & WORD
    return value


def unmixed(value: int) -> int:
    """What `mixed` makes this of."""
    for factor in reversed(FACTORS):
        value = value * pow(factor, -1, WORD + 1) & WORD
        value ^= value >> 33
    return value


def hot_url() -> Iterator[tuple[str, Log]]:
    """One URL: a steady half of it copied, and all of it up to an outage."""
    rng = random.Random(3)
    hot = [Line(number / 400, "/hot") for number in range(4000)]
    yield "outage", Log(hot, copies(hot[:2000]), MAIN)
    yield "hole", Log(hot, copies(hot[:1600] + hot[2000:]), MAIN)
    slower = [Line(number / 50, "/hot") for number in range(3000)]
    yield "half", Log(slower, copies(line for line in slower if rng.random() < 0.5), MAIN)


def busy_answers() -> Iterator[tuple[str, Log]]:
    """One URL whose copies answer as their originals did, or do not, beside requests that do."""
    rng = random.Random(4)
    own, hot = calls(300, 0.07), [Line(number / 50, "/hot") for number in range(1000)]
    beside, hot_copies = copies(own), [line.copy(rng.uniform(0.005, 0.2)) for line in hot]
    yield "equal", Log(own + hot, beside + hot_copies, MAIN)
    yield "failed", Log(own + hot, beside + failed(hot_copies, 500), MAIN)
    some = {50, 150, 250, 350, 450, 550, 650, 750, 850, 950}
    more = {place + step for place in some for step in (-30, 5, 40)}
    mixed = [replace(line, status=500) if place in some else line for place, line in enumerate(hot)]
    for name, fail in (("mixed", more), ("failing", some)):
        responses = [replace(line, status=500) if place in fail else line for place, line in enumerate(hot_copies)]
        yield name, Log(own + mixed, beside + responses, MAIN)


KINDS: dict[str, Kind] = {
    "repeated-ids": repeated_ids,
    "attempt-counts": attempt_counts,
    "second-copies": second_copies,
    "guessed-retries": guessed_retries,
    "slow-copies": slow_copies,
    "splits": splits,
    "unparsed-lines": unparsed_lines,
    "common-hop": common_hop,
    "shadow-hosts": shadow_hosts,
    "forged-copies": forged_copies,
    "collisions": collisions,
    "hot-url": hot_url,
    "busy-answers": busy_answers,
}


def write(file: Path, lines: list[Line], form: str, more: tuple[str, ...] = ()) -> None:
    """Write a log in order of time, compressed; `more` are lines of any text, evenly strewn in."""
    texts = [line.text(form) for line in sorted(lines, key=lambda line: line.at)]
    step = len(texts) // len(more) if more else 0
    for number, text in enumerate(more):
        texts.insert(number * (step + 1), text)
    file.write_bytes(gzip.compress("".join(f"{text}\n" for text in texts).encode(), mtime=0))


def main(attacks: Path) -> None:
    """Write all logs, each into the folder of its kind."""
    for kind, logs in KINDS.items():
        folder = attacks / kind
        folder.mkdir(parents=True, exist_ok=True)
        for name, log in logs():
            write(folder / f"{name}-v1.log.gz", log.v1, log.form, log.more_v1)
            write(folder / f"{name}-v2.log.gz", log.v2, log.form)


if __name__ == "__main__":
    main(Path(__file__).parent / "attacks")
