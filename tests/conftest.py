"""Pins what a test run takes from its surroundings: the terminal, the time zone and hypothesis's settings."""

import os
import time

from hypothesis import settings

# Set on import, before rich or typer look: both read the environment once. CI services set some of
# the removed ones, and each of them alone would put colours or control codes into golden output.
for _name in ("CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)
# Hundreds of processes are started, and compiling all that is imported would take half of each one's time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# TERM=dumb would make rich ignore COLUMNS.
os.environ.update(NO_COLOR="1", COLUMNS="100", LINES="40", TERM="xterm", TZ="UTC", LC_ALL="C.UTF-8")
time.tzset()

# Shared machines are slow at random: a deadline would fail tests for that alone.
settings.register_profile("mirrorcheck", deadline=None, print_blob=True)
settings.load_profile("mirrorcheck")
