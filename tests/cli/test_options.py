"""Each option is declared once: the command line and the library take what there is from the same fields."""

from dataclasses import fields
from inspect import Parameter, signature

import pytest
from typer import Context
from typer.main import get_group

import mirrorcheck
from mirrorcheck.checks.config import Config
from mirrorcheck.checks.expectations import CheckOptions
from mirrorcheck.cli.main import app
from mirrorcheck.settings import Options

OF_COMMANDS = {  # fields that are no options of a command
    "analyze": {"only_path"},
    "assert": {"only_path"},
    "watch": {"only_path", "since", "until", "overlap", "memory"},
}


def options_of(command: str) -> set[str]:
    """The names of a command's parameters."""
    group = get_group(app)
    found = group.get_command(Context(group), command)
    return {parameter.name for parameter in found.params} if found else set()


@pytest.mark.parametrize("command", OF_COMMANDS)
def test_commands_have_every_option_of_an_analysis(command: str) -> None:
    """But for those that mean nothing to one."""
    assert {field.name for field in fields(Options)} - options_of(command) == OF_COMMANDS[command]


@pytest.mark.parametrize("command", ["assert", "watch", "probe"])
def test_commands_have_every_option_of_the_checks(command: str) -> None:
    """Whoever judges takes them all, and a configuration has them under the same names."""
    names = {field.name for field in fields(CheckOptions)}
    assert names <= options_of(command)
    assert names <= {field.name for field in fields(Config)}


def test_the_library_has_every_option_as_a_keyword() -> None:
    """With its default, so that help() and notebooks show it; any other keyword is an error."""
    keywords = [
        each for each in signature(mirrorcheck.analyze).parameters.values() if each.kind == Parameter.KEYWORD_ONLY
    ]
    assert {each.name: each.default for each in keywords if each.name not in {"primary", "shadow"}} == {
        field.name: field.default for field in fields(Options)
    }
    with pytest.raises(TypeError, match="horizons"):
        mirrorcheck.analyze("v1.log", "v2.log", horizons="5m")
