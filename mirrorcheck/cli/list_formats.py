"""The command `mirrorcheck formats`."""

import sys
from typing import Annotated

from mirrorcheck.cli.failures import until_the_reader_leaves
from mirrorcheck.cli.parameters import command
from mirrorcheck.option import Option
from mirrorcheck.settings import Options, complete


def list_formats(
    *,
    detect: Annotated[
        str | None,
        Option("Explain what this log was recognised as, with its first lines split into fields.", "FILE"),
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


COMMAND = command(only=("log_format", "formats", "nginx_conf"))(list_formats)
