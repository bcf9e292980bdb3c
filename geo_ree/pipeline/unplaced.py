"""Deposits without a published coordinate: the areas where they may be, and the range of their scores."""

from __future__ import annotations

import zlib
from dataclasses import asdict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geo_ree.crs import GEOD, STORE_CRS, Floats
from geo_ree.errors import ScoreError
from geo_ree.pipeline.sampling import drawn_targets, place_sampler
from geo_ree.proximity import MissingLines, NearestFeatures, TargetIndex
from geo_ree.schema import RANKED_ROLES
from geo_ree.scoring import ScoreModel, Uncertainty, score_range

PLACES = 1_000
"""Places drawn in each area; deposits that share an area share its places."""

RANGE_COLUMNS = (
    "score_worst",
    "score_median",
    "score_best",
    "rank_best",
    "rank_worst",
    "p_lead",
    "area_basis",
    "area_km2",
)

_EQUAL_AREA = "EPSG:6933"


def no_areas() -> gpd.GeoDataFrame:
    """The areas of a run whose positions were not looked for: none."""
    columns = {name: pd.Series([], dtype=object) for name in ("deposit", "kind", "evidence")}
    return gpd.GeoDataFrame(columns, geometry=[], crs=STORE_CRS)


def possible_areas(
    deposits: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, countries: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Give each ranked deposit without a coordinate the area where it may be.

    Returns
    -------
    geopandas.GeoDataFrame
        On the ids: ``country``, ``area_basis`` (in words), ``area_km2`` and geometry. The area is
        where published distances hold, within the country; where they contradict each other, every
        place that some of them allow; else the surroundings of its ore field; else the oblasts
        that the source names, or the whole country.
        A deposit of which nothing is known has no row.
    """
    names = dict(zip(countries["country"], countries["name"], strict=True))
    land = dict(zip(countries["country"], countries.geometry, strict=True))
    blank = deposits.geometry.isna() | deposits.geometry.is_empty
    unplaced = deposits[blank & deposits["role"].isin(RANKED_ROLES)]
    units = dict(zip(unplaced["id"], unplaced["admin1"], strict=True))
    rows = []
    for deposit, country in zip(unplaced["id"], unplaced["country"].astype(object), strict=True):
        own = areas[areas["deposit"] == deposit]
        country_name = names.get(country, country)
        unit, unit_basis = _by_unit(own, units[deposit])
        bounds = [(unit, _either(units[deposit])), (land.get(country), country_name)]
        area, basis = _by_distances(own, [b for b in bounds if b[0] is not None])
        if area is None:
            area, basis = _by_field(own, country_name if unit is None else _either(units[deposit]))
        if area is None:
            area, basis = unit, unit_basis
        if area is None:
            area, basis = _by_country(own, country_name)
        if area is not None:
            rows.append((deposit, country, basis, area))
    frame = pd.DataFrame(rows, columns=["id", "country", "area_basis", "geometry"])
    frame = frame.astype({"id": "str"})  # also where every deposit has a place
    out = gpd.GeoDataFrame(frame, geometry="geometry", crs=STORE_CRS).set_index("id")
    shapes, of = _shapes(out)
    sizes = np.array([geodesic_km2(area) for area in shapes.geometry])
    out.insert(2, "area_km2", sizes[of] if len(out) else np.empty(0))
    return out


def score_unplaced(
    possible: gpd.GeoDataFrame,
    roles: pd.Series,
    ranked: gpd.GeoDataFrame,
    model: ScoreModel,
    *,
    proximity: TargetIndex,
    lines: MissingLines,
    drawn: Uncertainty,
    compared: pd.Series,
    seed: int,
) -> pd.DataFrame:
    """Score deposits over the areas where they may be.

    Parameters
    ----------
    possible
        From `possible_areas`.
    roles
        Id -> role: a deposit is ranked among the ranked deposits of its role.
    ranked
        The ranked deposits with ``role`` and their distances.
    model
        The score model.
    proximity
        The indexed layers, to measure from every drawn place.
    lines
        The model of lines that no source has.
    drawn
        The uncertainty of `ranked`, with its draws kept.
    compared
        On the index of `ranked`: the alternatives that TOPSIS compares.
    seed
        Of the drawn places.

    Returns
    -------
    pandas.DataFrame
        On the ids, columns as in `RANGE_COLUMNS`; the scores are missing where nothing can be
        measured.

    Raises
    ------
    ScoreError
        When the draws were not kept.
    """
    if drawn.drawn is None:
        raise ScoreError("the draws were not kept", "give uncertainty(..., keep_draws=True)")
    shapes, of = _shapes(possible)
    lon, lat = _places_of(shapes, seed)
    country = shapes["country"].to_numpy(dtype=object)
    unseen = lines.measure(lon, lat, country, targets=drawn_targets(model))
    measured = [
        _measured(proximity, model, *place)
        for place in zip(lon, lat, shapes["country"], strict=True)
    ]
    found: dict[tuple[int, str], dict[str, object]] = {}
    keys = [(int(i), str(roles[deposit])) for deposit, i in zip(possible.index, of, strict=True)]
    for i, role in dict.fromkeys(keys):
        same = (ranked["role"] == role).to_numpy()
        spread = score_range(
            pd.DataFrame({column: near.distance_km for column, near in measured[i].items()}),
            ranked[same],
            model,
            drawn=drawn.drawn.select(np.flatnonzero(same)),
            sample=place_sampler(measured[i], unseen.select(i)),
            compared=compared[same],
            compared_too=bool(compared[same].any()),
            seed=seed,
        )
        found[i, role] = asdict(spread) if spread else {}
    table = pd.DataFrame(
        [found[key] for key in keys], index=possible.index, columns=list(RANGE_COLUMNS)
    )
    for name in ("area_basis", "area_km2"):
        table[name] = possible[name]
    return table.astype({"rank_best": "Int64", "rank_worst": "Int64"})


def random_places(
    area: shapely.Geometry, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw places evenly over an area: longitudes and latitudes, each of shape (count,).

    Drawn in an equal-area projection (EPSG:6933), so that every square kilometre gets as many.

    Examples
    --------
    >>> lon, lat = random_places(shapely.box(60, 40, 61, 41), 5, np.random.default_rng(1))
    >>> bool(((lon > 60) & (lon < 61) & (lat > 40) & (lat < 41)).all())
    True
    """
    shapely.prepare(area)
    there = Transformer.from_crs(STORE_CRS, _EQUAL_AREA, always_xy=True)
    west, south, east, north = area.bounds
    (x0, x1), (y0, y1) = there.transform([west, east], [south, north])
    kept: list[Floats] = []
    while sum(len(k) for k in kept) < count:
        xy = rng.random((4 * count, 2)) * [x1 - x0, y1 - y0] + [x0, y0]
        lonlat = np.column_stack(there.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
        kept.append(lonlat[shapely.contains_xy(area, lonlat)])
    places = np.concatenate(kept)[:count]
    return places[:, 0], places[:, 1]


def geodesic_km2(area: shapely.Geometry) -> float:
    """Area of polygons on the ellipsoid.

    Examples
    --------
    >>> round(geodesic_km2(shapely.box(60, 40, 61, 41)))
    9413
    """
    return abs(float(GEOD.geometry_area_perimeter(shapely.orient_polygons(area))[0])) / 1e6


def _by_distances(
    own: gpd.GeoDataFrame, bounds: list[tuple[shapely.Geometry, object]]
) -> tuple[shapely.Geometry | None, str]:
    """Where distances hold, within the first of the bounds that leaves something of it."""
    rows = own[own["kind"].isin(("feasible", "contradicting"))]
    if rows.empty:
        return None, ""
    area, within = shapely.union_all(rows.geometry.to_numpy()), ""
    for bound, name in bounds:
        inside = shapely.intersection(area, bound)
        if inside.area > 0:
            area, within = inside, f", within {name}"
            break
    if (rows["kind"] == "contradicting").any():
        basis = "where some of its published distances hold; they contradict each other"
        return area, f"{basis}{within}"
    return area, f"where its published distance holds: {rows['evidence'].iloc[0]}{within}"


def _by_field(own: gpd.GeoDataFrame, within: object) -> tuple[shapely.Geometry | None, str]:
    rows = own[own["kind"] == "ore_field"]
    if rows.empty:
        return None, ""
    return rows.geometry.iloc[0], f"{rows['evidence'].iloc[0]}, within {within}"


def _by_unit(own: gpd.GeoDataFrame, names: object) -> tuple[shapely.Geometry | None, str]:
    rows = own[(own["kind"] == "admin_area") & own.geometry.notna()]
    if rows.empty:
        return None, ""
    words = rows["evidence"].iloc[0]
    return rows.geometry.iloc[0], f'all of {_either(names)}: the source names "{words}"'


def _either(names: object) -> str:
    return " or ".join(str(names).split(";"))


def _by_country(own: gpd.GeoDataFrame, name: object) -> tuple[shapely.Geometry | None, str]:
    rows = own[own["kind"] == "country"]
    if rows.empty:
        return None, ""
    words = own.loc[own["kind"] == "admin_area", "evidence"].tolist()
    why = f'no outline of "{words[0]}" is available' if words else "nothing narrower is published"
    return rows.geometry.iloc[0], f"all of {name}: {why}"


def _shapes(possible: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, NDArray[np.intp]]:
    """The distinct areas, and the position of each deposit's area among them."""
    of, _ = pd.factorize(possible.geometry.to_wkb())
    return possible.iloc[
        [int(np.flatnonzero(of == i)[0]) for i in range(of.max(initial=-1) + 1)]
    ], of


def _places_of(shapes: gpd.GeoDataFrame, seed: int) -> tuple[Floats, Floats]:
    """Places of each area, shape (areas, places); the stream depends on the shape alone."""
    lon, lat = np.empty((2, len(shapes), PLACES))
    for i, area in enumerate(shapes.geometry):
        rng = np.random.default_rng([seed, zlib.crc32(shapely.to_wkb(area))])
        lon[i], lat[i] = random_places(area, PLACES, rng)
    return lon, lat


def _measured(
    proximity: TargetIndex, model: ScoreModel, lon: Floats, lat: Floats, country: object
) -> dict[str, NearestFeatures]:
    """Column of the model -> what is nearest to each place; unknown where it is no distance."""
    codes = np.full(len(lon), country, dtype=object)
    found = {column: NearestFeatures.unknown(len(lon)) for column in model.columns}
    for name in proximity.targets:
        column = f"dist_{name}_km"
        if column in found:
            found[column] = proximity.nearest(name, lon, lat, codes)
    return found
