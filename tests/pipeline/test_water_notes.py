"""Water beside a deposit: near from the data, named with its quality, in a sentence, never in the score."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo_ree
from geo_ree.pipeline.layers import read_layers
from geo_ree.pipeline.water_notes import NEAR_KM, water_notes
from geo_ree.proximity import TargetIndex, measure
from geo_ree.schema.vocabularies import WATER_QUALITIES
from geo_ree.scoring import load_preset
from geo_ree.settings import Options, Settings


def lakes(**columns):
    base = {"name": ["Tuz", None], "kind": ["lake", "river"], "country": "KAZ", "source_id": "x"}
    shapes = [shapely.box(70, 48, 70.1, 48.1), shapely.LineString([(72, 48), (72, 49)])]
    return gpd.GeoDataFrame({**base, **columns}, geometry=shapes, crs=4326)


def sites(*lonlat, error_m=500.0):
    return gpd.GeoDataFrame(
        {
            "country": ["KAZ"] * len(lonlat),
            "position_error_m": error_m,
            "precision_class": "arc_second",
        },
        geometry=[shapely.Point(p) for p in lonlat],
        crs=4326,
    )


def noted(water, places):
    index = TargetIndex({"water": water})
    table = pd.concat([places, measure(places, {}, index=index)], axis=1)
    return table.join(water_notes(table, index))


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        ("salt", "salt water"),
        ("fresh", "fresh water"),
        ("mixed", "partly fresh and partly salt water"),
        (None, "quality unknown"),
    ],
)
def test_the_sentence_names_the_quality_that_a_source_states(quality, words):
    got = noted(lakes(quality=[quality, None]), sites((70.12, 48.05))).iloc[0]
    assert got["water_note"] == f"surface water within 2 km, {words}: a supply and a liability"
    assert got["water_quality"] == (quality or "unknown")
    assert got["near_water"] == f"Tuz (KAZ), {words}, x"


def test_far_water_has_a_quality_and_no_sentence_and_unknown_water_neither():
    got = noted(lakes(quality=["salt", None]), sites((70.3, 48.05), (71.99, 48.5)))
    assert got["dist_water_km"].iloc[0] > NEAR_KM
    assert got["water_note"].isna().tolist() == [True, False]
    assert got["water_quality"].tolist() == ["salt", "unknown"]
    nowhere = noted(lakes(quality=None), sites((70.12, 48.05)).assign(country="MNG"))
    assert nowhere[["water_note", "water_quality"]].isna().all(axis=None)


def test_a_position_that_may_be_tens_of_kilometres_off_says_nothing_of_water():
    got = noted(lakes(quality=["salt", None]), sites((70.12, 48.05), error_m=45_000.0)).iloc[0]
    assert (got["water_quality"], got["water_note"]) == ("salt", None)


def test_the_error_stands_in_the_sentence_and_a_layer_without_quality_is_unknown():
    got = noted(lakes(), sites((70.12, 48.05), error_m=2_400.0)).iloc[0]
    assert got["water_note"].startswith("surface water within 2 km (± 2 km), quality unknown")


@pytest.fixture(scope="module")
def run():
    return geo_ree.run(options=Options(draws=20))


def row(run, name):
    table = run.table
    return table[table["id"] == f"starter_deposits:{name}"].iloc[0]


@pytest.mark.parametrize(("name", "within_km"), [("kyzyl-ompol", 12.0), ("kutessay-ii", 40.0)])
def test_the_starter_finds_the_water_that_stands_beside_the_leaders(run, name, within_km):
    got = row(run, name)
    assert got["dist_water_km"] < within_km
    assert "OSM" in got["near_water"]


def test_water_is_measured_and_has_no_weight(run):
    table = run.table
    assert table["dist_water_km"].notna().mean() > 0.95
    assert (table["points_water"].dropna() == 0.0).all()
    near = (table["dist_water_km"] <= NEAR_KM) & (table["err_water_km"] <= NEAR_KM)
    assert near.any() and table["water_note"].notna().equals(near)
    assert set(table["water_quality"].dropna()) <= {*WATER_QUALITIES, "unknown"}
    rates = run.tables["omission"]
    both = rates[(rates["target"] == "water") & (rates["country"] == "*")].set_index("source_id")
    assert (both.loc[["starter_rivers", "starter_water_bodies"], "state"] == "measured").all()


def test_each_row_of_a_mixed_layer_names_its_licence():
    only = ("starter_rivers", "starter_water_bodies", "starter_major_deposits")
    water = read_layers(Settings(), Options(only=only), only_layers=("water",)).frames["water"]
    licence = water.groupby("source_id")["licence"].agg(set)
    assert licence["starter_rivers"] == {"public domain"}
    assert licence["starter_water_bodies"] == {"ODbL 1.0"}


@pytest.mark.parametrize(
    ("preset", "counts"), [("infrastructure", 0), ("remote_small", 0), ("bulk", 1)]
)
def test_a_preset_may_count_water_and_says_why(preset, counts):
    water = next(c for c in load_preset(preset).criteria if c.name == "water")
    assert (water.weight > 0) == bool(counts)
    assert "AUC 0.50" in water.reason and water.measured_to.startswith("surface water")


def test_the_other_weights_keep_their_ratios():
    shares = load_preset("infrastructure").shares
    assert shares[:2] == pytest.approx([0.30 / 0.90, 0.25 / 0.90])
    assert np.isclose(shares.sum(), 1.0)
