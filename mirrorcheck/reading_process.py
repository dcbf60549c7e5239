"""What is to be read in, a stream out: read by a process of its own, which tells its observations as it goes."""

import pickle
import sys
from contextlib import suppress

from mirrorcheck.errors import InputError
from mirrorcheck.ingest import Job, Progress, read_logged
from mirrorcheck.observe import Columns, Store, shortened
from mirrorcheck.stream import Stream, observed
from mirrorcheck.workers import GoneError, Worker

_Answer = int | Columns | Stream | InputError


def read_by(worker: Worker, job: Job, meter: Progress) -> Stream:
    """Have a source read; raises what reading it here would raise, or GoneError."""
    store = Store(job.source.size())
    for told in worker.ask(job):
        match told:
            case int():
                meter(told)
            case dict():
                store.append(told)
            case Stream():
                return observed(told, store.columns())
            case InputError():
                raise told
    raise GoneError


def serve() -> None:
    """Read what standard input asks for, one source after the other, until it ends."""
    answers = sys.stdout.buffer

    def tell(answer: _Answer) -> None:
        pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()

    with suppress(EOFError):
        while True:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
            try:
                tell(read_logged(job, tell, lambda columns: tell(shortened(columns))))
            except InputError as error:
                tell(error)
