"""Weights under doubt: how they are drawn, and what they have to be for a deposit to lead."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.model import ScoreModel

SEED = 20240607
"""Seed of the draws unless another is given."""


def draw_weights(
    model: ScoreModel, rng: np.random.Generator, draws: int, concentration: float
) -> Floats:
    """Draw weights from a Dirichlet distribution around those of a model.

    Parameters
    ----------
    model
        Its weights in force are the mean; a criterion of weight 0 keeps it.
    rng
        Where chance comes from.
    draws
        How often.
    concentration
        How closely the weights keep to the model's: a weight w varies with a standard deviation
        of ``sqrt(w (1 - w) / (concentration + 1))``. Infinity leaves them as they are.

    Returns
    -------
    numpy.ndarray of float64
        Shape (draws, criteria); rows add up to 1.

    Examples
    --------
    >>> from geo_ree.scoring import load_preset
    >>> rng = np.random.default_rng(1)
    >>> draw_weights(load_preset("infrastructure"), rng, 3, float("inf"))[0].tolist()
    [0.3, 0.25, 0.0, 0.15, 0.15, 0.1, 0.05]
    """
    shares = model.shares
    out = np.zeros((draws, len(shares)))
    positive = shares > 0
    if concentration == math.inf:
        out[:] = shares
    else:
        out[:, positive] = rng.dirichlet(concentration * shares[positive], size=draws)
    return out


def central_weights(first: NDArray[np.bool_], weights: Floats) -> Floats:
    """Give the mean of the weights of the draws in which each deposit comes first.

    Parameters
    ----------
    first
        Which deposits come first, shape (draws, deposits); several may share it.
    weights
        Shape (draws, criteria).

    Returns
    -------
    numpy.ndarray of float64
        Shape (deposits, criteria); NaN for a deposit that never comes first.

    References
    ----------
    Lahdelma, R., Hokkanen, J. and Salminen, P. (1998), SMAA - Stochastic multiobjective
    acceptability analysis, European Journal of Operational Research 106(1), 137-143.

    Examples
    --------
    >>> first = np.array([[True, False], [True, False]])
    >>> central_weights(first, np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [[0.75, 0.25], [nan, nan]]
    """
    times = first.sum(axis=0)[:, None]
    total = first.T.astype(np.float64) @ weights
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def check_draws(draws: int, seed: int, concentration: float) -> None:
    """Refuse a number of draws, a seed or a concentration that is out of range.

    Raises
    ------
    ScoreError

    Examples
    --------
    >>> check_draws(1000, 1, 50.0)
    """
    whole_number("draws", draws, 1)
    whole_number("seed", seed, 0)
    if concentration != math.inf and not (is_number(concentration) and concentration > 0):
        raise ScoreError(f"concentration is {concentration!r}", "give a number above 0")


def whole_number(name: str, value: object, low: int) -> int:
    """Give a whole number that is not below a limit.

    Raises
    ------
    ScoreError
        When it is something else.

    Examples
    --------
    >>> whole_number("draws", 1000, 1)
    1000
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ScoreError(f"{name} is {value!r}", f"give a whole number from {low} up")
    return int(value)
