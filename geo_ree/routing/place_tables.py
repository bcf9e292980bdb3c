"""The places and legs that the network of the package is built with, and countries of points."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.routing.facts_tables import read_facts

GATEWAYS = Path(str(files("geo_ree") / "starter" / "gateways.csv"))

COLUMNS = ("name", "kind", "country", "neighbour", "longitude", "latitude")
"""What is read of a table of places; a neighbour makes a gateway."""


def read_places() -> pd.DataFrame:
    """Read destinations, gateways and stations; of two rows of one name the first one counts."""
    tables = [
        read_facts("destinations"),
        read_gateways(),
        read_facts("road_gateways").assign(kind="road_border"),
        read_facts("stations").assign(kind="station"),
    ]
    rows = pd.concat([_placed(table) for table in tables], ignore_index=True)
    return rows.drop_duplicates("name", ignore_index=True)


def read_gateways() -> pd.DataFrame:
    """Read the rail gateways and sea ports of the starter."""
    table = _read(GATEWAYS).rename(columns={"country_reported": "country"})
    numbers = {c: pd.to_numeric(table[c]) for c in ("longitude", "latitude")}
    return table.assign(**numbers)


def read_legs() -> pd.DataFrame:
    """Read the ferry and sea legs."""
    return read_facts("legs")


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _placed(table: pd.DataFrame) -> pd.DataFrame:
    numbers = {c: pd.to_numeric(table[c], errors="coerce") for c in ("longitude", "latitude")}
    rows = table.reindex(columns=[*COLUMNS], fill_value="").assign(**numbers)
    return rows.dropna(subset=["longitude", "latitude"])


def country_codes(xy: Floats, countries: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Find the country of points (n, 2); "" at sea."""
    unique, back = np.unique(xy, axis=0, return_inverse=True)
    tree = shapely.STRtree(shapely.points(unique))
    # a polygon is prepared once for all points that it may contain
    country, point = tree.query(countries.geometry.to_numpy(), predicate="contains")
    codes = np.full(len(unique), "", dtype=object)
    codes[point] = countries["native_id"].to_numpy(object)[country]
    return np.asarray(codes[back.ravel()])
