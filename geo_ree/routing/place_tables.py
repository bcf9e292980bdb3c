"""The places that the network of the package is built with, and the countries of points."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.routing.facts_tables import package_facts
from geo_ree.routing.table_rules import read_table

STARTER = Path(str(files("geo_ree") / "starter"))

_COLUMNS = ("name", "kind", "country", "neighbour", "longitude", "latitude")


def read_places() -> pd.DataFrame:
    """Read destinations, gateways and stations; of two rows of one name the first one counts."""
    tables = [
        package_facts("destinations"),
        read_gateways(),
        package_facts("road_gateways").assign(kind="road_border"),
        package_facts("stations").assign(kind="station"),
    ]
    rows = pd.concat([table.reindex(columns=[*_COLUMNS], fill_value="") for table in tables])
    rows = rows.dropna(subset=["longitude", "latitude"])
    return rows.drop_duplicates("name", ignore_index=True)


def read_gateways() -> pd.DataFrame:
    """Read the rail gateways and sea ports of the starter."""
    table = read_table(STARTER / "gateways.csv", ("country_reported",))
    table = table.rename(columns={"country_reported": "country"})
    numbers = {c: pd.to_numeric(table[c]) for c in ("longitude", "latitude")}
    return table.assign(**numbers)


@lru_cache(maxsize=1)
def read_world() -> gpd.GeoDataFrame:
    """Read the countries of the world, by ISO 3166-1 alpha-3 code."""
    return gpd.read_parquet(STARTER / "world.parquet").set_index("native_id")


def country_codes(xy: Floats) -> NDArray[np.object_]:
    """Find the country of points (n, 2); "" at sea."""
    countries = read_world()
    unique, back = np.unique(xy, axis=0, return_inverse=True)
    tree = shapely.STRtree(shapely.points(unique))
    # a polygon is prepared once for all points that it may contain
    country, point = tree.query(countries.geometry.to_numpy(), predicate="contains")
    codes = np.full(len(unique), "", dtype=object)
    codes[point] = countries.index.to_numpy(object)[country]
    return np.asarray(codes[back.ravel()])
