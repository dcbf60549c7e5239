"""Checks that the fields of --key and --marker are logged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mirrorcheck.errors import UsageError
from mirrorcheck.reading.stream import Stream
from mirrorcheck.settings import Settings
from mirrorcheck_parsers import Format, find_field

_MOST = 40  # fields in a message: JSON may have any number
_WITHOUT = {"--key": "requests are paired", "--marker": "copies are recognised"}


@dataclass(frozen=True, slots=True)
class Unlogged:
    """A field that was asked for and that none of some logs has; there: the fields that they have."""

    option: str
    field: str
    there: tuple[str, ...]
    may_come: bool  # in later lines of these logs

    @property
    def message(self) -> str:
        """What is wrong, and the way out."""
        listed = ", ".join(self.there[:_MOST]) + (", ..." if len(self.there) > _MOST else "")
        return f"{self.option} {self.field}: no log has such a field. Name one that is there ({listed}), or log it."

    @property
    def meanwhile(self) -> str:
        """What is done while no log has it."""
        return f"{self.option} {self.field}: no log has such a field so far; {_WITHOUT[self.option]} without it."


def find_unlogged(formats: Iterable[Format], settings: Settings) -> Unlogged | None:
    """The first field of --key and --marker that none of these logs has, None where there is no such field, or no log.

    One that some logs have is for the report to speak of: what it does not show there, other fields may.
    """
    logs = list(formats)
    keys = [("--key", settings.key)] if settings.key is not None else []
    for option, name in (*keys, *(("--marker", name) for name, _ in settings.markers)):
        if logs and not any(find_field(log.fields, name) for log in logs):
            there = sorted(frozenset[str]().union(*(log.fields for log in logs)))
            return Unlogged(option, name, tuple(there), any(log.extensible for log in logs))
    return None


def refuse_unlogged(streams: Sequence[Stream], settings: Settings) -> None:
    """Raise UsageError where no log that has lines has the field of --key or of a --marker."""
    unlogged = find_unlogged((each.format for each in streams if each.format and each.counts.parsed), settings)
    if unlogged:
        raise UsageError(unlogged.message)
