"""Packets of eight points that walk the tree together, and the settling of close calls.

A packet's points are the lanes of the processor's vectors: each segment is loaded once and
measured to all eight. `lanes` holds x, y, z, least squared distance, segment and owner of each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_ree.proximity.kernels import (
    A2,
    E2,
    FIELDS,
    LANES,
    MEAN_RADIUS_M,
    TOUCHING_M,
    boxes_near,
    euler_radius,
    first_bit,
    greatest,
    jit,
    lanes_near,
    least,
    part,
    visit,
)
from geo_ree.proximity.segments import ECCENTRICITY_2, SEMI_MAJOR_M

SETTLE_M = 30_000.0
"""Beyond this the shortest chord may not be the shortest geodesic (by over 0.4 mm)."""

_X, _Y, _Z, _BEST, _SEGMENT, _OWNER = (LANES * field for field in range(6))
NODE = 6 * LANES
"""Numbers to a node: the corners of its eight boxes."""

STACK = 512
"""Most boxes that wait in a descent: 7 are left behind on each of at most 12 levels."""

_LARGEST_RADIUS_M = (
    6_400_000.0  # of curvature, anywhere and in any direction: a^2 / b is 6,399.6 km
)
EVERYTHING = 1e15
"""Square of more than any chord, less than that of the gap to an empty box."""

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
    """Distance to the nearest segment of the points of a slice of keys, and which it is."""
    lanes, near = np.empty(6 * LANES), np.empty(LANES)
    stack, bound = np.empty(STACK, dtype=np.int64), np.empty(STACK)
    before = np.full(LANES, -1, dtype=np.int64)
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
    """Walk the tree from the nearest box to the next, as long as any point gains."""
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
    """Length (m) of the geodesic to the foot on a segment; its chord where `settle` follows."""
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
    """2 R asin(c / 2 R) by its series, of Euler's radius at the middle of a chord.

    x, y and z are twice the middle: only their direction counts.
    """
    h = chord / (2.0 * euler_radius(x, y, z, dx, dy, dz, axis))
    q = h * h
    return chord * (1.0 + q * (1.0 / 6.0 + q * (3.0 / 40.0 + q * (15.0 / 336.0))))


@part
def foot_on(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> Any:
    """Foot of a place on a segment, brought up to the ellipsoid along its normal."""
    i = FIELDS * at
    sx, sy, sz = segments[i], segments[i + 1], segments[i + 2]
    dx, dy, dz = segments[i + 3], segments[i + 4], segments[i + 5]
    t = (x - sx) * dx + (y - sy) * dy + (z - sz) * dz
    t = min(max(t * segments[i + 6], 0.0), 1.0)
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
    """Choose among all segments whose chord lets them be the nearest by the geodesic itself."""
    stack, near = np.empty(STACK, dtype=np.int64), np.empty(LANES)
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
    """Square of the longest chord of a geodesic no longer than this."""
    angle = metres / (2.0 * _LARGEST_RADIUS_M)
    if angle > 1.5:
        return EVERYTHING
    return (2.0 * _LARGEST_RADIUS_M * np.sin(angle) + 0.01) ** 2


@jit
def geodesic(x: float, y: float, z: float, u: float, v: float, w: float, axis: Any) -> float:
    """Length (m) of the geodesic between two places on the ellipsoid.

    Euler's radius up to 300 km; beyond, the iteration of Vincenty (1975, Survey Review 23,
    88-93), good to 0.1 mm. It does not converge within about half a degree of the antipode,
    where the arc on a sphere is given.
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
    """Of sines and cosines of reduced latitudes and the difference in longitude (radians)."""
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
            less = (
                b
                * s
                * (
                    middle
                    + b
                    / 4.0
                    * (
                        c * (2.0 * m2 - 1.0)
                        - b / 6.0 * middle * (4.0 * s * s - 3.0) * (4.0 * m2 - 3.0)
                    )
                )
            )
            return _POLAR_M * a * (sigma - less)
    return MEAN_RADIUS_M * sigma
