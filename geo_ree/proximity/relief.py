"""Slope and ruggedness of a grid of heights, cell by cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats


def horn_slope_deg(heights: NDArray[np.floating], dx: Floats, dy: Floats) -> Floats:
    """Steepest slope at each cell, from its eight neighbours.

    With the neighbours named a b c / d . f / g h i from north-west to south-east,
    ``east = ((c + 2 f + i) - (a + 2 d + g)) / (8 dx)``,
    ``north = ((a + 2 b + c) - (g + 2 h + i)) / (8 dy)`` and
    ``slope = atan(hypot(east, north))``.

    Parameters
    ----------
    heights
        Metres, shape (rows, columns), from north to south; NaN where there is no data.
    dx, dy
        Width and height of the cells of each row, metres, shape (rows,).

    Returns
    -------
    numpy.ndarray of float64
        Degrees from the horizontal, 0 to 90, in the shape of `heights`; NaN along the edge and
        where one of the eight neighbours has no data.

    References
    ----------
    Horn, B. K. P. (1981), Hill shading and the reflectance map, Proceedings of the IEEE 69(1),
    14-47.

    Examples
    --------
    >>> ramp = np.tile([0.0, 30.0, 60.0], (3, 1))
    >>> float(horn_slope_deg(ramp, np.full(3, 30.0), np.full(3, 30.0))[1, 1].round(6))
    45.0
    """
    z = np.asarray(heights, dtype=np.float64)
    out = np.full(z.shape, np.nan)
    if min(z.shape) < 3:
        return out
    a, b, c = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    d, f = z[1:-1, :-2], z[1:-1, 2:]
    g, h, i = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    east = ((c + 2 * f + i) - (a + 2 * d + g)) / (8 * dx[1:-1, None])
    north = ((a + 2 * b + c) - (g + 2 * h + i)) / (8 * dy[1:-1, None])
    out[1:-1, 1:-1] = np.degrees(np.arctan(np.hypot(east, north)))
    return out


def riley_ruggedness_m(heights: NDArray[np.floating]) -> Floats:
    """Terrain ruggedness index: how far the heights around a cell are from its own.

    The square root of the sum of the squared differences to the eight neighbours. It grows with
    the size of the cells; only figures of one cell size compare.

    Parameters
    ----------
    heights
        Metres, shape (rows, columns); NaN where there is no data.

    Returns
    -------
    numpy.ndarray of float64
        Metres, in the shape of `heights`; NaN along the edge and where the cell or one of its
        neighbours has no data.

    References
    ----------
    Riley, S. J., DeGloria, S. D. and Elliot, R. (1999), A terrain ruggedness index that
    quantifies topographic heterogeneity, Intermountain Journal of Sciences 5(1-4), 23-27.

    Examples
    --------
    >>> peak = np.zeros((3, 3))
    >>> peak[1, 1] = 10.0
    >>> float(riley_ruggedness_m(peak)[1, 1].round(3))
    28.284
    """
    z = np.asarray(heights, dtype=np.float64)
    out = np.full(z.shape, np.nan)
    rows, columns = z.shape
    if min(rows, columns) < 3:
        return out
    own = z[1:-1, 1:-1]
    total = np.zeros(own.shape)
    for i in range(3):
        for j in range(3):
            total += (z[i : rows - 2 + i, j : columns - 2 + j] - own) ** 2
    out[1:-1, 1:-1] = np.sqrt(total)
    return out
