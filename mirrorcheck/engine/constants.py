"""The tuned values of the engine: what each decides, and why it is what it is.

Those of verdicts and alarms have a test that fails when they are halved or doubled: tests/engine/test_constants.py.
"""

from mirrorcheck.pairing.clock import SECOND_US

# Verdicts and alarms.

SILENCE_CHANCE = 1e-6
"""The alarm NO COPIES comes when so many originals in a row lack a copy that the chance of it, at the ratio of before,
is below this. With one look a second (LOOK_S) chance alone raises it less than once in 11 days, whatever the load."""
SILENCE_SUREST = 0.99
"""A ratio above it counts as this one for the alarm NO COPIES, so that single requests of a perfect mirror are none."""
SILENCE_RECENT = 1_000
"""The number of latest originals whose ratio is the one of before."""
SILENCE_LEAST_US = 2 * SECOND_US
"""No alarm NO COPIES before copies are missing for so long: two looks, so that one late batch of lines is none."""
SILENCE_TIMES_DELAY = 4
"""Nor before so many times the usual delay of copies: slow copies are no silence."""
SILENCE_USUAL_DELAY = 0.99
"""The quantile of the delays that is the usual one."""
BROKEN_US = 3 * SECOND_US
"""A broken stream is an alarm (NO SIGHT) after so long without a proof: most lost connections are back sooner."""
LATE_US = 15 * SECOND_US
"""A stream, or the rule, that nothing is heard of is an alarm after so long: with very many streams, the proofs of an
idle one are up to so far apart."""
UNREAD_WARNING = 0.01
"""From this unread share of a side's time or lines on the report has a warning: a rotation costs some milliseconds."""

# Formats, memory and speed.

MEMORY = 1 << 30
"""Bytes that an analysis may take, if it is not said: the lines of the steps below, their pairing, and what follows."""
OTHER_MEMORY = 3 << 27
"""Of this, about, what does not grow with the steps: the program, the totals, the text that is read."""
WHOLE_LINES = 1_000_000
"""Logs of up to so many lines are settled as one whole."""
LOOK_LINES = 60_000
"""So many lines of live streams are held for the looks, once they came: what is learnt of copies is learnt from them.
With fewer, evidence of retries and of clocks is thin; with more, a look takes longer."""
LEAST_LAG_US = 2 * SECOND_US
"""A pair is decided so long after both sides are complete up to it, at least: lines may be logged somewhat late."""
LAG_DELAY = 0.99
"""The quantile of the delays that this is counted from: of what is paired later the totals are corrected."""
LAG_REACHES = 4
"""Nor before so many times the reach within which its lines could have another partner."""
STEP_LINES = 600_000
"""Lines of longer logs that are read for a step, of which some 250 bytes each are held: with fewer, those that are
settled again with the next ones take too much of the time, with more, memory."""

SORTED_SHARE = 1 / 8
"""Of the memory, for the lines of each of two logs that are sorted at once, and for all of which none is laid aside."""
LATE_LINES = 0.001
"""The share of the lines of a step that may be logged so late that lines of their time are decided, as those of long
requests are where stamps are their beginnings. With more, logs are not in order, and are sorted first."""
KEPT_SHARE = 0.75
"""Of LOOK_LINES this share stays when lines are evicted, so that not every look evicts some."""
LOOK_S = 1.0
"""Seconds from one look to the next, at least."""
JSON_SAMPLE = 1 << 14
"""Bytes of a log in JSON that show its keys and units well enough for other pods of the same template."""
