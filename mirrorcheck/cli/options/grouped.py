"""Functions whose parameters are options come in, one command with all of these options goes out."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

Group = Callable[..., Any]


def grouped(**groups: Group) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command all options of `groups`, and call it with what each group makes of its own.

    So that commands share options without repeating them: typer reads the options of a command from its signature. An
    option that two groups have belongs to the first.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        owned = _owned(groups)

        @wraps(command)
        def run(**given: object) -> None:
            made = {name: group(**{option: given[option] for option in owned[name]}) for name, group in groups.items()}
            command(**made)

        options = [parameter for name in groups for parameter in owned[name].values()]
        run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # what inspect looks for first
        run.__annotations__ = {option.name: option.annotation for option in options}
        return run

    return decorate


def _owned(groups: dict[str, Group]) -> dict[str, dict[str, inspect.Parameter]]:
    """The parameters of each group that no earlier group has."""
    taken: set[str] = set()
    owned: dict[str, dict[str, inspect.Parameter]] = {}
    for name, group in groups.items():
        parameters = inspect.signature(group).parameters
        owned[name] = {
            option: parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for option, parameter in parameters.items()
            if option not in taken
        }
        taken |= parameters.keys()
    return owned
