"""Rasters of scores: cell by cell what score() says of the same distances."""

import json
import subprocess
import sys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rio_cogeo.cogeo import cog_validate

from geo_ree.errors import ScoreError
from geo_ree.pipeline import score_rasters
from geo_ree.pipeline.score_rasters import suitability
from geo_ree.proximity import surface
from geo_ree.scoring import Criterion, Exponential, Linear, ScoreModel, Veto, load_preset, score
from geo_ree.storage.geotiff import RasterLayout, write_cog

TRANSFORM = (0.01, 0.0, 70.0, 0.0, -0.01, 50.0)
SHAPE = (600, 700)  # more than one block, and a rest


def _write(path, values, unit="km", transform=TRANSFORM):
    raster = RasterLayout(
        values.shape[1],
        values.shape[0],
        transform,
        (("made up", unit),),
        {"sources": path.stem, "attribution": "nobody"},
    )
    write_cog(path, raster, [(0, 0, values.astype(np.float32)[None])])
    return path


HALF_STEPS = (1 / 64 + 1e-5, 1 / 8 + 1e-5)
"""Most that rounding to 1/32 point and to 1/4 % can change."""


@pytest.fixture
def surfaces(tmp_path):
    rng = np.random.default_rng(3)
    rail, road = rng.exponential(60, SHAPE), rng.exponential(20, SHAPE)
    rail[rng.random(SHAPE) < 0.2] = np.nan
    road[rng.random(SHAPE) < 0.2] = np.nan
    return {
        "dist_railway_km": _write(tmp_path / "rail.tif", rail),
        "dist_road_km": _write(tmp_path / "road.tif", road * 1000, unit="m"),
    }


MODEL = ScoreModel(
    (
        Criterion("rail", "dist_railway_km", Exponential(50), 0.5),
        Criterion("road", "dist_road_km", Linear(80), 0.2, missing=0.1),
        Criterion("grid", "dist_power_line_km", Exponential(20), 0.3),
    ),
    (Veto("dist_road_km", 60.0, "no road within 60 km"), Veto("dist_water_km", 5.0, "no water")),
)


def _table(surfaces, model):
    columns = {}
    for column, path in surfaces.items():
        with rasterio.open(path) as opened:
            scale = {"m": 1e-3, "km": 1.0}[opened.units[0]]
            columns[column] = opened.read(1).astype(float).ravel() * scale
    return pd.DataFrame(columns).reindex(columns=list(model.columns))


@pytest.mark.slow
@pytest.mark.parametrize("aggregate", ["weighted_sum", "weighted_product"])
@pytest.mark.parametrize("given", [2, 1])
def test_every_cell_has_the_score_of_its_distances(surfaces, aggregate, given, tmp_path):
    model = replace(MODEL, aggregate=aggregate)
    chosen = dict(list(surfaces.items())[:given])
    made = suitability(chosen, model, tmp_path / "score.tif")
    expected = score(_table(chosen, model), model)
    with rasterio.open(made.path) as opened:
        values, unknown = (opened.read(i).ravel() for i in (1, 2))
        assert opened.units == ("points", "%") and np.isnan(opened.nodata)
    known = expected["score"].notna().to_numpy()
    assert np.array_equal(np.isfinite(values), known)
    assert np.abs(values - expected["score"])[known].max() <= HALF_STEPS[0]
    assert np.abs(unknown - expected["unknown_weight_pct"]).max() <= HALF_STEPS[1]
    assert (values[known] * 32 % 1 == 0).all()
    if given == 2:
        assert (values[expected["veto"].notna()] == 0.0).all() and expected["veto"].notna().any()
        assert made.left_out == ("dist_power_line_km", "dist_water_km")


def test_nothing_known_is_no_data_and_a_veto_still_strikes(tmp_path):
    model = ScoreModel(
        (Criterion("rail", "dist_railway_km", Exponential(50), 1.0),),
        (Veto("dist_road_km", 60.0, "too far"),),
    )
    rail = _write(tmp_path / "rail.tif", np.array([[np.nan, np.nan, 50.0, 50.0]]))
    road = _write(tmp_path / "road.tif", np.array([[np.nan, 61.0, 60.0, 61.0]]))
    made = suitability({"dist_railway_km": rail, "dist_road_km": road}, model, tmp_path / "s.tif")
    with rasterio.open(made.path) as opened:
        assert np.array_equal(opened.read(1), [[np.nan, 0.0, 50.0, 0.0]], equal_nan=True)
        assert opened.read(2).tolist() == [[100.0, 100.0, 0.0, 0.0]]


def test_the_file_is_a_valid_cog_that_says_how_it_was_made(surfaces, tmp_path, caplog):
    made = suitability(surfaces, MODEL, tmp_path / "out" / "score.tif")
    valid, errors, warnings = cog_validate(made.path, strict=True)
    assert valid and not errors and not warnings
    with rasterio.open(made.path) as opened:
        tags = opened.tags()
    assert tags["model"] == str(MODEL) and tags["sources"] == "rail; road"
    assert tags["attribution"] == "nobody" and "dist_road_km: made up" in tags["surfaces"]
    assert tags["left_out"] == "dist_power_line_km, dist_water_km"
    assert "no surface of dist_power_line_km, dist_water_km" in caplog.text
    assert [p.name for p in made.path.parent.iterdir()] == ["score.tif"]


def test_a_preset_scores_real_surfaces_as_it_scores_a_table(tmp_path):
    model = load_preset("infrastructure")
    box, files = (70, 42, 72, 44), {}
    for i, column in enumerate(model.columns):
        place = gpd.GeoSeries([shapely.Point(70.3 + 0.2 * i, 43.5 - 0.1 * i)], crs=4326)
        files[column] = tmp_path / f"{column}.tif"
        surface(place, "2 km", files[column], box=box)
    made = suitability(files, model, tmp_path / "score.tif")
    expected = score(_table(files, model), model)
    with rasterio.open(made.path) as opened:
        values = opened.read(1).ravel()
    assert made.left_out == () and expected["score"].max() > 50
    assert np.abs(values - expected["score"]).max() <= HALF_STEPS[0]


def test_topsis_is_refused(surfaces, tmp_path):
    with pytest.raises(ScoreError, match="topsis, which compares"):
        suitability(surfaces, replace(MODEL, aggregate="topsis"), tmp_path / "s.tif")
    assert not (tmp_path / "s.tif").exists()


def test_surfaces_that_do_not_fit_are_refused(surfaces, tmp_path):
    out = tmp_path / "s.tif"
    small = np.ones((3, 4))
    here = _write(tmp_path / "a.tif", small)
    moved = _write(tmp_path / "b.tif", small, transform=(0.01, 0.0, 71.0, 0.0, -0.01, 50.0))
    for other, says in (
        (moved, "make all with the same box"),
        (_write(tmp_path / "c.tif", np.ones((4, 4))), "4 x 4 cells"),
        (_write(tmp_path / "d.tif", small, unit="miles"), "'miles'"),
        (_write(tmp_path / "e.tif", -small), "expected 0 or more"),
        (tmp_path / "absent.tif", "cannot be read"),
    ):
        with pytest.raises(ScoreError, match=says):
            suitability({"dist_railway_km": here, "dist_road_km": other}, MODEL, out)
    with pytest.raises(ScoreError, match="no column dist_rail_km"):
        suitability({**surfaces, "dist_rail_km": here}, MODEL, out)
    with pytest.raises(ScoreError, match="a surface of nothing"):
        suitability({}, MODEL, out)
    with pytest.raises(ScoreError, match="give at least one of"):
        suitability({"dist_water_km": here}, MODEL, out)
    assert not out.exists()


def test_breaking_off_leaves_nothing(surfaces, tmp_path, monkeypatch):
    def breaks(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(score_rasters, "score_cells", breaks)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        suitability(surfaces, MODEL, tmp_path / "s.tif")
    assert sorted(p.name for p in tmp_path.iterdir()) == before


ALONE = """
import json, re, sys
from pathlib import Path
import numpy as np
from geo_ree.pipeline.score_rasters import suitability
from geo_ree.scoring import Criterion, Exponential, ScoreModel
from geo_ree.storage.geotiff import RasterLayout, write_cog

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

model = ScoreModel(tuple(Criterion(c, c, Exponential(50), 1.0) for c in "ab"))
def run(width, height):
    raster = RasterLayout(width, height, (0.001, 0, 60, 0, -0.001, 50), (("made up", "km"),))
    rows = 256
    for c in "ab":
        write_cog(Path(sys.argv[1], c), raster, ((i, 0, np.full((1, rows, width), 9.5, np.float32))
                                                 for i in range(0, height, rows)))
    suitability({c: Path(sys.argv[1], c) for c in "ab"}, model, Path(sys.argv[1], "s.tif"))

run(512, 512)
before = peak()
run(8192, 4096)
print(json.dumps([before, peak()]))
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_cells(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", ALONE, tmp_path], check=True, capture_output=True, text=True
    ).stdout
    before, peak = json.loads(told)  # 34 million cells: 537 MB of distances and scores
    assert peak - before < 200
