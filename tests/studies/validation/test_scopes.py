"""Which layers and sites make a scope."""

import geopandas as gpd
import pytest
import shapely

from geo_ree.deposits import normalize
from geo_ree.settings import SCORED_COUNTRIES, Options, Settings
from geo_ree.studies.validation.scopes import _in_region, _world_wide, gather_scopes


def _points(*lon):
    return gpd.GeoDataFrame(geometry=[shapely.Point(x, 10) for x in lon], crs=4326)


def test_a_layer_that_does_not_reach_around_the_world_is_left_out_of_it_and_named():
    layers = {"settlements": _points(-170, 10, 170), "railways": _points(44, 121)}
    kept, warnings = _world_wide({**layers, "countries": _points(0)})
    assert list(kept) == ["settlements"]
    assert len(warnings) == 1 and warnings[0].startswith("railways: covers 44 to 121 E only")


def test_sites_of_the_region_take_their_country_from_its_own_borders(countries):
    sites = gpd.GeoDataFrame(
        {"country": ["XXX", "XXX", "CHL"], "country_reported": None, "position_error_m": 0.0},
        geometry=[shapely.Point(70, 48), shapely.Point(72, 41), shapely.Point(-70, -23)],
        crs=4326,
    )
    inside = _in_region(sites, countries)
    assert inside["country"].tolist() == ["KAZ", "KGZ"]


@pytest.mark.slow
def test_with_nothing_fetched_the_starter_data_make_two_scopes_and_say_what_is_missing(tmp_path):
    gathered = gather_scopes(Settings(data_root=tmp_path), Options(), lambda text: None)
    assert list(gathered.scopes) == ["seven", "region"]
    seven, region = gathered.scopes.values()
    assert set(seven.sites["country"]) <= set(SCORED_COUNTRIES)
    assert len(region.sites) >= len(seven.sites) > 200
    assert set(seven.sites["icmm"]) == {"unknown"}
    assert {"railways", "roads", "settlements", "water"} <= set(seven.layers)
    mines, world = gathered.warnings
    assert "geo-ree fetch icmm_mines --file" in mines
    assert "geo-ree fetch natural_earth_countries" in world


def test_the_whole_world_is_kept_only_when_it_is_asked_for(countries):
    import pandas as pd

    from geo_ree.catalog import load_catalog

    entry = load_catalog()["usgs_major_deposits"].model_copy(
        update={
            "columns": {n: n for n in ("native_id", "name", "latitude", "longitude")},
            "constants": {"kind": "deposit", "role": "context", "commodity_group": "nonferrous"},
            "values": {},
            "commodities": load_catalog()["usgs_porcu"].commodities,
        }
    )
    raw = pd.DataFrame(
        {
            "native_id": ["1", "2", "3"],
            "name": ["In", "Abroad", "Overseas"],
            "latitude": ["48.1", "30.1", "-23.1"],
            "longitude": ["70.1", "45.1", "-70.1"],
        }
    )
    usual = normalize(raw, entry, countries)
    assert usual.frame["name"].tolist() == ["In"]
    assert sum(usual.skipped.values()) == 2
    whole = normalize(raw, entry, countries, keep_outside=True)
    assert whole.frame["name"].tolist() == ["In", "Abroad", "Overseas"]
    assert not whole.skipped
