"""What can go wrong for a user: each error is one line that ends with the way out, and the command exits with 2.

MirrorcheckError
 +- UsageError    options that do not fit together or do not mean anything
 +- InputError    a file that cannot be read, or holds nothing that can be judged
"""


class MirrorcheckError(Exception):
    """The parent of all errors that a caller may want to show as one line."""


class UsageError(MirrorcheckError):
    """Wrong usage: the message names the option."""


class InputError(MirrorcheckError):
    """Unreadable or unusable input: the message names the file and the way out."""
