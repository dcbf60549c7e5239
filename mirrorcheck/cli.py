"""Words of the command line in, a report or one line of error out: completes, validates, calls."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from mirrorcheck.errors import MirrorcheckError
from mirrorcheck.settings import DEFAULT_AGENTS, DEFAULT_HORIZON, PRIMARY_PODS, SHADOW_PODS

USAGE_ERROR = 2
INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_EPILOG = f"""\b
Examples:
  mirrorcheck analyze --primary v1.log --shadow v2.log
  mirrorcheck analyze --primary 'v1-*.log.gz' --shadow 'v2-*.log.gz' --outcomes lines.csv
  mirrorcheck analyze v1.log v2.log --json > report.json
  kubetail target -c nginx | tee capture.log; mirrorcheck analyze capture.log
  kubectl logs -l app=target --prefix | mirrorcheck analyze -

\b
User agents excluded by default (--exclude-agent none switches that off):
  {", ".join(DEFAULT_AGENTS[:4])},
  {", ".join(DEFAULT_AGENTS[4:])}

\b
Exit status: 0 the analysis was made, whatever it found; 2 wrong usage or unreadable input; 130 interrupted."""


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mirrorcheck {version('mirrorcheck')}")
        raise typer.Exit


@app.callback()
def _mirrorcheck(
    version: Annotated[  # the callback acts on it
        bool,
        typer.Option(
            "--version", callback=lambda value: _show_version(wanted=value), is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Prove from access logs whether a service mesh really mirrors traffic.

    The requests to the primary (v1) and their copies to the shadow (v2) leave lines in two sets of access logs. mirrorcheck
    pairs each original with its copy and tells the mirror ratio and the requests that were not copied.
    """


@app.command(epilog=_EPILOG)
def analyze(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Two logs, told apart by the shadow marker; or captures whose lines name their pod. - is standard input.",
            show_default=False,
        ),
    ] = None,
    primary: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A log of the primary, or a quoted glob; repeatable.")
    ] = None,
    shadow: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A log of the shadow, or a quoted glob; repeatable.")
    ] = None,
    primary_pods: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB", help=f"Pods of the primary in a capture; repeatable.  [default: {PRIMARY_PODS[0]}]"
        ),
    ] = None,
    shadow_pods: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help=f"Pods of the shadow in a capture; repeatable.  [default: {SHADOW_PODS[0]}]"),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="nginx log_format of the lines, with escape=... in front if it is set.  [default: detected]",
        ),
    ] = None,
    horizon: Annotated[
        str, typer.Option(metavar="TIME", help="How far apart an original and its copy may be logged.")
    ] = DEFAULT_HORIZON,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Judge only lines from this moment on, e.g. 18:11:20 or 2026-11-22T18:11:20Z."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Judge only lines up to this moment.")] = None,
    exclude_path: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out requests for these paths; repeatable.")
    ] = None,
    exclude_agent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="Leave out these user agents besides those listed below; none empties the list; repeatable.",
        ),
    ] = None,
    overlap: Annotated[
        bool, typer.Option("--overlap", help="Judge only the span that the shadow's logs cover.")
    ] = False,
    no_presumed_retries: Annotated[
        bool, typer.Option("--no-presumed-retries", help="Count retries that no id proves as misses.")
    ] = False,
    expect: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="Say whether the ratio agrees with this percentage.")
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", help="Write the report as one JSON document to standard output instead of the text."),
    ] = False,
    outcomes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what became of every line: .csv, .jsonl or .parquet.")
    ] = None,
) -> None:
    """Find out from saved logs whether every request was copied, at what ratio, and which were missed."""
    from mirrorcheck.analysis import Inputs, analyze_sources
    from mirrorcheck.outcome_table import check_ending, write_outcomes
    from mirrorcheck.settings import complete

    settings = complete(
        horizon=horizon,
        since=since,
        until=until,
        exclude_path=exclude_path or (),
        exclude_agent=exclude_agent or (),
        overlap=overlap,
        presumed_retries=not no_presumed_retries,
        expect=expect,
        log_format=log_format,
        primary_pods=primary_pods or (),
        shadow_pods=shadow_pods or (),
    )
    if outcomes:
        check_ending(outcomes)
    inputs = Inputs.open(files or (), primary or (), shadow or ())
    from mirrorcheck.reports.progress import progress_of

    with progress_of(inputs.sources) as progress:
        report = analyze_sources(inputs, settings, progress)
        if outcomes:
            write_outcomes(report.table, outcomes)
    _print(report, as_json=json)


def _print(report: "Report", *, as_json: bool) -> None:
    if as_json:
        from mirrorcheck.reports.json import dump

        dump(report, sys.stdout)
        return
    from rich.console import Console

    from mirrorcheck.reports.terminal import render

    render(report, Console(file=sys.stdout, highlight=False))


def main() -> None:
    """Run the command line; an error is one line on standard error and exit status 2."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except MirrorcheckError as error:
        _fail(str(error))
    except TyperException as error:
        _fail(_one_line(error))
    except BrokenPipeError:
        # Whoever read the report has seen enough; the interpreter must not complain when it flushes at exit.
        sys.stdout = None  # type: ignore[assignment]  # nothing is written after this
        sys.exit(0)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)


def _one_line(error: TyperException) -> str:
    message = getattr(error, "format_message", lambda: str(error))()
    return f"{' '.join(message.split()).rstrip('.')}. See mirrorcheck analyze --help."


def _fail(message: str) -> None:
    from mirrorcheck.reports.text import visible

    sys.stderr.write(f"error: {visible(message)}\n")
    sys.exit(USAGE_ERROR)
