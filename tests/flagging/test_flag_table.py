"""Flags are facts beside the score: each has a severity by a rule, a source, and unknown is unknown."""

import numpy as np
import pandas as pd
import pytest

import geo_ree
from geo_ree.errors import SettingsError
from geo_ree.flagging.flag_rules import SEVERITIES, read_rules
from geo_ree.flagging.flag_table import COUNTS, flag_counts, flags
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
        (
            {"protected_area": "Chon-Kemin", "protected_area_category": "IUCN II"},
            "in_protected_area",
            "stop",
        ),
        (
            {"protected_area": "Chon-Kemin", "protected_area_category": "II"},
            "in_protected_area",
            "stop",
        ),
        (
            {"protected_area": "X", "protected_area_category": "IUCN VI"},
            "in_protected_area",
            "caution",
        ),
        ({"protected_area": "X", "dist_protected_area_km": 0.0}, "near_protected_area", None),
        ({"protected_area": "", "dist_protected_area_km": 4.0}, "near_protected_area", "note"),
        ({"protected_area": "", "dist_protected_area_km": 4.0}, "in_protected_area", None),
        ({"dist_active_fault_km": 4.0}, "near_active_fault", "caution"),
        ({"dist_active_fault_km": 14.0}, "near_active_fault", "note"),
        ({"dist_active_fault_km": 16.0}, "near_active_fault", None),
        ({"pga_475_g": 0.3}, "seismic_hazard", "caution"),
        ({"pga_475_g": 0.1}, "seismic_hazard", "note"),
        ({"pga_475_g": 0.05}, "seismic_hazard", None),
        ({"pga_475_g": np.nan}, "seismic_hazard", "unknown"),
        ({"water_stress": "Extremely High (>80%)"}, "water_stress", "caution"),
        ({"water_stress": "High (40-80%)"}, "water_stress", "caution"),
        ({"water_stress": "Arid and Low Water Use"}, "water_stress", "caution"),
        ({"water_stress": "Medium - High (20-40%)"}, "water_stress", "note"),
        ({"water_stress": "Low (<10%)"}, "water_stress", None),
        ({"people_10km": 1500.0}, "people_near", "caution"),
        ({"people_50km": 20.0}, "few_people", "note"),
        ({"dist_mining_area_km": 2.0}, "mined_land", "note"),
        ({"dist_tailings_km": 9.0}, "tailings_near", "caution"),
        ({"dist_tailings_km": np.nan}, "tailings_near", None),
        ({"owner_country": "KAZ;CHN"}, "chinese_control", "caution"),
        ({"owner_country": "KAZ;RUS"}, "russian_control", "caution"),
        ({"owner_country": "KAZ"}, "chinese_control", None),
        ({"holder_status": "not found"}, "holder_not_found", "caution"),
        ({"holder_status": "partly"}, "holder_unclear", "note"),
        ({"holder_status": "found"}, "holder_not_found", None),
        ({"holder_status": None}, "holder_not_found", "unknown"),
        ({"holder_status": None, "role": "context"}, "holder_not_found", None),
        ({"partner_country": "CHN"}, "chinese_partner", "note"),
        (
            {"thorium_uranium": "weakly radioactive (U and Th). As of: 2023."},
            "thorium_uranium",
            "caution",
        ),
        ({"licence_area": "123-EL, A Ltd"}, "licence_area", "note"),
        ({"sources_to_ask": "WDPCA"}, "licence_of_data", "note"),
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


def facts(**changed):
    row = {"deposit_id": "x:1", "flag": "park", "fact": "In a park.", "date": "2024", "source": "A"}
    return pd.DataFrame([{**row, **changed}])


def test_published_facts_keep_their_words_date_and_source():
    found = geo_ree.flags(
        pd.DataFrame([SITE]), facts=facts(source_id="a"), inputs=[{"id": "a", "licence": "X"}]
    )
    row = found.iloc[0]
    assert row[["flag", "severity", "fact", "date", "source", "licence"]].tolist() == [
        *("park", "stop", "In a park.", "2024", "A", "X"),
    ]


def test_two_published_facts_of_one_flag_are_two_rows():
    two = pd.concat([facts(), facts(fact="Its law is new.", date="2023")])
    found = geo_ree.flags(pd.DataFrame([SITE]), facts=two)
    assert found.loc[found["flag"] == "park", "date"].tolist() == ["2023", "2024"]


def test_what_a_source_states_is_not_listed_as_unknown_by_a_layer_of_the_same_subject():
    """A park that a source names, and no layer of protected areas: one answer, and it is known."""
    site = pd.DataFrame([{**SITE, "protected_area": None}])
    without = geo_ree.flags(site)
    stated = geo_ree.flags(site, facts=facts(flag="park"))
    other = geo_ree.flags(site, facts=facts(flag="protest"))
    assert severity(without, "near_protected_area") == "unknown"
    assert severity(stated, "near_protected_area") is None
    assert severity(other, "near_protected_area") == "unknown"
    counts = [flag_counts(table)["flags_unknown"].iloc[0] for table in (without, stated)]
    assert counts[1] == counts[0] - 1


@pytest.mark.parametrize(
    ("changed", "what", "hint"),
    [
        ({"source": ""}, "there is no source", "fill in the column source"),
        ({"source": None}, "there is no source", "fill in the column source"),
        ({"date": ""}, "there is no date", "fill in the column date"),
        ({"flag": "parc"}, "no rule has the flag 'parc'", "did you mean park"),
        ({"flag": "high_altitude"}, "no rule has the flag 'high_altitude'", "add a rule"),
    ],
)
def test_a_fact_without_a_source_or_a_rule_is_refused(changed, what, hint):
    with pytest.raises(SettingsError) as error:
        geo_ree.flags(pd.DataFrame([SITE]), facts=facts(**changed))
    said = str(error.value)
    assert said.startswith("facts row 1 (x:1): ") and what in said and hint in said


def test_facts_without_a_column_are_refused():
    with pytest.raises(SettingsError, match="the facts have no column source"):
        geo_ree.flags(pd.DataFrame([SITE]), facts=facts().drop(columns="source"))


def test_the_holder_has_the_source_and_date_of_its_row():
    row = {**SITE, "owner_country": "CHN", "control_as_of": "2025", "control_source": "a page"}
    found = geo_ree.flags(pd.DataFrame([row])).set_index("flag").loc["chinese_control"]
    assert (found["date"], found["source"]) == ("2025", "a page")


@pytest.mark.parametrize(
    ("status", "holder", "said"),
    [
        ("found", "A Ltd", "A holder or owner is Chinese."),
        ("partly", "A Ltd (70:30 by one account)", "By one account: a holder or owner is Chinese."),
        ("partly", "A Ltd", "As far as is known: a holder or owner is Chinese."),
    ],
)
def test_a_claim_on_the_owner_stays_a_claim_in_the_flag(status, holder, said):
    row = {**SITE, "owner_country": "CHN", "holder_status": status, "holder": holder}
    found = geo_ree.flags(pd.DataFrame([row])).set_index("flag")
    assert found.loc["chinese_control", "fact"] == said


def bordering(km, error, **more):
    row = {"id": "x:1", "latitude": 42.0, "dist_border_km": km, "err_border_km": error}
    found = flags(pd.DataFrame([row | more]))
    return found[found["flag"] == "near_border"].to_dict("records")


@pytest.mark.parametrize(
    ("km", "error", "may"),
    [(10.0, 14.0, False), (10.0, 16.0, True), (30.0, 6.0, True), (25.0, 0.0, False)],
)
def test_a_limit_within_the_error_makes_a_flag_that_may_hold(km, error, may):
    (row,) = bordering(km, error)
    assert row["severity"] == "note"  # the softest stays
    assert ("it may hold or not" in row["fact"]) == may
    assert pd.isna(row["limit"]) != may and pd.isna(row["error"]) != may


def test_beyond_the_error_there_is_no_flag_and_without_an_error_the_value_counts():
    assert bordering(30.0, 4.0) == []
    assert bordering(30.0, np.nan) == []
    (row,) = bordering(20.0, np.nan)
    assert pd.isna(row["error"])


@pytest.mark.parametrize(
    ("error", "severity"), [(0.5, "caution"), (3.0, "note"), (np.nan, "caution")]
)
def test_a_flag_that_may_hold_is_one_step_softer(error, severity):
    table = pd.DataFrame(
        {"id": ["x:1"], "latitude": [42.0], "dist_tailings_km": [8.0], "err_tailings_km": [error]}
    )
    (row,) = flags(table).query("flag == 'tailings_near'").to_dict("records")
    assert row["severity"] == severity
    assert (row["limit"] == "10") == (severity == "note")


@pytest.mark.parametrize(
    ("error_m", "severity"), [(300.0, "stop"), (1000.0, "caution"), (np.nan, "stop")]
)
def test_a_rough_position_in_a_protected_area_may_lie_outside(error_m, severity):
    table = pd.DataFrame(
        {
            "id": ["x:1"],
            "latitude": [42.0],
            "protected_area": ["Chon-Kemin"],
            "protected_area_category": ["II"],
            "position_error_m": [error_m],
        }
    )
    (row,) = flags(table).query("flag == 'in_protected_area'").to_dict("records")
    assert row["severity"] == severity
    assert ("it may lie outside" in row["fact"]) == (severity == "caution")


def test_every_rule_about_a_distance_or_a_border_has_its_error():
    for rule in read_rules():
        if rule.column.startswith("dist_"):
            assert rule.error == rule.column.replace("dist_", "err_")
        if rule.flag == "in_protected_area":
            assert rule.error == "position_error_m"


def test_every_flag_of_a_run_that_is_known_has_source_date_and_licence(starter_run):
    found = starter_run.result.tables["flags"]
    known = found[found["severity"] != "unknown"]
    assert {"no_flowsheet", "chinese_control", "steep_slope"} <= {*known["flag"]}
    lacking = known[["source", "date", "licence"]].isna().any(axis=1)
    assert known.loc[lacking, ["deposit_id", "flag", "date", "licence"]].to_dict("records") == []
