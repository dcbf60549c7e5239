"""What servers log in, as lines of text in a format of nginx's out."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from tests.truth.loglines import START
from tests.truth.mixes.circumstances import BOTH_IDS, NOT_LOGGED, REQUEST_ID, TRACE, Circumstances

_COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
ABSENT = "-"
_CUT_AT = 50  # characters, in the middle of the request
_EPOCH_MS = int(START.timestamp()) * 1000


class Line(NamedTuple):
    """What a pod logs of one attempt.

    end: seconds since the start, by the pod's clock. of: the number of the request, None for what is none that the
    proxy handled. broken: the line breaks off.
    """

    end: float
    pod: int
    request: str
    of: int | None
    status: int = 200
    agent: str = "curl/8"
    remote: str = "127.0.0.6"
    chain: str = ABSENT
    request_id: str = ABSENT
    traceparent: str = ABSENT
    attempt: str = ABSENT
    took: float = 0.003
    broken: bool = False


def _logs(circumstances: Circumstances) -> tuple[bool, bool, bool, bool, bool]:
    """Whether X-Forwarded-For, request id, trace, attempts and milliseconds are logged."""
    ids = circumstances.ids
    return (
        circumstances.chain != NOT_LOGGED,
        ids in {REQUEST_ID, BOTH_IDS},
        ids in {TRACE, BOTH_IDS},
        circumstances.attempts_logged,
        circumstances.stamps_ms == 1,
    )


def log_format(circumstances: Circumstances) -> str | None:
    """The format in nginx's own syntax, None where it is known without."""
    chain, *others = _logs(circumstances)
    if not any(others):
        return None
    fields = (
        ' "$http_x_forwarded_for"',
        ' rid="$http_x_request_id"',
        ' tp="$http_traceparent"',
        ' att="$http_x_envoy_attempt_count"',
        " rt=$request_time t=$msec",
    )
    return _COMBINED + "".join(field for field, logged in zip(fields, (chain, *others), strict=True) if logged)


def texts(lines: Iterable[Line], circumstances: Circumstances, side: str) -> list[str]:
    """The lines of one side in the order in which they were written, their pods in front where there are several."""
    logged = _logs(circumstances)
    ordered = sorted(lines, key=lambda line: line.end)
    return [f"{_pod(line, side) if circumstances.pods > 1 else ''}{_text(line, logged)}" for line in ordered]


def _pod(line: Line, side: str) -> str:
    """As `kubectl logs --prefix` puts it."""
    return f"[pod/web-{side}-7d9f6c-abcd{line.pod}/nginx] "


def _text(line: Line, logged: Sequence[bool]) -> str:
    end_ms = int(line.end * 1000)
    stamp = f"{START + timedelta(seconds=end_ms // 1000):%d/%b/%Y:%H:%M:%S +0000}"
    head = f'{line.remote} - - [{stamp}] "{line.request}" {line.status} 10 "-" "{line.agent}"'
    moment = _EPOCH_MS + end_ms
    fields = (
        f' "{line.chain}"',
        f' rid="{line.request_id}"',
        f' tp="{line.traceparent}"',
        f' att="{line.attempt}"',
        f" rt={line.took:.3f} t={moment // 1000}.{moment % 1000:03}",
    )
    text = head + "".join(field for field, is_logged in zip(fields, logged, strict=True) if is_logged)
    return text[:_CUT_AT] if line.broken else text
