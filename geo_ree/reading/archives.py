"""Taking files out of a zip archive that is trusted in nothing."""

from __future__ import annotations

import logging
import lzma
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Literal, Self

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError

logger = logging.getLogger(__name__)


MAX_EXPANDED_BYTES = 4_000_000_000
"""An archive whose members expand to more, all together, is refused."""

MAX_RATIO = 250
"""A member of more than `_SMALL` bytes that expands by more than this is refused."""

MAX_MEMBERS = 20_000
"""An archive with more members is refused."""

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    UnicodeError,
    ValueError,
)
"""What the standard library raises over an archive that is cut short or was tampered with."""

_SMALL = 10_000_000
_CHUNK = 1 << 20
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|\\|(^|/)\.\.(/|$)|[\x00-\x1f]")
_NOISE = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$)")


class Archive:
    """A zip archive, opened and looked through before anything is taken out of it.

    Nothing in the archive ever decides where a file is written: members are read into memory,
    or into a file that the caller names. Members whose names lead elsewhere (``../``, absolute,
    with a drive or a backslash) are not seen at all.

    Attributes
    ----------
    name
        Of the archive's file.
    size
        Bytes that all members expand to.

    Parameters
    ----------
    path
        The archive.
    what
        Id of the source, for the errors.
    hint
        What to do about a damaged archive.

    Raises
    ------
    SchemaError
        When it is no whole zip archive, has too many members, or they expand beyond measure.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.zip"
    >>> with zipfile.ZipFile(path, "w") as new:
    ...     new.writestr("ree/main.csv", "id")
    ...     new.writestr("../evil.csv", "id")
    >>> with Archive(path, what="usgs_ree", hint="") as archive:
    ...     print(archive.names, archive.read("main.csv"))
    ['ree/main.csv'] b'id'
    """

    def __init__(self, path: Path, *, what: str, hint: str) -> None:
        self.name = path.name
        self._what, self._cure = what, hint
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGED as error:
            raise SchemaError(f"{what}: {path.name} is no whole zip archive", hint) from error
        files = [i for i in self._zip.infolist() if not i.is_dir()]
        self._files = {i.filename: i for i in files if not _UNSAFE.search(i.filename)}
        self.size = sum(i.file_size for i in files)
        try:
            self._weigh(files)
        except SchemaError:
            self._zip.close()
            raise

    def _weigh(self, files: list[zipfile.ZipInfo]) -> None:
        where = f"{self._what}: {self.name}"
        if len(files) > MAX_MEMBERS:
            raise SchemaError(
                f"{where} has {len(files)} members, more than {MAX_MEMBERS}",
                "do not use this archive",
            )
        if self.size > MAX_EXPANDED_BYTES:
            raise SchemaError(
                f"{where} expands to {self.size} bytes, more than {MAX_EXPANDED_BYTES}",
                "do not use this archive",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> list[str]:
        """Names of the files in it, in order, without those that a Mac adds."""
        return [name for name in self._files if not _NOISE.search(name)]

    def find(self, name: str) -> str | None:
        """Give the name under which a member is there, or None.

        Case, and the folder that it lies in, are forgiven where that leaves no doubt.
        """
        if name in self._files:
            return name
        folded, last = name.casefold(), PurePosixPath(name).name.casefold()
        alike = [n for n in self.names if n.casefold() == folded]
        moved = [n for n in self.names if PurePosixPath(n).name.casefold() == last]
        return next((found[0] for found in (alike, moved) if len(found) == 1), None)

    def read(self, name: str) -> bytes:
        """Give the bytes of a member.

        Raises
        ------
        SchemaError
            When there is none of the name, or it is a link, encrypted, damaged, or expands
            beyond measure.
        """
        info = self._checked(name)
        try:
            # zipfile never gives more than the size that was checked
            return self._zip.read(info)
        except DAMAGED as error:
            raise self._damaged(info) from error

    def extract(self, name: str, target: Path) -> None:
        """Write a member into a file of the caller's choice, as `read` gives it."""
        info = self._checked(name)
        try:
            with self._zip.open(info) as stream, target.open("wb") as out:
                while chunk := stream.read(_CHUNK):
                    out.write(chunk)
        except DAMAGED as error:
            raise self._damaged(info) from error

    def _damaged(self, info: zipfile.ZipInfo) -> SchemaError:
        return SchemaError(
            f"{self._what}: {self.name}/{info.filename} is damaged or cut short", self._cure
        )

    def _checked(self, name: str) -> zipfile.ZipInfo:
        found = self.find(name)
        if found is None:
            raise self.lacks(name)
        info, where = self._files[found], f"{self._what}: {self.name}/{found}"
        if stat.S_ISLNK(info.external_attr >> 16):
            raise SchemaError(f"{where} is a link, not a file", "do not use this archive")
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > _SMALL and ratio > MAX_RATIO:
            raise SchemaError(
                f"{where} expands to {info.file_size} bytes, {ratio:.0f} times its size",
                "do not use this archive",
            )
        if info.flag_bits & 1:
            raise SchemaError(f"{where} is encrypted", self._cure)
        return info

    def lacks(self, name: str) -> SchemaError:
        """Give the error about a member that is not there, with those that are."""
        names = self.names
        shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        return SchemaError(
            f"{self._what}: {self.name} has no member {name!r}; it has: {shown or 'none'}",
            f"{self._cure}, or correct reader in the catalogue entry if the publisher renamed it",
        )


_PAGE = re.compile(r"^page-\d+\.\w+$")
_ANSWERS = (".json", ".geojson", ".gml", ".xml")
_TABLES = (
    ".csv",
    ".tsv",
    ".shp",
    ".gpkg",
    ".geojson",
    ".json",
    ".kml",
    ".gml",
    ".xlsx",
    ".parquet",
)


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


def choose(archive: Archive, source: Source, hint: str) -> Choice:
    """Choose the table of an archive.

    Parameters
    ----------
    archive
        The archive.
    source
        Its catalogue entry; ``reader.member`` names the table.
    hint
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
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = PurePosixPath(tempfile.mkdtemp()) / "x.zip"
    >>> with zipfile.ZipFile(path, "w") as new:
    ...     new.writestr("layer/rails.shp", "made up")
    >>> entry = load_catalog()["usgs_ree"]
    >>> bare = entry.model_copy(update={"reader": type(entry.reader)()})
    >>> with Archive(path, what="x", hint="") as archive:
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
                source.id,
                archive.name,
                wanted,
                tables[0],
            )
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
