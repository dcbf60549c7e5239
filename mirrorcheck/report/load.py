"""The JSON document of an analysis comes in, the `Report` that it was written from goes out."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar, Union, get_args, get_origin

from mirrorcheck.errors import InputError
from mirrorcheck.report.model import SCHEMA, Report

_SIDES = {"primary": "primary", "shadow_side": "shadow"}
_NOT_SAVED = frozenset({"make_table"})
WAY_OUT = "Write it anew with: mirrorcheck analyze ... --json"
_Noun = TypeVar("_Noun")


def read_report(document: object, name: str = "the document") -> Report:
    """Return the report of a parsed `mirrorcheck.report/1` document.

    What older documents lack is None. Fields that this version does not know are passed over, since new ones may be
    added under one schema. Raises InputError, with `name`, for anything else.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else None
        message = f"{name} is no report that can be read: its schema is {found!r}, not {SCHEMA!r}. {WAY_OUT}."
        raise InputError(message)
    try:
        sides = document["sides"]
        top = dict(document) | {name: sides[side] for name, side in _SIDES.items()}
        return _noun(Report, top, "")
    except _MisfitError as misfit:
        raise InputError(f"{name} is no complete report: {misfit}. {WAY_OUT}.") from misfit
    except (KeyError, TypeError) as misfit:
        raise InputError(f"{name} is no complete report: its sides are missing. {WAY_OUT}.") from misfit


class _MisfitError(Exception):
    """A value that is not of its field's type: where, and what."""


def _noun(kind: type[_Noun], value: object, place: str) -> _Noun:
    if not isinstance(value, Mapping):
        raise _MisfitError(f"{place} holds no object")
    given: dict[str, object] = {}
    for field in fields(kind):  # type: ignore[arg-type]  # the callers hand in dataclasses
        if field.name in _NOT_SAVED:
            continue
        name = field.name.removesuffix("_")
        inner = f"{place}.{name}" if place else name
        if field.name in value or name in value:
            given[field.name] = _value(field.type, value.get(field.name, value.get(name)), inner)
        elif not _has_default(field):
            raise _MisfitError(f"{inner} is missing")
    return kind(**given)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _value(kind: Any, value: object, place: str) -> object:  # noqa: ANN401  # an annotation is anything
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        [inner] = (each for each in arguments if each is not type(None))
        return None if value is None else _value(inner, value, place)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], each, f"{place}[{at}]") for at, each in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        return {str(key): _value(arguments[1], each, f"{place}.{key}") for key, each in value.items()}
    if is_dataclass(kind) and isinstance(kind, type):
        return _noun(kind, value, place)
    return _plain(kind, value, place)


def _plain(kind: type, value: object, place: str) -> object:
    if kind is datetime and isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError as error:
            raise _MisfitError(f"{place} is no moment: {value!r}") from error
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    # A bool is an int in Python, and in JSON it is none.
    if type(value) is not kind:
        raise _MisfitError(f"{place} is {value!r}, which is no {kind.__name__}")
    return value
