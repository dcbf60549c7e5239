"""The format of one pod's log comes in; it goes out for the logs of all pods that were made from the same template.

To tell a format takes a hundred times as long as to see that lines are in it.
"""

from mirrorcheck.sources.feed import Opened
from mirrorcheck_parsers import Format, Parser

_OF_ONE_POD = frozenset({"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"})

Template = tuple[str, str, tuple[tuple[str, str], ...]]
"""What pods of one template have in common: their namespace, the container, and their labels."""


class TemplateFormats:
    """Remembers the format of each template's logs."""

    def __init__(self) -> None:
        self._formats: dict[Template, Format] = {}

    def note(self, opened: Opened, format_: Format) -> None:
        """Note the format of a stream's log."""
        if opened.side is not None:
            self._formats[_template(opened)] = format_

    def format_of(self, opened: Opened, text: bytes) -> Format | None:
        """The format of a sibling's log, if all lines of a text that are no chatter are in it, and some are."""
        format_ = self._formats.get(_template(opened)) if opened.side is not None else None
        return format_ if format_ is not None and _reads(format_, text) else None


def _reads(format_: Format, text: bytes) -> bool:
    parser = Parser(format_)
    batches = (parser.feed(text), parser.flush())
    return any(batch.parsed for batch in batches) and not any(batch.unparsed for batch in batches)


def _template(opened: Opened) -> Template:
    labels = tuple((name, value) for name, value in opened.labels if name not in _OF_ONE_POD)
    return opened.namespace, opened.container, labels
