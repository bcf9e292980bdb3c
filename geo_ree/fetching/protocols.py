"""One way to open any payload, whatever its protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.fetching.arcgis import download_layer, read_layer
from geo_ree.fetching.cog import download_window
from geo_ree.fetching.files import LOCAL, download_file, read_starter
from geo_ree.fetching.jqgrid import download_grid, read_grid
from geo_ree.fetching.ogcapi import download_ogcapi, read_ogcapi
from geo_ree.fetching.overpass import download_overpass, read_overpass
from geo_ree.fetching.overture import download_overture, read_overture
from geo_ree.fetching.protocol import Protocol
from geo_ree.fetching.raster_windows import read_raster
from geo_ree.fetching.sciencebase import download_item
from geo_ree.fetching.wfs import download_wfs, read_wfs
from geo_ree.reading.formats import open_file
from geo_ree.reading.osm import read_osm
from geo_ree.schema import RASTER_LAYERS

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "archive": Protocol(download=download_file, read=open_file),
        "arcgis": Protocol(download=download_layer, read=read_layer),
        "cog": Protocol(download=download_window, read=read_raster, needs_box=True),
        "jqgrid": Protocol(download=download_grid, read=read_grid),
        "local": LOCAL,
        "ogcapi": Protocol(download=download_ogcapi, read=read_ogcapi),
        "osm": Protocol(download=download_file, read=read_osm),
        "overpass": Protocol(download=download_overpass, read=read_overpass, needs_box=True),
        "overture": Protocol(download=download_overture, read=read_overture, needs_box=True),
        "sciencebase": Protocol(download=download_item, read=open_file),
        "wfs": Protocol(download=download_wfs, read=read_wfs),
    }
)
"""Every way in which publishers offer data."""

READERS: Mapping[str, Callable[[Path, Source], pd.DataFrame]] = MappingProxyType(
    {**{name: p.read for name, p in PROTOCOLS.items()}, "starter": read_starter}
)
"""Protocol -> the function that opens its payloads."""


def read(source: Source, path: Path) -> pd.DataFrame:
    """Open a payload as the table it holds, upstream columns and values unchanged.

    Parameters
    ----------
    source
        Its catalogue entry.
    path
        The payload.

    Returns
    -------
    pandas.DataFrame
        Texts, exactly as printed, where the format has no types; a GeoDataFrame where it has
        a geometry. The index, ``row``, counts as a person does: the line of a table whose
        header is line 1, or the feature from 1 (of those that meet ``reader.where``). Child
        tables are joined as ``<table>.<column>``, several values separated by ``;``.

    Raises
    ------
    SchemaError
        Naming the file, what it lacks, and the hint.

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
    return read_raster(path, source) if source.layer in RASTER_LAYERS else reader(path, source)
