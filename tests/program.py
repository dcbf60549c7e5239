"""Words of the command line in, what the program did with them out, without the second that a process of its own takes.

For what a command says and how it ends. What depends on the process itself (its start, pipes, signals, standard input)
is tested on one: in tests/cli, tests/cli/test_failures.py and tests/docs.
"""

import io
import os
import re
import shlex
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from mirrorcheck.cli import main

_WORD = r"""(?:'[^']*'|"[^"$`\\]*"|[\w./:=,%+@^-])+"""  # which no shell would read as anything else
_PLAIN = re.compile(rf"mirrorcheck(?P<words>(?: +{_WORD})*)(?: *> *(?P<file>\w[\w.-]*))?(?:; *|\n+|$)")


@dataclass(frozen=True, slots=True)
class Ran:
    """The exit status, and what was written to standard output and error."""

    status: int
    out: str
    err: str


def call(folder: Path, *words: str, **environment: str) -> Ran:
    """Run the program's entry point in a folder, with these variables set besides the usual ones."""
    outs = (io.BytesIO(), io.BytesIO())
    out, err = (io.TextIOWrapper(each, "utf-8", write_through=True) for each in outs)
    status = 0
    with (
        chdir(folder),
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", ["mirrorcheck", *words]),
        patch.object(sys.modules["__main__"], "__package__", None),  # by which the program's name is told
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main.main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
    return Ran(status, *(each.getvalue().decode() for each in outs))


def run_script(script: str, folder: Path, shell: Callable[[str], Ran], **environment: str) -> Ran:
    """Run the commands of a script that need no shell here, as long as they succeed, and the rest of it in one."""
    ran = Ran(0, "", "")
    while (plain := _PLAIN.match(script)) and not ran.status:
        own = call(folder, *shlex.split(plain["words"]), **environment)
        if plain["file"]:
            (folder / plain["file"]).write_text(own.out, "utf-8")
        ran = Ran(own.status, ran.out + ("" if plain["file"] else own.out), ran.err + own.err)
        script = script[plain.end() :]
    if not script or ran.status:
        return ran
    rest = shell(script)
    return Ran(rest.status, ran.out + rest.out, ran.err + rest.err)
