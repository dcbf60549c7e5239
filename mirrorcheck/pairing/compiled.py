"""Holds what is compiled of the pairing; or, where it could not be built, the reason why numpy and Python do all."""

from importlib import import_module
from typing import Any


def _load() -> tuple[Any, str | None]:
    try:
        return import_module("mirrorcheck.pairing._kernel"), None
    except ModuleNotFoundError:
        return None, "no C compiler with Python's headers found when it was installed"
    except ImportError as error:  # compiled for another system or Python
        return None, f"the compiled one does not load: {error}"


kernel, WHY_REFERENCE = _load()
