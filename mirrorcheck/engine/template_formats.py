"""Remembers the format of a pod's log for the logs of all pods that were made from the same template.

To find a format takes a hundred times as long as to check that lines are in it.
"""

from mirrorcheck.sources.feed import Opened
from mirrorcheck_parsers import Format, Parser

_OF_ONE_POD = frozenset({"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"})

Template = tuple[str, str, tuple[tuple[str, str], ...]]
"""The namespace, the container and the labels that the pods of one template share."""


class TemplateFormats:
    """The format of each template's logs."""

    def __init__(self) -> None:
        self._formats: dict[Template, Format] = {}

    def note(self, opened: Opened, format_: Format) -> None:
        """Note the format of a stream's log."""
        if opened.side is not None:
            self._formats[_template(opened)] = format_

    def format_of(self, opened: Opened, text: bytes) -> Format | None:
        """The format of the template, if it parses some lines of a text and leaves none unparsed."""
        format_ = self._formats.get(_template(opened)) if opened.side is not None else None
        return format_ if format_ is not None and _reads(format_, text) else None


def _reads(format_: Format, text: bytes) -> bool:
    parser = Parser(format_)
    batches = (parser.feed(text), parser.flush())
    return any(batch.parsed for batch in batches) and not any(batch.unparsed for batch in batches)


def _template(opened: Opened) -> Template:
    labels = tuple((name, value) for name, value in opened.labels if name not in _OF_ONE_POD)
    return opened.namespace, opened.container, labels
