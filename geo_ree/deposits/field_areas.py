"""The surroundings of an ore field: where a deposit of the field may be that has no coordinate."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS, destination
from geo_ree.deposits.districts import FIELD_KM

_AZIMUTHS = np.arange(0.0, 360.0, 2.0)
_NAMED = 3


def add_field_areas(areas: gpd.GeoDataFrame, deposits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add an area of kind ``ore_field`` for each deposit without a coordinate in a field with placed ones.

    Parameters
    ----------
    areas
        From `geo_ree.deposits.distances.tabulate_areas`.
    deposits
        Placed, with ``district`` (see `geo_ree.deposits.districts`); without that column there is
        no such area.

    Returns
    -------
    geopandas.GeoDataFrame
        The areas, the new ones at the end. Each is what is within `FIELD_KM` of a placed deposit of the
        field, cut to the oblast that the source names, else to the country. There is none
        where that leaves nothing, or where published distances say more.

    Examples
    --------
    >>> deposits = gpd.GeoDataFrame(
    ...     {"id": ["a", "b"], "name": ["Kutessay II", "Kuperlisai"], "district": "Aktyuz"},
    ...     geometry=[shapely.Point(76.1, 42.8), None], crs=4326)
    >>> areas = gpd.GeoDataFrame(
    ...     {"deposit": ["b"], "name": ["Kuperlisai"], "kind": ["country"], "evidence": ["KGZ"],
    ...      "source": [None]}, geometry=[shapely.box(69, 39, 80, 43)], crs=4326)
    >>> add_field_areas(areas, deposits)["evidence"].tolist()
    ['KGZ', '40 km around Kutessay II, of the ore field Aktyuz']
    """
    if "district" not in deposits:
        return areas
    blank = deposits.geometry.isna() | deposits.geometry.is_empty
    placed = deposits[~blank & deposits["district"].notna()]
    rows = []
    for deposit, name, field in deposits.loc[blank, ["id", "name", "district"]].itertuples(
        index=False
    ):
        others = placed[placed["district"] == field]
        bound = _bound(areas[areas["deposit"] == deposit])
        if bound is None or others.empty:
            continue
        area = shapely.intersection(surroundings(others.geometry), bound)
        if area.area > 0:
            text = f"{FIELD_KM:g} km around {_list(others['name'])}, of the ore field {field}"
            rows.append((deposit, name, "ore_field", text, None, area))
    if not rows:
        return areas
    columns = ["deposit", "name", "kind", "evidence", "source", "geometry"]
    added = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), crs=STORE_CRS)
    return gpd.GeoDataFrame(pd.concat([areas, added], ignore_index=True), crs=STORE_CRS)


def surroundings(places: gpd.GeoSeries) -> shapely.Geometry:
    """What is within `FIELD_KM` of any of the places, along the ellipsoid."""
    discs = []
    for lon, lat in zip(places.x, places.y, strict=True):
        n = len(_AZIMUTHS)
        ring = destination(
            np.full(n, lon), np.full(n, lat), _AZIMUTHS, np.full(n, 1000.0 * FIELD_KM)
        )
        discs.append(shapely.Polygon(np.column_stack(ring)))
    return shapely.union_all(discs)


def _bound(own: gpd.GeoDataFrame) -> shapely.Geometry | None:
    """The oblast that the source names, else the country; None where distances are published."""
    if own["kind"].isin(("feasible", "contradicting")).any():
        return None
    for kind in ("admin_area", "country"):
        shapes = own.geometry[(own["kind"] == kind) & own.geometry.notna()]
        if len(shapes):
            return shapes.iloc[0]
    return None


def _list(names: pd.Series) -> str:
    shown = names.astype(str).tolist()
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return ", ".join(shown[:_NAMED]) + more
