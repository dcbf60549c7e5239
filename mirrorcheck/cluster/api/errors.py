"""An answer of the API server that is no success comes in; the error that names the way out goes out.

MirrorcheckError
 +- ClusterError
     +- Unauthorized  the server does not know who asks, or a login failed
     +- Forbidden     it knows, and the right is missing
     +- NotFound      no such object, or no such kind
     +- Gone          a resource version is too old: list again
     +- Throttled     too many requests: wait
     +- Refused       the request cannot be served as it is (400, 422 and what else is not named here)
     +- Unreachable   no connection, no answer, or a server in trouble (5xx)
"""

import json
import re
from collections.abc import Mapping

from mirrorcheck.errors import MirrorcheckError

# As RBAC words it in apiserver's responsewriters/errors.go (Kubernetes 1.36).
_DENIED = re.compile(r'cannot (\S+) resource "([^"]+)"(?: in API group "([^"]*)")?(?: in the namespace "([^"]+)")?')
_LONGEST = 300  # characters of a server's message that are shown
_SERVER_TROUBLE = 500


class ClusterError(MirrorcheckError):
    """The parent of all errors of a cluster: `status` is that of HTTP, None where there was no answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unauthorized(ClusterError):  # noqa: N818  # as the API calls it
    """Who asks is not known to the server, or the way to become known failed."""


class Forbidden(ClusterError):  # noqa: N818  # as the API calls it
    """A right is missing: `verb` on `resource` (such as pods/log), each empty where the server does not say."""

    def __init__(self, message: str, verb: str = "", resource: str = "") -> None:
        super().__init__(message, 403)
        self.verb = verb
        self.resource = resource


class NotFound(ClusterError):  # noqa: N818  # as the API calls it
    """There is no such object, or its kind is not served."""


class Gone(ClusterError):  # noqa: N818  # as the API calls it
    """The past that was asked for is forgotten."""


class Throttled(ClusterError):  # noqa: N818  # what happened, not a fault
    """The server asks for patience: `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message, 429)
        self.retry_after = retry_after


class Refused(ClusterError):  # noqa: N818  # what happened, not a fault
    """The request cannot be served as it is; `told` is the server's own sentence."""

    def __init__(self, message: str, status: int, told: str) -> None:
        super().__init__(message, status)
        self.told = told


class Unreachable(ClusterError):  # noqa: N818  # what happened, not a fault
    """The server cannot be reached, goes silent, or is in trouble itself."""


def refusal(status: int, headers: Mapping[str, str], body: bytes, asked: str) -> ClusterError:
    """Return the error for an answer; asked: the path, for the message."""
    told = _told(body)
    if status >= _SERVER_TROUBLE:
        return Unreachable(f"the API server is in trouble: {status} for {asked} ({told}). Try again.", status)
    match status:
        case 401:
            hint = "Log in again, or check the user of the context: kubectl auth whoami."
            error: ClusterError = Unauthorized(f"the API server does not accept the login ({told}). {hint}", status)
        case 403:
            error = _forbidden(told)
        case 404:
            hint = "Check the names, the namespace and the context."
            error = NotFound(f"{asked} does not exist ({told}). {hint}", status)
        case 410:
            error = Gone(f"{asked}: that resource version is forgotten ({told}). List again.", status)
        case 429:
            wait = _seconds(headers)
            error = Throttled(f"the API server asks for patience ({told}). Try again in {wait:g} s.", wait)
        case _:
            hint = "`kubectl get --raw` of the same path shows the whole answer."
            error = Refused(f"the API server refuses {asked}: {status} ({told}). {hint}", status, told)
    return error


def one_line(text: str) -> str:
    """Return a message as one line of bearable length."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _forbidden(told: str) -> Forbidden:
    found = _DENIED.search(told)
    if found is None:
        return Forbidden(f"the API server forbids it ({told}). Ask whoever runs the cluster for the right.")
    verb, resource, group, namespace = found.groups()
    where = f" -n {namespace}" if namespace else ""
    kind, _, part = resource.partition("/")
    named = f"{kind}.{group}" if group else kind
    check = f"kubectl auth can-i {verb} {named}{f' --subresource={part}' if part else ''}{where}"
    place = f" in namespace {namespace}" if namespace else ""
    return Forbidden(
        f"the right to {verb} {resource}{place} is missing. Ask for a Role that grants it; `{check}` checks it.",
        verb,
        resource,
    )


def _told(body: bytes) -> str:
    """Return what a Status object says, or the text that stands in its place."""
    text = body.decode(errors="replace")
    try:
        status = json.loads(text)
    except ValueError:
        return one_line(text) or "no reason given"
    message = status.get("message") if isinstance(status, dict) else None
    return one_line(str(message or text)) or "no reason given"


def _seconds(headers: Mapping[str, str]) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After", "1")))
    except ValueError:
        return 1.0  # a date is allowed, and no API server sends one
