"""What was learnt of copies in, sentences for people out."""

from mirrorcheck.outcomes.likeness.chains import Chain
from mirrorcheck.outcomes.likeness.differences import Header, Learnt
from mirrorcheck.outcomes.likeness.forms import Form
from mirrorcheck.outcomes.likeness.targets import TargetRule

_FORMS = {
    Form.ABSOLUTE: "targets are absolute (http://host/path) on one side",
    Form.ENCODING: "paths are percent-encoded or have dot segments on one side only",
    Form.SLASHES: "doubled slashes in paths are one on the other side",
    Form.CASE: "paths differ in upper and lower case",
    Form.TRAILING: "paths end in a slash on one side only",
}


def differences(learnt: Learnt) -> tuple[str, ...]:
    """How copies differ from their originals, beside the one hop that mirroring proxies add."""
    definition = learnt.definition
    told = [*_target(definition.target, learnt.added), *_chain(definition.chain)]
    told += _header(definition.agent, "user agent") + _header(definition.referer, "referer")
    return tuple(told)


def _target(rule: TargetRule, added: bool | None) -> list[str]:  # noqa: FBT001  # what was learnt, not a switch
    told = [_prefix(_text(rule.prefix), _text(rule.copied_prefix))] if rule.rewrites else []
    told += [_FORMS[form] for form in rule.forms]
    verb = {True: "have", False: "lack", None: "have another value of"}[added]
    if rule.no_query:
        told.append("queries differ, so they are not compared" if added is None else f"copies {verb} the query")
    if rule.parameters:
        names = ", ".join(map(_text, rule.parameters))
        noun = "parameter" if len(rule.parameters) == 1 else "parameters"
        told.append(f"copies {verb} the query {noun} {names}")
    return told


def _prefix(original: str, copied: str) -> str:
    if not original:
        return f"copies ask for {copied} + the original's path"
    if not copied:
        return f"copies ask for the original's path without {original}"
    return f"copies ask for {copied} where originals ask for {original}"


def _chain(chain: Chain) -> list[str]:
    told = []
    if chain.tail:
        hops = "the last hop" if chain.tail == 1 else f"the last {chain.tail} hops"
        told.append(f"{hops} of X-Forwarded-For, proxies in front of the servers, were excluded on both sides")
    hops_ = sorted(chain.hops)
    if chain.replaced:
        told.append("copies have an X-Forwarded-For of their own")
    elif hops_ == [0]:
        told.append("copies have the original's X-Forwarded-For")
    elif hops_ not in ([], [1]):
        counts = " or ".join(map(str, hops_))
        told.append(f"copies have {counts} hops added to X-Forwarded-For, the first is the mirroring proxy's")
    return told


def _header(header: Header, name: str) -> list[str]:
    if header.kept:
        return []
    if header.replaced:
        return [f"copies have a {name} of their own"]
    return [f"copies have the original's {name} + {_text(header.suffix)!r}"]


def _text(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")
