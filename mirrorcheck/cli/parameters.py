"""Makes the parameters of a command from dataclasses: each field declares an option, once."""

from collections.abc import Callable, Collection
from dataclasses import is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from itertools import chain
from typing import Annotated, get_args, get_origin

import typer

from mirrorcheck.settings import Option

_Command = Callable[..., None]


def with_options(
    *, only: Collection[str] | None = None, without: Collection[str] = ()
) -> Callable[[_Command], _Command]:
    """Give a command an option for each field of the dataclasses among its parameters.

    typer reads the options of a command from its signature. An option that two dataclasses have belongs to the first;
    a field that is left to another one, is not among `only` or is in `without` keeps its default.
    """

    def decorate(command: _Command) -> _Command:
        taken = set(without)
        owned: dict[str, list[Parameter]] = {}
        groups = signature(command).parameters
        for name, group in groups.items():
            owned[name] = [each for each in _parameters(group, only) if each.name not in taken]
            taken |= {each.name for each in owned[name]}
        options = list(chain.from_iterable(owned.values()))

        @wraps(command)
        def run(**given: object) -> None:
            words = {name: {each.name: given[each.name] for each in owned[name]} for name in groups}
            command(**{name: _group(group.annotation, words[name]) for name, group in groups.items()})

        run.__signature__ = Signature(options)  # type: ignore[attr-defined]  # what inspect looks for first
        run.__annotations__ = {option.name: option.annotation for option in options}
        return run

    return decorate


def _parameters(group: Parameter, only: Collection[str] | None) -> list[Parameter]:
    """The fields of a dataclass as typer wants its parameters; a parameter of any other type as it is."""
    if not _is_group(group.annotation):
        return [group.replace(kind=Parameter.KEYWORD_ONLY)]
    declared = (each for each in _fields(group.annotation) if get_origin(each.annotation) is Annotated)
    return [_parameter(field) for field in declared if only is None or field.name in only]


def _is_group(kind: object) -> bool:
    return is_dataclass(kind)


def _fields(kind: Callable[..., object]) -> list[Parameter]:
    return list(signature(kind).parameters.values())


def _parameter(field: Parameter) -> Parameter:
    """A field as typer knows it: several words are a list, what may be a word is one, and True is switched off."""
    kind, option = get_args(field.annotation)
    default, name = field.default, field.name.strip("_").replace("_", "-")
    if get_origin(kind) is tuple:
        kind, default = list[str] | None, None
    elif str in get_args(kind):
        kind = str | None
    elif kind in {bool, bool | None}:
        name = f"no-{name}" if default else name
        default = False if default else default
    if isinstance(option, Option):
        flags = [option.short] if option.short else []
        option = typer.Option(*flags, f"--{name}", metavar=option.metavar, help=option.help)
    return field.replace(kind=Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _group(kind: Callable[..., object], words: dict[str, object]) -> object:
    """What a command is called with: a dataclass of what was given, or the word itself."""
    if not _is_group(kind):
        return next(iter(words.values()))
    given: dict[str, object] = {}
    for field in _fields(kind):
        word = words.get(field.name)
        if field.default is True and field.name in words:
            given[field.name] = not word
        elif word is not None and word != []:
            given[field.name] = tuple(word) if isinstance(word, list) else word
    return kind(**given)
