"""Shaded relief below the map: three pictures of the starter, the finest over the Tien Shan."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from geo_ree.maps.feature_groups import MapLayer
from geo_ree.settings import REGION, Box
from geo_ree.storage import starter_path

PICTURES: Mapping[str, Box] = MappingProxyType(
    {
        "relief_world.webp": (-24.0, -40.0, 180.0, 80.0),
        "relief.webp": REGION,
        "relief_tien_shan.webp": (66.15, 36.333333, 84.45, 44.7),
    }
)
"""Picture -> its edges; each lies inside the one before and is finer."""

LEVEL = 170
"""Grey of level ground: darker is in shadow, lighter is lit."""


def relief(region: Box = REGION) -> MapLayer:
    """Draw the shaded relief that comes with the package, where it lies in a region.

    The page darkens and lightens the land by the tone of each pixel, in its light and in its dark
    colours. The rows of the pictures are even in Web Mercator, as the map is.

    Examples
    --------
    >>> relief().payload["level"], [p["bounds"] for p in relief().payload["pictures"]][1]
    (170, [[29.0, 40.0], [56.0, 120.0]])
    """
    pictures: list[dict[str, Any]] = []
    for picture, (west, south, east, north) in PICTURES.items():
        if west >= region[2] or east <= region[0] or south >= region[3] or north <= region[1]:
            continue
        image = base64.b64encode(starter_path(picture).read_bytes()).decode()
        pictures.append(
            {
                "image": f"data:image/webp;base64,{image}",
                "bounds": [[south, west], [north, east]],
            }
        )
    return MapLayer("relief", "relief", {"pictures": pictures, "level": LEVEL})
