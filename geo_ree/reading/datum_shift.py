"""The way from a reference system to that of the store, with its accuracy."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest, AreaOfUse
from pyproj.transformer import TransformerGroup

from geo_ree.crs import STORE_CRS

_MOVES = re.compile(r" to WGS ?84|Ballpark")
_ABSURD_M = 500.0
"""EPSG states 999 m for a transformation whose accuracy nobody knows."""


@dataclass(frozen=True)
class DatumShift:
    """A transformation to `STORE_CRS`.

    Attributes
    ----------
    system
        Name of the datum from which it leads.
    name
        Its name in EPSG's registry; blank where the datum is the same.
    accuracy_m
        Its accuracy as the registry states it; NaN if unknown.
    transformer
        Takes easting or longitude first.
    """

    system: str
    name: str
    accuracy_m: float
    transformer: Transformer

    def describe(self) -> str:
        """Return the remark about points that were moved; blank if the datum is the same."""
        if not self.name:
            return ""
        accuracy = "unknown" if np.isnan(self.accuracy_m) else f"{self.accuracy_m:g} m"
        return f"moved from {self.system} to WGS 84 by {self.name!r} (accuracy {accuracy})"


def find_shift(system: CRS, bounds: tuple[float, float, float, float]) -> DatumShift:
    """Choose the most accurate transformation to `STORE_CRS` for an area.

    Parameters
    ----------
    system
        A geographic or projected reference system.
    bounds
        West, south, east and north limit of the points, in degrees.

    Returns
    -------
    DatumShift
        The most accurate operation of EPSG's registry that holds for the whole area; where none
        does, PROJ's choice by place, with the worst accuracy of those.

    References
    ----------
    IOGP (2024), Geomatics Guidance Note 7-2: Coordinate conversions and transformations.

    Examples
    --------
    >>> find_shift(CRS("EPSG:4284"), (69.0, 47.0, 70.0, 48.0)).describe()
    "moved from Pulkovo 1942 to WGS 84 by 'Pulkovo 1942 to WGS 84 (20)' (accuracy 3 m)"
    """
    west, south, east, north = bounds
    area = AreaOfInterest(max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a grid that is not installed: the accuracy says so
        group = TransformerGroup(system, STORE_CRS, always_xy=True, area_of_interest=area)
    shifts = [t for t in group.transformers if t.accuracy >= 0.0]
    for transformer in shifts:
        of = transformer.area_of_use
        if of and of.south <= south and of.north >= north and _spans(of, west, east):
            return _shift(system, transformer, transformer.accuracy)
    chosen = Transformer.from_crs(system, STORE_CRS, always_xy=True)
    first = [*shifts, *group.transformers, chosen][0]
    worst = max((t.accuracy for t in shifts if t.accuracy < _ABSURD_M), default=-1.0)
    return replace(_shift(system, first, worst), transformer=chosen)


def _spans(area: AreaOfUse, west: float, east: float) -> bool:
    """Return whether an area reaches from west to east; it may cross the antimeridian."""
    limit = area.east + 360.0 if area.east < area.west else area.east
    return bool(area.west <= west and east <= limit)


def _shift(system: CRS, transformer: Transformer, accuracy: float) -> DatumShift:
    steps = [o.name for o in transformer.operations or ()] or [transformer.description]
    moves = [n for n in steps if _MOVES.search(n) and not n.startswith("Null ")]
    unknown = accuracy < 0.0 or any("Ballpark" in name for name in moves)
    return DatumShift(
        system=system.geodetic_crs.name if system.geodetic_crs else system.name,
        name=" + ".join(moves),
        accuracy_m=0.0 if not moves else float("nan") if unknown else accuracy,
        transformer=transformer,
    )


def move_frame(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, DatumShift | None]:
    """Return a frame in `STORE_CRS`, and the transformation; None if it is there already.

    Raises `ValueError` if the frame states no reference system.
    """
    system = frame.crs
    if system is None:
        raise ValueError("it states no reference system")
    if system.equals(STORE_CRS, ignore_axis_order=True):
        return frame, None
    bounds = frame.total_bounds
    if np.isfinite(bounds).all():
        rough = Transformer.from_crs(system, STORE_CRS, always_xy=True)
        bounds = np.array(rough.transform_bounds(*bounds))
    if not np.isfinite(bounds).all() or bounds[0] > bounds[2]:
        bounds = np.array([-180.0, -90.0, 180.0, 90.0])
    west, south, east, north = map(float, bounds)
    shift = find_shift(system, (west, south, east, north))
    shapes = shapely.transform(
        frame.geometry.to_numpy(), shift.transformer.transform, interleaved=False
    )
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=STORE_CRS)), shift
