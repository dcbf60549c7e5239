"""The numbers that decide phases, warnings and verdicts: value and unit, what each decides, and where it comes from.

Where nothing else is said a number was set by judgement. tests/totals/test_constants.py fails where one is halved or
doubled. How long a change of the rule takes is in `rule_absent`: TAKEN_OVER_US, and `feed.SEEN_LATE_S`.
"""

# Phases: what a cut must gain in log-likelihood, nats.
GAIN_AT_GIVEN_PLACE = 3.3175
"""At a place given beforehand: half the 99 % quantile of chi-square with one degree of freedom (1 % false cuts)."""
GAIN_AT_EDGE = 5.2984
"""At the first copy and after the last: ln 200. Without a change a first copy comes that late in 0.5 % of logs."""
GAIN_ANYWHERE = 3.0
"""Anywhere else, times ln n, since every one of n places was searched."""

# Identical requests: which outcomes are exchanged before anything is said of their order.
REACHES_IN_STRETCH = 10
"""Length of a stretch, times the reach of the pairing: what crosses its ends is little beside it."""
FEWEST_STRETCHES = 3
"""Stretches between the first and the last from which on these two are taken as one."""

# Sampling: independent, regular or clustered.
FEWEST_DRAWS = 100
"""Originals of a phase from which on its runs count."""
FEWEST_OF_A_KIND = 20
"""Copied and missed originals from which on runs count: with a handful of misses two side by side are no news."""
SIGMAS = 5.0
"""Standard deviations of the number of runs: by chance beyond it once in three million logs."""
BY_CHANCE = 3e-7
"""Probability of the counts per block under independent draws: as rare as `SIGMAS`."""
COUNTER = 3.0
"""Requests by which the counts of two or three proxies that count stray at most from their percentage."""
FEWEST_IN_BLOCK = 3.0
"""Variance of a block's count, requests squared: with less, chi-square is no measure of it."""

# The mirror rule.
RULE_BY_CHANCE = 0.001
"""Probability, of all rules together, of calling one not followed that is followed."""

# The verdict.
INCOMPLETE_FROM = 0.9
"""Mirror ratio from which on a mirror that misses requests is INCOMPLETE, and not PARTIAL."""
MODEL_ERROR = 0.1
"""Ratio by which the estimate of what was copied may be low: slow copies lie in cells of their own."""

# What misses have in common.
NEARLY_ALL = 0.9
"""Share of the misses that have a trait, or lie in outages, for it to explain them."""
UNUSUAL = 2.0
"""Times as frequent among the misses as among all originals, for a trait to explain them."""
FEWEST_MISSES = 3
"""Misses that can have something in common."""

# Warnings.
MANY_UNPARSED = 0.05
"""Share of a side's requests that did not parse."""
SKEW_MS = 1_000
"""Milliseconds by which copies are stamped before their originals."""
DOUBLED = 0.05
"""Second copies by pairs, above which two mirror policies are presumed."""
NO_LUCK = 0.001
"""Probability below which sampling did not leave out all requests of a client."""
IN_OUTAGES = 0.9
"""Share of the misses in outages from which on clients without a copy are no news."""
RARE = 0.1
"""Copies of a proxy's address, of as many as it had made if all had made as many."""
