"""Eight float64 at once: the vector instructions that the compiler does not find by itself.

Why eight: one cache line holds eight float64, the widest registers (AVX-512) hold eight, and LLVM
splits a vector of eight into two of AVX2 or four of NEON where they are narrower. So eight is the
size of a packet of points, of a leaf and of a node. Each function is a Numba intrinsic: a recipe
that writes LLVM's intermediate code.

Numba recompiles a function only when its own file changes. After a change in this file or in
`kernels`, delete ``__pycache__/packets.*.nb*``, ``cells.*.nb*`` and ``cell_distances.*.nb*``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils, errors
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

LANES = 8
"""Points to a packet, segments to a leaf, boxes to a node."""

MEAN_RADIUS_M = 6_371_000.0
"""Mean radius of the earth, where a rough one does."""

GRID_M = 2.0**-20
"""Coordinates are rounded to this (about a micrometre), so that one place has one image: equal
coordinates in different features then give equal distances, and the first feature wins."""

TOUCHING_M = GRID_M / 2.0
"""Distances below this count as 0: they are rounding."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_FLAGS = ("nnan", "nsz", "contract")  # no NaN, no -0, fused products; sums are never reordered


class _Writer:
    """Writes vector code into the function that is being compiled."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def place(self, kind: Any, array: Any, offset: Any) -> Any:
        """Return the address of eight numbers in a contiguous array."""
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        return self.builder.bitcast(self.builder.gep(data, [offset]), _VECTOR.as_pointer())

    def load(self, kind: Any, array: Any, offset: Any, shift: int = 0) -> Any:
        step = ir.Constant(offset.type, shift * LANES)
        return self.builder.load(self.place(kind, array, self.builder.add(offset, step)), align=8)

    def fill(self, number: Any) -> Any:
        """Repeat one number in all lanes."""
        none = ir.Constant(_VECTOR, ir.Undefined)
        first = self.builder.insert_element(none, number, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, none, zeros)

    def outside(self, low: Any, largest: Any, smallest: Any, high: Any) -> Any:
        """Return the squared gap between the intervals [smallest, largest] and [low, high]."""
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
        """Return the squared distance to the foot on a chord, lifted to its geodesic.

        The foot lies `lift` below the ellipsoid. Seen from a place on the same ellipsoid, lifting
        it changes the square by lift (d^2 / R - lift): the tangent plane falls d^2 / 2 R away.
        """
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
        """Set bit k where lane k of `a` is at most that of `b`."""
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
    """Write the squared gaps between a packet's box and a node's eight into `near`.

    The result has a bit for each box whose gap is at most `worst`. The gap of two boxes is a lower
    bound of every distance between what they hold, so what is left out cannot be the nearest.
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
    """Return a bit for each point of a packet that may have something nearer in one box.

    The packet's own box reaches farther than its points: this second test of the points spares
    most leaves. `offset` is the place of the box's first number, the others follow by eights;
    `lanes` holds x, y, z and the least squared distance of eight points.
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

    Each segment is loaded once and measured to all eight points. Where t is the share of the chord
    before the foot, the geodesic runs `rise` t (1 - t) above it. Of equally near segments the one of
    the smaller owner counts, so that the answer does not depend on the order of the search.
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
def clamp(typing: Any, value: Any, low: Any, high: Any) -> Any:
    """Return a float64 within limits; cheaper to compile than two of Python's `min` and `max`."""

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, low, high = args
        for order, limit in (("<", low), (">", high)):
            beyond = builder.fcmp_ordered(order, value, limit, flags=("nnan",))
            value = builder.select(beyond, limit, value)
        return value

    return types.float64(*(types.float64,) * 3), write


@intrinsic
def on_stack(typing: Any, count: Any, dtype: Any) -> Any:
    """Return an array of `count` (a literal) numbers that lives as long as the call.

    `numpy.empty` takes a fifth of a second to compile, and the processor cannot know that nothing else
    writes there.
    """
    if not isinstance(count, types.IntegerLiteral):
        raise errors.RequireLiteralValue("count")
    kind = types.Array(dtype.dtype, 1, "C")

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = context.get_data_type(kind.dtype)
        data = cgutils.alloca_once(builder, number, size=count.literal_value)
        bytes_each = context.get_abi_sizeof(number)
        array = context.make_array(kind)(context, builder)
        populate_array(
            array,
            data=data,
            shape=[context.get_constant(types.intp, count.literal_value)],
            strides=[context.get_constant(types.intp, bytes_each)],
            itemsize=context.get_constant(types.intp, bytes_each),
            meminfo=None,
        )
        return array._getvalue()

    return kind(count, dtype), write


@intrinsic
def first_bit(typing: Any, bits: Any) -> Any:
    """Return the position of the lowest bit that is set."""

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), write
