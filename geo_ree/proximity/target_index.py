"""Layers indexed by target and country, for many queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats, to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.layer_extents import LayerExtents
from geo_ree.proximity.line_names import name_lines
from geo_ree.proximity.nearest_features import NearestFeatures
from geo_ree.proximity.targets import Target, load_targets
from geo_ree.settings import Box

Integers = NDArray[np.int64]
Words = NDArray[np.object_]
_Indexed: TypeAlias = tuple[NearestIndex, Integers]  # an index, and the rows that it is made of

_LEAST_POPULATION = 1_000  # a line is named after settlements of so many people
_TOWN_POPULATION = 5_000  # what is no line is described by the nearest town of so many people

_WORDS = {"railways": "line", "roads": "road", "power_lines": "power line"}
"""What a line without a name is called; other layers have no lines to name."""


class TargetIndex:
    """Layers indexed by target and country, for many queries.

    Parameters
    ----------
    layers
        Canonical layers by name, in any reference system.
    targets
        The targets, by default the package's ``targets.toml``. A target whose layer is absent or
        has no eligible row is unknown everywhere.
    coverage
        Layer -> countries (ISO alpha-3) that its sources cover completely. Elsewhere a distance is
        unknown, not long, unless `regions` cover it.
    regions
        Layer -> boxes (west, south, east, north in degrees) that its sources cover. By default
        `REGION` for a layer that `coverage` does not name, and none for one that it names.

    Raises
    ------
    SchemaError
        When there is no target, or a layer lacks a column or a reference system.

    Notes
    -----
    An index is built when it is first asked for, one a country: O(s log s) in the segments of a
    layer. A query is O(log s) a point.

    Examples
    --------
    >>> rail = gpd.GeoDataFrame(
    ...     {"name": ["Line"], "kind": ["rail"], "country": ["KAZ"], "source_id": ["x"],
    ...      "lateral_error_km": [0.0]},
    ...     geometry=[shapely.LineString([(70, 48), (71, 48)])], crs=4326)
    >>> found = TargetIndex({"railways": rail}).nearest(
    ...     "railway", np.array([70.5]), np.array([49.0]), np.array(["KAZ"], dtype=object))
    >>> bool(100 < found.distance_km[0] < 115)
    True
    """

    def __init__(
        self,
        layers: Mapping[str, gpd.GeoDataFrame],
        targets: Mapping[str, Target] | None = None,
        *,
        coverage: Mapping[str, frozenset[str]] | None = None,
        regions: Mapping[str, Sequence[Box]] | None = None,
    ) -> None:
        self.layers = dict(layers)
        self.targets = dict(load_targets() if targets is None else targets)
        if not self.targets:
            raise SchemaError("there is no target", "leave targets out, or give at least one")
        self._features = {
            name: _Features(layers[target.layer], target)
            for name, target in self.targets.items()
            if target.layer in layers and len(layers[target.layer])
        }
        countries = layers.get("countries")
        self.countries = None if countries is None else to_store(countries, what="the countries")
        if self.countries is not None:
            _check_columns(self.countries, "countries", ("country", "complete"))
        self.extents = LayerExtents(self.countries, coverage or {}, regions or {})
        self._settlements = _named_settlements(layers.get("settlements"))
        self._towns = _towns_by_country(self._settlements)

    def rows(self, target: str) -> gpd.GeoDataFrame | None:
        """Return the eligible rows of a target, None when its layer is absent."""
        found = self._features.get(target)
        return None if found is None else found.rows

    def indexed(
        self, target: str, country: str, *, certain: bool
    ) -> tuple[NearestIndex, Floats] | None:
        """Return an index of the eligible rows of a country, ``*`` for all, and their errors (km).

        Only rows whose course is known, or unknown; None when there are none.
        """
        features = self._features.get(target)
        found = None if features is None else features.indexed(country, certain=certain)
        if features is None or found is None:
            return None
        return found[0], features.error_km[found[1]]

    def nearest(
        self, target: str, lon: Floats, lat: Floats, country: Words, *, abroad: bool = False
    ) -> NearestFeatures:
        """Find the feature of a target that is nearest to each point.

        Parameters
        ----------
        target
            Name of the target.
        lon, lat
            Degrees, shape (n,).
        country
            ISO alpha-3 of the deposit at each point, shape (n,). Only features of this country
            count, unless the target's ``same_country`` is false.
        abroad
            Search all other countries instead.

        Returns
        -------
        NearestFeatures
        """
        n = len(lon)
        out = NearestFeatures.unknown(n)
        features, spec = self._features.get(target), self.targets[target]
        if features is None or not len(features.rows):
            return out
        provided = np.asarray(country, dtype=object)
        codes = np.where(pd.isna(provided), "", provided)
        at = np.arange(n)
        if not (abroad or spec.same_country):
            codes = np.full(n, "*", dtype=object)
        elif not abroad:
            at = np.flatnonzero(self.extents.may_be_known(spec.layer, codes))
        for certain in (True, False):
            km, row = features.search(lon[at], lat[at], codes[at], abroad=abroad, certain=certain)
            error = np.where(row >= 0, features.error_km[row], 0.0)
            # A line of unknown course counts only where it is nearer even at its farthest than
            # all of known course. Where it may be nearer, it is kept beside that.
            before = out.distance_km[at]
            better = (row >= 0) & (np.isnan(before) | certain | (km + error < before))
            beside = (row >= 0) & ~better & (km - error < before)
            out.unsure_km[at[beside]] = km[beside]
            out.unsure_row[at[beside]] = row[beside]
            out.unsure_error_km[at[beside]] = error[beside]
            out.distance_km[at[better]] = km[better]
            out.row[at[better]] = row[better]
            out.error_km[at[better]] = error[better]
        self._clear_beyond(
            out, self.beyond(target, lon, lat, codes, out.distance_km, abroad=abroad)
        )
        return out

    def beyond(
        self,
        target: str,
        lon: Floats,
        lat: Floats,
        country: Words,
        km: Floats,
        *,
        abroad: bool = False,
    ) -> NDArray[np.bool_]:
        """Mask of the distances (km) that reach beyond what the sources of a target cover.

        Something nearer may exist there, so such a distance is unknown. Features of any country, as
        gateways are, count from all places that the sources cover.
        """
        spec = self.targets[target]
        if abroad:
            return self.extents.beyond(spec.layer, lon, lat, km)
        return self.extents.beyond(
            spec.layer, lon, lat, km, country=country if spec.same_country else None, own=True
        )

    def names(self, target: str, row: Integers, points: Words) -> Words:
        """Name features: an unnamed line by what it connects, others by the nearest town.

        Water without a name is called by its kind ("lake near Kemin").

        Parameters
        ----------
        target
            Name of the target.
        row
            Row numbers in `rows`, shape (n,).
        points
            The points from which they are seen, shape (n,).

        Returns
        -------
        numpy.ndarray of object
            Shape (n,).
        """
        features = self._features[target]
        rows = features.rows.iloc[row]
        out = rows["name"].astype(object).to_numpy(copy=True)
        blank = np.array([not (isinstance(name, str) and name) for name in out], dtype=np.bool_)
        out[blank] = features.name_lines(row[blank], self._settlements)
        blank = np.array([name is None for name in out], dtype=np.bool_)
        shapes, country = rows.geometry.to_numpy()[blank], rows["country"].astype(object)[blank]
        town = self._nearest_towns(shapes, country.to_numpy(), points[blank])
        water = self.targets[target].layer == "water"
        what = rows["kind"][blank] + " " if water else ["unnamed, "] * len(town)
        out[blank] = [
            f"{words}near {name}" if name else words.strip(" ,")
            for words, name in zip(what, town, strict=True)
        ]
        if "neighbour_name" in rows:
            beyond = rows["neighbour_name"]
            at = np.flatnonzero(beyond.notna())
            out[at] = [f"{out[i]}, to {beyond.iloc[i]}" for i in at]
        return out

    def _nearest_towns(self, lines: Words, country: Words, points: Words) -> Words:
        """Return the country's town nearest to where each line passes its point."""
        out = np.full(len(lines), None, dtype=object)
        # A name needs no exact foot: the nearest point on the map does.
        feet = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(lines, points), 0))
        for code in {c for c in country if c in self._towns}:
            towns, at = self._towns[code], np.flatnonzero(country == code)
            _, row = NearestIndex(towns.geometry).query_lonlat(feet[at, 0], feet[at, 1])
            out[at] = towns["name"].astype(object).to_numpy()[row]
        return out

    @staticmethod
    def _clear_beyond(out: NearestFeatures, beyond: NDArray[np.bool_]) -> None:
        out.distance_km[beyond] = np.nan
        out.row[beyond] = -1
        out.error_km[beyond] = 0.0


class _Features:
    """The eligible rows of one target, and the indexes made of them so far."""

    def __init__(self, layer: gpd.GeoDataFrame, target: Target) -> None:
        needed = ("name", "country", "source_id", *target.columns_needed())
        _check_columns(layer, target.layer, needed)
        rows = to_store(target.choose(layer), what=f"the layer {target.layer}")
        self.rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
        lateral = numbers(self.rows, "lateral_error_km")
        self.error_km = lateral + numbers(self.rows, "position_error_m") / 1000.0
        self._certain = lateral <= target.max_lateral_error_km
        country = self.rows["country"].astype(object)
        self._country: Words = country.where(country.notna(), None).to_numpy()
        self._indexes: dict[tuple[str | None, bool], _Indexed | None] = {}
        self._word = _WORDS.get(target.layer)

    def name_lines(self, row: Integers, settlements: gpd.GeoDataFrame | None) -> Words:
        """Name rows by the settlements that their line connects, None for what is no line."""
        if self._word is None or settlements is None or not len(row):
            return np.full(len(row), None, dtype=object)
        return name_lines(self.rows.geometry, settlements, row, word=self._word)

    def search(
        self, lon: Floats, lat: Floats, country: Words, *, abroad: bool, certain: bool
    ) -> tuple[Floats, Integers]:
        """Return distance (km) and row of the nearest in (or outside) the country of each point.

        Only rows whose course is known (or unknown) are searched. Abroad, the indexes of the other
        countries are asked in turn: one index of all others would have to be built for every
        country. A country whose box is farther than what was found already is not asked. What lies
        in no known country, as a sea or a line on a coast that the borders cut off, is not abroad.
        """
        km, row = np.full(len(lon), np.inf), np.full(len(lon), -1)
        if not (self._certain == certain).any():
            return km, row
        if not abroad:
            for code in set(country):
                found = self.indexed(code, certain=certain)
                if found is not None:
                    _improve(km, row, np.flatnonzero(country == code), lon, lat, found)
            return km, row
        others = [
            (code, found, found[0].box_distance_m(lon, lat) / 1000.0)
            for code in dict.fromkeys(self._country)
            if code and (found := self.indexed(code, certain=certain)) is not None
        ]
        for code, found, least_km in sorted(others, key=lambda other: float(other[2].sum())):
            at = np.flatnonzero((country != code) & (least_km <= km))
            _improve(km, row, at, lon, lat, found)
        return km, row

    def indexed(self, country: str | None, *, certain: bool) -> _Indexed | None:
        """Index the rows of a country, or of all for "*"; None when there are none."""
        key = (country, certain)
        if key not in self._indexes:
            here = (self._country == country) | (country == "*")
            rows = np.flatnonzero(here & (self._certain == certain))
            geometry = self.rows.geometry.iloc[rows]
            self._indexes[key] = (NearestIndex(geometry), rows) if len(rows) else None
        return self._indexes[key]


def _improve(
    km: Floats, row: Integers, at: Integers, lon: Floats, lat: Floats, indexed: _Indexed
) -> None:
    """Put in the features of an index that are nearer; of equally near ones the first row counts."""
    index, rows = indexed
    metres, position = index.query_lonlat(lon[at], lat[at])
    found_km, found = metres / 1000.0, np.where(position >= 0, rows[position], -1)
    nearer = (found_km < km[at]) | ((found_km == km[at]) & (found < row[at]))
    better = (found >= 0) & nearer
    km[at[better]], row[at[better]] = found_km[better], found[better]


def numbers(rows: pd.DataFrame, column: str) -> Floats:
    """Return a numeric column as float64, 0 where it is missing or absent."""
    if column not in rows:
        return np.zeros(len(rows))
    return pd.to_numeric(rows[column]).fillna(0.0).to_numpy(dtype=np.float64)


def _check_columns(layer: pd.DataFrame, name: str, needed: Sequence[str]) -> None:
    lost = [column for column in dict.fromkeys(needed) if column not in layer.columns]
    if lost:
        raise SchemaError(
            f"the layer {name} has no column {', '.join(lost)}",
            "give the canonical layer, or correct the target that needs the column",
        )


def _named_settlements(settlements: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the settlements that a line can be named after."""
    if settlements is None or not len(settlements):
        return None
    _check_columns(settlements, "settlements", ("name", "country", "population"))
    settlements = to_store(settlements, what="the layer settlements")
    large = (settlements["population"].fillna(0) >= _LEAST_POPULATION).to_numpy(dtype=bool)
    placed = (settlements.geometry.notna() & ~settlements.geometry.is_empty).to_numpy(dtype=bool)
    return settlements[large & placed & settlements["name"].notna().to_numpy()]


def _towns_by_country(settlements: gpd.GeoDataFrame | None) -> dict[object, gpd.GeoDataFrame]:
    if settlements is None:
        return {}
    large = (settlements["population"] >= _TOWN_POPULATION).to_numpy(dtype=bool)
    return dict(iter(settlements[large].groupby("country")))
