"""The match conditions of a route in; the requests it is for in words out, and whether these are all there are."""

from collections.abc import Sequence
from dataclasses import replace

from mirrorcheck.mesh.documents import Document, entries, labels, section, word, words
from mirrorcheck.mesh.model import Passage

ALL = "all requests"
REST = "all other requests"
_MOST_SHOWN = 3
_TEXTS = (("uri", "path"), ("method", "method"), ("scheme", "scheme"), ("authority", "authority"))
_PATHS = {"Exact": "{}", "PathPrefix": "{}*", "RegularExpression": "~{}"}


def istio_matches(matches: Sequence[Document]) -> tuple[str, bool]:
    """Words for the `match` of a VirtualService's route, of which one is enough, and whether it takes all requests."""
    told = [_istio_match(match) for match in matches]
    return _joined(told)


def gateway_matches(matches: Sequence[Document]) -> tuple[str, bool]:
    """Words for the `matches` of an HTTPRoute's or a GRPCRoute's rule, and whether they take all requests."""
    told = [_gateway_match(match) for match in matches]
    return _joined(told)


def rest_named(passages: Sequence[Passage]) -> list[Passage]:
    """The routes of a rule, in which one that takes all requests after others takes the rest."""
    return [
        replace(passage, text=REST) if index and passage.takes_all else passage
        for index, passage in enumerate(passages)
    ]


def _joined(told: list[str]) -> tuple[str, bool]:
    if not told or "" in told:
        return ALL, True
    more = f" or {len(told) - _MOST_SHOWN} more" if len(told) > _MOST_SHOWN else ""
    return f"requests with {' or '.join(told[:_MOST_SHOWN])}{more}", False


def _istio_match(match: Document) -> str:
    conditions = [
        f"{what} {value}"
        for name, what in _TEXTS
        if (value := _istio_text(section(match, name))) and (name, value) != ("uri", "/*")
    ]
    for name, what in (("headers", "header"), ("withoutHeaders", "no header"), ("queryParams", "query")):
        conditions += [f"{what} {key}" for key in section(match, name)]
    if match.get("port"):
        conditions.append(f"port {match['port']}")
    return ", ".join(conditions + _sources(match))


def _sources(match: Document) -> list[str]:
    """Whose requests a match is for: with gateways given, Istio does not look at the labels (sourceMatchHTTP)."""
    if gateways := words(match, "gateways"):
        return [] if "mesh" in gateways else [f"gateway {' or '.join(gateways)}"]
    sources = [f"source {name}={value}" for name, value in labels(match, "sourceLabels")]
    if namespace := word(match, "sourceNamespace"):
        sources.append(f"source namespace {namespace}")
    return sources


def _istio_text(match: Document) -> str:
    for kind, form in (("exact", "{}"), ("prefix", "{}*"), ("regex", "~{}")):
        if value := word(match, kind):
            return form.format(value)
    return ""


def _gateway_match(match: Document) -> str:
    conditions = []
    path = word(match, "path", "value")
    kind = word(match, "path", "type") or "PathPrefix"
    if path and (kind, path) != ("PathPrefix", "/"):
        conditions.append("path " + _PATHS.get(kind, "{}").format(path))
    method = match.get("method")
    if isinstance(method, str):
        conditions.append(f"method {method}")
    elif called := "/".join(filter(None, (word(match, "method", "service"), word(match, "method", "method")))):
        conditions.append(f"method {called}")
    conditions += [f"header {word(each, 'name')}" for each in entries(match, "headers")]
    conditions += [f"query {word(each, 'name')}" for each in entries(match, "queryParams")]
    return ", ".join(conditions)
