"""Makes the options of a command from dataclasses whose fields declare them, and holds those that commands share."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from itertools import chain
from pathlib import Path
from typing import Annotated, get_args, get_origin

import typer

from mirrorcheck.checks.expectations import CheckOptions
from mirrorcheck.checks.verdicts import CheckResult
from mirrorcheck.errors import UsageError
from mirrorcheck.settings import Option

STATUS = {CheckResult.PASS: 0, CheckResult.FAIL: 1, CheckResult.INCONCLUSIVE: 3}

_Command = Callable[..., None]


@dataclass(frozen=True, slots=True)
class LogNames:
    """The logs that an analysis reads, as they were named."""

    files: Annotated[
        tuple[str, ...],
        typer.Argument(
            metavar="FILE...",
            help="Two logs, told apart by the shadow marker; or captures whose lines name their pod. - is standard "
            "input.",
        ),
    ] = ()
    primary: Annotated[tuple[str, ...], Option("A log of the primary, or a quoted glob; repeatable.", "FILE")] = ()
    shadow: Annotated[tuple[str, ...], Option("A log of the shadow, or a quoted glob; repeatable.", "FILE")] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """What to write besides the report: a table of all lines, and with the report the first lines that do not count."""

    outcomes: Annotated[Path | None, Option("Write what became of every line: .csv, .jsonl or .parquet.", "FILE")] = (
        None
    )
    verbose: Annotated[
        bool,
        typer.Option("-v", "--verbose", help="List the first lines of each side that are no requests, too."),
    ] = False


@dataclass(frozen=True, slots=True)
class Checks(CheckOptions):
    """The options of the checks, and the file with more of them; None: the one of the usual name, if there."""

    config: Annotated[
        Path | None, Option("Whose [checks] table to use.  [default: mirrorcheck.toml, if there]", "FILE")
    ] = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where verdicts go; UsageError for a file that cannot be written. inconclusive: what such a verdict counts as."""

    junit: Annotated[Path | None, Option("Write the verdicts as JUnit XML, a test case for each check.", "FILE")] = None
    markdown: Annotated[
        Path | None, Option("Write the verdicts as Markdown, for a comment on a merge request.", "FILE")
    ] = None
    github: Annotated[
        bool | None,
        typer.Option(
            "--github/--no-github",
            help="Annotate the run and write its summary.  [default: on where GITHUB_ACTIONS is set]",
        ),
    ] = None
    json: Annotated[bool, Option("Write the verdicts as one JSON document instead of the text.")] = False
    inconclusive: Annotated[
        str | None, Option("Take an inconclusive check as passed or failed, not as status 3.", "fail|pass")
    ] = None

    def __post_init__(self) -> None:
        # What is found out after the analysis costs a whole run of the pipeline.
        for option, path in (("--junit", self.junit), ("--markdown", self.markdown)):
            if path and path.is_dir():
                raise UsageError(f"{option} {path}: it is a directory. Name a file in it.")
            if path and not path.absolute().parent.is_dir():
                raise UsageError(f"{option} {path}: the folder does not exist. Create it first.")
        if self.inconclusive not in {None, "fail", "pass"}:
            raise UsageError(f"--inconclusive {self.inconclusive} means nothing. Give fail or pass.")

    @property
    def for_github(self) -> bool:
        """Whether the verdicts annotate a run of GitHub Actions."""
        return os.environ.get("GITHUB_ACTIONS") == "true" if self.github is None else self.github

    @property
    def instead(self) -> CheckResult | None:
        """What an inconclusive verdict counts as; None: as itself."""
        return CheckResult(self.inconclusive) if self.inconclusive else None

    def status(self, verdict: CheckResult) -> int:
        """The exit status of a joint verdict."""
        return STATUS[self.taken(verdict)]

    def taken(self, verdict: CheckResult) -> CheckResult:
        """What a verdict counts as."""
        return self.instead if verdict == CheckResult.INCONCLUSIVE and self.instead else verdict


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
    default, flags = field.default, []
    if get_origin(kind) is tuple:
        kind, default = list[str] | None, None
    elif str in get_args(kind):
        kind = str | None
    elif kind in {bool, bool | None}:
        flags = [f"--{'no-' if default else ''}{field.name.replace('_', '-')}"]
        default = False if default else default
    if isinstance(option, Option):
        option = typer.Option(*flags, metavar=option.metavar, help=option.help)
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
