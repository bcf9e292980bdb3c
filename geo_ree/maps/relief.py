"""Shaded relief below the map: two pictures of the starter, the finer one over the Tien Shan."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from geo_ree.maps.feature_groups import MapLayer
from geo_ree.reading.geotiffs import open_geotiff
from geo_ree.settings import REGION, Box
from geo_ree.storage import starter_path

PICTURES: Mapping[str, str] = MappingProxyType(
    {
        "relief.webp": "elevation.tif",
        "relief_tien_shan.webp": "elevation_tien_shan.tif",
    }
)
"""Picture -> the raster that it was drawn from, whose edges it has."""


def relief(region: Box = REGION) -> MapLayer:
    """Draw the shaded relief that comes with the package, where it lies in a region.

    The pictures are grey, white where the ground is level; the page multiplies them with the land
    below. Their rows are even in Web Mercator, as Leaflet stretches them.

    Examples
    --------
    >>> [picture["bounds"] for picture in relief().payload["pictures"]][0]
    [[29.0, 40.0], [56.0, 120.0]]
    """
    pictures: list[dict[str, Any]] = []
    for picture, raster in PICTURES.items():
        with open_geotiff(starter_path(raster)) as opened:
            west, south, east, north = (round(edge, 6) for edge in opened.bounds)
        if west >= region[2] or east <= region[0] or south >= region[3] or north <= region[1]:
            continue
        image = base64.b64encode(starter_path(picture).read_bytes()).decode()
        pictures.append(
            {
                "image": f"data:image/webp;base64,{image}",
                "bounds": [[south, west], [north, east]],
            }
        )
    return MapLayer("relief", "relief", {"pictures": pictures})
