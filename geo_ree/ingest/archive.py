"""Reading zip archives of CSV tables and shapefiles, trusting nothing in them."""

from __future__ import annotations

import lzma
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.ingest.http import ZIP_MAGIC, Client
from geo_ree.ingest.protocol import Arrival, Order
from geo_ree.ingest.tables import build_table, check_columns, check_rows

MAX_EXPANDED_BYTES = 4_000_000_000
"""A member that expands to more is refused."""

MAX_RATIO = 250
"""A member of more than `_SMALL` bytes that expands by more than this is refused."""

_SMALL = 10_000_000
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
    OSError, UnicodeError, ValueError,
)  # fmt: skip


def bring_file(order: Order, client: Client) -> Arrival:
    """Download the one file that an entry names.

    Parameters
    ----------
    order
        The entry, and where to put its file.
    client
        Makes the request.

    Returns
    -------
    Arrival

    Raises
    ------
    FetchError
        When it cannot be had.
    """
    url = order.source.url
    payload = order.folder / _file_name(order.source)
    magic = ZIP_MAGIC if PurePosixPath(order.source.reader.member).name else ()
    came = client.download(
        url, payload, magic=magic, params=order.source.reader.query,
        headers=order.source.reader.headers, etag=order.etag, last_modified=order.last_modified,
    )  # fmt: skip
    return Arrival(payload=payload, url=url, etag=came.etag, last_modified=came.last_modified,
                   unchanged=came.unchanged)  # fmt: skip


def _file_name(source: Source) -> str:
    name = PurePosixPath(unquote(urlsplit(source.url).path)).name
    return name if name not in ("", ".", "..") and "\\" not in name else f"{source.id}.zip"


def read_archive(path: Path, source: Source) -> pd.DataFrame:
    """Open the table of a zip archive that the catalogue entry names.

    Parameters
    ----------
    path
        The archive.
    source
        Its catalogue entry: ``reader.member`` ends in ``.csv`` or ``.shp``.

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.ingest.read` describes it; a GeoDataFrame for a shapefile.

    Raises
    ------
    SchemaError
        When the archive is cut short, no archive, encrypted, expands beyond measure, has a
        link in place of a file, or lacks a member, a column or any row.
    """
    cure = f"fetch it again with geo-ree fetch {source.id}"
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise SchemaError(f"{source.id}: {path} is missing", cure) from error
    except _DAMAGED as error:
        raise SchemaError(f"{source.id}: {path.name} is no whole zip archive", cure) from error
    with archive:
        member = source.reader.member
        suffix = PurePosixPath(member).suffix.lower()
        if suffix == ".csv":
            return build_table(
                source, member, lambda name: _extract(archive, name, path, source, cure),
                where=path.name, cure=cure,
            )  # fmt: skip
        if suffix == ".shp":
            return _read_shapefile(archive, path, source, cure)
    raise SchemaError(
        f"{source.id}: the member {member!r} of an archive is neither .csv nor .shp",
        "correct reader.member in the catalogue entry",
    )


def _find(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    """Give a member by its name; case is forgiven where that leaves no doubt."""
    exact = [i for i in archive.infolist() if i.filename == name]
    alike = [i for i in archive.infolist() if i.filename.casefold() == name.casefold()]
    return exact[-1] if exact else alike[0] if len(alike) == 1 else None


def _extract(
    archive: zipfile.ZipFile, name: str, path: Path, source: Source, cure: str
) -> bytes:  # fmt: skip
    info = _find(archive, name)
    where = f"{source.id}: {path.name}/{name}"
    if info is None or info.is_dir():
        members = [i.filename for i in archive.infolist() if not i.is_dir()]
        shown = ", ".join(members[:12]) + (" …" if len(members) > 12 else "")
        raise SchemaError(
            f"{source.id}: {path.name} has no member {name!r}; it has: {shown or 'none'}",
            f"{cure}, or correct reader in the catalogue entry if the publisher renamed it",
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise SchemaError(f"{where} is a link, not a file", "do not use this archive")
    ratio = info.file_size / max(info.compress_size, 1)
    if info.file_size > MAX_EXPANDED_BYTES or (info.file_size > _SMALL and ratio > MAX_RATIO):
        raise SchemaError(
            f"{where} expands to {info.file_size} bytes, {ratio:.0f} times its size",
            "do not use this archive",
        )
    if info.flag_bits & 1:
        raise SchemaError(f"{where} is encrypted", cure)
    try:
        # zipfile never gives more than the size checked above
        return archive.read(info)
    except _DAMAGED as error:
        raise SchemaError(f"{where} is damaged or cut short", cure) from error


def _read_shapefile(
    archive: zipfile.ZipFile, path: Path, source: Source, cure: str
) -> gpd.GeoDataFrame:
    member = PurePosixPath(source.reader.member)
    where = f"{path.name}/{member}"
    load: Callable[[PurePosixPath], bytes] = lambda name: _extract(  # noqa: E731
        archive, str(name), path, source, cure
    )
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as scratch:
        for suffix in _SHAPEFILE_PARTS:
            part = member.with_suffix(suffix)
            if suffix == ".cpg" and _find(archive, str(part)) is None:
                continue  # the encoding is then that of the dbf itself
            # our own flat name: nothing in the archive decides where this is written
            content = load(part)
            if not _is_whole(suffix, content):
                raise SchemaError(f"{source.id}: {path.name}/{part} is cut short", cure)
            (Path(scratch) / f"payload{suffix}").write_bytes(content)
        try:
            frame = pyogrio.read_dataframe(Path(scratch) / "payload.shp")
        except (DataSourceError, DataLayerError, FeatureError, GeometryError, *_DAMAGED) as error:
            raise SchemaError(f"{source.id}: {where} is a damaged shapefile", cure) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise SchemaError(f"{source.id}: {where} has no geometry or no reference system", cure)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    check_columns(source, frame.columns, where, cure=cure)
    check_rows(source, frame, where, cure=cure)
    return frame


def _is_whole(suffix: str, content: bytes) -> bool:
    """Compare a part of a shapefile with the size its header states; GDAL is more lenient."""
    if suffix in (".shp", ".shx"):  # length of the file in words of two bytes
        return len(content) >= 100 and len(content) >= 2 * struct.unpack(">i", content[24:28])[0]
    if suffix == ".dbf":  # number of records, length of the header, length of a record
        if len(content) < 32:
            return False
        records, header, record = struct.unpack("<IHH", content[4:12])
        return bool(len(content) >= header + records * record)
    return True
