"""The options of checks come in; whether what was watched is judged, and the exit status of it, go out."""

import sys
from dataclasses import dataclass, replace

from mirrorcheck.checks.config import Config
from mirrorcheck.checks.expectations import Expectations, checks_anything, complete_checks
from mirrorcheck.checks.sequential import EveryRequest, SequentialTest, sequential
from mirrorcheck.checks.unjudged import lacks
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.cli.judge import judge
from mirrorcheck.cli.options.check import AskedChecks
from mirrorcheck.cli.options.output import AskedOutputs
from mirrorcheck.engine.decided import Decided
from mirrorcheck.errors import UsageError
from mirrorcheck.outcomes.settle import Bools
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, parse_percent

INTERRUPTED = 130
_WHOLE = (0.0, 100.0)


@dataclass(frozen=True, slots=True)
class Judging:
    """How a watching is judged. wanted: None without any check. expect: percent, in place of the mirror rule's."""

    wanted: Expectations | None
    expect: float | None
    outputs: AskedOutputs
    only: tuple[str, ...]
    ignore: tuple[str, ...]

    @classmethod
    def of(cls, asked: AskedChecks, config: Config, outputs: AskedOutputs) -> "Judging":
        """Complete the options; UsageError where they mean nothing."""
        options = asked.options.over(config.checks)
        expect = None if options.expect is None else parse_percent(options.expect, "--expect")
        if expect not in _WHOLE and options.within is None:
            options = replace(options, expect=None)  # what is expected, and no check: there is no tolerance
        wanted = complete_checks(options) if checks_anything(options) else None
        return cls(wanted, expect, outputs, asked.only or config.only, asked.ignore or config.ignore)

    def narrow(self, options: Options) -> Options:
        """The options of the analysis with the paths that the checks look at."""
        return replace(
            options,
            expect=self.expect,
            only_path=(*options.only_path, *self.only),
            exclude_path=(*options.exclude_path, *self.ignore),
        )

    def test(self, paired: Bools) -> SequentialTest | EveryRequest:
        """The sequential test of the ratio after these originals; UsageError where no check is of the ratio."""
        test = sequential(self.wanted) if self.wanted else None
        if test is None:
            raise UsageError("--timeout waits for a check of the ratio to be sure. Give --expect or --min-ratio.")
        return test.after(paired)

    def tested(self, so_far: Decided) -> SequentialTest | EveryRequest:
        """The test after what a look found."""
        return self.test(so_far.in_event_order(while_on=self.wanted is not None and self.wanted.while_on))

    def is_sure(self, so_far: Decided) -> bool:
        """Whether the test is sure after what a look found."""
        return not so_far.settled.open and self.tested(so_far).verdict != CheckResult.INCONCLUSIVE

    def status(self, report: Report, *, interrupted: bool, test: SequentialTest | EveryRequest | None = None) -> int:
        """Judge and write the verdicts; the exit status. test: the sequential one, None without one."""
        if self.wanted is not None:
            return judge(report, self.wanted, self.outputs, test)
        if interrupted:
            return INTERRUPTED
        lacking = lacks(report)
        if lacking:
            sys.stderr.write(f"{CheckResult.INCONCLUSIVE.word}: {lacking}\n")
            return self.outputs.status(CheckResult.INCONCLUSIVE)
        return 0
