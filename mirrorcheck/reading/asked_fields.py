"""Streams and the fields that a user named in, nothing out: refuses those that no log has."""

from collections.abc import Sequence

from mirrorcheck.errors import UsageError
from mirrorcheck.reading.stream import Stream
from mirrorcheck.settings import Settings
from mirrorcheck_parsers import find_field

_MOST = 40  # fields in a message: JSON may have any number


def refuse_unlogged(streams: Sequence[Stream], settings: Settings) -> None:
    """Raise UsageError where no log that has lines has the field of --key or of a --marker; it lists those there are.

    One that some logs have is for the report to speak of: what it cannot tell there, other fields may.
    """
    formats = [stream.format for stream in streams if stream.format and stream.counts.parsed]
    keys = [("--key", settings.key)] if settings.key is not None else []
    for option, name in (*keys, *(("--marker", name) for name, _ in settings.markers)):
        if formats and not any(find_field(format_.fields, name) for format_ in formats):
            there = sorted(frozenset[str]().union(*(format_.fields for format_ in formats)))
            listed = ", ".join(there[:_MOST]) + (", ..." if len(there) > _MOST else "")
            message = f"{option} {name}: no log has such a field. Name one that is there ({listed}), or log it."
            raise UsageError(message)
