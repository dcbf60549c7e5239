"""Makes a command of a function: each field of the dataclasses that it takes declares an option, once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import is_dataclass
from inspect import Parameter, cleandoc, signature
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click

from mirrorcheck.option import Argument, Option

_Function = Callable[..., int | None]
_Fields = Mapping[str, Parameter]


def command(
    *, epilog: str | None = None, only: Collection[str] | None = None, without: Collection[str] = ()
) -> Callable[[_Function], click.Command]:
    """Make a command of a function, which returns the exit status, None for 0.

    A parameter of the function is an option, or a dataclass with an option in each field. One that two dataclasses have
    belongs to the first; a field that is left to another one, is not among `only` or is in `without` keeps its default.
    """

    def made(function: _Function) -> click.Command:
        taken = set(without)
        owned: dict[str, list[Parameter]] = {}
        groups = signature(function).parameters
        for name, group in groups.items():
            owned[name] = [each for each in _declared(group, only) if each.name not in taken]
            taken |= {each.name for each in owned[name]}

        def run(**given: object) -> int | None:
            words = {name: {each.name: given[each.name] for each in owned[name]} for name in groups}
            return function(**{name: _group(group.annotation, words[name]) for name, group in groups.items()})

        options = [_parameter(field) for fields in owned.values() for field in fields]
        return click.Command(None, params=options, callback=run, help=cleandoc(function.__doc__ or ""), epilog=epilog)

    return made


def _declared(group: Parameter, only: Collection[str] | None) -> list[Parameter]:
    """The fields of a dataclass that are options; a parameter of any other type as it is."""
    if not _is_group(group.annotation):
        return [group]
    declared = (each for each in _fields(group.annotation).values() if get_origin(each.annotation) is Annotated)
    return [field for field in declared if only is None or field.name in only]


def _is_group(kind: object) -> bool:
    return is_dataclass(kind)


def _fields(kind: Callable[..., object]) -> _Fields:
    return signature(kind).parameters


def _parameter(field: Parameter) -> click.Parameter:
    """A field as click knows it."""
    kind, option = get_args(field.annotation)
    several = get_origin(kind) is tuple
    if isinstance(option, Argument):
        nargs = -1 if several else 1
        return click.Argument([field.name], nargs=nargs, metavar=option.metavar, help=option.help)
    has_default = field.default not in {Parameter.empty, None, ()}
    declared: dict[str, Any] = {"default": field.default, "show_default": True} if has_default else {}
    if kind in {bool, bool | None}:
        declared = {"is_flag": True, "default": False if kind is bool else None}
    return click.Option(
        [*_names(field, kind, option), field.name],
        help=option.help,
        metavar=option.metavar,
        multiple=several,
        **({"type": _type(kind, option)} | declared),
    )


def _names(field: Parameter, kind: object, option: Option) -> list[str]:
    """The words that give an option; of what is on, the one that switches it off."""
    name = option.named or field.name.strip("_").replace("_", "-")
    said = f"--no-{name}" if kind is bool and field.default is True else f"--{name}"
    return [option.short, said] if option.short else [said]


def _type(kind: object, option: Option) -> click.ParamType[Any] | type:
    """What may be a word is one."""
    kinds = {kind, *get_args(kind)}
    if bool in kinds:
        return bool
    if str in kinds:
        return str
    if Path in kinds:
        return click.Path(path_type=Path)
    return int if option.least is None else click.IntRange(min=option.least)


def _group(kind: Callable[..., object], words: dict[str, object]) -> object:
    """What a function is called with: a dataclass of what was given, or the word itself."""
    if not _is_group(kind):
        return next(iter(words.values()))
    given: dict[str, object] = {}
    for name, field in _fields(kind).items():
        word = words.get(name)
        if field.default is True and name in words:
            given[name] = not word
        elif word is not None and word != ():
            given[name] = word
    return kind(**given)
