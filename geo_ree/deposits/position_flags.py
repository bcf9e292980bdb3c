"""What can be wrong with a printed position, found from the position and its neighbours.

Each function returns a row per finding with the columns of `FOUND`; ``position`` is the label of
the position in the table.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo_ree.deposits.borders import (
    BORDER_TOLERANCE_KM,
    gap_km,
    locate_points,
    name_country,
    parse_country,
)
from geo_ree.deposits.misprints import MISPRINTS, find_misprints
from geo_ree.deposits.names import name_forms
from geo_ree.deposits.precision import LIMITS
from geo_ree.settings import REGION

FLAGS = (
    "swapped_coordinates",  # in the country that the source names only if swapped
    "wrong_sign",  # likewise, only with the other sign of longitude or latitude
    "contradicts_published_distances",  # outside the area that published distances allow
    "wrong_country",  # in another country than the source names, beyond its own error
    "in_water",  # in a lake, or outside all countries, beyond its own error
    "sources_disagree",  # two positions of one deposit farther apart than their errors explain
    "filing_centroid",  # names of three or more deposits on one coordinate
    "rounded",  # the chosen position is printed to 0.1 degree, or to 15 minutes or more
    "no_position",  # no source gives a position
)
"""The flags, the worst first: the audit is sorted by them."""

LAKE_KINDS = ("lake", "reservoir")

SHORE_TOLERANCE_KM = 2.0
"""A point this close to a lake's shore may lie on land (judgement: shores at 1:10 million are off
by some kilometres, and move)."""

MIN_NAMES = 3
"""Deposits of this many different names on one coordinate make it a filing centroid."""

ROUNDED = {
    "tenth_degree": "printed to 0.1 degree",
    "five_minutes": "printed to 5 minutes",
    "area": "printed to 15 minutes",
    "half_degree": "printed to half a degree",
    "degree": "printed to a whole degree",
}
"""Precision classes of rounded coordinates, in words."""

_MAX_LISTED = 200

FOUND = ("position", "flag", "distance_km", "evidence")


def country_findings(positions: pd.DataFrame, countries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find positions that are misprinted, in another country than the source names, or in the sea.

    `positions` has ``longitude, latitude`` (degrees), ``country_reported`` and ``own_error_m``. Any
    country of the world may be named. One that the layer holds only in part (``complete`` is
    false) cannot show a misprint (`find_misprints`). ``distance_km`` is that to the country that the
    source names (NaN if the layer does not hold it), or to the nearest land.
    """
    shapes = countries.geometry.to_numpy()
    codes = countries["country"].to_numpy(dtype=object)
    lon, lat = (positions[c].to_numpy(dtype=np.float64) for c in ("longitude", "latitude"))
    points = shapely.points(lon, lat)
    inside = locate_points(points, shapes)
    found = codes[inside]
    found[inside < 0] = None
    words = positions["country_reported"]
    named = parse_country(words, countries).to_numpy(dtype=object)
    abroad = name_country(words).mask(pd.notna(named)).to_numpy(dtype=object)
    misprint = find_misprints(lon, lat, words, countries)

    error_km = positions["own_error_m"].to_numpy(dtype=np.float64) / 1000.0
    slack = np.maximum(np.nan_to_num(error_km), BORDER_TOLERANCE_KM)
    here = _well_inside_region(lon, lat, slack)
    rows: list[tuple[object, str, float, str]] = []
    for i in (i for i in range(len(lon)) if named[i] is not None and found[i] != named[i]):
        gap = gap_km(points[i], shapes[codes == named[i]])
        where = f"in {found[i]}" if found[i] else "in no country's polygon"
        text = f"lies {where}, {gap:.1f} km from {named[i]}, which the source names"
        if misprint[i] >= 0 and gap > slack[i]:
            slip = MISPRINTS[misprint[i]]
            text = f"{text}; {slip.undone} it is in {named[i]}"
            rows.append((positions.index[i], slip.flag, gap, text))
        elif found[i] and here[i] and gap > slack[i]:
            rows.append((positions.index[i], "wrong_country", gap, text))
    for i in np.flatnonzero(pd.notna(abroad) & (inside >= 0) & here).tolist():
        text = f"lies in {found[i]}, and the source names {abroad[i]}, which is not in the region"
        rows.append((positions.index[i], "wrong_country", np.nan, text))
    land = shapely.STRtree(shapes)
    for i in np.flatnonzero((inside < 0) & here & (misprint < 0)).tolist():
        gap = gap_km(points[i], shapes[[land.nearest(points[i])]])
        if gap > slack[i]:
            text = f"lies outside all countries, {gap:.1f} km from the nearest land"
            rows.append((positions.index[i], "in_water", gap, text))
    return pd.DataFrame(rows, columns=list(FOUND))


def _well_inside_region(
    lon: NDArray[np.float64], lat: NDArray[np.float64], slack_km: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a point is so far inside the region that the edge, where polygons end, is not near."""
    west, south, east, north = REGION
    tall = slack_km / 111.0
    with np.errstate(divide="ignore"):
        wide = tall / np.maximum(np.cos(np.radians(lat)), 0.01)
    return np.asarray(
        (lon > west + wide) & (lon < east - wide) & (lat > south + tall) & (lat < north - tall)
    )


def lake_findings(positions: pd.DataFrame, water: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Find positions in lakes, farther from the shore (``distance_km``) than their error.

    Rivers, which are lines in the layer ``water``, do not count.
    """
    if water is None or water.empty:
        return pd.DataFrame(columns=list(FOUND))
    areal = water.geometry.geom_type.isin(("Polygon", "MultiPolygon"))
    lakes = water[areal & water["kind"].isin(LAKE_KINDS)]
    points = shapely.points(positions["longitude"].to_numpy(), positions["latitude"].to_numpy())
    at = locate_points(points, lakes.geometry.to_numpy())
    rows: list[tuple[object, str, float, str]] = []
    for i in np.flatnonzero(at >= 0).tolist():
        lake = lakes.iloc[at[i]]
        gap = gap_km(points[i], np.array([lake.geometry.boundary]))
        if gap > max(positions["own_error_m"].iloc[i] / 1000.0, SHORE_TOLERANCE_KM):
            name = lake["name"] if isinstance(lake["name"], str) else "without a name"
            kind = lake["kind"].replace("_", " ")
            text = f"lies in the {kind} {name}, {gap:.1f} km from its shore"
            rows.append((positions.index[i], "in_water", gap, text))
    return pd.DataFrame(rows, columns=list(FOUND))


def centroid_findings(positions: pd.DataFrame) -> pd.DataFrame:
    """Find points shared by deposits of three or more different names: filing points.

    Positions within ``copy_m`` are one point; so are those within ``filing_m`` whose own error is
    larger than that, as they cannot be told apart. Spellings of one name count once
    (`geo_ree.deposits.names`), as do all records of one deposit; records without a name and works
    (a concentrator at its mine) do not count. `positions` has ``deposit, name, longitude,
    latitude, own_error_m``; the result has a row for each position at such a point.
    """
    key = _group_points(positions)
    many = positions.groupby(key)["deposit"].transform("nunique") >= MIN_NAMES
    rows: list[tuple[object, str, float, str]] = []
    for _, heap in positions[many].groupby(key[many], sort=False):
        stems = {_own_stem(names) for _, names in heap.groupby("deposit", sort=False)["name"]} - {
            ""
        }
        if len(stems) >= MIN_NAMES:
            names = ", ".join(dict.fromkeys(n for n in heap["name"] if isinstance(n, str)))
            if len(names) > _MAX_LISTED:
                names = names[: _MAX_LISTED - 1].rstrip() + "…"
            text = f"{len(stems)} names on one coordinate: {names}"
            rows += [(label, "filing_centroid", np.nan, text) for label in heap.index]
    return pd.DataFrame(rows, columns=list(FOUND))


def _own_stem(names: pd.Series) -> str:
    """Stem of the first name of a deposit; "" without one, and for works, which stand at a mine."""
    forms = (form for name in names for form in name_forms(name))
    return next((f.stem for f in forms if f.stem and not (f.nameless or f.works)), "")


def _group_points(positions: pd.DataFrame) -> pd.Series:
    """Number the points at which positions lie: those that cannot be told apart have one number."""
    lon, lat = (
        np.radians(positions[c].to_numpy(dtype=np.float64)) for c in ("longitude", "latitude")
    )
    ball = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    radius_m = 6_371_000.0
    pairs = cKDTree(radius_m * ball).query_pairs(LIMITS["filing_m"], output_type="ndarray")
    away = radius_m * np.linalg.norm(ball[pairs[:, 0]] - ball[pairs[:, 1]], axis=1)
    coarse = positions["own_error_m"].to_numpy(dtype=np.float64) > LIMITS["filing_m"]
    one = (away <= LIMITS["copy_m"]) | coarse[pairs].all(axis=1)
    links = coo_array((np.ones(one.sum()), pairs[one].T), shape=(len(lon), len(lon)))
    return pd.Series(connected_components(links, directed=False)[1], positions.index)


def rounded_findings(positions: pd.DataFrame) -> pd.DataFrame:
    """Find positions printed too coarsely to say more than the district; the distance is the error.

    `positions` has ``precision_class`` as printed, and ``own_error_m``.
    """
    coarse = positions[positions["precision_class"].isin(list(ROUNDED))]
    found = {
        "position": coarse.index,
        "flag": "rounded",
        "distance_km": coarse["own_error_m"] / 1000.0,
        "evidence": coarse["precision_class"].map(ROUNDED),
    }
    return pd.DataFrame(found, columns=list(FOUND)).reset_index(drop=True)
