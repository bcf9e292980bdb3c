"""Layers with geometry: whatever GDAL reads, and GeoParquet."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.catalog.options import Reader
from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError

logger = logging.getLogger(__name__)

_REFUSED = (
    DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, ShapelyError,
    CRSError, OSError, UnicodeError, ValueError,
)  # fmt: skip
_POINTING_ELSEWHERE = (
    b"OGRVRTDataSource", b"OGRWFSDataSource", b"OGRCSWDataSource", b"gdal_streamed_alg",
)  # fmt: skip
_SWAP = {"": "AUTO", "lonlat": "NO", "latlon": "YES"}
_NO_LAYERS = frozenset({"layer_styles", "qgis_projects"})
_CHUNK = 1 << 20
_GDAL = threading.Lock()


def read_vector(path: Path, source: Source, *, where: str, cure: str) -> pd.DataFrame:
    """Read a layer of a file that GDAL opens.

    Parameters
    ----------
    path
        The file (or folder, of a file geodatabase). Its suffix tells GDAL what it is, and
        nothing that belongs to another file may lie beside it.
    source
        Its catalogue entry: ``reader.layer``, ``where``, ``crs``, and ``axis`` for GML.
    where
        Name of the file, for the error.
    cure
        What to do about a damaged file.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame, longitude or easting first, when the layer has a geometry. No rows and
        no columns when the file has no layer. The index counts from 0.

    Raises
    ------
    SchemaError
        When the file is damaged, has several layers or not the one that is named, or its
        reference system is not known.
    """
    label = f"{source.id}: {where}"
    _check_content(path, label)
    with _careful(path, label, cure):
        # no names are asked of a driver that would have to read the file twice to know them
        names = [str(n) for n in pyogrio.list_layers(path)[:, 0] if n not in _NO_LAYERS]
    chosen = _layers(names, source.reader, path.suffix, label)
    frames = [_read_layer(path, name, source.reader, label, cure) for name in chosen]
    filled = [f for f in frames if len(f)] or frames[:1]
    if not filled:
        return pd.DataFrame()
    frame = filled[0] if len(filled) == 1 else stacked(filled)
    return known_place(frame, source, where=where, cure=cure)


def _layers(names: list[str], reader: Reader, suffix: str, label: str) -> list[str]:
    """Choose the layers to read: the one that is named, or the only one; all folders of a KML."""
    typed = reader.type_name.rpartition(":")[2]
    wanted = reader.layer or (typed if typed in names else "")
    if not wanted:
        if len(names) <= 1 or suffix == ".kml":
            return names
        raise SchemaError(
            f"{label} has several layers: {', '.join(names)}",
            "name one in reader.layer of the catalogue entry",
        )
    alike = [n for n in names if n.casefold() == wanted.casefold()]
    if wanted in names or len(alike) == 1:
        return [wanted] if wanted in names else alike
    raise SchemaError(
        f"{label} has no layer {wanted!r}; it has: {', '.join(names) or 'none'}",
        "correct reader.layer in the catalogue entry if the publisher renamed it",
    )


def _read_layer(
    path: Path, name: str, reader: Reader, label: str, cure: str
) -> pd.DataFrame:  # fmt: skip
    options: dict[str, Any] = {}
    if path.suffix == ".gml":
        # SWAP_COORDINATES is about the order in the file, whatever GDAL makes of srsName,
        # so that a urn, which GDAL swaps by itself, is not swapped twice
        options = {
            "SWAP_COORDINATES": _SWAP[reader.axis], "DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO",
        }  # fmt: skip
    if reader.where:
        with _careful(path, label, f"correct reader.where ({reader.where}) in the entry"):
            return _open(path, name, where=reader.where, **options)
    with _careful(path, label, cure):
        return _open(path, name, **options)


def _open(path: Path, name: str, **options: Any) -> pd.DataFrame:
    frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=name, **options)
    return frame


def read_shapefile(
    path: Path, source: Source, encoding: str, *, where: str, cure: str
) -> pd.DataFrame:
    """Read a shapefile whose texts are in the given encoding, as `read_vector` does."""
    label, reader = f"{source.id}: {where}", source.reader
    with _careful(path, label, cure):
        extra = {"where": reader.where} if reader.where else {}
        frame: pd.DataFrame = pyogrio.read_dataframe(path, encoding=encoding, **extra)
    return known_place(frame, source, where=where, cure=cure)


def read_parquet(path: Path, *, where: str, cure: str) -> pd.DataFrame:
    """Read a Parquet file; a GeoDataFrame where it says that it has a geometry.

    Raises
    ------
    SchemaError
        When it is damaged.
    """
    try:
        try:
            frame: pd.DataFrame = gpd.read_parquet(path)
        except ValueError as error:
            if "geo metadata" not in str(error):
                raise
            frame = pd.read_parquet(path)
    except (OSError, ValueError, KeyError) as error:
        line = " ".join(str(error).split())[:160]
        raise SchemaError(f"{where} is damaged ({line})", cure) from error
    return frame


def known_place(frame: pd.DataFrame, source: Source, *, where: str, cure: str) -> pd.DataFrame:
    """Give a layer with a reference system that can be transformed, or refuse it.

    Parameters
    ----------
    frame
        A layer; one without geometry comes back as it is.
    source
        Its catalogue entry: ``reader.crs`` stands in where the file states none.
    where
        Name of the file, for the error.
    cure
        What to do about a damaged file.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SchemaError
        When neither the file nor the entry states a reference system of the earth.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    if frame.crs is not None and (frame.crs.is_geographic or frame.crs.is_projected):
        return frame
    if not source.reader.crs:
        stated = "no reference system" if frame.crs is None else f"{frame.crs.name!r} as such"
        raise SchemaError(
            f"{source.id}: {where} states {stated}",
            f"name it in reader.crs of the catalogue entry, or {cure}",
        )
    try:
        located = cast("gpd.GeoDataFrame", frame)
        return located.set_crs(pyproj.CRS.from_user_input(source.reader.crs), allow_override=True)
    except CRSError as error:
        raise SchemaError(
            f"{source.id}: nothing is known of the reference system {source.reader.crs!r}",
            "correct reader.crs in the catalogue entry, for instance to EPSG:4284",
        ) from error


def stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the pages or folders of one layer below each other.

    Returns
    -------
    pandas.DataFrame
        In the reference system of the first, if they have a geometry.
    """
    first = frames[0]
    if not isinstance(first, gpd.GeoDataFrame) or first.crs is None:
        return pd.concat(frames, ignore_index=True)
    alike = [f if f.crs == first.crs else f.to_crs(first.crs) for f in frames]
    return gpd.GeoDataFrame(pd.concat(alike, ignore_index=True), crs=first.crs)


def _check_content(path: Path, label: str) -> None:
    """Refuse a text that is no data but sends GDAL to another file or to the network."""
    if path.suffix not in (".json", ".gml", ".kml"):
        return
    longest = max(map(len, _POINTING_ELSEWHERE))
    with path.open("rb") as stream:
        kept = b""
        while chunk := stream.read(_CHUNK):
            if any(mark in kept + chunk for mark in _POINTING_ELSEWHERE):
                raise SchemaError(
                    f"{label} holds no data but points to other files", "do not use this file"
                )
            kept = chunk[-longest:]


@contextmanager
def _careful(path: Path, label: str, cure: str) -> Iterator[None]:
    """Turn what GDAL says into one line: its errors into ours, its warnings into the log."""
    with _GDAL, warnings.catch_warnings(record=True) as noted, _all_texts():
        warnings.simplefilter("always")
        try:
            yield
        except _REFUSED as error:
            said = _service_error(path)
            if said:
                raise SchemaError(f"{label} is an error of the service: {said}", cure) from error
            told = _one_line(error, path)
            raise SchemaError(f"{label} is damaged or cut short ({told})", cure) from error
    for line in dict.fromkeys(_one_line(w.message, path) for w in noted):
        logger.warning("%s: %s", label, line)


@contextmanager
def _all_texts() -> Iterator[None]:
    """Have GML values as they are printed: GDAL would make a number of "0012"."""
    name = "GML_FIELDTYPES"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: "ALWAYS_STRING"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _one_line(error: object, path: Path) -> str:
    return " ".join(str(error).replace(f"{path.parent}/", "").split())[:160]


def _service_error(path: Path) -> str:
    """Give what a service has to say in place of data, if that is what a file holds."""
    if path.is_dir() or path.stat().st_size > _CHUNK:
        return ""
    try:
        if path.suffix == ".json":
            found = json.loads(path.read_bytes())
            told = found.get("error", found.get("remark", "")) if isinstance(found, dict) else ""
            text = told.get("message", "") if isinstance(told, Mapping) else told
        else:
            text = service_exception(path)
    except (ValueError, SyntaxError, OSError):
        return ""
    return " ".join(str(text).split())[:200]


def service_exception(path: Path) -> str:
    """Give the text of an OGC exception report; blank where a document is none."""
    root = ElementTree.parse(path).getroot()
    if not root.tag.endswith(("ExceptionReport", "ServiceExceptionReport")):
        return ""
    return " ".join(" ".join(root.itertext()).split())[:200] or "no reason given"
