"""The names of the tiles that a raster of the world is cut into."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import CatalogError, FetchError, SettingsError
from geo_ree.fetching.cog_ranges import join_tiles, open_tiles
from geo_ree.fetching.download import Client
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.settings import Settings

logger = logging.getLogger(__name__)


MAX_TILES = 100
"""A box that needs more tiles is refused before anything is asked for."""

_FUZZ = 1e-9


def tile_names(source: Source, box: Box) -> dict[tuple[int, int], str]:
    """Compute the addresses of the tiles that a box lies in.

    Parameters
    ----------
    source
        Its ``url`` has ``{tile}`` where ``reader.tile`` is to stand, and that has ``{lat}`` (two
        digits), ``{ns}``, ``{lon}`` (three digits) and ``{ew}`` of the tile's south-western
        corner. Tiles of ``reader.tile_deg`` are counted from 180 W, 90 S.
    box
        West, south, east, north in degrees, ``west < east``. A tile that the box only touches
        is not among them.

    Returns
    -------
    dict of (int, int) to str
        (longitude, latitude) of the south-western corner -> the publisher's address; from west
        to east, then from south to north.

    Raises
    ------
    SettingsError
        When the box is no box on the globe, crosses the antimeridian, or needs more than
        `MAX_TILES` tiles.
    CatalogError
        When the entry has no place for the name of a tile.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> names = tile_names(load_catalog()["copernicus_glo30"], (76.2, 42.9, 76.4, 43.1))
    >>> list(names)
    [(76, 42), (76, 43)]
    >>> names[76, 42].rpartition("/")[2]
    'Copernicus_DSM_COG_10_N42_00_E076_00_DEM.tif'
    """
    check_box(source, box)
    west, south, east, north = box
    width, height = source.reader.tile_deg
    columns = _cells(west + 180.0, east + 180.0, width)
    rows = _cells(south + 90.0, north + 90.0, height)
    if len(columns) * len(rows) > MAX_TILES:
        raise SettingsError(
            f"{source.id}: the box {_told(box)} needs {len(columns) * len(rows)} tiles, "
            f"at most {MAX_TILES} are read at once",
            "take a smaller box, or a source with a coarser grid",
        )
    corners = [(round(c * width - 180), round(r * height - 90)) for r in rows for c in columns]
    return {corner: _address(source, *corner) for corner in corners}


def check_box(source: Source, box: Box) -> None:
    """Refuse what is no box on the globe.

    Raises
    ------
    SettingsError
        Naming the box, what is wrong with it, and the hint.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> check_box(load_catalog()["gmted2010"], (179.0, 50.0, -179.0, 51.0))
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: gmted2010: the box 179,50,-179,51 does not go from west to east; \
give west,south,east,north in degrees, and two boxes where one would cross the antimeridian
    """
    west, south, east, north = box
    said = f"{source.id}: the box {_told(box)}"
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and north <= 90):
        raise SettingsError(
            f"{said} is not on the globe",
            "give west,south,east,north in degrees (longitude -180 to 180, latitude -90 to 90)",
        )
    if not west < east:
        raise SettingsError(
            f"{said} does not go from west to east",
            "give west,south,east,north in degrees, and two boxes where one would cross the "
            "antimeridian",
        )
    if not south < north:
        raise SettingsError(
            f"{said} does not go from south to north", "give west,south,east,north in degrees"
        )


def _told(box: Box) -> str:
    return ",".join(f"{edge:g}" for edge in box)


def _cells(low: float, high: float, size: float) -> range:
    """Count the cells of a size that an interval has a part of, more than its ends."""
    return range(math.floor(low / size + _FUZZ), math.ceil(high / size - _FUZZ))


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
            f"{source.id}: url or reader.tile is no pattern of a tile's address ({source.url!r}, "
            f"{source.reader.tile!r})",
            "give url with {tile} in its path, and reader.tile with {lat} {ns} {lon} {ew}",
        )
    return url


_SAMPLE_DEG = 0.02
"""Half the width of the window from which one value is taken: over two pixels of 30 arc-seconds."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A part of a raster.

    Parameters
    ----------
    array
        Values, shape (rows, columns), float32, from north to south; NaN where there is no data.
    transform
        From (column, row) to degrees, (0, 0) being the outer corner of the first pixel.
    tiles
        Addresses of the tiles that were read.
    absent
        Addresses at which the publisher has no tile: the sea, or land that is not released.
    """

    array: NDArray[np.float32]
    transform: Affine
    tiles: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def bounds(self) -> Box:
        """Outer edges of the pixels: west, south, east, north in degrees."""
        rows, columns = self.array.shape
        step = self.transform
        return step.c, step.f + rows * step.e, step.c + columns * step.a, step.f


def read_window(source: Source, box: Box, settings: Settings) -> Window:
    """Read the part of a tiled raster that lies in a box.

    Parameters
    ----------
    source
        A catalogue entry of the protocol ``cog``.
    box
        West, south, east, north in degrees; not over the antimeridian.
    settings
        Mirror, timeouts, user agent, whether the network may be used at all.

    Returns
    -------
    Window
        All pixels whose centre is in the box (western and northern edge included), in the
        spacing of the finest tile: coarser ones are interpolated bilinearly to it. Where no
        tile exists at all, one pixel of NaN as large as the box.

    Raises
    ------
    FetchError
        When a tile cannot be had, other than because there is none.
    SettingsError
        When the box is none, or has too many pixels (`geo_ree.fetching.cog_ranges.MAX_PIXELS`) or
        tiles.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> read_window(load_catalog()["copernicus_glo90"], (76.2, 42.9, 76.4, 43.1),
    ...             Settings(offline=True))
    Traceback (most recent call last):
    geo_ree.errors.FetchError: copernicus_glo90: \
https://copernicus-dem-90m.s3.amazonaws.com/{tile}/{tile}.tif is not asked, for geo_ree works \
offline; leave out --offline, or hand over a file with --file
    """
    urls = list(tile_names(source, box).values())
    with open_tiles(source, urls, settings) as (tiles, absent):
        for url in absent:
            logger.info("%s: there is no tile %s: taken as no data", source.id, url)
        if tiles:
            array, transform = join_tiles(tiles, box, what=source.id)
        else:
            west, south, east, north = box
            array = np.full((1, 1), np.nan, dtype=np.float32)
            transform = Affine(east - west, 0.0, west, 0.0, south - north, north)
        read = tuple(tile.url for tile in tiles)
    return Window(array=array, transform=transform, tiles=read, absent=tuple(absent))


def sample(source: Source, lon: float, lat: float, settings: Settings) -> float:
    """Read the value of the pixel that a place lies in.

    Parameters
    ----------
    source, settings
        As for `read_window`.
    lon, lat
        Degrees.

    Returns
    -------
    float
        NaN where there is no data.

    Raises
    ------
    FetchError, SettingsError
        As for `read_window`.
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
    """Write the part of a tiled raster that lies in the requested box as one GeoTIFF.

    Parameters
    ----------
    request
        The entry, the box, and where to put the file.
    client
        Gives the settings and the hosts that may be asked.

    Returns
    -------
    Payload
        Its query names the box and the tiles. The file is the same, byte for byte, as long as
        the tiles are.

    Raises
    ------
    FetchError
        When a tile cannot be had, or there is none in the box.
    SettingsError
        When there is no box, or one that cannot be read at once.
    """
    source, box = request.source, request.box
    if box is None:
        raise SettingsError(
            f"{source.id} is fetched for a part of the world only",
            "say which with --bbox WEST,SOUTH,EAST,NORTH",
        )
    urls = list(tile_names(source, box).values())
    for url in urls:
        client.allow(url)
    window = read_window(source, box, client.settings)
    edges = ",".join(f"{edge:g}" for edge in box)
    if not window.tiles:
        lacks = "the mirror may lack them: fetch without --mirror; or " * bool(
            client.settings.mirror
        )
        raise FetchError(
            f"{source.id}: {urls[0]}: none of the {len(urls)} tiles of the box {edges} exists",
            f"{lacks}give a box over land, or correct url and reader.tile in the catalogue entry",
        )
    query = f"bbox={edges} tiles={' '.join(window.tiles)}"
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
    return Payload(path=payload, url=source.url, query=query, part=edges)


def _write(path: Path, window: Window, tags: dict[str, str]) -> None:
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
        out.update_tags(**{name: text for name, text in tags.items() if text})
