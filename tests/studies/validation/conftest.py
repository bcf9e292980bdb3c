"""A made-up country with one railway and two towns, and sites in it."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.proximity import TargetIndex, load_targets
from geo_ree.studies.validation.scopes import Scope

RAIL_LATITUDE = 45.0


@pytest.fixture
def proximity(countries: gpd.GeoDataFrame) -> TargetIndex:
    rail = gpd.GeoDataFrame(
        {
            "name": ["Line"],
            "kind": ["rail"],
            "country": ["KAZ"],
            "source_id": ["x"],
            "lateral_error_km": [0.0],
        },
        geometry=[shapely.LineString([(62, RAIL_LATITUDE), (84, RAIL_LATITUDE)])],
        crs=4326,
    )
    towns = gpd.GeoDataFrame(
        {
            "name": ["West", "South"],
            "kind": ["town"] * 2,
            "country": ["KAZ", "KGZ"],
            "source_id": ["x"] * 2,
            "population": [50_000, 60_000],
        },
        geometry=[shapely.Point(62, 50), shapely.Point(75, 41)],
        crs=4326,
    )
    layers = {"railways": rail, "settlements": towns, "countries": countries}
    return TargetIndex(layers, load_targets())


@pytest.fixture
def make_scope(proximity: TargetIndex) -> Callable[..., Scope]:
    """Makes a scope of sites: labels of `classify_sites` follow from stated and icmm."""

    def make(lon, lat, stated, *, icmm="none", country="KAZ", tables="t") -> Scope:
        n = len(lon)
        frame = gpd.GeoDataFrame(
            {
                "id": [f"t:{i}" for i in range(n)],
                "name": [f"=Site {i}" for i in range(n)],
                "country": country,
                "tables": tables,
                "commodities": "Cu",
                "stated": stated,
                "stated_copper": "unknown",
                "icmm": icmm,
                "mine": None,
                "mine_km": np.nan,
                "other_mine_km": np.nan,
                "other_plant_km": np.nan,
                "precision_class": "arc_minute",
                "why": "made up",
            },
            geometry=shapely.points(lon, lat),
            crs=4326,
        )
        return Scope(name="seven", sites=frame, proximity=proximity, layers=("railways",))

    return make


@pytest.fixture
def by_the_railway(make_scope: Callable[..., Scope]) -> Scope:
    """20 mines within 20 km of the railway, and 40 prospects some 200 km north of it."""
    rng = np.random.default_rng(1)
    lat = np.append(
        RAIL_LATITUDE + 0.15 * rng.random(20), RAIL_LATITUDE + 2.0 + 0.15 * rng.random(40)
    )
    return make_scope(64 + 18 * rng.random(60), lat, ["mine"] * 20 + ["undeveloped"] * 40)
