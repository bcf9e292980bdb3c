"""Flags are facts beside the score: each has a severity by a rule, a source, and unknown is unknown."""

import numpy as np
import pandas as pd
import pytest

import geo_ree
from geo_ree.errors import SettingsError
from geo_ree.flagging.flag_rules import SEVERITIES
from geo_ree.flagging.flag_table import COUNTS, flag_counts
from geo_ree.schema.columns import output_columns

SITE = {"id": "x:1", "role": "candidate", "latitude": 43.0, "position_flags": ""}
INPUTS = [
    {"id": "gmted", "layer": "elevation", "label": "GMTED2010", "licence": "public domain"},
    {
        "id": "gebco",
        "layer": "elevation",
        "label": "GEBCO_2023",
        "licence": "free",
        "edition": "2023",
    },
]


def flagged(**columns):
    return geo_ree.flags(pd.DataFrame([{**SITE, **columns}]))


def severity(found, flag):
    return dict(zip(found["flag"], found["severity"], strict=True)).get(flag)


def test_the_columns_are_those_of_the_published_table():
    found = flagged(elevation_m=4000.0)
    assert found.columns.tolist() == [c.name for c in output_columns("flags")]


@pytest.mark.parametrize(
    ("columns", "flag", "expected"),
    [
        ({"elevation_m": 3500.0}, "high_altitude", None),
        ({"elevation_m": 3501.0}, "high_altitude", "caution"),
        ({"slope_deg": 16.0}, "steep_slope", None),
        ({"slope_deg": 20.0}, "steep_slope", "note"),
        ({"slope_deg": 32.0}, "steep_slope", "caution"),
        ({"dist_border_km": 25.0}, "near_border", "note"),
        ({"dist_border_km": 25.1}, "near_border", None),
        ({"dist_settlement_km": 101.0}, "far_from_settlement", "caution"),
        ({"dist_water_km": 51.0}, "no_water_near", "caution"),
        ({"earthquakes_100km": 0}, "earthquakes_recorded", None),
        ({"earthquakes_100km": 2}, "earthquakes_recorded", "note"),
        ({"largest_earthquake_mw": 6.1}, "strong_earthquake", "caution"),
        ({"role": "by_product_host"}, "rare_earths_minor", "caution"),
        ({"commodity_group": "rare_metal"}, "rare_earths_minor", "note"),
        ({"commodity_group": "rare_earth"}, "rare_earths_minor", None),
        ({"stated_quantity_t": np.nan}, "no_tonnage", "caution"),
        ({"stated_quantity_t": 5.0}, "no_tonnage", None),
        ({"minerals": "bastnasite; barite"}, "thorium_uranium", None),
        ({"minerals": "Monazite (Ce)"}, "thorium_uranium", "caution"),
        ({"actinides": "Th"}, "thorium_uranium", "caution"),
        ({"flowsheet_state": "none"}, "no_flowsheet", "caution"),
        ({"flowsheet_state": "pilot"}, "pilot_flowsheet", "note"),
        ({"flowsheet_state": "commercial"}, "no_flowsheet", None),
        ({"position_flags": "sources_disagree;rounded"}, "disputed_position", "caution"),
        ({"position_flags": "sources_disagree;rounded"}, "rounded_position", "note"),
        ({"position_flags": "no_position", "latitude": np.nan}, "no_position", "caution"),
        ({"water_quality": "salt"}, "salt_water", "note"),
        ({"water_note": "surface water within 3 km"}, "water_near", "note"),
    ],
)
def test_each_rule_by_its_limit(columns, flag, expected):
    assert severity(flagged(**columns), flag) == expected


def test_a_layer_that_knows_nothing_is_one_row_of_unknown():
    found = flagged(elevation_m=np.nan, slope_deg=np.nan)
    of_layer = found[found["flag"].isin(("high_altitude", "steep_slope"))]
    assert of_layer["severity"].tolist() == ["unknown"]
    assert "elevation" in of_layer["fact"].iloc[0]


def test_a_layer_that_knows_one_of_its_figures_is_not_unknown():
    assert severity(flagged(elevation_m=500.0, slope_deg=np.nan), "high_altitude") is None


def test_a_deposit_without_a_place_has_one_row_for_all_that_is_measured():
    found = flagged(latitude=np.nan, position_flags="no_position")
    unknown = found[found["severity"] == "unknown"]
    assert unknown["flag"].tolist().count("not_measured") == 1
    assert not {"high_altitude", "no_water_near", "near_border"} & set(unknown["flag"])
    assert severity(found, "no_position") == "caution"


def test_the_worst_comes_first_and_deposits_keep_their_order():
    sites = pd.DataFrame(
        [
            {**SITE, "id": "z:9", "slope_deg": 20.0, "elevation_m": 4000.0},
            {**SITE, "id": "a:1", "elevation_m": 4000.0},
        ]
    )
    found = geo_ree.flags(sites)
    assert found["deposit_id"].drop_duplicates().tolist() == ["z:9", "a:1"]
    for _, rows in found.groupby("deposit_id"):
        order = [SEVERITIES.index(s) for s in rows["severity"]]
        assert order == sorted(order)


def test_the_source_is_the_one_that_the_row_names():
    near = {"elevation_m": 4000.0, "near_elevation": "GEBCO_2023, 1 arc-minute"}
    found = geo_ree.flags(pd.DataFrame([{**SITE, **near}]), inputs=INPUTS)
    row = found.set_index("flag").loc["high_altitude"]
    assert (row["source"], row["licence"], row["date"]) == (
        "GEBCO_2023, 1 arc-minute",
        "free",
        "2023",
    )


def test_without_a_named_source_all_of_the_layer_are_given():
    found = geo_ree.flags(pd.DataFrame([{**SITE, "elevation_m": 4000.0}]), inputs=INPUTS)
    assert found.set_index("flag").loc["high_altitude", "source"] == "GMTED2010; GEBCO_2023"


def test_every_flag_that_is_no_unknown_has_a_source():
    found = flagged(elevation_m=4000.0, slope_deg=33.0, minerals="monazite", dist_border_km=1.0)
    known = found[found["severity"] != "unknown"]
    assert len(known) == 4 and known["source"].str.len().gt(0).all()


def test_the_sentence_holds_the_value_as_a_person_rounds_it():
    found = flagged(elevation_m=3505.56).set_index("flag")
    assert found.loc["high_altitude", "fact"] == "It lies 3,506 m above sea level."
    assert found.loc["high_altitude", "value"] == "3505.56"


def test_counts_and_the_worst_flag():
    found = flagged(elevation_m=4000.0, slope_deg=20.0, dist_border_km=2.0)
    counts = flag_counts(found).loc["x:1"]
    for name in COUNTS:
        assert counts[name] == (found["severity"] == name.removeprefix("flags_")).sum()
    assert counts["first_flag"] == found["flag"].iloc[0] == "high_altitude"


def test_a_deposit_of_which_nothing_is_known_has_no_first_flag():
    found = flagged(stated_quantity_t=5.0)
    assert pd.isna(flag_counts(found).loc["x:1", "first_flag"])


def test_no_deposits_give_a_table_without_rows():
    assert geo_ree.flags(pd.DataFrame({"id": []})).empty
    assert flag_counts(geo_ree.flags(pd.DataFrame({"id": []}))).empty


def test_deposits_without_ids_are_refused():
    with pytest.raises(SettingsError, match="the deposits have no column id"):
        geo_ree.flags(pd.DataFrame({"name": ["A"]}))
