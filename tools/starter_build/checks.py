"""Checks of what goes into the starter: every complaint names the file, the row and the hint."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import GEOD
from starter_build.product import BuildError, read_csv

SHOWN = 3
"""Rows that a message names; of the others it gives the number."""


def check_columns(file: str, found: Iterable[str], needed: Sequence[str]) -> None:
    """Raise when a table lacks a column.

    Raises
    ------
    BuildError
        Naming the file, the columns that are missing, and those that are there.
    """
    there = list(found)
    missing = [name for name in needed if name not in there]
    if missing:
        raise BuildError(
            f"{file}: no column {', '.join(missing)}; it has {', '.join(there)}: "
            "the source changed, correct the column in the builder"
        )


def read_checked_csv(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a CSV that has these columns and as many fields in each row as names.

    Raises
    ------
    BuildError
        Naming the file, and the line or the columns.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        check_columns(path.name, header, needed)
        for fields in reader:
            if fields and len(fields) != len(header):
                raise BuildError(
                    f"{path.name}, line {reader.line_num}: {len(fields)} fields, expected "
                    f"{len(header)}: quote the field that holds a comma"
                )
    return read_csv(path)


def check_filled(file: str, frame: gpd.GeoDataFrame, column: str, row: str) -> None:
    """Raise when a text is missing or blank; `row` is the column that names a row."""
    blank = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
    _complain(file, frame[row], blank.to_numpy(), f"{column} is blank", "fill it or drop the row")


def check_geometry(
    file: str,
    frame: gpd.GeoDataFrame,
    row: str,
    *,
    kind: str,
    largest_km2: float = np.inf,
) -> None:
    """Raise when a geometry is missing, of another kind, invalid, outside the world, or too big.

    Parameters
    ----------
    file
        The name that the message gives.
    frame
        Geometries in degrees.
    row
        The column that names a row.
    kind
        ``point``, ``line`` or ``polygon`` (a multi-geometry counts as its part).
    largest_km2
        Area that no polygon may exceed.

    Raises
    ------
    BuildError
        Naming the file and the first rows.
    """
    shapes, names = frame.geometry.to_numpy(), frame[row]
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    _complain(file, names, empty, "no geometry", "drop the row")
    kinds = {"point": (0, 4), "line": (1, 5), "polygon": (3, 6)}[kind]
    other = ~np.isin(shapely.get_type_id(shapes), kinds)
    _complain(file, names, other, f"not a {kind}", f"keep the {kind}s of the geometry")
    west, south, east, north = shapely.bounds(shapes).T
    outside = ~((west >= -180) & (south >= -90) & (east <= 180) & (north <= 90))
    _complain(file, names, outside, "not in degrees", "give it in longitude and latitude")
    if kind == "line":
        flat = shapely.length(shapes) == 0
        _complain(file, names, flat, "a line of one point", "drop it")
    if kind == "polygon":
        reasons = shapely.is_valid_reason(shapes)
        broken = reasons != "Valid Geometry"
        why = str(reasons[broken][0]) if broken.any() else ""
        _complain(file, names, broken, f"invalid polygon ({why})", "run make_valid on it first")
        if largest_km2 < np.inf:
            area = np.array([abs(GEOD.geometry_area_perimeter(s)[0]) / 1e6 for s in shapes])
            words = f"larger than {largest_km2:,.0f} km2"
            _complain(file, names, area > largest_km2, words, "is it what the layer is for?")


def _complain(
    file: str, names: Sequence[object], bad: NDArray[np.bool_], what: str, hint: str
) -> None:
    rows = [f"row {i} ({names[i]})" for i in np.flatnonzero(bad)]
    if rows:
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        raise BuildError(f"{file}, {', '.join(rows[:SHOWN])}{more}: {what}; {hint}")
