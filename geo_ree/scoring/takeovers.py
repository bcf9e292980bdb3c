"""The smallest change of one weight that puts another deposit first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geo_ree.crs import Floats
from geo_ree.scoring.aggregates import METHODS

_AHEAD = 1e-14
"""How much higher a score (0 to 1) has to be to lead: more than rounding."""

_STEPS = 200
"""Shares tried on either side where there is no closed form."""


@dataclass(frozen=True)
class Takeover:
    """The share of a weight from which another alternative leads, and its position in the table."""

    share: float
    leader: int


def find_takeover(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str
) -> Takeover | None:
    """Find the share nearest to the present one at which the leader loses its lead.

    One weight gets another share, from 0 to 1; the others keep their proportions. `values` have
    shape (criteria, alternatives). For the weighted sum the difference of two scores is a polynomial
    of that share, of the second degree where something is unknown and of the first elsewhere: its
    roots are exact. For the other aggregates the share is tried in 200 steps on either side and the
    first change refined by bisection; a change that is reversed within one step is missed.

    None when no share changes the leader, or no other criterion has a weight. Of two equally near
    shares, the larger one.
    """
    rest = np.delete(shares, which).sum()
    if rest <= 0 or values.shape[1] < 2:
        return None
    now = float(shares[which])
    find = _by_roots if aggregate == "weighted_sum" else _by_bisection
    found = [find(values, shares, which, leader, aggregate, end) for end in (1.0, 0.0)]
    there = [takeover for takeover in found if takeover]
    return min(there, key=lambda takeover: abs(takeover.share - now), default=None)


def _by_roots(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str, end: float
) -> Takeover | None:
    now = float(shares[which])
    ahead = _ahead_of(values, shares, which, leader)
    roots, low, high = _roots(*ahead), min(now, end), max(now, end)
    # A root outside the way splits nothing off it.
    roots = np.where((roots > low) & (roots < high), roots, end)
    roots = np.take_along_axis(roots, np.argsort(np.abs(roots - now), axis=0), axis=0)
    stops = np.vstack([np.full(roots.shape[1], now), roots, np.full(roots.shape[1], end)])
    middle = (stops[1:] + stops[:-1]) / 2.0
    constant, linear, square = ahead
    leads = (constant + middle * (linear + middle * square) > _AHEAD) & (stops[1:] != stops[:-1])
    starts = np.where(leads, np.abs(stops[:-1] - now), np.inf)
    at, who = np.unravel_index(int(starts.argmin()), starts.shape)
    if np.isinf(starts[at, who]):
        return None
    return Takeover(share=float(stops[at, who]), leader=int(who))


def _ahead_of(
    values: Floats, shares: Floats, which: int, leader: int
) -> tuple[Floats, Floats, Floats]:
    """Polynomials of the share, above 0 where an alternative is ahead of the leader.

    A score is ``(x v + (1 - x) a) / (x k + (1 - x) b)``: v is the value of the criterion and k
    whether it is known (0 or 1), a and b are the weighted sums of those of the others.
    """
    known = (~np.isnan(values)).astype(np.float64)
    filled = np.nan_to_num(values)
    others = np.delete(shares, which) / np.delete(shares, which).sum()
    top0 = others @ np.delete(filled, which, axis=0)
    low0 = others @ np.delete(known, which, axis=0)
    top1, low1 = filled[which] - top0, known[which] - low0
    top0_l, top1_l, low0_l, low1_l = top0[leader], top1[leader], low0[leader], low1[leader]
    constant = top0 * low0_l - top0_l * low0
    linear = top0 * low1_l + top1 * low0_l - top0_l * low1 - top1_l * low0
    square = top1 * low1_l - top1_l * low1
    return constant, linear, square


def _roots(constant: Floats, linear: Floats, square: Floats) -> Floats:
    """Real roots, shape (2, n), NaN or infinite where there is none; avoids cancellation."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.sqrt(linear**2 - 4.0 * square * constant)
        half = -0.5 * (linear + np.copysign(spread, linear))
        return np.stack([half / square, constant / half])


def _by_bisection(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str, end: float
) -> Takeover | None:
    now = float(shares[which])
    best_other = _contest(values, shares, which, leader, aggregate)
    before = now
    # The very end may leave nothing known of an alternative: up to a hair before it.
    for share in now + (end - now) * np.linspace(0, 1 - 1e-9, _STEPS + 1)[1:]:
        if best_other(float(share)) is not None:
            after = float(share)
            break
        before = float(share)
    else:
        return None
    while True:
        middle = (before + after) / 2.0
        if middle in (before, after) or abs(after - before) < 1e-12:
            break
        if best_other(middle) is None:
            before = middle
        else:
            after = middle
    who = best_other(after)
    return None if who is None else Takeover(share=after, leader=who)


def _contest(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str
) -> Callable[[float], int | None]:
    """A function of the share that gives who is ahead of the leader, None while it leads."""
    others = np.delete(shares, which) / np.delete(shares, which).sum()

    def best_other(share: float) -> int | None:
        weights = np.insert((1.0 - share) * others, which, share)
        scores = np.nan_to_num(METHODS[aggregate](values, weights, None), nan=-1.0)
        best = int(scores.argmax())
        return best if scores[best] > scores[leader] + 1e-12 else None

    return best_other
