"""Long logs are analyzed in steps, with what is found out from them as a whole."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import mirrorcheck
from mirrorcheck.engine.batch import analyze_sources
from mirrorcheck.engine.steps import StepSize, analyze_long
from mirrorcheck.errors import InputError, UsageError
from mirrorcheck.reading.open import open_logs
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.files import is_long
from mirrorcheck.totals.lines_spool import LinesSpool
from mirrorcheck.totals.lines_table import write_outcomes
from tests.logs import Request, write
from tests.sample import sampled

SECONDS, A_SECOND = 120, 40
SMALL = StepSize(lines=1_500, whole=2_000, bytes_=20_000)
OPTIONS = Options(horizon="6s")
CLOCKS_MS = 100


def shop(seed: int) -> list[Request]:
    """Requests of which some are frequent, some come now and then, and half of them once."""
    drawn = random.Random(seed)
    kinds: list[Callable[[], str]] = [
        lambda: "/",
        lambda: f"/products/{drawn.randrange(40)}",
        lambda: f"/orders/{drawn.randrange(10**9)}",
        lambda: f"/orders/{drawn.randrange(10**9)}?page={drawn.randrange(9)}",
    ]
    methods = ("GET", "GET", "GET", "POST")
    return [
        Request(
            second=number // A_SECOND,
            target=drawn.choice(kinds)(),
            method=drawn.choice(methods),
            size=drawn.randrange(5_000),
            remote=f"10.0.0.{drawn.randrange(3)}",
        )
        for number in range(SECONDS * A_SECOND)
    ]


def copies_of(originals: list[Request], seed: int, share: float = 0.97) -> list[Request]:
    """Their copies but for some, up to a second later."""
    drawn = random.Random(seed + 1)
    copies = [each.copy(second=each.second + (drawn.random() < 0.3)) for each in originals if drawn.random() < share]
    return sorted(copies, key=lambda each: each.second)


def both(folder: Path, size: StepSize = SMALL, options: Options = OPTIONS) -> tuple[Report, Report]:
    """The reports on all logs of a folder, as a whole and in steps, with their lines laid aside."""
    spooled = folder / "laid-aside"
    spooled.mkdir(exist_ok=True)
    found = []
    for analyze in (analyze_sources, analyze_long):
        names = (sorted(map(str, folder.glob(f"{side}*"))) for side in ("v1", "v2"))
        inputs, settings = open_logs((), *names).inputs, complete(options)
        found.append(
            analyze(inputs, settings)
            if analyze is analyze_sources
            else analyze_long(inputs, settings, size=size, spool=LinesSpool(spooled))
        )
    return found[0], found[1]


def missed(report: Report) -> tuple[float, float]:
    """The ends of the range of misses."""
    found = report.missed_range
    return (found.low, found.high) if found else (report.originals.missed, report.originals.missed)


def assert_alike(whole: Report, steps: Report) -> None:
    """Counts are those of the whole, or in its range where copies of identical requests may be each other's."""
    low, high = missed(whole)
    ends = abs(steps.originals.unobserved - whole.originals.unobserved)  # the last moments are judged by the last step
    assert low - ends <= steps.originals.missed <= high + ends
    assert steps.originals.total == whole.originals.total
    assert steps.shadow.total == whole.shadow.total
    assert abs(steps.originals.paired - whole.originals.paired) <= 1
    assert missed(steps)[0] <= high + ends
    assert missed(steps)[1] >= low - ends
    assert steps.verdict.word == whole.verdict.word
    assert {each.code for each in steps.warnings} - {"orphans"} == {each.code for each in whole.warnings} - {"orphans"}
    assert [bool(each.paired) for each in steps.phases] == [bool(each.paired) for each in whole.phases]
    assert [each.originals for each in steps.timeline[:-1]] == [each.originals for each in whole.timeline[:-1]]
    assert (steps.primary, steps.shadow_side) == (whole.primary, whole.shadow_side)
    assert [each.address for each in steps.proxies] == [each.address for each in whole.proxies]
    assert steps.writes_mirrored == whole.writes_mirrored
    assert steps.offset
    assert whole.offset
    # Clocks of several pods are set against each other step by step.
    assert abs(steps.offset.median_ms - whole.offset.median_ms) <= CLOCKS_MS * (len(whole.primary.pods) > 1)
    assert abs(steps.responses.compared - whole.responses.compared) <= 0.02 * whole.responses.compared


@pytest.mark.parametrize("seed", sampled(range(6), 2))
@pytest.mark.parametrize("size", sampled([SMALL, StepSize(1_000, 1_000, 3_000), StepSize(4_000, 5_000, 1 << 20)], 1))
def test_steps_find_what_the_whole_shows(tmp_path: Path, seed: int, size: StepSize) -> None:
    """However large the steps, counts, phases, ranges and warnings are those of the whole."""
    originals = shop(seed)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", copies_of(originals, seed))
    assert_alike(*both(tmp_path, size))


@pytest.mark.parametrize("seed", sampled(range(6), 1))
def test_certain_misses_are_the_same_lines(tmp_path: Path, seed: int) -> None:
    """Of requests for pages of their own each missed one is named, wherever a step ends."""
    drawn = random.Random(seed)
    originals = [Request(second=n // A_SECOND, target=f"/page/{n}") for n in range(SECONDS * A_SECOND)]
    lacking = set(drawn.sample(range(len(originals)), 15))
    copies = [each for number, each in enumerate(originals) if number not in lacking]
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", [each.copy() for each in copies])
    whole, steps = both(tmp_path)
    assert {each.line - 1 for each in steps.missed_examples} == lacking
    assert steps.missed_examples == whole.missed_examples


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_the_table_of_lines_is_that_of_the_whole(tmp_path: Path, ending: str) -> None:
    """All lines of both sides, in the same order, each once; what is certain is the same."""
    originals = shop(12)
    for pod in range(2):
        write(tmp_path / f"v1-{pod}.log", originals[pod::2])
    write(tmp_path / "v2.log", copies_of(originals, 12))
    for name, report in zip(("whole", "steps"), both(tmp_path), strict=True):
        write_outcomes(report.tables(), tmp_path / f"{name}{ending}")
    readers: dict[str, Callable[[Path], pl.DataFrame]]
    readers = {".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}
    read = readers[ending]
    whole, steps = (read(tmp_path / f"{name}{ending}") for name in ("whole", "steps"))
    place = ["side", "file", "line", "time", "method", "target", "status"]
    assert steps.columns == whole.columns
    assert steps.select(place).equals(whole.select(place))
    assert steps["outcome"].value_counts().sort("outcome").equals(whole["outcome"].value_counts().sort("outcome"))
    certain = (whole["candidates"] == 1) & (steps["candidates"] == 1)
    sure = ["outcome", "pair_file", "pair_line"]
    assert certain.sum() > certain.len() / 2
    assert steps.filter(certain).select(sure).equals(whole.filter(certain).select(sure))


def test_a_log_that_changes_before_its_lines_are_told(tmp_path: Path) -> None:
    """The text is read again for the table; what is no longer there is an error, and not a guess."""
    originals = shop(13)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", copies_of(originals, 13))
    _, steps = both(tmp_path)
    write(tmp_path / "v1.log", originals[:-100])
    with pytest.raises(InputError, match="changed while it was read"):
        write_outcomes(steps.tables(), tmp_path / "all.csv")


@pytest.mark.parametrize("seed", sampled(range(6), 2))
def test_a_perfect_mirror_is_one(tmp_path: Path, seed: int) -> None:
    """However late copies come, and though some are still to be read where a step ends, none is missed."""
    drawn = random.Random(seed)
    originals = [replace(each, target="/" if drawn.random() < 0.5 else each.target) for each in shop(seed)]
    copies = [each.copy(second=each.second + drawn.choice((0, 0, 0, 1, 2))) for each in originals]
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", sorted(copies, key=lambda each: each.second))
    whole, steps = both(tmp_path)
    assert (steps.originals.missed, steps.shadow.orphan) == (whole.originals.missed, whole.shadow.orphan) == (0, 0)
    assert steps.verdict.word == whole.verdict.word
    low, high = steps.responses.counted.status_changes if steps.responses.counted else (0, 0)
    assert low <= high


def test_hardly_a_pair_is_sure(tmp_path: Path) -> None:
    """One URL, half of it copied: the delays of all pairs are told where hardly one is certain."""
    originals = [replace(each, target="/", method="GET", remote="10.0.0.1") for each in shop(17)]
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", copies_of(originals, 17, 0.5))
    whole, steps = both(tmp_path)
    assert steps.originals.total == whole.originals.total
    assert steps.originals.paired == whole.originals.paired
    assert steps.offset


def test_an_outage_across_many_steps_is_one_phase(tmp_path: Path) -> None:
    """The shadow logs nothing for a time that is longer than a step: what came before and after is as it was."""
    originals = shop(3)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", [each for each in copies_of(originals, 3, 1.0) if not 30 <= each.second < 80])
    whole, steps = both(tmp_path)
    assert_alike(whole, steps)
    assert steps.verdict.word == "INTERRUPTED"


@pytest.mark.parametrize("ends_s", [20, 119])
def test_a_shadow_that_ends_early(tmp_path: Path, ends_s: int) -> None:
    """Nothing waits for a log that has ended: what the primary goes on to log was not copied."""
    originals = shop(4)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", [each for each in copies_of(originals, 4, 1.0) if each.second < ends_s])
    assert_alike(*both(tmp_path))


def test_several_logs_a_side(tmp_path: Path) -> None:
    """Pods that log a part of the requests each, and one that starts late, are read in step with each other."""
    originals = shop(5)
    copies = copies_of(originals, 5)
    for pod in range(3):
        write(tmp_path / f"v1-{pod}.log", originals[pod::3])
    write(tmp_path / "v2-0.log", [each for n, each in enumerate(copies) if n % 2 or each.second < 60])
    write(tmp_path / "v2-1.log", [each for n, each in enumerate(copies) if not n % 2 and each.second >= 60])
    whole, steps = both(tmp_path)
    assert steps.originals == whole.originals
    assert steps.shadow == whole.shadow
    assert [each.lines for each in steps.shadow_side.files] == [each.lines for each in whole.shadow_side.files]


def test_lines_that_come_late(tmp_path: Path) -> None:
    """Lines out of order by less than the horizon, as several workers write them, find their partners."""
    drawn = random.Random(6)
    originals = shop(6)
    late = sorted(originals, key=lambda each: each.second + drawn.random() * 4)
    write(tmp_path / "v1.log", late)
    write(tmp_path / "v2.log", copies_of(originals, 6, 1.0))
    whole, steps = both(tmp_path)
    assert steps.originals == whole.originals
    assert steps.shadow == whole.shadow


@pytest.mark.parametrize("prefix", ["[pod/{}-b{}/app] ", "{}-b{} app "])
def test_lines_that_name_their_pods(tmp_path: Path, prefix: str) -> None:
    """Captures of all pods of a side: pods are named, and what no container that logs requests wrote is set aside."""
    originals = shop(15)
    for side, requests in (("v1", originals), ("v2", copies_of(originals, 15))):
        lines = [f"{prefix.format(side, n % 3)}{each.line()}\n" for n, each in enumerate(requests)]
        lines.insert(2_000, f"[pod/{side}-b1/helper] ready to serve\n")
        (tmp_path / f"{side}.log").write_text("".join(lines))
    whole, steps = both(tmp_path)
    assert_alike(whole, steps)
    assert len(steps.primary.pods) == len(whole.primary.pods)


@pytest.mark.parametrize("files", [1, 2])
def test_captures_of_both_sides(tmp_path: Path, files: int) -> None:
    """Lines whose pods tell the sides, and those of pods that belong to neither; some lines that are no requests."""
    originals = shop(16)
    pods = [("v1-a", originals[::2]), ("v1-b", originals[1::2]), ("v2-c", copies_of(originals, 16))]
    pods.append(("db-0", [replace(each, target="/health") for each in originals[::5]]))
    logged = [(each.second, pod, each.line()) for pod, requests in pods for each in requests]
    logged += [(second, "v2-c", "ready to serve") for second in range(0, 100, 9)]
    logged.sort(key=lambda each: each[0])
    for number in range(files):
        lines = [
            f"[pod/{pod}/app] {line}\n" for _, pod, line in logged if files == 1 or (pod == "v1-b") == bool(number)
        ]
        (tmp_path / f"capture-{number}.log").write_text("".join(lines))
    names, settings = sorted(map(str, tmp_path.glob("capture*"))), complete(OPTIONS)
    whole = analyze_sources(open_logs(names, (), ()).inputs, settings)
    steps = analyze_long(open_logs(names, (), ()).inputs, settings, size=SMALL)
    assert_alike(whole, steps)
    assert steps.other_lines == whole.other_lines
    assert steps.sides_determined_by == whole.sides_determined_by
    with pytest.raises(UsageError, match="--outcomes"):  # so it was steps that were taken
        _ = steps.table


@pytest.mark.parametrize("what", ["repeated", "unparsed", "disorder"])
def test_what_cannot_be_read_in_steps_is_read_as_a_whole(tmp_path: Path, what: str) -> None:
    """Files that hold the same lines, lines out of order: the report is that of the whole, whatever it takes."""
    originals = shop(7)
    copies = copies_of(originals, 7, 1.0)
    lines = [each.line() for each in originals]
    if what == "repeated":
        (tmp_path / "v1.log").write_text("\n".join([*lines, ""]))
        (tmp_path / "v1.log.1").write_text("\n".join([*lines[: len(lines) // 2], ""]))
    elif what == "disorder":
        (tmp_path / "v1.log").write_text("\n".join([*lines[2_000:], *lines[:2_000], ""]))
    else:
        lines[1_000] = "GET /nothing of the kind HTTP/1.1"
        (tmp_path / "v1.log").write_text("\n".join([*lines, ""]))
    write(tmp_path / "v2.log", copies)
    whole, steps = both(tmp_path)
    assert (steps.originals, steps.shadow, steps.primary) == (whole.originals, whole.shadow, whole.primary)


def test_logs_that_fit_a_step_are_settled_as_one(tmp_path: Path) -> None:
    """Then nothing differs at all."""
    originals = shop(11)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", copies_of(originals, 11))
    whole, steps = both(tmp_path, StepSize(lines=100, whole=20_000, bytes_=20_000))
    assert steps == whole


def test_sides_that_look_swapped_are_refused(tmp_path: Path) -> None:
    """As of short logs."""
    originals = shop(8)
    write(tmp_path / "v2.log", originals)
    write(tmp_path / "v1.log", [each.copy() for each in originals])
    names = ((str(tmp_path / name),) for name in ("v1.log", "v2.log"))
    with pytest.raises(UsageError, match="look swapped"):
        analyze_long(open_logs((), *names).inputs, complete(OPTIONS), size=SMALL)


def test_a_log_that_turns_into_another_format_is_refused(tmp_path: Path) -> None:
    """More than half of the lines did not parse, most of them after the first steps."""
    originals = shop(9)
    lines = [each.line() for each in originals]
    broken = [*lines[:1_500], *(f"GET {each.target} 200 {each.second}" for each in originals[1_500:])]
    (tmp_path / "v1.log").write_text("\n".join([*broken, ""]))
    write(tmp_path / "v2.log", copies_of(originals, 9))
    with pytest.raises(InputError):
        both(tmp_path)


def test_long_logs_are_analyzed_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`analyze` takes its way by the size of the logs; the table of lines is then a file's."""
    originals = [replace(each, agent="a" * 400) for each in shop(10) * 7]
    originals.sort(key=lambda each: each.second)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", copies_of(originals, 10))
    logs = open_logs((), (str(tmp_path / "v1.log"),), (str(tmp_path / "v2.log"),))
    assert not is_long(logs.inputs.sources, complete(OPTIONS).memory_bytes)
    monkeypatch.setattr("mirrorcheck.api.is_long", lambda *_: True)
    report = mirrorcheck.analyze(primary=tmp_path / "v1.log", shadow=tmp_path / "v2.log")
    assert report.originals.total == len(originals)
    assert report.table.height == sum(side.lines.parsed for side in (report.primary, report.shadow_side))


def test_lines_that_were_not_laid_aside_are_no_table(tmp_path: Path) -> None:
    """It would hold a part of the lines, and nobody would see which."""
    originals = shop(14)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", copies_of(originals, 14))
    logs = open_logs((), (str(tmp_path / "v1.log"),), (str(tmp_path / "v2.log"),))
    report = analyze_long(logs.inputs, complete(OPTIONS), size=SMALL)
    with pytest.raises(UsageError, match="--outcomes"):
        _ = report.table
