"""Files that the user provides of the sources that no program can fetch."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import normalize
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.settings import Settings

CATALOG = load_catalog()
GUIDE = Path(__file__).parents[2] / "docs" / "adding-a-source.md"
TABLE = (
    "native_id,name,latitude,longitude,commodities,kind\n"
    "12,Made-up Hollow,41.5,63.1,REE;Nb,occurrence\n"
    "13,Выдуманный,41.6,63.2,Au,\n"
)
GEOLOGY = [s.id for s in CATALOG.values() if s.id.endswith(("_geology", "_usgs_packages"))]
AREAS = (
    "uzbekistan_gold_plots",
    "kazakhstan_licences",
    "afghanistan_licences",
    "kazakhstan_geoportal",
)


@pytest.fixture(scope="module")
def borders() -> gpd.GeoDataFrame:
    base = CATALOG["starter_countries"]
    return normalize(read(base, storage.starter_path(base.reader.member)), base).frame


def _taken(source: Source, provided: Path, borders: gpd.GeoDataFrame, tmp_path: Path):
    snapshot = fetch_snapshot(source, Settings(data_root=tmp_path / "data"), provided=provided)
    assert snapshot.provenance.origin == "provided"
    assert snapshot.provenance.licence == source.licence
    return normalize(read(source, snapshot.payload), source, borders)


@pytest.mark.parametrize("source_id", GEOLOGY)
def test_a_table_with_canonical_columns_is_taken(source_id, borders, tmp_path):
    path = tmp_path / "provided.csv"
    path.write_text(TABLE, encoding="utf-8")
    frame = _taken(CATALOG[source_id], path, borders, tmp_path).frame.set_index("id")
    one, other = frame.loc[f"{source_id}:12"], frame.loc[f"{source_id}:13"]
    assert (one["role"], one["commodity_tier"], one["kind"]) == (
        "candidate",
        "primary",
        "occurrence",
    )
    assert (other["role"], other["commodity_group"], other["kind"]) == (
        "context",
        "precious",
        "unknown",
    )
    assert other["name_local"] == "Выдуманный"
    assert set(frame["country"]) == {"UZB"}
    assert set(frame["position_error_m"]) == {20_000.0}  # nobody said how fine it is


@pytest.mark.parametrize("source_id", AREAS)
def test_areas_in_geojson_are_taken(source_id, borders, tmp_path):
    path = tmp_path / "provided.geojson"
    plot = {"name": ["Made-up plot"], "code": ["X-1"]}
    gpd.GeoDataFrame(plot, geometry=[shapely.box(63, 41, 63.1, 41.1)], crs=4326).to_file(path)
    row = _taken(CATALOG[source_id], path, borders, tmp_path).frame.iloc[0]
    assert (row["name"], row["country"]) == ("Made-up plot", "UZB")
    assert row["kind"] == CATALOG[source_id].constants.get("kind", "unknown")


@pytest.mark.parametrize(
    "source_id", [f"mongolia_ree_{n}" for n in ("deposits", "points", "occurrences")]
)
def test_a_saved_answer_of_the_mongolian_service_is_taken(source_id, borders, tmp_path):
    path = tmp_path / "query.geojson"
    said = {"Name": ["Made-up Ridge", "null"], "Ore_genesis": ["magmatic", "none"]}
    gpd.GeoDataFrame(said, geometry=gpd.points_from_xy([104, 105], [45, 46]), crs=4326).to_file(
        path
    )
    frame = _taken(CATALOG[source_id], path, borders, tmp_path).frame
    assert set(frame["country"]) == {"MNG"}
    assert frame["name"].dropna().tolist() == ["Made-up Ridge"]
    assert frame["deposit_type"].dropna().tolist() == ["magmatic"]
    assert set(frame["role"]) == {CATALOG[source_id].constants["role"]}


def test_a_page_of_the_mongolian_cadastre_is_taken(borders, tmp_path):
    rows = [
        ["7", "XV-1", "Made-up licence", "Exploration", "Active", "Nobody", "12", "x"],
        ["8", "MV-1", "Another", "Ашиглалт", None, "Nobody", "12", "x"],
    ]
    page = {"total": 1, "page": 1, "records": 2, "rows": [{"id": r[0], "cell": r} for r in rows]}
    path = tmp_path / "page.json"
    path.write_text(json.dumps(page), encoding="utf-8")
    part = _taken(CATALOG["mongolia_licences"], path, borders, tmp_path)
    assert part.frame["kind"].tolist() == ["exploration", "unknown"]
    assert part.frame["country"].tolist() == ["MNG", "MNG"]  # no row has a place
    assert part.unrecognised["kind"] == {"Ашиглалт": 1}


def test_the_provided_file_of_the_guide_is_taken(borders, tmp_path):
    text = GUIDE.read_text(encoding="utf-8")
    toml = re.search(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    provided = re.search(r"^```csv provided\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert toml and provided
    (tmp_path / "my.toml").write_text(toml[1], encoding="utf-8")
    (tmp_path / "my.csv").write_text(provided[1], encoding="utf-8")
    source = load_catalog(tmp_path / "my.toml")["nowhere_archive"]
    frame = _taken(source, tmp_path / "my.csv", borders, tmp_path).frame
    assert frame[["id", "role", "country"]].to_numpy().tolist() == [
        ["nowhere_archive:12", "candidate", "KAZ"]
    ]
