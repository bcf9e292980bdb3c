"""A run by a model of one's own: a changed weight, and a criterion from a raster."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from geo_ree.maps.page_values import scoring_values
from geo_ree.pipeline.report import identify_run
from geo_ree.pipeline.result import run
from geo_ree.pipeline.run_keys import MODEL_CLASSES
from geo_ree.pipeline.sampling import position_sampler
from geo_ree.scoring import Criterion, Linear, load_preset, score
from geo_ree.settings import Options, Settings
from geo_ree.storage import starter_path
from geo_ree.storage.record_files import StoredRecord, write_record


def model_with(path):
    height = Criterion.from_raster(
        path, name="height", value=Linear(5000), weight=0.3, method="bilinear", label="height"
    )
    return load_preset("infrastructure").with_weight("rail", 0.6).with_criterion(height)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    home = tmp_path_factory.mktemp("own")
    settings, out = Settings(data_root=home / "data"), home / "out"
    model = model_with(starter_path("elevation.tif"))
    return run(settings, Options(preset=model, draws=20), out=out, page=False), out


def test_the_published_table_has_the_raster_and_gives_its_scores(done):
    result, out = done
    table = pd.read_csv(out / "scores.csv")
    assert table["raster_height"].between(-200, 6000).all()
    model = result.scores.model
    assert model.name == "infrastructure_changed"
    assert [c.weight for c in model.criteria if c.name in ("rail", "height")] == [0.6, 0.3]
    np.testing.assert_allclose(score(table, model)["score"], table["score"], rtol=0, atol=1e-4)
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))
    raster = report["rasters"]["height"]
    assert (raster["file"], len(raster["sha256"])) == ("elevation.tif", 64)
    assert report["preset"].startswith("infrastructure_changed")


def test_drawn_positions_read_the_raster_again(done):
    result, _ = done
    sample = result.scores.table
    vague = sample[sample["position_error_m"] > 5000]
    assert not vague.empty
    drawn = position_sampler(vague, result.measures.proximity, result.scores.model)(
        np.random.default_rng(1), 30
    )["raster_height"]
    assert drawn.shape == (30, len(vague))
    assert (np.nanstd(drawn, axis=0) > 0).mean() > 0.9


def test_the_page_scores_by_the_raster_too(done):
    result, _ = done
    values = scoring_values(result.table, result.scores.models, result.report)
    assert "raster_height" in values["columns"]
    names = [model["name"] for model in values["models"]]
    assert names[0] == "infrastructure_changed"
    assert "infrastructure" in names


def test_a_result_explains_by_the_raster(done):
    result, _ = done
    name = result.table.loc[result.table["role"] == "candidate", "name"].iloc[0]
    assert "height" in result.explain(name).table.index
    other = result.scores.model.without_criterion("height")
    assert "height" not in result.explain(name, other).table.index


def test_the_model_of_a_stored_run_is_read_again(tmp_path):
    model = model_with(starter_path("elevation.tif"))
    write_record(tmp_path / "run", {}, {"model": model}, MODEL_CLASSES)
    assert StoredRecord(tmp_path / "run", MODEL_CLASSES).read("model") == model


def test_a_run_is_identified_by_what_its_model_scores_by(tmp_path):
    path = tmp_path / "grid.tif"
    path.write_bytes(starter_path("elevation.tif").read_bytes())
    model = model_with(path)
    first = identify_run([], Options(preset=model))
    moved = tmp_path / "moved.tif"
    moved.write_bytes(path.read_bytes())
    assert identify_run([], Options(preset=model_with(moved))) == first
    for other in (
        model.with_weight("rail", 0.5),
        model.with_decay("rail", Linear(90)),
        model.without_criterion("height"),
    ):
        assert identify_run([], Options(preset=other)) != first
    path.write_bytes(path.read_bytes() + b"\0")
    assert identify_run([], Options(preset=model)) != first
