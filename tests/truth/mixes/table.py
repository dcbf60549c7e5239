"""Writes what was counted of mixes into VERDICTS.md, and reads it from there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields

from benchmarks.verdicts import TARGET
from tests.truth.mixes.classes import ABOUT, Mix
from tests.truth.mixes.tally import Tally
from tests.truth.table import OF_MIXES

_ABOUT = f"""{OF_MIXES}
Logs of every mix of what happens, played request by request: clients send and ask again, a proxy tries again and
mirrors, pods log. `python -m tests.truth --mixes --write` plays all of them anew and writes this part, with `--more`
it adds logs to it, and a sample runs in the tests. A row is a class of logs; of each log everything else is drawn:
320 to 600 requests at 2 to 5,000 a second, a policy of 100, 99.4 or 50 %, one to four pods, stamps of a second or a
millisecond, copies that come at once, up to 2.5 s or a tenth of them up to 40 s late, an outage of the mirror,
originals that the primary did not log, requests straight to the shadow, probes of kubelet, scanners, lines that break
off, logs that begin and end amid the traffic, and what X-Forwarded-For tells, if it is logged.

{{words}}

*False pass*: a check passed that is not true: `--expect 100` though less than 99 % were copied, or `--expect N
--within 5` where N is 10 points off the policy (or the policy's, where an outage came between) and more than 5 off
what was copied. *Hidden*: `--expect 100` passed though a request was not copied, of 99 % or more that were. *False
fail*: the check of what is true failed, `--expect 100` or `--expect 50 --within 5` (99.4 likewise). *Outside*: the
number of requests that were not copied lies outside of what the report states; those that it calls unobserved may be
any. *Masked*: of these, the logs in which copies that came twice for once, or whose originals were not logged, can
stand for as many missed requests: keys are alike and ids are not on all lines, so nothing tells. *Lost*: lines in no
class, or in two. *Steady*: logs without an outage, of which so many *pass* the check of what is true, and in so many
it *cannot tell*. *Refused*: not judged at all.

{{summary}}

{{rows}}
"""
_AXES = ("keys", "errors", "ids", "duplicates")
_COUNTS = tuple(field.name for field in fields(Tally))[1:]
_HEADS = {"true_pass": "pass"}


def section(tallies: Sequence[Tally]) -> str:
    """The part of VERDICTS.md that tells of these tallies."""
    heads = [*_AXES, *(_HEADS.get(name, name.replace("_", " ")) for name in _COUNTS)]
    rows = [[*each.mix.axes, *(f"{count:,}" for count in astuple(each)[1:])] for each in tallies]
    marks = ["---"] * len(_AXES) + ["---:"] * len(_COUNTS)
    table = "\n".join(f"| {' | '.join(line)} |" for line in (heads, marks, *rows))
    return _ABOUT.format(words="\n".join(_words()), summary=_summary(tallies), rows=table)


def write(text: str) -> None:
    """Put the part into VERDICTS.md, in place of the one that is there."""
    TARGET.write_text(TARGET.read_text(encoding="utf-8").partition(OF_MIXES)[0] + text, encoding="utf-8")


def published() -> Iterator[Tally]:
    """The rows of the table in VERDICTS.md."""
    text = TARGET.read_text(encoding="utf-8").partition(OF_MIXES)[2]
    for line in re.findall(r"^\|(.*\d) \|$", text, re.MULTILINE):
        values = [value.strip() for value in line.split("|")]
        axes, counts = values[: len(_AXES)], values[len(_AXES) :]
        yield Tally(Mix(*axes), *(int(count.replace(",", "")) for count in counts))


def _words() -> Iterator[str]:
    for axis, values in ABOUT.items():
        yield f"- {axis}: " + "; ".join(f"*{value}*, {about}" for value, about in values.items()) + "."


def _summary(tallies: Sequence[Tally]) -> str:
    logs = sum(each.logs for each in tallies)
    lines = []
    for name in ("false_pass", "hidden", "false_fail", "outside", "masked", "lost"):
        counts = [getattr(each, name) for each in tallies]
        worst = max((count / each.logs for count, each in zip(counts, tallies, strict=True)), default=0.0)
        share = sum(counts) / logs if logs else 0.0
        what = name.replace("_", " ").capitalize()
        lines.append(
            f"- {what}: {sum(counts):,} of {logs:,} logs, {100 * share:.2f} %; in the worst row {100 * worst:.1f} %."
        )
    steady, passed = sum(each.steady for each in tallies), sum(each.true_pass for each in tallies)
    lines.append(f"- What is true passes in {passed:,} of {steady:,} logs without an outage.")
    return "\n".join(lines)
