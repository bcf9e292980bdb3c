"""The names of the tiles that a raster of the world is cut into."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from geo_ree.catalog.source import Source
from geo_ree.errors import CatalogError, SettingsError
from geo_ree.ingest.protocol import Box

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
    >>> from geo_ree.catalog import load_catalog
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
        Naming the box, what is wrong with it, and the cure.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
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
        ("{lat}", f"{abs(lat):02d}"), ("{ns}", "S" if lat < 0 else "N"),
        ("{lon}", f"{abs(lon):03d}"), ("{ew}", "W" if lon < 0 else "E"),
    ):  # fmt: skip
        name = name.replace(field, text)
    url = source.url.replace("{tile}", name)
    if url == source.url or "{" in url or "{" in (urlsplit(source.url).hostname or "{"):
        raise CatalogError(
            f"{source.id}: url or reader.tile is no pattern of a tile's address ({source.url!r}, "
            f"{source.reader.tile!r})",
            "give url with {tile} in its path, and reader.tile with {lat} {ns} {lon} {ew}",
        )
    return url
