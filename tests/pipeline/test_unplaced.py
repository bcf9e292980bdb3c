"""Where deposits without a coordinate may be, on made-up ones."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.crs import distance_m
from geo_ree.deposits.field_areas import add_field_areas
from geo_ree.errors import ScoreError
from geo_ree.pipeline.unplaced import (
    PLACES,
    RANGE_COLUMNS,
    geodesic_km2,
    possible_areas,
    random_places,
    score_unplaced,
)
from geo_ree.proximity import MissingLines, NearestIndex, TargetIndex, load_targets
from geo_ree.scoring import Criterion, Exponential, ScoreModel, uncertainty

ROAD = ScoreModel((Criterion("road", "dist_road_km", Exponential(50), 1.0, label="road"),))
RING = shapely.Point(72, 43).buffer(0.5)  # half of it beyond the border of the two countries


@pytest.fixture
def deposits():
    rows = {
        "starter:ring": ("candidate", "KAZ", None),
        "starter:parts": ("candidate", "KAZ", None),
        "starter:words": ("by_product_host", "KGZ", None),
        "starter:nowhere": ("candidate", None, None),
        "starter:placed": ("candidate", "KAZ", shapely.Point(70, 45)),
        "starter:zone": ("area", "KAZ", None),
    }
    role, country, place = zip(*rows.values(), strict=True)
    return gpd.GeoDataFrame(
        {"id": list(rows), "role": role, "country": country, "admin1": None},
        geometry=list(place),
        crs=4326,
    )


@pytest.fixture
def areas(countries):
    boxes = shapely.box(70, 44, 71, 45), shapely.box(75, 44, 76, 45)
    land = dict(zip(countries["country"], countries.geometry, strict=True))
    rows = [
        ("starter:ring", "feasible", "50 km from Made-up", RING),
        ("starter:parts", "contradicting", "10 km from A", boxes[0]),
        ("starter:parts", "contradicting", "10 km from B", boxes[1]),
        ("starter:words", "admin_area", "Made-up region", None),
        ("starter:words", "country", "KGZ", land["KGZ"]),
        ("starter:placed", "feasible", "5 km from C", boxes[0]),
        ("starter:zone", "country", "KAZ", land["KAZ"]),
        ("starter:nowhere", "not_used", "7 km from D: no source gives it", None),
    ]
    frame = pd.DataFrame(rows, columns=["deposit", "kind", "evidence", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326)


def test_each_has_the_narrowest_area_that_is_known(deposits, areas, countries):
    out = possible_areas(deposits, areas, countries)
    assert list(out.index) == ["starter:ring", "starter:parts", "starter:words"]
    ring = out.loc["starter:ring"]
    assert ring["area_basis"] == (
        "where its published distance holds: 50 km from Made-up, within Kazakhstan"
    )
    assert ring["geometry"].bounds[1] == pytest.approx(43.0)
    assert ring["area_km2"] == pytest.approx(geodesic_km2(RING) / 2, rel=0.02)
    assert "contradict" in out.loc["starter:parts", "area_basis"]
    assert shapely.get_num_geometries(out.loc["starter:parts", "geometry"]) == 2
    basis = out.loc["starter:words", "area_basis"]
    assert basis.startswith("all of Kyrgyzstan: ") and "Made-up region" in basis


def test_an_oblast_that_the_source_names_takes_the_place_of_the_country(deposits, areas, countries):
    named = deposits["id"].isin(["starter:words", "starter:ring"])
    deposits["admin1"] = deposits["admin1"].mask(named, "Chuy;Naryn")
    unit = shapely.box(71, 42, 72, 43)
    outline = [
        unit if kind == "admin_area" else g
        for kind, g in zip(areas["kind"], areas.geometry, strict=True)
    ]
    ring = gpd.GeoDataFrame(
        {"deposit": ["starter:ring"], "kind": "admin_area", "evidence": "Chuy or Naryn"},
        geometry=[shapely.box(71.5, 43, 72, 44)],
        crs=4326,
    )
    out = possible_areas(deposits, pd.concat([areas.set_geometry(outline), ring]), countries)
    words = out.loc["starter:words"]
    assert words["geometry"].equals(unit)
    assert words["area_basis"] == 'all of Chuy or Naryn: the source names "Made-up region"'
    assert words["area_km2"] == pytest.approx(geodesic_km2(unit))
    narrowed = out.loc["starter:ring"]
    assert narrowed["area_basis"].endswith(", within Chuy or Naryn")
    assert narrowed["geometry"].bounds[0] == 71.5


def test_an_ore_field_with_placed_deposits_takes_the_place_of_oblast_and_country(
    deposits, areas, countries
):
    def basis(district, at, unit=None):
        table = deposits.assign(name=deposits["id"], district=district)
        table = pd.concat([table, table.iloc[[4]].assign(id="starter:mine", name="Mine")])
        table = table.set_geometry([*deposits.geometry, shapely.Point(at)])
        table["admin1"] = None if unit is None else "Chuy"
        own = areas.set_geometry(
            [
                unit if k == "admin_area" else g
                for k, g in zip(areas["kind"], areas.geometry, strict=True)
            ]
        )
        named = table["id"].isin(["starter:words", "starter:ring", "starter:mine"])
        table["district"] = table["district"].where(named)
        found = possible_areas(table, add_field_areas(own, table), countries)
        assert found.loc["starter:ring", "area_basis"].startswith("where its published distance")
        return found.loc["starter:words"]

    land = countries.set_index("country").geometry["KGZ"]
    inside = land.representative_point().coords[0]
    near = basis("Made-up", inside)
    assert near["area_basis"] == "40 km around Mine, of the ore field Made-up, within Kyrgyzstan"
    assert near["area_km2"] <= np.pi * 40**2 and land.buffer(1e-9).covers(near["geometry"])
    lon, lat = shapely.get_coordinates(near["geometry"]).T
    edge = distance_m(np.full_like(lon, inside[0]), np.full_like(lat, inside[1]), lon, lat) / 1000
    assert edge.max() == pytest.approx(40.0, abs=0.01)
    west = shapely.box(inside[0] - 9, inside[1] - 9, inside[0], inside[1] + 9)
    half = basis("Made-up", inside, unit=west)
    assert half["area_basis"].endswith("within Chuy")
    assert half["geometry"].bounds[2] <= inside[0] + 1e-9
    assert basis("Made-up", (100, 60))["area_basis"].startswith("all of Kyrgyzstan")
    assert basis(None, inside)["area_basis"].startswith("all of Kyrgyzstan")


def test_an_oblast_that_contradicts_the_distance_does_not_narrow_it(deposits, areas, countries):
    deposits["admin1"] = "Far"
    far = gpd.GeoDataFrame(
        {"deposit": ["starter:ring"], "kind": "admin_area", "evidence": "Far"},
        geometry=[shapely.box(60, 50, 61, 51)],
        crs=4326,
    )
    out = possible_areas(deposits, pd.concat([areas, far]), countries)
    assert out.loc["starter:ring", "area_basis"].endswith(", within Kazakhstan")


def test_an_area_wholly_abroad_is_kept_as_it_is(deposits, areas, countries):
    """Better what the source says than nothing at all."""
    abroad = areas.assign(geometry=[shapely.box(100, 40, 101, 41), *areas.geometry[1:]])
    out = possible_areas(deposits, abroad, countries)
    assert out.loc["starter:ring", "geometry"].bounds[0] == 100.0
    assert "within" not in out.loc["starter:ring", "area_basis"]


def test_places_are_even_over_the_ellipsoid():
    """As many for each square kilometre in the north as in the south, on both parts."""
    parts = shapely.MultiPolygon([shapely.box(60, 30, 61, 31), shapely.box(60, 54, 61, 55)])
    lon, lat = random_places(parts, 20_000, np.random.default_rng(1))
    assert shapely.contains_xy(parts, lon, lat).all()
    south, north = (geodesic_km2(part) for part in parts.geoms)
    assert (lat < 40).mean() == pytest.approx(south / (south + north), abs=0.01)
    again = random_places(parts, 20_000, np.random.default_rng(1))
    assert np.array_equal(again[0], lon) and np.array_equal(again[1], lat)


def test_a_hole_is_no_part_of_an_area():
    outer = [(60, 40), (62, 40), (62, 42), (60, 42)]
    inner = [(60.5, 40.5), (61.5, 40.5), (61.5, 41.5), (60.5, 41.5)]
    whole, hole = shapely.Polygon(outer), shapely.Polygon(inner)
    for ring in (inner, inner[::-1]):
        frame = shapely.Polygon(outer, [ring])
        assert geodesic_km2(frame) == pytest.approx(geodesic_km2(whole) - geodesic_km2(hole))
        lon, lat = random_places(frame, 500, np.random.default_rng(2))
        assert not shapely.contains_xy(hole, lon, lat).any()


@pytest.fixture
def scored(deposits, areas, countries):
    """One straight road along 44.5 N; the one ranked deposit is 140 km from it."""
    road = gpd.GeoDataFrame(
        {
            "name": [None],
            "kind": ["main"],
            "country": ["KAZ"],
            "source_id": ["x"],
            "lateral_error_km": [0.0],
        },
        geometry=[shapely.LineString([(69, 44.5), (77, 44.5)])],
        crs=4326,
    )
    proximity = TargetIndex(
        {"roads": road, "countries": countries}, {"road": load_targets()["road"]}
    )
    ranked = gpd.GeoDataFrame(
        {"id": ["starter:placed"], "role": ["candidate"], "dist_road_km": [140.0]},
        geometry=[shapely.Point(70, 45.4)],
        crs=4326,
    ).set_index("id", drop=False)
    possible = possible_areas(deposits, areas, countries)
    lines = MissingLines({}, {}, countries)

    def rate(keep=True, seed=1):
        return score_unplaced(
            possible,
            deposits.set_index("id")["role"],
            ranked,
            ROAD,
            proximity=proximity,
            lines=lines,
            drawn=uncertainty(ranked, ROAD, None, draws=200, keep_draws=keep),
            compared=pd.Series(True, index=ranked.index),
            seed=seed,
        )

    return rate, road, possible


def test_the_range_is_that_of_the_places_of_the_area(scored):
    rate, road, possible = scored
    out = rate()
    assert tuple(out.columns) == RANGE_COLUMNS
    row = out.loc["starter:parts"]
    corner = gpd.GeoSeries([shapely.Point(70.5, 44.0)], crs=4326)
    farthest = NearestIndex(road.geometry).query(corner)["distance_m"].item() / 1000.0
    assert row["score_best"] == pytest.approx(100.0, abs=1.0)
    assert row["score_worst"] == pytest.approx(100.0 * 0.5 ** (farthest / 50.0), abs=1.0)
    assert row["score_worst"] < row["score_median"] < row["score_best"]
    assert (row["rank_best"], row["rank_worst"], row["p_lead"]) == (1, 1, 1.0), "all are nearer"
    ring = out.loc["starter:ring"]
    assert (ring["rank_best"], ring["rank_worst"]) == (1, 2)
    assert 0 < ring["p_lead"] < 1
    assert ring["area_km2"] == possible.loc["starter:ring", "area_km2"]
    # No road of Kyrgyzstan is known: nothing can be measured, and the area is all there is.
    words = out.loc["starter:words"]
    assert words[["score_best", "rank_best", "p_lead"]].isna().all()
    assert words["area_km2"] > 100_000


def test_the_same_seed_gives_the_same_range(scored):
    rate, _, _ = scored
    pd.testing.assert_frame_equal(rate(), rate())
    assert not rate()["score_median"].equals(rate(seed=2)["score_median"])


def test_draws_that_were_not_kept_are_asked_for(scored):
    with pytest.raises(ScoreError, match=r"the draws were not kept; give uncertainty\(..., keep"):
        scored[0](keep=False)


def test_who_has_no_area_has_no_range(scored):
    unranked = pd.DataFrame({"id": ["starter:nowhere", "starter:parts"]}, index=[7, 3])
    out = unranked.join(scored[0](), on="id")
    assert out.index.tolist() == [7, 3]
    assert out.loc[7, list(RANGE_COLUMNS)].isna().all()
    assert out.loc[3, "p_lead"] == 1.0


def test_a_few_hundred_places_at_least():
    assert PLACES >= 300
