"""Sends the probes of a plan from a container, by curl.

One command runs for all of them: a shell that reads a line for each probe when it is due, starts curl for it, and
writes a line when curl is done. It needs sh, printf and curl of any age, and no file that can be written.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.api.errors import Unreachable
from mirrorcheck.cluster.exec import PodContainer, Remote
from mirrorcheck.errors import InputError
from mirrorcheck.probe.agent import agent
from mirrorcheck.probe.plan import Plan
from mirrorcheck.probe.tally import Tally

MOST_AT_ONCE = 50
"""Probes under way at once, each a process of the container."""
SCRIPT = r"""
command -v curl >/dev/null 2>&1 || { echo "it has no curl" >&2; exit 127; }
config=
while IFS= read -r line && [ -n "$line" ]; do
config="$config$line
"
done
echo ready
while IFS= read -r line && [ -n "$line" ]; do
{
number="${line%% *}"
line="${line#* }"
status="$(printf '%suser-agent = "%s"\nurl = "%s"\n' "$config" "${line#* }" "${line%% *}" | curl -q -K - 2>/dev/null)"
echo "$number $status $?"
} &
done
wait
"""
_READY = "ready"
_NO_STATUS = "000"
_GRACE_S = 10.0  # beyond curl's own patience
_IDLE_S = 0.5
_REASONS = {
    "5": "the proxy's name is not known",
    "6": "name or service not known",
    "7": "connection refused",
    "35": "TLS: no agreement",
    "52": "empty answer",
    "56": "connection reset",
    "60": "TLS: certificate verify failed",
}
_TIMED_OUT = "28"


class PodSender:
    """Sends the probes of a plan through one command; `stop` sends no more, a second `stop` does not wait either."""

    def __init__(self, plan: Plan, tally: Tally, remote: Remote, now: Callable[[], float] = time.monotonic) -> None:
        self._plan, self._tally, self._remote, self._now = plan, tally, remote, now
        self._sent = 0
        self._stops = 0
        self._last = now()

    def stop(self) -> None:
        """Send no more probes; when called again, wait for none."""
        self._stops += 1

    def send(self) -> None:
        """Send them all, by the schedule of the plan; InputError where the container cannot."""
        self._begin()
        start = self._now()
        ended = False
        while self._remote.runs and not (ended and not self._tally.under_way):
            self._send_due(start)
            if not ended and (self._stops or self._sent == self._plan.count):
                self._remote.write("\n")
                ended = True
            self._take(self._wait_s(start))
            if self._stops > 1 or (ended and self._now() > self._last + self._plan.patience_s + _GRACE_S):
                break
        self._tally.give_up("interrupted before the answer" if self._stops else "no word from the container")

    def _begin(self) -> None:
        self._remote.write("".join(f"{line}\n" for line in (*curl_config(self._plan), "")))
        while _READY not in self._remote.lines(_IDLE_S):
            if not self._remote.runs:
                raise self._remote.complaint()
            if self._stops or self._now() > self._last + self._plan.patience_s + _GRACE_S:
                raise InputError("the container does not answer. Try another one with -c.")

    def _send_due(self, start: float) -> None:
        lines = []
        while not self._stops and self._sent < self._plan.count and self._tally.under_way < MOST_AT_ONCE:
            number = self._sent + 1
            if start + self._plan.due_s(number) > self._now():
                break
            self._sent = number
            self._tally.begin(number)
            lines.append(f"{number} {_quoted(self._plan.url(number))} {agent(self._plan.run, number)}\n")
            self._last = self._now()
        if lines:
            self._remote.write("".join(lines))

    def _wait_s(self, start: float) -> float:
        if self._sent == self._plan.count or self._tally.under_way >= MOST_AT_ONCE:
            return _IDLE_S
        return min(_IDLE_S, max(0.0, start + self._plan.due_s(self._sent + 1) - self._now()))

    def _take(self, wait_s: float) -> None:
        for line in self._remote.lines(wait_s):
            number, _, rest = line.partition(" ")
            status, _, code = rest.partition(" ")
            if not (number.isdecimal() and status.isdecimal()):
                continue
            if code == "0" and status != _NO_STATUS:
                self._tally.answered(int(number), int(status))
            else:
                self._tally.failed(int(number), self._reason(code))

    def _reason(self, code: str) -> str:
        if code == _TIMED_OUT:
            return f"no answer within {self._plan.patience_s:g} s"
        return _REASONS.get(code, f"curl ended with {code}")


def curl_config(plan: Plan) -> Iterator[str]:
    """The lines of curl's own configuration that all probes share."""
    yield from ("silent", "globoff", 'output = "/dev/null"', 'write-out = "%{http_code}"')
    yield f"max-time = {plan.patience_s:g}"
    yield "head" if plan.method == "HEAD" else f'request = "{plan.method}"'
    if plan.insecure:
        yield "insecure"
    for name, text in plan.headers:
        # An empty one is sent only where a semicolon stands for the colon.
        yield f'header = "{_quoted(f"{name}: {text}" if text else f"{name};")}"'


def _quoted(text: str) -> str:
    r"""As it stands between double quotes in curl's configuration: there a backslash escapes it and the quote."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def send_from_pod(plan: Plan, tally: Tally, client: Client, place: PodContainer) -> None:
    """Send the probes; Ctrl-C ends it after those under way, a second one at once.

    Raises InputError where the container has no shell or curl, ClusterError where the server refuses to run them.
    """
    remote = Remote(client, place, ("sh", "-c", SCRIPT))
    sender = PodSender(plan, tally, remote)
    try:
        with _interruptible(sender.stop):
            sender.send()
    except Unreachable as error:
        if not tally.run.sent:
            raise
        tally.give_up("the connection to the pod broke")
        tally.broken = str(error)
    finally:
        remote.close()


@contextmanager
def _interruptible(stop: Callable[[], None]) -> Iterator[None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
