"""Times reading a line of each log format and in each wrapper, beside a plain one of nginx's `main`.

    python -m benchmarks.lines --lines 200000

All lines log the same requests. Reading is what is timed, from bytes to the numbers by which lines are paired, in
processor time of one thread; the logs are read in turns, and the best of several runs counts, since a busy machine can
only slow them down.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from mirrorcheck.reading.globs import Globs
from mirrorcheck.reading.observe import Filter, observe
from mirrorcheck.settings import DEFAULT_AGENTS
from mirrorcheck_parsers import Parser, detect

DATA = Path(__file__).parent / "data"
CHUNK = 1 << 22  # bytes, as the files are read
SAMPLE = 1 << 17  # bytes
CLUSTER = "inbound|8080||"
SNI = "outbound_.80_.v1_.shop.default.svc.cluster.local"
MAIN = (
    r'(?<addr>\S+) - - \[(?<time>[^\]]+)\] "(?<request>[^"]*)" (?<status>\d+) (?<bytes>\d+) '
    r'"(?<referer>[^"]*)" "(?<agent>[^"]*)" "(?<xff>[^"]*)"'
)

Row = dict[str, str]


def requests(lines: int) -> list[Row]:
    """Return the requests of the primary's log that the other benchmark reads, each with an id and a duration."""
    folder = DATA / f"formats-{lines}"
    log = folder / "v1.log" if (folder / "v1.log").exists() else _generate(lines, folder)
    table = pl.read_csv(log, has_header=False, separator="\0", new_columns=["line"], quote_char=None)
    rows: list[Row] = table.select(pl.col("line").str.extract_groups(MAIN)).unnest("line").to_dicts()
    for number, row in enumerate(rows):
        row["id"] = f"{number * 2_654_435_761 % 2**32:08x}-27a4-4c0e-9d32-{number:012x}"
        row["millis"] = str(number % 40)
        row["start"] = f"2026-11-22T10:{number // 60_000 % 60:02}:{number // 1_000 % 60:02}.{number % 1_000:03}Z"
        row["port"] = str(20_000 + number % 40_000)
    return rows


def _generate(lines: int, folder: Path) -> Path:
    generator = Path(__file__).with_name("generate.py")
    subprocess.run([sys.executable, str(generator), str(folder), "--lines", str(lines)], check=True)
    return folder / "v1.log"


def plain(row: Row) -> str:
    """Return a line of nginx's main."""
    return (
        f'{row["addr"]} - - [{row["time"]}] "{row["request"]}" {row["status"]} {row["bytes"]} "{row["referer"]}" '
        f'"{row["agent"]}" "{row["xff"]}"'
    )


def upstreaminfo(row: Row) -> str:
    """Return a line of ingress-nginx."""
    return (
        f'{row["addr"]} - - [{row["time"]}] "{row["request"]}" {row["status"]} {row["bytes"]} "{row["referer"]}" '
        f'"{row["agent"]}" 312 0.{row["millis"]:0>3} [shop-v1-80] [] 10.1.2.3:8080 {row["bytes"]} '
        f"0.{row['millis']:0>3} {row['status']} {row['id'].replace('-', '')}"
    )


def nginx_json(row: Row) -> str:
    """Return a line of nginx with escape=json."""
    keys = {"time": "time", "remote_addr": "addr", "request": "request", "status": "status", "bytes": "bytes"}
    keys |= {"referer": "referer", "agent": "agent", "xff": "xff"}
    return json.dumps({key: row[name] for key, name in keys.items()}, separators=(",", ":"))


def istio_text(row: Row) -> str:
    """Return a line of an Istio sidecar, as text."""
    return (
        f'[{row["start"]}] "{row["request"]}" {row["status"]} - via_upstream - "-" 0 {row["bytes"]} {row["millis"]} '
        f'{row["millis"]} "-" "{row["agent"]}" "{row["id"]}" "shop.example.com" "10.1.2.3:8080" {CLUSTER} '
        f"127.0.0.6:{row['port']} 10.1.2.3:8080 10.0.0.1:{row['port']} {SNI} default"
    )


def istio_json(row: Row) -> str:
    """Return a line of an Istio sidecar, as JSON."""
    method, path, protocol = row["request"].split(" ")
    keys = {
        "authority": "shop.example.com",
        "bytes_received": 0,
        "bytes_sent": int(row["bytes"]),
        "connection_termination_details": None,
        "downstream_local_address": "10.1.2.3:8080",
        "downstream_remote_address": f"10.0.0.1:{row['port']}",
        "duration": int(row["millis"]),
        "method": method,
        "path": path,
        "protocol": protocol,
        "request_id": row["id"],
        "requested_server_name": SNI,
        "response_code": int(row["status"]),
        "response_code_details": "via_upstream",
        "response_flags": "-",
        "route_name": "default",
        "start_time": row["start"],
        "upstream_cluster": CLUSTER,
        "upstream_host": "10.1.2.3:8080",
        "upstream_local_address": f"127.0.0.6:{row['port']}",
        "upstream_service_time": row["millis"],
        "upstream_transport_failure_reason": None,
        "user_agent": row["agent"],
        "x_forwarded_for": None,
    }
    return json.dumps(keys, separators=(",", ":"))


def as_json(**values: object) -> str:
    """Return an object as Go writes it: in one line, ampersands and angle brackets by their numbers."""
    text = json.dumps(values, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def kubernetes(pod: str) -> dict[str, object]:
    """Return what Fluent Bit's filter adds to a line."""
    return {"pod_name": pod, "namespace_name": "default", "labels": {"app": "web"}, "container_name": "nginx"}


def coloured(text: str) -> str:
    """Return a text in colour, as kubetail writes it."""
    return f"\x1b[93m{text}\x1b(B\x1b[m"


FORMATS: dict[str, Callable[[Row], str]] = {
    "nginx main": plain,
    "nginx JSON": nginx_json,
    "ingress-nginx": upstreaminfo,
    "Istio text": istio_text,
    "Istio JSON": istio_json,
}
WRAPPERS: dict[str, Callable[[str, str, str], str]] = {  # of a pod, a stamp and a line
    "kubetail": lambda pod, _stamp, line: f"[{pod} nginx] {line}",
    "kubetail in colours": lambda pod, _stamp, line: f"{coloured('[')}{coloured(f'{pod} nginx]')} {coloured(line)}",
    "kubectl --timestamps": lambda _pod, stamp, line: f"{stamp} {line}",
    "kubectl --prefix --timestamps": lambda pod, stamp, line: f"[pod/{pod}/nginx] {stamp} {line}",
    "CRI": lambda _pod, stamp, line: f"{stamp} stdout F {line}",
    "stern": lambda pod, _stamp, line: f"{pod} nginx {line}",
    "logcli": lambda pod, stamp, line: f'{stamp} {{app="web", pod="{pod}"}} {line}',
    "docker json-file": lambda _pod, stamp, line: as_json(log=f"{line}\n", stream="stdout", time=stamp),
    "stern -o json": lambda pod, _stamp, line: as_json(
        message=line, nodeName="n1", namespace="default", podName=pod, containerName="nginx", labels={"app": "web"}
    ),
    "logcli -o jsonl": lambda pod, stamp, line: as_json(labels={"pod": pod}, line=line, timestamp=stamp),
    "Fluent Bit": lambda pod, stamp, line: as_json(time=stamp, stream="stdout", log=line, kubernetes=kubernetes(pod)),
    "Vector": lambda pod, stamp, line: as_json(
        kubernetes=kubernetes(pod), message=line, source_type="kubernetes_logs", stream="stdout", timestamp=stamp
    ),
}
PODS = tuple(f"web-v1-7d9f6c5b8-abcd{number}" for number in range(5))


def written(rows: list[Row]) -> dict[str, bytes]:
    """Return the log of each format, nginx's `main` in each wrapper, and JSON in JSON."""
    lines = {name: [write(row) for row in rows] for name, write in FORMATS.items()}
    for name, wrap in WRAPPERS.items():
        lines[name] = [_wrapped(number, line, wrap) for number, line in enumerate(lines["nginx main"])]
    for name in ("nginx JSON", "Istio JSON"):
        wrap = WRAPPERS["docker json-file"]
        lines[f"{name} in docker json-file"] = [_wrapped(number, line, wrap) for number, line in enumerate(lines[name])]
    return {name: "".join(f"{line}\n" for line in each).encode() for name, each in lines.items()}


def _wrapped(number: int, line: str, wrap: Callable[[str, str, str], str]) -> str:
    """Return a line of one pod after the other, some 2,000 a second."""
    second, part = divmod(number, 2_000)
    stamp = f"2026-11-22T10:{second // 60 % 60:02d}:{second % 60:02d}.{part * 500_000 + 123:09d}Z"
    return wrap(PODS[number % len(PODS)], stamp, line)


def seconds_a_line(log: bytes) -> float:
    """Return the processor time that reading a line takes."""
    found = detect(log[:SAMPLE]).format
    if found is None:
        raise ValueError(log[:200])
    exclusions = Filter(Globs.of(DEFAULT_AGENTS, ignore_case=True), None)
    parser, parsed = Parser(found), 0
    began = time.thread_time()
    for begin in range(0, len(log), CHUNK):
        batch = parser.feed(log[begin : begin + CHUNK])
        parsed += len(observe(batch, exclusions)["line"])
    return (time.thread_time() - began) / parsed


def compare(logs: dict[str, bytes], runs: int) -> Iterable[tuple[str, float, float]]:
    """Return for each format the time of a line and of a byte, as ratios to those of the first one."""
    best = dict.fromkeys(logs, float("inf"))
    for _ in range(runs):
        for name, log in logs.items():
            best[name] = min(best[name], seconds_a_line(log))
    lengths = {name: len(log) / log.count(b"\n") for name, log in logs.items()}
    first = next(iter(logs))
    for name, seconds in best.items():
        ratio = seconds / best[first]
        yield name, ratio, ratio / (lengths[name] / lengths[first])


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    rows = requests(arguments.lines)
    print(f"{f'{arguments.lines:,} lines, best of {arguments.runs}':30}  a line   a byte")
    for name, a_line, a_byte in compare(written(rows), arguments.runs):
        print(f"{name:30} {a_line:7.2f}  {a_byte:7.2f}")


if __name__ == "__main__":
    main()
