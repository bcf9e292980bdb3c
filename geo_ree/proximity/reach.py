"""Layers made ready to be measured to many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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


@dataclass
class _Rows:
    """The eligible rows of one target and the indexes made of them so far."""

    rows: gpd.GeoDataFrame
    error_km: Floats
    sure: NDArray[np.bool_]
    country: Words
    indexes: dict[tuple[str, bool, bool], tuple[NearestIndex, Integers] | None] = field(
        default_factory=dict
    )

    def index(
        self, country: str, *, abroad: bool, sure: bool
    ) -> tuple[NearestIndex, Integers] | None:
        """Index over the rows in (or outside) a country whose course is (or is not) sure."""
        key = (country, abroad, sure)
        if key not in self.indexes:
            here = (self.country != country) if abroad else (self.country == country)
            chosen = np.flatnonzero((here | (country == "*")) & (self.sure == sure))
            self.indexes[key] = (
                (NearestIndex(self.rows.iloc[chosen].geometry), chosen) if len(chosen) else None
            )
        return self.indexes[key]


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
        self._edge = NearestIndex(gpd.GeoSeries([_region_edge()], crs=4326))
        self._places = _Places.of(layers.get("settlements"))

    def rows(self, target: str) -> gpd.GeoDataFrame | None:
        """Eligible rows of a target, None when its layer is absent."""
        found = self._rows.get(target)
        return None if found is None else found.rows

    def name_of(self, row: Mapping[str, Any], point: shapely.Point) -> str:
        """What a feature is called; a line without a name is told by the town it passes."""
        if isinstance(row["name"], str) and row["name"]:
            return str(row["name"])
        town = self._places.near(row["geometry"], row["country"], point)
        return f"unnamed, near {town}" if town else "unnamed"

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
        groups = set(codes) if spec.same_country or abroad else {"*"}
        for code in groups:
            at = np.flatnonzero(codes == code) if code != "*" else np.arange(n)
            if not abroad and not self._covers(spec, code):
                continue
            self._fill(out, rows, at, lon[at], lat[at], code, abroad=abroad)
        if abroad or spec.same_country:
            self._forget_beyond_region(out, lon, lat, codes, abroad=abroad)
        return out

    def _covers(self, spec: Target, code: str) -> bool:
        covered = self.coverage.get(spec.layer)
        return code == "*" or covered is None or code in covered

    def _fill(
        self,
        out: Reach,
        rows: _Rows,
        at: Integers,
        lon: Floats,
        lat: Floats,
        code: str,
        *,
        abroad: bool,
    ) -> None:
        for sure in (True, False):
            found = rows.index(code, abroad=abroad, sure=sure)
            if found is None:
                continue
            metres, position = found[0].query_lonlat(lon, lat)
            kilometres = metres / 1000.0
            row = np.where(position >= 0, found[1][position], -1)
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
        edge_km = self._edge.query_lonlat(lon, lat)[0] / 1000.0
        goes_on = np.ones(len(codes), dtype=np.bool_)
        if not abroad:
            goes_on = ~pd.Series(codes, dtype=object).isin(list(self._complete)).to_numpy()
        with np.errstate(invalid="ignore"):
            beyond = goes_on & (out.distance_km > edge_km)
        out.distance_km[beyond] = np.nan
        out.position[beyond] = -1
        out.error_km[beyond] = 0.0


@dataclass(frozen=True)
class _Places:
    """Towns by which an unnamed line is told apart."""

    towns: Mapping[str, tuple[NearestIndex, Words]]

    @classmethod
    def of(cls, settlements: gpd.GeoDataFrame | None) -> _Places:
        if settlements is None or not len(settlements):
            return cls({})
        _check_columns(settlements, "settlements", ("name", "country", "population"))
        settlements = to_store(settlements, what="the layer settlements")
        known = (settlements["population"].fillna(0) >= _TOWN).to_numpy(dtype=bool)
        towns = settlements[known & settlements["name"].notna().to_numpy()]
        return cls(
            {
                str(country): (NearestIndex(own.geometry), own["name"].astype(object).to_numpy())
                for country, own in towns.groupby("country")
            }
        )

    def near(self, line: shapely.Geometry, country: object, point: shapely.Point) -> str | None:
        """The country's town nearest to where the line passes the point (a name only)."""
        if country not in self.towns:
            return None
        index, names = self.towns[str(country)]
        foot = shapely.get_coordinates(shapely.shortest_line(line, point))[0]
        return str(names[int(index.query_lonlat(foot[:1], foot[1:])[1][0])])


def _eligible(layer: gpd.GeoDataFrame, target: Target) -> _Rows:
    needed = ("name", "country", "source_id", *target.columns_needed())
    _check_columns(layer, target.layer, needed)
    rows = to_store(target.choose(layer), what=f"the layer {target.layer}")
    rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    lateral = numbers(rows, "lateral_error_km")
    place = numbers(rows, "position_error_m") / 1000.0
    error = lateral + place
    country = rows["country"].astype(object).where(rows["country"].notna(), None).to_numpy()
    return _Rows(rows, error, lateral <= target.max_lateral_error_km, country)


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


def _region_edge() -> shapely.LineString:
    west, south, east, north = REGION
    lons, lats = np.arange(west, east + 0.5), np.arange(south, north + 0.5)
    ring = [(x, south) for x in lons] + [(east, y) for y in lats]
    ring += [(x, north) for x in lons[::-1]] + [(west, y) for y in lats[::-1]]
    return shapely.LineString(ring)
