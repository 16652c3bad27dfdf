# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How probable a count is that is at least, or at most, so large.

Counts of independent arrivals have a Poisson distribution. When its mean is itself known only to a
relative spread, the count is a mixture of Poisson distributions over a gamma distribution of the
mean, which is a negative binomial distribution (M. Greenwood and G. U. Yule, 1920): its tails are
heavier, and a surprise is worth less.
"""

from __future__ import annotations

import math

#: Below this a term changes nothing any more.
_NEGLIGIBLE = 1e-18


def at_least(count: int, mean: float, spread: float = 0.0) -> float:
    """The probability of ``count`` or more.

    :param mean: expected count, not negative.
    :param spread: how well the mean is known: its standard deviation as a share of it.
    :raises ValueError: a parameter is negative.
    """
    _check(mean, spread)
    if count <= 0:
        return 1.0
    if mean == 0:
        return 0.0
    # Far above the mean the terms fall from the first on: summed directly, nothing cancels out.
    if count > mean:
        return min(1.0, _sum(count, mean, spread, upward=True))
    return min(1.0, max(0.0, 1.0 - _sum(count - 1, mean, spread, upward=False)))


def at_most(count: int, mean: float, spread: float = 0.0) -> float:
    """The probability of ``count`` or fewer; parameters as :func:`at_least`.

    :raises ValueError: a parameter is negative.
    """
    _check(mean, spread)
    if count < 0:
        return 0.0
    if mean == 0:
        return 1.0
    if count <= mean:
        return min(1.0, _sum(count, mean, spread, upward=False))
    return min(1.0, max(0.0, 1.0 - _sum(count + 1, mean, spread, upward=True)))


def _check(mean: float, spread: float) -> None:
    if mean < 0 or spread < 0:
        raise ValueError("a mean and a spread are not negative")


def _sum(count: int, mean: float, spread: float, *, upward: bool) -> float:
    """Terms from ``count`` upwards, or downwards to 0, by their ratio to the one before."""
    excess = spread * spread * mean  # variance / mean - 1
    share = excess / (1.0 + excess)
    shape = mean / excess if excess > 1e-9 else math.inf
    term = math.exp(_log_term(count, mean, shape))
    total = term
    while term > _NEGLIGIBLE * total:
        if upward:
            count += 1
            ratio = mean / count if shape == math.inf else share * (shape + count - 1) / count
        elif count == 0:
            break
        else:
            ratio = count / mean if shape == math.inf else count / (share * (shape + count - 1))
            count -= 1
        term *= ratio
        total += term
    return total


def _log_term(count: int, mean: float, shape: float) -> float:
    if shape == math.inf:
        return count * math.log(mean) - mean - math.lgamma(count + 1)
    return (
        math.lgamma(shape + count)
        - math.lgamma(shape)
        - math.lgamma(count + 1)
        + shape * math.log(shape / (shape + mean))
        + count * math.log(mean / (shape + mean))
    )


def surprise(chance: float) -> float:
    """How surprising a probability is, ``-ln``; at most 100, which is more than any doubt."""
    return -math.log(chance) if chance > math.exp(-100) else 100.0
