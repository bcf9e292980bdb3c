"""What can be wrong with a printed position, told from the position itself and its neighbours."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import STORE_CRS
from geo_ree.deposits.borders import BORDER_TOLERANCE_KM, countries_at, gap_km, named_country
from geo_ree.deposits.names import name_forms
from geo_ree.settings import REGION

FLAGS = (
    "swapped_coordinates",  # in the country that the source names only with the two interchanged
    "contradicts_published_distances",  # outside the area that published distances allow
    "wrong_country",  # in another country than the source names, beyond its own error
    "in_water",  # in a lake, or outside all countries, beyond its own error
    "sources_disagree",  # two positions of one deposit farther apart than their errors explain
    "filing_centroid",  # names of three or more deposits on one coordinate
    "rounded",  # the chosen position is printed to 0.1 degree, or to 15 minutes or more
    "no_position",  # no source gives a position
)
"""The vocabulary of flags, the worst first: the audit is sorted by it."""

LAKE_KINDS = ("lake", "salt_lake", "reservoir")

SHORE_TOLERANCE_KM = 2.0
"""A point no farther than this from a lake's shore may lie on land (judgement: shores at 1:10
million are off by some kilometres, and move)."""

LEAST_NAMES = 3
"""Deposits of so many different names on one coordinate make it a filing centroid."""

ROUNDED = {
    "tenth_degree": "printed to 0.1 degree",
    "area": "printed to 15 minutes, half a degree or a degree",
}
"""Precision classes of rounded coordinates, in words."""

_SAME_DEG = 6
"""Decimals of a degree to which two coordinates are one (0.1 m)."""

Mask = NDArray[np.bool_]

FOUND = ("position", "flag", "distance_km", "evidence")
"""Columns of what each search gives: a row a finding, ``position`` being the label in the table."""


def country_findings(positions: pd.DataFrame, countries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find positions with interchanged coordinates, in another country, or in the sea.

    Parameters
    ----------
    positions
        ``longitude, latitude`` (degrees), ``country_reported`` and ``own_error_m``.
    countries
        The canonical layer ``countries``; one of which only a part is there (``complete``) cannot
        say that coordinates are interchanged.

    Returns
    -------
    pandas.DataFrame
        Columns as in `FOUND`; ``distance_km`` is the way to the country that the source names, or
        to the nearest land.

    Examples
    --------
    >>> box = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"], "complete": True},
    ...                        geometry=[shapely.box(50, 41, 80, 55)], crs=4326)
    >>> swapped = pd.DataFrame({"longitude": [51.71], "latitude": [60.73],
    ...                         "country_reported": ["Kazakhstan"], "own_error_m": [500.0]})
    >>> country_findings(swapped, box)["flag"].tolist()
    ['swapped_coordinates']
    """
    shapes = countries.geometry.to_numpy()
    codes = countries["country"].to_numpy(dtype=object)
    lon, lat = (positions[c].to_numpy(dtype=np.float64) for c in ("longitude", "latitude"))
    points = shapely.points(lon, lat)
    inside = countries_at(points, shapes)
    found = codes[inside]
    found[inside < 0] = None
    named = named_country(positions["country_reported"], countries).to_numpy(dtype=object)
    swapped = _swapped(lon, lat, found, named, countries)
    error_km = positions["own_error_m"].to_numpy(dtype=np.float64) / 1000.0
    slack = np.maximum(np.nan_to_num(error_km), BORDER_TOLERANCE_KM)
    here = _within_region(lon, lat, slack)
    rows: list[tuple[object, str, float, str]] = []
    told_by = [i for i in range(len(lon)) if named[i] is not None and found[i] != named[i]]
    for i in told_by:
        gap = gap_km(points[i], shapes[codes == named[i]])
        where = f"in {found[i]}" if found[i] else "in no country's polygon"
        told = f"lies {where}, {gap:.1f} km from {named[i]}, which the source names"
        if swapped[i] and gap > slack[i]:
            back = f"with latitude and longitude interchanged it is in {named[i]}"
            rows.append((positions.index[i], FLAGS[0], gap, f"{told}; {back}"))
        elif found[i] and here[i] and gap > slack[i]:
            rows.append((positions.index[i], "wrong_country", gap, told))
    land = shapely.STRtree(shapes)
    for i in np.flatnonzero((inside < 0) & here & ~swapped).tolist():
        gap = gap_km(points[i], shapes[[land.nearest(points[i])]])
        if gap > slack[i]:
            told = f"lies outside all countries, {gap:.1f} km from the nearest land"
            rows.append((positions.index[i], "in_water", gap, told))
    return pd.DataFrame(rows, columns=list(FOUND))


def _swapped(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    found: NDArray[np.object_],
    named: NDArray[np.object_],
    countries: gpd.GeoDataFrame,
) -> Mask:
    whole = countries["country"][countries["complete"].astype(bool)].tolist()
    suspect = (found != named) & np.isin(named.astype(str), whole) & (np.abs(lon) <= 90.0)
    out = np.zeros(len(lon), dtype=bool)
    at = np.flatnonzero(suspect)
    again = countries_at(shapely.points(lat[at], lon[at]), countries.geometry.to_numpy())
    codes = countries["country"].to_numpy(dtype=object)
    out[at] = (again >= 0) & (codes[again] == named[at])
    return out


def _within_region(
    lon: NDArray[np.float64], lat: NDArray[np.float64], slack_km: NDArray[np.float64]
) -> Mask:
    """Whether a point is so far inside the region that its edge, where countries end, is no border."""
    west, south, east, north = REGION
    tall = slack_km / 111.0
    with np.errstate(divide="ignore"):
        wide = tall / np.maximum(np.cos(np.radians(lat)), 0.01)
    return np.asarray(
        (lon > west + wide) & (lon < east - wide) & (lat > south + tall) & (lat < north - tall)
    )


def lake_findings(positions: pd.DataFrame, water: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Find positions in lakes, farther from the shore than their error.

    Parameters
    ----------
    positions
        ``longitude, latitude`` (degrees) and ``own_error_m``.
    water
        The canonical layer ``water``; lines in it say nothing. None where there is none.

    Returns
    -------
    pandas.DataFrame
        Columns as in `FOUND`; ``distance_km`` is the way to the shore.

    Examples
    --------
    >>> lake = gpd.GeoDataFrame({"name": ["Balkhash"], "kind": ["lake"]},
    ...                         geometry=[shapely.box(74, 46, 76, 47)], crs=4326)
    >>> wet = pd.DataFrame({"longitude": [75.0], "latitude": [46.5], "own_error_m": [500.0]})
    >>> lake_findings(wet, lake)["distance_km"].round().tolist()
    [56.0]
    """
    if water is None or water.empty:
        return pd.DataFrame(columns=list(FOUND))
    areal = water.geometry.geom_type.isin(("Polygon", "MultiPolygon"))
    lakes = water[areal & water["kind"].isin(LAKE_KINDS)]
    points = shapely.points(positions["longitude"].to_numpy(), positions["latitude"].to_numpy())
    at = countries_at(points, lakes.geometry.to_numpy())
    rows: list[tuple[object, str, float, str]] = []
    for i in np.flatnonzero(at >= 0).tolist():
        lake = lakes.iloc[at[i]]
        gap = gap_km(points[i], np.array([lake.geometry.boundary]))
        if gap > max(positions["own_error_m"].iloc[i] / 1000.0, SHORE_TOLERANCE_KM):
            name = lake["name"] if isinstance(lake["name"], str) else "without a name"
            kind = lake["kind"].replace("_", " ")
            told = f"lies in the {kind} {name}, {gap:.1f} km from its shore"
            rows.append((positions.index[i], "in_water", gap, told))
    return pd.DataFrame(rows, columns=list(FOUND))


def centroid_findings(positions: pd.DataFrame) -> pd.DataFrame:
    """Find coordinates on which deposits of three or more different names lie.

    Spellings of one name count once (`geo_ree.deposits.names`), as do all records of one deposit;
    records without a name do not count.

    Parameters
    ----------
    positions
        ``longitude, latitude`` (degrees), ``deposit`` and ``name``.

    Returns
    -------
    pandas.DataFrame
        Columns as in `FOUND`, a row for each position on such a coordinate; ``distance_km`` NaN.

    Examples
    --------
    >>> heap = pd.DataFrame({"longitude": 75.5, "latitude": 42.5, "deposit": ["a", "b", "c"],
    ...                      "name": ["Kutessay II", "Aktyuz", "Kyzyl-Ompol"]})
    >>> len(centroid_findings(heap))
    3
    """
    place = positions[["longitude", "latitude"]].round(_SAME_DEG)
    key = place.groupby(["longitude", "latitude"], sort=False).ngroup()
    many = positions.groupby(key)["deposit"].transform("nunique") >= LEAST_NAMES
    rows: list[tuple[object, str, float, str]] = []
    for _, heap in positions[many].groupby(key[many], sort=False):
        stems = {str(d): _stem(names) for d, names in heap.groupby("deposit", sort=False)["name"]}
        names = {stem for stem in stems.values() if stem}
        if len(names) >= LEAST_NAMES:
            shown = ", ".join(dict.fromkeys(str(n) for n in heap["name"] if isinstance(n, str)))
            told = f"{len(names)} names on one coordinate: {_short(shown)}"
            rows += [(label, "filing_centroid", np.nan, told) for label in heap.index]
    return pd.DataFrame(rows, columns=list(FOUND))


def _stem(names: pd.Series) -> str:
    """Stem of the first name of a deposit that names one."""
    forms = [f for n in names for f in name_forms(n) if f.stem and not f.nameless]
    return forms[0].stem if forms else ""


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def rounded_findings(positions: pd.DataFrame) -> pd.DataFrame:
    """Find positions that are printed too coarsely to say more than the district.

    Parameters
    ----------
    positions
        ``precision_class`` as printed, and ``own_error_m``.

    Returns
    -------
    pandas.DataFrame
        Columns as in `FOUND`; ``distance_km`` is the error.

    Examples
    --------
    >>> two = pd.DataFrame({"precision_class": ["area", "arc_second"], "own_error_m": [36e3, 500.0]})
    >>> rounded_findings(two)[["position", "distance_km"]].values.tolist()
    [[0.0, 36.0]]
    """
    coarse = positions[positions["precision_class"].isin(list(ROUNDED))]
    found = {
        "position": coarse.index,
        "flag": "rounded",
        "distance_km": coarse["own_error_m"] / 1000.0,
        "evidence": coarse["precision_class"].map(ROUNDED),
    }
    return pd.DataFrame(found, columns=list(FOUND)).reset_index(drop=True)


def swapped_back(positions: pd.DataFrame) -> gpd.GeoSeries:
    """Points of positions with latitude and longitude interchanged.

    Examples
    --------
    >>> swapped_back(pd.DataFrame({"longitude": [51.71], "latitude": [60.73]})).iloc[0].wkt
    'POINT (60.73 51.71)'
    """
    points = shapely.points(positions["latitude"].to_numpy(), positions["longitude"].to_numpy())
    return gpd.GeoSeries(points, index=positions.index, crs=STORE_CRS)
