"""How far deposits lie from the next country: a fact beside the score."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.proximity.index import NearestIndex


def border_columns(
    deposits: gpd.GeoDataFrame, countries: gpd.GeoDataFrame, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Measure the distance from each deposit to the nearest other country.

    Parameters
    ----------
    deposits
        Points with ``country`` (ISO alpha-3) and ``position_error_m``.
    countries
        The canonical layer ``countries``.
    labels
        source_id -> words for people.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`: ``dist_border_km``, geodesic, NaN where the deposit is in no
        country; ``err_border_km``, its position error; ``near_border``, that country and the source.

    Examples
    --------
    >>> import shapely
    >>> pair = gpd.GeoDataFrame(
    ...     {"country": ["KAZ", "KGZ"], "name": ["Kazakhstan", "Kyrgyzstan"], "source_id": "x"},
    ...     geometry=[shapely.box(74.9, 43, 75.1, 44), shapely.box(74.9, 42, 75.1, 43)], crs=4326)
    >>> mine = gpd.GeoDataFrame({"country": ["KAZ"], "position_error_m": [500.0]},
    ...                         geometry=[shapely.Point(75, 43.1)], crs=4326)
    >>> table = border_columns(mine, pair)
    >>> float(table["dist_border_km"].round(1)[0]), table["near_border"][0]
    (11.1, 'Kyrgyzstan (KGZ), x')
    """
    km = pd.Series(np.nan, deposits.index)
    near = pd.Series(None, deposits.index, dtype=object)
    own = deposits["country"].astype(object)
    codes = countries["country"].astype(object)
    for code in own.dropna().unique():
        others = countries[(codes != code).to_numpy()]
        if others.empty:
            continue
        here = (own == code).to_numpy()
        lon, lat = (c.to_numpy()[here] for c in (deposits.geometry.x, deposits.geometry.y))
        metres, row = NearestIndex(others.geometry).query_lonlat(lon, lat)
        km[here] = metres / 1000.0
        near[here] = [_describe(others.iloc[at], labels or {}) for at in row]
    error = pd.to_numeric(deposits["position_error_m"]).to_numpy(np.float64, na_value=np.nan)
    return pd.DataFrame(
        {
            "dist_border_km": km,
            "err_border_km": np.where(km.isna(), np.nan, error / 1000.0),
            "near_border": near,
        }
    )


def _describe(country: pd.Series, labels: Mapping[str, str]) -> str:
    source = str(country["source_id"])
    return f"{country['name']} ({country['country']}), {labels.get(source, source)}"
