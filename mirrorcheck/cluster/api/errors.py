"""The errors of a cluster, each with the way out, made from what the API server answers."""

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
    """The server does not know the user, or a login failed."""


class Forbidden(ClusterError):  # noqa: N818  # as the API calls it
    """A right is missing: `verb` on `resource` (such as pods/log), each empty where the server does not say."""

    def __init__(self, message: str, verb: str = "", resource: str = "") -> None:
        super().__init__(message, 403)
        self.verb = verb
        self.resource = resource


class NotFound(ClusterError):  # noqa: N818  # as the API calls it
    """There is no such object, or its kind is not served."""


class Gone(ClusterError):  # noqa: N818  # as the API calls it
    """The resource version is too old: list again."""


class Throttled(ClusterError):  # noqa: N818  # what happened, not a fault
    """The server asks for patience: `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message, 429)
        self.retry_after = retry_after


class Refused(ClusterError):  # noqa: N818  # what happened, not a fault
    """The request cannot be served as it is: 400, 422 and what else is not named here."""


class Unreachable(ClusterError):  # noqa: N818  # what happened, not a fault
    """The server cannot be reached, goes silent, or is in trouble itself (5xx)."""


def refusal(status: int, headers: Mapping[str, str], body: bytes, asked: str) -> ClusterError:
    """Return the error for an answer; asked: the path, for the message."""
    reason = _reason(body)
    if status >= _SERVER_TROUBLE:
        return Unreachable(f"the API server is in trouble: {status} for {asked} ({reason}). Try again.", status)
    match status:
        case 401:
            hint = "Log in again, or check the user of the context: kubectl auth whoami."
            error: ClusterError = Unauthorized(f"the API server does not accept the login ({reason}). {hint}", status)
        case 403:
            error = _forbidden(reason)
        case 404:
            hint = "Check the names, the namespace and the context."
            error = NotFound(f"{asked} does not exist ({reason}). {hint}", status)
        case 410:
            error = Gone(f"{asked}: that resource version is forgotten ({reason}). List again.", status)
        case 429:
            wait = _seconds(headers)
            error = Throttled(f"the API server asks for patience ({reason}). Try again in {wait:g} s.", wait)
        case _:
            hint = "`kubectl get --raw` of the same path shows the whole answer."
            error = Refused(f"the API server refuses {asked}: {status} ({reason}). {hint}", status)
    return error


def one_line(text: str) -> str:
    """Return a message as one line of bearable length."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _forbidden(reason: str) -> Forbidden:
    found = _DENIED.search(reason)
    if found is None:
        return Forbidden(f"the API server forbids it ({reason}). Ask whoever runs the cluster for the right.")
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


def _reason(body: bytes) -> str:
    """Return the message of a Status object, or the text in its place."""
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
