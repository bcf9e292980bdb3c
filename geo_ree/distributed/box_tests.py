"""The compiled test of which points may have something nearer in a partition of targets."""

from __future__ import annotations

from typing import Any

from geo_ree.proximity.search.kernels import jit


@jit
def reach_boxes(xyz: Any, limits: Any, boxes: Any, out: Any) -> None:
    """Write whether any box lies within the limit (m) of each point.

    `xyz` has four numbers a point, `boxes` six a box: its low corner, then its high one. The first box
    is around the others.
    """
    for i in range(len(limits)):
        x, y, z = xyz[4 * i], xyz[4 * i + 1], xyz[4 * i + 2]
        limit2 = limits[i] * limits[i]
        near = False
        for b in range(len(boxes) // 6):
            at = 6 * b
            dx = max(boxes[at] - x, x - boxes[at + 3], 0.0)
            dy = max(boxes[at + 1] - y, y - boxes[at + 4], 0.0)
            dz = max(boxes[at + 2] - z, z - boxes[at + 5], 0.0)
            near = dx * dx + dy * dy + dz * dz <= limit2
            if near == (b > 0):  # out of the first, or in any other
                break
        out[i] = near
