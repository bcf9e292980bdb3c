"""Points that a user provides, from any file and without a catalogue entry."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError
from geo_ree.reading.coordinate_columns import find_coordinate_columns
from geo_ree.reading.datum_shift import move_frame
from geo_ree.reading.delimited import NOTED
from geo_ree.reading.formats import open_file
from geo_ree.reading.places import read_places
from geo_ree.reading.shapes import as_points
from geo_ree.reading.tables import retry_hint

ATTRS = "geo_ree"
"""Key of `read_points`' account in the attributes of its frame."""


def read_points(path: str | Path, *, crs: str | None = None, sheet: str = "") -> gpd.GeoDataFrame:
    r"""Read a table or layer of points in any format, reference system and notation.

    Columns with coordinates are recognised by their names in English or Russian: latitude and
    longitude in decimal degrees or in degrees, minutes and seconds, northing and easting, x and y,
    both in one cell, with or without a column of zones.

    Parameters
    ----------
    path
        CSV, workbook, shapefile, GeoPackage, KML, KMZ, GeoJSON, GML, Parquet, or a zip of one.
    crs
        Reference system of printed coordinates, or of a layer that states none: a code, a PROJ
        string, ``SK-42``. By default WGS 84, or the one that the file or the name of a column
        states.
    sheet
        Worksheet of a workbook, or layer of a file with several.

    Returns
    -------
    geopandas.GeoDataFrame
        All rows and columns of the file in `STORE_CRS`; the index ``row`` is the row of the file.
        A row without coordinates has no geometry. ``attrs["geo_ree"]`` holds ``columns`` (those
        with coordinates), ``noted`` (what was assumed -> rows), ``accuracy_m`` (of the transformation;
        NaN if unknown) and ``unit_m`` (the last digit printed of each row; NaN if unknown).

    Raises
    ------
    SchemaError
        If the file cannot be read, has no coordinates, or a row has coordinates that cannot be
        read or lie off the globe: all such rows are named at once.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "sites.csv"
    >>> _ = path.write_text('site,lat,lon\nMade-up Hill,42°15\'30"N,76 10 20 E\n')
    >>> round(read_points(path).geometry.iloc[0].y, 4)
    42.2583
    """
    path = Path(path)
    entry = _entry(path, crs or "", sheet)
    try:
        frame = open_file(path, entry)
    except SchemaError as error:
        raise _of_own_file(error, entry) from error
    noted = Counter(frame.attrs.get(NOTED, {}))
    if isinstance(frame, gpd.GeoDataFrame):
        out, account = _from_layer(frame, path.name)
    else:
        out, account = _from_table(frame, path.name, crs or "")
    _refuse_off_globe(out, path.name)
    account["noted"] = dict(noted + Counter(account["noted"]))
    out.attrs = {ATTRS: account}
    return out


def _entry(path: Path, crs: str, sheet: str) -> Source:
    """Return a catalogue entry that describes nothing but the file."""
    name = re.sub(r"[^a-z0-9_]+", "_", path.stem.casefold()).strip("_")
    return Source.model_validate(
        {
            "id": f"own_{name}"[:60],
            "title": path.name.ljust(3),
            "label": path.name.ljust(2),
            "publisher": "provided by you",
            "country": "not stated",
            "layer": "deposits",
            "protocol": "local",
            "licence": "not stated",
            "attribution": "provided by you",
            "edition": "not stated",
            "status": "manual",
            "why": "it is your file",
            "instead": "give the file",
            "reader": {"crs": crs, "sheet": sheet, "layer": sheet},
        }
    )


def _of_own_file(error: SchemaError, entry: Source) -> SchemaError:
    """Return an error of a reader in the words of a file that no catalogue entry describes."""
    hint = error.hint.replace(retry_hint(entry), "check the file")
    for option, word in (("layer", "sheet"), ("sheet", "sheet"), ("crs", "crs")):
        hint = hint.replace(f"reader.{option} of the catalogue entry", f"{word} (--{word})")
        hint = hint.replace(f"reader.{option} in the catalogue entry", f"{word} (--{word})")
    return SchemaError(error.what.removeprefix(f"{entry.id}: "), hint)


def _from_layer(frame: gpd.GeoDataFrame, name: str) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    shapes, noted = as_points(frame.geometry, where=name)
    account: dict[str, Any] = {"columns": [], "noted": noted, "accuracy_m": 0.0}
    out, shift = move_frame(frame.set_geometry(shapes))
    if shift is not None and shift.name:
        noted[f"coordinates {shift.describe()}"] = int(shapes.notna().sum())
        account["accuracy_m"] = shift.accuracy_m
    account["unit_m"] = [float("nan")] * len(frame)
    table = pd.DataFrame(out.drop(columns=out.geometry.name))
    return _placed(table, out.geometry.x, out.geometry.y), account


def _from_table(
    frame: pd.DataFrame, name: str, crs: str
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    columns = find_coordinate_columns(map(str, frame.columns))
    if columns is None:
        raise SchemaError(
            f"{name} has no columns that are recognised as coordinates (it has: "
            f"{', '.join(map(str, frame.columns))})",
            "name them latitude and longitude, easting and northing, or x and y",
        )
    found = read_places(frame, columns, crs=crs, where=name)
    if found.faults:
        shown = [f"row {frame.index[row]}: {fault}" for row, fault in sorted(found.faults.items())]
        more = f" (and {len(shown) - 5} more)" if len(shown) > 5 else ""
        raise SchemaError(f"{name} {'; '.join(shown[:5])}{more}", "correct or clear these cells")
    account = {
        "columns": list(columns.labels()),
        "noted": dict(found.noted),
        "accuracy_m": found.accuracy_m,
        "unit_m": found.unit_m.tolist(),
    }
    return _placed(frame, found.longitude, found.latitude), account


def _placed(table: pd.DataFrame, lon: Any, lat: Any) -> gpd.GeoDataFrame:
    """Give a table its points; a column called geometry becomes an ordinary one."""
    points = np.full(len(table), None, dtype=object)
    known = np.isfinite(lon) & np.isfinite(lat)
    points[known] = shapely.points(np.asarray(lon)[known], np.asarray(lat)[known])
    table = table.rename(columns={"geometry": "geometry_text"})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, table.index, crs=STORE_CRS))


def _refuse_off_globe(frame: gpd.GeoDataFrame, name: str) -> None:
    x, y = frame.geometry.x, frame.geometry.y
    off = (x.abs() > 180.0) | (y.abs() > 90.0)
    if off.any():
        shown = [
            f"row {row}: latitude {y[row]:g}, longitude {x[row]:g}" for row in frame.index[off][:5]
        ]
        raise SchemaError(
            f"{name} {'; '.join(shown)}: not on the globe",
            "correct the rows, or swap the two columns if they are interchanged",
        )
