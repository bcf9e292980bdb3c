"""Tiles on the web, opened by GDAL through the HTTP client of geo_ree.

GDAL gets a Python file, never an address. So each byte passes the allow-list, the mirror, the
retries and the certificate check of `Client`, and GDAL itself never uses the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.raster_windows import problem_of
from geo_ree.fetching.transport.download import Client
from geo_ree.fetching.transport.retry import AbsentError, ForbiddenError
from geo_ree.fetching.transport.session import mirrored
from geo_ree.reading.geotiffs import open_geotiff

MIN_BYTES = 32_768
"""Bytes requested at least: the header of a Cloud-Optimized GeoTIFF fits into them."""

_NAME = "tile.tif"


class RangeFile:
    """A file on the web that downloads only the bytes that are read from it.

    Raises FetchError when it is created. Later reads are called by GDAL, which drops exceptions:
    what went wrong is kept in `error`, and the read gives no bytes.
    """

    def __init__(self, client: Client, url: str) -> None:
        self.error: BaseException | None = None
        self._client = client
        self._url = url
        self._position = 0
        self._start = 0
        self._bytes, self._size = client.get_range(url, 0, MIN_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bytes = b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte, counted from the start, the current position or the end (0, 1, 2)."""
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def tell(self) -> int:
        """Give the current position."""
        return self._position

    def read(self, length: int = -1) -> bytes:
        """Read bytes from the current position on, fewer at the end of the file."""
        end = self._size if length < 0 else min(self._position + length, self._size)
        if self.error is not None or end <= self._position:
            return b""
        if self._position < self._start or end > self._start + len(self._bytes):
            wanted = max(end - self._position, MIN_BYTES)
            try:
                self._bytes, size = self._client.get_range(self._url, self._position, wanted)
                if size != self._size:
                    raise FetchError(
                        f"{self._client.source_id}: {self._url} changed while it was read",
                        "fetch it again",
                    )
            except BaseException as error:  # noqa: BLE001 - Ctrl-C too would be lost in GDAL
                self.error = error
                return b""
            self._start = self._position
        first = self._position - self._start
        found = self._bytes[first : first + end - self._position]
        self._position += len(found)
        return found


@dataclass(frozen=True, kw_only=True)
class Tile:
    """An open tile: the publisher's address, the file behind it, and the dataset."""

    url: str
    where: str
    file: RangeFile
    dataset: DatasetReader

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raise a FetchError for whatever goes wrong while the tile is read."""
        with _explained(self.file, f"{self.where}: part of the file is missing or damaged"):
            yield


@contextmanager
def open_tiles(
    source: Source, urls: Sequence[str], client: Client
) -> Iterator[tuple[list[Tile], list[str]]]:
    """Open the tiles at some addresses; give them and the addresses that have none.

    HTTP 403 counts as absent like 404: object stores answer so for a file that they do not have.
    Raises FetchError for any other failure, and for a tile that is no raster in degrees.
    """
    tiles: list[Tile] = []
    absent: list[str] = []
    with ExitStack() as stack:
        for url in urls:
            where = f"{source.id}: {mirrored(url, client.settings)}"
            try:
                file = RangeFile(client, url)
            except (AbsentError, ForbiddenError):
                absent.append(url)
                continue
            with _explained(file, f"{where} is not a whole GeoTIFF"):
                dataset = stack.enter_context(_open(file, where))
            problem = problem_of(dataset, degrees=True)
            if problem:
                raise FetchError(
                    f"{where} {problem}", "correct url and reader.tile in the catalogue entry"
                )
            tiles.append(Tile(url=url, where=where, file=file, dataset=dataset))
        yield tiles, absent


def _open(file: RangeFile, where: str) -> AbstractContextManager[DatasetReader]:
    def opener(path: str, mode: str = "rb") -> RangeFile:
        if path != _NAME or mode != "rb":  # no files beside it
            raise FileNotFoundError(path)
        return file

    return open_geotiff(_NAME, where=where, opener=opener)


@contextmanager
def _explained(file: RangeFile, what: str) -> Iterator[None]:
    try:
        yield
    except SchemaError as error:  # what the file declares
        raise FetchError(error.what, error.hint) from error
    except RasterioError as error:
        if file.error is None:
            raise FetchError(
                what, "open the address in a browser: it may have moved, or ask to sign in"
            ) from error
    if file.error is not None:
        raise file.error
