from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.errors import SchemaError
from geo_ree.fetching import read


def source(member: str, **columns: str) -> Source:
    return Source(
        id="starter_towns",
        label="test",
        title="Towns of a test",
        publisher="Nobody",
        country="Nowhere",
        layer="settlements",
        protocol="starter",
        licence="CC0",
        attribution="Nobody",
        edition="2026",
        reader={"member": member},
        columns=columns or {"name": "name"},
    )


def refusal(member: Path, **columns: str) -> str:
    with pytest.raises(SchemaError) as caught:
        read(source(member.name, **columns), member)
    assert caught.value.hint.startswith("reinstall geo_ree")
    assert "\n" not in str(caught.value)
    return caught.value.what


def test_csv_is_read_as_texts_with_the_rows_of_a_spreadsheet(tmp_path):
    path = tmp_path / "towns.csv"
    path.write_text("name,population\nОш,0100\n\nNA,\n", encoding="utf-8")
    frame = read(source("towns.csv"), path)
    assert frame["name"].to_dict() == {2: "Ош", 4: "NA"}
    assert frame["population"].tolist() == ["0100", ""]


def test_geoparquet_keeps_its_geometry_and_types(tmp_path):
    path = tmp_path / "towns.parquet"
    gpd.GeoDataFrame(
        {"name": ["Osh", "Uzgen"], "population": [1, 2]},
        geometry=shapely.points([72.8, 73.3], [40.5, 40.8]),
        crs=4326,
    ).to_parquet(path)
    frame = read(source("towns.parquet"), path)
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.crs.to_epsg() == 4326
    assert frame.index.tolist() == [1, 2]
    assert frame.index.name == "row"
    assert frame["population"].tolist() == [1, 2]


def test_geojson_keeps_its_geometry(tmp_path):
    path = tmp_path / "towns.geojson"
    rows = gpd.GeoDataFrame({"name": ["Osh"]}, geometry=shapely.points([72.8], [40.5]), crs=4326)
    rows.to_file(path, driver="GeoJSON")
    frame = read(source("towns.geojson"), path)
    assert isinstance(frame, gpd.GeoDataFrame) and frame.crs.to_epsg() == 4326
    assert frame["name"].tolist() == ["Osh"] and frame.geometry.x.tolist() == [72.8]


def test_plain_parquet_is_a_plain_table(tmp_path):
    path = tmp_path / "towns.parquet"
    pd.DataFrame({"name": ["Osh"]}).to_parquet(path)
    frame = read(source("towns.parquet"), path)
    assert not isinstance(frame, gpd.GeoDataFrame)
    assert frame["name"].tolist() == ["Osh"]


@pytest.mark.parametrize("name", ["gone.csv", "gone.geojson", "gone.parquet"])
def test_a_missing_file_is_reported(tmp_path, name):
    assert f"starter_towns: {name} cannot be read" in refusal(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"PAR1 cut", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_damaged_parquet_file_is_reported(tmp_path, content):
    path = tmp_path / "towns.parquet"
    path.write_bytes(content)
    assert "starter_towns: towns.parquet is damaged" in refusal(path)


def test_a_truncated_parquet_file_is_reported(tmp_path):
    path = tmp_path / "towns.parquet"
    pd.DataFrame({"name": ["Osh"] * 100}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-200])
    assert "starter_towns: towns.parquet is damaged" in refusal(path)


def test_a_damaged_csv_file_is_reported(tmp_path):
    path = tmp_path / "towns.csv"
    path.write_bytes(b"name,population\nOsh\n")
    assert "starter/towns.csv row 2 has 1 fields, expected 2" in refusal(path)


def test_missing_columns_and_rows_are_reported(tmp_path):
    path = tmp_path / "towns.parquet"
    pd.DataFrame({"Name": ["Osh"]}).to_parquet(path)
    assert "lacks the columns 'name' (closest: 'Name')" in refusal(path)
    pd.DataFrame({"name": []}).to_parquet(path)
    assert "towns.parquet has no rows" in refusal(path)
