"""Says whether lines are scanned by the compiled scanner or by the reference alone, and then why."""

from importlib import import_module
from typing import Final

_NOT_BUILT = "no C compiler with Python's headers found when it was installed"


def _why_reference() -> str | None:
    try:
        import_module("mirrorcheck_parsers._kernel")
    except ModuleNotFoundError:
        return _NOT_BUILT
    except ImportError as error:  # compiled for another system or Python
        return f"the compiled one does not load: {error}"
    return None


WHY_REFERENCE: Final = _why_reference()
COMPILED: Final[bool] = WHY_REFERENCE is None
