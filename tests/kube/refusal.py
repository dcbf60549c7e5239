"""What the server will not do comes in; the Status object that Kubernetes answers with goes out."""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from aiohttp import web

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as JSON has it."""

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class RefusalError(Exception):
    """The request is answered with a status of 400 or more; a plain one has its message as text, not as an object."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        details: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        plain: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.headers = dict(headers or {})
        self.plain = plain

    def document(self) -> Object:
        """Return the Status object, as apimachinery's errors package fills it in."""
        body: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body["message"] = self.message
        if self.status in _REASONS:
            body["reason"] = _REASONS[self.status]
        if self.details is not None:
            body["details"] = dict(self.details)
        return body | {"code": self.status}

    def response(self) -> web.Response:
        """Return the answer as it goes out."""
        if self.plain:
            headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
            return web.Response(status=self.status, body=f"{self.message}\n".encode(), headers=headers | self.headers)
        body = json.dumps(self.document()).encode() + b"\n"
        headers = {"Content-Type": "application/json"}
        return web.Response(status=self.status, body=body, headers=headers | self.headers)


def no_such_page() -> RefusalError:
    """Return what a path without a handler is answered with: text, not a Status (seen on 1.36.2)."""
    return RefusalError(404, "404 page not found", plain=True)
