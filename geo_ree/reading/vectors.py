"""Layers that GDAL reads: one file of one known kind at a time, without the network.

GDAL tells a file's driver from its content, and some drivers follow what a file says to other
files or addresses. So every file lies alone under a name of ours, is searched for the marks of
such drivers before GDAL sees it, and has to be opened by the driver of its kind.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.catalog.source import Source
from geo_ree.catalog.table_rules import Reader
from geo_ree.errors import SchemaError
from geo_ree.reading.coded_values import (
    ITEMS,
    Words,
    geodatabase_words,
    geopackage_words,
    with_words,
)
from geo_ree.reading.map_grids import find_system
from geo_ree.reading.trial import try_file
from geo_ree.settings import GDAL_OPTIONS

logger = logging.getLogger(__name__)

_DRIVERS = {
    ".gpkg": "GPKG",
    ".gdb": "OpenFileGDB",
    ".shp": "ESRI Shapefile",
    ".kml": "LIBKML",
    ".gml": "GML",
}
_GDAL_ERRORS = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    GeometryError,
    ShapelyError,
    CRSError,
    OSError,
    UnicodeError,
    ValueError,
)
_LINKS_TO_OTHER_DATA = (
    b"OGRVRTDataSource",
    b"OGRWFSDataSource",
    b"OGRCSWDataSource",
    b"gdal_streamed_alg",
    b"pds.nasa.gov/pds4",  # its labels name local files
)
_GDAL_OPTIONS = {
    "GML_FIELDTYPES": "ALWAYS_STRING",  # else "0012" becomes 12
    "GML_DOWNLOAD_SCHEMA": "NO",  # else any address that the file names is asked
    **{name: value for name, value in GDAL_OPTIONS.items() if "CURL" in name or "HTTP" in name},
}
_NO_LAYERS = frozenset({"layer_styles", "qgis_projects"})
_CHUNK = 1 << 20
_GDAL = threading.Lock()


def read_vector(
    path: Path,
    source: Source,
    *,
    where: str,
    hint: str,
    options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Read a layer of a GeoPackage, geodatabase, shapefile, KML or GML file.

    `path` has the suffix of its kind and lies alone in its folder; `options` are passed to
    `pyogrio.read_dataframe`. The entry's ``reader.layer``, ``where`` and ``crs`` apply. Returns a
    GeoDataFrame, longitude or easting first, if the layer has a geometry, and an empty frame if
    the file has no layer.

    Raises `SchemaError` if the file is damaged, has several layers or lacks the named one, or if
    its reference system is unknown.
    """
    label = f"{source.id}: {where}"
    _refuse_links(path, label)
    if path.suffix != ".gml":  # which `read_gml` has parsed as XML, page by page of a service
        try_file(path, "vector", where=label, layer=source.reader.layer)
    with gdal_errors(path, label, hint):
        names = [str(n) for n in pyogrio.list_layers(path)[:, 0] if n not in _NO_LAYERS]
    # what GDAL noted of a GML file when it was opened without the options
    path.with_suffix(".gfs").unlink(missing_ok=True)
    frames = [
        _read_layer(path, name, source.reader, label, hint, dict(options or {}))
        for name in _choose_layers(names, source.reader, path.suffix, label)
    ]
    filled = [f for f in frames if len(f)] or frames[:1]
    return ensure_crs(stack(filled), source, where=where, hint=hint) if filled else pd.DataFrame()


def _refuse_links(path: Path, label: str) -> None:
    """Refuse a text that describes data elsewhere, which GDAL would open or ask for."""
    if path.suffix not in (".gml", ".kml"):
        return
    overlap = max(map(len, _LINKS_TO_OTHER_DATA))
    with path.open("rb") as stream:
        kept = b""
        while chunk := stream.read(_CHUNK):
            if any(mark in kept + chunk for mark in _LINKS_TO_OTHER_DATA):
                raise SchemaError(
                    f"{label} holds no data but points to other files", "do not use this file"
                )
            kept = chunk[-overlap:]


@contextmanager
def gdal_errors(path: Path, label: str, hint: str, fault: str = "") -> Iterator[None]:
    """Run GDAL with our options; turn its errors into `SchemaError` and log its warnings.

    `fault` says what is wrong with the file if GDAL refuses it; the folder of `path` is not named.
    """
    with _GDAL, warnings.catch_warnings(record=True) as caught, _gdal_options():
        warnings.simplefilter("always")
        try:
            yield
        except _GDAL_ERRORS as error:
            text = one_line(error, path)
            if "not recognized" in text:
                text, fault = "no features in it", "cannot be read by geo_ree"
            raise SchemaError(f"{label} {fault or 'is damaged or cut short'} ({text})", hint) from (
                error
            )
    for line in dict.fromkeys(one_line(w.message, path) for w in caught):
        logger.warning("%s: %s", label, line)


@contextmanager
def _gdal_options() -> Iterator[None]:
    before = {name: pyogrio.get_gdal_config_option(name) for name in _GDAL_OPTIONS}
    pyogrio.set_gdal_config_options(_GDAL_OPTIONS)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def one_line(error: object, path: Path) -> str:
    """Return a message without line breaks, without our folders, and not too long."""
    return " ".join(str(error).replace(f"{path.parent}/", "").split())[:160]


def _choose_layers(names: list[str], reader: Reader, suffix: str, label: str) -> list[str]:
    """Return the layer that is named, or the only one; all folders of a KML file."""
    if not reader.layer:
        if len(names) <= 1 or suffix == ".kml":
            return names
        raise SchemaError(
            f"{label} has several layers: {', '.join(names)}",
            "name one in reader.layer of the catalogue entry",
        )
    alike = [n for n in names if fnmatch(n.casefold(), reader.layer.casefold())]
    if reader.layer in names or len(alike) == 1:
        return [reader.layer] if reader.layer in names else alike
    raise SchemaError(
        f"{label} has no layer {reader.layer!r}; it has: {', '.join(names) or 'none'}",
        "correct reader.layer in the catalogue entry if the publisher renamed it",
    )


def _read_layer(
    path: Path, name: str, reader: Reader, label: str, hint: str, options: dict[str, Any]
) -> pd.DataFrame:
    _refuse_view(path, name, label)
    with gdal_errors(path, label, hint):
        info = pyogrio.read_info(path, layer=name, **options)
    if info["driver"] != _DRIVERS[path.suffix]:
        raise SchemaError(
            f"{label} is {info['driver']} data in disguise, not {_DRIVERS[path.suffix]}",
            "do not use this file",
        )
    chosen: dict[str, Any] = {"layer": name}
    fault = ""
    if reader.where:
        chosen["where"] = reader.where
        fault = f"does not answer to reader.where {reader.where!r}"
        hint = f"correct reader.where in the catalogue entry, or {hint}"
    elif _miscounts(path, name):
        chosen["where"] = "1 = 1"  # GDAL counts the rows then
    with gdal_errors(path, label, hint, fault):
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path, datetime_as_string=True, **chosen, **options
        )
        # pandas makes fractions of integers where one is missing, and rounds long ids
        rounded = [
            column
            for column, kind in zip(info["fields"], map(str, info["dtypes"]), strict=True)
            if kind.startswith("int") and frame[column].dtype.kind == "f"
        ]
        if rounded:
            _, exact = pyogrio.read_arrow(
                path, columns=rounded, read_geometry=False, **chosen, **options
            )
            whole = {c: pd.Series(exact[c].to_pylist(), frame.index, dtype=object) for c in rounded}
            frame = frame.assign(**whole)
    return with_words(frame, _coded_words(path, name))


def _coded_words(path: Path, name: str) -> Words:
    """Read what the codes of a layer's fields mean, where the file says it."""
    if path.suffix == ".gpkg":
        return geopackage_words(path, name)
    if path.suffix != ".gdb":
        return {}
    with _GDAL, warnings.catch_warnings(), _gdal_options():
        warnings.simplefilter("ignore")
        try:
            items = pyogrio.read_dataframe(
                path,
                layer=ITEMS,
                columns=["Name", "Definition"],
                read_geometry=False,
                LIST_ALL_TABLES="YES",
            )
        except _GDAL_ERRORS:  # geodatabases before version 10 describe themselves otherwise
            return {}
    return geodatabase_words(items, name)


def _refuse_view(path: Path, name: str, label: str) -> None:
    """Refuse a view in a GeoPackage: it is a program, which may never end."""
    if path.suffix != ".gpkg":
        return
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        try:
            found = database.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ? COLLATE NOCASE",
                (name,),
            ).fetchone()
        except sqlite3.Error:  # GDAL says what is wrong with it
            return
    if found:
        raise SchemaError(
            f"{label}: the layer {name!r} is a view, and geo_ree reads tables only",
            "save the view as a layer of its own, for instance with QGIS",
        )


def _miscounts(path: Path, name: str) -> bool:
    """Return whether a GeoPackage states another number of rows than a layer has.

    GDAL believes it, and would leave out the rows beyond.
    """
    if path.suffix != ".gpkg":
        return False
    table = name.replace('"', '""')
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        try:
            stated = database.execute(
                "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ? COLLATE NOCASE",
                (name,),
            ).fetchone()
            there = database.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()
        except sqlite3.Error:  # GDAL says what is wrong with it
            return False
    return bool(stated and stated[0] is not None and stated[0] != there[0])


def ensure_crs(frame: pd.DataFrame, source: Source, *, where: str, hint: str) -> pd.DataFrame:
    """Return a layer with a reference system of the earth: its own, else ``reader.crs``.

    Raises `SchemaError` if neither is known. A frame without geometry is returned as it is.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    if frame.crs is not None and (frame.crs.is_geographic or frame.crs.is_projected):
        return frame
    if not source.reader.crs:
        stated = "no reference system" if frame.crs is None else f"{frame.crs.name!r} as such"
        raise SchemaError(
            f"{source.id}: {where} states {stated}",
            f"name it in reader.crs of the catalogue entry, or {hint}",
        )
    layer = cast("gpd.GeoDataFrame", frame)
    system = find_system(source.reader.crs, where=source.id)
    return layer.set_crs(system, allow_override=True)


def stack(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the pages or folders of one layer below each other, in the first reference system."""
    layers = [f for f in frames if isinstance(f, gpd.GeoDataFrame)]
    crs = next((layer.crs for layer in layers if layer.crs), None)
    if len(frames) == 1 or not crs:
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    alike = [f.to_crs(crs) if isinstance(f, gpd.GeoDataFrame) and f.crs else f for f in frames]
    return gpd.GeoDataFrame(pd.concat(alike, ignore_index=True), geometry="geometry", crs=crs)
