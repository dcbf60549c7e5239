"""Holds the kernel, or nothing where it could not be compiled: then all lines are read exactly, one by one."""

try:
    from mirrorcheck_parsers import _kernel as kernel
except ImportError:
    kernel = None  # type: ignore[assignment] # for which there is no other way to say it
