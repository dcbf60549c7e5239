"""Tails of the beta and the gamma distribution, in plain Python: importing scipy's takes a fifth of a short log's run.

For one number at a time: each takes some 100 microseconds, and of a thousand million counts 20 ms.
"""

from math import exp, lgamma, log, log1p

_EXACT = 3e-15  # relative: what is left is rounding
_TINY = 1e-300  # in place of a denominator of 0
_MOST_STEPS = 200  # halving alone takes a float apart in fewer than 1,100, and hardly ever are there more than 10


def beta_share(share: float, one: float, other: float) -> float:
    """Regularised incomplete beta function: the chance that a share drawn from Beta(one, other) is at most `share`."""
    if not 0.0 < share < 1.0:
        return float(share >= 1.0)
    # The fraction converges fast below the mean; above it, the other end's does.
    if share * (one + other + 2.0) > one + 1.0:
        return 1.0 - _below_the_mean(1.0 - share, other, one)
    return _below_the_mean(share, one, other)


def beta_quantile(chance: float, one: float, other: float) -> float:
    """The share that Beta(one, other) keeps below with this chance: the inverse of `beta_share`; 0 < chance < 1."""
    low, high, share = 0.0, 1.0, one / (one + other)
    for _ in range(_MOST_STEPS):
        excess = beta_share(share, one, other) - chance
        low, high = (low, share) if excess > 0.0 else (share, high)
        slope = exp(_log_weight(share, one, other)) / (share * (1.0 - share))
        newton = share - excess / slope if slope else low
        following = newton if low < newton < high else (low + high) / 2.0
        if abs(following - share) <= _EXACT * share:
            return following
        share = following
    return share


def _below_the_mean(share: float, one: float, other: float) -> float:
    """Lentz' way through the continued fraction (DLMF 8.17.22)."""
    total, change, place = 1.0, 0.0, 0
    numerator, denominator = 1.0, 0.0
    while abs(change - 1.0) > _EXACT:
        place += 1
        term = _term(place, share, one, other)
        denominator = 1.0 / (1.0 + term * denominator or _TINY)
        numerator = 1.0 + term / numerator or _TINY
        change = numerator * denominator
        total *= change
    return exp(_log_weight(share, one, other)) / (one * total)


def _term(place: int, share: float, one: float, other: float) -> float:
    """A numerator of the fraction, the first at place 1."""
    half, odd = divmod(place, 2)
    if odd:
        return -(one + half) * (one + other + half) * share / ((one + 2 * half) * (one + 2 * half + 1.0))
    return half * (other - half) * share / ((one + 2 * half - 1.0) * (one + 2 * half))


def _log_weight(share: float, one: float, other: float) -> float:
    """Logarithm of share^one * (1 - share)^other / B(one, other)."""
    return lgamma(one + other) - lgamma(one) - lgamma(other) + one * log(share) + other * log1p(-share)


def gamma_share(reach: float, shape: float) -> float:
    """Regularised incomplete gamma function: the chance that a draw from Gamma(shape), scale 1, is at most `reach`."""
    return _series(reach, shape) if reach < shape + 1.0 else 1.0 - _beyond(reach, shape)


def gamma_rest(reach: float, shape: float) -> float:
    """The chance that the draw is more, which is exact where it is too little to be told from 1 less the share."""
    return 1.0 - _series(reach, shape) if reach < shape + 1.0 else _beyond(reach, shape)


def _series(reach: float, shape: float) -> float:
    """The share below the mean (DLMF 8.11.4)."""
    if reach <= 0.0:
        return 0.0
    term = total = 1.0 / shape
    place = shape
    while term > total * _EXACT:
        place += 1.0
        term *= reach / place
        total += term
    return total * exp(shape * log(reach) - reach - lgamma(shape))


def _beyond(reach: float, shape: float) -> float:
    """The rest above the mean, by Lentz' way through Legendre's continued fraction (DLMF 8.9.2)."""
    begin = reach + 1.0 - shape
    numerator, denominator = 1.0 / _TINY, 1.0 / begin
    total, change, place = denominator, 0.0, 0
    while abs(change - 1.0) > _EXACT:
        place += 1
        term, begin = place * (shape - place), begin + 2.0
        denominator = 1.0 / (begin + term * denominator or _TINY)
        numerator = begin + term / numerator or _TINY
        change = numerator * denominator
        total *= change
    return total * exp(shape * log(reach) - reach - lgamma(shape))
