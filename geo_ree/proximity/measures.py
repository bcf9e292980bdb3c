"""Distances from deposits to every target, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.search.segments import foot_points
from geo_ree.proximity.target_index import Integers, TargetIndex, Words, numbers
from geo_ree.proximity.targets import Target
from geo_ree.settings import Box

WATER_WORDS = {
    "fresh": "fresh water",
    "brackish": "brackish water",
    "salt": "salt water",
    "mixed": "partly fresh and partly salt water",
    "unknown": "quality unknown",
}
"""Quality of water in words."""


def measure(
    deposits: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    targets: Mapping[str, Target] | None = None,
    coverage: Mapping[str, frozenset[str]] | None = None,
    regions: Mapping[str, Sequence[Box]] | None = None,
    labels: Mapping[str, str] | None = None,
    index: TargetIndex | None = None,
    feet: bool = False,
) -> pd.DataFrame:
    """Measure geodesic distances from deposits to infrastructure.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits`` in any reference system, each with a coordinate, with the
        columns ``country``, ``position_error_m`` and ``precision_class``.
    layers
        Canonical layers by name.
    targets, coverage, regions
        See `TargetIndex`. Outside the region (40-120 E, 29-56 N) give the boxes or the countries
        that your layers cover; what lies across the edge of the region does not count.
    labels
        source_id -> title of the source, shown with the name of the nearest feature.
    index
        An index built from the same layers before, which saves building it again.
    feet
        Add the point of each nearest feature that is nearest to the deposit.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`, for each target t: ``dist_<t>_km``, to the deposit's own
        country unless the target says otherwise; ``err_<t>_km``, the position error of the deposit
        plus the lateral or position error of the feature, NaN where the deposit's is unknown;
        ``near_<t>``, name, country and source of the nearest feature, and ``near_<t>_id``, its id;
        ``unsure_<t>_km``,
        ``err_unsure_<t>_km`` and ``near_unsure_<t>``, the same of a line of unknown course that may
        be nearer; ``abroad_<t>_km`` and ``near_abroad_<t>``; with `feet` also ``foot_<t>_lon`` and
        ``foot_<t>_lat``, degrees.
        Unknown is NaN or None. A layer that is absent makes its target unknown everywhere.

    Raises
    ------
    SchemaError
        When there is no target; when a column or a reference system is missing; when a deposit has
        no coordinate, is not a point, or occurs twice in the index.

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
    made = index or TargetIndex(layers, targets, coverage=coverage, regions=regions)
    lon, lat = deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy()
    country = deposits["country"].astype(object).to_numpy()
    own_error = pd.to_numeric(deposits["position_error_m"]).to_numpy(np.float64, na_value=np.nan)
    points = deposits.geometry.to_numpy()
    columns: dict[str, object] = {}
    for name, target in made.targets.items():
        found = made.nearest(name, lon, lat, country)
        # The coordinate of a town, given for a deposit near it, is 0 km from that town: no distance.
        unknown = deposits["precision_class"].isin(target.unknown_for_precision).to_numpy()
        distance = np.where(unknown, np.nan, found.distance_km)
        error = own_error / 1000.0 + found.error_km
        row = np.where(np.isnan(distance), -1, found.row)
        columns[f"dist_{name}_km"] = distance
        columns[f"err_{name}_km"] = np.where(np.isnan(distance), np.nan, error)
        columns[f"near_{name}"] = _describe(made, name, row, points, labels or {})
        columns[f"near_{name}_id"] = _ids(made, name, row)
        if np.isfinite(target.max_lateral_error_km):
            beside = np.where(row >= 0, found.unsure_row, -1)
            columns[f"unsure_{name}_km"] = np.where(beside >= 0, found.unsure_km, np.nan)
            columns[f"err_unsure_{name}_km"] = np.where(
                beside >= 0, own_error / 1000.0 + found.unsure_error_km, np.nan
            )
            columns[f"near_unsure_{name}"] = _describe(made, name, beside, points, labels or {})
        if feet:
            features = _features(made, name, row)
            columns[f"foot_{name}_lon"], columns[f"foot_{name}_lat"] = foot_points(
                lon, lat, features
            )
        if target.same_country:
            other = made.nearest(name, lon, lat, country, abroad=True)
            columns[f"abroad_{name}_km"] = other.distance_km
            columns[f"near_abroad_{name}"] = _describe(made, name, other.row, points, labels or {})
    return pd.DataFrame(columns, index=deposits.index)


def check_deposits(deposits: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Check that a table of deposits can be measured from, and return it in degrees.

    Every deposit needs a point and a label of its own; otherwise SchemaError names the first without.
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
            "give each a unique label: deposits.reset_index(drop=True)",
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


def _features(index: TargetIndex, name: str, row: Integers) -> Words:
    """Return the geometries of the nearest features, None where unknown."""
    out = np.full(len(row), None, dtype=object)
    rows, known = index.rows(name), row >= 0
    if rows is not None:
        out[known] = rows.geometry.to_numpy()[row[known]]
    return out


def _ids(index: TargetIndex, name: str, row: Integers) -> Words:
    """Return the ids of the nearest features, None where unknown or where the layer has none."""
    out = np.full(len(row), None, dtype=object)
    rows, known = index.rows(name), row >= 0
    if rows is not None and "id" in rows:
        out[known] = rows["id"].astype(object).to_numpy()[row[known]]
    return out


def _describe(
    index: TargetIndex, name: str, row: Integers, points: Words, labels: Mapping[str, str]
) -> Words:
    """Return name, country and source of the nearest features, None where unknown."""
    out = np.full(len(row), None, dtype=object)
    rows, target = index.rows(name), index.targets[name]
    if rows is None:
        return out
    at = np.flatnonzero(row >= 0)
    found = rows.iloc[row[at]]
    names = index.names(name, row[at], points[at])
    lateral = numbers(found, "lateral_error_km")
    country, source = (found[c].astype(object).to_numpy() for c in ("country", "source_id"))
    quality = water_qualities(index, name, row[at])
    for k, i in enumerate(at):
        where = f" ({country[k]})" if isinstance(country[k], str) else ""
        course = ", course unknown" if lateral[k] > target.max_lateral_error_km else ""
        water = f", {WATER_WORDS[quality[k]]}" if quality is not None else ""
        out[i] = f"{names[k]}{where}{course}{water}, {labels.get(source[k], source[k])}"
    return out


def water_qualities(index: TargetIndex, name: str, row: Integers) -> Words | None:
    """Return what sources call the water of features, ``unknown`` where none does.

    None for a target that is no water; a row number of -1 gives None.
    """
    rows = index.rows(name)
    if rows is None or "quality" not in rows:
        return None
    out = np.full(len(row), None, dtype=object)
    known = row >= 0
    stated = rows["quality"].astype(object).iloc[row[known]]
    out[known] = stated.where(stated.notna(), "unknown").to_numpy()
    return out
