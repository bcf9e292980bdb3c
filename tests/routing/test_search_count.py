"""The promise of speed in kind: searches follow from the corridors, not from the deposits."""

from collections import Counter

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.routing import railheads, truck_paths, trunks
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.network import load_network


def deposits(lon, lat, country) -> gpd.GeoDataFrame:
    ids = [f"x:{n}" for n in range(len(lon))]
    return gpd.GeoDataFrame(
        {"id": ids, "country": country, "position_error_m": 100.0},
        geometry=shapely.points(lon, lat),
        crs=4326,
    )


ONE = deposits([75.9], [42.8], "KGZ")
BESIDE = deposits(np.linspace(75.90, 75.95, 40), np.linspace(42.80, 42.84, 40), "KGZ")
SPREAD = deposits(
    [75.9, 77.0, 68.0, 66.5, 69.5, 64.0],
    [42.8, 43.4, 51.0, 40.0, 40.9, 41.5],
    ["KGZ", "KAZ", "KAZ", "UZB", "UZB", "UZB"],
)


@pytest.fixture
def counted(monkeypatch):
    """Counts the searches of a call, by the module that asks; the network is ready before."""
    load_network()
    counts: Counter[str] = Counter()

    def count(module, name, word):
        real = getattr(module, name)

        def search(*args, **named):
            counts[word] += 1
            return real(*args, **named)

        monkeypatch.setattr(module, name, search)

    count(trunks, "search", "railway")
    count(truck_paths, "search", "road")
    count(railheads, "dijkstra", "railheads")

    def run(sites, **asked):
        counts.clear()
        trunks.find_all.cache_clear()
        found = find_corridors(sites, draws=20, **asked)
        return Counter(counts), found

    return run


@pytest.mark.parametrize("avoid", [(), ("CHN", "RUS", "IRN")])
def test_forty_deposits_beside_each_other_need_the_searches_of_one(counted, avoid):
    one, found = counted(ONE, avoid=avoid)
    many, all_found = counted(BESIDE, avoid=avoid)
    assert found["corridor"].ne("none").all()
    assert len(all_found) >= 40
    assert many["railway"] == one["railway"] > 0
    assert many["railheads"] == one["railheads"] == 1, "the roads of all deposits at once"
    assert many["road"] < 40, "a search for each railhead that is used, none for a deposit"


def test_deposits_of_several_countries_share_the_searches_of_a_corridor(counted):
    one, found = counted(ONE, via="middle_north")
    many, _ = counted(SPREAD, via="middle_north")
    assert set(found["corridor"]) == {"middle_north"}
    assert many["railway"] == one["railway"]


def test_more_corridors_need_more_searches_and_more_draws_need_none(counted):
    few, _ = counted(ONE, via="middle_north")
    all_of_them, found = counted(ONE)
    assert few["railway"] < all_of_them["railway"]
    places = 1 + found["corridor"].nunique()
    assert few["railway"] <= places
