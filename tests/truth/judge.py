"""Writes the logs of a cell, lets mirrorcheck judge them, and holds what it says against the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import numpy as np

import mirrorcheck
from mirrorcheck import InputError, Report, UsageError
from mirrorcheck.checks.evaluate import evaluate
from mirrorcheck.checks.expectations import CheckOptions, complete_checks
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.report.model import LineCounts
from tests.truth.cells import Cell
from tests.truth.loglines import cut_short, lines_of, log_format, with_chatter
from tests.truth.splits import CHATTER, HALF_CUT
from tests.truth.worlds import Happened

REFUSED = "REFUSED"
_WITHIN = 5  # points
_LEAST, _HARDLY_ANY = 40, 3  # percent
_TINY = 1e-9
MEMORY = Path("/dev/shm")  # noqa: S108  # a file system in memory, and a folder of its own there


@dataclass(frozen=True, slots=True)
class Judged:
    """What mirrorcheck said of one pair of logs, and what of it is wrong.

    word: of the verdict, REFUSED where it read or judged nothing. untrue: the verdict of each expectation that is not
    true, by its words. of_truth: that on what is true (`--expect` its share). of_answers: that on the answers being
    equal. stated: between what the ratio is said to lie. outside: the truth does not.
    """

    cell: Cell
    seed: int
    word: str
    untrue: dict[str, CheckResult] = field(default_factory=dict)
    of_truth: CheckResult | None = None
    of_answers: CheckResult | None = None
    stated: tuple[float, float] | None = None
    outside: bool = False
    adds_up: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def false_pass(self) -> bool:
        """A check passes that is not true."""
        return CheckResult.PASS in self.untrue.values()

    @property
    def false_fail(self) -> bool:
        """What is true of a mirror fails."""
        return self.cell.world.mirrors and self.of_truth == CheckResult.FAIL


def judge_all(cell: Cell, seeds: Iterable[int]) -> list[Judged]:
    """Judge logs of a cell, one for each seed."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return [judge(cell, seed, Path(folder)) for seed in seeds]


def judge(cell: Cell, seed: int, folder: Path) -> Judged:
    """Play a cell with a seed, in a folder for its logs."""
    random = np.random.default_rng([seed, crc32(cell.name.encode())])
    happened = cell.world.play(cell.load, cell.pace, random)
    primary, shadow = _texts(cell, happened, random)
    logs = [folder / "v1.log", folder / "v2.log"]
    for name, lines in zip(logs, (primary, shadow), strict=True):
        name.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    try:
        report = mirrorcheck.analyze(
            primary=logs[0], shadow=logs[1], log_format=log_format(cell.world.format, cell.resolution_ms)
        )
    except (InputError, UsageError) as error:
        return Judged(cell, seed, REFUSED, warnings=(str(error),))
    return _held(cell, seed, report, happened, (len(primary), len(shadow)))


def _texts(cell: Cell, happened: Happened, random: np.random.Generator) -> tuple[list[str], list[str]]:
    """The lines of both logs, with what disturbs the shadow's."""
    primary, shadow = (
        lines_of(side, cell.world.format, cell.resolution_ms) for side in (happened.primary, happened.shadow)
    )
    if cell.world.shadow_lines == CHATTER:
        return primary, with_chatter(shadow, random)
    if cell.world.shadow_lines == HALF_CUT:
        return primary, cut_short(shadow, random.random(len(shadow)) < 1 / 2)
    return primary, shadow


def _held(cell: Cell, seed: int, report: Report, happened: Happened, written: tuple[int, int]) -> Judged:
    stated = _stated(report)
    truth = happened.copied / len(happened.primary)
    return Judged(
        cell,
        seed,
        word=report.verdict.word,
        untrue={_words(options): verdict(report, options) for options in _untrue(cell)},
        of_truth=verdict(report, _truth(happened.share)) if cell.world.mirrors else None,
        of_answers=verdict(report, CheckOptions(max_status_changes=0)),
        stated=stated,
        outside=stated is not None and not stated[0] - _TINY <= truth <= stated[1] + _TINY,
        adds_up=adds_up(report, written),
        warnings=tuple(warning.code for warning in report.warnings),
    )


def _untrue(cell: Cell) -> list[CheckOptions]:
    """Checks that are not true: of all, of a good part, of hardly any, and of what chance is likely to give."""
    share = cell.world.share
    all_, most, some = CheckOptions(expect=100), CheckOptions(min_ratio=_LEAST), CheckOptions(min_ratio=_HARDLY_ANY)
    if share:
        other = share / 2 if share / 2 > _WITHIN / 100 else 2 * share
        return [_truth(other), *([all_] if share < 1 else []), *([most] if 100 * share < _LEAST else [])]
    tempting = _truth(cell.world.tempting / 100)
    return [all_, most, some, *([tempting] if tempting.within else [])]


def _truth(share: float) -> CheckOptions:
    return CheckOptions(expect=100) if share == 1 else CheckOptions(expect=100 * share, within=_WITHIN)


def _words(options: CheckOptions) -> str:
    if options.min_ratio is not None:
        return f"--min-ratio {options.min_ratio:g}"
    return f"--expect {options.expect:g}" + (f" --within {options.within:g}" if options.within else "")


def verdict(report: Report, options: CheckOptions) -> CheckResult:
    """What `assert` says of a report with these options."""
    return evaluate(report, complete_checks(options)).verdict


def _stated(report: Report) -> tuple[float, float] | None:
    """Between which two ends the ratio is said to lie; None where nothing is said, as of a mixture of phases."""
    if report.ratio_range:
        return report.ratio_range.low, report.ratio_range.high
    if report.ratio.low is None or report.ratio.high is None:
        return None
    return report.ratio.low, report.ratio.high


def adds_up(report: Report, written: Sequence[int]) -> bool:
    """Every line that was written is in one class."""
    lines = (report.primary.lines, report.shadow_side.lines)
    originals, shadow = report.originals, report.shadow
    classes = (
        (
            originals.total,
            originals.paired + originals.missed + originals.retry + originals.excluded + originals.unobserved,
        ),
        (
            shadow.total,
            shadow.paired + shadow.orphan + shadow.duplicate + shadow.direct + shadow.excluded + shadow.unobserved,
        ),
    )
    return all(
        _read(count, lines_) and total == sum_ == count.parsed
        for count, lines_, (total, sum_) in zip(lines, written, classes, strict=True)
    )


def _read(count: LineCounts, written: int) -> bool:
    return count.read + count.rejoined == written and count.read == count.parsed + count.foreign + count.unparsed
