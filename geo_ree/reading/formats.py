"""Telling what a file is from its first bytes."""

from __future__ import annotations

import codecs
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from xml.etree import ElementTree

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading import vectors
from geo_ree.reading.archives import Archive, Choice, choose
from geo_ree.reading.delimited import parse_csv
from geo_ree.reading.markup import check_markup, told_report
from geo_ree.reading.shapefile import Part, gather, parts_beside, parts_in, whole_names
from geo_ree.reading.tables import Load, cure_of, finished, numbered, wanted_columns
from geo_ree.reading.workbook import check_workbook, read_sheet
from geo_ree.schema import LAYERS

Kind = Literal["zip", "sqlite", "parquet", "shp", "xml", "json", "text"]
"""What a file may be: an archive or workbook, a GeoPackage, …, or a text table."""

_HEAD = 4096
_KINDS: tuple[tuple[bytes, Kind], ...] = (
    (b"PK", "zip"),
    (b"SQLite format 3\0", "sqlite"),
    (b"PAR1", "parquet"),
    (b"\x00\x00\x27\x0a", "shp"),
)
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), or one with a password: save it as .xlsx"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def kind_of(path: Path, *, where: str, hint: str) -> Kind:
    """Tell the kind of a file by its content, not by its name.

    Parameters
    ----------
    path
        The file.
    where
        Its name, for the error.
    hint
        What to do about a wrong file.

    Returns
    -------
    str
        One of `Kind`. XML is not looked into any further.

    Raises
    ------
    SchemaError
        When it is missing, empty, a web page, or nothing that can be read as a table.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "download"
    >>> _ = path.write_bytes(b"id,name")
    >>> kind_of(path, where="x", hint="")
    'text'
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except FileNotFoundError as error:
        raise SchemaError(f"{where} is missing", hint) from error
    except OSError as error:
        raise SchemaError(f"{where} cannot be read ({error.strerror})", hint) from error
    return kind_of_bytes(head, where=where, hint=hint)


def kind_of_bytes(head: bytes, *, where: str, hint: str) -> Kind:
    """Tell the kind of a file by its first bytes, as `kind_of` does.

    Examples
    --------
    >>> kind_of_bytes(b'{"type": "FeatureCollection"', where="x", hint="")
    'json'
    """
    if not head.strip():
        raise SchemaError(f"{where} is empty", hint)
    for magic, kind in _KINDS:
        if head.startswith(magic):
            return kind
    for magic, words in _OTHERS:
        if head.startswith(magic):
            raise SchemaError(f"{where} is {words}", hint)
    text = _text_of(head)
    if text is None:
        raise SchemaError(f"{where} is nothing that geo_ree reads", hint)
    if text.startswith(("<!doctype html", "<html")):
        raise SchemaError(f"{where} is a web page, not the file", hint)
    return "xml" if text.startswith("<") else "json" if text.startswith(("{", "[")) else "text"


def _text_of(head: bytes) -> str | None:
    """Give the beginning of a text in small letters; None where it is none."""
    if head.startswith(_UTF16):
        return head.decode("utf-16", errors="replace").strip().lower()
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    if control > len(head) // 20:
        return None
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1").strip().lower()


_GML_ROOTS = ("FeatureCollection", "SimpleFeatureCollection")
_SUFFIX = {"sqlite": ".gpkg", "json": ".json"}


@dataclass(frozen=True)
class _Job:
    """What is being opened, for whom, and a folder of our own to do it in."""

    source: Source
    scratch: Path
    hint: str

    @property
    def id(self) -> str:
        return self.source.id

    def place(self, suffix: str) -> Path:
        """Give a path in a fresh folder, so that nothing lies beside it."""
        return Path(tempfile.mkdtemp(dir=self.scratch)) / f"payload{suffix}"


def open_file(path: Path, source: Source) -> pd.DataFrame:
    r"""Open a payload as the table it holds, upstream columns and values unchanged.

    What it is, is told from its content: CSV (or with semicolons, tabs or bars), Excel
    workbook, shapefile, GeoPackage, file geodatabase, GeoJSON, Esri JSON, KML, KMZ, GML,
    (Geo)Parquet; or a zip archive of one of them, or of the pages of a service. In an archive
    the table is ``reader.member``; where that is blank or not there, the only table there is.

    Somebody may hand over the main table alone where the publisher has an archive. Its child
    tables are then taken from beside it, or their columns are blank and the log says so; the
    record is worth having without them.

    Parameters
    ----------
    path
        The file; a folder of a file geodatabase; a ``.shp`` with its other parts beside it.
    source
        Its catalogue entry, of one table (see `Source.parts`).

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.fetching.read` describes it.

    Raises
    ------
    SchemaError
        In one line: the file, what is wrong with it, and what to do.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "deposit.csv"
    >>> _ = path.write_text("gid,name\n1,Made-up Ridge\n")
    >>> entry = load_catalog()["usgs_major_deposits"]
    >>> bare = entry.model_copy(update={
    ...     "columns": {"name": "name"}, "precision": type(entry.precision)(),
    ...     "reader": type(entry.reader)(), "commodities": type(entry.commodities)()})
    >>> open_file(path, bare)["name"].tolist()
    ['Made-up Ridge']
    """
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        job = _Job(source, Path(folder), cure_of(source))
        if path.is_dir():
            if not any(path.glob("*.gdbtable")):
                raise SchemaError(f"{source.id}: {path.name} is a folder, not a file", job.hint)
            return _vector(path, path.name, job)
        kind = kind_of(path, where=f"{source.id}: {path.name}", hint=job.hint)
        if kind != "zip":
            if path.suffix.lower() == ".zip" and kind == "text":
                raise SchemaError(f"{source.id}: {path.name} is no whole zip archive", job.hint)
            return _plain(path, kind, path.name, job)
        with Archive(path, what=source.id, hint=job.hint) as archive:
            if "[Content_Types].xml" in archive.names:
                return _workbook(path, path.name, job)
            return _from_archive(archive, choose(archive, source, job.hint), job)


def _from_archive(archive: Archive, choice: Choice, job: _Job) -> pd.DataFrame:
    where = f"{archive.name}/{choice.member}".removesuffix("/.")
    if choice.kind == "pages":
        return _pages(archive, choice.members, job)
    if choice.kind == "shp":
        return _shapefile(parts_in(archive, choice.member, job.source), where, job)
    if choice.kind == "gdb":
        return _vector(_geodatabase(archive, choice.members, where, job), where, job)
    target = job.place(PurePosixPath(choice.member).suffix)
    archive.extract(choice.member, target)
    kind = kind_of(target, where=f"{job.id}: {where}", hint=job.hint)
    if kind == "zip":
        with Archive(target, what=job.id, hint=job.hint) as inner:
            if "[Content_Types].xml" not in inner.names:
                raise SchemaError(
                    f"{job.id}: {where} is an archive inside an archive", "unpack the outer one"
                )
        return _workbook(target, where, job)
    if kind == "shp":
        return _shapefile(parts_in(archive, choice.member, job.source), where, job)

    def child(member: str) -> pd.DataFrame | None:
        if choice.instead and archive.find(member) is None:
            return None
        return _texts(archive.read(member), f"{archive.name}/{member}", job)

    return _plain(target, kind, where, job, child)


def _geodatabase(archive: Archive, members: tuple[str, ...], where: str, job: _Job) -> Path:
    folder = job.place(".gdb")
    folder.mkdir()
    # the last part of a safe name is a plain file name
    names = {PurePosixPath(member).name: member for member in members}
    for name, member in names.items():
        index = f"{name.removesuffix('e')}x"
        if name.endswith(".gdbtable") and index not in names:
            raise SchemaError(f"{job.id}: {where} lacks {index}, the index of {name}", job.hint)
        archive.extract(member, folder / name)
    return folder


def _plain(
    path: Path, kind: Kind, where: str, job: _Job, child: Load | None = None
) -> pd.DataFrame:
    """Open a file that is no archive."""
    if kind == "text":
        _no_condition(where, job)

        def beside(member: str) -> pd.DataFrame | None:
            name = PurePosixPath(member).name
            there = path.with_name(name)
            return _texts(there.read_bytes(), name, job) if there.is_file() else None

        table = _texts(path.read_bytes(), where, job, job.source.reader.header_row)
        return finished(table, job.source, child or beside, where=where, hint=job.hint)
    if kind == "parquet":
        _no_condition(where, job)
        frame = vectors.read_parquet(path, where=f"{job.id}: {where}", hint=job.hint)
        frame = vectors.known_place(frame, job.source, where=where, hint=job.hint)
        return _counted(frame, where, job)
    if kind == "shp":
        return _shapefile(parts_beside(path), where, job)
    return _vector(_alone(path, kind, where, job), where, job)


def _no_condition(where: str, job: _Job) -> None:
    if job.source.reader.where:
        raise SchemaError(
            f"{job.id}: {where} is a table, and reader.where is only for layers that GDAL opens",
            "leave reader.where out, or give the table as a GeoPackage",
        )


def _texts(raw: bytes, where: str, job: _Job, header_row: int = 1) -> pd.DataFrame:
    return parse_csv(
        raw,
        job.source.reader.encodings,
        where=f"{job.id}: {where}",
        hint=job.hint,
        header_row=header_row,
    )


def _workbook(path: Path, where: str, job: _Job) -> pd.DataFrame:
    label, reader = f"{job.id}: {where}", job.source.reader
    _no_condition(where, job)
    content = check_workbook(path, what=job.id, hint=job.hint)
    table = read_sheet(
        content, reader.sheet, header_row=reader.header_row, where=label, hint=job.hint
    )

    def child(sheet: str) -> pd.DataFrame:
        return read_sheet(content, sheet, header_row=1, where=label, hint=job.hint)

    return finished(table, job.source, child, where=where, hint=job.hint)


def _vector(path: Path, where: str, job: _Job) -> pd.DataFrame:
    """Open a layer, and other layers of the same file as its child tables."""

    def child(layer: str) -> pd.DataFrame | None:
        if path.suffix not in (".gpkg", ".gdb"):
            return None
        reader = job.source.reader.model_copy(update={"layer": layer, "where": ""})
        other = job.source.model_copy(update={"reader": reader})
        return vectors.read_vector(path, other, where=where, hint=job.hint)

    frame = vectors.read_vector(path, job.source, where=where, hint=job.hint)
    return _counted(frame, where, job, child)


def _counted(
    frame: pd.DataFrame, where: str, job: _Job, child: Load = lambda _: None
) -> pd.DataFrame:
    return finished(numbered(frame), job.source, child, where=where, hint=job.hint)


def _alone(path: Path, kind: Kind, where: str, job: _Job) -> Path:
    """Give a file under a name that tells GDAL its kind, with nothing beside it."""
    suffix = _SUFFIX.get(kind) or _markup_suffix(path, where, job)
    target = job.place(suffix)
    if kind == "sqlite":  # SQLite may write beside a database even to read it
        shutil.copyfile(path, target)
        return target
    try:
        target.symlink_to(path.resolve())
    except OSError:  # not every system lets everybody make links
        shutil.copyfile(path, target)
    return target


def _markup_suffix(path: Path, where: str, job: _Job) -> str:
    label = f"{job.id}: {where}"
    root = check_markup(path, where=label, hint=job.hint)
    if root == "kml":
        return ".kml"
    if root in _GML_ROOTS:
        return ".gml"
    if root == "html":
        raise SchemaError(f"{label} is a web page, not the file", job.hint)
    said = told_report(ElementTree.parse(path).getroot())
    if said:
        raise SchemaError(f"{label} is an error of the service: {said}", job.hint)
    raise SchemaError(f"{label} is XML of a kind that geo_ree does not read (<{root}>)", job.hint)


def _pages(archive: Archive, members: tuple[str, ...], job: _Job) -> pd.DataFrame:
    frames = []
    for member in members:
        where = f"{archive.name}/{member}"
        page = job.place(".page")
        archive.extract(member, page)
        kind = kind_of(page, where=f"{job.id}: {where}", hint=job.hint)
        if kind not in ("json", "xml"):
            raise SchemaError(f"{job.id}: {where} is no page of a service ({kind})", job.hint)
        path = _alone(page, kind, where, job)
        frames.append(vectors.read_vector(path, job.source, where=where, hint=job.hint))
    filled = [f for f in frames if len(f)]
    whole = vectors.stacked(filled) if filled else pd.DataFrame()
    return _counted(whole, archive.name, job)


def _shapefile(bring: Part, where: str, job: _Job) -> pd.DataFrame:
    path, encoding = gather(bring, job.place("").parent, job.source, where=where, hint=job.hint)
    frame = vectors.read_shapefile(path, job.source, encoding, where=where, hint=job.hint)
    frame = frame.rename(columns=whole_names(frame.columns, _names(job.source)))
    return _counted(frame, where, job)


def _names(source: Source) -> list[str]:
    """Names of columns that a file of the source may have."""
    layer = LAYERS.get(source.layer)
    canonical = layer.column_names() if layer and not source.columns else ()
    return [*wanted_columns(source), *canonical]
