"""The tuned constants of the outcomes: unit, what each decides, and what fixed it.

tests/outcomes/test_constants.py fails if one of those that decide outcomes is halved or doubled. What only bounds the
work (samples, the longest texts) stands where it is used. What fixed them:

- recordings: logs whose truth is known, `testdata/recordings` and `testdata/cases`, ACCURACY.md.
- ends: simulated logs that end while copies are under way, `python -m tests.ends`.
- worlds, mixes: simulated splits and mirrors, `python -m tests.truth`, VERDICTS.md.
- changes: simulated mirrors that change their copies, `tests/outcomes/likeness`.
- law: a probability, as the comment says.
"""

MOSTLY, NEARLY_ALL = 0.5, 0.9  # of lines, where the sentence says just that

# The ends of the logs and gaps in them: which lines are unobserved (coverage, lateness).
DELAY_QUANTILE = 0.99  # of the delays: an original younger than that at the end may have its copy beyond; recordings
FEW_PAIRS = 20  # certain pairs, below which the delay is taken from all pairs, or is unknown; recordings
RECENT_PAIRS = 50  # pairs that show what the delay was lately; recordings
RECENT_SPANS = 4  # times as long as nearly all copies take at most is lately, too; ends
SLOW_DELAY_US, SLOW_MEAN_US = 3_000_000, 500_000  # the longest delays, and the mean, of slow copies: a second is little
GAP_QUANTILE = 0.999  # of the delays: a copy farther from its original was more likely paired wrongly; recordings
LATE_ERROR = 1e-4  # how often originals of a mirror that works are taken for missed; law: delays are independent
LEFT = 0.25  # of the copies, where mirroring has stopped; some pairs are accidents; ends
AS_BEFORE = 1.5  # times as many lack a copy as have ever been late together: then mirroring has stopped; ends
RECENT_ORIGINALS = 200  # originals that show the ratio lately; ends
LATE_SIGMAS, LATE_UNSEEN = 2.0, 3  # added to the number of late copies seen; law: 95 %, the rule of three
RATHER_UNDER_WAY = 0.5  # probability from which the copy of an original is rather under way than never sent; law

# Exclusions: which lines are health checks, and what corroborates that (exclusions, health_checks).
PROXY_SIGN = 0.9  # of the requests with what a proxy adds: then a line with it came through the proxy; recordings
LEAST_BARE = 5  # checks without an id, from which an id shows that a line is no check; recordings
SOME_COPIED = 0.1  # of the share that is copied: one client that borrows an agent does not speak for all; recordings
SHARED_SIGMAS = 3.0  # standard deviations of the number that the shadow may lack by chance; law
CHECK_LAGS = (1, 2, 3, 4, 6, 12, 24)  # lines: several probes may ask for one path, and stamps blur a short period
SHORTEST_PERIOD_US = 500_000  # of health checks; the kubelet's least is a second
STRAY = 0.2  # of the mean time between two lines, by which a check may be late; recordings
COARSEST = 0.25  # of a period, beyond which stamps do not show one; recordings
STEADY = 0.8  # of the steps; the others are restarts and outages; recordings
FEWEST_STEPS = 2  # of a period, one after the other; recordings
FEW_CHECKS = 5  # requests that an agent repeats, and lines of an asker, if it has hardly begun; recordings
MOST_CHECKS = 6  # requests of an agent's checks: a pod has three probes at most, and nodes of two versions ask

# Markers, proxies and ids: what makes a line a copy, and its key (marker, paired_sides, request_ids, sides).
LEAST_SEEN = 5  # requests that each side has once, to find a mirror without a marker; recordings
MOST_MATCH = 0.5  # of the shadow's requests that the primary has, for the same; worlds
FEW_MARKED = 0.1  # of the shadow's lines: clients may send a marker, so few say nothing of the others; recordings
KNOWN_CHAINS = 0.9  # of the shadow's chains that are the primary's: then the mirror leaves chains alone; recordings
SHARED_MARKER = 0.1  # of the originals or hops that have the marker, too: if more, it marks no copy; worlds
FEW_PROXIES, MOST_PROXIES = 10, 0.1  # mirroring proxies, in all and to a line: clients are more; worlds
LEAST_UNPAIRED = 3  # unpaired lines of a hop, before it is taken for a client instead of a proxy; recordings
MANY_PAIRED = 0.1  # of the originals with a copy through a hop: that is no accident, so it is a proxy; recordings
ID_SHARE = 0.9  # of the lines of a side with an id, for it to be the key; recordings
ID_REPEATS = 4  # lines of a side to an id, beyond which it is a client's constant; mixes
SINGLE_IDS = 0.9  # of the pairs with an id that stands once on each side: then they are no accidents; mixes
COMMON_HOP_COPIES = 0.1  # of the lines that are copies of others without the hop that all share; recordings

# Copies that differ from their originals (relearn, likeness).
FEWEST_DELAYS = 5  # pairs that show the usual delay; changes
FEWEST_UNEXPLAINED, UNEXPLAINED_SHARE = 5, 0.02  # lines of a side without a partner, and of all, for a search; changes
LEAST_MORE = 5  # pairs more than by the usual key, for another to be taken; changes
OTHER_CHAINS = 0.05  # of the pairs by id with another chain than usual, for chains to be learnt; changes
HARDLY_ANY = 0.1  # of the originals: if no more can have been copied, and nothing marks copies, it is no mirror; worlds
DELAY_WIDTHS_US = (3_000_000, 300_000, 30_000)  # within one of these lie the delays of nearly all copies; changes
SPAN_STEPS = 4  # widths that the lines must span at least, to set a delay off from chance; changes
CERTAIN_SIGMAS = 5.0  # standard deviations of pairs above chance, and so five pairs at least; law, over many tries
LEAST_SINGLE = 0.1  # of the keys that stand once, in pairs; changes
NEAR_BY_CHANCE = 0.3  # of all delays near each other by chance, beyond which times show little; changes
ONCE = 0.37  # probability that a key stands once in the other of two independent streams; law: at most 1 / e
HELD = 0.5  # of the pairs that showed the differences, that the key made of them must find; changes
ONE_SIDED = 0.05  # of a side's lines with a piece beyond those of the other: a mirror put it there; changes
CLEARLY, HARDLY = 0.05, 0.01  # of the pairs, that a rule explains beyond a simpler one, or less; changes
MOST_QUERIES = 0.9  # of the queries that differ, that parameters must explain; changes
USUAL_HOPS, FEWEST_HOPS = 0.05, 2  # of the copies, and copies, with a number of hops that mirrors add; changes
FEW_SAME = 0.05  # of the lines: hardly a request alone with its key, hardly a copy's chain an original's; changes
