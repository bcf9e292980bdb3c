"""Compiled loops that lay segments and points out for the search."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

from geo_ree.proximity.search.segments import ECCENTRICITY_2, SEMI_MAJOR_M
from geo_ree.proximity.search.simd import GRID_M, LANES, MEAN_RADIUS_M, clamp

logger = logging.getLogger(__name__)

RADIX_BITS = 11
"""Bits of a key that one pass of the radix sort takes: three passes for the 32 bits of a place."""

FIELDS = 8
"""Numbers of a segment: start (3), step to the end (3), 1 / length^2, and four times the rise of the
geodesic over the middle of its chord."""

A2 = SEMI_MAJOR_M * SEMI_MAJOR_M
_B2 = A2 * (1.0 - ECCENTRICITY_2)
E2 = 1.0 / _B2 - 1.0 / A2  # what the axis adds to the quadric x.x / a^2
SLACK_M = 0.01
"""Boxes are wider than what they hold by this, far more than any rounding."""

_INF = np.inf


NO_CACHE = (
    "compiled loops cannot be kept: neither the folder of the package nor one of the user's can be "
    "written, so that every run compiles anew; set NUMBA_CACHE_DIR to a folder that can be written"
)
"""What is said once where Numba finds no place for its cache."""


def _compiler(**options: Any) -> Callable[..., Any]:
    """Make a decorator that compiles on first use, and keeps what is compiled where it can."""

    def compile_loop(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(function, cache=True, **options)
        except RuntimeError:  # Numba's word for a cache without a folder
            _warn_uncached()
            return numba.njit(function, **options)

    return compile_loop


@cache
def _warn_uncached() -> None:
    logger.warning("warning: %s", NO_CACHE)


_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_INNER: Any = {"forceinline": True, "no_cpython_wrapper": True}
_EXACT: Any = {"fastmath": {"nnan", "nsz"}, **_OPTIONS}
_FUSED: Any = {"fastmath": {"nnan", "nsz", "contract"}, **_OPTIONS}  # nothing is reordered
jit = _compiler(**_FUSED)
"""Compile on first use; a product and a sum may become one instruction."""
part = _compiler(**_INNER, **_FUSED)
"""Compile as a part of other functions: LLVM vectorises a loop only when all in it is inlined. Python
itself cannot call it: the code for that is left out, for it takes long to compile."""
exact = _compiler(**_EXACT)
"""Compile without fused instructions: the same bits in vectors and out of them, so that a place has
one image wherever it stands in an array."""
exact_part = _compiler(**_INNER, **_EXACT)
"""Compile as a part of an exact function."""


@exact
def project(lon: Any, lat: Any, turn: Any, window: Any, xyz: Any, codes: Any) -> None:
    """Turn degrees into rotated earth-centred coordinates and places on a Hilbert curve.

    The curve runs through an equal-area disc about the +z axis (Lambert 1772), 2^16 cells a side of
    `window` (x and y of its corner, cells a metre): what is near on it is near on the ground. Sine
    and cosine are Taylor series about the nearest quarter turn, exact to one unit in the last place:
    unlike calls of the C library they compile to vector instructions.
    """
    xx, xy, xz = turn[0, 0], turn[0, 1], turn[0, 2]
    yx, yy, yz = turn[1, 0], turn[1, 1], turn[1, 2]
    zx, zy, zz = turn[2, 0], turn[2, 1], turn[2, 2]
    west, south, scale = window[0], window[1], window[2]
    for i in range(len(lon)):
        sine_lon, cosine_lon = _sine_cosine(lon[i])
        sine, cosine = _sine_cosine(lat[i])
        radius = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_2 * sine * sine)
        u, v = radius * cosine * cosine_lon, radius * cosine * sine_lon
        w = radius * (1.0 - ECCENTRICITY_2) * sine
        x = np.floor((xx * u + xy * v + xz * w) * (1.0 / GRID_M) + 0.5) * GRID_M
        y = np.floor((yx * u + yy * v + yz * w) * (1.0 / GRID_M) + 0.5) * GRID_M
        z = np.floor((zx * u + zy * v + zz * w) * (1.0 / GRID_M) + 0.5) * GRID_M
        xyz[4 * i], xyz[4 * i + 1], xyz[4 * i + 2], xyz[4 * i + 3] = x, y, z, 0.0
        spread = np.sqrt(2.0 / clamp(1.0 + z * (1.0 / MEAN_RADIUS_M), 1e-9, 4.0))
        column = clamp((x * spread - west) * scale, 0.0, 65535.0)
        row = clamp((y * spread - south) * scale, 0.0, 65535.0)
        codes[i] = _hilbert(np.uint32(np.int32(column)), np.uint32(np.int32(row)))


@exact_part
def _sine_cosine(degrees: float) -> Any:
    quarter = np.floor(degrees / 90.0 + 0.5)
    x = (degrees - 90.0 * quarter) * (np.pi / 180.0)
    q = x * x
    s = q * (-1.0 / 39916800.0 + q * (1.0 / 6227020800.0 + q * (-1.0 / 1307674368000.0)))
    s = q * (-1.0 / 5040.0 + q * (1.0 / 362880.0 + s))
    s = x + x * (q * (-1.0 / 6.0 + q * (1.0 / 120.0 + s)))
    c = q * (1.0 / 479001600.0 + q * (-1.0 / 87178291200.0 + q * (1.0 / 20922789888000.0)))
    c = q * (1.0 / 40320.0 + q * (-1.0 / 3628800.0 + c))
    c = 1.0 + q * (-0.5 + q * (1.0 / 24.0 + q * (-1.0 / 720.0 + c)))
    turns = quarter - 4.0 * np.floor(quarter / 4.0)
    odd = (turns == 1.0) | (turns == 3.0)
    sine, cosine = (c if odd else s), (s if odd else c)
    return (-sine if turns >= 2.0 else sine), (
        -cosine if (turns == 1.0) | (turns == 2.0) else cosine
    )


@part
def _hilbert(x: Any, y: Any) -> Any:
    """Return the place of a cell on the curve, bit-parallel (after rawrunprotected, as in flatbush)."""
    full = np.uint32(0xFFFF)
    one = np.uint32(1)
    a = x ^ y
    b = full ^ a
    c = full ^ (x | y)
    d = x & (y ^ full)
    e = a | (b >> one)
    f = (a >> one) ^ a
    g = ((c >> one) ^ (b & (d >> one))) ^ c
    h = ((a & (c >> one)) ^ (d >> one)) ^ d
    n = one
    for _ in range(3):  # compose the turns of the curve over twice as many levels
        n = n << one
        e, f, g, h = (
            (e & (e >> n)) ^ (f & (f >> n)),
            (e & (f >> n)) ^ (f & ((e ^ f) >> n)),
            g ^ ((e & (g >> n)) ^ (f & (h >> n))),
            h ^ ((f & (g >> n)) ^ ((e ^ f) & (h >> n))),
        )
    low = x ^ y
    high = (h ^ (h >> one)) | (full ^ (low | (g ^ (g >> one))))
    # Put a zero between every two bits of both halves at once.
    bits = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
    bits = (bits | (bits << np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    bits = (bits | (bits << np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    bits = (bits | (bits << np.uint64(2))) & np.uint64(0x3333333333333333)
    bits = (bits | (bits << np.uint64(1))) & np.uint64(0x5555555555555555)
    return np.uint32((bits >> np.uint64(31)) | bits)


@jit
def key_segments(
    xyz: Any,
    codes: Any,
    first: Any,
    last: Any,
    limit2: float,
    begin: int,
    end: int,
    keys: Any,
    long: Any,
) -> None:
    """Write the keys to sort segments by (place of the start above, row below), and which are long."""
    for i in range(begin, end):
        a, b = 4 * np.int64(first[i]), 4 * np.int64(last[i])
        dx, dy, dz = xyz[b] - xyz[a], xyz[b + 1] - xyz[a + 1], xyz[b + 2] - xyz[a + 2]
        long[i] = dx * dx + dy * dy + dz * dz > limit2
        keys[i] = (np.uint64(codes[first[i]]) << np.uint64(32)) | np.uint64(i)


@jit
def radix_count(keys: Any, shift: int, begin: int, end: int, counts: Any) -> None:
    """Count the keys of a slice by their digit."""
    s, mask = np.uint64(shift), np.uint64(2**RADIX_BITS - 1)
    for i in range(begin, end):
        counts[(keys[i] >> s) & mask] += 1


@jit
def radix_move(keys: Any, shift: int, begin: int, end: int, place: Any, out: Any) -> None:
    """Move the keys of a slice to the places of their digits."""
    s, mask = np.uint64(shift), np.uint64(2**RADIX_BITS - 1)
    for i in range(begin, end):
        key = keys[i]
        digit = (key >> s) & mask
        out[place[digit]] = key
        place[digit] += 1


@jit
def pack_leaves(
    xyz: Any,
    first: Any,
    last: Any,
    rows: Any,
    keys: Any,
    axis: Any,
    begin: int,
    end: int,
    segments: Any,
    owners: Any,
    boxes: Any,
) -> None:
    """Lay segments out in the order of the curve, and put a box around every eight."""
    mask = np.uint64(0xFFFFFFFF)
    for leaf in range(begin, end):
        x0 = y0 = z0 = _INF
        x1 = y1 = z1 = -_INF
        for at in range(leaf * LANES, (leaf + 1) * LANES):
            # The last leaf is filled up with its last segment.
            i = np.int64(keys[min(at, len(keys) - 1)] & mask)
            a, b = 4 * np.int64(first[i]), 4 * np.int64(last[i])
            x, y, z = xyz[a], xyz[a + 1], xyz[a + 2]
            u, v, w = xyz[b], xyz[b + 1], xyz[b + 2]
            if (u < x) | ((u == x) & ((v < y) | ((v == y) & (w < z)))):
                x, y, z, u, v, w = u, v, w, x, y, z  # a line and its reverse: the same last digits
            dx, dy, dz = u - x, v - y, w - z
            length2 = dx * dx + dy * dy + dz * dz
            inverse = rise = 0.0
            if length2 > 0.0:
                rise = length2 / (2.0 * euler_radius(x, y, z, dx, dy, dz, axis))
                inverse = 1.0 / length2
            to = FIELDS * at
            segments[to], segments[to + 1], segments[to + 2] = x, y, z
            segments[to + 3], segments[to + 4], segments[to + 5] = dx, dy, dz
            segments[to + 6], segments[to + 7] = inverse, rise
            owners[at] = rows[i]
            # A geodesic rises over its chord by a quarter of `rise` at most. With it inside, the gap
            # to the box is a lower bound of the distance to the geodesic, not only to the chord.
            margin = 0.25 * rise + SLACK_M
            x0, x1 = min(x0, min(x, u) - margin), max(x1, max(x, u) + margin)
            y0, y1 = min(y0, min(y, v) - margin), max(y1, max(y, v) + margin)
            z0, z1 = min(z0, min(z, w) - margin), max(z1, max(z, w) + margin)
        to = leaf // LANES * 6 * LANES + leaf % LANES
        boxes[to], boxes[to + 8], boxes[to + 16] = x0, y0, z0
        boxes[to + 24], boxes[to + 32], boxes[to + 40] = x1, y1, z1


@part
def euler_radius(x: float, y: float, z: float, dx: float, dy: float, dz: float, axis: Any) -> float:
    """Return Euler's radius of curvature (m) of the ellipsoid under a place, in a direction.

    Of the quadric p.Qp = 1 it is |Qp| d.d / d.Qd; `axis` is the axis of rotation. A radius in the
    direction of the line, not one for all, makes an arc good to 0.1 mm over 300 km.
    """
    up = axis[0] * x + axis[1] * y + axis[2] * z
    along = axis[0] * dx + axis[1] * dy + axis[2] * dz
    square = (x * x + y * y + z * z) / A2
    value = square + E2 * up * up
    gradient2 = (square + 2.0 * E2 * up * up) / A2 + E2 * E2 * up * up
    d2 = dx * dx + dy * dy + dz * dz
    return np.sqrt(gradient2 / value) * d2 / (d2 / A2 + E2 * along * along)
