"""How the command line names and explains a field of the dataclasses that hold what a user gave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """A field given by its name, `--like-this`; `mirrorcheck.cli.parameters` makes the command line's parameter of it.

    Not the command line's own class: processes that only read logs would import its library. short: a letter for it.
    named: what it is called where not as the field is. least: the smallest number that is taken.
    """

    help: str
    metavar: str | None = None
    short: str = ""
    named: str = ""
    least: int | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """A field given by its place."""

    help: str
    metavar: str
