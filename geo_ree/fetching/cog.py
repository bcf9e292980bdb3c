"""Rasters of the world that are published as tiles, one Cloud-Optimized GeoTIFF each."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import CatalogError, FetchError, SettingsError
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.range_file import Tile, open_tiles
from geo_ree.fetching.raster_windows import (
    OFF_GRID,
    RasterWindow,
    check_pixels,
    empty_window,
    fill,
    offset_of,
)
from geo_ree.fetching.transport.download import Client
from geo_ree.fetching.transport.masking import masking_errors
from geo_ree.settings import Settings

logger = logging.getLogger(__name__)

MAX_TILES = 100
"""A box that needs more tiles is refused before anything is requested."""

_TILE_FUZZ = 1e-9
_PIXEL_FUZZ = 1e-6
_SAMPLE_DEG = 0.02  # half a window of one value: over two pixels of 30 arc-seconds


def tile_names(source: Source, box: Box) -> dict[tuple[int, int], str]:
    """Compute the addresses of the tiles that overlap a box.

    Parameters
    ----------
    source
        Its ``url`` contains ``{tile}``, which ``reader.tile`` replaces; that contains ``{lat}``
        (two digits), ``{ns}``, ``{lon}`` (three digits) and ``{ew}`` of the tile's south-western
        corner. Tiles of ``reader.tile_deg`` are counted from 180 W, 90 S.
    box
        West, south, east, north in degrees, ``west < east``. Tiles that only touch it do not
        count.

    Returns
    -------
    dict of (int, int) to str
        (longitude, latitude) of the south-western corner -> the publisher's address; from west
        to east, then from south to north.

    Raises
    ------
    SettingsError
        When the box is not on the globe, crosses the antimeridian, or needs more than
        `MAX_TILES` tiles.
    CatalogError
        When the entry's address has no place for the name of a tile.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> names = tile_names(load_catalog()["copernicus_glo30"], (76.2, 42.9, 76.4, 43.1))
    >>> list(names)
    [(76, 42), (76, 43)]
    >>> names[76, 42].rpartition("/")[2]
    'Copernicus_DSM_COG_10_N42_00_E076_00_DEM.tif'
    """
    _check_box(source, box)
    west, south, east, north = box
    width, height = source.reader.tile_deg
    columns = _cells(west + 180.0, east + 180.0, width)
    rows = _cells(south + 90.0, north + 90.0, height)
    if len(columns) * len(rows) > MAX_TILES:
        raise SettingsError(
            f"{source.id}: the box {_edges(box)} needs {len(columns) * len(rows)} tiles, "
            f"at most {MAX_TILES} are read at once",
            "give a smaller box, or choose a source with a coarser grid",
        )
    corners = [(round(c * width - 180), round(r * height - 90)) for r in rows for c in columns]
    return {corner: _address(source, *corner) for corner in corners}


def _check_box(source: Source, box: Box) -> None:
    west, south, east, north = box
    hint = "give west,south,east,north in degrees (longitude -180 to 180, latitude -90 to 90)"
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and north <= 90):
        problem = "is not on the globe"
    elif not west < east:
        problem = "does not go from west to east"
        hint += "; give two boxes where one would cross the antimeridian"
    elif not south < north:
        problem = "does not go from south to north"
    else:
        return
    raise SettingsError(f"{source.id}: the box {_edges(box)} {problem}", hint)


def _edges(box: Box) -> str:
    return ",".join(f"{edge:g}" for edge in box)


def _cells(low: float, high: float, size: float) -> range:
    """Numbers of the cells of a size that overlap an interval."""
    return range(math.floor(low / size + _TILE_FUZZ), math.ceil(high / size - _TILE_FUZZ))


def _address(source: Source, lon: int, lat: int) -> str:
    name = source.reader.tile
    for field, text in (
        ("{lat}", f"{abs(lat):02d}"),
        ("{ns}", "S" if lat < 0 else "N"),
        ("{lon}", f"{abs(lon):03d}"),
        ("{ew}", "W" if lon < 0 else "E"),
    ):
        name = name.replace(field, text)
    url = source.url.replace("{tile}", name)
    if url == source.url or "{" in url or "{" in (urlsplit(source.url).hostname or "{"):
        raise CatalogError(
            f"{source.id}: url or reader.tile is not a pattern of a tile's address "
            f"({source.url!r}, {source.reader.tile!r})",
            "give url with {tile} in its path, and reader.tile with {lat} {ns} {lon} {ew}",
        )
    return url


def read_window(source: Source, box: Box, settings: Settings) -> RasterWindow:
    """Read the part of a tiled raster that lies in a box, over the network.

    Parameters
    ----------
    source
        A catalogue entry of the protocol ``cog``.
    box
        West, south, east, north in degrees; not across the antimeridian.
    settings
        Mirror, timeouts, user agent, whether the network may be used at all.

    Returns
    -------
    RasterWindow
        All pixels whose centre is in the box (western and northern edge included), in the
        spacing of the finest tile: coarser ones are interpolated bilinearly to it. One pixel of
        NaN as large as the box where no tile exists.

    Raises
    ------
    FetchError
        When a tile cannot be downloaded, other than because there is none.
    SettingsError
        When the box is invalid, or has too many pixels or tiles.
    """
    with masking_errors(source, settings), Client.for_source(source, settings) as client:
        return _read(source, box, client)


def _read(source: Source, box: Box, client: Client) -> RasterWindow:
    urls = list(tile_names(source, box).values())
    for url in urls:
        client.allow(url)
    with open_tiles(source, urls, client) as (tiles, absent):
        for url in absent:
            logger.info("%s: there is no tile %s: taken as no data", source.id, url)
        found = _join(tiles, box, source) if tiles else empty_window(box)
        return RasterWindow(
            array=found.array,
            transform=found.transform,
            crs=found.crs,
            tiles=tuple(tile.url for tile in tiles),
            absent=tuple(absent),
        )


def _join(tiles: Sequence[Tile], box: Box, source: Source) -> RasterWindow:
    """Read the pixels whose centre lies in a box, in the spacing of the finest tiles."""
    spacings: dict[tuple[float, float], list[Tile]] = {}
    for tile in tiles:
        step = tile.dataset.transform
        spacings.setdefault((round(step.a, 12), round(-step.e, 12)), []).append(tile)
    finest = min(spacings, key=lambda step: step[0] * step[1])
    window = _mosaic(spacings.pop(finest), box, source)
    west, south, east, north = box
    for (width, height), coarser in spacings.items():
        # with a margin, so that pixels at the edge of the box are interpolated too
        wider = (west - 2 * width, south - 2 * height, east + 2 * width, north + 2 * height)
        coarse = _mosaic(coarser, wider, source)
        fitted = np.full_like(window.array, np.nan)
        reproject(
            coarse.array,
            fitted,
            src_transform=coarse.transform,
            src_crs=STORE_CRS,
            src_nodata=np.nan,
            dst_transform=window.transform,
            dst_crs=STORE_CRS,
            dst_nodata=np.nan,
            resampling=Resampling.bilinear,
        )
        np.copyto(window.array, fitted, where=np.isnan(window.array))
    return window


def _mosaic(tiles: Sequence[Tile], box: Box, source: Source) -> RasterWindow:
    """Read tiles of one spacing.

    The western and northern edge of the box count as inside, the others do not: then each pixel
    is in one tile only, as the publishers cut them.
    """
    west, south, east, north = box
    step = tiles[0].dataset.transform
    left, right = (math.ceil((x - step.c) / step.a - 0.5 - _PIXEL_FUZZ) for x in (west, east))
    top, bottom = (math.ceil((y - step.f) / step.e - 0.5 - _PIXEL_FUZZ) for y in (north, south))
    check_pixels(bottom - top, right - left, box, source)
    array = np.full((bottom - top, right - left), np.nan, dtype=np.float32)
    corner = Affine(step.a, 0.0, step.c + left * step.a, 0.0, step.e, step.f + top * step.e)
    for tile in tiles:
        off = offset_of(tile.dataset, step)[2]
        if off > OFF_GRID:
            raise FetchError(
                f"{tile.where}: its pixels are {off:.2f} of a pixel off those of its neighbour",
                "give a box within one tile, or correct url and reader.tile in the catalogue entry",
            )
        with tile.explained():
            fill(array, corner, tile.dataset, source)
    return RasterWindow(array=array, transform=corner, crs=CRS.from_user_input(STORE_CRS))


def sample(source: Source, lon: float, lat: float, settings: Settings) -> float:
    """Read the value of the pixel at a place in degrees, NaN where there is no data.

    Takes and raises the same as `read_window`.
    """
    around = (
        max(lon - _SAMPLE_DEG, -180.0),
        max(lat - _SAMPLE_DEG, -90.0),
        min(lon + _SAMPLE_DEG, 180.0),
        min(lat + _SAMPLE_DEG, 90.0),
    )
    window = read_window(source, around, settings)
    rows, columns = window.array.shape
    column = int((lon - window.transform.c) / window.transform.a)
    row = int((lat - window.transform.f) / window.transform.e)
    return float(window.array[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)])


def download_window(request: Request, client: Client) -> Payload:
    """Download the part of a tiled raster that lies in the request's box, as one GeoTIFF.

    As long as the tiles stay the same, so does the file, byte for byte. Raises FetchError when
    a tile cannot be downloaded or none exists in the box, SettingsError for an invalid box.
    """
    source, box = request.source, request.box
    if box is None:
        raise SettingsError(
            f"{source.id} is downloaded for part of the world only",
            "name it with --bbox WEST,SOUTH,EAST,NORTH",
        )
    window = _read(source, box, client)
    edges = _edges(box)
    if not window.tiles:
        lacks = "the mirror may lack them: fetch without --mirror; or " * bool(
            client.settings.mirror
        )
        raise FetchError(
            f"{source.id}: {window.absent[0]}: none of the {len(window.absent)} tiles of the box "
            f"{edges} exists",
            f"{lacks}give a box over land, or correct url and reader.tile in the catalogue entry",
        )
    payload = request.folder / f"{source.layer}.tif"
    _write(
        payload,
        window,
        {
            "SOURCE": source.id,
            "ATTRIBUTION": source.attribution,
            "BBOX": edges,
            "TILES": " ".join(window.tiles),
            "ABSENT": " ".join(window.absent),
        },
    )
    query = f"bbox={edges} tiles={' '.join(window.tiles)}"
    return Payload(path=payload, url=source.url, query=query, part=edges)


def _write(path: Path, window: RasterWindow, tags: dict[str, str]) -> None:
    rows, columns = window.array.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=columns,
        height=rows,
        count=1,
        dtype="float32",
        crs=STORE_CRS,
        transform=window.transform,
        nodata=np.nan,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="deflate",
        predictor=3,
    ) as out:
        out.write(window.array, 1)
        out.set_band_unit(1, "m")
        out.update_tags(**{name: text for name, text in tags.items() if text})
