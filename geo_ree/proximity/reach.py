"""Layers made ready to be measured to many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats, to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.targets import Target, load_targets
from geo_ree.settings import REGION

Integers = NDArray[np.int64]
Words = NDArray[np.object_]

_TOWN = 5_000


@dataclass(frozen=True)
class Reach:
    """Distances from many places to one target.

    Parameters
    ----------
    distance_km
        NaN where unknown; shape (n,).
    position
        Row position in `rows` of what was measured to, -1 for none; shape (n,).
    error_km
        Doubt about the course or place of what was measured to; shape (n,).
    """

    distance_km: Floats
    position: Integers
    error_km: Floats


class _Rows:
    """The eligible rows of one target, and the indexes made of them so far."""

    def __init__(self, rows: gpd.GeoDataFrame, error_km: Floats, sure: NDArray[np.bool_]) -> None:
        self.rows, self.error_km, self.sure = rows, error_km, sure
        country = rows["country"].astype(object)
        self.country: Words = country.where(country.notna(), None).to_numpy()
        self._indexes: dict[tuple[str | None, bool], tuple[NearestIndex, Integers] | None] = {}

    def index(self, country: str | None, *, sure: bool) -> tuple[NearestIndex, Integers] | None:
        """Index over the rows of a country ("*": of all) whose course is (or is not) sure."""
        key = (country, sure)
        if key not in self._indexes:
            here = (self.country == country) | (country == "*")
            chosen = np.flatnonzero(here & (self.sure == sure))
            self._indexes[key] = (
                (NearestIndex(self.rows.iloc[chosen].geometry), chosen) if len(chosen) else None
            )
        return self._indexes[key]

    def nearest(
        self, lon: Floats, lat: Floats, country: Words, *, abroad: bool, sure: bool
    ) -> tuple[Floats, Integers]:
        """Distance (km) and row of the nearest in (or outside) the country of each place.

        An index of all rows but one country's would have to be built for every country; those
        of each country by itself serve both questions. One whose box is farther than what was
        found already is not searched.
        """
        km, row = np.full(len(lon), np.inf), np.full(len(lon), -1)
        if not abroad:
            for code in set(country):
                at = np.flatnonzero(country == code)
                self._improve(km, row, at, lon, lat, self.index(code, sure=sure))
            return km, row
        found = [
            (code, index, index[0].box_distance_m(lon, lat) / 1000.0)
            for code in dict.fromkeys(self.country)
            if (index := self.index(code, sure=sure)) is not None
        ]
        for code, index, least_km in sorted(found, key=lambda entry: float(entry[2].sum())):
            at = np.flatnonzero((country != code) & (least_km <= km))
            self._improve(km, row, at, lon, lat, index)
        return km, row

    @staticmethod
    def _improve(
        km: Floats,
        row: Integers,
        at: Integers,
        lon: Floats,
        lat: Floats,
        index: tuple[NearestIndex, Integers] | None,
    ) -> None:
        """Put in what an index has nearer; of equally near ones the first row counts."""
        if index is None or not len(at):
            return
        metres, position = index[0].query_lonlat(lon[at], lat[at])
        found_km, found = metres / 1000.0, np.where(position >= 0, index[1][position], -1)
        better = (found >= 0) & ((found_km < km[at]) | ((found_km == km[at]) & (found < row[at])))
        km[at[better]], row[at[better]] = found_km[better], found[better]


class Proximity:
    """Layers made ready to be measured to many times.

    Parameters
    ----------
    layers
        Canonical layers by name, in any reference system.
    targets
        What to measure to; by default the package's ``targets.toml``. A target whose layer is
        absent or has no eligible row is unknown everywhere.
    coverage
        Layer -> countries (ISO alpha-3) in which a missing feature means something; a layer
        that is not named covers the whole region.

    Raises
    ------
    SchemaError
        When there is no target, or a layer lacks a column or a reference system.

    Notes
    -----
    Cost: building is O(s log s) in the segments of a layer, once for each country asked for;
    a query is O(log s) a point.

    Examples
    --------
    >>> rail = gpd.GeoDataFrame(
    ...     {"name": ["Line"], "kind": ["rail"], "country": ["KAZ"], "source_id": ["x"],
    ...      "lateral_error_km": [0.0]},
    ...     geometry=[shapely.LineString([(70, 48), (71, 48)])], crs=4326)
    >>> reach = Proximity({"railways": rail}).reach(
    ...     "railway", np.array([70.5]), np.array([49.0]), np.array(["KAZ"], dtype=object))
    >>> bool(100 < reach.distance_km[0] < 115)
    True
    """

    def __init__(
        self,
        layers: Mapping[str, gpd.GeoDataFrame],
        targets: Mapping[str, Target] | None = None,
        *,
        coverage: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.targets = dict(load_targets() if targets is None else targets)
        if not self.targets:
            raise SchemaError("there is no target", "leave targets out, or give one at least")
        self.coverage = dict(coverage or {})
        self._rows = {
            name: _eligible(layers[target.layer], target)
            for name, target in self.targets.items()
            if target.layer in layers and len(layers[target.layer])
        }
        self._complete = _complete_countries(layers.get("countries"))
        self._places = _Places(layers.get("settlements"))

    def rows(self, target: str) -> gpd.GeoDataFrame | None:
        """Eligible rows of a target, None when its layer is absent."""
        found = self._rows.get(target)
        return None if found is None else found.rows

    def names(self, target: str, position: Integers, points: Words) -> Words:
        """What features are called; a line without a name is told by the town it passes.

        Parameters
        ----------
        target
            Name of the target.
        position
            Row positions in `rows`, shape (n,).
        points
            From where each is seen, shape (n,).
        """
        rows = self._rows[target].rows.iloc[position]
        named = rows["name"].astype(object).to_numpy(copy=True)
        blank = np.array([not (isinstance(name, str) and name) for name in named], dtype=np.bool_)
        country = rows["country"].astype(object).to_numpy()[blank]
        towns = self._places.near(rows.geometry.to_numpy()[blank], country, points[blank])
        named[blank] = [f"unnamed, near {town}" if town else "unnamed" for town in towns]
        return named

    def reach(
        self, target: str, lon: Floats, lat: Floats, country: Words, *, abroad: bool = False
    ) -> Reach:
        """Distances from places to the nearest feature of a target.

        Parameters
        ----------
        target
            Name of the target.
        lon, lat
            Degrees, shape (n,).
        country
            ISO alpha-3 of the deposit at each place, shape (n,).
        abroad
            Measure to the nearest in any other country instead.

        Returns
        -------
        Reach
        """
        n = len(lon)
        out = Reach(np.full(n, np.nan), np.full(n, -1), np.zeros(n))
        rows = self._rows.get(target)
        if rows is None:
            return out
        spec = self.targets[target]
        given = np.asarray(country, dtype=object)
        codes = np.where(pd.isna(given), "", given)
        at = np.arange(n)
        if not (abroad or spec.same_country):
            codes = np.full(n, "*", dtype=object)
        elif not abroad and spec.layer in self.coverage:
            at = np.flatnonzero(np.isin(codes, list(self.coverage[spec.layer])))
        self._fill(out, rows, at, lon[at], lat[at], codes[at], abroad=abroad)
        if abroad or spec.same_country:
            self._forget_beyond_region(out, lon, lat, codes, abroad=abroad)
        return out

    def _fill(
        self,
        out: Reach,
        rows: _Rows,
        at: Integers,
        lon: Floats,
        lat: Floats,
        codes: Words,
        *,
        abroad: bool,
    ) -> None:
        for sure in (True, False):
            if not (rows.sure == sure).any():
                continue
            kilometres, row = rows.nearest(lon, lat, codes, abroad=abroad, sure=sure)
            error = np.where(row >= 0, rows.error_km[row], 0.0)
            known = ~np.isnan(out.distance_km[at])
            # An unsure line counts only where even its farthest course beats any better line.
            better = (row >= 0) & (~known | (sure | (kilometres + error < out.distance_km[at])))
            out.distance_km[at[better]] = kilometres[better]
            out.position[at[better]] = row[better]
            out.error_km[at[better]] = error[better]

    def _forget_beyond_region(
        self, out: Reach, lon: Floats, lat: Floats, codes: Words, *, abroad: bool
    ) -> None:
        """Where the data end nearer than the answer, and the country goes on, it is unknown."""
        asked = np.isfinite(out.distance_km)
        if not abroad:
            asked &= ~np.isin(codes, list(self._complete))
        at = np.flatnonzero(asked)
        edge_km = _region_edge().query_lonlat(lon[at], lat[at])[0] / 1000.0
        beyond = at[out.distance_km[at] > edge_km]
        out.distance_km[beyond] = np.nan
        out.position[beyond] = -1
        out.error_km[beyond] = 0.0


class _Places:
    """Towns by which an unnamed line is told apart."""

    def __init__(self, settlements: gpd.GeoDataFrame | None) -> None:
        self._towns: dict[object, gpd.GeoDataFrame] = {}
        if settlements is None or not len(settlements):
            return
        _check_columns(settlements, "settlements", ("name", "country", "population"))
        settlements = to_store(settlements, what="the layer settlements")
        known = (settlements["population"].fillna(0) >= _TOWN).to_numpy(dtype=bool)
        towns = settlements[known & settlements["name"].notna().to_numpy()]
        self._towns = dict(iter(towns.groupby("country")))

    def near(self, lines: Words, country: Words, points: Words) -> Words:
        """The country's town nearest to where each line passes its point (a name only)."""
        out = np.full(len(lines), None, dtype=object)
        feet = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(lines, points), 0))
        for code in {c for c in country if c in self._towns}:
            towns, at = self._towns[code], np.flatnonzero(country == code)
            index = NearestIndex(towns.geometry)
            _, position = index.query_lonlat(feet[at, 0], feet[at, 1])
            out[at] = towns["name"].astype(object).to_numpy()[position]
        return out


def _eligible(layer: gpd.GeoDataFrame, target: Target) -> _Rows:
    needed = ("name", "country", "source_id", *target.columns_needed())
    _check_columns(layer, target.layer, needed)
    rows = to_store(target.choose(layer), what=f"the layer {target.layer}")
    rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    lateral = numbers(rows, "lateral_error_km")
    place = numbers(rows, "position_error_m") / 1000.0
    error = lateral + place
    return _Rows(rows, error, lateral <= target.max_lateral_error_km)


def _check_columns(layer: pd.DataFrame, name: str, needed: Sequence[str]) -> None:
    lost = [column for column in dict.fromkeys(needed) if column not in layer.columns]
    if lost:
        raise SchemaError(
            f"the layer {name} has no column {', '.join(lost)}",
            "give the canonical layer, or correct the target that asks for it",
        )


def numbers(rows: pd.DataFrame, column: str) -> Floats:
    """A numeric column as float64, 0 where it is missing or absent."""
    if column not in rows:
        return np.zeros(len(rows))
    return pd.to_numeric(rows[column]).fillna(0.0).to_numpy(dtype=np.float64)


def _complete_countries(countries: gpd.GeoDataFrame | None) -> frozenset[str]:
    if countries is None:
        return frozenset()
    _check_columns(countries, "countries", ("country", "complete"))
    return frozenset(countries["country"][countries["complete"]].astype(str))


@cache
def _region_edge() -> NearestIndex:
    west, south, east, north = REGION
    lons, lats = np.arange(west, east + 0.5), np.arange(south, north + 0.5)
    ring = [(x, south) for x in lons] + [(east, y) for y in lats]
    ring += [(x, north) for x in lons[::-1]] + [(west, y) for y in lats[::-1]]
    return NearestIndex(gpd.GeoSeries([shapely.LineString(ring)], crs=4326))
