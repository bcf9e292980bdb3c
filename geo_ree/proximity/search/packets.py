"""Packets of eight points that walk the tree together, and the choice among close rivals.

Neighbours on the curve ask for nearly the same part of the tree. Eight of them walk it together, one
in each lane of the processor's vectors: boxes and segments are loaded once for all eight, and the
walk branches once, not eight times (packet traversal, as of rays: Wald et al. 2001, Interactive
rendering with coherent ray tracing, Computer Graphics Forum 20(3), 153-165).

`lanes` holds x, y, z, least squared distance, segment and owner of the eight points.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_ree.proximity.search.kernels import A2, E2, FIELDS, euler_radius, jit, part
from geo_ree.proximity.search.segments import ECCENTRICITY_2, SEMI_MAJOR_M
from geo_ree.proximity.search.simd import (
    LANES,
    MEAN_RADIUS_M,
    TOUCHING_M,
    boxes_near,
    clamp,
    first_bit,
    greatest,
    lanes_near,
    least,
    on_stack,
    visit,
)

SETTLE_M = 30_000.0
"""Beyond this the shortest chord may not be the shortest geodesic: curvature differs with the direction,
by enough to matter (over 0.4 mm)."""

_X, _Y, _Z, _BEST, _SEGMENT, _OWNER = (LANES * field for field in range(6))
_FIELDS = 6 * LANES
NODE = 6 * LANES
"""Numbers of a node: the corners of its eight boxes."""

STACK = 512
"""Most boxes that wait in a descent: seven stay behind on each of at most 12 levels (8^12 segments)."""

_LARGEST_RADIUS_M = 6_400_000.0  # above any radius of curvature: a^2 / b is 6,399.6 km
EVERYTHING = 1e15
"""More than the square of any chord, less than that of the gap to an empty box."""

_EULER_M = 300_000.0  # up to here the arc of Euler's radius is good to 0.1 mm
_POLAR_M = SEMI_MAJOR_M * np.sqrt(1.0 - ECCENTRICITY_2)
_FLATTENING = 1.0 - _POLAR_M / SEMI_MAJOR_M


@jit
def walk(
    xyz: Any,
    keys: Any,
    begin: int,
    end: int,
    segments: Any,
    owners: Any,
    boxes: Any,
    children: Any,
    axis: Any,
    distance: Any,
    segment: Any,
    owner: Any,
) -> None:
    """Write the distance from the points of a slice of keys to the nearest segment, and which it is.

    A packet starts warm: it is first measured to what was nearest to the packet before. Its neighbours
    on the curve have mostly the same nearest segment, so the bound is tight before the walk begins
    and the walk only proves it. The answer is the same without, for a bound never hides anything
    nearer than itself.
    """
    lanes, near = on_stack(_FIELDS, np.float64), on_stack(LANES, np.float64)
    stack, bound = on_stack(STACK, np.int64), on_stack(STACK, np.float64)
    before = on_stack(LANES, np.int64)
    for k in range(LANES):
        before[k] = -1
    mask = np.uint64(0xFFFFFFFF)
    for packet in range(begin, end, LANES):
        for k in range(LANES):
            p = np.int64(keys[min(packet + k, end - 1)] & mask)
            lanes[_X + k], lanes[_Y + k], lanes[_Z + k] = xyz[4 * p], xyz[4 * p + 1], xyz[4 * p + 2]
            lanes[_BEST + k], lanes[_SEGMENT + k], lanes[_OWNER + k] = EVERYTHING, -1.0, np.inf
        for k in range(LANES):
            if before[k] >= 0 and (k == 0 or before[k] != before[k - 1]):
                visit(segments, owners, before[k], 1, lanes)
        _descend(lanes, near, stack, bound, segments, owners, boxes, children)
        for k in range(LANES):
            before[k] = np.int64(lanes[_SEGMENT + k])
        for k in range(min(LANES, end - packet)):
            p = np.int64(keys[packet + k] & mask)
            segment[p], owner[p] = before[k], owners[before[k]]
            distance[p] = _near_geodesic(
                segments, before[k], lanes[_X + k], lanes[_Y + k], lanes[_Z + k], axis
            )


@part
def _descend(
    lanes: Any,
    near: Any,
    stack: Any,
    bound: Any,
    segments: Any,
    owners: Any,
    boxes: Any,
    children: Any,
) -> None:
    """Walk the tree from the nearest box to the next, as long as any point may gain.

    Boxes wait on a stack, the nearest on top, each with its gap to the packet. `worst` is the greatest
    of the eight distances found so far: a box with a larger gap holds nothing for any point.
    """
    x0, y0, z0 = greatest(lanes, _X), greatest(lanes, _Y), greatest(lanes, _Z)
    x1, y1, z1 = least(lanes, _X), least(lanes, _Y), least(lanes, _Z)
    worst = greatest(lanes, _BEST)
    node, top = 0, 0
    while True:
        bits = boxes_near(boxes, node * NODE, x0, y0, z0, x1, y1, z1, worst, near)
        floor = top
        while bits != 0:
            c = first_bit(bits)
            bits &= bits - 1
            d2 = near[c]
            slot = top
            while slot > floor and bound[slot - 1] < d2:
                stack[slot], bound[slot] = stack[slot - 1], bound[slot - 1]
                slot -= 1
            stack[slot], bound[slot] = node * LANES + c, d2
            top += 1
        node = -1
        while top > 0 and node < 0:
            top -= 1
            box = stack[top]
            if bound[top] > worst:
                continue
            at, c = box // LANES, box % LANES
            if lanes_near(boxes, at * NODE + c, lanes) == 0:
                continue
            if children[at] >= 0:
                node = children[at] + c
                continue
            visit(segments, owners, (c - children[at] - 1) * LANES, LANES, lanes)
            worst = greatest(lanes, _BEST)
        if node < 0:
            return


@part
def _near_geodesic(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> float:
    """Return the geodesic (m) to the foot on a segment, or only its chord where `settle` follows."""
    fx, fy, fz = foot_on(segments, at, x, y, z, axis)
    dx, dy, dz = fx - x, fy - y, fz - z
    d2 = dx * dx + dy * dy + dz * dz
    if d2 <= TOUCHING_M * TOUCHING_M:
        return 0.0
    chord = np.sqrt(d2)
    if chord > SETTLE_M:
        return chord
    return arc_over(chord, x + fx, y + fy, z + fz, dx, dy, dz, axis)


@part
def arc_over(
    chord: float, x: float, y: float, z: float, dx: float, dy: float, dz: float, axis: Any
) -> float:
    """Return the arc (m) over a chord, 2 R asin(c / 2 R), by its series.

    R is Euler's radius at the middle of the chord; x, y and z are twice the middle, for only their
    direction counts.
    """
    h = chord / (2.0 * euler_radius(x, y, z, dx, dy, dz, axis))
    q = h * h
    return chord * (1.0 + q * (1.0 / 6.0 + q * (3.0 / 40.0 + q * (15.0 / 336.0))))


@part
def foot_on(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> Any:
    """Return the foot of a place on a segment, lifted to the ellipsoid along its normal."""
    i = FIELDS * at
    sx, sy, sz = segments[i], segments[i + 1], segments[i + 2]
    dx, dy, dz = segments[i + 3], segments[i + 4], segments[i + 5]
    t = (x - sx) * dx + (y - sy) * dy + (z - sz) * dz
    t = clamp(t * segments[i + 6], 0.0, 1.0)
    fx, fy, fz = sx + t * dx, sy + t * dy, sz + t * dz
    up = axis[0] * fx + axis[1] * fy + axis[2] * fz
    gx = fx / A2 + E2 * up * axis[0]
    gy = fy / A2 + E2 * up * axis[1]
    gz = fz / A2 + E2 * up * axis[2]
    lift = segments[i + 7] * t * (1.0 - t) / np.sqrt(gx * gx + gy * gy + gz * gz)
    return fx + lift * gx, fy + lift * gy, fz + lift * gz


@jit
def settle(
    xyz: Any,
    rows: Any,
    begin: int,
    end: int,
    segments: Any,
    owners: Any,
    boxes: Any,
    children: Any,
    axis: Any,
    distance: Any,
    segment: Any,
    owner: Any,
    foot: Any,
) -> None:
    """Measure the geodesic to every segment that may be the nearest, and keep the shortest.

    `walk` found the shortest chord. Its geodesic bounds the answer, and `reach2` turns the bound back
    into a chord: no segment with a longer chord can have a shorter geodesic.
    """
    stack, near = on_stack(STACK, np.int64), on_stack(LANES, np.float64)
    for i in range(begin, end):
        p = rows[i]
        x, y, z = xyz[4 * p], xyz[4 * p + 1], xyz[4 * p + 2]
        at = np.int64(segment[p])
        least_m, fx, fy, fz = _measured(segments, at, x, y, z, axis)
        best, reach = np.int64(owner[p]), reach2(least_m)
        stack[0], top = 0, 1
        while top > 0:
            top -= 1
            node = stack[top]
            bits = boxes_near(boxes, node * NODE, x, y, z, x, y, z, reach, near)
            while bits != 0:
                c = first_bit(bits)
                bits &= bits - 1
                if children[node] >= 0:
                    stack[top] = children[node] + c
                    top += 1
                    continue
                leaf = (c - children[node] - 1) * LANES
                for other in range(leaf, leaf + LANES):
                    gx, gy, gz = foot_on(segments, other, x, y, z, axis)
                    d2 = (gx - x) ** 2 + (gy - y) ** 2 + (gz - z) ** 2
                    if d2 > reach:
                        continue
                    metres = geodesic(x, y, z, gx, gy, gz, axis)
                    if metres < least_m or (metres == least_m and owners[other] < best):
                        least_m, best = metres, np.int64(owners[other])
                        fx, fy, fz, reach = gx, gy, gz, reach2(metres)
        distance[p], owner[p] = least_m, best
        foot[3 * i], foot[3 * i + 1], foot[3 * i + 2] = fx, fy, fz


@part
def _measured(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> Any:
    fx, fy, fz = foot_on(segments, at, x, y, z, axis)
    return geodesic(x, y, z, fx, fy, fz, axis), fx, fy, fz


@part
def reach2(metres: float) -> float:
    """Return the square of the longest chord that a geodesic of this length may have.

    An arc is nearest to its chord where the earth is flattest, so the largest radius of curvature is
    the safe one. Beyond a quarter of the globe everything is let through.
    """
    angle = metres / (2.0 * _LARGEST_RADIUS_M)
    if angle > 1.5:
        return EVERYTHING
    return (2.0 * _LARGEST_RADIUS_M * np.sin(angle) + 0.01) ** 2


@jit
def geodesic(x: float, y: float, z: float, u: float, v: float, w: float, axis: Any) -> float:
    """Return the length (m) of the geodesic between two places on the ellipsoid.

    Up to 300 km an arc of Euler's radius is good to 0.1 mm and costs a square root. Beyond it, the
    iteration of Vincenty (1975, Direct and inverse solutions of geodesics on the ellipsoid, Survey
    Review 23(176), 88-93) is. It does not converge within about half a degree of the antipode, where
    the arc on a sphere is given.
    """
    dx, dy, dz = u - x, v - y, w - z
    d2 = dx * dx + dy * dy + dz * dz
    if d2 < _EULER_M * _EULER_M:
        return arc_over(np.sqrt(d2), x + u, y + v, z + w, dx, dy, dz, axis)
    up, over = axis[0] * x + axis[1] * y + axis[2] * z, axis[0] * u + axis[1] * v + axis[2] * w
    x, y, z = x - up * axis[0], y - up * axis[1], z - up * axis[2]
    u, v, w = u - over * axis[0], v - over * axis[1], w - over * axis[2]
    cross = axis[0] * (y * w - z * v) + axis[1] * (z * u - x * w) + axis[2] * (x * v - y * u)
    return _vincenty(
        up / _POLAR_M,
        np.sqrt(x * x + y * y + z * z) / SEMI_MAJOR_M,
        over / _POLAR_M,
        np.sqrt(u * u + v * v + w * w) / SEMI_MAJOR_M,
        np.arctan2(abs(cross), x * u + y * v + z * w),
    )


@part
def _vincenty(sin1: float, cos1: float, sin2: float, cos2: float, longitude: float) -> float:
    """Return the geodesic (m) by reduced latitudes (sine, cosine) and longitude difference (radians)."""
    turned = longitude
    for _ in range(60):
        sine, cosine = np.sin(turned), np.cos(turned)
        s = np.sqrt((cos2 * sine) ** 2 + (cos1 * sin2 - sin1 * cos2 * cosine) ** 2)
        c = sin1 * sin2 + cos1 * cos2 * cosine
        sigma = np.arctan2(s, c)
        sin_alpha = cos1 * cos2 * sine / s if s > 0.0 else 0.0
        cos2_alpha = 1.0 - sin_alpha * sin_alpha
        middle = c - 2.0 * sin1 * sin2 / cos2_alpha if cos2_alpha > 1e-15 else 0.0
        k = _FLATTENING / 16.0 * cos2_alpha * (4.0 + _FLATTENING * (4.0 - 3.0 * cos2_alpha))
        new = longitude + (1.0 - k) * _FLATTENING * sin_alpha * (
            sigma + k * s * (middle + k * c * (2.0 * middle * middle - 1.0))
        )
        change, turned = abs(new - turned), new
        if turned > np.pi:
            break
        if change < 1e-12:
            q = cos2_alpha * (A2 / (_POLAR_M * _POLAR_M) - 1.0)
            a = 1.0 + q / 16384.0 * (4096.0 + q * (q * (320.0 - 175.0 * q) - 768.0))
            b = q / 1024.0 * (256.0 + q * (q * (74.0 - 47.0 * q) - 128.0))
            m2 = middle * middle
            third = b / 6.0 * middle * (4.0 * s * s - 3.0) * (4.0 * m2 - 3.0)
            less = b * s * (middle + b / 4.0 * (c * (2.0 * m2 - 1.0) - third))
            return _POLAR_M * a * (sigma - less)
    return MEAN_RADIUS_M * sigma
