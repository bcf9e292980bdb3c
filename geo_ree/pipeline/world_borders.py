"""Borders for any region: those of OpenStreetMap where the package has them, Natural Earth's elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.crs import STORE_CRS
from geo_ree.deposits import normalize
from geo_ree.fetching import read
from geo_ree.pipeline.layers import WORLD_BORDERS
from geo_ree.pipeline.regions import box_parts, contains
from geo_ree.settings import REGION, Box

EXACT, WORLD = "starter_countries", WORLD_BORDERS
"""Catalogue ids of the borders to about 100 m, and of those of the world at 1:50 million."""


def borders_of(region: Box) -> gpd.GeoDataFrame:
    """Give the borders of every country that reaches into a region.

    Parameters
    ----------
    region
        West, south, east and north limit, degrees.

    Returns
    -------
    geopandas.GeoDataFrame
        The canonical layer ``countries``: the package's own in its region; elsewhere those of Natural
        Earth, whole. A country that lies in both is joined.

    Examples
    --------
    >>> borders_of((29.0, -2.0, 36.0, 5.0))["country"].isin(["UGA"]).any()
    np.True_
    """
    if contains(REGION, region):
        return starter_borders(load_catalog(), EXACT)
    return _joined()[_touching(_joined(), region)].reset_index(drop=True)


def starter_borders(catalog: Mapping[str, Source], source_id: str) -> gpd.GeoDataFrame:
    """Read one of the two sets of borders of the package as its canonical layer."""
    base = catalog[source_id]
    return normalize(read(base, storage.starter_path(base.reader.member)), base).frame


@cache
def _joined() -> gpd.GeoDataFrame:
    """Join the two sets: inside the package's region its own borders, outside those of the world."""
    catalog = load_catalog()
    exact, world = (starter_borders(catalog, name) for name in (EXACT, WORLD))
    inner = shapely.box(*REGION)
    shapes = world.geometry.to_numpy(copy=True)
    near = shapely.intersects(shapes, inner)
    shapes[near] = shapely.difference(shapes[near], inner)
    own = dict(zip(exact["country"], exact.geometry, strict=True))
    names = dict(zip(exact["country"], exact["name"], strict=True))
    rows = []
    for code, name, shape in zip(world["country"], world["name"], shapes, strict=True):
        parts = [s for s in (own.pop(code, None), shape) if s is not None and not s.is_empty]
        if parts:
            rows.append((code, names.get(code, name), _areas(shapely.union_all(parts))))
    rows += [(code, names[code], shape) for code, shape in own.items()]
    frame = pd.DataFrame(rows, columns=["country", "name", "geometry"])
    return gpd.GeoDataFrame(
        {
            "id": WORLD + ":" + frame["country"],
            "source_id": WORLD,
            "name": frame["name"],
            "country": frame["country"],
            "country_reported": None,
            "kind": "country",
            "complete": True,
        },
        geometry=frame["geometry"].to_numpy(),
        crs=STORE_CRS,
    )


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon(
        parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON].tolist()
    )


def _touching(countries: gpd.GeoDataFrame, region: Box) -> np.ndarray:
    return np.asarray(shapely.intersects(countries.geometry.to_numpy(), box_parts(region)))
