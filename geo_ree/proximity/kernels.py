"""Eight float64 at once: the few vector instructions that the compiler does not find by itself.

LLVM makes them of whatever registers the processor has (one of 512 bits, two of 256, four of
128). Each is a Numba intrinsic: a recipe that writes LLVM's intermediate code.

Numba keeps compiled code until the file of the compiled function changes. After a change here or
in `kernels`, delete ``__pycache__/packets.*.nb*`` and ``cells.*.nb*`` beside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, errors
from numba.extending import intrinsic

from geo_ree.proximity.segments import ECCENTRICITY_2, SEMI_MAJOR_M

LANES = 8
"""Points to a packet, segments to a leaf, boxes to a node."""

MEAN_RADIUS_M = 6_371_000.0
"""Of the earth, where a rough one does."""

GRID_M = 2.0**-20
"""Coordinates are rounded to this (about a micrometre)."""

TOUCHING_M = GRID_M / 2.0
"""What is nearer than this is equally near: at 0."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_FLAGS = ("nnan", "nsz", "contract")


class _Writer:
    """Writes vector code into the function that is being compiled."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def place(self, kind: Any, array: Any, offset: Any) -> Any:
        """Address of eight numbers in a contiguous array."""
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        return self.builder.bitcast(self.builder.gep(data, [offset]), _VECTOR.as_pointer())

    def load(self, kind: Any, array: Any, offset: Any, shift: int = 0) -> Any:
        step = ir.Constant(offset.type, shift * LANES)
        return self.builder.load(self.place(kind, array, self.builder.add(offset, step)), align=8)

    def fill(self, number: Any) -> Any:
        """One number in all lanes."""
        none = ir.Constant(_VECTOR, ir.Undefined)
        first = self.builder.insert_element(none, number, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, none, zeros)

    def outside(self, low: Any, largest: Any, smallest: Any, high: Any) -> Any:
        """Square of the gap between [smallest, largest] and [low, high]."""
        below = self.builder.fsub(low, largest, flags=_FLAGS)
        above = self.builder.fsub(smallest, high, flags=_FLAGS)
        gap = self.greater(self.greater(below, above), self.fill(ir.Constant(ir.DoubleType(), 0)))
        return self.builder.fmul(gap, gap, flags=_FLAGS)

    def greater(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered(">", a, b, flags=("nnan",)), a, b)

    def times(self, a: Any, b: Any) -> Any:
        return self.builder.fmul(a, b, flags=_FLAGS)

    def minus(self, a: Any, b: Any) -> Any:
        return self.builder.fsub(a, b, flags=_FLAGS)

    def dot(self, a: Any, b: Any) -> Any:
        return self.sum(*(self.times(p, q) for p, q in zip(a, b, strict=True)))

    def rising_distance2(self, place: Any, fields: Any) -> Any:
        """Squared distance to the foot on a chord that rises to its geodesic."""
        start, step, inverse, rise = fields[:3], fields[3:6], fields[6], fields[7]
        zero, one, curvature, touching = (
            self.fill(ir.Constant(ir.DoubleType(), v))
            for v in (0.0, 1.0, 1.0 / MEAN_RADIUS_M, TOUCHING_M**2)
        )
        away = [self.minus(p, q) for p, q in zip(place, start, strict=True)]
        t = self.greater(self.times(self.dot(away, step), inverse), zero)
        t = self.builder.select(self.builder.fcmp_ordered("<", t, one, flags=("nnan",)), t, one)
        gap = [self.minus(p, self.times(t, q)) for p, q in zip(away, step, strict=True)]
        d2 = self.dot(gap, gap)
        lift = self.times(rise, self.times(t, self.minus(one, t)))
        change = self.times(lift, self.minus(self.times(d2, curvature), lift))
        return self.greater(self.builder.fadd(d2, change, flags=_FLAGS), touching)

    def sum(self, a: Any, b: Any, c: Any) -> Any:
        return self.builder.fadd(self.builder.fadd(a, b, flags=_FLAGS), c, flags=_FLAGS)

    def at_most(self, a: Any, b: Any) -> Any:
        """Bit k is set where lane k of `a` is at most that of `b`."""
        bits = self.builder.bitcast(
            self.builder.fcmp_ordered("<=", a, b, flags=("nnan",)), ir.IntType(LANES)
        )
        return self.builder.zext(bits, ir.IntType(64))

    def extreme(self, name: str, vector: Any) -> Any:
        kind = ir.FunctionType(ir.DoubleType(), [_VECTOR])
        function = cgutils.get_or_insert_function(
            self.builder.module, kind, f"llvm.vector.reduce.{name}.v{LANES}f64"
        )
        return self.builder.call(function, [vector], fastmath=("nnan", "nsz"))


@intrinsic
def boxes_near(
    typing: Any,
    boxes: Any,
    offset: Any,
    x0: Any,
    y0: Any,
    z0: Any,
    x1: Any,
    y1: Any,
    z1: Any,
    worst: Any,
    near: Any,
) -> Any:
    """Squared gaps between a packet's box and a node's eight, into `near`; bits of those in reach.

    `boxes` from `offset` holds the three low corners of eight boxes, then the three high ones.
    """

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        w = _Writer(context, builder)
        kind, start = signature.args[0], args[1]
        squares = [
            w.outside(
                w.load(kind, args[0], start, k),
                w.fill(args[2 + k]),
                w.fill(args[5 + k]),
                w.load(kind, args[0], start, k + 3),
            )
            for k in range(3)
        ]
        total = w.sum(*squares)
        zero = ir.Constant(ir.IntType(64), 0)
        builder.store(total, w.place(signature.args[9], args[9], zero), align=8)
        return w.at_most(total, w.fill(args[8]))

    box = (types.float64,) * 7
    return types.int64(boxes, types.int64, *box, near), write


@intrinsic
def lanes_near(typing: Any, boxes: Any, offset: Any, lanes: Any) -> Any:
    """Bits of the points of a packet that may have something nearer in one box.

    `offset` is where the box's first number stands, the others follow by eights; `lanes` holds
    x, y, z and the least squared distance of eight points.
    """

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        w = _Writer(context, builder)
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        zero = ir.Constant(ir.IntType(64), 0)

        def side(k: int) -> Any:
            at = builder.add(args[1], ir.Constant(ir.IntType(64), k * LANES))
            return w.fill(builder.load(builder.gep(data, [at])))

        values = [w.load(signature.args[2], args[2], zero, k) for k in range(4)]
        squares = [w.outside(side(k), values[k], values[k], side(k + 3)) for k in range(3)]
        return w.at_most(w.sum(*squares), values[3])

    return types.int64(boxes, types.int64, lanes), write


def _reduction(name: str) -> Callable[..., Any]:
    def reduction(typing: Any, lanes: Any, field: Any) -> Any:
        def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            w = _Writer(context, builder)
            return w.extreme(name, w.load(signature.args[0], args[0], args[1]))

        return types.float64(lanes, types.int64), write

    return reduction


greatest = intrinsic(_reduction("fmax"))
least = intrinsic(_reduction("fmin"))


@intrinsic
def visit(typing: Any, segments: Any, owners: Any, first: Any, count: Any, lanes: Any) -> Any:
    """Measure a packet to `count` (a literal) segments from the `first` on.

    The squared distance is to the foot on the chord raised to the geodesic: of t, the share of
    the chord before the foot, the rise is `rise` t (1 - t), seen from a place on the same
    ellipsoid. Of equally near segments the one of the smaller owner counts.
    """
    if not isinstance(count, types.IntegerLiteral):
        raise errors.RequireLiteralValue("count")

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        w = _Writer(context, builder)
        zero = ir.Constant(ir.IntType(64), 0)
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        owned = context.make_array(signature.args[1])(context, builder, args[1]).data
        x, y, z, *state = (w.load(signature.args[4], args[4], zero, k) for k in range(6))
        for k in range(count.literal_value):
            at = builder.add(args[2], ir.Constant(args[2].type, k))
            base = builder.mul(at, ir.Constant(at.type, LANES))
            fields = [
                w.fill(
                    builder.load(builder.gep(data, [builder.add(base, ir.Constant(at.type, f))]))
                )
                for f in range(LANES)
            ]
            owner = builder.sitofp(builder.load(builder.gep(owned, [at])), ir.DoubleType())
            d2 = w.rising_distance2((x, y, z), fields)
            found = [d2, w.fill(builder.sitofp(at, ir.DoubleType())), w.fill(owner)]
            nearer = builder.or_(
                builder.fcmp_ordered("<", d2, state[0]),
                builder.and_(
                    builder.fcmp_ordered("==", d2, state[0]),
                    builder.fcmp_ordered("<", found[2], state[2]),
                ),
            )
            state = [builder.select(nearer, a, b) for a, b in zip(found, state, strict=True)]
        for k, vector in enumerate(state, 3):
            place = ir.Constant(ir.IntType(64), k * LANES)
            builder.store(vector, w.place(signature.args[4], args[4], place), align=8)
        return context.get_dummy_value()

    return types.void(segments, types.Array(types.int32, 1, "C"), types.int64, count, lanes), write


@intrinsic
def first_bit(typing: Any, bits: Any) -> Any:
    """Position of the lowest bit that is set."""

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), write


RADIX_BITS = 11
"""Bits of a key that one pass of sorting takes."""

FIELDS = 8
"""Of a segment: start (3), step to the end (3), 1 / length^2, rise of the geodesic over its
chord in the middle times four."""

A2 = SEMI_MAJOR_M * SEMI_MAJOR_M
_B2 = A2 * (1.0 - ECCENTRICITY_2)
E2 = 1.0 / _B2 - 1.0 / A2  # what the axis adds to the quadric x.x / a^2
_SLACK_M = 0.01
_INF = np.inf


_OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy"}
_EXACT: Any = {"fastmath": {"nnan", "nsz"}, **_OPTIONS}
_FUSED: Any = {"fastmath": {"nnan", "nsz", "contract"}, **_OPTIONS}  # nothing is reordered
jit = numba.njit(**_FUSED)
"""Compiled on first use; a product and a sum may become one instruction."""
part = numba.njit(forceinline=True, **_FUSED)
"""A part of other functions: what is not inlined is not made into vectors."""
exact = numba.njit(**_EXACT)
"""Gives the same bits in vectors and out of them, so that a place has one image everywhere."""
exact_part = numba.njit(forceinline=True, **_EXACT)
"""A part of an exact one."""


@exact
def project(lon: Any, lat: Any, turn: Any, window: Any, xyz: Any, codes: Any) -> None:
    """Degrees to earth-centred coordinates turned by a rotation, and places on a Hilbert curve.

    The curve runs through an equal-area disc about the +z axis (Lambert 1772), 2^16 cells a
    side of `window` (x and y of its corner, cells a metre). Sine and cosine are Taylor series
    about the nearest quarter turn, exact to one unit in the last place: unlike calls of the C
    library they compile to vector instructions.
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
        spread = np.sqrt(2.0 / max(1.0 + z * (1.0 / MEAN_RADIUS_M), 1e-9))
        column = min(max((x * spread - west) * scale, 0.0), 65535.0)
        row = min(max((y * spread - south) * scale, 0.0), 65535.0)
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
    """Place of a cell on the curve, bit-parallel (after rawrunprotected, as in flatbush)."""
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
    e, f, g, h = _doubled(e, f, g, h, np.uint32(2))
    e, f, g, h = _doubled(e, f, g, h, np.uint32(4))
    e, f, g, h = _doubled(e, f, g, h, np.uint32(8))
    low = x ^ y
    high = (h ^ (h >> one)) | (full ^ (low | (g ^ (g >> one))))
    return (_spread(high) << one) | _spread(low)


@part
def _doubled(a: Any, b: Any, c: Any, d: Any, n: Any) -> Any:
    """Compose the turns of the curve over twice as many levels."""
    return (
        (a & (a >> n)) ^ (b & (b >> n)),
        (a & (b >> n)) ^ (b & ((a ^ b) >> n)),
        c ^ ((a & (c >> n)) ^ (b & (d >> n))),
        d ^ ((b & (c >> n)) ^ ((a ^ b) & (d >> n))),
    )


@part
def _spread(bits: Any) -> Any:
    """Put a zero between every two of the lower 16 bits."""
    bits = (bits | (bits << np.uint32(8))) & np.uint32(0x00FF00FF)
    bits = (bits | (bits << np.uint32(4))) & np.uint32(0x0F0F0F0F)
    bits = (bits | (bits << np.uint32(2))) & np.uint32(0x33333333)
    return (bits | (bits << np.uint32(1))) & np.uint32(0x55555555)


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
    """Keys to sort segments by (place of the start above, row below), and which are long."""
    for i in range(begin, end):
        a, b = 4 * np.int64(first[i]), 4 * np.int64(last[i])
        dx, dy, dz = xyz[b] - xyz[a], xyz[b + 1] - xyz[a + 1], xyz[b + 2] - xyz[a + 2]
        long[i] = dx * dx + dy * dy + dz * dz > limit2
        keys[i] = (np.uint64(codes[first[i]]) << np.uint64(32)) | np.uint64(i)


@jit
def radix_count(keys: Any, shift: int, begin: int, end: int, counts: Any) -> None:
    """How many keys of a slice have each digit."""
    s, mask = np.uint64(shift), np.uint64(2**RADIX_BITS - 1)
    for i in range(begin, end):
        counts[(keys[i] >> s) & mask] += 1


@jit
def radix_move(keys: Any, shift: int, begin: int, end: int, place: Any, out: Any) -> None:
    """Move the keys of a slice to where their digits' places begin."""
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
    """Lay segments out in the order of the curve, and a box around every eight."""
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
                x, y, z, u, v, w = u, v, w, x, y, z  # a line and its reverse are the same
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
            margin = 0.25 * rise + _SLACK_M
            x0, x1 = min(x0, min(x, u) - margin), max(x1, max(x, u) + margin)
            y0, y1 = min(y0, min(y, v) - margin), max(y1, max(y, v) + margin)
            z0, z1 = min(z0, min(z, w) - margin), max(z1, max(z, w) + margin)
        to = leaf // LANES * 6 * LANES + leaf % LANES
        boxes[to], boxes[to + 8], boxes[to + 16] = x0, y0, z0
        boxes[to + 24], boxes[to + 32], boxes[to + 40] = x1, y1, z1


@part
def euler_radius(x: float, y: float, z: float, dx: float, dy: float, dz: float, axis: Any) -> float:
    """Euler's radius of curvature (m) of the ellipsoid under a place, in a direction.

    Of the quadric p.Qp = 1 it is |Qp| d.d / d.Qd; `axis` is the axis of rotation.
    """
    up = axis[0] * x + axis[1] * y + axis[2] * z
    along = axis[0] * dx + axis[1] * dy + axis[2] * dz
    square = (x * x + y * y + z * z) / A2
    value = square + E2 * up * up
    gradient2 = (square + 2.0 * E2 * up * up) / A2 + E2 * E2 * up * up
    d2 = dx * dx + dy * dy + dz * dz
    return np.sqrt(gradient2 / value) * d2 / (d2 / A2 + E2 * along * along)
