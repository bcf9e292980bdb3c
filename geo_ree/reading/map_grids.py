"""Reference systems by their names, and eastings and northings of a grid in degrees.

Grids of the former USSR count zones of 6 degrees, print the number of the zone before the easting and
call the northing x.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import UTMConversion
from pyproj.exceptions import CRSError

from geo_ree.crs import Floats
from geo_ree.errors import SchemaError
from geo_ree.reading.datum_shift import DatumShift, find_shift

ZONE_M = 1_000_000
"""The number of the zone stands in the millions of a Gauss-Krueger easting."""

_ZONE_CODES: Mapping[str, int] = {"Pulkovo 1942": 28400, "Pulkovo 1995": 20000, "GSK-2011": 20900}
"""Datum -> EPSG code of the zone 0 of its Gauss-Krueger grid."""

_NAMES: tuple[tuple[str, str], ...] = (
    (r"(sk|ск)[ -]?(19)?42|pulkovo[ -]?(19)?42|с?истема координат 1942.*", "Pulkovo 1942"),
    (r"(sk|ск)[ -]?(19)?95|pulkovo[ -]?(19)?95", "Pulkovo 1995"),
    (r"(gsk|гск)[ -]?(20)?11", "GSK-2011"),
)
_CODES = {"Pulkovo 1942": 4284, "Pulkovo 1995": 4200, "GSK-2011": 7683}
_SK63 = re.compile(r"(sk|ск|cs)[ -]?(19)?63.*", re.IGNORECASE)
_ZONED = re.compile(r"(.*?)[ ,/]*(?:gauss[ -]kr(?:ü|u|ue)ger[ ,]*)?(?:zone|зона)\s*(\d+)", re.I)
_UTM_ZONE = re.compile(r"\s*(\d{1,2})\s*([C-HJ-NP-X])?\s*(?:orth|outh)?\s*", re.IGNORECASE)
_BAND_S = (3_500_000.0, 4_450_000.0)
"""Northings of the latitude band S, 32 to 40 degrees north: the letter also means south."""
Shifts = list[tuple[DatumShift, int]]
"""Transformations, and the rows that each moved."""

_SLACK_DEG = 1.0
_HALF_ZONE_DEG = 4.5


def find_system(text: str, *, where: str) -> CRS:
    """Return the reference system that a text names: a code, a PROJ string, or ``SK-42 zone 12``.

    Raises `SchemaError` if there is none of that name, or if it is SK-63, whose zones were never
    published as a whole.

    Examples
    --------
    >>> find_system("SK-42 zone 12", where="x").to_epsg(), find_system("СК-42", where="x").to_epsg()
    (28412, 4284)
    """
    text = " ".join(text.split())
    if _SK63.fullmatch(text):
        raise SchemaError(
            f"{where}: SK-63 is no single reference system: its districts and their parameters "
            "were not published as a whole",
            "give the EPSG code of the zone if it has one (2935 to 2941 for Armenia, Azerbaijan, "
            "Georgia and western Kazakhstan), or its parameters as a PROJ string",
        )
    zoned = _ZONED.fullmatch(text)
    name, zone = (zoned[1].strip(), int(zoned[2])) if zoned else (text, 0)
    for pattern, datum in _NAMES:
        if re.fullmatch(pattern, name, re.IGNORECASE):
            text = f"EPSG:{_ZONE_CODES[datum] + zone if zone else _CODES[datum]}"
    try:
        system = CRS.from_user_input(text)
    except CRSError as error:
        raise SchemaError(
            f"{where}: no reference system is called {text[:60]!r}",
            "correct reader.crs (--crs), for instance to EPSG:4284, EPSG:28412 or SK-42",
        ) from error
    if not (system.is_geographic or system.is_projected):
        raise SchemaError(f"{where}: {system.name!r} is no system of places on a map", "")
    return system


class Grid:
    """Turns eastings and northings into degrees, each row in its own zone.

    Parameters
    ----------
    system
        The reference system; of a geographic one, the Gauss-Krueger or UTM grid of its datum.
    zones
        The zone of each row as it is printed; empty if there is no such column.
    """

    def __init__(self, system: CRS, zones: Sequence[str] = ()) -> None:
        self.system = system
        datum = system.geodetic_crs.name if system.geodetic_crs else ""
        is_zoned = system.is_geographic or "Gauss-Kruger zone" in system.name
        self.base = _ZONE_CODES.get(datum, 0) if is_zoned else 0
        self.zones = list(zones)

    @property
    def own_zone(self) -> int:
        """Number of the zone that the system names; 0 if it names none."""
        return (self.system.to_epsg() or 0) - self.base if self.system.is_projected else 0

    def codes(self, east: Floats, north: Floats) -> NDArray[np.int64]:
        """Return a number for the zone of each row; 0 where none is known.

        Gauss-Krueger zones count up from 1; UTM zones are negative in the south.
        """
        given = self._given(north)
        if self.base:
            printed = np.nan_to_num(east // ZONE_M, nan=0.0, posinf=0.0, neginf=0.0).astype(int)
            zone = np.where(given != 0, given, np.where(printed > 0, printed, self.own_zone))
            return np.where((printed > 0) & (printed != zone), 0, zone).astype(np.int64)
        return given if self.zones else np.ones(len(east), np.int64)

    def _given(self, north: Floats) -> NDArray[np.int64]:
        out = np.zeros(len(north), np.int64)
        for row, text in enumerate(self.zones):
            found = _UTM_ZONE.fullmatch(text.removesuffix(".0"))
            if not found or not 1 <= int(found[1]) <= 60:
                continue
            letter = (found[2] or "").upper()
            south = letter and letter < "N"
            if letter == "S":
                south = not _BAND_S[0] <= north[row] <= _BAND_S[1]
            out[row] = -int(found[1]) if south and not self.base else int(found[1])
        return out

    def zone_system(self, code: int) -> CRS:
        """Return the reference system of a zone that `codes` gave."""
        if self.base:
            return CRS.from_epsg(self.base + code)
        if not self.zones:
            return self.system
        south = code < 0
        if self.system.equals(CRS.from_epsg(4326), ignore_axis_order=True):
            return CRS.from_epsg((32700 if south else 32600) + abs(code))
        conversion = UTMConversion(str(abs(code)), "S" if south else "N")
        name = f"{self.system.name} / UTM zone {abs(code)}{'S' if south else 'N'}"
        return ProjectedCRS(conversion, name=name, geodetic_crs=self.system)

    def fits(self, east: Floats, north: Floats) -> NDArray[np.bool_]:
        """Return whether each row lies where its grid is used."""
        codes = self.codes(east, north)
        out = np.zeros(len(east), dtype=bool)
        for code in np.unique(codes[codes != 0]):
            rows = codes == code
            try:
                system = self.zone_system(int(code))
            except CRSError:
                continue
            lon, lat = _own_degrees(system, self.full(east[rows], int(code)), north[rows])
            out[rows] = _within(system, lon, lat, int(code) if self.base else 0)
        return out

    def full(self, east: Floats, zone: int) -> Floats:
        """Return eastings with the number of their zone, which some tables leave out."""
        if not self.base:
            return east
        return np.where(east < ZONE_M, east + zone * ZONE_M, east)

    def to_degrees(self, east: Floats, north: Floats) -> tuple[Floats, Floats, Shifts]:
        """Return longitudes and latitudes in the system of the store, NaN without a zone."""
        lon, lat = np.full(len(east), np.nan), np.full(len(east), np.nan)
        codes, shifts = self.codes(east, north), Shifts()
        for code in np.unique(codes[codes != 0]):
            rows = (codes == code) & np.isfinite(east) & np.isfinite(north)
            if not rows.any():
                continue
            system = self.zone_system(int(code))
            full = self.full(east[rows], int(code))
            shift = find_shift(system, bounds_of(*_own_degrees(system, full, north[rows])))
            lon[rows], lat[rows] = shift.transformer.transform(full, north[rows])
            shifts.append((shift, int(rows.sum())))
        return lon, lat, shifts


def _own_degrees(system: CRS, east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes in the datum of the grid itself."""
    own = Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    lon, lat = own.transform(east, north)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def bounds_of(lon: Floats, lat: Floats) -> tuple[float, float, float, float]:
    """Return west, south, east and north of points; the world if none is finite."""
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90.0) & (np.abs(lon) <= 180.0)
    if not good.any():
        return -180.0, -90.0, 180.0, 90.0
    lon, lat = lon[good], lat[good]
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _within(system: CRS, lon: Floats, lat: Floats, zone: int) -> NDArray[np.bool_]:
    if zone:
        middle = 6.0 * zone - 3.0
        away = np.abs((lon - middle + 180.0) % 360.0 - 180.0)
        return np.asarray((away <= _HALF_ZONE_DEG) & (lat >= 25.0) & (lat <= 85.0))
    area = system.area_of_use
    if area is None or area.west > area.east:
        return np.asarray(np.isfinite(lon) & (np.abs(lat) <= 90.0))
    return np.asarray(
        (lon >= area.west - _SLACK_DEG)
        & (lon <= area.east + _SLACK_DEG)
        & (lat >= area.south - _SLACK_DEG)
        & (lat <= area.north + _SLACK_DEG)
    )
