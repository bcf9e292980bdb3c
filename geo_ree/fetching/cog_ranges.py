"""Raster tiles behind a web address, of which only the parts that are wanted are transferred.

GDAL opens its own connections here: it gets the mirror, the timeouts, the user agent and the
certificates of the rest of geo_ree, and what it complains of becomes an error of one line.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject
from rasterio.windows import Window as Part
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import FetchError, SettingsError
from geo_ree.fetching.protocol import Box
from geo_ree.fetching.session import mirrored
from geo_ree.settings import Settings

_RETRIES = 3
_RETRY_DELAY_S = 0.5
_MAX_BLOCK = 4096 * 4096
"""A tile with larger blocks (pixels) is refused: one is read whole, whatever is wanted of it."""

_ABSENT = re.compile(r"HTTP response code: (403|404)\b")
_FAULTS = (
    (r"HTTP response code: 429", "HTTP 429, too many requests", "wait, then fetch again"),
    (
        r"HTTP response code: (401|407)",
        r"HTTP \1, access is refused",
        "ask {host} for access, or open the address in a browser",
    ),
    (r"HTTP response code: (5\d\d)", r"HTTP \1, {host} is out of order", "fetch again later"),
    (
        r"HTTP response code: (\d+)",
        r"HTTP \1, expected 200",
        "correct url and reader.tile in the catalogue entry",
    ),
    (
        r"certificate|SSL",
        "the server's certificate cannot be trusted",
        "check the clock; a company's own certificates go into REQUESTS_CA_BUNDLE",
    ),
    (r"resolve host", "the host is not known (DNS)", "{network}"),
    (r"too slow|timed out|Timeout", "no answer within {seconds:g} s", "{network}"),
    (r"connect to|Connection|CURL error", "the connection was refused or broke", "{network}"),
    (
        r"not recognized as",
        "what came is no GeoTIFF, or the server does not give parts of a file (HTTP Range)",
        "open the address in a browser: it may have moved or ask to sign in; or use a mirror "
        "that answers range requests, or hand a file over with --file",
    ),
    (r"TIFF|ReadBlock", "a part of it did not come, or is damaged", "fetch it again later"),
)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One tile, open.

    Parameters
    ----------
    url
        The publisher's address.
    where
        Source and address that was asked, for errors.
    dataset
        The open file: one band, degrees, north up.
    nulls
        Numbers that stand for no data, beside the one that the file itself states.
    settings
        Those that it was opened with.
    """

    url: str
    where: str
    dataset: DatasetReader
    nulls: tuple[float, ...]
    settings: Settings

    @property
    def transform(self) -> Affine:
        """From (column, row) to degrees."""
        return self.dataset.transform

    def read(self, rows: tuple[int, int], columns: tuple[int, int]) -> NDArray[np.float32]:
        """Read from the first row and column up to the second, without it.

        Returns
        -------
        numpy.ndarray
            float32, NaN where there is no data.

        Raises
        ------
        FetchError
            When they cannot be had.
        """
        part = Part.from_slices(rows, columns)
        with _explained(self.where, self.settings):
            values = self.dataset.read(1, window=part, masked=True)
        return with_nan(values, self.nulls)


def null_values(source: Source) -> tuple[float, ...]:
    """Numbers that the catalogue entry counts as no data.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> null_values(load_catalog()["gmted2010"])
    (-32768.0,)
    """
    return tuple(float(text) for text in source.nulls.get("*", ()))


def with_nan(values: np.ma.MaskedArray[Any, Any], nulls: tuple[float, ...]) -> NDArray[np.float32]:
    """Give values as float32, NaN where they are masked or one of the nulls.

    Examples
    --------
    >>> with_nan(np.ma.masked_equal([1, 2, -32768], 2), (-32768.0,)).tolist()
    [1.0, nan, nan]
    """
    numbers = np.asarray(np.ma.filled(values.astype(np.float32), np.nan), dtype=np.float32)
    numbers[np.isin(numbers, nulls)] = np.nan
    return numbers


@contextmanager
def open_tiles(
    source: Source, urls: Sequence[str], settings: Settings
) -> Iterator[tuple[list[Tile], list[str]]]:
    """Open tiles, and keep them open for the reading.

    Parameters
    ----------
    source
        The catalogue entry, for errors.
    urls
        The publisher's addresses.
    settings
        Mirror, timeouts, user agent, whether the network may be used at all.

    Yields
    ------
    list of Tile, list of str
        The tiles, and the addresses at which there is none (HTTP 403 and 404: that is how the
        publisher's store answers for a file that it does not have).

    Raises
    ------
    FetchError
        Of any other failure, in one line with address and hint.
    """
    if settings.offline:
        raise FetchError(
            f"{source.id}: {source.url} is not asked, for geo_ree works offline",
            "leave out --offline, or hand over a file with --file",
        )
    tiles: list[Tile] = []
    absent: list[str] = []
    with rasterio.Env(**_options(settings)), ExitStack() as stack:
        for url in urls:
            asked = mirrored(url, settings)
            where = f"{source.id}: {asked}"
            with _explained(where, settings):
                try:
                    dataset = stack.enter_context(
                        rasterio.open(f"/vsicurl/{asked}", driver="GTiff")
                    )
                except RasterioError as error:
                    if not _ABSENT.search(_message(error)):
                        raise
                    absent.append(url)
                    continue
            _check(dataset, where)
            nulls = null_values(source)
            tiles.append(
                Tile(url=url, where=where, dataset=dataset, nulls=nulls, settings=settings)
            )
        yield tiles, absent


def _options(settings: Settings) -> dict[str, str]:
    """Options of GDAL for one call; what its user has set in the environment gives way."""
    wait = str(max(1, math.ceil(settings.read_timeout_s)))
    return {
        "AWS_NO_SIGN_REQUEST": "YES",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no look for sidecar files
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif,.tiff",
        "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/",  # every call sees the tiles as they are now
        "GDAL_HTTP_MULTIRANGE": "YES",
        "GDAL_HTTP_MAX_RETRY": str(_RETRIES),
        "GDAL_HTTP_RETRY_DELAY": str(_RETRY_DELAY_S),
        "GDAL_HTTP_RETRY_CODES": "429,500,502,503,504",
        "GDAL_HTTP_CONNECTTIMEOUT": str(settings.connect_timeout_s),
        "GDAL_HTTP_LOW_SPEED_LIMIT": "1",  # bytes a second: with the time, a limit on silence
        "GDAL_HTTP_LOW_SPEED_TIME": wait,
        "GDAL_HTTP_TIMEOUT": str(10 * int(wait)),
        "GDAL_HTTP_USERAGENT": settings.user_agent,
        "GDAL_HTTP_UNSAFESSL": "NO",
        "GDAL_CURL_CA_BUNDLE": (  # as requests does
            os.environ.get("REQUESTS_CA_BUNDLE")
            or os.environ.get("CURL_CA_BUNDLE")
            or DEFAULT_CA_BUNDLE_PATH
        ),
    }


def _check(dataset: DatasetReader, where: str) -> None:
    step = dataset.transform
    degrees = dataset.crs is not None and dataset.crs.is_geographic
    if not (degrees and dataset.count == 1 and step.b == step.d == 0 and step.a > 0 > step.e):
        raise FetchError(
            f"{where}: it has {dataset.count} bands in {dataset.crs}, expected one band in "
            "degrees with north up",
            "correct url and reader.tile in the catalogue entry",
        )
    block = math.prod(dataset.block_shapes[0])
    if block > _MAX_BLOCK:
        raise FetchError(
            f"{where}: its blocks have {block} pixels, at most {_MAX_BLOCK} are read at once",
            "take another source: this one is not made for reading by parts",
        )


@contextmanager
def _explained(where: str, settings: Settings) -> Iterator[None]:
    """Turn whatever GDAL complains of into a FetchError of one line."""
    try:
        yield
    except RasterioError as error:
        words = {
            "host": "the mirror" if settings.mirror else "the publisher",
            "network": "check the network and --mirror"
            if settings.mirror
            else "check the network, or give a --mirror",
            "seconds": settings.read_timeout_s,
        }
        said = _message(error).replace(where.partition(": ")[2], "it")
        for pattern, fault, hint in _FAULTS:
            found = re.search(pattern, said)
            if found:
                what = found.expand(fault).format(**words)
                raise FetchError(f"{where}: {what}", hint.format(**words)) from error
        raise FetchError(
            f"{where}: it cannot be read ({' '.join(said.split())})", "fetch it again later"
        ) from error


def _message(error: BaseException) -> str:
    """Words of an error and of those behind it: rasterio's own often only point at them."""
    words = [str(error)]
    behind = error.__cause__ or error.__context__
    while behind is not None:
        words.append(str(behind))
        behind = behind.__cause__ or behind.__context__
    return " / ".join(dict.fromkeys(words))


Grid = tuple[NDArray[np.float32], Affine]
"""Values, and where they lie."""

MAX_PIXELS = 50_000_000
"""A window of more pixels (200 MB as float32) is refused."""

_FUZZ = 1e-6
_OFF_GRID = 0.01


def join_tiles(tiles: Sequence[Tile], box: Box, *, what: str = "") -> Grid:
    """Read the pixels whose centre lies in a box from all its tiles.

    The western and the northern edge count as inside, the eastern and the southern do not: each
    pixel is then in one tile only, as the publishers cut them. Where the tiles differ in their
    spacing (those of Copernicus widen with latitude from 50 N), the window has the finest of
    them, and the coarser ones are interpolated bilinearly to it.

    Parameters
    ----------
    tiles
        One at least.
    box
        West, south, east, north in degrees.
    what
        Id of the source, for errors.

    Returns
    -------
    numpy.ndarray, Affine
        float32 of shape (rows, columns), NaN where no tile has data; and its transform.

    Raises
    ------
    SettingsError
        When the window has no pixel, or more than `MAX_PIXELS`.
    FetchError
        When a tile cannot be read, or tiles of one spacing are no parts of one grid.
    """
    spacings: dict[tuple[float, float], list[Tile]] = {}
    for tile in tiles:
        step = (round(tile.transform.a, 12), round(-tile.transform.e, 12))
        spacings.setdefault(step, []).append(tile)
    finest = min(spacings, key=lambda step: step[0] * step[1])
    array, transform = _mosaic(spacings.pop(finest), box, what)
    for (width, height), coarser in spacings.items():
        west, south, east, north = box
        # a margin, so that what lies at the window's edge is interpolated too
        wider = (west - 2 * width, south - 2 * height, east + 2 * width, north + 2 * height)
        values, place = _mosaic(coarser, wider, what)
        fitted = np.full_like(array, np.nan)
        reproject(
            values,
            fitted,
            src_transform=place,
            dst_transform=transform,
            src_crs=STORE_CRS,
            dst_crs=STORE_CRS,
            src_nodata=np.nan,
            dst_nodata=np.nan,
            resampling=Resampling.bilinear,
        )
        array = np.where(np.isnan(array), fitted, array)
    return array, transform


def _mosaic(tiles: Sequence[Tile], box: Box, what: str) -> Grid:
    """Join tiles of one spacing."""
    step = tiles[0].transform
    (left, right), (top, bottom) = _extent(step, box)
    shape = (bottom - top, right - left)
    told = ",".join(f"{edge:g}" for edge in box)
    if min(shape) < 1:
        raise SettingsError(
            f"{what}: the box {told} has no pixel in it, one is {step.a:g} degrees wide",
            "give a larger box",
        )
    if shape[0] * shape[1] > MAX_PIXELS:
        raise SettingsError(
            f"{what}: the box {told} has {shape[0] * shape[1]} pixels, at most {MAX_PIXELS} are "
            "read at once",
            "give a smaller box, or take a source with a coarser grid",
        )
    array = np.full(shape, np.nan, dtype=np.float32)
    for tile in tiles:
        # place of the window's first pixel in the tile
        column = left - _steps(tile, (tile.transform.c - step.c) / step.a)
        row = top - _steps(tile, (tile.transform.f - step.f) / step.e)
        rows = (max(row, 0), min(row + shape[0], tile.dataset.height))
        columns = (max(column, 0), min(column + shape[1], tile.dataset.width))
        if rows[0] < rows[1] and columns[0] < columns[1]:
            place = np.s_[rows[0] - row : rows[1] - row, columns[0] - column : columns[1] - column]
            array[place] = tile.read(rows, columns)
    corner = Affine(step.a, 0.0, step.c + left * step.a, 0.0, step.e, step.f + top * step.e)
    return array, corner


def _extent(step: Affine, box: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """Columns and rows whose centre is in the box, counted from a tile's first."""
    west, south, east, north = box
    columns = [math.ceil((x - step.c) / step.a - 0.5 - _FUZZ) for x in (west, east)]
    rows = [math.ceil((y - step.f) / step.e - 0.5 - _FUZZ) for y in (north, south)]
    return (columns[0], columns[1]), (rows[0], rows[1])


def _steps(tile: Tile, distance: float) -> int:
    """Whole pixels between the corners of two tiles."""
    whole = round(distance)
    if abs(distance - whole) > _OFF_GRID:
        raise FetchError(
            f"{tile.where}: its pixels are {distance - whole:+.2f} of a pixel off those of its "
            "neighbour",
            "give a box within one tile, or correct url and reader.tile in the catalogue entry",
        )
    return int(whole)
