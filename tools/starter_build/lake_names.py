"""Names of lakes, and the quality of their water where a source states it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.schema.vocabularies import WATER_QUALITIES
from starter_build.checks import read_checked_csv
from starter_build.product import BuildError

TABLE = Path(__file__).with_name("lakes.csv")
COLUMNS = ("name", "match", "latitude", "longitude", "quality", "statement", "source")
_MATCHED = 0.6
"""Share of a polygon that lies in a lake of Natural Earth of which it is then a part."""


def read_lakes(path: Path) -> list[dict[str, str]]:
    """Read the table of lakes whose quality a source states.

    Raises
    ------
    BuildError
        Naming the line that has another quality, no source, or nothing to find the lake by.
    """
    rows = read_checked_csv(path, COLUMNS)
    for line, row in enumerate(rows, start=2):
        if row["quality"] not in WATER_QUALITIES:
            raise BuildError(
                f"{path.name}, line {line}: quality {row['quality']!r}, expected one of "
                f"{', '.join(WATER_QUALITIES)}"
            )
        if not row["source"] or not (row["match"] or (row["latitude"] and row["longitude"])):
            raise BuildError(
                f"{path.name}, line {line}: {row['name']} needs a source, and a name in Natural "
                "Earth (match) or a coordinate"
            )
    return rows


def name_lakes(
    frame: gpd.GeoDataFrame, named: gpd.GeoDataFrame, stated: list[dict[str, str]], file: str
) -> gpd.GeoDataFrame:
    """Add ``name`` and ``quality``: of Natural Earth's lakes, then of the table of lakes.

    Raises
    ------
    BuildError
        When a lake of the table is found nowhere.
    """
    lakes = frame["kind"].to_numpy() == "lake"
    shapes = frame.geometry.to_numpy()
    name = np.full(len(frame), None, dtype=object)
    quality = np.full(len(frame), None, dtype=object)
    named = named[named["name"].notna()]
    outlines = shapely.make_valid(named.geometry.to_numpy())
    outline, at = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    # A bay or an island's pond is named too: it is part of the lake that the small map draws.
    share = shapely.area(shapely.intersection(outlines[outline], shapes[at])) / shapely.area(
        shapes[at]
    )
    part = (share >= _MATCHED) & lakes[at]
    name[at[part]] = named["name"].to_numpy(dtype=object)[outline[part]]
    known = name.copy()
    for row in stated:
        if row["match"]:
            here = known == row["match"]
        else:
            point = shapely.Point(float(row["longitude"]), float(row["latitude"]))
            here = lakes & shapely.contains(shapes, point)
        if not here.any():
            raise BuildError(f"{TABLE.name}: {row['name']} is no lake of {file}: correct the row")
        name[here], quality[here] = row["name"], row["quality"]
    return frame.assign(name=name, quality=quality)
