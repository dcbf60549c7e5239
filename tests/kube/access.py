"""The tokens and rights of a cluster's users come in; who asks, and whether they may, goes out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.kube.calls import Call
from tests.kube.refusal import Object, RefusalError

TOKEN = "sesame"  # noqa: S105 -- it opens nothing but this server
ANYONE = "*"


@dataclass(slots=True)
class Access:
    """Who has which token, and what is denied to whom; everyone may do what is not denied."""

    tokens: dict[str, str] = field(default_factory=lambda: {TOKEN: "tester"})
    programs: str = os.defpath
    """The PATH of every container, for who runs a command in it."""
    _denied: set[tuple[str, str, str]] = field(default_factory=set)

    def deny(self, verb: str, resource: str, *, user: str = ANYONE) -> None:
        """Deny a verb (or *) on a resource as RBAC names it, such as pods/log."""
        self._denied.add((user, verb, resource))

    def allow(self, verb: str, resource: str, *, user: str = ANYONE) -> None:
        """Take a denial back."""
        self._denied.discard((user, verb, resource))

    def user(self, headers: Mapping[str, str]) -> str:
        """Return who asks, or whom they impersonate; RefusalError (401) without a token that is known."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            raise RefusalError(401, "Unauthorized")
        return headers.get("Impersonate-User", self.tokens[token])

    def may(self, user: str, verb: str, resource: str) -> bool:
        """Return whether a user may do this."""
        return not any((who, what, resource) in self._denied for who in (user, ANYONE) for what in (verb, ANYONE))

    def check(self, user: str, call: Call) -> None:
        """Let a call pass; RefusalError (403), worded as RBAC does, where it is denied."""
        if self.may(user, call.verb, call.resource):
            return
        told = f'User "{user}" cannot {call.verb} resource "{call.resource}" in API group "{call.kind.group}"'
        where = f' in the namespace "{call.namespace}"' if call.namespace else " at the cluster scope"
        named = f'{call.kind.qualified} "{call.name}"' if call.name else call.kind.qualified
        details: Object = {"name": call.name} if call.name else {}
        details |= {"group": call.kind.group} if call.kind.group else {}
        details["kind"] = call.kind.plural
        raise RefusalError(403, f"{named} is forbidden: {told}{where}", details=details)
