"""A rich console without highlights that leaves a closed pipe to the command."""

from typing import NoReturn

from rich.console import Console


class PlainConsole(Console):
    """A console without highlights; a closed pipe is a BrokenPipeError, where rich would end with status 1."""

    def __init__(self, **options: object) -> None:
        super().__init__(highlight=False, **options)  # type: ignore[arg-type]  # those of rich

    def on_broken_pipe(self) -> NoReturn:
        """Tell whoever prints."""
        raise BrokenPipeError
