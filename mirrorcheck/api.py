"""Names of files or of a recording and options in, a `Report` out, as a notebook or the command line calls it."""

from collections.abc import Sequence
from os import PathLike, fsdecode

from mirrorcheck.engine.batch import analyze_sources
from mirrorcheck.engine.replay import replay
from mirrorcheck.reading.open import open_logs
from mirrorcheck.report import model as report
from mirrorcheck.settings import DEFAULT_HORIZON, Options, complete

Name = str | PathLike[str]
Names = Name | Sequence[Name]
Globs = str | Sequence[str]


def analyze(  # noqa: PLR0913  # one keyword for each option of the command
    *files: Name,
    primary: Names = (),
    shadow: Names = (),
    horizon: float | str = DEFAULT_HORIZON,
    since: str | None = None,
    until: str | None = None,
    exclude_path: Globs = (),
    exclude_agent: Globs = (),
    overlap: bool = False,
    presumed_retries: bool = True,
    expect: float | str | None = None,
    only_path: Globs = (),
    log_format: str | None = None,
    formats: Name | None = None,
    nginx_conf: Name | None = None,
    primary_pods: Globs = (),
    shadow_pods: Globs = (),
    primary_label: Globs = (),
    shadow_label: Globs = (),
    container: Globs = (),
    key: str | None = None,
    marker: Globs = (),
    probe: Name | None = None,
) -> report.Report:
    """Read saved access logs and find out whether every request to the primary was mirrored to the shadow.

    Give either `primary` and `shadow` (paths or globs, one or more each), or `files`: two logs whose sides the shadow
    marker tells, captures whose lines carry pod names, or the one folder that `watch --save` wrote. `horizon` in
    seconds, or as "500ms", "60s", "5m". The other arguments are the options of `mirrorcheck analyze` under the same
    names; where several may be given, one will do.

    Raises mirrorcheck.UsageError for arguments that do not fit together, mirrorcheck.InputError for unreadable input.
    """
    options = Options(
        horizon=str(horizon),
        since=since,
        until=until,
        exclude_path=_listed(exclude_path),
        exclude_agent=_listed(exclude_agent),
        overlap=overlap,
        presumed_retries=presumed_retries,
        expect=expect,
        only_path=_listed(only_path),
        log_format=log_format,
        formats=None if formats is None else fsdecode(formats),
        nginx_conf=None if nginx_conf is None else fsdecode(nginx_conf),
        primary_pods=_listed(primary_pods),
        shadow_pods=_listed(shadow_pods),
        primary_label=_listed(primary_label),
        shadow_label=_listed(shadow_label),
        container=_listed(container),
        key=key,
        marker=_listed(marker),
        probe=None if probe is None else fsdecode(probe),
    )
    with open_logs(_listed(files), _listed(primary), _listed(shadow)) as logs:
        if logs.recording:
            return replay(logs.recording, options)
        return analyze_sources(logs.inputs, complete(options), logs.workers)


def _listed(names: Names) -> tuple[str, ...]:
    if isinstance(names, str | PathLike):
        return (fsdecode(names),)
    return tuple(fsdecode(name) for name in names)
