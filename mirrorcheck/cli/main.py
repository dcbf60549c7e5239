"""The command line: knows the commands, and makes one line and an exit status of whatever goes wrong."""

import gc
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from mirrorcheck import __version__
from mirrorcheck.cli.failures import report_failure, report_failures_of_threads, write_no_more
from mirrorcheck.cli.parameters import take_as_they_are
from mirrorcheck.errors import MirrorcheckError

USAGE_ERROR = 2
INTERRUPTED = 130
READER_LEFT = 141  # as a shell says of what SIGPIPE ended
_TRACEBACK = "--traceback"
_NEW_OBJECTS = 50_000  # between two searches for garbage: with the usual 700 they take a twelfth of a short run
# In the order of `mirrorcheck --help`, which tells of each without importing it.
_COMMANDS: Final = {
    "analyze": "Report on a mirror from saved logs.",
    "formats": "List log formats, or explain a file's.",
    "assert": "Judge a mirror in a pipeline: pass, fail or inconclusive.",
    "sample-size": "Tell how many requests a check needs.",
    "watch": "Watch a service's mirror live in the cluster.",
    "probe": "Send requests whose copies are known for certain.",
}
_MODULES: Final = {"formats": "list_formats", "assert": "assert_", "sample-size": "sample_size"}


class _Imported(Mapping[str, TyperCommand]):
    """The commands by name, each of which is imported and built when it is looked up."""

    def __getitem__(self, name: str) -> TyperCommand:
        if name not in _COMMANDS:
            raise KeyError(name)
        module = import_module(f"mirrorcheck.cli.{_MODULES.get(name, name)}")
        return cast("TyperCommand", module.COMMAND)

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class _Commands(TyperGroup):
    """The group that imports nothing but the command that runs."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  # whatever typer gives a group
        super().__init__(**given | {"commands": _Imported()})

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's
        take_as_they_are(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  # typer's
        return list(_COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  # typer's
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from mirrorcheck.pairing import compiled
        from mirrorcheck_parsers import scanning

        kernels = {"scanner": scanning.WHY_REFERENCE, "pairing": compiled.WHY_REFERENCE}
        used = (f"reference {name} ({why})" if why else f"compiled {name}" for name, why in kernels.items())
        typer.echo(", ".join((f"mirrorcheck {__version__}", *used)))
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
    cls=_Commands,
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
    said = " ".join(message.split()).rstrip(".")
    return f"{said}{'' if said.endswith('?') else '.'} See {command} --help."


def _fail(message: str) -> int:
    from mirrorcheck.render.visible import visible

    sys.stderr.write(f"error: {visible(message, sys.stderr.encoding or 'ascii')}\n")
    return USAGE_ERROR
