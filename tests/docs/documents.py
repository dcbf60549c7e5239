"""Nothing comes in; the JSON documents of real analyses go out, which together hold every field that a document can."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mirrorcheck
from mirrorcheck.report.dump import to_document
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import ENDLESS_US, Gap, RuleSeen, Text
from tests.engine.play import Watcher, opened, stamp_us
from tests.logs import requests, write

_START = datetime(2026, 11, 22, 10, tzinfo=UTC)
_PROXY = "192.0.2.2"


def documents(testdata: Path, folder: Path) -> list[dict[str, object]]:
    """Return documents of the test data and of logs made up in `folder` for what no recording shows."""
    recordings = testdata / "recordings"

    def _of(name: str, **options: object) -> mirrorcheck.Report:
        logs = {side: [recordings / name / f"{log}.log"] for side, log in (("primary", "v1"), ("shadow", "v2"))}
        return mirrorcheck.analyze(**logs, **options)  # type: ignore[call-overload, no-any-return]  # each option by its own name

    reports = (
        _of("shadow-restarted", since="18:57:01", until="18:57:05", exclude_path=["/api/cart"], only_path=["/*"]),
        _of("sampled-50", expect=50.0),
        _of("direct-behind-gateway"),
        _of("primary-retried", presumed_retries=False, overlap=True),
        mirrorcheck.analyze(testdata / "article-verbatim.txt"),
        mirrorcheck.analyze(
            primary=[_with_times(folder / "timed-v1.log", "-", "0.010")],
            shadow=[_with_times(folder / "timed-v2.log", _PROXY, "0.020")],
        ),
        mirrorcheck.analyze(primary=[_retried_at_half(folder / "thin-v1.log")], shadow=[_half(folder / "thin-v2.log")]),
        mirrorcheck.analyze(
            primary=[testdata / "cases" / "split-taken-for-mirror" / "few-urls-v1.log"],
            shadow=[testdata / "cases" / "split-taken-for-mirror" / "few-urls-v2.log"],
        ),
        mirrorcheck.analyze(
            primary=[testdata / "cases" / "mirror-to-other-cluster" / "v1-id.log"],
            shadow=[testdata / "cases" / "mirror-to-other-cluster" / "v2-id.log"],
        ),
        _watched(folder),
        _probed(folder),
    )
    return [to_document(report) for report in reports]


def _line(second: float, target: str, status: int, xff: str) -> str:
    stamp = f"{_START + timedelta(seconds=second):%d/%b/%Y:%H:%M:%S %z}"
    return f'127.0.0.1 - - [{stamp}] "GET {target} HTTP/1.1" {status} 12 "-" "curl/8" "{xff}"'


def _written(log: Path, lines: list[str]) -> Path:
    log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return log


def _with_times(log: Path, xff: str, request_time: str) -> Path:
    """The recommended format, with the time of each request and a line that was cut in the middle."""
    epoch = _START.timestamp()
    tail = 'host="shop" rid="-" tp="-" att="1" rt={} t={:.3f} len=120'
    lines = [f"{_line(at, f'/{at}', 200, xff)} {tail.format(request_time, epoch + at)}" for at in range(30)]
    return _written(log, [*lines[:15], "127.0.0.1 - - [22/Nov", *lines[15:]])


def _retried_at_half(log: Path) -> Path:
    """Twenty requests, then one that fails and comes again: too few to prove that the proxy retries."""
    lines = [_line(5 * number, f"/{number}", 200, "-") for number in range(20)]
    return _written(
        log, [*lines, _line(150, "/again", 503, "-"), _line(150, "/again", 200, "-"), _line(160, "/last", 200, "-")]
    )


def _half(log: Path) -> Path:
    """Copies of every other one of these requests, and one of the last two attempts."""
    lines = [_line(5 * number, f"/{number}", 200, _PROXY) for number in range(0, 20, 2)]
    return _written(log, [*lines, _line(150, "/again", 200, _PROXY), _line(160, "/last", 200, _PROXY)])


def _probed(folder: Path) -> mirrorcheck.Report:
    """Probes of a run whose file was saved."""
    saved = folder / "run.json"
    saved.write_text('{"schema": "mirrorcheck.probe/1", "run": "k3f9a2", "sent": 3}', encoding="ascii")
    sent = [replace(line, agent=f"mirrorcheck-probe/1 (k3f9a2; {n})") for n, line in enumerate(requests(3), start=1)]
    v1, v2 = write(folder / "probed-v1.log", sent), write(folder / "probed-v2.log", [line.copy() for line in sent])
    return mirrorcheck.analyze(primary=v1, shadow=v2, probe=saved)


def _watched(folder: Path) -> mirrorcheck.Report:
    """Watched pods: the rule came into force while they were read, and of one a gap lasts."""
    watcher = Watcher(folder)
    originals = requests(30)
    start_us = stamp_us(originals[0].line().encode())
    watcher.tell(
        RuleSeen(start_us, None, "no rule", ()),
        opened("v1", "primary"),
        opened("v2", "shadow"),
        Text("v1", b"".join(f"{line.line()}\n".encode() for line in originals)),
        Text("v2", b"".join(f"{line.copy().line()}\n".encode() for line in originals[:20])),
        RuleSeen(start_us + 5_000_000, 100.0, "VirtualService target: 100 %", (), mirrors=True),
        RuleSeen(start_us + 8_000_000, 0.0, "VirtualService target: no mirror", (), mirrors=False),
        Gap("v2", "v2", "nginx", start_us + 2_000_000, start_us + 3_000_000, "rotated log"),
        Gap("v2", "v2", "nginx", start_us + 20_000_000, ENDLESS_US, "the node is gone"),
    )
    return watcher.engine.end(start_us + 60_000_000).report(complete(Options()))
