"""The rasters of a run as a collection: an outline each, with the address of its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import rasterio
import shapely

from geo_ree.errors import SettingsError
from geo_ree.serving.served_run import ORIGIN, Collection, describe

COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
_PROVIDER = "geo_ree.serving.run_providers.RasterProvider"
_COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "fid": ("INTEGER", "", ""),
    "geom": ("BLOB", "", ""),
    "id": ("TEXT", "name of the raster", ""),
    "title": ("TEXT", "what its first band holds", ""),
    "unit": ("TEXT", "unit of its first band", ""),
    "bands": ("TEXT", "what each band holds, separated by ;", ""),
    "width": ("INTEGER", "cells from west to east", ""),
    "height": ("INTEGER", "cells from north to south", ""),
    "cell_x_deg": ("REAL", "width of a cell", "degrees"),
    "cell_y_deg": ("REAL", "height of a cell", "degrees"),
    "crs": ("TEXT", "reference system", ""),
    "attribution": ("TEXT", "what the licences of its sources ask for", ""),
    "run_id": ("TEXT", "the run that it belongs to", ""),
    "media_type": ("TEXT", "media type of the file", ""),
    "size_bytes": ("INTEGER", "size of the file", "bytes"),
    "href": ("TEXT", "address of the file, a Cloud-Optimized GeoTIFF", ""),
}


def list_rasters(rasters: Mapping[str, Path], version: str, sources: pd.DataFrame) -> Collection:
    """The collection ``rasters``: where each raster is, what it holds and its address.

    Raises
    ------
    SettingsError
        When a file is no GeoTIFF.
    """
    rows = tuple(_row(number, name, path) for number, (name, path) in enumerate(rasters.items(), 1))
    shapes = [shapely.from_wkb(row[1]) for row in rows]
    west, south, east, north = map(float, shapely.total_bounds(shapes))
    links = tuple(
        {
            "rel": "item",
            "type": COG_TYPE,
            "title": f"{row[2]}: {row[3]}",
            "href": row[-1],
            "length": row[-2],
        }
        for row in rows
    )
    about = describe("rasters", [], sources)
    about["columns"] = {
        name: {"description": text, **({"x-ogc-unit": unit} if unit else {})}
        for name, (_, text, unit) in _COLUMNS.items()
        if text
    }
    return Collection(
        name="rasters",
        box=(west, south, east, north),
        provider={
            "name": _PROVIDER,
            "data": {"rows": rows, "version": version},
            "schema": "",
            "table": "rasters",
            "fields": tuple((name, kind) for name, (kind, _, _) in _COLUMNS.items()),
            "key": ("id",),
            "hidden": ("fid",),
            "id_field": "id",
            "geom_field": "geom",
        },
        links=links,
        **about,
    )


def _row(number: int, name: str, path: Path) -> tuple[Any, ...]:
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            titles = [d or f"band {n}" for n, d in enumerate(raster.descriptions, 1)]
            tags = raster.tags()
            return (
                number,
                shapely.box(*raster.bounds).wkb,
                name.removesuffix(".tif"),
                titles[0],
                raster.units[0] or "",
                ";".join(titles),
                raster.width,
                raster.height,
                abs(raster.transform.a),
                abs(raster.transform.e),
                raster.crs.to_string(),
                tags.get("attribution", ""),
                tags.get("run_id", ""),
                COG_TYPE,
                path.stat().st_size,
                f"{ORIGIN}/rasters/{name}",
            )
    except rasterio.errors.RasterioIOError as error:
        raise SettingsError(
            f"{path} is no GeoTIFF ({error})", "geo-ree export writes it again"
        ) from error


def fill_table(base: sqlite3.Connection, rows: tuple[tuple[Any, ...], ...]) -> None:
    """Write the table ``rasters`` into a database in memory."""
    kinds = ", ".join(f'"{name}" {kind}' for name, (kind, _, _) in _COLUMNS.items())
    base.execute(f"CREATE TABLE rasters ({kinds})")
    base.executemany(f"INSERT INTO rasters VALUES ({', '.join('?' * len(_COLUMNS))})", rows)
    base.commit()
