"""Words of the command line in, a report or one line of error out: completes, validates, calls."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from mirrorcheck.cli import assert_, probe, sample_size, watch
from mirrorcheck.errors import MirrorcheckError
from mirrorcheck.settings import DEFAULT_AGENTS, DEFAULT_HORIZON, PRIMARY_PODS, SHADOW_PODS, Options

USAGE_ERROR = 2
INTERRUPTED = 130
READER_LEFT = 141  # as a shell says of what SIGPIPE ended
_TRACEBACK = "--traceback"
_NEW_OBJECTS = 50_000  # between two searches for garbage: with the usual 700 they take a twelfth of a short run

_EPILOG = f"""\b
Examples:
  mirrorcheck analyze --primary v1.log --shadow v2.log
  mirrorcheck analyze --primary 'v1-*.gz' --shadow 'v2-*.gz' --outcomes all.csv
  mirrorcheck analyze v1.log v2.log --json > report.json
  kubetail target -c nginx > capture.log; mirrorcheck analyze capture.log
  kubectl logs -l app=target --prefix | mirrorcheck analyze -

\b
User agents excluded by default (--exclude-agent none switches that off):
  {", ".join(DEFAULT_AGENTS[:4])},
  {", ".join(DEFAULT_AGENTS[4:])}

\b
Exit status:
  0    the analysis was made, whatever it found
  2    wrong usage or unreadable input
  70   a fault of mirrorcheck itself
  130  interrupted"""

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...",
        help="Two logs, told apart by the shadow marker; or captures whose lines name their pod. - is standard input.",
        show_default=False,
    ),
]
Primary = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="A log of the primary, or a quoted glob; repeatable.")
]
Shadow = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="A log of the shadow, or a quoted glob; repeatable.")
]
PrimaryPods = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB", help=f"Pods of the primary in a capture; repeatable.  [default: {', '.join(PRIMARY_PODS)}]"
    ),
]
ShadowPods = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB", help=f"Pods of the shadow in a capture; repeatable.  [default: {', '.join(SHADOW_PODS)}]"
    ),
]
PrimaryLabel = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="Label of the primary's pods where the lines carry labels, or upstream_cluster=GLOB; repeatable.",
    ),
]
ShadowLabel = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="Label of the shadow's pods where the lines carry labels, or upstream_cluster=GLOB; repeatable.",
    ),
]
Container = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Container whose lines count; repeatable.  [default: those that log requests]"),
]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="FIELD",
        help="Field or header equal on an original and its copy.  [default: x-request-id or trace id, if logged]",
    ),
]
Marker = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FIELD=VALUE", help="Field or header by whose value copies are told; VALUE may be a glob; repeatable."
    ),
]
LogFormat = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT",
        help="nginx log_format of the lines, with escape=... in front if it is set, or an Envoy format string.  "
        "[default: detected]",
    ),
]
FormatsFile = Annotated[
    str | None,
    typer.Option(
        "--formats", metavar="FILE", help="Try the formats of this TOML file, too: [formats] NAME = 'FORMAT'."
    ),
]
Detect = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Explain what this log was recognised as, with its first lines split into fields."
    ),
]
NginxConf = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Try the log_formats of this nginx.conf and what it includes, too."),
]
Horizon = Annotated[
    str, typer.Option(metavar="TIME", help="How far apart an original and its copy may be logged: 500ms, 60s, 5m.")
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Judge only lines from this moment on, e.g. 18:11:20 or 2026-11-22T18:11:20Z."),
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Judge only lines up to this moment.")]
ExcludePath = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Leave out requests for these paths; repeatable.")
]
ExcludeAgent = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="Leave out these user agents besides those listed below; none empties the list; repeatable.",
    ),
]
Overlap = Annotated[bool, typer.Option("--overlap", help="Judge only the span that the shadow's logs cover.")]
NoPresumedRetries = Annotated[
    bool, typer.Option("--no-presumed-retries", help="Count retries that no id proves as misses.")
]
Expect = Annotated[
    str | None, typer.Option(metavar="PERCENT", help="Say whether the ratio agrees with this percentage.")
]
Probe = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Judge only the probes of this run: its name, or the file that `probe --save` wrote. Without it, probes "
        "are counted and excluded, unless the primary's log holds nothing else.",
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Write the report as one JSON document to standard output instead of the text."),
]
Outcomes = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write what became of every line: .csv, .jsonl or .parquet."),
]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="List the first lines of each side that are no requests, too.")
]


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mirrorcheck {version('mirrorcheck')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=lambda value: _show_version(wanted=value), is_eager=True, help="Show the version."
    ),
]

Traceback = Annotated[
    bool, typer.Option(_TRACEBACK, help="Where mirrorcheck itself fails, show the traceback; also behind a command.")
]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _mirrorcheck(version: Version = False, traceback: Traceback = False) -> None:  # the callback, and main, act on them
    """Prove from access logs whether a service mesh really mirrors traffic.

    The requests to the primary (v1) and their copies to the shadow (v2) leave lines in two sets of access logs.
    mirrorcheck pairs each original with its copy and tells the mirror ratio and the requests that were not copied.
    """


@app.command(epilog=_EPILOG, short_help="Report on a mirror from saved logs.")
def analyze(  # noqa: PLR0917  # as PLR0913: typer calls it by keyword
    files: Files = None,
    primary: Primary = None,
    shadow: Shadow = None,
    primary_pods: PrimaryPods = None,
    shadow_pods: ShadowPods = None,
    primary_label: PrimaryLabel = None,
    shadow_label: ShadowLabel = None,
    container: Container = None,
    key: Key = None,
    marker: Marker = None,
    log_format: LogFormat = None,
    formats: FormatsFile = None,
    nginx_conf: NginxConf = None,
    horizon: Horizon = DEFAULT_HORIZON,
    since: Since = None,
    until: Until = None,
    exclude_path: ExcludePath = None,
    exclude_agent: ExcludeAgent = None,
    overlap: Overlap = False,
    no_presumed_retries: NoPresumedRetries = False,
    expect: Expect = None,
    probe: Probe = None,
    json: Json = False,
    outcomes: Outcomes = None,
    verbose: Verbose = False,
) -> None:
    """Find out from saved logs whether every request was copied, and which not."""
    options = Options(
        horizon=horizon,
        since=since,
        until=until,
        exclude_path=exclude_path or (),
        exclude_agent=exclude_agent or (),
        overlap=overlap,
        presumed_retries=not no_presumed_retries,
        expect=expect,
        log_format=log_format,
        formats=formats,
        nginx_conf=nginx_conf,
        primary_pods=primary_pods or (),
        shadow_pods=shadow_pods or (),
        primary_label=primary_label or (),
        shadow_label=shadow_label or (),
        container=container or (),
        key=key,
        marker=marker or (),
        probe=probe,
    )
    from mirrorcheck.reading.open import open_logs

    with open_logs(files or (), primary or (), shadow or ()) as logs:
        from mirrorcheck.cli.analyze import analyzed

        report = analyzed(options, logs, outcomes)
    with _until_the_reader_leaves():
        if json:
            from mirrorcheck.report.dump import dump

            dump(report, sys.stdout)
        else:
            from mirrorcheck.render.console import PlainConsole
            from mirrorcheck.render.terminal.report import render

            render(report, PlainConsole(file=sys.stdout), verbose=verbose)


@app.command(name="formats", short_help="List log formats, or explain a file's.")
def list_formats(
    detect: Detect = None,
    log_format: LogFormat = None,
    formats: FormatsFile = None,
    nginx_conf: NginxConf = None,
) -> None:
    """List the log formats that are known, or explain which one a file is in."""
    from mirrorcheck.cli.formats import explain_file, show_formats
    from mirrorcheck.render.console import PlainConsole
    from mirrorcheck.settings import complete

    settings = complete(Options(log_format=log_format, formats=formats, nginx_conf=nginx_conf))
    console = PlainConsole(file=sys.stdout)
    with _until_the_reader_leaves():
        if detect is None:
            show_formats(settings, console)
        else:
            explain_file(detect, settings, console)


assert_.register(app, analyze)
sample_size.register(app)
watch.register(app, analyze)
probe.register(app)


@contextmanager
def _until_the_reader_leaves() -> Iterator[None]:
    """Whoever read enough of what is no verdict leaves a success behind."""
    try:
        yield
        # At exit it would be too late to tell a full disk or a reader that left from success.
        sys.stdout.flush()
    except BrokenPipeError:
        _write_no_more()


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error, and an exit status of its own."""
    from mirrorcheck.cli.failures import tell_failure, tell_failures_of_threads

    gc.set_threshold(_NEW_OBJECTS)
    words = sys.argv[1:]
    at_length = _TRACEBACK in words
    tell_failures_of_threads(at_length=at_length)
    try:
        sys.exit(_run([word for word in words if word != _TRACEBACK]))
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  # no input may end in a traceback, and a panic of Rust is no Exception
        _write_no_more()
        sys.exit(tell_failure(error, at_length=at_length))


def _run(words: list[str]) -> int:
    """Run a command; its exit status, for whatever was foreseen."""
    try:
        status = app(words, standalone_mode=False)
    except MirrorcheckError as error:
        return _fail(str(error))
    except TyperException as error:
        return _fail(_one_line(error))
    except BrokenPipeError:
        _write_no_more()
        return READER_LEFT
    except OSError as error:
        _write_no_more()
        return _fail(
            f"{error.filename or 'the report'}: {error.strerror or error}. Check the disk and its permissions."
        )
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return status if isinstance(status, int) else 0


def _write_no_more() -> None:
    """The interpreter must not complain when it flushes at exit."""
    with suppress(OSError, ValueError):  # what stands in for standard output may have no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: TyperException) -> str:
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    # An option without its value is raised without a context.
    command = context.command_path if context else "mirrorcheck analyze"
    return f"{' '.join(message.split()).rstrip('.')}. See {command} --help."


def _fail(message: str) -> int:
    from mirrorcheck.render.text import visible

    sys.stderr.write(f"error: {visible(message, sys.stderr.encoding or 'ascii')}\n")
    return USAGE_ERROR
