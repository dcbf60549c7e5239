"""The options of `analyze`, for every other command that reads logs: raw words in, `Options` and names of logs out."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from mirrorcheck.settings import Options

_NAMES = ("files", "primary", "shadow")
_NOT_SHARED = frozenset({"json"})


@dataclass(frozen=True, slots=True)
class AskedAnalysis:
    """What the command line says of an analysis; `names` are captures, logs of the primary, logs of the shadow.

    verbose: the lines that are no requests are shown, too.
    """

    options: Options
    names: tuple[Sequence[str], Sequence[str], Sequence[str]]
    outcomes: Path | None
    verbose: bool = False


def analysis_options(
    analyze: Callable[..., None], leave_out: frozenset[str] = frozenset()
) -> Callable[..., AskedAnalysis]:
    """Return a group of the options that the command `analyze` has, whatever they come to be, but for its output.

    leave_out: names of options that mean nothing to the other command.
    """

    def group(**given: object) -> AskedAnalysis:
        files, primary, shadow = (_listed(given.get(name)) for name in _NAMES)
        outcomes = given.get("outcomes")
        return AskedAnalysis(
            _options(given),
            (files, primary, shadow),
            outcomes if isinstance(outcomes, Path) else None,
            verbose=given.get("verbose") is True,
        )

    parameters = inspect.signature(analyze).parameters.values()
    kept = [parameter for parameter in parameters if parameter.name not in _NOT_SHARED | leave_out]
    group.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]  # what inspect looks for first
    return group


def _options(given: dict[str, object]) -> Options:
    """The options by their names; a list that was not given is empty, and one flag has its sense turned."""
    default = Options()
    named = {
        field.name: getattr(default, field.name) if given[field.name] is None else given[field.name]
        for field in fields(Options)
        if field.name in given
    }
    return Options(**named, presumed_retries=not given.get("no_presumed_retries"))  # type: ignore[arg-type]  # as typed


def _listed(names: object) -> Sequence[str]:
    return [str(name) for name in names] if isinstance(names, list) else ()
