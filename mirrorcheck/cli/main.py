"""The command line: registers the commands, and makes one line and an exit status of whatever goes wrong."""

import gc
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from mirrorcheck.cli import analyze, assert_, probe, sample_size, watch
from mirrorcheck.cli.failures import report_failure, report_failures_of_threads, until_the_reader_leaves, write_no_more
from mirrorcheck.cli.parameters import with_options
from mirrorcheck.errors import MirrorcheckError
from mirrorcheck.settings import Options, complete

USAGE_ERROR = 2
INTERRUPTED = 130
READER_LEFT = 141  # as a shell says of what SIGPIPE ended
_TRACEBACK = "--traceback"
_NEW_OBJECTS = 50_000  # between two searches for garbage: with the usual 700 they take a twelfth of a short run


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from mirrorcheck_parsers.scanning import WHY_REFERENCE

        scanner = f"reference scanner ({WHY_REFERENCE})" if WHY_REFERENCE else "compiled scanner"
        typer.echo(f"mirrorcheck {version('mirrorcheck')}, {scanner}")
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
    from mirrorcheck.render.terminal.sheet import PlainConsole

    settings = complete(options)
    console = PlainConsole(file=sys.stdout)
    with until_the_reader_leaves():
        if detect is None:
            show_formats(settings, console)
        else:
            explain_file(detect, settings, console)


# The order of `mirrorcheck --help`.
app.command("analyze", epilog=analyze.EPILOG, short_help="Report on a mirror from saved logs.")(analyze.analyze)
app.command("formats", short_help="List log formats, or explain a file's.")(list_formats)
app.command("assert", epilog=assert_.EPILOG, short_help="Judge a mirror in a pipeline: pass, fail or inconclusive.")(
    assert_.assert_
)
app.command("sample-size", short_help="Tell how many requests a check needs.")(sample_size.sample_size)
app.command("watch", epilog=watch.EPILOG, short_help="Watch a service's mirror live in the cluster.")(watch.watch)
app.command("probe", epilog=probe.EPILOG, short_help="Send requests whose copies are known for certain.")(probe.probe)


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error, and an exit status of its own."""
    gc.set_threshold(_NEW_OBJECTS)
    words = sys.argv[1:]
    at_length = _TRACEBACK in words
    report_failures_of_threads(at_length=at_length)
    try:
        sys.exit(_run([word for word in words if word != _TRACEBACK]))
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  # no input may end in a traceback, and a panic of Rust is no Exception
        write_no_more()
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
        write_no_more()
        return READER_LEFT
    except OSError as error:
        write_no_more()
        return _fail(
            f"{error.filename or 'the report'}: {error.strerror or error}. Check the disk and its permissions."
        )
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return status if isinstance(status, int) else 0


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
