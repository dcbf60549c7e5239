"""What a process that a test starts needs to be measured as the test is: nothing where that is not."""

import os


def measured() -> dict[str, str]:
    """The variables by which coverage starts in a process, if it measures now."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
