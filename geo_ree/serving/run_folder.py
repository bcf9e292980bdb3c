"""The run of a folder as the service publishes it: GeoPackage, rasters and page of an export."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from geo_ree.errors import SettingsError
from geo_ree.serving.raster_list import list_rasters
from geo_ree.serving.served_run import WORLD, Collection, ServedRun, check_schema, describe

_FILE = "geo_ree.gpkg"
_PROVIDER = "geo_ree.serving.run_providers.GeoPackageProvider"
_HIDDEN = frozenset({"layer_styles"})


def open_folder(folder: Path) -> ServedRun:
    """Read what a folder holds: of ``geo-ree run`` with its export, or of an export alone.

    Raises
    ------
    SettingsError
        When it holds no run, no GeoPackage, a damaged one, or a run of another schema.
    """
    path = _find(folder)
    page = next((p for p in _pages(folder, path) if p.is_file()), None)
    with _reading(path) as base:
        about = dict(base.execute("SELECT about, text FROM read_me"))
        check_schema(about, str(path))
        sources = pd.read_sql_query("SELECT * FROM sources", base)
        tables = base.execute(
            "SELECT table_name, column_name, min_x, min_y, max_x, max_y FROM gpkg_contents "
            "LEFT JOIN gpkg_geometry_columns USING (table_name)"
        ).fetchall()
        version = version_of(folder)
        collections = [
            _collection(base, path, version, name, geometry, tuple(box), sources)
            for name, geometry, *box in reversed(tables)
            if name not in _HIDDEN
        ]
    rasters = {p.name: p for p in sorted((path.parent / "rasters").glob("*.tif"))}
    if rasters:
        collections.append(list_rasters(rasters, version, sources))
    return ServedRun(
        about=about,
        collections=tuple(sorted(collections, key=lambda c: not c.provider["geom_field"])),
        rasters=rasters,
        page=page,
        warning=_other_run(folder, about["run id"]) if page else "",
    )


def version_of(folder: Path) -> str:
    """Says which files a folder holds: it changes when an export writes them again."""
    path = _find(folder)
    beside = [p for p in (*_pages(folder, path), folder / "run.json") if p.is_file()]
    files = [path, *sorted((path.parent / "rasters").glob("*.tif")), *beside]
    known = [p.stat() for p in files]
    return "-".join(f"{s.st_ino:x}.{s.st_mtime_ns:x}.{s.st_size:x}" for s in known)


def _pages(folder: Path, export: Path) -> tuple[Path, Path]:
    """Where the map page may be, the first one first."""
    return folder / "map.html", export.parent / "map.html"


def _find(folder: Path) -> Path:
    for path in (folder / _FILE, folder / "export" / _FILE):
        if path.is_file():
            return path
    if (folder / "run.json").is_file():
        raise SettingsError(
            f"{folder} holds a run, but no GeoPackage of it",
            f"geo-ree export --out {folder / 'export'} writes one",
        )
    raise SettingsError(
        f"{folder} holds no run", "geo-ree run and geo-ree export write one into out"
    )


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True)) as base:
            yield base
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise SettingsError(
            f"{path} cannot be read as a GeoPackage of a run ({error})",
            "geo-ree export writes it again",
        ) from error


def _collection(
    base: sqlite3.Connection,
    path: Path,
    version: str,
    name: str,
    geometry: str | None,
    box: tuple[Any, ...],
    sources: pd.DataFrame,
) -> Collection:
    kinds = base.execute("SELECT name, type FROM pragma_table_info(?)", [name]).fetchall()
    columns = [column for column, _ in kinds]
    key = "id" if "id" in columns and _is_key(base, name) else "fid"
    index = f"rtree_{name}_{geometry}"
    indexed = base.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [index]).fetchone()
    about = describe(name, [c for c in columns if c not in ("fid", geometry)], sources)
    return Collection(
        name=name,
        box=WORLD if None in box else box,
        provider={
            "name": _PROVIDER,
            "data": {
                "file": str(path.resolve()),
                "version": version,
                "index": index if indexed else "",
            },
            "schema": "",
            "table": name,
            "fields": tuple((c, "BLOB" if c == geometry else kind) for c, kind in kinds),
            "key": (key,),
            "hidden": ("fid",),
            "id_field": key,
            "geom_field": geometry or "",
        },
        **about,
    )


def _is_key(base: sqlite3.Connection, table: str) -> bool:
    quoted = table.replace('"', '""')
    rows, ids = base.execute(f'SELECT count(*), count(DISTINCT id) FROM "{quoted}"').fetchone()
    return bool(rows == ids)


def _other_run(folder: Path, run_id: str) -> str:
    """A warning where the page is of another run than the GeoPackage."""
    report = folder / "run.json"
    try:
        shown = json.loads(report.read_text(encoding="utf-8")).get("run_id", run_id)
    except (OSError, ValueError):
        return ""
    if shown == run_id:
        return ""
    return (
        f"the page in {folder} is of run {shown}, the GeoPackage of run {run_id}; "
        "geo-ree export writes the newest run"
    )
