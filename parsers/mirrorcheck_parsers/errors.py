"""The one error that a caller of this package can provoke."""


class FormatError(ValueError):
    """A log_format that cannot be used: one line that names the token and its column."""
