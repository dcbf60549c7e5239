"""A request's path and query come in; what it asks of which objects goes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.kube.kinds import Kind
from tests.kube.refusal import no_such_page

_PARTS = (("pods", "log"), ("pods", "exec"))


@dataclass(frozen=True, slots=True)
class Call:
    """A request for objects: `namespace` is None for all of them, `name` is empty for a list or a watch of many."""

    verb: str
    kind: Kind
    version: str
    namespace: str | None
    name: str
    subresource: str
    query: Mapping[str, str]

    @property
    def resource(self) -> str:
        """The resource as RBAC names it."""
        return f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural


def flag(query: Mapping[str, str], name: str) -> bool:
    """Return a query's flag as apimachinery's conversion does: anything but "false" and "0" is true."""
    return name in query and query[name].lower() not in ("false", "0")


def read(path: str, query: Mapping[str, str], kinds: Sequence[Kind]) -> Call:
    """Return what is asked; RefusalError (404) for a path that no kind is served at."""
    match path.strip("/").split("/"):
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            raise no_such_page()
    namespace = None
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource, *more = [*rest, "", "", ""]
    for kind in kinds:
        if (kind.group, kind.plural) == (group, plural) and version in kind.versions and not any(more):
            if (name and namespace is None) or (subresource and (plural, subresource) not in _PARTS):
                break
            verb = "watch" if flag(query, "watch") else "get" if name else "list"
            return Call(verb, kind, version, namespace, name, subresource, query)
    raise no_such_page()
