"""The place of each row of a table.

`place_rows` turns printed coordinates or the geometry of a file into points of the region;
`find_misprinted` and `refuse_misprinted` deal with interchanged latitude and longitude, and with a
wrong sign.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import STORE_CRS, Floats, has_odd_vertex
from geo_ree.deposits.column_rules import Mask, TableTask
from geo_ree.deposits.misprints import MISPRINTS, find_misprints
from geo_ree.errors import SchemaError
from geo_ree.reading.coordinate_columns import CoordinateColumns
from geo_ree.reading.datum_shift import move_frame
from geo_ree.reading.geometry_kinds import kind_hint, simplify_kinds
from geo_ree.reading.map_grids import find_system
from geo_ree.reading.places import read_places
from geo_ree.settings import Box

POINT_LAYERS = ("deposits", "facilities")
"""Layers whose sources name a country, so that misprinted coordinates can be detected."""

_GLOBE = np.array([-180.0, -90.0, 180.0, 90.0])
_GRACE_DEG = 1e-6


def place_rows(
    table: pd.DataFrame, task: TableTask, countries: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Give the rows a geometry in `STORE_CRS`, and skip those outside the region.

    Rows without a place are kept if the layer allows them. The layer ``countries`` itself
    (``countries`` is None) is not cut to the region.

    Raises
    ------
    SchemaError
        If a coordinate is not on the globe or misprinted (`find_misprints`), or the coordinate
        reference system is unknown.
    """
    layer = task.layer
    faults: Mapping[int, str] = {}
    if isinstance(table, gpd.GeoDataFrame):
        table = _to_store_crs(table, task)
        table = table[_refuse_other_kinds(table, task)]
        bounds = table.geometry.bounds.to_numpy()
    else:
        bounds, faults = _printed_places(table, task)
    blank = np.isnan(bounds).all(axis=1)
    keep = _refuse_off_globe(table, bounds, faults, task)
    table, bounds, blank = table[keep], bounds[keep], blank[keep]

    zero = (bounds == 0.0).all(axis=1)
    if layer.geometry_required:
        keep = task.skip(zero, "place given as 0, 0")
        keep &= task.skip(blank, "without a place")
        table, bounds = table[keep], bounds[keep]
    else:
        task.note(zero, "place given as 0, 0")
        bounds[zero] = np.nan

    outside = _outside_region(bounds, task.region) & (not task.keep_outside)
    if layer.name in POINT_LAYERS and countries is not None:
        found = find_misprinted(table, bounds, outside, task, countries)
        keep = refuse_misprinted(table, bounds, found, task)
        outside = outside & ~((found >= 0) & keep)
        table, bounds, outside = table[keep], bounds[keep], outside[keep]
    if layer.name != "countries":
        keep = task.skip(outside, "outside the region")
        table, bounds = table[keep], bounds[keep]

    known = ~np.isnan(bounds[:, 0])
    if isinstance(table, gpd.GeoDataFrame):
        return table.set_geometry(table.geometry.where(known, None))
    points = np.full(len(table), None, dtype=object)
    points[known] = shapely.points(bounds[known, 0], bounds[known, 1])
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, table.index, crs=STORE_CRS))


def _to_store_crs(table: gpd.GeoDataFrame, task: TableTask) -> gpd.GeoDataFrame:
    stated = table.crs or task.source.reader.crs
    if not stated:
        raise SchemaError(
            f"{task.source.id}: the file states no coordinate reference system",
            "give it as reader.crs in the catalogue entry, for instance 'EPSG:4326'",
        )
    system = stated if table.crs else find_system(str(stated), where=task.source.id)
    kinds = task.layer.geometries
    shapes = simplify_kinds(table.geometry, kinds)
    table, shift = move_frame(table.set_geometry(shapes.set_crs(system, allow_override=True)))
    if shift is not None and shift.name:
        task.accuracy_m = shift.accuracy_m
        task.note(table.geometry.notna().to_numpy(), f"coordinates {shift.describe()}")
    return table


def _refuse_other_kinds(table: gpd.GeoDataFrame, task: TableTask) -> Mask:
    """Refuse geometries of a kind that the layer does not have."""
    kinds = table.geom_type.astype(object)
    expected = task.layer.geometries
    blank = table.geometry.isna() | table.geometry.is_empty
    odd = (~blank & ~kinds.isin(expected)).to_numpy()

    def describe(row: int) -> str:
        name = task.row_name(table, row)
        return f"{name}: its geometry is a {kinds.iloc[row]}, expected {' or '.join(expected)}"

    hint = kind_hint(str(kinds[odd].iloc[0])) if odd.any() else ""
    return task.refuse(odd, "geometry of another kind", describe, hint)


def _printed_places(table: pd.DataFrame, task: TableTask) -> tuple[Floats, Mapping[int, str]]:
    """Printed points as boxes of no width, and what is wrong with rows.

    A box is NaN where the row has no place, and infinite where it cannot be read.
    """
    columns = task.coordinates or _named_columns(task)
    if columns is None:
        return np.full((len(table), 4), np.nan), {}
    found = read_places(
        table,
        columns,
        crs=task.source.reader.crs,
        where=task.source.id,
        nulls={label: task.nulls(label) for label in columns.labels()},
    )
    task.noted.update(found.noted)
    task.accuracy_m = found.accuracy_m
    axes = (found.longitude, found.latitude)
    return np.column_stack([*axes, *axes]), found.faults


def _named_columns(task: TableTask) -> CoordinateColumns | None:
    """Return the columns that the entry names; None if the layer can do without a place."""
    columns = task.columns
    if "coordinates" in columns:
        return CoordinateColumns(point=columns["coordinates"], zone=columns.get("zone", ""))
    if not task.layer.geometry_required and not {"longitude", "latitude"} & set(columns):
        return None
    for name in ("longitude", "latitude"):
        if name not in columns:
            raise SchemaError(
                f"{task.source.id}: no column for the {name} (the file has no geometry)",
                f"name its column as {name} under columns in the catalogue entry",
            )
    return CoordinateColumns(
        north=(columns["latitude"],), east=(columns["longitude"],), zone=columns.get("zone", "")
    )


def _refuse_off_globe(
    table: pd.DataFrame, bounds: Floats, faults: Mapping[int, str], task: TableTask
) -> Mask:
    blank = np.isnan(bounds).all(axis=1)
    with np.errstate(invalid="ignore"):
        low = bounds[:, :2] >= _GLOBE[:2] - _GRACE_DEG
        high = bounds[:, 2:] <= _GLOBE[2:] + _GRACE_DEG
    good = np.asarray((low & high).all(axis=1))
    odd = np.zeros(len(table), dtype=bool)
    if isinstance(table, gpd.GeoDataFrame):
        odd = has_odd_vertex(table.geometry.to_numpy())

    def describe(row: int) -> str:
        if row in faults:
            return f"{task.row_name(table, row)}: {faults[row]}"
        if odd[row]:
            return f"{task.row_name(table, row)}: a vertex of the geometry is not a number"
        if isinstance(table, gpd.GeoDataFrame):
            what = f"the geometry ({', '.join(f'{v:g}' for v in bounds[row])} degrees)"
        elif task.coordinates is not None:
            what = f"latitude {bounds[row, 1]:g}, longitude {bounds[row, 0]:g}"
        else:
            longitude, latitude = (f"{degrees:g}" for degrees in bounds[row, :2])
            if {"latitude", "longitude"} <= set(task.columns):  # as they are printed
                latitude, longitude = (
                    repr(table[task.columns[n]].iloc[row]) for n in ("latitude", "longitude")
                )
            what = f"latitude {latitude}, longitude {longitude}"
        return (
            f"{task.row_name(table, row)}: {what} is not on the globe "
            "(latitude -90 to 90, longitude -180 to 180, or both blank)"
        )

    hint = "correct the row, or swap the two if they are interchanged"
    if odd.any():
        hint = "correct or drop the geometry"
    return task.refuse(~blank & (~good | odd), "coordinates not on the globe", describe, hint)


def _outside_region(bounds: Floats, region: Box) -> Mask:
    """Boxes that do not touch the region; a box of NaN is not outside.

    A region across the antimeridian ends above 180: there, places count a full turn further east too.
    """
    west, south, east, north = region
    with np.errstate(invalid="ignore"):
        apart = [(bounds[:, 0] + turn > east) | (bounds[:, 2] + turn < west) for turn in (0, 360)]
        sideways = apart[0] & apart[1] if east > 180.0 else apart[0]
        return np.asarray(sideways | (bounds[:, 1] > north) | (bounds[:, 3] < south))


def find_misprinted(
    table: pd.DataFrame,
    bounds: Floats,
    suspect: Mask,
    task: TableTask,
    countries: gpd.GeoDataFrame,
) -> NDArray[np.int64]:
    """Find the slip in each suspect point, as its place in `MISPRINTS`; -1 for none."""
    found = np.full(len(table), -1, dtype=np.int64)
    at = np.flatnonzero(suspect)
    words = country_words(table.iloc[at], task)
    found[at] = find_misprints(bounds[at, 0], bounds[at, 1], words, countries)
    return found


def refuse_misprinted(
    table: pd.DataFrame, bounds: Floats, found: NDArray[np.int64], task: TableTask
) -> Mask:
    """Refuse misprinted points and return the rows to keep: all with ``keep_misprinted``.

    A point with a wrong sign lies far outside the region, where a world table has most of its rows:
    it is skipped, with its reason, and does not stop a run.
    """
    keep = np.ones(len(table), dtype=bool)
    if task.keep_misprinted or not (found >= 0).any():
        return keep
    words = country_words(table, task)

    def describe(row: int) -> str:
        undone = MISPRINTS[found[row]].undone
        return (
            f"{task.row_name(table, row)}: latitude {bounds[row, 1]:g}, longitude "
            f"{bounds[row, 0]:g} is not in {words.iloc[row]}, but {undone} it is"
        )

    for number, misprint in enumerate(MISPRINTS):
        if misprint.swap:
            hint = "swap them in the file"
            keep &= task.refuse(found == number, misprint.reason, describe, hint)
        else:
            keep &= task.skip(found == number, misprint.reason)
    return keep


def country_words(table: pd.DataFrame, task: TableTask) -> pd.Series:
    """Words in which the source names the country of each row."""
    label = task.columns.get("country_reported")
    if label is None:
        constant = task.source.constants.get("country_reported")
        return pd.Series(constant, table.index, dtype=object)
    return task.cells(table, label)
