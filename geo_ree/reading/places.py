"""The coordinates printed in a table, as longitudes and latitudes of the store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import SchemaError
from geo_ree.reading.coordinate_columns import CoordinateColumns
from geo_ree.reading.coordinate_text import Angle, Axis, parse_angle, parse_pair
from geo_ree.reading.datum_shift import find_shift
from geo_ree.reading.map_grids import ZONE_M, Grid, Shifts, bounds_of, find_system
from geo_ree.reading.number_text import VOIDS, grid_number, means_nothing

_WKT = re.compile(r"\s*(?:SRID=\d+;)?POINT\s*(?:ZM|Z|M)?\s*\(\s*([-\d.eE+]+)\s+([-\d.eE+]+)", re.I)
_DEGREE_M = 111_195.0
_NOT_DEGREES = 400.0


@dataclass(frozen=True, kw_only=True)
class Places:
    """The place of each row.

    Attributes
    ----------
    longitude, latitude
        Degrees in `STORE_CRS`, shape (n,): NaN where the row has no place, infinity where it has
        none that can be read.
    unit_m
        The last digit that is printed, in metres; NaN where unknown.
    faults
        Position of a row -> what is wrong with it.
    noted
        What was assumed -> rows.
    accuracy_m
        Accuracy of the transformation; 0 where none was needed, NaN where unknown.
    """

    longitude: Floats
    latitude: Floats
    unit_m: Floats
    faults: Mapping[int, str] = field(default_factory=dict)
    noted: Counter[str] = field(default_factory=Counter)
    accuracy_m: float = 0.0


def read_places(
    table: pd.DataFrame,
    columns: CoordinateColumns,
    *,
    crs: str = "",
    where: str,
    nulls: Mapping[str, Collection[str]] | None = None,
) -> Places:
    """Read the coordinates of a table: degrees in any notation, or eastings and northings.

    Parameters
    ----------
    table
        Texts or numbers.
    columns
        From `find_coordinate_columns`, or as a catalogue entry names them.
    crs
        Reference system of the coordinates; blank for WGS 84, or the one that a column names.
    where
        The file, for errors.
    nulls
        Label -> further texts that mean "no value".

    Returns
    -------
    Places

    Raises
    ------
    SchemaError
        If the reference system is unknown, or the values cannot be of it.

    Examples
    --------
    >>> from geo_ree.reading.coordinate_columns import find_coordinate_columns
    >>> table = pd.DataFrame({"X": ["5262345"], "Y": ["12507654"]})
    >>> found = read_places(table, find_coordinate_columns(table), crs="SK-42", where="x.csv")
    >>> round(float(found.latitude[0]), 3), round(float(found.longitude[0]), 3)
    (47.495, 69.101)
    """
    return _Reading(table, columns, crs or columns.system, where, nulls or {}).run()


class _Reading:
    """One table whose coordinates are being read."""

    def __init__(
        self,
        table: pd.DataFrame,
        columns: CoordinateColumns,
        crs: str,
        where: str,
        nulls: Mapping[str, Collection[str]],
    ) -> None:
        self.columns, self.where, self.nulls = columns, where, nulls
        self.cells = {label: self._clean(table[label], label) for label in columns.labels()}
        self.system = find_system(crs, where=where) if crs else None
        self.count = len(table)
        self.unit = np.full(self.count, np.nan)
        self.faults: dict[int, str] = {}
        self.noted: Counter[str] = Counter()

    def _clean(self, column: pd.Series, label: str) -> pd.Series:
        """Return numbers, or texts that are blank where the cell says that there is no value."""
        if column.dtype.kind in "iuf":
            return column.astype("float64").mask(column.isin(VOIDS))
        blank = {t.strip() for t in self.nulls.get(label, ())}
        plain = pd.to_numeric(column, errors="coerce").astype("float64")
        if not blank and plain.notna().all():
            return plain.mask(plain.isin(VOIDS))
        gaps = column.isna().tolist()
        texts = ["" if gap else str(v) for v, gap in zip(column.tolist(), gaps, strict=True)]
        numbers = pd.to_numeric(column, errors="coerce")
        unknown = pd.to_numeric(pd.Series(list(blank), dtype=object), errors="coerce").dropna()
        voids = (numbers.isin(VOIDS) | numbers.isin(unknown)).tolist()
        kept = [
            "" if v or t.strip() in blank or (not c and means_nothing(t)) else t
            for t, v, c in zip(texts, voids, numbers.notna().tolist(), strict=True)
        ]
        return pd.Series(kept, index=column.index, dtype=object)

    def run(self) -> Places:
        if self.columns.point:
            north, east = self._pairs()
        else:
            north, east = self._sides()
        values = np.concatenate([north[np.isfinite(north)], east[np.isfinite(east)]])
        if len(values) and float(np.median(np.abs(values))) > _NOT_DEGREES:
            lon, lat, shifts = self._grid(east, north)
        else:
            lon, lat, shifts = self._degrees(east, north)
        for row in self.faults:
            lon[row] = lat[row] = np.inf
        for shift, rows in shifts:
            if shift.name:
                self.noted[f"coordinates {shift.describe()}"] += rows
        worst = [shift.accuracy_m for shift, _ in shifts]
        accuracy = float(np.max(worst)) if worst else 0.0
        return Places(
            longitude=lon,
            latitude=lat,
            unit_m=self.unit,
            faults=self.faults,
            noted=self.noted,
            accuracy_m=accuracy,
        )

    # What the cells say

    def _sides(self) -> tuple[Floats, Floats]:
        """Return the two numbers of each row; one alone is a fault."""
        north = self._numbers(self.columns.north, "latitude")
        east = self._numbers(self.columns.east, "longitude")
        half = np.isnan(north) != np.isnan(east)
        for row in np.flatnonzero(half & ~np.isinf(north) & ~np.isinf(east)):
            label = (self.columns.north if np.isnan(north[row]) else self.columns.east)[0]
            self.faults.setdefault(int(row), f"{label} is blank, but not the other coordinate")
        return north, east

    def _numbers(self, labels: tuple[str, ...], axis: Axis) -> Floats:
        cells = self._joined(labels)
        if cells.dtype.kind == "f":
            return cells.to_numpy(dtype=np.float64, copy=True)
        out = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, copy=True)
        texts = cells.tolist()
        seen: dict[str, tuple[float, float]] = {}
        for row in np.flatnonzero(np.isnan(out)):
            text = texts[row]
            if not text.strip():
                continue
            if text not in seen:
                seen[text] = _value(text, None if self.columns.is_xy else axis)
            out[row], unit = seen[text]
            if np.isinf(out[row]):
                names = ", ".join(labels)
                self.faults[int(row)] = f"{names} is {text!r}, which is no coordinate"
            elif unit > 0.0:
                finer = unit * _DEGREE_M
                self.unit[row] = np.nanmin([self.unit[row], finer])
        return out

    def _joined(self, labels: tuple[str, ...]) -> pd.Series:
        """Return one column; degrees, minutes and seconds of several become one text."""
        if len(labels) == 1:
            return self.cells[labels[0]]
        parts = [[_plain(v) for v in self.cells[label].tolist()] for label in labels]
        texts = [" ".join(p for p in row if p) for row in zip(*parts, strict=True)]
        return pd.Series(texts, index=self.cells[labels[0]].index, dtype=object)

    def _pairs(self) -> tuple[Floats, Floats]:
        label, first = self.columns.point, self.columns.longitude_first
        north, east = np.full(self.count, np.nan), np.full(self.count, np.nan)
        said = 0
        for row, text in enumerate(map(str, self.cells[label].tolist())):
            if not text.strip():
                continue
            known = _WKT.match(text)
            pair = parse_pair(text, longitude_first=first) if not known else None
            if known:
                east[row], north[row] = float(known[1]), float(known[2])
            elif pair is None:
                north[row] = east[row] = np.inf
                self.faults[row] = f"{label} is {text!r}, which is no pair of coordinates"
            else:
                north[row], east[row] = pair[0].degrees, pair[1].degrees
                self.unit[row] = min(a.unit_deg for a in pair) * _DEGREE_M
                said += not pair[0].axis
        if said and (np.abs(north[np.isfinite(north)]) > 90.0).any():
            north, east = east, north  # no latitude is beyond 90
            self.noted[f"{label}: longitude first, as the values say"] += said
        elif said and not first:
            self.noted[f"{label}: latitude first, as nothing says otherwise"] += said
        return north, east

    # What they mean

    def _degrees(self, east: Floats, north: Floats) -> tuple[Floats, Floats, Shifts]:
        system = self.system
        if system is not None and not system.is_geographic:
            raise SchemaError(
                f"{self.where}: {', '.join(self.columns.labels())} hold degrees, but "
                f"{system.name} is in metres",
                "give the reference system of the degrees, for instance EPSG:4326 or EPSG:4284",
            )
        if self.columns.is_xy:
            finite = np.isfinite(east) & np.isfinite(north)
            if (np.abs(north[finite]) > 90.0).any() and (np.abs(east[finite]) <= 90.0).all():
                east, north = north, east
                self._note_order("x as latitude, since y is beyond 90", finite)
            else:
                self._note_order("x as longitude, y as latitude", finite)
        if system is None or system.equals(STORE_CRS, ignore_axis_order=True):
            return east.copy(), north.copy(), []
        good = np.isfinite(east) & np.isfinite(north) & (np.abs(north) <= 90.0)
        good &= np.abs(east) <= 180.0
        if not good.any():
            return east.copy(), north.copy(), []
        shift = find_shift(system, bounds_of(east, north))
        lon, lat = east.copy(), north.copy()
        lon[good], lat[good] = shift.transformer.transform(east[good], north[good])
        return lon, lat, [(shift, int(good.sum()))]

    def _note_order(self, words: str, rows: NDArray[np.bool_]) -> None:
        if rows.any():
            self.noted[f"{', '.join(self.columns.labels())}: {words}"] += int(rows.sum())

    def _grid(self, east: Floats, north: Floats) -> tuple[Floats, Floats, Shifts]:
        zones = [_plain(v) for v in self.cells[self.columns.zone]] if self.columns.zone else []
        if self.system is None and not zones:
            self._refuse_unnamed(east, north)
        grid = Grid(self.system or find_system(STORE_CRS, where=self.where), zones)
        if self.system is not None and self.system.is_geographic and not (grid.base or zones):
            self._refuse_unnamed(east, north)
        east, north = self._in_order(east, north, grid)
        finite = np.isfinite(east) & np.isfinite(north)
        fits = grid.fits(east, north)
        for row in np.flatnonzero(finite & ~fits):
            self.faults.setdefault(
                int(row),
                f"easting {east[row]:.10g}, northing {north[row]:.10g} lies outside "
                f"{self._area(grid)}",
            )
        if grid.base:
            bare = finite & fits & (east < ZONE_M)
            if bare.any():
                self.noted["eastings without the number of their zone"] += int(bare.sum())
        lon, lat, shifts = grid.to_degrees(np.where(fits, east, np.nan), north)
        lost = finite & fits & ~np.isfinite(lon)
        for row in np.flatnonzero(lost):
            self.faults.setdefault(int(row), "its zone is not known")
        return lon, lat, shifts

    def _area(self, grid: Grid) -> str:
        if grid.zones:
            return "the zone that the row names"
        return f"the area of {grid.system.name}"

    def _in_order(self, east: Floats, north: Floats, grid: Grid) -> tuple[Floats, Floats]:
        """Return easting and northing; columns called x and y are either, and the values say which."""
        finite = np.isfinite(east) & np.isfinite(north)
        if not finite.any():
            return east, north
        here = int(grid.fits(east, north)[finite].sum())
        there = int(grid.fits(north, east)[finite].sum())
        if not self.columns.is_xy:
            if there > here:
                raise SchemaError(
                    f"{self.where}: {self.columns.north[0]} and {self.columns.east[0]} lie in "
                    f"{grid.system.name} only if they are interchanged",
                    "rename the two columns, or correct reader.crs (--crs)",
                )
            return east, north
        axes = grid.system.axis_info
        is_north = bool(axes) and axes[0].direction == "north" and grid.system.is_projected
        swap = there > here or (there == here and (is_north or bool(grid.base)))
        words = "x as northing, y as easting" if swap else "x as easting, y as northing"
        self._note_order(words, finite)
        return (north, east) if swap else (east, north)

    def _refuse_unnamed(self, east: Floats, north: Floats) -> None:
        names = ", ".join(n for n in self.columns.labels() if n)
        hint = "name it in reader.crs (--crs), for instance EPSG:32643"
        both = np.concatenate([east, north])
        millions = np.unique(both[np.isfinite(both)] // ZONE_M).astype(int).tolist()
        zones = [z for z in millions if 10 <= z <= 32]
        if zones:
            hint += f", or EPSG:{28400 + zones[0]} if they are of SK-42"
        raise SchemaError(
            f"{self.where}: {names} hold metres, and nothing says of which reference system", hint
        )


def _plain(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.15g}"
    return " ".join(str(value).split())


def _value(text: str, axis: Axis | None) -> tuple[float, float]:
    """Return an angle or a grid's number with the unit of its last digit; infinity if it is neither."""
    angle: Angle | None = parse_angle(text, axis)
    if angle is not None:
        return angle.degrees, angle.unit_deg
    number = grid_number(text)
    return (float("inf"), 0.0) if number is None else (number, 0.0)
