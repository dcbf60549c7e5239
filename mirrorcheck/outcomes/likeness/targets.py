"""Learns the simplest rule that makes the targets of copies equal to those of their originals."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import unquote_to_bytes

from mirrorcheck.outcomes import constants

Pairs = Sequence[tuple[bytes, bytes]]

_MOST_PARAMETERS = 4
_REWRITE = 2
_ABSOLUTE = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")
_SLASHES = re.compile(rb"/{2,}")


class Form(Enum):
    """What is undone on both sides before targets are compared, in this order.

    ABSOLUTE: `GET http://host/path` is `GET /path` (RFC 9112, 3.2.2). ENCODING: percent-encoding, dot segments and
    backslashes, as Envoy's normalize_path and path_with_escaped_slashes_action treat them. SLASHES: Envoy's
    merge_slashes, nginx's too. CASE, TRAILING: what gateways' rewrites do to letters and to a slash at the end.
    """

    ABSOLUTE = "absolute"
    ENCODING = "encoding"
    SLASHES = "slashes"
    CASE = "case"
    TRAILING = "trailing"


EVERY = tuple(Form)


def split(target: bytes) -> tuple[bytes, bytes]:
    """Path and query; the query with its question mark."""
    path, mark, query = target.partition(b"?")
    return path, mark + query


def in_form(path: bytes, forms: tuple[Form, ...]) -> bytes:
    """The path in the one form."""
    if Form.ABSOLUTE in forms and not path.startswith(b"/"):
        path = _ABSOLUTE.sub(b"", path, count=1) or b"/"
    if Form.ENCODING in forms and (b"%" in path or b"\\" in path or b"/." in path):
        path = _without_dots(unquote_to_bytes(path).replace(b"\\", b"/"))
    if Form.SLASHES in forms and b"//" in path:
        path = _SLASHES.sub(b"/", path)
    if Form.CASE in forms:
        path = path.lower()
    if Form.TRAILING in forms and len(path) > 1:
        path = path.rstrip(b"/") or b"/"
    return path


def _without_dots(path: bytes) -> bytes:
    """The path without `.` and `..`; doubled slashes stay, and the one at the end does."""
    if b"/." not in path:
        return path
    segments: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            if len(segments) > 1:
                segments.pop()
        elif segment != b".":
            segments.append(segment)
    return b"/".join(segments) + (b"/" if path.endswith((b"/.", b"/..")) else b"")


@dataclass(frozen=True, slots=True)
class TargetRule:
    """What is undone before targets are compared.

    forms: on both sides. parameters: of the query, by name, left out on both sides. no_query: all of it is.
    prefix, copied_prefix: what an original's path begins with, and what its copy's has in place of that.
    """

    forms: tuple[Form, ...] = ()
    parameters: tuple[bytes, ...] = ()
    no_query: bool = False
    prefix: bytes = b""
    copied_prefix: bytes = b""

    @property
    def rewrites(self) -> bool:
        """Whether copies ask for another path."""
        return self.prefix != self.copied_prefix

    @property
    def changes(self) -> int:
        """How much it undoes: another path is more than another spelling of it."""
        return len(self.forms) + _REWRITE * self.rewrites

    def canonical(self, target: bytes) -> bytes:
        """The target as it is compared, on either side."""
        path, query = split(target)
        path = in_form(path, self.forms)
        if not query or self.no_query:
            return path
        return path + self._kept(query)

    def originals(self, target: bytes) -> tuple[bytes, ...]:
        """What the original of a copy with this target may have asked for, the likeliest first."""
        target = self.canonical(target)
        if not self.rewrites or not target.startswith(self.copied_prefix):
            return (target,)
        path = self.prefix + target[len(self.copied_prefix) :]
        return (path if path.startswith(b"/") else b"/" + path, target)

    def explains(self, original: bytes, copy: bytes) -> bool:
        """Whether a copy with the one target may be of an original with the other."""
        return self.canonical(original) in self.originals(copy)

    def _kept(self, query: bytes) -> bytes:
        if not self.parameters:
            return query
        kept = [item for item in query[1:].split(b"&") if item.partition(b"=")[0] not in self.parameters]
        return b"?" + b"&".join(kept) if kept else b""


def learn_target(pairs: Pairs) -> TargetRule:
    """The simplest rule that explains the pairs of targets: the plain one unless another explains clearly more."""
    plain = TargetRule()
    usual = _share(plain, pairs)
    if usual > 1 - constants.CLEARLY:
        return plain
    best = _with_forms(EVERY, pairs)
    share = _share(best, pairs)
    if share < usual + constants.CLEARLY:
        return plain
    for form in EVERY:
        simpler = _with_forms(tuple(each for each in best.forms if each is not form), pairs)
        if simpler.changes < best.changes and _share(simpler, pairs) >= share - constants.HARDLY:
            best = simpler
    return best


def _share(rule: TargetRule, pairs: Pairs) -> float:
    return sum(rule.explains(*pair) for pair in pairs) / len(pairs) if pairs else 1.0


def _with_forms(forms: tuple[Form, ...], pairs: Pairs) -> TargetRule:
    """The best rule with these forms: first the prefixes of paths are learnt, then what queries lack."""
    rule = TargetRule(forms)
    without_query = replace(rule, no_query=True)
    ahead = [without_query]
    paths = [(without_query.canonical(original), without_query.canonical(copy)) for original, copy in pairs]
    ahead += [replace(without_query, prefix=one, copied_prefix=other) for one, other in _prefixes(paths)]
    best = max(ahead, key=lambda each: _share(each, pairs) - constants.CLEARLY * each.rewrites)
    return _with_query(replace(best, no_query=False), best, pairs)


def _prefixes(paths: Pairs) -> list[tuple[bytes, bytes]]:
    """What paths begin with, on either side, where they end in the same: cut in front of a slash, or anywhere."""
    whole: Counter[tuple[bytes, bytes]] = Counter()
    anywhere: Counter[tuple[bytes, bytes]] = Counter()
    for original, copy in paths:
        if original == copy:
            continue
        same = _common_end(original, copy)
        anywhere[original[: len(original) - same], copy[: len(copy) - same]] += 1
        slash = original.find(b"/", len(original) - same)
        if slash >= 0:
            whole[original[:slash], copy[: slash + len(copy) - len(original)]] += 1
    return [prefix for counted in (whole, anywhere) for prefix, _ in counted.most_common(2)]


def _common_end(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their ends."""
    shorter = min(len(one), len(other))
    for length in range(shorter):
        if one[-1 - length] != other[-1 - length]:
            return length
    return shorter


def _with_query(rule: TargetRule, without_query: TargetRule, pairs: Pairs) -> TargetRule:
    """The rule with what must be left out of queries: nothing, some parameters, or all of it."""
    differing = [pair for pair in pairs if without_query.explains(*pair) and not rule.explains(*pair)]
    if len(differing) < constants.CLEARLY * len(pairs):
        return rule
    queries = [(split(original)[1], split(copy)[1]) for original, copy in differing]
    if sum(not copy for _, copy in queries) >= constants.MOST_QUERIES * len(queries):
        return without_query
    names: Counter[bytes] = Counter()
    for original, copy in queries:
        items = Counter(original[1:].split(b"&")), Counter(copy[1:].split(b"&"))
        changed = (items[0] - items[1]) + (items[1] - items[0])
        names.update({item.partition(b"=")[0] for item in changed if item})
    few = tuple(
        name for name, count in names.most_common(_MOST_PARAMETERS) if count >= constants.CLEARLY * len(differing)
    )
    some = replace(rule, parameters=tuple(sorted(few)))
    explained = sum(some.explains(*pair) for pair in differing)
    return some if explained >= constants.MOST_QUERIES * len(differing) else without_query
