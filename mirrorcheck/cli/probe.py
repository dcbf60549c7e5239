"""The command `mirrorcheck probe`."""

from mirrorcheck.checks.config import read_config
from mirrorcheck.checks.expectations import complete_checks
from mirrorcheck.cli.live_options import Surroundings
from mirrorcheck.cli.parameters import command
from mirrorcheck.cli.verdict_options import Checks, Outputs
from mirrorcheck.errors import UsageError
from mirrorcheck.probe.plan import Words, make_plan
from mirrorcheck.probe.run import new_run
from mirrorcheck.settings import Options, parse_duration

EPILOG = """\b
Examples:
  mirrorcheck probe http://target/ --count 300 --save run.json
  mirrorcheck probe http://target/ --primary v1.log --shadow v2.log --expect 100
  mirrorcheck probe http://target/ --from deploy/sleep -c sleep --path / --path /api

\b
Each request has a user agent of its own, mirrorcheck-probe/1 (RUN; NUMBER), by
which its lines are known in the logs of both sides, whatever their format.

\b
--from needs the rights to get deployments, to list pods, and to get and create
pods/exec; the container needs a shell and curl.

\b
Exit status:
  0    the requests were sent; with checks, every check passes
  1    a check fails
  2    wrong usage, unreadable input, or nothing was answered
  3    no check fails, and one is inconclusive
  130  interrupted, and nothing to judge"""


def probe(words: Words, around: Surroundings, checks: Checks, outputs: Outputs) -> int:
    """Send requests that are known again in the logs, and judge by them whether requests are mirrored."""
    if around.from_ is not None and words.cacert:
        raise UsageError("--cacert names a file here, which the pod of --from cannot read. Use -k there.")
    plan = make_plan(words, new_run(), parse_duration(words.max_time, "--max-time"))
    given = checks.over(read_config(checks.config))
    wanted = complete_checks(given) if given.any_given else None
    if checks.any_given and not (around.primary or around.shadow or around.service):
        raise UsageError(
            "no logs to check. Give --primary FILE --shadow FILE or --service NAME too, or use mirrorcheck assert "
            "afterwards."
        )

    from mirrorcheck.cli.probe_run import run_probe

    options = Options(log_format=around.log_format, only_path=given.only, exclude_path=given.ignore)
    return run_probe(plan, around, options, wanted, outputs)


COMMAND = command(epilog=EPILOG)(probe)
