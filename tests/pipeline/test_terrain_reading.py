"""Elevation: fetched by boxes, kept side by side, and read by a run without a network."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from geo_ree import storage
from geo_ree.catalog import load_catalog
from geo_ree.fetching import fetch_snapshot, tile_names
from geo_ree.maps.packing import decompressed
from geo_ree.pipeline import result as pipeline
from geo_ree.pipeline.elevation import find_rasters, terrain_columns, tile_reader
from geo_ree.proximity import Target, TargetIndex, measure_terrain
from geo_ree.settings import Options, Settings

SIDE = 1200
RAIL = {"railway": Target(name="railway", layer="railways", label="rail", max_lateral_error_km=25)}
LABEL = "Copernicus DEM GLO-90, 2021"


def height(lon, lat):
    """Made up: a plain at 800 m, and a ridge along 76.35 E that rises 1,200 m above it."""
    return 800 + 1200 * np.exp(-(((lon - 76.35) / 0.06) ** 2)) + 0 * lat


def tile(path, lon, lat):
    """A tile as GLO-90 has it, the centre of its first pixel at its north-western corner."""
    step = 1 / SIDE
    x, y = np.meshgrid(lon + np.arange(SIDE) * step, lat + 1 - np.arange(SIDE) * step)
    with rasterio.open(
        path,
        "w",
        driver="COG",
        width=SIDE,
        height=SIDE,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        compress="deflate",
        overviews="none",
        transform=Affine(step, 0, lon - step / 2, 0, -step, lat + 1 + step / 2),
    ) as out:
        noise = np.random.default_rng(lon).normal(0, 0.2, x.shape)  # so that it takes its bytes
        out.write((height(x, y) + noise).astype(np.float32), 1)
    return path.read_bytes()


@pytest.fixture(scope="module")
def tiles(tmp_path_factory):
    glo = load_catalog()["copernicus_glo90"]
    folder = tmp_path_factory.mktemp("tiles")
    names = tile_names(glo, (75.0, 42.0, 77.0, 43.0))
    return {
        "/" + url.removeprefix("https://"): tile(folder / f"{lon}.tif", lon, lat)
        for (lon, lat), url in names.items()
    }


@pytest.fixture
def publisher(serve, tiles):
    """A server of the tiles that answers range requests; gives its address and its requests."""
    requests: list[tuple[str, int]] = []

    def answer(request):
        body = tiles.get(request.path)
        if body is None:
            requests.append((request.path, 0))
            return 404, b"", {}
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if found is None:
            requests.append((request.path, len(body) if request.command == "GET" else 0))
            return 200, body, {"Accept-Ranges": "bytes"}
        first, last = int(found[1]), min(int(found[2]), len(body) - 1)
        requests.append((request.path, last + 1 - first))
        headers = {"Content-Range": f"bytes {first}-{last}/{len(body)}"}
        return 206, body[first : last + 1], headers

    return serve(answer), requests


@pytest.fixture
def settings(tmp_path, publisher):
    return Settings(data_root=tmp_path / "data", mirror=publisher[0])


def mine(lon, lat=42.6, error=500.0, label="m"):
    return gpd.GeoDataFrame(
        {"country": ["KGZ"], "position_error_m": [error]},
        index=[label],
        geometry=[shapely.Point(lon, lat)],
        crs=4326,
    )


def railway(lon):
    rails = gpd.GeoDataFrame(
        {
            "name": ["Line"],
            "kind": "rail",
            "country": "KGZ",
            "source_id": "x",
            "lateral_error_km": 0.0,
        },
        geometry=[shapely.LineString([(lon, 42), (lon, 43)])],
        crs=4326,
    )
    return TargetIndex({"railways": rails}, RAIL)


@pytest.fixture
def sources():
    catalog = load_catalog()
    starter = ("starter_elevation", "starter_elevation_tien_shan")
    return {i: catalog[i] for i in (*starter, "copernicus_glo90", "gmted2010")}


def test_windows_of_several_boxes_stay_side_by_side(settings, sources):
    glo = sources["copernicus_glo90"]
    boxes = (75.9, 42.4, 76.3, 42.8), (76.3, 42.4, 76.8, 42.8)
    first, second = (fetch_snapshot(glo, settings, box=box) for box in boxes)
    again = fetch_snapshot(glo, settings, box=boxes[0])
    assert first.provenance.part == "75.9,42.4,76.3,42.8" == again.provenance.part
    kept = storage.snapshots_of_parts(settings, glo.id)
    assert [s.provenance.part for s in kept] == [again.provenance.part, second.provenance.part]
    assert not first.folder.exists()  # the newer one of the same box is as good
    raster, *starter = find_rasters(sources, settings)
    assert raster.source.id == "copernicus_glo90"
    assert raster.paths == tuple(s.payload for s in kept)
    assert [s.source.id for s in starter] == ["starter_elevation_tien_shan", "starter_elevation"]


def test_the_line_over_two_windows_is_read_without_a_network(settings, sources, publisher):
    glo = sources["copernicus_glo90"]
    for box in ((75.9, 42.4, 76.3, 42.8), (76.3, 42.4, 76.8, 42.8)):
        fetch_snapshot(glo, settings, box=box)
    requests = len(publisher[1])
    rasters = find_rasters(sources, settings)
    found = terrain_columns(mine(76.1), rasters, railway(76.6)).loc["m"]
    assert found["near_elevation"] == found["near_climb"] == LABEL
    assert found["climb_railway_m"] == pytest.approx(1200, abs=3)
    assert found["pass_railway_m"] == pytest.approx(1200, abs=3)
    assert found["elevation_m"] == pytest.approx(800, abs=2)
    assert found["err_elevation_m"] >= glo.vertical_error_m
    assert found["terrain_cell_m"] == pytest.approx(92.6, abs=0.1)
    assert len(publisher[1]) == requests


def test_what_the_finest_lacks_comes_from_the_next(settings, sources):
    fetch_snapshot(sources["copernicus_glo90"], settings, box=(75.9, 42.4, 76.3, 42.8))
    rasters = find_rasters(sources, settings)
    inside, outside = mine(76.1, label="in"), mine(70.5, label="out")
    both = gpd.GeoDataFrame(pd.concat([inside, outside]))
    found = terrain_columns(both, rasters, railway(76.6))
    assert found["near_elevation"].tolist() == [LABEL, "GEBCO_2023, 1 arc-minute"]
    assert found["slope_deg"].notna().all()
    assert found["slope_cell_m"].tolist() == pytest.approx([92.6, 463.0], rel=0.01)
    assert found["ruggedness_m"].notna().tolist() == [True, False]
    assert found["elevation_m"].notna().all()
    assert found["terrain_cell_m"].tolist() == pytest.approx([92.6, 1851], rel=0.01)
    assert found["climb_railway_m"].isna().all()  # the line leaves what was fetched
    assert found["near_climb"].isna().all()


def test_without_a_raster_there_are_no_columns(settings):
    assert find_rasters({}, settings) == ()
    assert terrain_columns(mine(76.1), (), railway(76.6)).columns.tolist() == []


def test_a_raster_of_ones_own(settings, sources, tmp_path):
    """The entry of the guide; in metres, and finer than all else, so that it comes first."""
    guide = (Path(__file__).parents[2] / "docs" / "terrain.md").read_text(encoding="utf-8")
    catalog = tmp_path / "own.toml"
    catalog.write_text(guide.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    own = load_catalog(catalog)["own_dem"]
    path = tmp_path / "utm.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=400,
        height=400,
        count=1,
        dtype="float32",
        crs="EPSG:32643",
        transform=Affine(30, 0, 584_000, 0, -30, 4_723_000),
    ) as out:
        out.write(np.full((400, 400), 1234.0, np.float32), 1)
    fetch_snapshot(own, settings, provided=path)
    rasters = find_rasters({"own_dem": own, **sources}, settings)
    assert [r.source.id for r in rasters] == [
        "own_dem",
        "starter_elevation_tien_shan",
        "starter_elevation",
    ]
    found = terrain_columns(mine(76.1), rasters, railway(76.6)).loc["m"]
    assert (found["elevation_m"], found["slope_deg"]) == (1234.0, 0.0)
    assert found["err_elevation_m"] == 1.5
    assert found["near_elevation"] == "own survey, 2025"
    assert found["terrain_cell_m"] == pytest.approx(30, abs=0.1)


def test_tiles_are_read_from_their_publisher_by_windows(settings, sources, publisher, tiles):
    """In Python, where the network may be used: across the border of two tiles, and few bytes."""
    read = tile_reader(sources["copernicus_glo90"], settings)
    found = measure_terrain(mine(76.0), read, index=railway(76.12)).loc["m"]
    assert found["elevation_m"] == pytest.approx(800, abs=2)
    assert found["climb_railway_m"] == pytest.approx(float(height(76.12, 42.6)) - 800, abs=5)
    # four windows (the circle and the line on either side of 76 E), of each tile one block of
    # 512 x 512 pixels and its header: never a whole tile
    assert {path for path, size in publisher[1] if size} == set(tiles)
    assert max(size for _, size in publisher[1]) < 0.25 * len(max(tiles.values(), key=len))
    assert sum(size for _, size in publisher[1]) < 4 * 1_150_000
    assert len(publisher[1]) <= 16


def _no_socket(self, address):
    raise AssertionError(f"a run uses no network, and this one connected to {address}")


@pytest.mark.slow
def test_a_run_after_a_fetch_has_the_terrain(settings, monkeypatch, tmp_path):
    fetch_snapshot(load_catalog()["copernicus_glo90"], settings, box=(75.5, 42.3, 76.9, 42.999))
    with monkeypatch.context() as shut:
        shut.setattr(socket.socket, "connect", _no_socket)
        done = pipeline.run(settings, Options(draws=50), out=tmp_path / "out")
    _check_table(pd.read_csv(tmp_path / "out" / "scores.csv").set_index("name"))
    # the raster is named with its licence
    report = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    (entry,) = [i for i in report["inputs"] if i["id"] == "copernicus_glo90"]
    assert entry["attribution"].startswith("Elevation: Copernicus DEM")
    assert entry["came_from"] == "fetched" and len(entry["sha256"]) == 64
    page = (tmp_path / "out" / "map.html").read_text("utf-8")
    (packed,) = re.findall(r'id="geo-ree-data">(.*?)</script>', page)
    data = json.dumps(decompressed(packed), ensure_ascii=False)
    assert "© DLR e.V. 2010-2014" in data
    assert '"climb_railway_m"' in data  # a criterion whose column the page lacks looks unknown
    weights = {c["name"]: c["weight"] for c in done.tables["criteria"].to_dict("records")}
    assert list(weights)[-1] == "climb"
    assert sum(weights.values()) == pytest.approx(1.0, abs=1e-5)


def _check_table(table):
    known = table[table["climb_railway_m"].notna()]
    assert len(known) >= 1
    assert (known["near_climb"] == LABEL).all()
    assert known["near_elevation"].eq(LABEL).all()
    said = ["slope_deg", "err_slope_deg", "ruggedness_m", "err_climb_railway_m"]
    assert known[said].notna().all(axis=None)
    assert (known["pass_railway_m"] + 1 >= known["above_railway_m"]).all()
    assert table["elevation_m"].notna().all()
    columns = table.columns.tolist()
    request = [columns.index(c) for c in ("dist_railway_km", "climb_railway_m", "value_rail")]
    assert request == sorted(request)
    # rounded to what they can mean
    assert (known["climb_railway_m"] % 1 == 0).all()
    assert known["slope_deg"].round(1).equals(known["slope_deg"])
    # the climb counts once it is known, and where it is not, that is said
    assert "value_climb" in columns and "points_climb" in columns
    assert known["value_climb"].between(0, 1).all()
    others = table[table["climb_railway_m"].isna() & table["score"].notna()]
    assert (others["unknown_weight_pct"] > 9.0).all()
    points = table.filter(like="points_").sum(axis=1)
    assert np.allclose(points, table["score"].fillna(0), atol=1e-3)


def test_the_coarse_rasters_of_the_package_make_no_climb_count(starter_run, tmp_path):
    """The presets ask for cells of 100 m or finer: 1 arc-minute gives heights and mean slopes only."""
    result = starter_run.result
    assert "climb" not in [c["name"] for c in result.tables["criteria"].to_dict("records")]
    assert "value_climb" not in result.table
    assert result.table["climb_railway_m"].isna().all()
    assert result.table["elevation_m"].notna().all()
    assert result.table["ruggedness_m"].isna().all()
    fine = result.table["near_elevation"] == "GEBCO_2023, 1 arc-minute"
    assert 0 < fine.sum() < len(fine)
    assert (result.table["slope_deg"].notna() == fine).all()
    assert (result.table.loc[fine, "slope_cell_m"] == 463.0).all()
    rasters = ("starter_elevation", "starter_elevation_tien_shan")
    without = pipeline.run(Settings(data_root=tmp_path), Options(draws=200, without=rasters))
    assert "elevation_m" not in without.table
    flags = result.table.filter(
        regex="^flags_|^first_flag$"
    ).columns  # altitude and slope are flags
    same = [c for c in without.table.columns if c in result.table.columns.difference(flags)]
    pd.testing.assert_frame_equal(
        pd.DataFrame(result.table[same].drop(columns="geometry")),
        pd.DataFrame(without.table[same].drop(columns="geometry")),
    )
