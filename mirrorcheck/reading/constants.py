"""The tuned values of the reading: what each decides, and why it is what it is.

Those that decide which lines count have a test that fails when they are halved or doubled: test_repeated.py,
test_detection.py.
"""

# Which lines count.

REPEAT_US = 2_000_000
"""An equal run of lines that lasts so long stands twice in one log, where two of its files hold it: several writers of
one log put its lines out of order by less."""
REPEAT_LINES = 5
"""So does one of so many different lines that has two stamps."""
REPEAT_REQUESTS = 20
"""In two files of which nothing says that they are one log, an equal run proves this by so many different requests."""
SERVER_MESSAGES = 0.5
"""From this share of a server's own messages on, lines without a request are a server's that was not asked yet, and the
others settings that it printed; below it the log is refused."""

# What a message names.

LEAST_ALIKE = 0.25
"""A line that is less like a format than this is like none: a request or a time alone is as much."""
SAMPLE_BYTES = 1 << 16
"""Of a log without a request, in which the lines are that are shown."""
SAMPLES, SAMPLE_WIDTH = 20, 200
"""Such lines, and bytes of each."""

# Memory and speed: they change no outcome.

FORMAT_SAMPLE = 1 << 18
"""Bytes in which a format is looked for first."""
LONGEST_LINE = 1 << 22
"""Bytes of a line that is still searched for a format."""
SHAPE_TRIES = 20
"""Lines of one shape that are tried in vain before others like them are skipped."""
MOST_SHAPES = 200_000
"""Shapes that are remembered, some 20 MB."""
MOST_PIECES = 16
"""Pieces tried of a text, once a line of the source was in no known format."""
PIECE_BYTES = 1 << 12
"""Of a piece: objects may be laid out over several lines."""
SHAPE_HEAD = 48
"""Bytes of a line's beginning in its shape: whose line it is, and its first words or keys."""
SEAM_STARTS = 1000
"""Places in a file that are tried where the next one may begin."""
SEAM_PROBE = 64
"""Lines that are compared before all are."""
FEW_LINES = 20_000
"""Up to so many lines are fetched one by one from where they lie, more by reading all again."""
FEW_RECORDS = 100
"""The same of records of several lines each, which are parsed one by one."""
MERGED_RUNS = 64
"""Runs of lines in order that are merged at once at most, and pieces of each: as much is held as of one whole run."""
LEAST_PIECE = 1 << 10
"""Lines of a piece of a run, at least: one of fewer costs a file as well."""
FEWEST_ROWS = 1 << 10
"""That a store of columns has room for."""
ROOM_MARGIN = 1.1
"""Of the rows that a log may have: its lines may become shorter."""
