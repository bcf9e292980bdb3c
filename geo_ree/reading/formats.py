"""Any file as the table it holds; its format is recognised from its content."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading.archives import Archive, Choice, choose_table
from geo_ree.reading.delimited import NOTED, parse_csv
from geo_ree.reading.documents import (
    DocumentError,
    check_markup,
    link_as_utf8,
    parse_object,
    report_text,
)
from geo_ree.reading.esri_fields import Rule, field_rules
from geo_ree.reading.file_kinds import Kind, detect_kind
from geo_ree.reading.geoparquet import read_parquet
from geo_ree.reading.gml import read_gml
from geo_ree.reading.json_features import read_json_features
from geo_ree.reading.kml_documents import ElementCounter, linked_documents
from geo_ree.reading.kml_texts import drop_tags_in_texts
from geo_ree.reading.shapefile import (
    LOSSLESS,
    CopyPart,
    decode_frame,
    gather_parts,
    parts_beside,
    parts_in_archive,
    restore_names,
)
from geo_ree.reading.tables import (
    LoadTable,
    finish_table,
    number_rows,
    refuse_settings,
    required_columns,
    retry_hint,
)
from geo_ree.reading.trial import try_file
from geo_ree.reading.vectors import ensure_crs, read_vector, stack
from geo_ree.reading.workbook import check_workbook, read_sheet
from geo_ree.schema import LAYERS
from geo_ree.storage import scratch_folder

_GML_ROOTS = ("FeatureCollection", "SimpleFeatureCollection")


def open_file(path: Path, source: Source) -> pd.DataFrame:
    r"""Open a file as the table it holds, with upstream columns and values unchanged.

    The format is recognised from the content: CSV (or with semicolons, tabs or bars), Excel
    workbook, shapefile, GeoPackage, file geodatabase, GeoJSON, Esri JSON, KML, KMZ, GML,
    (Geo)Parquet, or a zip archive of one of them or of the pages of a service. In an archive the
    table is ``reader.member``; if that is blank or absent, the only table there is.

    You may provide the main table alone where the publisher has an archive. Child tables are then
    taken from beside it; if they are absent, their columns are blank and the log says so.

    Parameters
    ----------
    path : pathlib.Path
        The file; the folder of a file geodatabase; a ``.shp`` with its other parts beside it.
    source : Source
        Its catalogue entry.

    Returns
    -------
    pandas.DataFrame
        One row per record. The index, ``row``, is the line of a table whose header is line 1, or
        counts features from 1. Values are texts where the format has no types. A GeoDataFrame if
        the file has geometries.

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
    with scratch_folder() as folder:
        return _Opener(source, folder).open(path)


def open_page(raw: bytes, source: Source, *, where: str) -> pd.DataFrame:
    """Open one page of a service, GML or JSON, as `open_file` does; its rows are not numbered."""
    with scratch_folder() as folder:
        path = folder / "page"
        path.write_bytes(raw)
        return _Opener(source, folder).page(path, where)


class _Opener:
    """Opens the files of one source, in a scratch folder of its own."""

    def __init__(self, source: Source, scratch: Path) -> None:
        self.source = source
        self.scratch = scratch
        self.hint = retry_hint(source)
        self.noted: Counter[str] = Counter()
        self.followed = 0
        self.rules: dict[str, Rule] = {}  # of dates and codes

    def new_path(self, suffix: str) -> Path:
        """Return a path in a fresh folder, so that nothing lies beside it."""
        return Path(tempfile.mkdtemp(dir=self.scratch)) / f"payload{suffix}"

    def label(self, where: str) -> str:
        return f"{self.source.id}: {where}"

    def open(self, path: Path) -> pd.DataFrame:
        if path.is_dir():
            if not any(path.glob("*.gdbtable")):
                raise SchemaError(f"{self.label(path.name)} is a folder, not a file", self.hint)
            return self.vector(path, path.name)
        kind = detect_kind(path, where=self.label(path.name), hint=self.hint)
        if kind != "zip":
            if path.suffix.lower() == ".zip" and kind == "text":
                raise SchemaError(f"{self.label(path.name)} is no whole zip archive", self.hint)
            return self.plain(path, kind, path.name)
        with Archive(path, source_id=self.source.id, hint=self.hint) as archive:
            if "[Content_Types].xml" in archive.names:
                return self.workbook(path, path.name)
            return self.member(archive, choose_table(archive, self.source))

    def member(self, archive: Archive, choice: Choice) -> pd.DataFrame:
        where = f"{archive.name}/{choice.member}".removesuffix("/.")
        if choice.kind in ("pages", "kml"):
            members = choice.members or linked_documents(archive, choice.member, self.noted)
            self.followed = len(members) - 1
            return self.pages(archive, members)
        if choice.kind == "gdb":
            return self.vector(self.extract_geodatabase(archive, choice.members, where), where)
        if choice.kind == "shp":
            return self.shapefile(parts_in_archive(archive, choice.member, self.source), where)
        target = self.new_path(PurePosixPath(choice.member).suffix)
        archive.extract(choice.member, target)
        kind = detect_kind(target, where=self.label(where), hint=self.hint)
        if kind == "shp":
            return self.shapefile(parts_in_archive(archive, choice.member, self.source), where)
        if kind == "zip":
            with Archive(target, source_id=self.source.id, hint=self.hint) as inner:
                if "[Content_Types].xml" not in inner.names:
                    raise SchemaError(
                        f"{self.label(where)} is an archive inside an archive",
                        "unpack the outer one",
                    )
            return self.workbook(target, where)

        def child(member: str) -> pd.DataFrame | None:
            if choice.is_substitute and archive.find(member) is None:
                return None
            return self.texts(archive.read(member), f"{archive.name}/{member}")

        return self.plain(target, kind, where, child)

    def extract_geodatabase(self, archive: Archive, members: tuple[str, ...], where: str) -> Path:
        folder = self.new_path(".gdb")
        folder.mkdir()
        # the last part of a safe name is a plain file name
        names = {PurePosixPath(member).name: member for member in members}
        for name, member in names.items():
            index = f"{name.removesuffix('e')}x"
            if name.endswith(".gdbtable") and index not in names:
                raise SchemaError(
                    f"{self.label(where)} lacks {index}, the index of {name}", self.hint
                )
            archive.extract(member, folder / name)
        return folder

    def plain(
        self, path: Path, kind: Kind, where: str, child: LoadTable | None = None
    ) -> pd.DataFrame:
        """Open a file that is no archive."""
        if kind == "text":
            refuse_settings(self.source, where, "a table", "where", "sheet", "layer")

            def beside(member: str) -> pd.DataFrame | None:
                file = path.with_name(PurePosixPath(member).name)
                return self.texts(file.read_bytes(), file.name) if file.is_file() else None

            table = self.texts(path.read_bytes(), where, self.source.reader.header_row)
            return finish_table(table, self.source, child or beside, where=where, hint=self.hint)
        if kind == "shp":
            refuse_settings(self.source, where, "a shapefile", "sheet", "header_row", "layer")
            return self.shapefile(parts_beside(path), where)
        if kind == "sqlite":
            refuse_settings(self.source, where, "a GeoPackage", "sheet", "header_row", "encodings")
            target = self.new_path(".gpkg")
            shutil.copyfile(path, target)  # SQLite may write beside a database even to read it
            return self.vector(target, where)
        if kind == "parquet":
            unused = ("where", "sheet", "header_row", "layer", "encodings")
            refuse_settings(self.source, where, "a table", *unused)
            frame = read_parquet(path, where=self.label(where), hint=self.hint)
            return self.finish(ensure_crs(frame, self.source, where=where, hint=self.hint), where)
        refuse_settings(self.source, where, "a text", "sheet", "header_row", "encodings")
        if kind == "json" and self.source.protocol != "arcgis":  # whose server applies it
            refuse_settings(self.source, where, "a table", "where")
        return self.finish(self.page(path, where, kind), where)

    def texts(self, raw: bytes, where: str, header_row: int = 1) -> pd.DataFrame:
        return parse_csv(
            raw,
            self.source.reader.encodings,
            where=self.label(where),
            hint=self.hint,
            header_row=header_row,
        )

    def workbook(self, path: Path, where: str) -> pd.DataFrame:
        label, reader = self.label(where), self.source.reader
        refuse_settings(self.source, where, "a table", "where", "layer", "encodings")
        content = check_workbook(path, source_id=self.source.id, hint=self.hint)
        checked = self.new_path(".xlsx")
        checked.write_bytes(content)
        try_file(checked, "workbook", where=label)
        table = read_sheet(
            content, reader.sheet, header_row=reader.header_row, where=label, hint=self.hint
        )

        def child(sheet: str) -> pd.DataFrame:
            return read_sheet(content, sheet, header_row=1, where=label, hint=self.hint)

        return finish_table(table, self.source, child, where=where, hint=self.hint)

    def vector(self, path: Path, where: str) -> pd.DataFrame:
        """Open a layer, and other layers of the same file as its child tables."""

        def child(layer: str) -> pd.DataFrame:
            reader = self.source.reader.model_copy(update={"layer": layer, "where": ""})
            other = self.source.model_copy(update={"reader": reader})
            return read_vector(path, other, where=where, hint=self.hint)

        frame = read_vector(path, self.source, where=where, hint=self.hint)
        return self.finish(frame, where, child)

    def page(self, path: Path, where: str, kind: Kind | None = None) -> pd.DataFrame:
        """Open a file in JSON, GML or KML."""
        kind = kind or detect_kind(path, where=self.label(where), hint=self.hint)
        if kind == "json":
            return read_json_features(
                path.read_bytes(), self.source, where=where, hint=self.hint, rules=self.rules
            )
        if kind != "xml":
            raise SchemaError(f"{self.label(where)} is no page of a service ({kind})", self.hint)
        alone = self.new_path(".xml")
        link_as_utf8(path, alone)
        counter = ElementCounter()
        suffix = self.markup_suffix(alone, where, counter)
        alone = alone.rename(alone.with_suffix(suffix))
        if suffix == ".kml":
            drop_tags_in_texts(alone, self.label(where))
        read = read_gml if suffix == ".gml" else read_vector
        frame = read(alone, self.source, where=where, hint=self.hint)
        if suffix == ".kml":
            self.followed = counter.count_links(self.followed, self.noted)
            if not (self.source.reader.where or self.source.reader.layer):
                counter.check_places(frame, where=self.label(where), hint=self.hint)
        return frame

    def markup_suffix(self, path: Path, where: str, counter: ElementCounter) -> str:
        label = self.label(where)
        root = check_markup(path, where=label, hint=self.hint, seen=counter)
        if root == "kml":
            return ".kml"
        if root in _GML_ROOTS:
            return ".gml"
        if root == "html":
            raise SchemaError(f"{label} is a web page, not the file", self.hint)
        message = report_text(ElementTree.parse(path).getroot())
        if message:
            raise SchemaError(f"{label} is an error of the service: {message}", self.hint)
        raise SchemaError(
            f"{label} is XML of a kind that geo_ree does not read (<{root}>)", self.hint
        )

    def pages(self, archive: Archive, members: tuple[str, ...]) -> pd.DataFrame:
        frames = []
        if self.source.protocol == "arcgis" and "layer.json" in archive.names:
            self.rules = self.described(archive)
        for member in members:
            page = self.new_path(".page")
            archive.extract(member, page)
            frames.append(self.page(page, f"{archive.name}/{member}"))
            page.unlink()
        filled = [f for f in frames if len(f)]
        systems = {f.crs.name for f in filled if isinstance(f, gpd.GeoDataFrame) and f.crs}
        if self.source.protocol == "arcgis" and len(systems) > 1:  # one was requested
            raise SchemaError(
                f"{self.label(archive.name)} has pages in different reference systems: "
                f"{', '.join(sorted(systems))}",
                self.hint,
            )
        return self.finish(stack(filled) if filled else pd.DataFrame(), archive.name)

    def described(self, archive: Archive) -> dict[str, Rule]:
        """What the description of the layer says of dates and codes: GeoJSON pages do not."""
        try:
            return field_rules(parse_object(archive.read("layer.json"), numbers_as_texts=True))
        except DocumentError as error:
            raise SchemaError(
                f"{self.label(archive.name)}/layer.json: {error.reason}", self.hint
            ) from error

    def shapefile(self, copy_part: CopyPart, where: str) -> pd.DataFrame:
        parts = gather_parts(
            copy_part, self.new_path("").parent, self.source, where=where, hint=self.hint
        )
        options = {"encoding": LOSSLESS}
        frame = read_vector(parts.path, self.source, where=where, hint=self.hint, options=options)
        frame = decode_frame(frame, parts, self.source.reader.encodings, self.hint)
        frame.attrs[NOTED] = parts.noted
        layer = LAYERS.get(self.source.layer)
        canonical = layer.column_names() if layer and not self.source.columns else ()
        names = restore_names(frame.columns, [*required_columns(self.source), *canonical])
        return self.finish(frame.rename(columns=names), where)

    def finish(
        self, frame: pd.DataFrame, where: str, child: LoadTable = lambda _: None
    ) -> pd.DataFrame:
        noted = self.noted + Counter(frame.attrs.get(NOTED, {}))
        frame = finish_table(number_rows(frame), self.source, child, where=where, hint=self.hint)
        frame.attrs[NOTED] = dict(noted)
        return frame
