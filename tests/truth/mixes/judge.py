"""Writes the logs of a mix, lets mirrorcheck judge them, and holds what it says against the truth."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import mirrorcheck
from mirrorcheck import InputError, Report, UsageError
from mirrorcheck.checks.expectations import CheckOptions
from mirrorcheck.checks.verdicts import CheckResult
from tests.truth.judge import MEMORY, REFUSED, adds_up, verdict
from tests.truth.mixes.circumstances import Circumstances
from tests.truth.mixes.classes import Mix
from tests.truth.mixes.lines import log_format, texts
from tests.truth.mixes.play import Played, Truth, play

_ALL, _PROMISED = 100.0, 0.99  # percent; the least share that a pass of --expect 100 promises
_WITHIN, _OFF = 5.0, 10.0  # points: the tolerance of a check, and how far off the policy an untrue one is
_CHANCE = 2.0  # points by which an outage has to show beyond the tolerance


@dataclass(frozen=True, slots=True)
class Judged:
    """What mirrorcheck said of one log, and what of it is wrong.

    word: of its verdict, or REFUSED. missed: between what the missed requests are said to lie. passed: untrue checks
    that passed. hidden: --expect 100 passed though requests were missed, so few that the ratio is at least 99 %.
    of_truth: the verdict on the policy's percentage, None where an outage makes it untrue. outside: the truth is not in
    `missed`. masked: it would be, were it not for copies that can stand for those of other requests (`Played.surplus`).
    """

    mix: Mix
    seed: int
    circumstances: Circumstances
    truth: Truth
    word: str
    missed: tuple[int, int] | None = None
    unobserved: int = 0
    passed: tuple[str, ...] = ()
    hidden: bool = False
    of_truth: CheckResult | None = None
    outside: bool = False
    masked: bool = False
    adds_up: bool = True
    detail: str = ""

    @property
    def false_pass(self) -> bool:
        """An untrue check passed."""
        return bool(self.passed)

    @property
    def false_fail(self) -> bool:
        """The check of what is true failed."""
        return self.of_truth == CheckResult.FAIL

    @property
    def wrong(self) -> tuple[str, ...]:
        """The kinds of what is wrong."""
        kinds = {
            "pass": self.false_pass,
            "hidden": self.hidden,
            "fail": self.false_fail,
            "outside": self.outside,
            "masked": self.masked,
            "lost": not self.adds_up,
        }
        return tuple(kind for kind, is_so in kinds.items() if is_so)

    def __str__(self) -> str:
        """What was said and what is true, in a line."""
        said = "nothing" if self.missed is None else "{} to {}".format(*self.missed)
        passed = f", passed {' and '.join(self.passed)}" if self.passed else ""
        return (
            f"{self.mix.name} seed {self.seed}: {','.join(self.wrong) or 'right'}: {self.word}, missed {said} and "
            f"{self.unobserved} unobserved, truly {self.truth.missed} of {self.truth.requests}{passed}; "
            f"{self.circumstances}; {self.detail}"
        )


def judge_all(mix: Mix, seeds: Iterable[int], keep: Path | None = None) -> list[Judged]:
    """Judge logs of a class, one for each seed; keep: a folder for the logs, None to write over them."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return [judge(mix, seed, Path(folder), keep) for seed in seeds]


def judge(mix: Mix, seed: int, folder: Path, keep: Path | None = None) -> Judged:
    """Play a class with a seed, in a folder for its logs or in one to keep them in."""
    played = play(mix, seed)
    name = f"{mix.name.replace('/', '_')}.{seed}"
    logs = [keep / f"{name}.{side}.log" for side in ("v1", "v2")] if keep else [folder / "v1.log", folder / "v2.log"]
    written = [_write(log, played, side) for log, side in zip(logs, ("v1", "v2"), strict=True)]
    try:
        report = mirrorcheck.analyze(primary=logs[0], shadow=logs[1], log_format=log_format(played.circumstances))
    except (InputError, UsageError) as error:
        judged = Judged(mix, seed, played.circumstances, played.truth, REFUSED, detail=str(error))
    else:
        judged = _held(mix, seed, report, played, written)
    if keep:
        (keep / f"{name}.txt").write_text(f"{judged}\n{_command(logs, played)}\n", encoding="utf-8")
    return judged


def _write(log: Path, played: Played, side: str) -> int:
    """The number of lines written."""
    lines = texts(played.primary if side == "v1" else played.shadow, played.circumstances, side)
    log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def _command(logs: Sequence[Path], played: Played) -> str:
    known = log_format(played.circumstances)
    options = f" --log-format '{known}'" if known else ""
    return f"mirrorcheck assert --primary {logs[0]} --shadow {logs[1]}{options} --expect 100"


def _held(mix: Mix, seed: int, report: Report, played: Played, written: Sequence[int]) -> Judged:
    truth, circumstances = played.truth, played.circumstances
    unobserved = report.originals.unobserved
    low, high = _missed(report)
    # Those that are unobserved may be any of the missed ones.
    sure = max(0, truth.missed - unobserved)
    all_passed = verdict(report, CheckOptions(expect=_ALL)) == CheckResult.PASS
    broken = sure > (1 - _PROMISED) * (truth.requests - unobserved)
    outside = not (low <= truth.missed and sure <= high)
    untrue = [
        _words(options) for options in _untrue(circumstances, truth) if verdict(report, options) == CheckResult.PASS
    ]
    return Judged(
        mix,
        seed,
        circumstances,
        truth,
        word=report.verdict.word,
        missed=(low, high),
        unobserved=unobserved,
        passed=(*(["--expect 100"] if all_passed and broken else []), *untrue),
        hidden=all_passed and sure > 0 and not broken,
        of_truth=None if circumstances.outage else verdict(report, _true(circumstances)),
        outside=outside,
        masked=outside and low <= truth.missed and sure - played.surplus <= high,
        adds_up=adds_up(report, written),
        detail=f"retries {report.retries.count} {report.retries.evidence} of {_retries(played)}, duplicates "
        f"{report.shadow.duplicate}, warnings {' '.join(warning.code for warning in report.warnings) or 'none'}",
    )


def _retries(played: Played) -> int:
    """How many attempts there truly are beyond the first of each request."""
    attempts = [line.of for line in played.primary if line.of is not None and not line.broken]
    return len(attempts) - len(set(attempts))


def _missed(report: Report) -> tuple[int, int]:
    if report.missed_range:
        return int(report.missed_range.low), int(report.missed_range.high)
    return report.originals.missed, report.originals.missed


def _true(circumstances: Circumstances) -> CheckOptions:
    """The check of what the policy says."""
    return CheckOptions(expect=_ALL) if circumstances.policy == _ALL else _about(circumstances.policy)


def _untrue(circumstances: Circumstances, truth: Truth) -> Iterator[CheckOptions]:
    """Checks of a percentage that is neither the policy's nor, by more than the tolerance, what happened."""
    found = 100 * truth.ratio
    for percent in (circumstances.policy - _OFF, circumstances.policy + _OFF):
        if percent <= _ALL and abs(percent - found) > _WITHIN:
            yield _about(percent)
    if circumstances.outage and abs(circumstances.policy - found) > _WITHIN + _CHANCE:
        yield _about(circumstances.policy)


def _about(percent: float) -> CheckOptions:
    return CheckOptions(expect=percent, within=_WITHIN)


def _words(options: CheckOptions) -> str:
    return f"--expect {options.expect:g} --within {options.within:g}"
