"""Makes a command of a function: each field of the dataclasses that it takes declares an option, once."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import is_dataclass
from functools import partial
from inspect import Parameter, Signature, signature
from itertools import chain
from typing import Annotated, Any, cast, get_args, get_origin

import typer
from typer.core import TyperCommand

from mirrorcheck.option import Argument, Option

_Function = Callable[..., int | None]
_TEXTS = (str, str | None, list[str] | None)  # what typer takes as they are typed


def command(
    *, epilog: str | None = None, only: Collection[str] | None = None, without: Collection[str] = ()
) -> Callable[[_Function], TyperCommand]:
    """Make a command of a function, which returns the exit status, None for 0.

    A parameter of the function is an option, or a dataclass with an option in each field. One that two dataclasses have
    belongs to the first; a field that is left to another one, is not among `only` or is in `without` keeps its default.
    typer reads the options of a command from its signature.
    """

    def made(function: _Function) -> TyperCommand:
        taken = set(without)
        owned: dict[str, list[Parameter]] = {}
        groups = signature(function).parameters
        for name, group in groups.items():
            owned[name] = [each for each in _declared(group, only) if each.name not in taken]
            taken |= {each.name for each in owned[name]}
        options = list(chain.from_iterable(owned.values()))

        def run(**given: object) -> int | None:
            words = {name: {each.name: given[each.name] for each in owned[name]} for name in groups}
            return function(**{name: _group(group.annotation, words[name]) for name, group in groups.items()})

        run.__doc__ = function.__doc__
        run.__signature__ = Signature(options)  # type: ignore[attr-defined]  # what inspect looks for first
        run.__annotations__ = {option.name: option.annotation for option in options}
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cls=_Command, epilog=epilog)(run)
        built = cast("_Command", typer.main.get_command(alone))
        built.texts = frozenset(each.name for each in options if get_args(each.annotation)[0] in _TEXTS)
        return built

    return made


class _Command(TyperCommand):
    """A command of which some parameters are texts, by name, which it takes as they are."""

    texts: frozenset[str] = frozenset()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's
        take_as_they_are(self.get_params(ctx), self.texts)
        return super().parse_args(ctx, args)


def take_as_they_are(parameters: Iterable[Any], texts: Collection[str] = ()) -> None:
    """Have parameters take nothing, and those among `texts` a text, without pydantic.

    typer reads the word of each parameter by an adapter of pydantic, whether it was given or not: to import that, and
    to make the adapters, takes a tenth of a short run.
    """
    for parameter in parameters:
        if "process_value" not in vars(parameter):
            parameter.process_value = partial(_processed, parameter.process_value, parameter.name in texts)


def _processed(usual: Callable[..., Any], is_text: bool, ctx: Any, value: Any) -> Any:  # noqa: ANN401, FBT001  # as typer has it
    if is_text and isinstance(value, list | tuple):
        return list(value)
    return value if value is None or is_text else usual(ctx, value)


def _declared(group: Parameter, only: Collection[str] | None) -> list[Parameter]:
    """The fields of a dataclass that are options, or a parameter of any other type, as typer knows them."""
    if not _is_group(group.annotation):
        return [_parameter(group)]
    declared = (each for each in _fields(group.annotation) if get_origin(each.annotation) is Annotated)
    return [_parameter(field) for field in declared if only is None or field.name in only]


def _is_group(kind: object) -> bool:
    return is_dataclass(kind)


def _fields(kind: Callable[..., object]) -> list[Parameter]:
    return list(signature(kind).parameters.values())


def _parameter(field: Parameter) -> Parameter:
    """A field as typer knows it: several words are a list, what may be a word is one, and True is switched off."""
    kind, option = get_args(field.annotation)
    default = field.default
    if get_origin(kind) is tuple:
        kind, default = list[str] | None, None
    elif str in get_args(kind):
        kind = str | None
    elif kind in {bool, bool | None}:
        default = False if default else default
    return field.replace(
        kind=Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, _declaration(field, option)]
    )


def _declaration(field: Parameter, option: Option | Argument) -> Any:  # noqa: ANN401  # as typer types its own
    if isinstance(option, Argument):
        return typer.Argument(metavar=option.metavar, help=option.help)
    name = option.named or field.name.strip("_").replace("_", "-")
    said = f"--no-{name}" if field.default is True else f"--{name}"
    short = [option.short] if option.short else []
    return typer.Option(*short, said, metavar=option.metavar, help=option.help, min=option.least)


def _group(kind: Callable[..., object], words: dict[str, object]) -> object:
    """What a function is called with: a dataclass of what was given, or the word itself."""
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
