"""The other end of a `workers.Worker`: reads what it is asked for, and sends back observations."""

import pickle
import sys
from contextlib import suppress

from mirrorcheck.errors import InputError
from mirrorcheck.reading.column_store import shortened
from mirrorcheck.reading.observe import Columns
from mirrorcheck.reading.stream_reader import Read, read_logged

Answer = int | Columns | Read | InputError
"""The place reached in the stored bytes, a batch of observations; in the end what was read, or why it could not be."""


def serve() -> None:
    """Read what standard input asks for, one source after the other, until it ends."""
    responses = sys.stdout.buffer

    def send(answer: Answer) -> None:
        pickle.dump(answer, responses, protocol=pickle.HIGHEST_PROTOCOL)
        responses.flush()

    with suppress(EOFError):
        while True:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
            try:
                send(read_logged(job, send, lambda columns: send(shortened(columns))))
            except InputError as error:
                send(error)
