import io
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerSymSection
from elftools.elf.sections import SymbolTableSection

import hatch_build
from mirrorcheck.pairing import compiled
from mirrorcheck_parsers import scanning
from tests.docs import readme
from tests.program import call

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.skipif(sys.platform != "linux", reason="what is built is for Linux"),
]

ROOT = Path(__file__).parents[2]
RECORDING = "testdata/recordings/shadow-restarted"
DEMO = ("analyze", "--primary", f"{RECORDING}/v1.log", "--shadow", f"{RECORDING}/v2.log")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
PROCESSORS = ("x86_64", "aarch64")
# Stands in for a kernel where only the build is looked at: it compiles in a moment.
_STAND_IN = "def answer():\n    return '{}'\n"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine without a network and without a program, and so with no compiler but zig's, a package of Python's."""

    programs: Path
    zig_cache: Path
    no_zig: Path

    def run(self, folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, and hold it to success."""
        alone = {"PATH": str(self.programs), "ZIG_GLOBAL_CACHE_DIR": str(self.zig_cache), "PIP_NO_INDEX": "1"}
        kept = {
            name: os.environ[name] for name in ("HOME", "LC_ALL", "NO_COLOR", "COLUMNS", "TZ") if name in os.environ
        }
        ran = subprocess.run(
            command, cwd=folder, env=kept | alone | environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine of the tests' own; with PYTHONPATH=no_zig, Python does not find zig's package either."""
    made = Machine(*(tmp_path_factory.mktemp(name) for name in ("programs", "zig-cache", "no-zig")))
    (made.no_zig / "sitecustomize.py").write_text("import sys\nsys.modules['ziglang'] = None\n", encoding="utf-8")
    return made


def make(*words: str) -> str:
    """Run make in the checkout; what it says."""
    program = shutil.which("make")
    assert program
    return subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def recipe() -> list[list[str]]:
    """What `make wheels` runs: for the sdist, and for each of the wheels, its variable first."""
    lines = [line.split() for line in make("--dry-run", "wheels").splitlines() if "-m hatchling build" in line]
    assert len(lines) == 3
    return lines


@pytest.fixture(scope="module")
def sdist(machine: Machine, recipe: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist that `make wheels` builds, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    machine.run(ROOT, sys.executable, *recipe[0][1:], "--directory", str(folder))
    [packed] = folder.iterdir()
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / packed.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(
    machine: Machine, recipe: list[list[str]], sdist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Builds the wheel of `make wheels` for a processor, from the sdist."""

    @cache
    def build(processor: str) -> Path:
        [words] = [words for variable, _, *words in recipe[1:] if variable.endswith(f"={processor}")]
        folder = tmp_path_factory.mktemp(processor)
        machine.run(sdist, sys.executable, *words, "--directory", str(folder), MIRRORCHECK_TARGET=processor)
        [built] = folder.iterdir()
        return built

    return build


@pytest.mark.long
def test_wheel_runs_the_demo_in_an_empty_environment(
    machine: Machine, wheel: Callable[[str], Path], tmp_path: Path
) -> None:
    """A wheel needs no compiler where it is installed; what it depends on is found here, as there is no network."""
    machine.run(ROOT, sys.executable, "-m", "venv", "--without-pip", str(tmp_path))
    python, program = (str(tmp_path / "bin" / name) for name in ("python", "mirrorcheck"))
    install = ("--python", python, "install", "--no-deps", "--no-compile", str(wheel(platform.machine())))
    machine.run(ROOT, *PIP, *install)
    [packages] = tmp_path.glob("lib/python*/site-packages")
    (packages / "depended-on.pth").write_text(f"{Path(np.__file__).parents[1]}\n", encoding="utf-8")
    version = machine.run(tmp_path, program, "--version").stdout
    assert re.fullmatch(r"mirrorcheck \S+, compiled scanner, compiled pairing\n", version)
    assert machine.run(ROOT, program, *DEMO).stdout == call(ROOT, *DEMO).out


def test_installed_package_has_the_commands_of_the_readme(machine: Machine, tmp_path: Path) -> None:
    """`pip install .` needs no compiler at all: the reference then reports the same, and `--version` names it."""
    assert "`pip install .`" in readme.section(readme.text(), "Start")
    install = ("install", "--no-deps", "--no-build-isolation", "--no-compile", "--target", str(tmp_path), ".")
    machine.run(ROOT, *PIP, *install, PYTHONPATH=str(machine.no_zig))
    assert (tmp_path / "mirrorcheck_parsers" / "py.typed").exists()
    assert not list(tmp_path.rglob("_kernel*.so"))
    program, plugin = (str(tmp_path / "bin" / name) for name in ("mirrorcheck", "kubectl-mirrorcheck"))
    version = machine.run(ROOT, plugin, "--version", PYTHONPATH=str(tmp_path)).stdout
    why = r"\(no C compiler .* when it was installed\)"
    assert re.fullmatch(rf"mirrorcheck \S+, reference scanner {why}, reference pairing {why}\n", version)
    assert machine.run(ROOT, program, *DEMO, PYTHONPATH=str(tmp_path)).stdout == call(ROOT, *DEMO).out


@pytest.mark.long
@pytest.mark.parametrize("processor", PROCESSORS)
def test_wheel_runs_on_the_systems_that_its_name_promises(
    machine: Machine, wheel: Callable[[str], Path], processor: str
) -> None:
    """A wheel that asked for a newer glibc than its tag says would be installed, and would not load."""
    built = wheel(processor)
    assert built.name.endswith(f"-cp311-abi3-manylinux_2_17_{processor}.whl")
    told = machine.run(ROOT, sys.executable, "-m", "auditwheel", "show", str(built)).stdout
    consistent = rf'is consistent with the following platform tag: "manylinux_2_(\d+)_{processor}"'
    [runs_from] = re.findall(consistent, " ".join(told.split()))
    assert int(runs_from) <= 17


@pytest.mark.long
@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("kernel", hatch_build.KERNELS)
def test_kernels_call_nothing_but_python_and_the_libc(
    wheel: Callable[[str], Path], kernel: hatch_build.Kernel, processor: str
) -> None:
    """Nothing is left out with zig's runtime library that a kernel would look for when it is loaded."""
    with zipfile.ZipFile(wheel(processor)) as archive:
        built = ELFFile(io.BytesIO(archive.read(kernel.installed)))
    symbols, versions = (built.get_section_by_name(name) for name in (".dynsym", ".gnu.version"))
    assert isinstance(symbols, SymbolTableSection)
    assert isinstance(versions, GNUVerSymSection)
    unversioned = {
        symbol.name
        for place, symbol in enumerate(symbols.iter_symbols())
        if symbol["st_shndx"] == "SHN_UNDEF"
        and symbol["st_info"]["bind"] == "STB_GLOBAL"
        and isinstance(versions.get_symbol(place)["ndx"], str)
    }
    assert unversioned
    assert not [name for name in unversioned if not re.match(r"_?Py", name)]


@pytest.fixture
def checkout(sdist: Path, tmp_path: Path) -> Path:
    """A checkout of its own, for a scanner that stands in for the real one and is asked alone."""
    copied = shutil.copytree(sdist, tmp_path / "checkout", ignore=shutil.ignore_patterns("tests", "testdata"))
    (copied / "parsers/mirrorcheck_parsers/__init__.py").write_text("", encoding="utf-8")
    (copied / hatch_build.PAIRING.source).write_text(_STAND_IN.format("pairing"), encoding="utf-8")
    return copied


def install_editable(machine: Machine, checkout: Path, **environment: str) -> tuple[str, str]:
    """Install the checkout as `make` does, without pip; what the build says, and what the scanner, or why none does."""
    build = f"from hatchling.build import build_editable; build_editable({str(checkout)!r})"
    built = machine.run(checkout, sys.executable, "-c", build, **environment)
    ask = (
        "import mirrorcheck_parsers, mirrorcheck_parsers.scanning as scanning;"
        "print(scanning.WHY_REFERENCE or mirrorcheck_parsers._kernel.answer())"
    )
    asked = machine.run(checkout, sys.executable, "-c", ask, PYTHONPATH=str(checkout / "parsers"))
    return built.stderr, asked.stdout.strip()


def test_editable_install_follows_the_source(machine: Machine, checkout: Path, tmp_path: Path) -> None:
    """The scanner is compiled into a checkout by `cc`, else by zig, and no older one stays beside its source."""
    used = tmp_path / "used"
    cc = machine_with(
        tmp_path / "cc", f'echo "$@" >> {used}; unset PYTHONPATH; exec {shlex.join(hatch_build.ZIG)} "$@"'
    )
    broken = machine_with(tmp_path / "broken", "exit 1")
    no_zig = str(machine.no_zig)
    source = checkout / hatch_build.SCANNER.source
    source.write_text(_STAND_IN.format("by cc"), encoding="utf-8")
    _, answer = install_editable(machine, checkout, PATH=cc, PYTHONPATH=no_zig, MIRRORCHECK_CFLAGS="-g -DMORE='1 2'")
    assert answer == "by cc"
    assert used.read_text(encoding="utf-8").count("_kernel.c -g -DMORE=1 2\n") == len(hatch_build.KERNELS)
    source.write_text(_STAND_IN.format("by zig"), encoding="utf-8")
    assert install_editable(machine, checkout, PATH=broken)[1] == "by zig"
    assert all((checkout / kernel.built).is_file() for kernel in hatch_build.KERNELS)
    said, answer = install_editable(machine, checkout, PATH=broken, PYTHONPATH=no_zig)
    assert said.count("\n") == 1
    assert "no C compiler with Python's headers (Debian: gcc and python3-dev)" in said
    assert answer.startswith("no C compiler with Python's headers")
    assert not any((checkout / kernel.built).exists() for kernel in hatch_build.KERNELS)


def machine_with(folder: Path, script: str) -> str:
    """Make a folder of programs with this `cc`; what PATH is then."""
    folder.mkdir()
    compiler = folder / "cc"
    compiler.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    compiler.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_installs_anew_when_the_source_changes(target: str, tmp_path: Path) -> None:
    """`make demo` and `make test` compile a changed source, so that nobody looks at the results of an older one."""
    (tmp_path / "bin").mkdir()
    for made in ("bin/python", ".runtime-installed", ".program-installed"):
        (tmp_path / made).touch()
    commands = ("--dry-run", f"VENV={tmp_path}", target)
    assert "--editable ." not in make(*commands)
    for kernel in hatch_build.KERNELS:
        assert "--editable ." in make(f"--what-if={kernel.source}", *commands)


@pytest.mark.parametrize(
    "lacks",
    [("sysconfig.get_path", lambda _: "/nowhere"), ("sysconfig.get_config_var", lambda _: 1), ("sys.byteorder", "big")],
    ids=["headers", "lock", "order"],
)
def test_zig_is_fetched_only_where_it_helps(monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, object]) -> None:
    """Without Python's headers, its lock or the order of bytes, no compiler is of use, and zig's wheel is large."""
    monkeypatch.setenv("CC", "no-such-compiler")
    assert hatch_build.only_zig_could() == (hatch_build.headers() is not None)
    monkeypatch.setattr(*lacks)
    assert hatch_build.find_compiler() is None
    assert not hatch_build.only_zig_could()


def test_these_tests_run_on_what_is_compiled() -> None:
    """Where a compiler is there, and zig's is in the environment of the tests, all tests try what users will run."""
    for why in (scanning.WHY_REFERENCE, compiled.WHY_REFERENCE):
        assert (why is None) == (hatch_build.find_compiler() is not None), "rm .venv/.program-installed, and make anew"
