"""What the draws measure, on the starter's own lines, of which a share is hidden."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.pipeline.layers import read_layers
from geo_ree.pipeline.sampling import (
    measure_omission,
    missing_lines,
    missing_sampler,
    place_sampler,
    position_sampler,
)
from geo_ree.proximity import MissingDistances, NearestFeatures, TargetIndex, load_targets, measure
from geo_ree.proximity.omission import ASSUMED, COLUMNS
from geo_ree.proximity.stretches import line_parts, number_stretches
from geo_ree.scoring import Criterion, Exponential, ScoreModel, load_preset
from geo_ree.settings import SCORED_COUNTRIES, Options, Settings

MODEL = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
HALF_KM = {"railway": 50.0, "road": 15.0}  # of the preset infrastructure


@pytest.fixture(scope="module")
def layers():
    only = ("starter_railways", "starter_roads", "starter_major_deposits")
    return read_layers(Settings(), Options(only=only)).frames


@pytest.fixture(scope="module")
def sites(layers):
    rows = layers["deposits"]
    there = ~(rows.geometry.isna() | rows.geometry.is_empty)
    return rows[there & rows["country"].isin(SCORED_COUNTRIES)]


def hide(rows: gpd.GeoDataFrame, share: float) -> gpd.GeoDataFrame:
    """Lines without a share of their stretches."""
    parts, own = line_parts(rows.geometry.to_numpy())
    stretch = number_stretches(parts)
    hidden = np.random.default_rng(7).random(stretch.max() + 1) < share
    keep = np.ones(len(rows), dtype=bool)
    keep[own[hidden[stretch]]] = False
    return rows[keep]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["railway", "road"])
def test_what_is_drawn_makes_up_for_what_was_hidden(layers, sites, name):
    """As docs/uncertainty.md has it: the mean value of the whole comes back within a tenth."""
    target, share = load_targets()[name], 0.2
    whole = target.choose(layers[target.layer])
    whole = whole[whole["country"].isin(SCORED_COUNTRIES)]
    place = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy(), sites["country"].to_numpy()

    def proximity(rows):
        return TargetIndex({target.layer: rows, "countries": layers["countries"]}, {name: target})

    rest = proximity(hide(whole, share))
    true, known = (p.nearest(name, *place).distance_km for p in (proximity(whole), rest))
    row = {"source_id": "a", "country": "*", "state": "measured", "alpha": 2e5, "beta": 8e5}
    rates = {name: pd.DataFrame([row], columns=list(COLUMNS))}
    lines = missing_lines(rest, rates, layers["countries"], seed=1)
    model = ScoreModel((Criterion(name, f"dist_{name}_km", Exponential(50), 1.0),))
    missing = missing_sampler(sites, lines, model)(np.random.default_rng(1), 300)[f"dist_{name}_km"]
    told, there = np.minimum(known, missing), ~np.isnan(known)
    assert (missing < known)[:, there].mean() == pytest.approx(share, abs=0.05)

    def value(km):
        return float((0.5 ** (km[..., there] / HALF_KM[name])).mean())

    lost = value(true) - value(known)
    assert lost > 0.01
    assert value(told) == pytest.approx(value(true), abs=0.035)
    assert abs(value(told) - value(true)) < lost + 0.02


def test_only_layers_of_lines_have_rates(layers):
    rates = measure_omission(TargetIndex(layers))
    assert set(rates) == {"railway", "road"}
    for table in rates.values():
        assert set(table["state"]) == {"alone", "assumed"}
        alpha, beta = ASSUMED
        assert table.loc[table["state"] == "assumed", "rate"].iloc[0] == alpha / (alpha + beta)
    assert measure_omission(TargetIndex({})) == {}


def rivers(*shapes, source):
    kinds = ["lake" if shapely.area(s) > 0.5 else "river" for s in shapes]
    return gpd.GeoDataFrame(
        {
            "name": None,
            "kind": kinds,
            "country": "KAZ",
            "source_id": source,
            "lateral_error_km": 0.0,
        },
        geometry=list(shapes),
        crs=4326,
    )


def test_rivers_as_areas_and_as_lines_tell_what_the_other_omits():
    """One source has two of four rivers and a lake as areas, the other these and a third as lines."""
    wide = [shapely.box(70, y, 74, y + 0.01) for y in (45.0, 46.0, 47.0)]
    areas = rivers(*wide, shapely.box(70, 49, 74, 50), source="areas")
    lines = rivers(
        *(shapely.LineString([(70, y + 0.005), (74, y + 0.005)]) for y in (45.0, 46.0, 48.0)),
        shapely.LineString([(70, 49.5), (74, 49.5)]),
        source="lines",
    )
    layer = pd.concat([areas, lines], ignore_index=True)
    rates = measure_omission(TargetIndex({"water": layer}))["water"]
    rate = rates[rates["country"] == "KAZ"].set_index("source_id")["rate"]
    # of four lines one has no area beside it; the lake counts as seen, and is no test of the lines
    assert rate["areas"] == pytest.approx(1 / 4, abs=0.02)
    assert rate["lines"] == pytest.approx(1 / 3, abs=0.02)


def test_water_without_a_weight_is_not_drawn(sites):
    table = sites.iloc[:2].assign(dist_water_km=3.0)
    layer = rivers(shapely.LineString([(70, 45), (74, 45)]), source="a")
    index = TargetIndex({"water": layer}, {"water": load_targets()["water"]})
    for preset, drawn in (("infrastructure", set()), ("bulk", {"dist_water_km"})):
        model = load_preset(preset)
        sample = position_sampler(table, index, model)(np.random.default_rng(1), 3)
        assert set(sample) == drawn


def test_a_deposit_of_many_places_is_drawn_at_each_with_its_doubt():
    """Places 10 and 100 km away, the first with a doubt of 2 km, the second near a missing line."""
    found = {
        "dist_road_km": NearestFeatures.unknown(2),
        "dist_water_km": NearestFeatures.unknown(2),
    }
    found["dist_road_km"].distance_km[:] = 10.0, 100.0
    found["dist_road_km"].error_km[0] = 2.0
    found["dist_water_km"].distance_km[1] = 7.0
    near = np.full((1, 2, 16), np.inf)
    near[0, 1] = 30.0
    row = {"source_id": "a", "country": "*", "state": "measured", "alpha": 5e6, "beta": 5e6}
    unseen = MissingDistances(
        {"road": near, "railway": near},
        np.array(["KAZ"], dtype=object),
        {n: pd.DataFrame([row], columns=list(COLUMNS)) for n in ("road", "railway")},
    )
    out = place_sampler(found, unseen)(np.random.default_rng(2), 2000)
    assert set(out) == {"dist_road_km", "dist_water_km"}
    road, water = out["dist_road_km"][:, 0], out["dist_water_km"][:, 0]
    first = np.isnan(water)
    assert first.mean() == pytest.approx(0.5, abs=0.05)
    assert 8.0 <= road[first].min() < 8.2 and 11.8 < road[first].max() <= 12.0
    assert set(np.unique(road[~first])) <= {30.0, 100.0}
    assert (road[~first] == 30.0).mean() > 0.9
    assert (water[~first] == 7.0).all()


def _chord_and_surer_line(countries, *courses):
    """A chord 17 km north of a deposit, its course known to 30 km, and others: km north, error."""
    rows = gpd.GeoDataFrame(
        {
            "name": ["Chord", *(f"Line {km}" for km, _ in courses)],
            "kind": "rail",
            "country": "KAZ",
            "source_id": "osm",
            "lateral_error_km": [30.0, *(error for _, error in courses)],
        },
        geometry=[
            shapely.LineString([(x, 48.0 + km / 111.2) for x in np.linspace(68, 70, 200)])
            for km in (17.0, *(km for km, _ in courses))
        ],
        crs=4326,
    )
    target = load_targets()["railway"]
    return TargetIndex({"railways": rows, "countries": countries}, {"railway": target})


@pytest.fixture(scope="module")
def place():
    return gpd.GeoDataFrame(
        {
            "country": ["KAZ"],
            "position_error_m": [0.0],
            "precision_class": ["arc_second"],
        },
        geometry=[shapely.Point(69.0, 48.0)],
        index=["x"],
        crs=4326,
    )


def test_a_surer_line_hides_no_nearer_one_of_unknown_course(layers, place):
    """It is measured to, as before, but the output names the other and the draws keep it."""
    alone = _chord_and_surer_line(layers["countries"])
    both = _chord_and_surer_line(layers["countries"], (25.0, 2.0))
    near, far = (measure(place, {}, index=i).loc["x"] for i in (alone, both))
    assert near["near_railway"].startswith("Chord (KAZ), course unknown")
    assert np.isnan(near["unsure_railway_km"]) and near["near_unsure_railway"] is None
    assert far["near_railway"].startswith("Line 25.0 (KAZ)")
    assert far["dist_railway_km"] == pytest.approx(25.0, abs=0.1)
    assert far["near_unsure_railway"].startswith("Chord (KAZ), course unknown")
    assert far["unsure_railway_km"] == pytest.approx(17.0, abs=0.1)
    assert far["err_unsure_railway_km"] == 30.0
    drawn = {}
    for name, index in (("alone", alone), ("both", both)):
        table = place.join(measure(place, {}, index=index)[["dist_railway_km"]])
        rng = np.random.default_rng(5)
        drawn[name] = position_sampler(table, index, MODEL)(rng, 4000)["dist_railway_km"]
    assert drawn["both"].max() <= 27.1, "the surer line is never farther than its own error"
    assert drawn["both"].min() < 1.0, "the interval reaches as near as the other line may be"
    assert np.quantile(drawn["both"], 0.95) > 24.0
    assert (drawn["both"] < 20.0).mean() == pytest.approx((drawn["alone"] < 20.0).mean(), abs=0.03)


def test_a_line_that_cannot_be_nearer_is_not_kept(layers, place):
    """115 km from the chord and 51 km from the other line, or 112: 85 km at the chord's nearest."""
    moved = place.set_geometry([shapely.Point(69.0, 48.0 - 98.0 / 111.2)])
    kept = {}
    for north in (-47.0, 14.0):
        index = _chord_and_surer_line(layers["countries"], (north, 0.0))
        row = measure(moved, {}, index=index).loc["x"]
        assert row["dist_railway_km"] == pytest.approx(98.0 + north, abs=0.3)
        kept[north] = row["unsure_railway_km"]
    assert np.isnan(kept[-47.0])
    assert kept[14.0] == pytest.approx(115.0, abs=0.3)


def test_distances_to_layers_with_gaps_are_upper_limits_in_the_table(starter_run):
    table = starter_run.result.table
    limits = table["upper_limits"].str.split(";")
    assert all("gateway" not in names and "settlement" not in names for names in limits)
    for name in ("railway", "road", "power_plant", "water"):
        known = table[f"dist_{name}_km"].notna()
        assert [name in names for names in limits] == known.tolist(), name
    assert "at most" in table["sentence"].dropna().iloc[0]


@pytest.mark.parametrize("error_m", [0.0, 30.0, 499.0])
def test_a_surveyed_position_is_drawn_within_its_small_error(layers, place, error_m):
    line = gpd.GeoDataFrame(
        {"name": "Line", "kind": "rail", "country": ["KAZ"], "source_id": "osm"},
        geometry=[shapely.LineString([(68.0, 48.05), (70.0, 48.05)])],
        crs=4326,
    ).assign(lateral_error_km=0.0)
    targets = {"railway": load_targets()["railway"]}
    index = TargetIndex({"railways": line, "countries": layers["countries"]}, targets)
    survey = place.assign(position_error_m=error_m, precision_class="surveyed")
    measured = measure(survey, {}, index=index)
    assert measured["err_railway_km"].iloc[0] == pytest.approx(error_m / 1000.0)
    table = survey.join(measured[["dist_railway_km"]])
    drawn = position_sampler(table, index, MODEL)(np.random.default_rng(5), 500)["dist_railway_km"]
    off = np.abs(drawn - table["dist_railway_km"].to_numpy())
    assert off.max() == pytest.approx(error_m / 1000.0, rel=0.1, abs=1e-6)
