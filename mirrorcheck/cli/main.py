"""The command line: registers the commands, and makes one line and an exit status of whatever goes wrong."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer
from typer.exceptions import TyperException

from mirrorcheck.cli import assert_, probe, sample_size, watch
from mirrorcheck.cli.options import Detail, LogNames
from mirrorcheck.cli.parameters import with_options
from mirrorcheck.errors import MirrorcheckError
from mirrorcheck.settings import DEFAULT_AGENTS, Options, complete

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


@with_options()
def analyze(
    *,
    names: LogNames,
    options: Options,
    json: Annotated[
        bool,
        typer.Option("--json", help="Write the report as one JSON document to standard output instead of the text."),
    ] = False,
    detail: Detail,
) -> None:
    """Find out from saved logs whether every request was copied, and which not."""
    from mirrorcheck.reading.open import open_logs

    with open_logs(names.files, names.primary, names.shadow) as logs:
        from mirrorcheck.cli.analyze import analyzed

        report = analyzed(options, logs, detail.outcomes)
    with _until_the_reader_leaves():
        if json:
            from mirrorcheck.report.dump import dump

            dump(report, sys.stdout)
        else:
            from mirrorcheck.render.console import PlainConsole
            from mirrorcheck.render.terminal.report import render

            render(report, PlainConsole(file=sys.stdout), verbose=detail.verbose)


@with_options(only=("log_format", "formats", "nginx_conf"))
def list_formats(
    *,
    detect: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Explain what this log was recognised as, with its first lines split into fields."
        ),
    ] = None,
    options: Options,
) -> None:
    """List the log formats that are known, or explain which one a file is in."""
    from mirrorcheck.cli.formats import explain_file, show_formats
    from mirrorcheck.render.console import PlainConsole

    settings = complete(options)
    console = PlainConsole(file=sys.stdout)
    with _until_the_reader_leaves():
        if detect is None:
            show_formats(settings, console)
        else:
            explain_file(detect, settings, console)


# The order of `mirrorcheck --help`.
app.command("analyze", epilog=_EPILOG, short_help="Report on a mirror from saved logs.")(analyze)
app.command("formats", short_help="List log formats, or explain a file's.")(list_formats)
app.command("assert", epilog=assert_.EPILOG, short_help="Judge a mirror in a pipeline: pass, fail or inconclusive.")(
    assert_.assert_
)
app.command("sample-size", short_help="Tell how many requests a check needs.")(sample_size.sample_size)
app.command("watch", epilog=watch.EPILOG, short_help="Watch a service's mirror live in the cluster.")(watch.watch)
app.command("probe", epilog=probe.EPILOG, short_help="Send requests whose copies are known for certain.")(probe.probe)


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
    from mirrorcheck.cli.failures import report_failure, report_failures_of_threads

    gc.set_threshold(_NEW_OBJECTS)
    words = sys.argv[1:]
    at_length = _TRACEBACK in words
    report_failures_of_threads(at_length=at_length)
    try:
        sys.exit(_run([word for word in words if word != _TRACEBACK]))
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  # no input may end in a traceback, and a panic of Rust is no Exception
        _write_no_more()
        sys.exit(report_failure(error, at_length=at_length))


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
