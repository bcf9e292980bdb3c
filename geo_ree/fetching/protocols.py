"""Every way in which publishers offer data, and `read`, which opens any payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.arcgis import download_layer, read_layer
from geo_ree.fetching.cog import download_window
from geo_ree.fetching.jqgrid import download_grid, read_grid
from geo_ree.fetching.monthly_files import newest_month
from geo_ree.fetching.ogcapi import download_ogcapi, read_ogcapi
from geo_ree.fetching.overpass import download_overpass, read_overpass
from geo_ree.fetching.overture import download_overture, read_overture
from geo_ree.fetching.protocol import Payload, Protocol, Request
from geo_ree.fetching.raster_windows import read_raster
from geo_ree.fetching.sciencebase import download_item
from geo_ree.fetching.sql import download_sql, read_sql
from geo_ree.fetching.transport.download import ZIP_MAGIC, Client
from geo_ree.fetching.transport.masking import masked_query
from geo_ree.fetching.wfs import download_wfs, read_wfs
from geo_ree.reading.delimited import parse_csv
from geo_ree.reading.formats import open_file
from geo_ree.reading.geoparquet import read_parquet
from geo_ree.reading.osm import read_osm
from geo_ree.reading.tables import finish_table, number_rows
from geo_ree.reading.trial import known_files
from geo_ree.schema import RASTER_LAYERS

_ZIPPED = (".zip", ".xlsx", ".kmz")
_LONGEST_NAME = 200  # bytes; the names of partial files beside it are longer
_REINSTALL = "reinstall geo_ree"


def download_file(request: Request, client: Client) -> Payload:
    """Download the one file that an entry names; of a file of each month, the newest.

    It must be a zip archive if its address ends like one, or the entry names a member. The server
    may answer that it is unchanged if the previous snapshot was requested in the same way.
    """
    source = request.source
    return newest_month(source.url, source.id, lambda url: _download_from(url, request, client))


def _download_from(url: str, request: Request, client: Client) -> Payload:
    reader = request.source.reader
    path = PurePosixPath(unquote(urlsplit(url).path))
    named = path.name not in ("", ".", "..") and "\\" not in path.name and path.name.isprintable()
    named = named and len(path.name.encode()) <= _LONGEST_NAME
    target = request.folder / (path.name if named else f"{request.source.id}.zip")
    query = masked_query(reader.query)
    same = query == request.query
    download = client.download(
        url,
        target,
        magic=ZIP_MAGIC if reader.member or path.suffix.lower() in _ZIPPED else (),
        params=reader.query,
        headers=reader.headers,
        etag=request.etag if same else "",
        last_modified=request.last_modified if same else "",
    )
    return Payload(
        path=target,
        url=url,
        query=query,
        etag=download.etag,
        last_modified=download.last_modified,
        unchanged=download.unchanged,
    )


def refuse_download(request: Request, client: Client) -> Payload:
    """Raise a FetchError: such a source is only ever a file that the user provides."""
    del client
    source = request.source
    raise FetchError(
        f"{source.id} cannot be downloaded, it is a file that you provide",
        f"give it with geo-ree fetch {source.id} --file PATH",
    )


def read_starter(path: Path, source: Source) -> pd.DataFrame:
    """Read a file of the starter data, CSV, GeoJSON or (Geo)Parquet; child tables lie beside it."""
    if path.suffix == ".geojson":
        _starter_bytes(path, source, most=0)
        return open_file(path, source)
    if path.suffix == ".csv":
        frame = _starter_table(path, source)
    else:
        _starter_bytes(path, source, most=0)
        where = f"{source.id}: {path.name}"
        frame = number_rows(read_parquet(path, where=where, hint=_REINSTALL))
    return finish_table(
        frame,
        source,
        lambda member: _starter_table(path.with_name(member), source),
        where=f"starter/{path.name}",
        hint=_REINSTALL,
    )


def _starter_table(path: Path, source: Source) -> pd.DataFrame:
    where, content = f"{source.id}: starter/{path.name}", _starter_bytes(path, source)
    return parse_csv(content, source.reader.encodings, where=where, hint=_REINSTALL)


def _starter_bytes(path: Path, source: Source, most: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path.name} cannot be read ({error.strerror})", _REINSTALL
        ) from error


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "archive": Protocol(download=download_file, read=open_file),
        "arcgis": Protocol(download=download_layer, read=read_layer),
        "cog": Protocol(download=download_window, read=read_raster, needs_box=True),
        "jqgrid": Protocol(download=download_grid, read=read_grid),
        "local": Protocol(download=refuse_download, read=open_file),
        "ogcapi": Protocol(download=download_ogcapi, read=read_ogcapi),
        "osm": Protocol(download=download_file, read=read_osm),
        "overpass": Protocol(download=download_overpass, read=read_overpass, needs_box=True),
        "overture": Protocol(download=download_overture, read=read_overture, needs_box=True),
        "sciencebase": Protocol(download=download_item, read=open_file),
        "sql": Protocol(download=download_sql, read=read_sql),
        "wfs": Protocol(download=download_wfs, read=read_wfs),
    }
)
"""Name of a protocol in the catalogue -> its functions."""

READERS: Mapping[str, Callable[[Path, Source], pd.DataFrame]] = MappingProxyType(
    {**{name: p.read for name, p in PROTOCOLS.items()}, "starter": read_starter}
)
"""Name of a protocol, or ``starter`` -> the function that reads its payloads."""


def read(source: Source, path: Path, *, checked: bool = False) -> pd.DataFrame:
    """Read a payload as a table, with the publisher's columns and values unchanged.

    Parameters
    ----------
    source
        Its catalogue entry.
    path
        The payload: the file of a snapshot, or one that you have.
    checked
        The file is the one that a fetch has read before, by its checksum. Any other GeoPackage,
        geodatabase, shapefile, KML, Parquet file or workbook is first read by a child process,
        since it could end the process that reads it.

    Returns
    -------
    pandas.DataFrame
        Texts exactly as printed if the format has no types; a GeoDataFrame if it has a
        geometry. The index, ``row``, is the line of a table whose header is line 1, or the
        number of a feature from 1 (of those that meet ``reader.where``). Child tables are joined
        as ``<table>.<column>``, several values separated by ``;``.

    Raises
    ------
    SchemaError
        If the payload is not what the entry describes.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "cut.zip"
    >>> _ = path.write_bytes(b"PK")
    >>> read(load_catalog()["usgs_ree"], path)
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: usgs_ree: cut.zip is no whole zip archive; fetch it again with \
geo-ree fetch usgs_ree
    """
    reader = READERS.get(source.protocol)
    if reader is None:
        raise SchemaError(
            f"{source.id}: no reader for the protocol {source.protocol!r}",
            f"use one of {', '.join(READERS)} in the catalogue entry",
        )
    with known_files(checked or source.protocol == "starter"):
        return read_raster(path, source) if source.layer in RASTER_LAYERS else reader(path, source)
