"""A provided file may consist of several: a shapefile, a file geodatabase."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_ree.errors import SettingsError
from geo_ree.fetching import fetch_snapshot, read

MONDAY, TUESDAY = date(2026, 2, 2), date(2026, 2, 3)


@pytest.fixture
def layer() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["Made-up Ridge", "Ödland"], "commoditie": ["Ce", "Nb"]},
        geometry=[shapely.Point(70, 45), shapely.Point(71, 46)],
        crs=4326,
    )


@pytest.fixture
def shape(layer, tmp_path) -> Path:
    (tmp_path / "given").mkdir()
    path = tmp_path / "given" / "x.shp"
    layer.to_file(path)
    for other in ("y.shp", "x.shp.xml", "x.txt"):
        path.with_name(other).write_text("of no interest")
    return path


@pytest.fixture
def entry(catalog):
    return catalog["uzbekistan_geology"]


def test_a_shapefile_comes_with_its_other_parts(entry, shape, settings):
    snapshot = fetch_snapshot(entry, settings, provided=shape)
    with zipfile.ZipFile(snapshot.payload) as archive:
        assert archive.namelist() == ["x.cpg", "x.dbf", "x.prj", "x.shp", "x.shx"]
    assert snapshot.payload.name == "x.zip"
    assert snapshot.provenance.query == "file x.shp"
    table = read(entry, snapshot.payload)
    assert table["name"].tolist() == ["Made-up Ridge", "Ödland"]
    assert table["commodities"].tolist() == ["Ce", "Nb"]  # a shapefile cuts names after ten letters


def test_a_file_geodatabase_comes_whole(entry, layer, tmp_path, settings):
    folder = tmp_path / "x.gdb"
    layer.rename(columns={"commoditie": "commodities"}).to_file(folder, driver="OpenFileGDB")
    (folder / "x.lock").touch()
    snapshot = fetch_snapshot(entry, settings, provided=folder)
    with zipfile.ZipFile(snapshot.payload) as archive:
        names = archive.namelist()
    assert names == sorted(f"x.gdb/{p.name}" for p in folder.iterdir() if p.suffix != ".lock")
    assert read(entry, snapshot.payload)["commodities"].tolist() == ["Ce", "Nb"]


def test_the_same_files_are_the_same_payload(entry, shape, settings, tmp_path):
    first = fetch_snapshot(entry, settings, provided=shape, today=MONDAY)
    shutil.copytree(shape.parent, tmp_path / "again")  # later, elsewhere
    again = tmp_path / "again" / "x.shp"
    again.touch()
    assert fetch_snapshot(entry, settings, provided=again, today=TUESDAY) == first


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_that_lacks_a_part_is_refused(entry, shape, settings, suffix):
    shape.with_suffix(suffix).unlink()
    with pytest.raises(SettingsError) as caught:
        fetch_snapshot(entry, settings, provided=shape)
    assert str(caught.value) == (
        f"uzbekistan_geology: {shape} lacks x{suffix} beside it; "
        "put all parts of the shapefile into one folder"
    )
    assert not settings.data_root.exists()


def test_the_parts_are_weighed_together(entry, shape, settings):
    size = shape.stat().st_size
    with pytest.raises(SettingsError, match=f"at most {size} are accepted"):
        fetch_snapshot(entry, replace(settings, max_download_bytes=size), provided=shape)
