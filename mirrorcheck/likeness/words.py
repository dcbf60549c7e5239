"""What was learnt of copies in, sentences for people out."""

from mirrorcheck.likeness.differences import Definition, Header, Learnt
from mirrorcheck.likeness.forms import Form
from mirrorcheck.likeness.targets import TargetRule

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
    told = [*_target(definition.target, learnt), *_chain(definition)]
    told += _header(definition.agent, "user agent") + _header(definition.referer, "referer")
    return tuple(told)


def _target(rule: TargetRule, learnt: Learnt) -> list[str]:
    told = [_prefix(_text(rule.prefix), _text(rule.copied_prefix))] if rule.rewrites else []
    told += [_FORMS[form] for form in rule.forms]
    if rule.no_query:
        told.append("queries differ, so they are not compared")
    if rule.parameters:
        names = ", ".join(map(_text, rule.parameters))
        verb = {True: "have", False: "lack", None: "have their own value of"}[learnt.parameters_added]
        many = "parameter" if len(rule.parameters) == 1 else "parameters"
        told.append(f"copies {verb} the query {many} {names}")
    return told


def _prefix(original: str, copied: str) -> str:
    if not original:
        return f"copies ask for {copied} + the original's path"
    if not copied:
        return f"copies ask for the original's path without {original}"
    return f"copies ask for {copied} where originals ask for {original}"


def _chain(definition: Definition) -> list[str]:
    if definition.chain_replaced:
        return ["copies have an X-Forwarded-For of their own"]
    hops = sorted(definition.hops)
    if hops in ([], [1]):
        return []
    if hops == [0]:
        return ["copies have the original's X-Forwarded-For"]
    counts = " or ".join(map(str, hops))
    return [f"copies have {counts} hops added to X-Forwarded-For, the first is the mirroring proxy's"]


def _header(header: Header, name: str) -> list[str]:
    if header.kept:
        return []
    if header.replaced:
        return [f"copies have a {name} of their own"]
    return [f"copies have the original's {name} + {_text(header.suffix)!r}"]


def _text(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")
