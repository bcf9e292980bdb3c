"""What a table of deposits must have before anything is measured from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.reach import Integers, Proximity, Words, numbers
from geo_ree.proximity.segments import foot_points
from geo_ree.proximity.targets import Target


def check_deposits(deposits: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Refuse a table of deposits that cannot be measured from, and give it in degrees.

    Parameters
    ----------
    deposits
        Points in any reference system, each with a coordinate, on an index without duplicates.
    columns
        Columns that it must have.

    Returns
    -------
    geopandas.GeoDataFrame
        In `geo_ree.crs.STORE_CRS`.

    Raises
    ------
    SchemaError
        Naming the column or the deposit, and the hint.

    Examples
    --------
    >>> mine = gpd.GeoDataFrame(geometry=[shapely.Point(76, 43)], crs=4326)
    >>> check_deposits(mine, ["country"])
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: the deposits have no column country; give a table of the layer \
deposits, which has it
    """
    lost = [name for name in columns if name not in deposits.columns]
    if lost:
        raise SchemaError(
            f"the deposits have no column {', '.join(lost)}",
            "give a table of the layer deposits, which has it",
        )
    twice = deposits.index[deposits.index.duplicated()]
    if len(twice):
        raise SchemaError(
            f"two deposits have the label {twice[0]!r} in the index",
            "give each a label of its own: deposits.reset_index(drop=True)",
        )
    gaps = deposits.geometry.isna() | deposits.geometry.is_empty
    if gaps.any():
        raise SchemaError(
            f"deposit {deposits.index[gaps][0]} has no coordinate",
            "measure the located ones: deposits[deposits.geometry.notna()]",
        )
    odd = shapely.get_type_id(deposits.geometry.to_numpy()) != 0
    if odd.any():
        raise SchemaError(
            f"deposit {deposits.index[odd][0]} is a {deposits.geometry.iloc[odd.argmax()].geom_type}",
            "give points: deposits.set_geometry(deposits.representative_point())",
        )
    return to_store(deposits, what="the table of deposits")


def measure(
    deposits: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    targets: Mapping[str, Target] | None = None,
    coverage: Mapping[str, frozenset[str]] | None = None,
    labels: Mapping[str, str] | None = None,
    proximity: Proximity | None = None,
    feet: bool = False,
) -> pd.DataFrame:
    """Distances from deposits to infrastructure, over the ellipsoid.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``, each with a coordinate, in any reference system; with
        the columns ``country``, ``position_error_m`` and ``precision_class``.
    layers
        Canonical layers by name.
    targets, coverage
        As for `Proximity`.
    labels
        source_id -> words for people (work and edition), shown behind what was measured to.
    proximity
        Made from the same layers before; saves building the indexes again.
    feet
        Whether to tell also where on each feature the nearest point lies.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`, for each target: ``dist_<t>_km`` (to the deposit's own
        country unless the target says otherwise), ``err_<t>_km`` (position error of the
        deposit plus the feature's ``lateral_error_km`` or position error: the distance is that
        much off at most; NaN where the deposit's is not known), ``near_<t>`` (name, country and
        source), ``abroad_<t>_km`` and ``near_abroad_<t>``; with `feet` also
        ``foot_<t>_lon`` and ``foot_<t>_lat`` (degrees). Unknown is NaN and None. A layer that
        is absent or has no eligible row makes its target unknown everywhere.

    Raises
    ------
    SchemaError
        When there is no target; when a column is missing, or a reference system; when a deposit
        has no coordinate, is no point, or stands twice in the index.

    Examples
    --------
    >>> import shapely
    >>> town = gpd.GeoDataFrame(
    ...     {"name": ["Kemin"], "kind": ["town"], "country": ["KGZ"], "source_id": ["x"],
    ...      "population": [9000]}, geometry=[shapely.Point(75.7, 42.79)], crs=4326)
    >>> mine = gpd.GeoDataFrame(
    ...     {"country": ["KGZ"], "position_error_m": [2000.0], "precision_class": ["arc_minute"]},
    ...     geometry=[shapely.Point(76.12, 42.86)], crs=4326)
    >>> table = measure(mine, {"settlements": town})
    >>> float(table["dist_settlement_km"].round(1)[0]), float(table["err_settlement_km"][0])
    (35.2, 2.0)
    """
    deposits = check_deposits(deposits, ["country", "position_error_m", "precision_class"])
    made = proximity or Proximity(layers, targets, coverage=coverage)
    lon, lat = deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy()
    country = deposits["country"].astype(object).to_numpy()
    own_error = pd.to_numeric(deposits["position_error_m"]).to_numpy(np.float64, na_value=np.nan)
    points = deposits.geometry.to_numpy()
    columns: dict[str, object] = {}
    for name, target in made.targets.items():
        reach = made.reach(name, lon, lat, country)
        unsaid = deposits["precision_class"].isin(target.unknown_for_precision).to_numpy()
        distance = np.where(unsaid, np.nan, reach.distance_km)
        columns[f"dist_{name}_km"] = distance
        columns[f"err_{name}_km"] = np.where(
            np.isnan(distance), np.nan, own_error / 1000.0 + reach.error_km
        )
        near = _names(made, name, reach.position, points, labels or {})
        near[np.isnan(distance)] = None
        columns[f"near_{name}"] = near
        if feet:
            met = _features(made, name, np.where(np.isnan(distance), -1, reach.position))
            columns[f"foot_{name}_lon"], columns[f"foot_{name}_lat"] = foot_points(lon, lat, met)
        if target.same_country:
            other = made.reach(name, lon, lat, country, abroad=True)
            columns[f"abroad_{name}_km"] = other.distance_km
            columns[f"near_abroad_{name}"] = _names(
                made, name, other.position, points, labels or {}
            )
    return pd.DataFrame(columns, index=deposits.index)


def _features(made: Proximity, name: str, position: Integers) -> Words:
    """Geometries of what was measured to; None where nothing was."""
    out = np.full(len(position), None, dtype=object)
    rows, known = made.rows(name), position >= 0
    if rows is not None:
        out[known] = rows.geometry.to_numpy()[position[known]]
    return out


def _names(
    made: Proximity, name: str, position: Integers, points: Words, labels: Mapping[str, str]
) -> Words:
    """Name, country and source of what was measured to; None where nothing was."""
    out = np.full(len(position), None, dtype=object)
    rows, target = made.rows(name), made.targets[name]
    if rows is None:
        return out
    at = np.flatnonzero(position >= 0)
    found = rows.iloc[position[at]]
    names = made.names(name, position[at], points[at])
    lateral = numbers(found, "lateral_error_km")
    told = (found[c].astype(object).to_numpy() for c in ("country", "source_id"))
    for i, word, off, country, source in zip(at, names, lateral, *told, strict=True):
        where = f" ({country})" if isinstance(country, str) else ""
        course = ", course unknown" if off > target.max_lateral_error_km else ""
        out[i] = f"{word}{where}{course}, {labels.get(source, source)}"
    return out
