"""What is inside layers meets what is around it: which clock dates a line, and JSON among broken and bare lines."""

from collections.abc import Sequence

import pytest

from mirrorcheck_parsers import KNOWN, Format, Parser, compile_format
from tests.parsers.batches import inside

STAMP = b"2026-11-22T10:00:00.123456789Z"
NAMED = {format.name: format for format in KNOWN}
OBJECT = compile_format('{"t":"%START_TIME%","m":"%REQ(:METHOD)%","u":"%REQ(:PATH)%"}')


@pytest.mark.parametrize(
    ("payload", "clock"),
    [
        (NAMED["nginx main"], ("end", "stamp", 1)),
        (NAMED["nginx recommended"], ("start", "msec", 1_000)),
        (NAMED["Istio text"], ("start", "start_time", 1_000)),
        (NAMED["Istio JSON"], ("start", "start_time", 1_000)),
        (compile_format('$msec "$request"'), ("end", "stamp", 1)),
        (compile_format('%START_TIME(%s)% "%REQ(:METHOD)% %REQ(:PATH)%"'), ("end", "stamp", 1)),
        (compile_format('"$request" $status', stamped=True), ("end", "stamp", 1)),
    ],
)
def test_the_best_clock(payload: Format, clock: tuple[str, str, int]) -> None:
    """A start to the millisecond beats the runtime's stamp, which beats all else."""
    stamped = inside("--timestamps", said=["stamp"], payload=payload)
    assert (stamped.clock, stamped.clock_field, stamped.resolution_us) == clock
    unstamped = inside("kubetail", said=["pod"], payload=payload)
    assert unstamped.clock_field == payload.clock_field


def targets(format: Format, lines: Sequence[bytes]) -> list[bytes]:
    """Parse lines, and give the targets of the records."""
    parser = Parser(format)
    batch = parser.feed(b"".join(line + b"\n" for line in lines))
    return batch.text("target") if batch.parsed else []


def written(target: bytes) -> bytes:
    """Write a request as Envoy's JSON."""
    return b'{"t":"2026-11-22T10:00:00.123Z","m":"GET","u":"' + target + b'"}'


def test_a_bare_line_of_json_is_no_record() -> None:
    """Where lines have layers, JSON without them is no record, whatever the lines around it teach."""
    format = inside("kubectl --prefix", said=["pod", "container"], payload=OBJECT)
    prefix = b"[pod/web-v1/nginx] "
    lines = [prefix + written(b"/a"), prefix + written(b"/b"), written(b"/bare"), prefix + written(b"/c")]
    assert targets(format, lines) == [b"/a", b"/b", b"/c"]


@pytest.mark.parametrize("escaped", [0, 1, 2, 3])
def test_json_in_parts_with_escapes(escaped: int) -> None:
    """JSON that the runtime cut in two is decoded as the lines around it are, whichever of them holds an escape."""
    lines = []
    for number in range(4):
        text = written(b"/%d" % number + b"\\u0026" * (number == escaped))
        cuts = [text[:30], text[30:]] if number % 2 else [text]
        lines += [STAMP + b" stdout P " + part for part in cuts[:-1]] + [STAMP + b" stdout F " + cuts[-1]]
    expected = [b"/%d" % number + b"&" * (number == escaped) for number in range(4)]
    assert targets(inside("CRI", said=["stream", "stamp"], payload=OBJECT), lines) == expected
