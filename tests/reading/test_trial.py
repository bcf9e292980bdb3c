"""Files that end the program that reads them are read by a child first; each test makes its file."""

import sqlite3
import struct
import subprocess
import sys
import zipfile

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.fetching.protocols import read
from geo_ree.reading import geoparquet, trial
from geo_ree.reading.formats import open_file
from geo_ree.settings import Limits

SPACE = "http://schemas.openxmlformats.org"
OFFICE = f"{SPACE}/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def write_workbook(path, rows, strings=""):
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{SPACE}/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{SPACE}/package/2006/relationships"><Relationship '
        f'Id="a" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SPACE}/spreadsheetml/2006/main" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{SPACE}/package/2006/relationships">'
        f'<Relationship Id="a" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SPACE}/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{SPACE}/spreadsheetml/2006/main" {strings}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


HEADER = "<row r='1'><c r='A1' t='inlineStr'><is><t>name</t></is></c></row>"


@pytest.fixture
def small(monkeypatch):
    """The limits of a child of 2 GB and 20 s."""
    limits = Limits(child_bytes=2_000_000_000, child_s=20, text_bytes=10_000_000)
    monkeypatch.setattr(trial.Limits, "current", lambda: limits)


def test_a_workbook_that_declares_more_texts_than_memory_ends_only_the_child(
    tmp_path, made_up, small
):
    write_workbook(tmp_path / "x.xlsx", HEADER, 'uniqueCount="4000000000">')
    with pytest.raises(SchemaError, match=r"x\.xlsx (ends the program|cannot be read)"):
        open_file(tmp_path / "x.xlsx", made_up())


def test_one_text_in_many_cells_counts_as_often_as_it_is_repeated(tmp_path, made_up, small):
    cells = "".join(f"<row r='{n}'><c t='s'><v>0</v></c></row>" for n in range(2, 2_000))
    write_workbook(tmp_path / "x.xlsx", HEADER + cells, f"><si><t>{'x' * 30_000}</t></si>")
    assert (tmp_path / "x.xlsx").stat().st_size < 20_000
    with pytest.raises(SchemaError, match=r"more than 10000000 characters.*GEO_REE_LIMITS"):
        open_file(tmp_path / "x.xlsx", made_up())


@pytest.mark.parametrize("head", [(1, 7, 1), (1, 4, 1)])
def test_nesting_that_overflows_the_stack_of_geos_ends_only_the_child(
    tmp_path, made_up, small, monkeypatch, head
):
    monkeypatch.setattr(geoparquet, "_refuse_nesting", lambda *_: pytest.fail("it reached GEOS"))
    wkb = struct.pack("<BII", *head) * 500_000 + struct.pack("<BIdd", 1, 1, 70, 45)
    table = pa.table({"name": ["A"], "geometry": pa.array([wkb], type=pa.binary())})
    pq.write_table(table, tmp_path / "x.parquet", compression="zstd")
    with pytest.raises(SchemaError, match=r"x\.parquet ends the program that reads it \(SIG"):
        open_file(tmp_path / "x.parquet", made_up())


def test_a_catalogue_of_layers_without_end_is_given_up(tmp_path, made_up, monkeypatch):
    limits = Limits(child_s=3)
    monkeypatch.setattr(trial.Limits, "current", lambda: limits)
    path = tmp_path / "x.gpkg"
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(70, 45)], crs=4326)
    frame.to_file(path, layer="a", driver="GPKG")
    base = sqlite3.connect(path)
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    base.execute("ALTER TABLE gpkg_contents RENAME TO old")
    base.execute(
        "CREATE VIEW gpkg_contents AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
        "FROM c) SELECT old.* FROM old, c"
    )
    base.commit()
    base.close()
    with pytest.raises(SchemaError, match=r"x\.gpkg is not read within 3 seconds"):
        open_file(path, made_up())


def test_what_the_child_refuses_as_too_large_is_refused_in_one_line(tmp_path, made_up, monkeypatch):
    monkeypatch.setattr(trial.Limits, "current", lambda: Limits(expanded_bytes=1000))
    path = tmp_path / "x.gpkg"
    points = [shapely.Point(70, 45)] * 100
    gpd.GeoDataFrame({"name": ["A"] * 100}, geometry=points, crs=4326).to_file(path)
    with pytest.raises(SchemaError, match="^made_up: x.gpkg expands to more than 1000 bytes; "):
        open_file(path, made_up())


@pytest.mark.parametrize("kind", ["gpkg", "parquet"])
def test_a_file_that_a_fetch_has_read_is_not_tried_again(tmp_path, made_up, monkeypatch, kind):
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(70, 45)], crs=4326)
    path = tmp_path / f"x.{kind}"
    frame.to_parquet(path) if kind == "parquet" else frame.to_file(path)
    started = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: started.append(a) or run(*a, **k))
    assert len(read(made_up(), path)) == 1
    assert len(started) == 1
    assert len(read(made_up(), path, checked=True)) == 1
    assert len(started) == 1


def test_where_python_is_embedded_no_other_program_is_started(tmp_path, made_up, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/usr/bin/qgis")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was started"))
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(70, 45)], crs=4326)
    frame.to_file(tmp_path / "x.gpkg")
    assert len(open_file(tmp_path / "x.gpkg", made_up())) == 1
