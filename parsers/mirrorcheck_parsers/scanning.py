"""Holds the compiled scanner; or, where it could not be built, the reason why the reference reads all lines."""

from importlib import import_module
from typing import Any, Final

_NOT_BUILT = "no C compiler with Python's headers found when it was installed"


def _load() -> tuple[Any, str | None]:
    try:
        return import_module("mirrorcheck_parsers._kernel"), None
    except ModuleNotFoundError:
        return None, _NOT_BUILT
    except ImportError as error:  # compiled for another system or Python
        return None, f"the compiled one does not load: {error}"


_loaded = _load()
kernel = _loaded[0]
WHY_REFERENCE: Final = _loaded[1]
