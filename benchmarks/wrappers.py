"""Nothing but a number of lines in, what reading them costs in each wrapper beside the same lines without one out.

Reading is all that happens to a line once: it is unwrapped, cut into fields and hashed. The wrappers take turns, so
that a busy spell of the machine meets all of them; what counts is processor time, all threads together. Run it as
`python -m benchmarks.wrappers`.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.run import logs
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.observe import Filter
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.sources.files import open_sources

PODS = tuple(f"web-v1-7d9f6c5b8-abcd{number}" for number in range(5))
Write = Callable[[str, str, str], str]  # pod, stamp, line


def as_json(**values: object) -> str:
    """Write an object as Go does: in one line, ampersands and angle brackets by their numbers."""
    text = json.dumps(values, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def kubernetes(pod: str) -> dict[str, object]:
    """Give what Fluent Bit's filter adds to a line."""
    return {"pod_name": pod, "namespace_name": "default", "labels": {"app": "web"}, "container_name": "nginx"}


def coloured(text: str) -> str:
    """Colour a text as kubetail does."""
    return f"\x1b[93m{text}\x1b(B\x1b[m"


WRITERS: dict[str, Write] = {
    "plain": lambda _pod, _stamp, line: line,
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


def wrap(plain: Path, lines: int, write: Write, path: Path) -> None:
    """Write the first lines of a log in a wrapper, each of another pod, some 2,000 a second."""
    with plain.open(encoding="utf-8") as source, path.open("w", encoding="utf-8") as target:
        for number, line in zip(range(lines), source, strict=False):
            second, part = divmod(number, 2_000)
            stamp = f"2026-11-22T10:{second // 60 % 60:02d}:{second % 60:02d}.{part * 500_000 + 123:09d}Z"
            target.write(write(PODS[number % len(PODS)], stamp, line.rstrip("\n")) + "\n")


def read(path: Path) -> float:
    """Read a log and give the processor seconds it took."""
    start = time.process_time()
    read_streams(open_sources([str(path)]), Formats(), Filter(None, None))
    return time.process_time() - start


def main() -> None:
    """Print for each wrapper how many times the processor time of the plain lines its lines take."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=300_000, help="lines of each log")
    parser.add_argument("--runs", type=int, default=5, help="runs of each wrapper")
    arguments = parser.parse_args()
    plain, _ = logs(arguments.lines)
    with TemporaryDirectory() as folder:
        paths = {name: Path(folder) / name.replace(" ", "_") for name in WRITERS}
        for name, write in WRITERS.items():
            wrap(plain, arguments.lines, write, paths[name])
        taken = {name: [read(path)] for name, path in paths.items()}
        for _ in range(arguments.runs - 1):
            for name, path in paths.items():
                taken[name].append(read(path))
    base = statistics.median(taken["plain"])
    for name, seconds in taken.items():
        ratios = sorted(each / base for each in seconds)
        print(f"{name:30} {statistics.median(ratios):5.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
