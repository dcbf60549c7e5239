"""A log request's query comes in; the options the kubelet gets go out, or the refusal the API server gives."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.kube.calls import flag
from tests.kube.instants import SECOND, instant
from tests.kube.refusal import Object, RefusalError


@dataclass(frozen=True, slots=True)
class LogOptions:
    """PodLogOptions after the API server: `since` is in ns and always a whole second, None means without limit."""

    container: str | None
    follow: bool
    previous: bool
    timestamps: bool
    since: int
    tail: int | None
    limit: int | None


def read(query: Mapping[str, str], pod: str, now: int) -> LogOptions:
    """Return a query's options; RefusalError (400, 422) as PodLogOptions is decoded and validated in 1.36."""
    tail, limit = _number(query, "tailLines"), _number(query, "limitBytes")
    seconds, moment = _number(query, "sinceSeconds"), _moment(query)
    problems = [*_small("tailLines", tail, 0), *_small("limitBytes", limit, 1), *_small("sinceSeconds", seconds, 1)]
    if seconds is not None and moment is not None:
        problems.append(
            ("", "FieldValueForbidden", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified")
        )
    if "stream" in query:
        problems.append(("stream", "FieldValueForbidden", "Forbidden: may not be specified"))
    if problems:
        raise _invalid(pod, problems)
    since = moment or 0
    if seconds is not None:
        since = now - seconds * SECOND
    return LogOptions(
        query.get("container") or None,
        flag(query, "follow"),
        flag(query, "previous"),
        flag(query, "timestamps"),
        since,
        tail,
        limit,
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    if not query.get(name):
        return None
    try:
        return int(query[name])
    except ValueError:
        raise RefusalError(400, f'strconv.ParseInt: parsing "{query[name]}": invalid syntax') from None


def _moment(query: Mapping[str, str]) -> int | None:
    """Return sinceTime, cut to the second: it travels to the kubelet as Format(time.RFC3339) (strategy.go, 1.36.2)."""
    if not query.get("sinceTime"):
        return None
    try:
        return instant(query["sinceTime"]) // SECOND * SECOND
    except ValueError as error:
        raise RefusalError(400, str(error)) from None


def _small(name: str, number: int | None, least: int) -> list[tuple[str, str, str]]:
    if number is None or number >= least:
        return []
    bound = "greater than 0" if least else "greater than or equal to 0"
    return [(name, "FieldValueInvalid", f"Invalid value: {number}: must be {bound}")]


def _invalid(pod: str, problems: list[tuple[str, str, str]]) -> RefusalError:
    told = [f"{name or '<nil>'}: {text}" for name, _, text in problems]
    message = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    causes = [{"reason": reason, "message": text, "field": name} for name, reason, text in problems]
    details: Object = {"name": pod, "kind": "PodLogOptions", "causes": causes}
    return RefusalError(422, f'PodLogOptions "{pod}" is invalid: {message}', details=details)
