"""Settings and options take what people type, or say what they expect."""

import logging
from pathlib import Path

import pytest

import geo_ree
from geo_ree import Criterion, Exponential, Options, ScoreModel, Settings
from geo_ree.errors import SettingsError
from geo_ree.pipeline.report import identify_run, plain_options
from geo_ree.settings import GDAL_OPTIONS, restrict_gdal

MODEL = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),), name="mine")


def test_a_text_is_a_path():
    assert Settings(data_root="x").raw_root == Path("x") / "raw"


def test_one_text_is_a_tuple_of_one():
    options = Options(avoid="CHN", only="usgs_ree", without=["a", "b"], gateways="Aktau")
    assert (options.avoid, options.only) == (("CHN",), ("usgs_ree",))
    assert (options.without, options.gateways) == (("a", "b"), ("Aktau",))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"aggregate": "mean"}, "weighted_product"),
        ({"draws": 0}, "draws is 0"),
        ({"concentration": -1.0}, "concentration is -1"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_hint(given, named):
    with pytest.raises(SettingsError, match=named) as error:
        Options(**given)
    assert error.value.hint


def test_a_model_is_a_preset():
    assert geo_ree.load_preset(MODEL) is MODEL
    plain = plain_options(Options(preset=MODEL))
    assert "dist_railway_km" in plain["preset"]
    other = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(60), 1.0),), name="mine")
    ids = {identify_run([], Options(preset=m)) for m in (MODEL, other, "infrastructure")}
    assert len(ids) == 3, "what is scored by is part of the run's id"


def test_a_driver_that_gdal_lacks_is_worth_no_warning(monkeypatch, caplog):
    for name in ("GDAL_SKIP", *GDAL_OPTIONS):
        monkeypatch.setenv(name, "")  # so that what is set here is undone
    restrict_gdal()
    log = logging.getLogger("rasterio._env")
    log.warning("CPLE_AppDefined in Unable to find driver X to unload from GDAL_SKIP environment.")
    log.warning("something else")
    assert caplog.messages == ["something else"]
