"""The tuned constants of the pairing: unit, what each decides, and what fixed it.

tests/pairing/test_constants.py fails if one of those that decide outcomes is halved or doubled. What only bounds the
work (blocks, samples) stands where it is used. What fixed them:

- recordings: the recordings and simulations whose truth is known, `testdata/recordings`, ACCURACY.md.
- worlds: simulated splits and mirrors, `python -m tests.truth`, VERDICTS.md.
- mixes: simulated logs of any mix of keys, errors, ids and second copies, `python -m tests.truth --mixes`.
- law: a probability, as the comment says.
"""

from math import log

# Clocks: which pairs set them, and how far copies scatter around them (aligned, clock, votes).
FEWEST_ANCHORS = 20  # sure pairs from which the spread of delays is believed; recordings
SPREAD_QUANTILE = 0.99  # of the delays of sure pairs: this is the spread; recordings
LEAST_SPREAD_US = 2_000  # the spread is at least that, as few pairs may lie closer by accident; recordings
LEAP = 4  # times what hardly a copy exceeds: where a clock changes by more, lines are uncertain; recordings
BUSY_LINES = 8  # lines a second from which a silent second is no accident; law: e^-8 for random arrivals
FEWEST_IN_MEDIAN = 3  # anchors in a running median: robust against a wrong one, quick to follow; recordings
MEDIAN_WIDTHS = (17, 9, 5, FEWEST_IN_MEDIAN)  # anchors, in successive alternations between the sides; recordings
VOTE_BIN_US = 500_000  # of differences; two make a window, as rough as a stamp in whole seconds
VOTE_PROOF = 6.0  # standard deviations beyond chance from which the most frequent difference is the offset; law

# Retries: which lines are further attempts at a request (attempts, chains, evidence, classify).
RETRY_WINDOW_US = 1_500_000  # a retry follows the failure within that; Envoy backs off 25 to 250 ms by default
NEARLY_ALL_RETRIES = 0.95  # quantile of the time that retries take to follow; recordings
TIMES_RETRY_GAP = 2  # times what nearly all lone retries take is what any may take; recordings
USUAL_CHAIN = 3  # lines a chain may have at least: Istio's default is two retries
LONGEST_CHAIN = 10  # lines a chain has at most, lest the requests of a busy key hang together; recordings
COUNTING_SHARE = 0.9  # of the originals with a count of attempts: then a proxy counts, and not some client; mixes
DOUBLED = 0.02  # of the copied lone requests: if more come twice, a copy left over opens no chain again; mixes
PROOF = log(1000)  # likelihood ratio that proves retries or second copies; law: wrong in one log in a thousand
MOST_SURE = 0.98  # the chance to be copied is taken for no more: misses come together, and so do failures; mixes
SLIP = 0.02  # share of proven chains that may still have another number of copies than one; recordings
MOST_CHAINS = 0.8  # of the chains: if fewer are retries, it is unknown which, as long as copies are sampled; recordings
NEARLY_ALL_COPIED = 0.9  # of lone originals: then copies left over show which chains were no retries; recordings

# Second copies: whether something copies twice, and what that hides (evidence, chains, second_copies, twos).
ALL_COPIED = 0.97  # of lone originals: from there on no second copy stands in for a missing one; recordings
FEWEST_TWINS = 3  # lone originals with two copies, to prove second copies; recordings
TWINS_A_GROUP = 10  # times closer than the lines of a group may lie are the two copies of one request; recordings
MANY_TWINS = 0.1  # of the copied lone originals: if more have two copies, however far apart, these are theirs; mixes
TIMES_STRAYS = 3  # times as many as copies without an original, for the same; mixes
CLOSE_TWINS_US = (20_000, 10_000, 5_000, 2_000)  # between two copies on busy keys; the widest not by chance; mixes
FEWEST_CLOSE = 20  # copies of busy keys that follow so closely, to prove second copies; mixes
TIMES_CHANCE = 5  # times as many of them as chance leaves; mixes
TIMES_ORIGINALS = 3  # times as many of them as originals that follow each other so closely; mixes
SIGMAS = 3.0  # standard deviations of the bounds on hidden misses; mixes: the truth is outside in about 1 %
RARE, LIKELY = 0.005, 0.05  # probability that a bound of a few is exceeded: of what was seen, of what may be; mixes
UNSEEN = 0.01  # of the copies, that may be one too many without any trace; mixes
IN_NONE_OF = 3.0  # what none of n copies shows is true of less than 3 / n of them; law: 95 %, the rule of three
ORIGINALS_A_STRETCH = 16  # of a key, in two neighbouring stretches whose copies are compared; mixes
IN_STEP_BY_CHANCE = 0.02  # bound of the chance that two policies keep in step, below which they are ruled out; law
FEWEST_STRETCHES = 6  # pairs of stretches from which they are compared; mixes
FEWEST_ORIGINALS = 4  # of a key in a pair of stretches; mixes
MOST_DEVIATION = 6.0  # squared deviations: what strays further is where an outage begins or ends; mixes
MOST_COPIED_ONCE = 0.95  # share of copies at which stretches are compared at most: above, hardly one can stray; mixes

# Where hardly a request is alone with its key (chains, ambiguity).
FEW_LONE = 0.02  # of the originals alone with their key: so few show nothing; recordings
FEW_LONE_LINES = 3  # so few lone originals show nothing either; recordings
FEWEST_REQUESTS = 20  # originals from which lone ones can be missed at all; recordings
NEARLY_AS_MANY = 0.8  # copies to an original, from where two policies at half and a full mirror look alike; law

# Mirror or split: whether chance explains the pairs (chance, cells, regularity).
CHANCE_PROOF = 3.0  # standard deviations beyond every bound that prove a mirror; worlds: one split in a hundred
ACCIDENT = 0.02  # probability of so few lone pairs by accident, below which they prove a mirror; law: 6 pairs
FEW_COPIED = 0.1  # of the shadow's lines: if surely fewer are copies, the shadow is no mirror; worlds
DELAY_QUANTILES = (0.95, 0.8, 0.5)  # of how far delays lie from their median: the widths of cells to try; worlds
WIDEST_CELL_US = 4_000_000  # of cells: the delays of a slow shadow scatter by that; worlds
LONGEST_CELL = 8  # widths; longer cells are cut; worlds
SPARSE = 3.0  # lines of a cell as wide as half of the delays scatter: with fewer, pairs are no rotation's; worlds
SHARE_SIGMAS = 2.6  # standard deviations of the interval of the share that was copied; law: 99 %
MODEL_ERROR = 0.02  # of a measure: by how much its law may be wrong; worlds
NEAR_MEDIAN = 0.15  # of the median: as regular are the returns of a list that is gone through again; worlds
REGULAR = 0.5  # of the returns of keys, from where they are regular; worlds
FEW_RETURNS = 10  # returns that show little by themselves; worlds
SHIFTS = (-2, -1, 1, 2)  # pauses by which the shadow is shifted, to see whether it pairs as well; worlds
