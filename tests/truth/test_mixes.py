"""What the name of a class of logs says is true of its lines, and the truth is what the lines were made of."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests.truth.__main__ import main
from tests.truth.mixes.circumstances import COLLIDING, SECOND_ATTEMPTS, SOME, TENTH, Circumstances
from tests.truth.mixes.classes import (
    ABSENT,
    BOTH,
    CLIENT,
    DISTINCT,
    DUPLICATES,
    EIGHT,
    ERRORS,
    FORGED,
    IDS,
    KEYS,
    NONE,
    ONCE,
    ONE,
    PROXY,
    RARE,
    REUSED,
    RIGHT,
    SECOND,
    TWO,
    ZIPF,
    Mix,
    every_mix,
)
from tests.truth.mixes.lines import Line, log_format, texts
from tests.truth.mixes.play import Played, drawn, play

pytestmark = pytest.mark.unmeasured

_SEEDS = 80


def _logs(mix: Mix, seeds: int = 4, having: Callable[[Circumstances], object] = bool) -> Iterator[Played]:
    """Logs of a class that are whole: not cut, and no line broken, so that everything that happened is there."""
    drawn_of = ((seed, drawn(mix, seed)[0]) for seed in range(_SEEDS))
    whole = (seed for seed, of_log in drawn_of if not of_log.cut and not of_log.broken and having(of_log))
    return (play(mix, seed) for seed in islice(whole, seeds))


def _requests(lines: list[Line]) -> dict[int, list[Line]]:
    """The lines of each request, in order of time."""
    found: dict[int, list[Line]] = {}
    for line in sorted(lines, key=lambda each: each.end):
        if line.of is not None:
            found.setdefault(line.of, []).append(line)
    return found


def test_every_mix_is_there_once() -> None:
    """Four axes of four values."""
    names = {mix.name for mix in every_mix()}
    assert len(names) == 256 == len(list(every_mix()))
    assert names >= {"distinct/none/absent/once", "one/both/forged/rare"}


@pytest.mark.parametrize("keys", KEYS)
def test_keys(keys: str) -> None:
    """So many targets, as evenly as the name says."""
    for played in _logs(Mix(keys, NONE, RIGHT, ONCE)):
        counts = Counter(line.request for line in played.primary if line.of is not None)
        most = {DISTINCT: 1, ZIPF: 200, EIGHT: 8, ONE: 1}[keys]
        if keys == DISTINCT:
            assert max(counts.values()) == most
        else:
            assert len(counts) <= most
            assert len(counts) > most / 3
        if keys == ZIPF:
            assert max(counts.values()) > 20


@pytest.mark.parametrize("errors", ERRORS)
def test_errors(errors: str) -> None:
    """Who tries again after a failure: nobody, the proxy under the same number, the client under a new one."""
    failed, attempts, targets = 0, Counter[int](), Counter[int]()
    requests = 0
    for played in _logs(Mix(DISTINCT, errors, RIGHT, ONCE)):
        of_each = _requests(played.primary)
        requests += len(of_each)
        failed += sum(lines[0].status != 200 for lines in of_each.values())
        attempts.update(len(lines) for lines in of_each.values())
        targets.update(Counter(Counter(lines[0].request for lines in of_each.values()).values()))
        assert all(line.status >= 499 for lines in of_each.values() for line in lines[:-1])
        gaps = [later.end - later.took - line.end for lines in of_each.values() for line, later in pairwise(lines)]
        assert all(0.015 < gap < 0.26 for gap in gaps)  # the pods' clocks are off by 5 ms
        assert all(len(lines) == 1 for lines in _requests(played.shadow).values())
    assert failed == (0 if errors == NONE else pytest.approx(0.05 * requests, rel=0.35))
    assert set(attempts) == ({1, 2, 3} if errors in {PROXY, BOTH} else {1})
    assert set(targets) >= ({1, 2} if errors in {CLIENT, BOTH} else {1})
    assert errors in {CLIENT, BOTH} or set(targets) == {1}


@pytest.mark.parametrize("ids", IDS)
def test_ids(ids: str) -> None:
    """Each attempt and copy of a request has its id, and as many requests share one as the name says."""
    forged = set()
    for played in _logs(Mix(EIGHT, PROXY, ids, TWO), seeds=8 if ids == FORGED else 3):
        logged = log_format(played.circumstances) or ""
        assert ("rid=" in logged or "tp=" in logged) == (ids != ABSENT and played.circumstances.ids != "no id")
        both = [line for line in (*played.primary, *played.shadow) if line.of is not None]
        assert all(len({line.request_id for line in lines}) == 1 for lines in _requests(both).values())
        assert all(len({line.traceparent[:36] for line in lines}) == 1 for lines in _requests(both).values())
        shared = Counter(Counter(lines[0].request_id for lines in _requests(both).values()).values())
        if ids in {ABSENT, RIGHT}:
            assert set(shared) == {1}
        elif ids == REUSED:
            assert shared[4] > 0.9 * len(_requests(both)) / 4
        else:
            forged.add(played.circumstances.forgery)
            _assert_forged(played, both, shared)
    assert len(forged) == (3 if ids == FORGED else 0)


def _assert_forged(played: Played, both: list[Line], shared: Counter[int]) -> None:
    requests = len(_requests(both))
    if played.circumstances.forgery == COLLIDING:
        assert 0.02 * requests < shared[2] < 0.15 * requests
    elif played.circumstances.forgery == SECOND_ATTEMPTS:
        claims = Counter(lines[0].attempt for lines in _requests(both).values())
        assert set(claims) == {"-", "2"}
        assert claims["2"] == pytest.approx(0.1 * requests, rel=0.6)
    elif played.circumstances.forgery == SOME:
        assert max(shared) > 1  # all those that have none
        assert sum(line.request_id == "-" for line in both) < 0.6 * len(both)


@pytest.mark.parametrize("duplicates", DUPLICATES)
def test_duplicates(duplicates: str) -> None:
    """So many copies of what is copied, however many attempts there are."""
    mix = Mix(EIGHT, PROXY, ABSENT, duplicates)
    of_half, of_all = (_copies(mix, percent) for percent in (50, 100))
    assert set(of_all) == {ONCE: {1}, TWO: {2}, SECOND: {1, 2}, RARE: {1, 2}}[duplicates]
    if duplicates in {TWO, SECOND}:
        assert set(of_half) == {2}  # the draw is shared
    if duplicates == SECOND:
        assert of_all[2] == pytest.approx(0.5 * of_all.total(), rel=0.15)
    if duplicates == RARE:
        assert 0.001 < of_all[2] / of_all.total() < 0.012


def _copies(mix: Mix, percent: float) -> Counter[int]:
    """How many requests have how many copies, in logs of a policy."""
    logs = _logs(mix, 3, having=lambda of_log: of_log.policy == percent)
    return Counter(len(lines) for played in logs for lines in _requests(played.shadow).values())


def test_truth_is_what_was_copied() -> None:
    """About the policy's share, less the part of an outage, of the requests that are logged."""
    outages = 0
    for played in _logs(Mix(EIGHT, NONE, RIGHT, ONCE), seeds=12):
        truth, circumstances = played.truth, played.circumstances
        logged, copied = set(_requests(played.primary)), set(_requests(played.shadow))
        assert (truth.requests, truth.missed) == (len(logged), len(logged - copied))
        on = 1 - circumstances.outage
        assert truth.ratio == pytest.approx(on * circumstances.policy / 100, abs=0.1)
        assert circumstances.policy < 100 or truth.ratio == pytest.approx(on, abs=0.015)
        orphans = copied - logged
        assert bool(orphans) <= (circumstances.orphans > 0)
        outages += circumstances.outage > 0
    assert outages


def test_each_circumstance_occurs_and_shows() -> None:
    """Among a hundred logs, and in their lines."""
    circumstances = [drawn(mix, 7)[0] for mix in every_mix()]
    assert {each.policy for each in circumstances} == {50, 99.4, 100}
    assert {each.pods for each in circumstances} == {1, 2, 3, 4}
    assert min(each.rate for each in circumstances) < 4
    assert max(each.rate for each in circumstances) > 2500
    logs = [play(mix, 7) for mix in list(every_mix())[::13]]
    for played in logs:
        agents = {line.agent for line in played.primary}
        assert ("-" in agents) <= played.circumstances.malformed
        assert ("kube-probe/1.29" in agents) <= played.circumstances.probes
        assert {line.pod for line in played.primary} == set(range(played.circumstances.pods))
        text = texts(played.primary, played.circumstances, "v1")
        assert all(line.startswith("[pod/web-v1-") == (played.circumstances.pods > 1) for line in text)
        broken = any(line.broken for line in (*played.primary, *played.shadow))
        assert broken <= (played.circumstances.broken > 0)
        assert played.circumstances.pace == TENTH or _latest(played) < 3
    mix = Mix(ZIPF, NONE, RIGHT, ONCE)
    [late] = _logs(mix, 1, having=lambda of_log: of_log.pace == TENTH)
    assert 20 < _latest(late) < 41
    seeds = [seed for seed in range(_SEEDS) if drawn(mix, seed)[0].cut][:2]
    assert all(len(_requests(play(mix, seed).primary)) < drawn(mix, seed)[0].requests for seed in seeds)
    seeds = [seed for seed in range(_SEEDS) if drawn(mix, seed)[0].broken > 0.003][:2]
    assert any(line.broken for seed in seeds for line in play(mix, seed).primary)


def _latest(played: Played) -> float:
    """The longest time from an original's line to its copy's, in seconds."""
    originals, copies = _requests(played.primary), _requests(played.shadow)
    return max(copies[number][-1].end - originals[number][0].end for number in originals.keys() & copies.keys())


def test_direct_requests_and_probes_are_of_no_request() -> None:
    """What the proxy did not handle counts neither as an original nor as a copy."""
    for played in _logs(Mix(EIGHT, NONE, RIGHT, ONCE), seeds=2, having=lambda of_log: of_log.direct):
        others = [line for line in played.shadow if line.of is None and line.remote == "10.0.3.3"]
        assert len(others) == round(played.circumstances.direct * played.circumstances.requests) > 0
        assert all("10.240.0." not in line.chain for line in others)
        assert played.copied == set(_requests(played.shadow))


def test_lines_are_those_of_the_format() -> None:
    """Every field that the format names stands in each whole line, in order of time to the second."""
    for mix in list(every_mix())[::17]:
        played = play(mix, 3)
        format_ = log_format(played.circumstances)
        names = re.findall(r" (\w+)=", format_ or "")
        written = texts(played.shadow, played.circumstances, "v2")
        whole = [line for line in written if len(line.rpartition("] 1")[2]) != 50 and " HTTP/1.1" in line]
        assert all(re.findall(r' (\w+)="?\S', line) == names for line in whole if line.endswith(('"', *"0123456789")))
        stamps = re.findall(r"\[(\d\d/Nov[^]]+)", "\n".join(written))
        assert stamps == sorted(stamps)


def test_logs_are_kept_with_their_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For those who debug: both logs, what is said and true, and the command that says it."""
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    main(["--mixes", "--cells", "distinct/none/right/once", "--first=3", "--seeds=1", "--keep", str(tmp_path)])
    assert "| distinct | none | right | once | 1 |" in capsys.readouterr().out
    name = "distinct_none_right_once.3"
    assert {file.name for file in tmp_path.iterdir()} == {f"{name}.{end}" for end in ("v1.log", "v2.log", "txt")}
    said = (tmp_path / f"{name}.txt").read_text(encoding="utf-8")
    assert "distinct/none/right/once seed 3: " in said
    assert "mirrorcheck assert --primary " in said
