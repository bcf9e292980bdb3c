"""The pages of a service's answer, kept as they came in one file, and found again."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.ingest.http import ZIP_MAGIC
from geo_ree.ingest.tables import cure_of
from geo_ree.ingest.unpack import Archive

TILE = "tile-"
"""Begins the name of a page that covers a part of the world, and may repeat its neighbours."""

_PAGES = ("page-", TILE)
_DAY = (1980, 1, 1, 0, 0, 0)
_BLANK = b"\xef\xbb\xbf \t\r\n"
_ANSWERS = (".json", ".geojson")
_OTHERS = (".shp", ".gpkg", ".gdbtable", ".csv", ".kml", ".gml")


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What a payload holds of a service's answers.

    Parameters
    ----------
    pages
        Name, as an error gives it, and bytes of each, in order.
    about
        What is kept beside them, by the name of the member.
    tiled
        Whether some are tiles, so that one feature may be in several.
    handed
        Whether they are files of other names than ours, which somebody saved.
    """

    pages: tuple[tuple[str, bytes], ...] = ()
    about: Mapping[str, bytes] = field(default_factory=dict)
    tiled: bool = False
    handed: bool = True


def write_pages(target: Path, members: Mapping[str, bytes]) -> None:
    """Keep the answers of a service in one zip archive, the same bytes for the same answers.

    Parameters
    ----------
    target
        The archive to write.
    members
        Name (``page-00001.json``, …) -> bytes as they came.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "pages.zip"
    >>> write_pages(target, {"page-00001.json": b"{}"})
    >>> zipfile.ZipFile(target).namelist()
    ['page-00001.json']
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes on every system
            archive.writestr(info, content)


def read_pages(path: Path, source: Source, *, starts: str = "{") -> Pages:
    """Find the pages of a payload.

    Parameters
    ----------
    path
        The archive that `write_pages` made; or what somebody was handed: one page, or a zip
        archive of pages in JSON.
    source
        Its catalogue entry.
    starts
        First characters that a page alone may have, whatever its name.

    Returns
    -------
    Pages
        None at all where the file is of another kind.

    Raises
    ------
    SchemaError
        When it cannot be read, or the archive is damaged, encrypted, or expands beyond measure.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog import load_catalog
    >>> target = Path(tempfile.mkdtemp()) / "pages.zip"
    >>> write_pages(target, {"layer.json": b"{}", "page-00001.json": b'{"rows": []}'})
    >>> found = read_pages(target, load_catalog()["usgs_ree"])
    >>> found.pages, list(found.about)
    ((('pages.zip/page-00001.json', b'{"rows": []}'),), ['layer.json'])
    """
    if path.is_dir():  # a file geodatabase is a folder
        return Pages()
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path} cannot be read ({error.strerror})", "check the path"
        ) from error
    if head.startswith(ZIP_MAGIC):
        with Archive(path, what=source.id, cure=cure_of(source)) as archive:
            return _from_archive(archive)
    alone = head.lstrip(_BLANK)[:1]
    if alone and alone in starts.encode():
        return Pages(pages=((path.name, path.read_bytes()),))
    return Pages()


def _from_archive(archive: Archive) -> Pages:
    names = [n for n in archive.names if n.startswith(_PAGES)]
    handed = not names
    if handed and not any(n.lower().endswith(_OTHERS) for n in archive.names):
        names = [n for n in archive.names if n.lower().endswith(_ANSWERS)]
    beside = [] if handed else [n for n in archive.names if n not in names]
    return Pages(
        pages=tuple((f"{archive.name}/{n}", archive.read(n)) for n in names),
        about={n: archive.read(n) for n in beside},
        tiled=not handed and any(n.startswith(TILE) for n in names),
        handed=handed,
    )
