"""Describes the requests that the match conditions of a route select, and whether these are all requests."""

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
    """Describe the `match` of a VirtualService's route (any of them is enough); whether it takes all requests."""
    return _joined([_istio_match(match) for match in matches])


def gateway_matches(matches: Sequence[Document]) -> tuple[str, bool]:
    """Describe the `matches` of a rule of an HTTPRoute or a GRPCRoute; whether they take all requests."""
    return _joined([_gateway_match(match) for match in matches])


def rest_named(passages: Sequence[Passage]) -> list[Passage]:
    """Name the rest: a route behind others that takes all requests takes all others."""
    return [
        replace(passage, text=REST) if index and passage.takes_all else passage
        for index, passage in enumerate(passages)
    ]


def _joined(alternatives: list[str]) -> tuple[str, bool]:
    if not alternatives or "" in alternatives:
        return ALL, True
    more = f" or {len(alternatives) - _MOST_SHOWN} more" if len(alternatives) > _MOST_SHOWN else ""
    return f"requests with {' or '.join(alternatives[:_MOST_SHOWN])}{more}", False


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
    """The senders that a match is for; with gateways given, Istio ignores the labels (sourceMatchHTTP)."""
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
