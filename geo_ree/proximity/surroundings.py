"""What lies around deposits beside infrastructure: protected areas, faults, mines, tailings, water stress.

Facts beside the score, never in it. A layer that does not cover the country of a deposit says
nothing of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.layer_extents import Bools, LayerExtents, Words
from geo_ree.proximity.measures import check_deposits
from geo_ree.proximity.region_edge import within_box
from geo_ree.settings import Box

logger = logging.getLogger(__name__)

DISTANCES: Mapping[str, str] = {
    "protected_area": "protected_areas",
    "active_fault": "active_faults",
    "mining_area": "mining_areas",
    "tailings": "tailings",
}
"""Name in the columns -> the layer that is measured to."""

TAILINGS_KM = 50.0
"""Farther tailings are unknown: every list of them is incomplete, so that the nearest means nothing."""

SURE_KM = 100.0
"""Distances are sure up to this: a longer one is an upper limit, for the layer ends somewhere beyond."""

_HALF_TURN = 180.0
_UNNAMED = "without a name"
_STRICTEST_FIRST = ("Ia", "Ib", "I", "II", "national park", "III", "IV", "V", "VI")
_TELLING_KINDS = ("national_park", "nature_reserve")
_OF_LICENCE = ("code", "name", "holder", "kind", "status")


def measure_surroundings(
    deposits: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    coverage: Mapping[str, frozenset[str]] | None = None,
    regions: Mapping[str, Sequence[Box]] | None = None,
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Measure what lies around deposits beside infrastructure: the facts that red flags read.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits`` in any reference system, each with a coordinate, with the
        column ``country``.
    layers
        Canonical layers by name; of these ``protected_areas``, ``active_faults``,
        ``mining_areas``, ``tailings``, ``water_stress`` and ``licences`` are read, and ``countries``
        for what a box covers.
    coverage, regions
        Layer -> countries, and boxes, that its sources cover; see `TargetIndex`.
    labels
        source_id -> title of the source, shown with the name of the nearest feature.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`: ``dist_protected_area_km``, ``dist_active_fault_km``,
        ``dist_mining_area_km`` and ``dist_tailings_km``, geodesic distances (km) to the nearest
        feature of any country, 0 within an area, with its name and source in ``near_protected_area``
        and so on; ``protected_area``, the names of the areas that hold the point, the smallest first,
        and ``protected_area_category``, the strictest of theirs; ``water_stress``, the class of the basin, with
        its source in ``near_water_stress``; ``licence_area``, number, holder, kind and status of the
        licences whose area holds the point, with their source in ``near_licence_area``.
        NaN and None where the layer is absent, does not cover the country, or where something
        nearer may lie beyond what it covers; ``protected_area`` is blank there and where there is
        none. Beyond 100 km a distance is an upper limit.

    Raises
    ------
    SchemaError
        When a deposit has no coordinate, is not a point, or occurs twice in the index.

    Notes
    -----
    An area of which a part is wider than half a turn was drawn across the antimeridian the wrong
    way round; the part is left out, with a warning. Other invalid areas are repaired.

    Examples
    --------
    >>> park = gpd.GeoDataFrame({"name": ["Made-up Reserve"], "source_id": ["x"]},
    ...     geometry=[shapely.box(75, 42, 76, 43)], crs=4326)
    >>> mine = gpd.GeoDataFrame({"country": ["KGZ", "KAZ"]},
    ...     geometry=[shapely.Point(75.5, 42.5), shapely.Point(76.5, 44)], crs=4326)
    >>> around = measure_surroundings(mine, {"protected_areas": park},
    ...     coverage={"protected_areas": frozenset({"KGZ"})}, regions={"protected_areas": ()})
    >>> around[["protected_area", "dist_protected_area_km"]].values.tolist()
    [['Made-up Reserve', 0.0], ['', nan]]
    """
    deposits = check_deposits(deposits, ["country"])
    extents = LayerExtents(layers.get("countries"), coverage or {}, regions or {})
    places = _Places(deposits, extents, labels or {})
    columns: dict[str, object] = {"protected_area": "", "protected_area_category": None}
    for name, layer in DISTANCES.items():
        rows = sound_areas(layers[layer], layer) if layer in layers else None
        columns |= places.distances(name, layer, rows)
        if name == "protected_area" and rows is not None:
            columns |= places.holders(rows, layer)
    columns |= places.licences(layers.get("licences"))
    stress = places.smallest("water_stress", layers.get("water_stress"))
    near = [places.labels.get(source, source) for source in stress["source_id"]]
    columns["water_stress"], columns["near_water_stress"] = stress["label"].to_numpy(), near
    return pd.DataFrame(columns, index=deposits.index)


def sound_areas(rows: gpd.GeoDataFrame, what: str) -> gpd.GeoDataFrame:
    """Repair invalid areas, and leave out parts that are wider than half a turn.

    Examples
    --------
    >>> across = shapely.Polygon([(179, 50), (-179, 50), (-179, 51), (179, 51)])
    >>> len(sound_areas(gpd.GeoDataFrame(geometry=[across], crs=4326), "areas"))
    0
    """
    shapes = rows.geometry.to_numpy()
    areal = shapely.get_dimensions(shapes) == 2
    if not areal.any():
        return rows
    shapes = shapes.copy()
    bad = np.flatnonzero(areal & ~shapely.is_valid(shapes))
    shapes[bad] = shapely.make_valid(shapes[bad])
    west, _, east, _ = shapely.bounds(shapes).T
    wide = np.flatnonzero(areal & (east - west > _HALF_TURN))
    for row in wide:
        parts = shapely.get_parts(shapes[row])
        sides = shapely.bounds(parts)
        shapes[row] = shapely.union_all(parts[sides[:, 2] - sides[:, 0] <= _HALF_TURN])
    empty = shapely.is_empty(shapes)
    if empty.any():
        logger.warning(
            "%s: %d areas lie across the antimeridian the wrong way round, left out",
            what,
            int(empty.sum()),
        )
    return rows.set_geometry(gpd.GeoSeries(shapes, rows.index, crs=rows.crs))[~empty]


class _Places:
    """Deposits as arrays, and what the layers cover."""

    def __init__(
        self, deposits: gpd.GeoDataFrame, extents: LayerExtents, labels: Mapping[str, str]
    ) -> None:
        self.points = deposits.geometry.to_numpy()
        self.lon, self.lat = deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy()
        self.country: Words = deposits["country"].astype(object).to_numpy()
        self.extents, self.labels = extents, labels

    def covered(self, layer: str) -> tuple[Bools, Bools]:
        """Masks of the places in a covered country, and of those in a covered box."""
        by_name = np.isin(self.country.astype(str), list(self.extents.countries(layer)))
        in_box = np.zeros(len(self.points), dtype=np.bool_)
        for box in self.extents.boxes(layer):
            in_box |= within_box(self.lon, self.lat, box)
        return by_name, in_box

    def distances(
        self, name: str, layer: str, rows: gpd.GeoDataFrame | None
    ) -> dict[str, Floats | Words]:
        """Distance to the nearest feature, and its name with its source; NaN where unknown."""
        km = np.full(len(self.points), np.nan)
        near = np.full(len(self.points), None, dtype=object)
        if rows is not None and len(rows):
            found, row = NearestIndex(rows.geometry).query_lonlat(self.lon, self.lat)
            km = found / 1_000.0
            by_name, in_box = self.covered(layer)
            if name == "tailings":
                unknown = km > TAILINGS_KM
            else:
                sure = np.minimum(km, SURE_KM)
                beyond = self.extents.beyond(layer, self.lon, self.lat, sure, country=self.country)
                unknown = ~by_name & (~in_box | beyond)
            km[unknown] = np.nan
            known = np.flatnonzero(~np.isnan(km))
            near[known] = self._describe(rows.iloc[row[known]])
        return {f"dist_{name}_km": km, f"near_{name}": near}

    def _describe(self, rows: gpd.GeoDataFrame) -> list[str]:
        names = _names_of(rows)
        return [
            f"{name}, {self.labels.get(source, source)}"
            for name, source in zip(names, rows["source_id"].astype(str), strict=True)
        ]

    def holders(self, rows: gpd.GeoDataFrame, layer: str) -> dict[str, Words]:
        """Names of the areas that hold each place, the smallest first, and the strictest category."""
        by_name, in_box = self.covered(layer)
        area, point = self._held_by(rows)
        used, area = np.unique(area, return_inverse=True)
        rows = rows.iloc[used]
        names = np.array(_names_of(rows), dtype=object)
        category = _categories(rows)
        held: list[list[int]] = [[] for _ in self.points]
        for place, row in zip(point.tolist(), area.tolist(), strict=True):
            if by_name[place] or in_box[place]:
                held[place].append(row)
        joined = np.array(["; ".join(dict.fromkeys(names[at])) for at in held], dtype=object)
        first = np.full(len(self.points), None, dtype=object)
        for place, at in enumerate(held):
            words = [category[i] for i in at if category[i]]
            first[place] = min(words, key=_strictness, default=None)
        return {"protected_area": joined, "protected_area_category": first}

    def licences(self, rows: gpd.GeoDataFrame | None) -> dict[str, Words]:
        """Licences whose area holds each place, in words, and their source; None where there is none.

        A register that lacks a licence says nothing, so that no country needs to be covered.
        """
        words: list[dict[str, str]] = [{} for _ in self.points]
        if rows is not None:
            rows = sound_areas(rows[~rows.geometry.isna()], "licences")
            area, point = self._held_by(rows)
            used = rows.iloc[area].reindex(columns=[*_OF_LICENCE, "source_id"])
            for place, row in zip(
                point.tolist(), used.astype(object).to_dict("records"), strict=True
            ):
                texts = [str(row[c]) for c in _OF_LICENCE if isinstance(row[c], str) and row[c]]
                words[place][", ".join(dict.fromkeys(texts))] = row["source_id"]
        found = np.full(len(words), None, dtype=object)
        near = np.full(len(words), None, dtype=object)
        for place, here in enumerate(words):
            if here:
                found[place] = "; ".join(here)
                near[place] = "; ".join(dict.fromkeys(self.labels.get(i, i) for i in here.values()))
        return {"licence_area": found, "near_licence_area": near}

    def smallest(self, layer: str, rows: gpd.GeoDataFrame | None) -> pd.DataFrame:
        """Label and source of the smallest area that holds each place; None where unknown."""
        names = ["label", "source_id"]
        out = pd.DataFrame(None, range(len(self.points)), names, dtype=object)
        if rows is None or not len(rows):
            return out
        rows = sound_areas(rows, layer)
        by_name, in_box = self.covered(layer)
        area, point = self._held_by(rows)
        keep = (by_name | in_box)[point]
        first = pd.Series(area[keep], point[keep])
        first = first[~first.index.duplicated()]
        found = rows[names].iloc[first.to_numpy()].astype(object).set_axis(first.index)
        return found.where(found["label"].notna(), None).reindex(out.index)

    def _held_by(self, rows: gpd.GeoDataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of the row of an area and a place on it, the smallest areas first."""
        shapes = rows.geometry.to_numpy()
        place, area = shapely.STRtree(shapes).query(self.points, predicate="intersects")
        size = shapely.area(shapes[area]) * np.cos(np.radians(self.lat[place]))
        order = np.lexsort((area, size))
        return area[order], place[order]


def _names_of(rows: gpd.GeoDataFrame) -> list[str]:
    """Names of features; the kind in words where one has no name."""
    kinds = rows["kind"] if "kind" in rows else pd.Series("area", rows.index)
    return [
        name if isinstance(name, str) and name else f"{str(kind).replace('_', ' ')} {_UNNAMED}"
        for name, kind in zip(rows["name"].tolist(), kinds.tolist(), strict=True)
    ]


def _categories(rows: gpd.GeoDataFrame) -> list[str]:
    """Category of protected areas, else their designation, else what they are; "" where unknown."""
    texts = rows.reindex(columns=["category", "designation", "kind"]).astype(object)
    out = []
    for category, designation, kind in texts.itertuples(index=False):
        known = str(kind).replace("_", " ") if kind in _TELLING_KINDS else ""
        words = [word for word in (category, designation, known) if isinstance(word, str) and word]
        out.append(words[0] if words else "")
    return out


def _strictness(category: str) -> int:
    """Place of a category of the IUCN, the strictest first; other words come last."""
    word = category.removeprefix("IUCN ")
    return _STRICTEST_FIRST.index(word) if word in _STRICTEST_FIRST else len(_STRICTEST_FIRST)
