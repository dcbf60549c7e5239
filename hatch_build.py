"""Compiles the scanner and the pairing where pip builds a wheel or an editable install, and leaves them out elsewhere.

Run as a program, it exits with 1 where only the `ziglang` wheel could compile: the Makefile installs it then.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Python's stable interface as of 3.11: one file serves every Python from then on.
FLAGS = ("-DPy_LIMITED_API=0x030B0000", "-DNDEBUG", "-O3", "-fwrapv", "-fPIC", "-shared")
MORE_FLAGS = "MIRRORCHECK_CFLAGS"  # a variable; what it holds comes last, and so wins
# `make wheels` names a processor in this variable: zig compiles for it, and for an old glibc, on any machine.
TARGET = "MIRRORCHECK_TARGET"
GLIBC = (2, 17)  # the first that runs on aarch64
# What is compiled calls nothing of zig's runtime library, which would take three times as long to compile as all else.
ZIG = (sys.executable, "-m", "ziglang", "cc", "-rtlib=none", "-s")
NOT_COMPILED = (
    "Nothing was compiled: there is no C compiler with Python's headers (Debian: gcc and python3-dev). "
    "All works without, but takes several times as long; install them, and then mirrorcheck again."
)


@dataclass(frozen=True, slots=True)
class Kernel:
    """The module `_kernel` of a package, and the folder of its source in the checkout."""

    package: str
    folder: Path

    @property
    def module(self) -> str:
        """Its name where it is imported."""
        return f"{self.package}._kernel"

    @property
    def source(self) -> Path:
        """What is compiled; it may include what lies in the folder `kernel` beside it."""
        return self.folder / "_kernel.pyx"

    @property
    def built(self) -> Path:
        """Where it goes in a checkout."""
        return self.folder / "_kernel.abi3.so"

    @property
    def installed(self) -> str:
        """Where it goes in a wheel."""
        return f"{self.package.replace('.', '/')}/{self.built.name}"


SCANNER = Kernel("mirrorcheck_parsers", Path("parsers", "mirrorcheck_parsers"))
PAIRING = Kernel("mirrorcheck.pairing", Path("mirrorcheck", "pairing"))
KERNELS = (SCANNER, PAIRING)


class KernelHook(BuildHookInterface[Any]):
    """Puts the compiled kernels into what is built."""

    def dependencies(self) -> list[str]:
        """Ask pip for zig's compiler, a large wheel, only where there is no other."""
        return ["ziglang>=0.15"] if TARGET in os.environ or only_zig_could() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into the checkout for an editable install, and beside it for a wheel."""
        target = os.environ.get(TARGET)
        compiler = zig_for(target) if target else find_compiler()
        root, in_checkout = Path(self.root), version == "editable"
        if compiler is None:
            self.app.display_warning(NOT_COMPILED)
            for kernel in KERNELS if in_checkout else ():
                (root / kernel.built).unlink(missing_ok=True)  # of an older source
            return
        self.scratch = TemporaryDirectory()  # until the wheel is written
        for kernel in KERNELS:
            built = compile_kernel(kernel, root, Path(self.scratch.name), compiler)
            if in_checkout:
                put_in_place(built, root / kernel.built)
            else:
                build_data["force_include"][str(built)] = kernel.installed
        if in_checkout:
            return
        build_data |= {"pure_python": False, "infer_tag": True}
        if target:
            build_data["tag"] = f"cp311-abi3-manylinux_{GLIBC[0]}_{GLIBC[1]}_{target}"


def find_compiler() -> tuple[str, ...] | None:
    """Give the C compiler of this machine, else zig's, else none."""
    return own_compiler() or (ZIG if headers() and find_spec("ziglang") else None)


def zig_for(processor: str) -> tuple[str, ...]:
    """Give zig's compiler for Linux on a processor."""
    return (*ZIG, "-target", f"{processor}-linux-gnu.{GLIBC[0]}.{GLIBC[1]}")


def only_zig_could() -> bool:
    """Tell whether zig's compiler would make a difference, on a system that it is made for."""
    return sys.platform in {"linux", "darwin"} and headers() is not None and own_compiler() is None


def headers() -> Path | None:
    """Give the folder of Python's headers (Debian: a package of their own), if the kernels are for this Python.

    The scanner reads eight bytes at a time, the lowest first; and without a GIL there is no stable interface.
    """
    folder = Path(sysconfig.get_path("include"))
    no_gil = sysconfig.get_config_var("Py_GIL_DISABLED")
    written_for = os.name == "posix" and sys.byteorder == "little" and sys.maxsize >= 2**32 and not no_gil
    return folder if written_for and (folder / "Python.h").is_file() else None


def own_compiler() -> tuple[str, ...] | None:
    """Give `cc`, or what CC names, if it makes an extension module: the libc's headers or the linker may be missing."""
    command = tuple(shlex.split(os.environ.get("CC", "cc")))
    include = headers()
    if include is None or not command or shutil.which(command[0]) is None:
        return None
    with TemporaryDirectory() as scratch:
        trial = [*command, *FLAGS, f"-I{include}", "-o", f"{scratch}/trial.so", "-x", "c", "-"]
        tried = subprocess.run(trial, input=b"#include <Python.h>\n", capture_output=True, check=False)
    return command if tried.returncode == 0 else None


def compile_kernel(kernel: Kernel, root: Path, scratch: Path, compiler: tuple[str, ...]) -> Path:
    """Translate a source to C and compile that, both into a folder of the scratch folder; the path of the module.

    What a compiler that works does not take is a fault of the source, and ends the build.
    """
    folder = scratch / kernel.package
    folder.mkdir()
    written, built = folder / "_kernel.c", folder / kernel.built.name
    translate = [sys.executable, "-m", "cython", "-3", "--module-name", kernel.module, "--output-file", str(written)]
    subprocess.run([*translate, str(kernel.source)], cwd=root, check=True)
    command = [*compiler, *FLAGS, f"-I{plain_headers(folder)}", "-o", str(built), str(written)]
    if sys.platform == "darwin" and "-target" not in compiler:
        command += ["-undefined", "dynamic_lookup"]
    command += shlex.split(os.environ.get(MORE_FLAGS, ""))
    caches = {name: str(scratch / "zig") for name in ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR")}
    subprocess.run(command, env={**caches, **os.environ}, check=True)
    return built


def plain_headers(scratch: Path) -> Path:
    """Copy Python's headers without Debian's `pyconfig.h`, which looks for the one of the target's own Python.

    The limited interface asks it only for sizes, and they are the same on all 64-bit Linux.
    """
    include = Path(sysconfig.get_path("include"))
    copied = shutil.copytree(include, scratch / "include")
    debian = include.parent / str(sysconfig.get_config_var("MULTIARCH")) / include.name / "pyconfig.h"
    if debian.is_file():
        shutil.copy(debian, copied)
    return copied


def put_in_place(built: Path, place: Path) -> None:
    """Replace the extension module of the checkout as a whole: a process that has loaded the one before keeps it."""
    beside = place.with_suffix(".new")
    shutil.copy(built, beside)
    beside.replace(place)


if __name__ == "__main__":
    sys.exit(only_zig_could())
