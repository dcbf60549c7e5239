"""`mirrorcheck.analyze`: the report on saved logs or a recording, as a notebook or a script asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from inspect import Parameter, signature
from os import PathLike, fsdecode
from typing import Any, overload

from mirrorcheck.engine.batch import analyze_sources
from mirrorcheck.engine.replay import replay
from mirrorcheck.engine.shadows import analyze_shadows, replay_shadows, shadows_of
from mirrorcheck.engine.steps import analyze_long
from mirrorcheck.errors import UsageError
from mirrorcheck.reading.open import open_logs
from mirrorcheck.report import model as report
from mirrorcheck.report.several import Reports
from mirrorcheck.settings import Options, complete, named
from mirrorcheck.sources.files import is_long

Name = str | PathLike[str]
Names = Name | Sequence[Name]
Shadows = Mapping[str, Names]
_BY_SHADOW = ("shadow_pods", "shadow_label")
_SEVERAL = {field.name for field in fields(Options) if field.default == ()}


@overload
def analyze(*files: Name, primary: Names = (), shadow: Shadows, **options: Any) -> Reports: ...  # noqa: ANN401  # as Options has them
@overload
def analyze(*files: Name, primary: Names = (), shadow_pods: Shadows, **options: Any) -> Reports: ...  # noqa: ANN401  # as above
@overload
def analyze(*files: Name, primary: Names = (), shadow_label: Shadows, **options: Any) -> Reports: ...  # noqa: ANN401  # as above
@overload
def analyze(*files: Name, primary: Names = (), shadow: Names = (), **options: Any) -> report.Report: ...  # noqa: ANN401  # as above
def analyze(
    *files: Name,
    primary: Names = (),
    shadow: Names | Shadows = (),
    **options: Any,
) -> report.Report | Reports:
    """Read saved access logs and find out whether every request to the primary was mirrored to the shadow.

    Give either `primary` and `shadow` (paths or globs, one or more each), or `files`: two logs whose sides the shadow
    marker tells, captures whose lines carry pod names, or the one folder that `watch --save` wrote. `options` are those
    of `mirrorcheck analyze` under the same names, the fields of `mirrorcheck.settings.Options`: `horizon` in seconds,
    or as "500ms", "60s", "5m"; where several may be given, one will do.

    Several shadows of one primary: `shadow={"v2": "v2.log", "v3": "v3.log"}`, or of captures the same of `shadow_pods`
    or `shadow_label`, gives `Reports`, a mapping of each name to the `Report` on that shadow alone. The folder of a
    watching of several gives the same.

    Raises mirrorcheck.UsageError for arguments that do not fit together, mirrorcheck.InputError for unreadable input.
    """
    given = Options(**{name: _plain(name, value) for name, value in options.items()})
    several = any(isinstance(each, Mapping) for each in (shadow, *map(options.get, _BY_SHADOW)))
    logs = open_logs(_listed(files), _listed(primary), _words(shadow))
    if logs.recordings:
        return replay_shadows(logs.recordings, given)
    if several:
        return analyze_shadows(shadows_of(logs.inputs, given))
    if logs.recording:
        return replay(logs.recording, given)
    settings = complete(given)
    analyze_ = analyze_long if is_long(logs.inputs.sources, settings.memory_bytes) else analyze_sources
    return analyze_(logs.inputs, settings)


def _words(given: Names | Shadows) -> tuple[str, ...] | dict[str, tuple[str, ...]]:
    """The words of the only shadow, or by the name of each."""
    if not isinstance(given, Mapping):
        return _listed(given)
    for name in given:
        if named(f"{name}=FILE") != (name, "FILE"):
            raise UsageError(f"{name!r} is no name of a shadow. Give letters, digits, dots, dashes and underscores.")
    return {name: _listed(words) for name, words in given.items()}


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401  # of the field's type, but for paths and single values
    """An option as the command line would give it."""
    words = _words(value) if name in _BY_SHADOW else ()
    if isinstance(words, dict):
        return tuple(f"{shadow}={word}" for shadow, own in words.items() for word in own)
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
