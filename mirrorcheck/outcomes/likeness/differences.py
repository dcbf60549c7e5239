"""Learns from originals and their copies, side by side, how copies differ, and says it: hops, target and headers."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mirrorcheck.outcomes import constants
from mirrorcheck.outcomes.likeness.chains import USUAL as USUAL_CHAIN
from mirrorcheck.outcomes.likeness.chains import Chain, read_chains
from mirrorcheck.outcomes.likeness.targets import Form, TargetRule, learn_target, split
from mirrorcheck.outcomes.likeness.texts import Texts

_FORMS = {
    Form.ABSOLUTE: "targets are absolute (http://host/path) on one side",
    Form.ENCODING: "paths are percent-encoded or have dot segments on one side only",
    Form.SLASHES: "doubled slashes in paths are one on the other side",
    Form.CASE: "paths differ in upper and lower case",
    Form.TRAILING: "paths end in a slash on one side only",
}


@dataclass(frozen=True, slots=True)
class Header:
    """A header on copies: kept; kept with a suffix; or replaced, and so not compared."""

    suffix: bytes = b""
    replaced: bool = False

    @property
    def kept(self) -> bool:
        """Whether copies have it as it is."""
        return not self.suffix and not self.replaced

    def original(self, text: bytes) -> bytes:
        """What the original of a copy with this header had, as it is compared; of an original what it has."""
        return b"" if self.replaced else text.removesuffix(self.suffix)


_NO_CHAIN, _SAME_TARGET, _KEPT = Chain(), TargetRule(), Header()


@dataclass(frozen=True, slots=True)
class Definition:
    """How a copy differs from its original, and so what its key is."""

    chain: Chain = _NO_CHAIN
    target: TargetRule = _SAME_TARGET
    agent: Header = _KEPT
    referer: Header = _KEPT

    @property
    def remakes_requests(self) -> bool:
        """Whether more than the chain differs."""
        return self.target != _SAME_TARGET or not self.agent.kept or not self.referer.kept

    def key(self, lines: Texts, place: int) -> Hashable:
        """The key of an original."""
        return (
            lines.method[place],
            self.target.canonical(lines.target[place]),
            b"" if self.agent.replaced else lines.agent[place],
            b"" if self.referer.replaced else lines.referer[place],
            self.chain.original(lines.chain[place]),
        )

    def copied_keys(self, lines: Texts, place: int) -> list[Hashable]:
        """The keys that the original of a copy may have, the likeliest first."""
        agent, referer = self.agent.original(lines.agent[place]), self.referer.original(lines.referer[place])
        return [
            (lines.method[place], target, agent, referer, chain)
            for target in self.target.originals(lines.target[place])
            for chain in self.chain.originals(lines.chain[place])
        ]


USUAL = Definition(USUAL_CHAIN)


@dataclass(frozen=True, slots=True)
class Learnt:
    """A definition, the number of pairs that showed it, and what made these pairs: an id, or "" for keys of their own.

    marked: nearly all of these copies carry a -shadow host or x-envoy-internal. assumed: no pair is certain, so whether
    these are copies is still open. added: whether what differs in queries is the copies' (True), the originals'
    (False), or both have it (None).
    """

    definition: Definition
    pairs: int
    by: str = ""
    marked: bool = False
    added: bool | None = None
    assumed: bool = False


def read_differences(originals: Texts, copies: Texts, *, logs_chain: bool) -> Definition:
    """Learn from lines side by side how the second one of each pair differs from the first."""
    chains = [({ours}, copy) for ours, copy in zip(originals.chain, copies.chain, strict=True)]
    return Definition(
        read_chains(chains) if logs_chain else Chain(),
        learn_target(list(zip(originals.target, copies.target, strict=True))),
        _header(originals.agent, copies.agent),
        _header(originals.referer, copies.referer),
    )


def added(rule: TargetRule, originals: Texts, copies: Texts) -> bool | None:
    """Whether what differs in queries is the copies' or the originals'; None where both have it."""

    def have(lines: Texts) -> bool:
        queries = (split(target)[1] for target in lines.target)
        items = (item.partition(b"=")[0] for query in queries for item in query[1:].split(b"&") if item)
        return any(rule.no_query or item in rule.parameters for item in items)

    ours, theirs = have(originals), have(copies)
    return None if ours == theirs else theirs


def _header(originals: Sequence[bytes], copies: Sequence[bytes]) -> Header:
    pairs = list(zip(originals, copies, strict=True))
    if sum(original == copy for original, copy in pairs) >= constants.NEARLY_ALL * len(pairs):
        return Header()
    suffixes = Counter(copy[len(original) :] for original, copy in pairs if copy.startswith(original))
    return suffixed(suffixes, len(pairs))


def suffixed(suffixes: Counter[bytes], copies: int) -> Header:
    """The header of copies whose most frequent suffix most of them have; else one of their own."""
    suffix, count = suffixes.most_common(1)[0] if suffixes else (b"", 0)
    return Header(suffix) if suffix and count > constants.MOSTLY * copies else Header(replaced=True)


def differences(learnt: Learnt) -> tuple[str, ...]:
    """Say how copies differ from their originals, beside the one hop that mirroring proxies add."""
    definition = learnt.definition
    words = [*_of_target(definition.target, learnt.added), *_of_chain(definition.chain)]
    words += _of_header(definition.agent, "user agent") + _of_header(definition.referer, "referer")
    return tuple(words)


def _of_target(rule: TargetRule, added: bool | None) -> list[str]:  # noqa: FBT001  # what was learnt, not a switch
    words = [_prefix(_text(rule.prefix), _text(rule.copied_prefix))] if rule.rewrites else []
    words += [_FORMS[form] for form in rule.forms]
    verb = {True: "have", False: "lack", None: "have another value of"}[added]
    if rule.no_query:
        words.append("queries differ, so they are not compared" if added is None else f"copies {verb} the query")
    if rule.parameters:
        names = ", ".join(map(_text, rule.parameters))
        noun = "parameter" if len(rule.parameters) == 1 else "parameters"
        words.append(f"copies {verb} the query {noun} {names}")
    return words


def _prefix(original: str, copied: str) -> str:
    if not original:
        return f"copies ask for {copied} + the original's path"
    if not copied:
        return f"copies ask for the original's path without {original}"
    return f"copies ask for {copied} where originals ask for {original}"


def _of_chain(chain: Chain) -> list[str]:
    words = []
    if chain.tail:
        hops = "the last hop" if chain.tail == 1 else f"the last {chain.tail} hops"
        words.append(f"{hops} of X-Forwarded-For, proxies in front of the servers, were excluded on both sides")
    hops_ = sorted(chain.hops)
    if chain.replaced:
        words.append("copies have an X-Forwarded-For of their own")
    elif hops_ == [0]:
        words.append("copies have the original's X-Forwarded-For")
    elif hops_ not in ([], [1]):
        counts = " or ".join(map(str, hops_))
        words.append(f"copies have {counts} hops added to X-Forwarded-For, the first is the mirroring proxy's")
    return words


def _of_header(header: Header, name: str) -> list[str]:
    if header.kept:
        return []
    if header.replaced:
        return [f"copies have a {name} of their own"]
    return [f"copies have the original's {name} + {_text(header.suffix)!r}"]


def _text(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")
