"""Choosing the table of a zip archive."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.ingest.unpack import Archive

logger = logging.getLogger(__name__)

_PAGE = re.compile(r"^page-\d+\.\w+$")
_ANSWERS = (".json", ".geojson", ".gml", ".xml")
_TABLES = (
    ".csv", ".tsv", ".shp", ".gpkg", ".geojson", ".json", ".kml", ".gml", ".xlsx", ".parquet",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What is to be read out of an archive.

    Parameters
    ----------
    member
        Name of the member or folder.
    kind
        ``pages`` of a service, a shapefile, a file geodatabase, or one ``file``.
    members
        The pages in order, or the files of the geodatabase.
    instead
        Whether it stands in for a member of another name.
    """

    member: str
    kind: Literal["file", "shp", "gdb", "pages"] = "file"
    members: tuple[str, ...] = ()
    instead: bool = False


def choose(archive: Archive, source: Source, cure: str) -> Choice:
    """Choose the table of an archive.

    Parameters
    ----------
    archive
        The archive.
    source
        Its catalogue entry; ``reader.member`` names the table.
    cure
        What to do about a wrong archive.

    Returns
    -------
    Choice
        The member that is named. Where none is named, or it is not there: the pages of a
        service, or the one table that there is.

    Raises
    ------
    SchemaError
        When that leaves a doubt; it tells what there is.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> from geo_ree.catalog import load_catalog
    >>> path = PurePosixPath(tempfile.mkdtemp()) / "x.zip"
    >>> with zipfile.ZipFile(path, "w") as new:
    ...     new.writestr("layer/rails.shp", "made up")
    >>> entry = load_catalog()["usgs_ree"]
    >>> bare = entry.model_copy(update={"reader": type(entry.reader)()})
    >>> with Archive(path, what="x", cure="") as archive:
    ...     choose(archive, bare, "fetch it again")
    Choice(member='layer/rails.shp', kind='shp', members=(), instead=False)
    """
    wanted = source.reader.member
    bases = _geodatabases(archive)
    found = archive.find(wanted) if wanted else None
    if found is not None:
        return _choice(found, bases)
    if wanted.lower().endswith(".gdb"):
        alike = [b for b in bases if _last(b) == _last(wanted)]
        if len(alike) == 1:
            return _choice(alike[0], bases)
    pages = tuple(n for n in archive.names if _PAGE.match(n))
    if pages and not wanted:
        return Choice("", "pages", pages)
    tables = [n for n in archive.names if n.lower().endswith(_TABLES)] + list(bases)
    if "doc.kml" in tables:  # the main document of a KMZ, by its specification
        tables = ["doc.kml"]
    if len(tables) == 1:
        if wanted:
            logger.warning(
                "%s: %s has no member %r; its only table %r is read instead",
                source.id, archive.name, wanted, tables[0],
            )  # fmt: skip
        return _choice(tables[0], bases, instead=bool(wanted))
    if wanted:
        raise archive.lacks(wanted)
    if tables and all(n.lower().endswith(_ANSWERS) for n in tables):
        return Choice("", "pages", tuple(tables))
    if not tables:
        raise archive.lacks("*.csv")
    raise SchemaError(
        f"{source.id}: {archive.name} has several tables: {', '.join(tables[:12])}",
        "name one in reader.member of the catalogue entry",
    )


def _choice(name: str, bases: dict[str, tuple[str, ...]], *, instead: bool = False) -> Choice:
    if name in bases:
        return Choice(name, "gdb", bases[name], instead)
    return Choice(name, "shp" if name.lower().endswith(".shp") else "file", (), instead)


def _geodatabases(archive: Archive) -> dict[str, tuple[str, ...]]:
    """Folders that are file geodatabases, each with the files that lie in it."""
    names = archive.names
    homes = dict.fromkeys(
        str(PurePosixPath(n).parent) for n in names if n.lower().endswith(".gdbtable")
    )
    return {home: tuple(n for n in names if str(PurePosixPath(n).parent) == home) for home in homes}


def _last(name: str) -> str:
    return PurePosixPath(name).name.casefold()
