"""`mirrorcheck.analyze`: the report on saved logs or a recording, as a notebook or a script asks for it."""

from collections.abc import Sequence
from dataclasses import fields
from inspect import Parameter, signature
from os import PathLike, fsdecode
from typing import Any

from mirrorcheck.engine.batch import analyze_sources
from mirrorcheck.engine.replay import replay
from mirrorcheck.engine.steps import analyze_long
from mirrorcheck.reading.open import open_logs
from mirrorcheck.report import model as report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.files import is_long

Name = str | PathLike[str]
Names = Name | Sequence[Name]
_SEVERAL = {field.name for field in fields(Options) if field.default == ()}


def analyze(*files: Name, primary: Names = (), shadow: Names = (), **options: Any) -> report.Report:  # noqa: ANN401  # as Options has them
    """Read saved access logs and find out whether every request to the primary was mirrored to the shadow.

    Give either `primary` and `shadow` (paths or globs, one or more each), or `files`: two logs whose sides the shadow
    marker tells, captures whose lines carry pod names, or the one folder that `watch --save` wrote. `options` are those
    of `mirrorcheck analyze` under the same names, the fields of `mirrorcheck.settings.Options`: `horizon` in seconds,
    or as "500ms", "60s", "5m"; where several may be given, one will do.

    Raises mirrorcheck.UsageError for arguments that do not fit together, mirrorcheck.InputError for unreadable input.
    """
    given = Options(**{name: _plain(name, value) for name, value in options.items()})
    logs = open_logs(_listed(files), _listed(primary), _listed(shadow))
    if logs.recording:
        return replay(logs.recording, given)
    settings = complete(given)
    analyze_ = analyze_long if is_long(logs.inputs.sources, settings.memory_bytes) else analyze_sources
    return analyze_(logs.inputs, settings)


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401  # of the field's type, but for paths and single values
    """An option as the command line would give it."""
    if name in _SEVERAL:
        return _listed(value)
    return fsdecode(value) if isinstance(value, PathLike) else value


def _listed(names: Names) -> tuple[str, ...]:
    if isinstance(names, str | PathLike):
        return (fsdecode(names),)
    return tuple(fsdecode(name) for name in names)


_logs = [each for each in signature(analyze).parameters.values() if each.kind != Parameter.VAR_KEYWORD]
_options = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in signature(Options).parameters.values()]
# For notebooks and help(): each option is declared once, in Options.
analyze.__signature__ = signature(analyze).replace(parameters=[*_logs, *_options])  # type: ignore[attr-defined]  # what inspect looks for first
