"""The README comes in and goes out with its reports brought up to date: `python -m tests.docs.refresh`."""

import tempfile
from pathlib import Path

from tests.docs import readme


def main() -> None:
    """Run each command of the README's `console` blocks and write its output below it."""
    with tempfile.TemporaryDirectory() as folder:
        readme.README.write_text(readme.refreshed(readme.text(), readme.furnish(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
