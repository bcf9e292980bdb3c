"""The place of each row of a table, and how precisely its coordinates are printed.

`place_rows` turns printed coordinates or the geometry of a file into points of the region;
`find_swapped` and `refuse_swapped` deal with interchanged latitude and longitude;
`add_precision` fills precision class, position error and basis.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from geo_ree.catalog.source import Precision
from geo_ree.crs import STORE_CRS, Floats
from geo_ree.deposits.borders import assign_country, parse_country
from geo_ree.deposits.column_rules import Mask, TableTask, as_text, clean_numbers
from geo_ree.errors import SchemaError
from geo_ree.schema import PRECISION_ERROR_M
from geo_ree.settings import REGION

POINT_LAYERS = ("deposits", "facilities")
"""Layers whose sources name a country, so that swapped coordinates can be detected."""

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
        If a coordinate is not on the globe, latitude and longitude are swapped, or the coordinate
        reference system is unknown.
    """
    layer = task.layer
    if isinstance(table, gpd.GeoDataFrame):
        table = _to_store_crs(table, task)
        bounds = table.geometry.bounds.to_numpy()
    else:
        bounds = _printed_bounds(table, task)
    blank = np.isnan(bounds).all(axis=1)
    keep = _refuse_off_globe(table, bounds, task)
    table, bounds, blank = table[keep], bounds[keep], blank[keep]

    zero = (bounds == 0.0).all(axis=1)
    if layer.geometry_required:
        keep = task.skip(zero, "place given as 0, 0")
        keep &= task.skip(blank, "without a place")
        table, bounds = table[keep], bounds[keep]
    else:
        task.note(zero, "place given as 0, 0")
        bounds[zero] = np.nan

    outside = _outside_region(bounds) & (not task.keep_outside)
    if layer.name in POINT_LAYERS and countries is not None:
        mirrored_inside = ~np.isnan(bounds[:, 0]) & ~_outside_region(bounds[:, [1, 0, 3, 2]])
        swapped = find_swapped(table, bounds, outside & mirrored_inside, task, countries)
        keep = refuse_swapped(table, bounds, swapped, task)
        outside = outside & ~(swapped & keep)
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
    try:
        return table.set_crs(stated).to_crs(STORE_CRS)
    except (CRSError, ValueError) as error:
        raise SchemaError(
            f"{task.source.id}: unknown coordinate reference system {str(stated)[:60]!r}",
            "correct reader.crs in the catalogue entry",
        ) from error


def _printed_bounds(table: pd.DataFrame, task: TableTask) -> Floats:
    """Printed points as boxes of no width; NaN where blank, infinity where not a number."""
    if not task.layer.geometry_required and not {"longitude", "latitude"} & set(task.columns):
        return np.full((len(table), 4), np.nan)
    axes = []
    for name in ("longitude", "latitude"):
        if name not in task.columns:
            raise SchemaError(
                f"{task.source.id}: no column for the {name} (the file has no geometry)",
                f"name its column as {name} under columns in the catalogue entry",
            )
        label = task.columns[name]
        numbers, wrong = clean_numbers(table[label], task.nulls(label))
        axes.append(numbers.mask(wrong, np.inf).to_numpy())
    return np.column_stack([*axes, *axes])


def _refuse_off_globe(table: pd.DataFrame, bounds: Floats, task: TableTask) -> Mask:
    blank = np.isnan(bounds).all(axis=1)
    with np.errstate(invalid="ignore"):
        low = bounds[:, :2] >= _GLOBE[:2] - _GRACE_DEG
        high = bounds[:, 2:] <= _GLOBE[2:] + _GRACE_DEG
    good = np.asarray((low & high).all(axis=1))

    def describe(row: int) -> str:
        if isinstance(table, gpd.GeoDataFrame):
            what = f"the geometry ({', '.join(f'{v:g}' for v in bounds[row])} degrees)"
        else:
            latitude, longitude = (
                table[task.columns[n]].iloc[row] for n in ("latitude", "longitude")
            )
            what = f"latitude {latitude!r}, longitude {longitude!r}"
        return (
            f"{task.row_name(table, row)}: {what} is not on the globe "
            "(latitude -90 to 90, longitude -180 to 180, or both blank)"
        )

    hint = "correct the row, or swap the two if they are interchanged"
    return task.refuse(~blank & ~good, "coordinates not on the globe", describe, hint)


def _outside_region(bounds: Floats) -> Mask:
    """Boxes that do not touch the region; a box of NaN is not outside."""
    west, south, east, north = REGION
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (bounds[:, 0] > east)
            | (bounds[:, 2] < west)
            | (bounds[:, 1] > north)
            | (bounds[:, 3] < south)
        )


def find_swapped(
    table: pd.DataFrame,
    bounds: Floats,
    suspect: Mask,
    task: TableTask,
    countries: gpd.GeoDataFrame,
) -> Mask:
    """Find suspect points that lie in the country their source names only if swapped.

    Countries that the layer holds only in part (``complete`` is false) are not considered: they
    cannot show that a point lies outside them.
    """
    swapped = np.zeros(len(table), dtype=bool)
    at = np.flatnonzero(suspect)
    words = country_words(table.iloc[at], task)
    named = parse_country(words, countries)
    whole = named.isin(countries["country"][countries["complete"]]).to_numpy()
    at, words, named = at[whole], words[whole], named[whole]
    mirrored = gpd.GeoDataFrame(
        {"country_reported": words, "position_error_m": 0.0},
        geometry=shapely.points(bounds[at, 1], bounds[at, 0]),
        crs=STORE_CRS,
    )
    again = assign_country(mirrored, countries)
    swapped[at] = ((again["country"] == named) & again["country_note"].isna()).to_numpy()
    return swapped


def refuse_swapped(table: pd.DataFrame, bounds: Floats, swapped: Mask, task: TableTask) -> Mask:
    """Refuse swapped points and return the rows to keep: all of them with ``keep_swapped``."""
    if task.keep_swapped or not swapped.any():
        return np.ones(len(table), dtype=bool)
    words = country_words(table, task)

    def describe(row: int) -> str:
        return (
            f"{task.row_name(table, row)}: latitude {bounds[row, 1]:g}, longitude "
            f"{bounds[row, 0]:g} is not in {words.iloc[row]}, but with the two swapped it is"
        )

    reason = "latitude and longitude swapped"
    return task.refuse(swapped, reason, describe, "swap them in the file")


def country_words(table: pd.DataFrame, task: TableTask) -> pd.Series:
    """Words in which the source names the country of each row."""
    label = task.columns.get("country_reported")
    if label is None:
        constant = task.source.constants.get("country_reported")
        return pd.Series(constant, table.index, dtype=object)
    return task.cells(table, label)


def add_precision(
    frame: gpd.GeoDataFrame, table: gpd.GeoDataFrame, task: TableTask
) -> gpd.GeoDataFrame:
    """Fill precision class, position error and basis; what the source states is kept."""
    source = task.source
    labels = (task.columns.get(n, "") for n in ("latitude", "longitude", "name"))
    classes = classify_precision(table, source.precision, *labels)
    classes = classes.mask(frame.geometry.isna() | frame.geometry.is_empty, "none")
    error = classes.map(dict(PRECISION_ERROR_M)).astype("float64")
    if "position_error_m" in frame:
        stated = pd.to_numeric(frame["position_error_m"], errors="coerce")
        error = stated.where(stated.notna(), error)
    basis = source.title + "; printed to " + classes.str.replace("_", "-")
    if "position_basis" in frame:
        basis = frame["position_basis"].where(frame["position_basis"].notna(), basis)
    return frame.assign(precision_class=classes, position_error_m=error, position_basis=basis)


_DMS = re.compile(r"^\s*(\d{1,3})-(\d{1,2})(?:-(\d{1,2}(?:\.\d+)?))?\s*[NSEW]\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
_MAX_DIGITS = 7
"""Meaningful decimals of a degree (1 cm); further ones are noise of the arithmetic."""
_MINUTE = 1.0 / 60.0


def classify_precision(
    raw: pd.DataFrame, rule: Precision, latitude: str, longitude: str, names: str = ""
) -> pd.Series:
    """Classify how precisely each row of an upstream table prints its coordinates.

    ``latitude`` and ``longitude`` are the columns with decimal degrees, used if the rule names no
    columns itself; ``names`` is the column of names, used by the option ``stacked``. The class is
    one of `geo_ree.schema.PRECISION_ERROR_M`; ``none`` where the coordinate is blank.

    Raises
    ------
    SchemaError
        If a column holds a class outside the vocabulary.
    """
    if rule.rule == "fixed":
        classes = pd.Series(rule.class_, index=raw.index, dtype=object)
    elif rule.rule == "column":
        stated = [text or rule.class_ for (text,) in _texts(raw, rule.columns[:1])]
        classes = pd.Series(stated, index=raw.index, dtype=object)
        odd = ~classes.isin(list(PRECISION_ERROR_M))
        if odd.any():
            raise SchemaError(
                f"row {raw.index[odd][0]}: unknown precision class {classes[odd].iloc[0]!r}",
                f"use one of {', '.join(PRECISION_ERROR_M)}",
            )
    elif rule.rule == "dms":
        classify = _six_columns_class if len(rule.columns) == 6 else _dms_class
        finest = [classify(row) for row in _texts(raw, rule.columns)]
        classes = pd.Series(finest, index=raw.index, dtype=object).fillna(rule.class_)
    else:
        pairs = _texts(raw, rule.columns[:2] or (latitude, longitude))
        classes = pd.Series([_decimal_class(a, b) for a, b in pairs], index=raw.index, dtype=object)
    if rule.stacked and names:
        points = raw.groupby([latitude, longitude], dropna=False)[names]
        classes = classes.mask(points.transform("nunique") >= rule.stacked, "named_place")
    if latitude in raw.columns:
        blank = [not text for (text,) in _texts(raw, (latitude,))]
        classes = classes.mask(pd.Series(blank, index=raw.index), "none")
    return classes


def _texts(raw: pd.DataFrame, columns: Sequence[str]) -> list[list[str]]:
    """Rows of texts; numbers are written with the digits they need."""
    cells = [[as_text(value) for value in raw[name].astype(object)] for name in columns]
    return [list(row) for row in zip(*cells, strict=True)]


def _six_columns_class(texts: Sequence[str]) -> str | None:
    """Class from degrees, minutes and seconds of latitude and longitude in six columns.

    A minute converted to decimals and back comes out as 59 or 60 seconds: it states no second.
    """
    if not any(texts):
        return None
    numbers = [float(t) if _NUMBER.match(t) else 0.0 for t in texts]
    seconds = [abs(numbers[2]), abs(numbers[5])]
    if any(1.0 < s < 59.0 for s in seconds):
        return "arc_second"
    minutes = [abs(numbers[1]) + (seconds[0] >= 59.0), abs(numbers[4]) + (seconds[1] >= 59.0)]
    if any(not m.is_integer() for m in minutes):
        return "arc_second"
    return "arc_minute" if any(m % 15 for m in minutes) else "area"


def _dms_class(texts: Sequence[str]) -> str | None:
    """Class from texts such as ``42-40-12N``."""
    found = [_DMS.match(t) for t in texts if t]
    matches = [m for m in found if m]
    if not matches or len(matches) < len(found):
        return None
    if any(m.group(3) is not None for m in matches):
        return "arc_second"
    return "arc_minute" if any(int(m.group(2)) % 15 for m in matches) else "area"


def _decimal_class(latitude: str, longitude: str) -> str:
    """Class from the digits of decimal degrees, recognising converted whole minutes."""
    try:
        values = np.array([float(latitude), float(longitude)]).round(_MAX_DIGITS)
    except ValueError:
        return "none"
    printed = [
        f"{v:.{_MAX_DIGITS}f}" if len(t) > _MAX_DIGITS else t
        for v, t in zip(values, (latitude, longitude), strict=True)
    ]
    digits = max(len(t.partition(".")[2].rstrip("0")) for t in printed)
    if digits <= 1:
        return "tenth_degree" if digits else "area"
    off_minute = np.abs(values / _MINUTE - np.round(values / _MINUTE)) * _MINUTE
    if digits >= 3 and (off_minute <= 0.6 * 10.0**-digits).all():
        return "arc_minute"
    return "hundredth_degree" if digits <= 3 else "arc_second"
