"""What is reported of logs does not depend on the key by which their texts are hashed, which each run draws anew."""

import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.report.dump import to_document
from mirrorcheck.sources.feed import Side
from tests.engine import test_steps
from tests.hash_keys import hashed_with
from tests.logs import write
from tests.program import call
from tests.recordings import NAMES, sides
from tests.sample import examples, sampled
from tests.test_cases import RUNS, Run
from tests.truth.mixes.classes import Mix, every_mix
from tests.truth.mixes.lines import log_format, texts
from tests.truth.mixes.play import play

pytestmark = pytest.mark.unmeasured

KEYS = [bytes([number]) * 16 for number in (1, 2, 3)]
_EACH = 7  # of the cases, one in so many is tried first
_RUNS = sorted(RUNS.values(), key=lambda run: run.is_long)
_CASES = [run for first in range(_EACH) for run in _RUNS[first::_EACH]]


def same_by_all_keys(made: Callable[[], object]) -> bool:
    """Whether the same is made by each of some keys."""
    found = []
    for key in KEYS:
        with hashed_with(key):
            found.append(made())
    return all(each == found[0] for each in found)


def reported(folder: Path, logs: Mapping[Side, list[str]], *words: str) -> tuple[object, str]:
    """The report on logs in a folder, and the outcome of each of their lines."""
    options = (word for side, names in logs.items() for name in names for word in (f"--{side}", name))
    table = folder / "all.csv"
    table.write_text("", "utf-8")
    ran = call(folder, "analyze", *options, *words, "--json", "--outcomes", table.name)
    return ran, table.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_recordings(name: str, tmp_path: Path) -> None:
    """The report and every outcome of a recording are the same, byte by byte."""
    logs = {side: [Path(shutil.copy(log, tmp_path)).name for log in each] for side, each in sides(name).items()}
    assert same_by_all_keys(lambda: reported(tmp_path, logs))


@pytest.mark.parametrize("run", sampled(_CASES, len(_CASES) // _EACH))
def test_cases(run: Run) -> None:
    """A command says of a case what it says by any other key."""
    assert same_by_all_keys(lambda: call(run.folder, *shlex.split(run.command), "--json"))


@examples(100)
@given(st.sampled_from(list(every_mix())), st.integers(0, 10_000))
def test_any_log(mix: Mix, seed: int) -> None:
    """Whatever happens between clients, proxy and services, it is told alike: floats that are summed up included."""
    played = play(mix, seed)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for side, lines in (("v1", played.primary), ("v2", played.shadow)):
            written = texts(lines, played.circumstances, side)
            (folder / f"{side}.log").write_text("".join(f"{line}\n" for line in written), "utf-8")
        form = log_format(played.circumstances)
        words = ("--log-format", form) if form else ()
        logs: dict[Side, list[str]] = {"primary": ["v1.log"], "shadow": ["v2.log"]}
        assert same_by_all_keys(lambda: reported(folder, logs, *words))


@pytest.mark.parametrize("seed", sampled(range(6), 2))
def test_long_logs(seed: int, tmp_path: Path) -> None:
    """Nor does it what is settled step by step, where lines of a key that goes on wait for the next step."""
    originals = test_steps.shop(seed)
    write(tmp_path / "v1.log", originals)
    write(tmp_path / "v2.log", test_steps.copies_of(originals, seed))
    assert same_by_all_keys(lambda: to_document(test_steps.both(tmp_path)[1]))
