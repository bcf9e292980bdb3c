"""Layers with geometry: whatever GDAL reads, and GeoParquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
from pyproj.exceptions import CRSError

from geo_ree.catalog.options import Reader
from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.ingest.gdal import DAMAGED, SWAP, careful, check_content, one_line

_NO_LAYERS = frozenset({"layer_styles", "qgis_projects"})


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

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "x.json"
    >>> _ = path.write_text('{"type": "Feature", "properties": {"name": "Made-up Ridge"}, '
    ...                     '"geometry": {"type": "Point", "coordinates": [60, 45]}}')
    >>> entry = load_catalog()["usgs_ree"]
    >>> read_vector(path, entry, where="x.json", cure="fetch it again").to_wkt().loc[0].tolist()
    ['Made-up Ridge', 'POINT (60 45)']
    """
    label = f"{source.id}: {where}"
    check_content(path, label)
    with careful(path, label, cure):
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
    path: Path, name: str, reader: Reader, label: str, cure: str, **options: Any
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
        cure = f"correct reader.where in the catalogue entry, or {cure}"
    with careful(path, label, cure, fault):
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path, layer=name, datetime_as_string=True, **options
        )
    frame = _with_json_texts(frame)
    suspects = _perhaps_whole(frame)
    if not suspects:
        return frame
    with careful(path, label, cure):
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
        str(c) for c in numbers
        if numbers[c].isna().any() and (numbers[c].dropna() % 1 == 0).all()
    ]  # fmt: skip


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
    path: Path, source: Source, encoding: str, *, where: str, cure: str
) -> pd.DataFrame:
    """Read a shapefile whose texts are in the given encoding, as `read_vector` does."""
    label = f"{source.id}: {where}"
    frame = _read_layer(path, path.stem, source.reader, label, cure, encoding=encoding)
    return known_place(frame, source, where=where, cure=cure)


def read_parquet(path: Path, *, where: str, cure: str) -> pd.DataFrame:
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
    >>> read_parquet(path, where="x.parquet", cure="fetch it again")["name"].tolist()
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
        raise SchemaError(f"{where} is damaged ({one_line(error, path)})", cure) from error
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

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.catalog import load_catalog
    >>> frame = gpd.GeoDataFrame(geometry=[shapely.Point(60, 45)])
    >>> entry = load_catalog()["natural_earth_railroads"]
    >>> known_place(frame, entry, where="rails.shp", cure="fetch it again")
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
