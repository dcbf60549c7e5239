import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import hatch_build
from mirrorcheck_parsers import scanning
from tests.program import call

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.skipif(sys.platform != "linux", reason="what is built is for Linux"),
]

ROOT = Path(__file__).parents[2]
RECORDING = "testdata/recordings/shadow-restarted"
DEMO = ("analyze", "--primary", f"{RECORDING}/v1.log", "--shadow", f"{RECORDING}/v2.log")
_NO_ZIG = "import sys; sys.modules['ziglang'] = None; "
# Stands in for the scanner where only the build is looked at: it compiles in a moment.
_STAND_IN = "def answer():\n    return '{}'\n"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine without a network and with only these programs, and what is built on it."""

    programs: Path
    caches: Path
    built: Path

    def run(self, folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, and hold it to success."""
        alone = {"PATH": str(self.programs), "ZIG_GLOBAL_CACHE_DIR": str(self.caches), "PIP_NO_INDEX": "1"}
        kept = {
            name: os.environ[name] for name in ("HOME", "LC_ALL", "NO_COLOR", "COLUMNS", "TZ") if name in os.environ
        }
        ran = subprocess.run(
            command, cwd=folder, env=kept | alone | environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran

    def wheel(self, processor: str) -> Path:
        """Give the wheel that was built for a processor, or for any."""
        [found] = self.built.glob(f"*{processor}.whl")
        return found


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine that has no program at all, and so no compiler but zig's, which comes with Python's packages."""
    return Machine(*(tmp_path_factory.mktemp(name) for name in ("programs", "caches", "built")))


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
def unpacked(machine: Machine, recipe: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist that `make wheels` builds, unpacked."""
    machine.run(ROOT, sys.executable, *recipe[0][1:], "--directory", str(machine.built))
    [packed] = machine.built.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / packed.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheels(machine: Machine, recipe: list[list[str]], unpacked: Path) -> Machine:
    """The machine after it has built the wheels of `make wheels` from the sdist, and one without any compiler."""
    for variable, _, *words in recipe[1:]:
        name, value = variable.split("=")
        machine.run(unpacked, sys.executable, *words, "--directory", str(machine.built), **{name: value})
    build = f"from hatchling.build import build_wheel; build_wheel({str(machine.built)!r})"
    said = machine.run(unpacked, sys.executable, "-c", _NO_ZIG + build).stderr
    assert said.count("\n") == 1
    assert "no C compiler with Python's headers" in said
    return machine


def installed(machine: Machine, wheel: Path, folder: Path) -> Path:
    """Install a wheel into an environment of its own, which finds here what it depends on; the folder of programs."""
    machine.run(ROOT, sys.executable, "-m", "venv", "--without-pip", str(folder))
    programs = folder / "bin"
    pip = ("-m", "pip", "--disable-pip-version-check", "--python", str(programs / "python"))
    machine.run(ROOT, sys.executable, *pip, "install", "--no-deps", "--no-compile", str(wheel))
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "depended-on.pth").write_text(f"{Path(np.__file__).parents[1]}\n", encoding="utf-8")
    return programs


@pytest.mark.parametrize(
    ("processor", "scanner"),
    [
        (platform.machine(), r"compiled scanner"),
        ("any", r"reference scanner \(no C compiler .* when it was installed\)"),
    ],
)
def test_wheel_runs_the_demo(wheels: Machine, processor: str, scanner: str, tmp_path: Path) -> None:
    """A wheel needs no compiler where it is installed, and one without a compiled scanner reports the same."""
    programs = installed(wheels, wheels.wheel(processor), tmp_path)
    assert (programs / "kubectl-mirrorcheck").exists()
    assert list(tmp_path.glob("lib/*/site-packages/mirrorcheck_parsers/py.typed"))
    version = wheels.run(tmp_path, str(programs / "mirrorcheck"), "--version").stdout
    assert re.fullmatch(rf"mirrorcheck \S+, {scanner}\n", version)
    assert wheels.run(ROOT, str(programs / "mirrorcheck"), *DEMO).stdout == call(ROOT, *DEMO).out


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_wheel_runs_on_the_systems_that_its_name_promises(wheels: Machine, processor: str) -> None:
    """A wheel that asked for a newer glibc than its tag says would be installed, and would not load."""
    wheel = wheels.wheel(processor)
    assert wheel.name.endswith(f"-cp311-abi3-manylinux_2_17_{processor}.whl")
    told = wheels.run(ROOT, sys.executable, "-m", "auditwheel", "show", str(wheel)).stdout
    consistent = rf'is consistent with the following platform tag: "manylinux_2_(\d+)_{processor}"'
    [runs_from] = re.findall(consistent, " ".join(told.split()))
    assert int(runs_from) <= 17


@pytest.fixture
def checkout(unpacked: Path, tmp_path: Path) -> Path:
    """A checkout of its own, for a scanner that stands in for the real one and is asked alone."""
    copied = shutil.copytree(unpacked, tmp_path / "checkout", ignore=shutil.ignore_patterns("tests", "testdata"))
    (copied / "parsers/mirrorcheck_parsers/__init__.py").write_text("", encoding="utf-8")
    return copied


def install_editable(machine: Machine, checkout: Path, before: str = "", **environment: str) -> str:
    """Install the checkout as `make` does, without pip; what the scanner says then, or that there is none."""
    build = f"from hatchling.build import build_editable; build_editable({str(checkout)!r})"
    machine.run(checkout, sys.executable, "-c", before + build, **environment)
    ask = (
        "import mirrorcheck_parsers, mirrorcheck_parsers.scanning as scanning;"
        "print(scanning.WHY_REFERENCE or mirrorcheck_parsers._kernel.answer())"
    )
    return machine.run(checkout, sys.executable, "-c", ask, PYTHONPATH=str(checkout / "parsers")).stdout.strip()


def test_editable_install_follows_the_source(machine: Machine, checkout: Path, tmp_path: Path) -> None:
    """The scanner is compiled into a checkout by `cc`, else by zig, and no older one stays beside its source."""
    used = tmp_path / "used"
    cc = machine_with(tmp_path / "cc", f'echo "$@" >> {used}; exec {sys.executable} -m ziglang cc "$@"')
    broken = machine_with(tmp_path / "broken", "exit 1")
    source = checkout / "parsers/mirrorcheck_parsers/_kernel.pyx"
    source.write_text(_STAND_IN.format("by cc"), encoding="utf-8")
    assert install_editable(machine, checkout, _NO_ZIG, PATH=cc) == "by cc"
    assert "_kernel.c" in used.read_text(encoding="utf-8")
    source.write_text(_STAND_IN.format("by zig"), encoding="utf-8")
    assert install_editable(machine, checkout, PATH=broken) == "by zig"
    assert "no C compiler" in install_editable(machine, checkout, _NO_ZIG, PATH=broken)


def machine_with(folder: Path, script: str) -> str:
    """Make a folder of programs with this `cc`; what PATH is then."""
    folder.mkdir()
    compiler = folder / "cc"
    compiler.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    compiler.chmod(0o755)
    return str(folder)


def test_make_installs_anew_when_the_source_changes() -> None:
    """`make demo` and `make test` compile a changed scanner, so that nobody looks at the results of an older one."""
    for target in ("demo", "test"):
        told = make("--dry-run", "--what-if=parsers/mirrorcheck_parsers/_kernel.pyx", target)
        assert "install --quiet --no-deps --no-build-isolation --editable ." in told


def test_headers_count_as_part_of_the_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Python's headers no compiler is of use, and zig's large wheel is not asked for either."""
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    assert hatch_build.find_compiler() is None
    assert not hatch_build.only_zig_could()


def test_these_tests_run_on_the_compiled_scanner() -> None:
    """Where a compiler is there, and zig's is in the environment of the tests, all tests try what users will run."""
    assert (scanning.WHY_REFERENCE is None) == (hatch_build.find_compiler() is not None), "run make"
