"""Files from a zip archive of unknown origin, and the choice of the table in it."""

from __future__ import annotations

import errno
import logging
import lzma
import re
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Literal, Self

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.settings import LARGER_LIMITS, Limits

logger = logging.getLogger(__name__)

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
"""What the standard library raises for an archive that is cut short or was tampered with."""

_SMALL = 10_000_000
_CHUNK = 1 << 20
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|\\|(^|/)\.\.(/|$)|[\x00-\x1f]")
_NOISE = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$)")


class Archive:
    """A zip archive that is checked when it is opened, before anything is extracted.

    Nothing in the archive decides where a file is written: members are read into memory, or into
    a file that the caller names. Members whose names lead elsewhere (``../``, absolute, with a
    drive or a backslash) are ignored.

    Parameters
    ----------
    path : pathlib.Path
        The archive; the attribute `name` is the name of its file.
    source_id, hint : str
        For errors: the source, and what to do about a damaged archive.

    Raises
    ------
    SchemaError
        If it is no whole zip archive, has too many members, or they expand too far.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.zip"
    >>> with zipfile.ZipFile(path, "w") as new:
    ...     new.writestr("ree/main.csv", "id")
    ...     new.writestr("../evil.csv", "id")
    >>> with Archive(path, source_id="usgs_ree", hint="") as archive:
    ...     print(archive.names, archive.read("main.csv"))
    ['ree/main.csv'] b'id'
    """

    def __init__(self, path: Path, *, source_id: str, hint: str) -> None:
        self.name = path.name
        self._where, self._hint = f"{source_id}: {path.name}", hint
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGED as error:
            raise SchemaError(f"{self._where} is no whole zip archive", hint) from error
        files = [i for i in self._zip.infolist() if i.filename and not i.is_dir()]
        self._files = {i.filename: i for i in files if not _UNSAFE.search(i.filename)}
        self.size = sum(i.file_size for i in files)
        fault, limits = "", Limits.current()
        if len(files) > limits.members:
            fault = f"has {len(files)} members, more than {limits.members}"
        elif self.size > limits.expanded_bytes:
            fault = f"expands to {self.size} bytes, more than {limits.expanded_bytes}"
        if fault:
            self._zip.close()
            raise SchemaError(f"{self._where} {fault}", LARGER_LIMITS)

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
        """Names of the files in it, in order, without those that macOS adds."""
        return [name for name in self._files if not _NOISE.search(name)]

    def find(self, name: str) -> str | None:
        """Return the name of a member as the archive spells it; None if it is absent.

        Another case or another folder is accepted if only one member fits.
        """
        if name in self._files:
            return name
        folded, last = name.casefold(), PurePosixPath(name).name.casefold()
        alike = [n for n in self.names if n.casefold() == folded]
        moved = [n for n in self.names if PurePosixPath(n).name.casefold() == last]
        return next((found[0] for found in (alike, moved) if len(found) == 1), None)

    def read(self, name: str) -> bytes:
        """Return the bytes of a member.

        Raises `SchemaError` if it is absent, a link, encrypted, damaged, or expands too far.
        """
        info = self._checked(name)
        try:
            # zipfile never gives more than the size that was checked
            return self._zip.read(info)
        except DAMAGED as error:
            raise self._damaged(info, error) from error

    def extract(self, name: str, target: Path) -> None:
        """Write a member into a file of the caller's choice; see `read`."""
        info = self._checked(name)
        try:
            with self._zip.open(info) as stream, target.open("wb") as out:
                while chunk := stream.read(_CHUNK):
                    out.write(chunk)
        except DAMAGED as error:
            raise self._damaged(info, error) from error

    def _damaged(self, info: zipfile.ZipInfo, error: Exception) -> SchemaError:
        where = f"{self._where}/{info.filename}"
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return SchemaError(
                f"{where} cannot be unpacked: there is no space left in {tempfile.gettempdir()}",
                "free some space, or set TMPDIR to a folder with more",
            )
        return SchemaError(f"{where} is damaged or cut short", self._hint)

    def _checked(self, name: str) -> zipfile.ZipInfo:
        found = self.find(name)
        if found is None:
            raise self.missing(name)
        info, where = self._files[found], f"{self._where}/{found}"
        if stat.S_ISLNK(info.external_attr >> 16):
            raise SchemaError(f"{where} is a link, not a file", "do not use this archive")
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > _SMALL and ratio > Limits.current().ratio:
            raise SchemaError(
                f"{where} expands to {info.file_size} bytes, {ratio:.0f} times its size",
                LARGER_LIMITS,
            )
        if info.flag_bits & 1:
            raise SchemaError(f"{where} is encrypted", self._hint)
        return info

    def missing(self, name: str) -> SchemaError:
        """Return the error about an absent member, with those that are there."""
        names = self.names
        shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        return SchemaError(
            f"{self._where} has no member {name!r}; it has: {shown or 'none'}",
            f"{self._hint}, or correct reader in the catalogue entry if the publisher renamed it",
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
    """What is read from an archive.

    Attributes
    ----------
    member
        Name of the member or folder.
    kind
        ``pages`` of a service, the main document of a ``kml`` archive, a shapefile, a file
        geodatabase, or one ``file``.
    members
        The pages in order, or the files of the geodatabase.
    is_substitute
        Whether it replaces a member of another name.
    """

    member: str
    kind: Literal["file", "shp", "gdb", "pages", "kml"] = "file"
    members: tuple[str, ...] = ()
    is_substitute: bool = False


def choose_table(archive: Archive, source: Source) -> Choice:
    """Choose the table of an archive.

    That is the member ``reader.member``. If none is named, or it is absent: the pages of a
    service, or the only table there is.

    Raises `SchemaError`, with what the archive holds, if several members fit or none does.
    """
    wanted = source.reader.member
    geodatabases = _geodatabases(archive)
    found = archive.find(wanted) if wanted else None
    if found is not None:
        return _choice(found, geodatabases)
    if wanted.lower().endswith(".gdb"):
        last = PurePosixPath(wanted).name.casefold()
        alike = [g for g in geodatabases if PurePosixPath(g).name.casefold() == last]
        if len(alike) == 1:
            return _choice(alike[0], geodatabases)
    pages = tuple(n for n in archive.names if _PAGE.match(n))
    if pages and not wanted:
        return Choice("", "pages", pages)
    tables = [n for n in archive.names if n.lower().endswith(_TABLES)] + list(geodatabases)
    main = next((n for n in tables if n.casefold() == "doc.kml"), None)
    if main and not wanted:
        return Choice(main, "kml")
    if len(tables) == 1:
        if wanted:
            logger.warning(
                "%s: %s has no member %r; its only table %r is read instead",
                source.id,
                archive.name,
                wanted,
                tables[0],
            )
        return _choice(tables[0], geodatabases, is_substitute=bool(wanted))
    if wanted:
        raise archive.missing(wanted)
    if tables and any(all(n.lower().endswith(k) for n in tables) for k in (".kml", _ANSWERS)):
        return Choice("", "pages", tuple(tables))
    if not tables:
        raise archive.missing("*.csv")
    raise SchemaError(
        f"{source.id}: {archive.name} has several tables: {', '.join(tables[:12])}",
        "name one in reader.member of the catalogue entry",
    )


def _choice(
    name: str, geodatabases: dict[str, tuple[str, ...]], *, is_substitute: bool = False
) -> Choice:
    if name in geodatabases:
        return Choice(name, "gdb", geodatabases[name], is_substitute)
    return Choice(name, "shp" if name.lower().endswith(".shp") else "file", (), is_substitute)


def _geodatabases(archive: Archive) -> dict[str, tuple[str, ...]]:
    """Return the folders that are file geodatabases, each with the files in it."""
    names = archive.names
    homes = dict.fromkeys(
        str(PurePosixPath(n).parent) for n in names if n.lower().endswith(".gdbtable")
    )
    return {home: tuple(n for n in names if str(PurePosixPath(n).parent) == home) for home in homes}
