"""The words of --primary and --shadow in; labels out, or the name of a mirror's shadow."""

import re

from mirrorcheck.errors import UsageError
from mirrorcheck.mesh.documents import Labels

_PAIR = re.compile(r"([A-Za-z0-9][A-Za-z0-9._/-]*)={1,2}([A-Za-z0-9._-]*)")


def parse_labels(text: str, option: str) -> Labels:
    """Labels of `version=v1,app=target`; raises UsageError, which names the option, for anything else."""
    pairs = [_PAIR.fullmatch(each.strip()) for each in text.split(",")]
    if not all(pairs):
        raise UsageError(f"{option} {text} is no label. Give for example {option} version=v1 or app=target,version=v1.")
    return tuple(sorted({pair[1]: pair[2] for pair in pairs if pair}.items()))


def parse_shadow(text: str) -> Labels | str:
    """Labels, or without a `=` the name of a mirror's subset or service; raises UsageError as `parse_labels` does."""
    return parse_labels(text, "--shadow") if "=" in text or not text.strip() else text.strip()
