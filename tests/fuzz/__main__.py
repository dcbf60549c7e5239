"""Feeds the kernels lines and columns that are damaged, with a memory checker (AddressSanitizer) around each byte.

`make fuzz` does so at length. A line that makes it read or write what it must not ends the run with the place in the C
code; the seed that is printed brings the same lines again.
"""

import argparse
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import hatch_build

ROOT = Path(__file__).parents[2]
BUILT = "MIRRORCHECK_CHECKED_KERNELS"  # says to the process that feeds the lines where the checked kernels are
CHECKED = "-fsanitize=address -fno-omit-frame-pointer -g1 -O1"


def compiler() -> tuple[str, ...]:
    """Give the C compiler of this machine, which must be gcc: the checker comes with it."""
    found = hatch_build.own_compiler()
    if found is None:
        sys.exit("There is no gcc with Python's headers (Debian: gcc and python3-dev): install it to check the kernel.")
    return found


def run_checked(arguments: list[str]) -> int:
    """Run this module again with the checked kernels in place of the usual ones; its exit status."""
    os.environ["MIRRORCHECK_CFLAGS"] = f"{CHECKED} {os.environ.get('MIRRORCHECK_CFLAGS', '')}"
    with TemporaryDirectory() as scratch:
        built = [hatch_build.compile_kernel(kernel, ROOT, Path(scratch), compiler()) for kernel in hatch_build.KERNELS]
        asked = [f"-print-file-name={name}.so" for name in ("libasan", "libstdc++")]
        found = [
            subprocess.run([*compiler(), each], capture_output=True, text=True, check=True).stdout for each in asked
        ]
        environment = {
            **os.environ,
            BUILT: os.pathsep.join(map(str, built)),
            "LD_PRELOAD": " ".join(path.strip() for path in found),
            "ASAN_OPTIONS": "detect_leaks=0",  # Python itself never frees all
            "PYTHONMALLOC": "malloc",  # so that short texts, too, have their bounds checked
        }
        command = [sys.executable, "-m", "tests.fuzz", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def load_checked(name: str, path: str) -> None:
    """Have a checked kernel found where the usual one is looked for."""
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module


def main() -> int:
    """Feed as many lines of each format and layer as are asked for."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000, help="damaged lines of each format")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if BUILT not in os.environ:
        return run_checked(sys.argv[1:])
    for kernel, path in zip(hatch_build.KERNELS, os.environ[BUILT].split(os.pathsep), strict=True):
        load_checked(kernel.module, path)
    from tests.fuzz.columns import feed_columns
    from tests.fuzz.lines import feed_all

    for name, taken in chain(feed_all(arguments.lines, arguments.seed), feed_columns(arguments.lines, arguments.seed)):
        sys.stdout.write(f"{name}: {taken:,} of {arguments.lines:,} lines read, seed {arguments.seed}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
