"""Having GDAL read a file of strangers: what may go to it, and what it says about it."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.catalog.source import Reader, Source
from geo_ree.errors import SchemaError
from geo_ree.reading.markup import told_report

logger = logging.getLogger(__name__)


DAMAGED = "is damaged or cut short"

SWAP: Mapping[str, str] = MappingProxyType({"": "AUTO", "lonlat": "NO", "latlon": "YES"})
"""``reader.axis`` -> GDAL's option SWAP_COORDINATES for a file in GML."""

_REFUSED = (
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
_POINTING_ELSEWHERE = (
    b"OGRVRTDataSource",
    b"OGRWFSDataSource",
    b"OGRCSWDataSource",
    b"gdal_streamed_alg",
)
_BOUNDS = (
    ("GML_FIELDTYPES", "ALWAYS_STRING"),  # values as printed: GDAL would make 12 of "0012"
    ("GML_DOWNLOAD_SCHEMA", "NO"),  # it would ask whatever address the file names
)
_CHUNK = 1 << 20
_GDAL = threading.Lock()


def check_content(path: Path, label: str) -> None:
    """Refuse a text that is no data but sends GDAL to another file or to the network.

    GDAL tells a driver from the content, and some drivers read a description of data elsewhere.

    Raises
    ------
    SchemaError
        When it has the mark of such a description anywhere.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.json"
    >>> _ = path.write_text("<OGRVRTDataSource/>")
    >>> check_content(path, "mine: x.json")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: mine: x.json holds no data but points to other files; do not use \
this file
    """
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
def careful(path: Path, label: str, hint: str, fault: str = DAMAGED) -> Iterator[None]:
    """Turn what GDAL says into one line: its errors into ours, its warnings into the log.

    Parameters
    ----------
    path
        The file that GDAL is about to read; the folder that it lies in is not named.
    label
        Id of the source and name of the file.
    hint
        What to do about it.
    fault
        What is wrong with the file when GDAL refuses it.

    Raises
    ------
    SchemaError
        In place of whatever pyogrio or shapely raise.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.gpkg"
    >>> _ = path.write_bytes(b"SQLite format 3")
    >>> with careful(path, "mine: x.gpkg", "fetch it again"):
    ...     pyogrio.read_dataframe(path)
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: mine: x.gpkg is nothing that geo_ree reads (no features in it); \
fetch it again
    """
    with _GDAL, warnings.catch_warnings(record=True) as noted, _bounded():
        warnings.simplefilter("always")
        try:
            yield
        except _REFUSED as error:
            said = _service_error(path)
            if said:
                raise SchemaError(f"{label} is an error of the service: {said}", hint) from error
            told = one_line(error, path)
            if "not recognized" in told:
                told, fault = "no features in it", "is nothing that geo_ree reads"
            raise SchemaError(f"{label} {fault} ({told})", hint) from error
    for line in dict.fromkeys(one_line(w.message, path) for w in noted):
        if "open option" not in line:  # one that only a driver's sister knows
            logger.warning("%s: %s", label, line)


@contextmanager
def _bounded() -> Iterator[None]:
    """Have GDAL behave, also where it takes no options of a single file."""
    before = {name: pyogrio.get_gdal_config_option(name) for name, _ in _BOUNDS}
    pyogrio.set_gdal_config_options(dict(_BOUNDS))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def one_line(error: object, path: Path) -> str:
    """Give a message without line breaks, without our folders, and not too long.

    Examples
    --------
    >>> one_line(ValueError("/data/x/a.shp is  broken"), Path("/data/x/a.shp"))
    'a.shp is broken'
    """
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
            text = told_report(ElementTree.parse(path).getroot())
    except (ValueError, SyntaxError, OSError):
        return ""
    return " ".join(str(text).split())[:200]


_NO_LAYERS = frozenset({"layer_styles", "qgis_projects"})


def read_vector(path: Path, source: Source, *, where: str, hint: str) -> pd.DataFrame:
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
    hint
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

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "x.json"
    >>> _ = path.write_text('{"type": "Feature", "properties": {"name": "Made-up Ridge"}, '
    ...                     '"geometry": {"type": "Point", "coordinates": [60, 45]}}')
    >>> entry = load_catalog()["usgs_ree"]
    >>> read_vector(path, entry, where="x.json", hint="fetch it again").to_wkt().loc[0].tolist()
    ['Made-up Ridge', 'POINT (60 45)']
    """
    label = f"{source.id}: {where}"
    check_content(path, label)
    with careful(path, label, hint):
        names = [str(n) for n in pyogrio.list_layers(path)[:, 0] if n not in _NO_LAYERS]
    chosen = _layers(names, source.reader, path.suffix, label)
    frames = [_read_layer(path, name, source.reader, label, hint) for name in chosen]
    filled = [f for f in frames if len(f)] or frames[:1]
    if not filled:
        return pd.DataFrame()
    frame = filled[0] if len(filled) == 1 else stacked(filled)
    return known_place(frame, source, where=where, hint=hint)


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
    path: Path, name: str, reader: Reader, label: str, hint: str, **options: Any
) -> pd.DataFrame:
    if path.suffix == ".gml":
        # SWAP_COORDINATES is about the order in the file, whatever GDAL makes of srsName,
        # so that a urn, which GDAL swaps by itself, is not swapped twice
        options |= {"SWAP_COORDINATES": SWAP[reader.axis]}
    elif path.suffix == ".json":
        options |= {"DATE_AS_STRING": "YES", "ARRAY_AS_STRING": "YES"}
    fault = DAMAGED
    if reader.where:
        options["where"] = reader.where
        fault = f"does not answer to reader.where {reader.where!r}"
        hint = f"correct reader.where in the catalogue entry, or {hint}"
    with careful(path, label, hint, fault):
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path, layer=name, datetime_as_string=True, **options
        )
    frame = _with_json_texts(frame)
    suspects = _perhaps_whole(frame)
    if not suspects:
        return frame
    with careful(path, label, hint):
        info = pyogrio.read_info(path, layer=name)
    kinds = dict(zip(info["fields"], map(str, info["dtypes"]), strict=True))
    return _with_whole_numbers(frame, [c for c in suspects if kinds[c].startswith("int")])


def _with_json_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Have the lists and objects of GeoJSON as they are printed."""
    nested = {}
    for column in (c for c in frame.columns if frame[c].dtype.kind == "O" and c != "geometry"):
        if frame[column].map(_is_nested).any():
            nested[column] = frame[column].map(
                lambda v: json.dumps(v, ensure_ascii=False) if _is_nested(v) else v
            )
    return frame.assign(**nested) if nested else frame


def _is_nested(value: object) -> bool:
    return isinstance(value, list | dict)


def _perhaps_whole(frame: pd.DataFrame) -> list[str]:
    numbers = frame.select_dtypes("float")
    return [
        str(c) for c in numbers if numbers[c].isna().any() and (numbers[c].dropna() % 1 == 0).all()
    ]


def _with_whole_numbers(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Have an id as 7, not 7.0: pandas makes fractions of whole numbers where one is missing."""
    whole = {
        c: pd.Series(
            [None if pd.isna(v) else int(v) for v in frame[c]], index=frame.index, dtype=object
        )
        for c in columns
    }
    return frame.assign(**whole)


def read_shapefile(
    path: Path, source: Source, encoding: str, *, where: str, hint: str
) -> pd.DataFrame:
    """Read a shapefile whose texts are in the given encoding, as `read_vector` does."""
    label = f"{source.id}: {where}"
    frame = _read_layer(path, path.stem, source.reader, label, hint, encoding=encoding)
    return known_place(frame, source, where=where, hint=hint)


def read_parquet(path: Path, *, where: str, hint: str) -> pd.DataFrame:
    """Read a Parquet file; a GeoDataFrame where it says that it has a geometry.

    Raises
    ------
    SchemaError
        When it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.parquet"
    >>> pd.DataFrame({"name": ["Made-up Ridge"]}).to_parquet(path)
    >>> read_parquet(path, where="x.parquet", hint="fetch it again")["name"].tolist()
    ['Made-up Ridge']
    """
    try:
        try:
            frame: pd.DataFrame = gpd.read_parquet(path)
        except ValueError as error:
            if "geo metadata" not in str(error):
                raise
            frame = pd.read_parquet(path)
    except (OSError, ValueError, KeyError) as error:
        raise SchemaError(f"{where} is damaged ({one_line(error, path)})", hint) from error
    return frame


def known_place(frame: pd.DataFrame, source: Source, *, where: str, hint: str) -> pd.DataFrame:
    """Give a layer with a reference system that can be transformed, or refuse it.

    Parameters
    ----------
    frame
        A layer; one without geometry comes back as it is.
    source
        Its catalogue entry: ``reader.crs`` stands in where the file states none.
    where
        Name of the file, for the error.
    hint
        What to do about a damaged file.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SchemaError
        When neither the file nor the entry states a reference system of the earth.

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.catalog.load import load_catalog
    >>> frame = gpd.GeoDataFrame(geometry=[shapely.Point(60, 45)])
    >>> entry = load_catalog()["natural_earth_railroads"]
    >>> known_place(frame, entry, where="rails.shp", hint="fetch it again")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: natural_earth_railroads: rails.shp states no reference system; name \
it in reader.crs of the catalogue entry, or fetch it again
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

    Examples
    --------
    >>> stacked([pd.DataFrame({"name": ["A"]}), pd.DataFrame({"name": ["B"]})])["name"].tolist()
    ['A', 'B']
    """
    first = frames[0]
    if not isinstance(first, gpd.GeoDataFrame) or first.crs is None:
        return pd.concat(frames, ignore_index=True)
    layers = cast("list[gpd.GeoDataFrame]", frames)
    alike = [f if f.crs == first.crs else f.to_crs(first.crs) for f in layers]
    return gpd.GeoDataFrame(pd.concat(alike, ignore_index=True), crs=first.crs)
