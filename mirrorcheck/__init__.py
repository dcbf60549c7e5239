"""Saved or live access logs of a primary and its shadow in, a truthful report on traffic mirroring out."""

from importlib import import_module

from mirrorcheck.errors import InputError, MirrorcheckError, UsageError

__all__ = ["InputError", "MirrorcheckError", "Report", "Reports", "UsageError", "__version__", "analyze"]

__version__ = "0.1.0.dev0"  # pyproject.toml takes it from here

_LATE = {"analyze": "mirrorcheck.api", "Report": "mirrorcheck.report.model", "Reports": "mirrorcheck.report.several"}


def __getattr__(name: str) -> object:
    """Import the table libraries on first use only, so that `mirrorcheck --help` stays instant."""
    if name not in _LATE:
        message = f"module 'mirrorcheck' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_LATE[name]), name)
