"""Tests that a tuned constant decides something: the situations on either side of it end otherwise if it is changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import pytest


@dataclass(frozen=True, slots=True)
class Situation:
    """Something that a constant decides, and what is right."""

    decide: Callable[[], object]
    right: object


def scaled(value: object, factor: float) -> object:
    """The value, or each of several, times the factor; what is a number of something stays one."""
    if isinstance(value, tuple):
        return tuple(scaled(each, factor) for each in value)
    assert isinstance(value, int | float)
    return type(value)(value * factor)


def wrong_if(
    table: ModuleType, name: str, factor: float, situations: Sequence[Situation], patch: pytest.MonkeyPatch
) -> bool:
    """Whether one of the situations, which all end rightly, does not if the constant is another."""
    assert [each.decide() for each in situations] == [each.right for each in situations]
    patch.setattr(table, name, scaled(getattr(table, name), factor))
    return [_decided(each) for each in situations] != [each.right for each in situations]


def _decided(situation: Situation) -> object:
    try:
        return situation.decide()
    except (ValueError, ZeroDivisionError) as error:  # as of a quantile beyond 1
        return error


def names(table: ModuleType) -> set[str]:
    """All constants of a table."""
    return {name for name in vars(table) if name.isupper()}
