"""A run for commercial use leaves out what is not clearly free for it, and says so."""

from __future__ import annotations

import pytest

from geo_ree.catalog import load_catalog
from geo_ree.errors import SettingsError
from geo_ree.pipeline import commercial, layers
from geo_ree.pipeline.commercial import describe_left_out, left_out, warn_left_out
from geo_ree.pipeline.layers import read_layers
from geo_ree.pipeline.report import identify_run
from geo_ree.pipeline.run_keys import run_keys
from geo_ree.settings import Options, Settings

CATALOG = load_catalog()
COMMERCIAL = Options(commercial=True)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_root=tmp_path)


@pytest.fixture
def barred(monkeypatch):
    """The catalogue with the tailings of the starter as a source that nobody may sell."""
    changed = {"commercial_use": "no", "licence": "CC BY-NC 4.0"}
    known = {**CATALOG, "starter_tailings": CATALOG["starter_tailings"].model_copy(update=changed)}
    monkeypatch.setattr(layers, "load_catalog", lambda path: known)
    return known


def test_the_starter_is_free_for_commercial_use(settings):
    assert left_out(CATALOG, settings, COMMERCIAL) == ()


def test_a_source_that_is_fetched_and_only_to_be_asked_for_is_left_out(settings, monkeypatch):
    monkeypatch.setattr(commercial.storage, "latest_snapshot", lambda settings, source_id: object())
    left = left_out(CATALOG, settings, COMMERCIAL)
    assert [s.id for s in left] == [s.id for s in CATALOG.values() if s.commercial_use != "yes"]
    assert left_out(CATALOG, settings, Options()) == ()
    asked = Options(commercial=True, without=("wdpa",))
    assert "wdpa" not in [s.id for s in left_out(CATALOG, settings, asked)]


def test_a_run_reads_no_source_that_is_left_out(barred, settings):
    told = []
    chosen = {"only_layers": ("tailings", "earthquakes"), "tell": told.append}
    free = read_layers(settings, COMMERCIAL, **chosen)
    assert "tailings" not in free.frames and "earthquakes" in free.frames
    assert "starter_tailings" not in free.sources
    assert "  left out for commercial use: starter_tailings (CC BY-NC 4.0)" in told
    assert "tailings" in read_layers(settings, Options(), **chosen).frames


def test_the_report_says_what_was_left_out(barred, settings):
    left = left_out(barred, settings, COMMERCIAL)
    assert warn_left_out((), Options()) == []
    nothing = warn_left_out((), COMMERCIAL)
    assert nothing == [
        "left out for commercial use: nothing, the licences of all sources of this run allow it"
    ]
    assert warn_left_out(left, COMMERCIAL) == [
        "left out for commercial use: starter_tailings (CC BY-NC 4.0)"
    ]
    assert describe_left_out(left) == [
        {
            "id": "starter_tailings",
            "label": barred["starter_tailings"].label,
            "licence": "CC BY-NC 4.0",
            "commercial_use": "no",
        }
    ]


def test_a_source_that_may_not_be_used_cannot_be_asked_for(barred, settings):
    asked = Options(commercial=True, only=("starter_deposits", "starter_tailings"))
    with pytest.raises(SettingsError, match="starter_tailings is asked for") as found:
        read_layers(settings, asked)
    assert "run without --commercial" in str(found.value)


def test_the_option_is_part_of_the_run_id_and_of_the_keys(settings):
    assert identify_run([], COMMERCIAL) != identify_run([], Options())
    one, other = run_keys(settings, COMMERCIAL), run_keys(settings, Options())
    assert one.layers != other.layers and one.parts["options"]["commercial"] is True


def test_the_report_of_a_run_has_the_list(starter_run):
    assert starter_run.result.report["left_out"] == []
    assert starter_run.result.report["settings"]["commercial"] is False
