"""What a scenario changes: distances, scores, ranks, reach and tonnes, on made-up layers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.errors import SchemaError, SettingsError
from geo_ree.schema import check_layer
from geo_ree.studies.scenarios import Scenario, closed_features, scenario, write_scenario
from geo_ree.studies.scenarios.route_changes import COLUMNS
from geo_ree.studies.scenarios.tonnage import sum_by_change

Made = Callable[..., Any]
Line = Callable[..., gpd.GeoDataFrame]
PAIRS = (
    "score",
    "score_p5",
    "score_p95",
    "rank",
    "rank_p5",
    "rank_p95",
    "p_within",
    "dist_railway_km",
    "err_railway_km",
    "reached",
)


def same(study: Scenario) -> bool:
    """Whether before and after are exactly equal in every column."""
    return all(
        study.table[f"{n}_before"].equals(study.table[f"{n}_after"].rename(f"{n}_before"))
        for n in PAIRS
    )


def test_a_line_through_a_deposit_is_at_no_distance(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((69, 48), (70, 48), (71, 48))})
    alpha = study.table.loc["d:alpha"]
    assert alpha["dist_railway_km_before"] > 250
    assert alpha["dist_railway_km_after"] == pytest.approx(0.0, abs=1e-6)
    assert alpha["err_railway_km_after"] == 1.0  # its own, for the course is surveyed
    assert (alpha["reached_before"], alpha["reached_after"]) == ("no", "yes")
    assert (alpha["p_within_before"], alpha["p_within_after"]) == (0.0, 1.0)
    assert alpha["near_railway_after"] == "New Line (planned) (KAZ), scenario"
    assert alpha["score_after"] > alpha["score_before"]


def test_the_error_of_the_course_and_of_the_place_both_count(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((69, 48), (71, 48), lateral_error_km=20.0)})
    alpha = study.table.loc["d:alpha"]
    assert alpha["err_railway_km_after"] == 21.0
    assert alpha["reached_after"] == "yes"
    assert "approximate" in alpha["near_railway_after"]
    assert alpha["dist_added_railway_km"] < 1.0 and alpha["err_added_railway_km"] == 21.0
    assert any("approximate" in s and "20 km to either side" in s for s in study.sentences)


def test_an_uncertain_course_gives_a_chance_and_no_certainty(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((69, 48), (71, 48), lateral_error_km=100.0)})
    alpha = study.table.loc["d:alpha"]
    assert (alpha["reached_before"], alpha["reached_after"]) == ("no", "perhaps")
    assert 0.4 < alpha["p_within_after"] < 0.6  # half of the courses drawn lie within 50 of 100 km
    # even its farthest course beats the old line, 297 km off
    assert alpha["dist_railway_km_after"] < 1.0
    assert "course unknown" in alpha["near_railway_after"]
    assert alpha["score_p5_after"] < alpha["score_after"]
    assert any(s.startswith("Perhaps brought within 50 km") for s in study.sentences)
    assert any(s.startswith("No ranked deposit") and "50 km" in s for s in study.sentences)


def test_what_is_added_never_makes_anything_farther(made: Made, line: Line) -> None:
    """A sure line that lies beyond an unsure one would displace it."""
    unsure = gpd.GeoDataFrame(
        {
            "id": ["r:9"],
            "source_id": "r",
            "name": ["Unsure"],
            "kind": "rail",
            "country": ["KAZ"],
            "lateral_error_km": 60.0,
        },
        geometry=[shapely.LineString([(69, 48.2), (71, 48.2)])],
        crs=4326,
    )
    base = made(railways=unsure)
    study = scenario(base, add={"railways": line((69, 47.6), (71, 47.6))})
    alpha = study.table.loc["d:alpha"]
    assert alpha["dist_railway_km_before"] == pytest.approx(22.7, abs=0.1)
    assert alpha["dist_railway_km_after"] == alpha["dist_railway_km_before"]
    assert alpha["score_after"] == alpha["score_before"]
    # but the precise one, 44 km off, bounds the error
    assert (alpha["reached_before"], alpha["reached_after"]) == ("perhaps", "yes")
    assert alpha["p_within_before"] < alpha["p_within_after"] == 1.0
    assert alpha["score_p5_after"] >= alpha["score_p5_before"]


def test_a_line_across_a_border_counts_for_each_country_with_its_own_part(
    made: Made, line: Line
) -> None:
    study = scenario(made(), add={"railways": line((75, 40.5), (75, 47))})
    gamma, beta = study.table.loc["d:gamma"], study.table.loc["d:beta"]
    assert gamma["dist_railway_km_after"] == pytest.approx(0.0, abs=1e-6)
    assert gamma["near_railway_after"] == "New Line (planned) (KGZ), scenario"
    assert 220 < beta["dist_railway_km_after"] < 235
    assert beta["near_railway_after"] == "New Line (planned) (KAZ), scenario"
    assert set(study.added["countries"].iloc[0].split(";")) == {"KAZ", "KGZ"}

    above = scenario(made(), add={"railways": line((75, 43.1), (75, 47))})
    assert above.table.loc["d:gamma", "dist_railway_km_after"] > 300  # its own country's old line


def test_a_line_abroad_changes_nothing_and_says_why(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((86, 47), (90, 47))})
    assert study.changed.empty and same(study) and study.tonnes.empty
    assert (study.table[["p_rank_improves", "p_rank_worsens"]].fillna(0.0) == 0.0).all(axis=None)
    assert study.added["countries"].tolist() == ["CHN"]
    assert study.sentences[-1].startswith("Nothing changes: the added features cross none")


def test_a_line_in_no_country_at_all(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((50, 31), (52, 31))})
    assert study.changed.empty and same(study)
    assert study.added["countries"].tolist() == [""]
    assert any("in no country" in s for s in study.sentences)
    assert study.sentences[-1].startswith("Nothing changes: the added features cross none")


def test_a_line_at_home_that_is_nearer_to_no_deposit(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((61, 53), (62, 53))})
    assert study.changed.empty and same(study)
    assert study.sentences[-1].startswith("Nothing changes: no distance")


def test_without_its_only_railway_a_country_is_out_of_reach_not_unknown(made: Made) -> None:
    study = scenario(made(), remove={"railways": "Old Line"})
    alpha = study.table.loc["d:alpha"]
    assert alpha["dist_railway_km_after"] == np.inf
    assert alpha["score_after"] <= alpha["score_before"]
    assert alpha["reached_after"] == "no" and alpha["p_within_after"] == 0.0
    assert study.table.loc["d:gamma", "dist_railway_km_after"] < np.inf
    assert study.removed["id"].tolist() == ["r:1"]
    assert any("out of reach: none left" in s for s in study.sentences)
    everything = scenario(made(), remove={"railways": ["r:1", "r:2"]})
    assert np.isinf(everything.table["dist_railway_km_after"]).all()
    assert everything.table["score_after"].notna().all()


@pytest.mark.slow
def test_a_removal_never_raises_a_score(made: Made) -> None:
    for what in ("Old Line", "r:2", "kind=rail", "source=r", "country=KAZ"):
        table = scenario(made(), remove={"railways": what}).table
        assert (table["score_after"] <= table["score_before"] + 1e-9).all(), what


def test_rows_to_remove_by_a_function(made: Made) -> None:
    study = scenario(made(), remove={"railways": lambda rows: rows["country"] == "KGZ"})
    assert study.removed["name"].tolist() == ["South Line"]
    nothing = scenario(made(), remove={"railways": lambda rows: rows["country"] == "TKM"})
    assert nothing.changed.empty and same(nothing)
    with pytest.raises(SettingsError, match=r"gave int64 of shape \(2,\), expected bool of \(2,\)"):
        scenario(made(), remove={"railways": lambda rows: np.array([1, 0])})


@pytest.mark.parametrize(
    ("properties", "year", "why"),
    [
        ({"opening_year": 2031}, 2030, "it opens in 2031, after 2030"),
        ({"opening_year": None}, 2030, "its year of opening is not published"),
        ({"status": "abandoned"}, None, "it is abandoned"),
        ({"status": "suspended", "opening_year": 2020}, 2030, "it is suspended"),
        ({"opening_year": 2030}, 2030, ""),
        ({"opening_year": None}, None, ""),
        ({"opening_year": None, "status": "open"}, 2030, ""),
    ],
)
def test_what_is_not_open_by_then_does_not_count_and_is_named(
    made: Made, line: Line, properties: dict[str, Any], year: int | None, why: str
) -> None:
    done = scenario(made(), add={"railways": line((69, 48), (71, 48), **properties)}, year=year)
    assert done.added["counted"].tolist() == [not why]
    assert (done.table.loc["d:alpha", "dist_railway_km_after"] < 1.0) == (not why)
    assert done.year == year
    if why:
        assert any(s.startswith("Not counted: New Line") and why in s for s in done.sentences)
        assert done.sentences[-1].startswith("Nothing changes: none of the added")
        assert same(done)


def test_a_gain_of_one_is_a_loss_of_none_of_its_ranks(made: Made, line: Line) -> None:
    base = made()
    behind = base.scores.table["score"][["d:alpha", "d:beta", "d:gamma"]].idxmin()
    place = base.layers.frames["deposits"].set_index("id").geometry[behind]
    near = line((place.x - 0.5, place.y), (place.x + 0.5, place.y))
    study = scenario(base, add={"railways": near})
    row = study.table.loc[behind]
    assert row["rank_before"] == 3 and row["rank_after"] == 1
    # the same chance before and after: what only comes nearer loses no rank in any draw
    assert row["p_rank_improves"] > 0.5 and row["p_rank_worsens"] == 0.0
    others = study.table[(study.table["role"] == "candidate") & (study.table.index != behind)]
    assert (others["p_rank_improves"] == 0.0).all() and (others["p_rank_worsens"] > 0.0).any()
    assert any(s.startswith("Rank by score") for s in study.sentences)
    assert any(s.startswith(f"Chance of a better rank: {row['name']}") for s in study.sentences)


def test_the_same_seed_gives_the_same_figures(made: Made, line: Line) -> None:
    add = {"railways": line((69, 48.3), (71, 48.3), lateral_error_km=30.0)}
    first, second = scenario(made(), add=add), scenario(made(), add=add)
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.sentences == second.sentences


def test_gateways_opened_and_closed(made: Made) -> None:
    port = gpd.GeoDataFrame(
        {
            "name": ["New Port"],
            "kind": "sea_port",
            "status": "planned",
            "opening_year": [2028],
            "source": "made up",
        },
        geometry=[shapely.Point(70.0, 48.1)],
        crs=4326,
    )
    opened = scenario(made(), add={"gateways": port}).table.loc["d:alpha"]
    assert opened["dist_gateway_km_after"] == pytest.approx(11.1, abs=0.1)
    assert opened["near_gateway_after"].startswith("New Port (planned)")
    assert opened["score_after"] > opened["score_before"]
    closed = scenario(made(), remove={"gateways": "Aktau"})
    assert (closed.table["dist_gateway_km_after"] > closed.table["dist_gateway_km_before"]).any()
    assert not (closed.table["score_after"] > closed.table["score_before"]).any()
    assert (closed.table["reached_after"] == closed.table["reached_before"]).all()


def test_roads_and_railways_at_once(made: Made, line: Line, countries: gpd.GeoDataFrame) -> None:
    road = gpd.GeoDataFrame(
        {
            "id": ["w:1"],
            "source_id": "w",
            "name": ["Old Road"],
            "kind": "main",
            "country": ["KAZ"],
            "lateral_error_km": 0.0,
        },
        geometry=[shapely.LineString([(62, 51), (66, 51)])],
        crs=4326,
    )
    base = made(roads=road)
    study = scenario(
        base,
        add={"roads": line((69, 48), (71, 48), kind="main"), "railways": line((71, 46), (73, 46))},
    )
    alpha, beta = study.table.loc["d:alpha"], study.table.loc["d:beta"]
    assert alpha["dist_road_km_after"] < 1 < alpha["dist_railway_km_after"]
    assert beta["dist_railway_km_after"] < 1 < beta["dist_road_km_after"]
    assert set(study.added["layer"]) == {"roads", "railways"}


def test_a_power_plant_of_a_country_counts_there(made: Made) -> None:
    study = {"kind": "operating", "country": "KAZ", "capacity_mw": 300.0}
    old = gpd.GeoDataFrame(
        {"id": ["p:1"], "source_id": "p", "name": ["Old Plant"], **study},
        geometry=[shapely.Point(62, 51)],
        crs=4326,
    )
    new = gpd.GeoDataFrame(
        {
            "name": ["New Plant", "Small One"],
            "status": "under_construction",
            "source": "made up",
            "opening_year": 2029,
            "kind": "operating",
            "capacity_mw": [200.0, 10.0],
            "position_error_m": [3000.0, 0.0],
        },
        geometry=[shapely.Point(70, 48.2), shapely.Point(70, 48)],
        crs=4326,
    )
    table = scenario(made(power_plants=old), add={"power_plants": new}).table
    assert table.loc["d:alpha", "dist_power_plant_km_after"] == pytest.approx(22.2, abs=0.1)
    assert table.loc["d:alpha", "err_power_plant_km_after"] == 4.0
    assert table.loc["d:alpha", "score_after"] > table.loc["d:alpha", "score_before"]
    assert np.isnan(table.loc["d:gamma", "dist_power_plant_km_after"])


def test_many_lines_are_counted_and_not_all_named(made: Made, line: Line) -> None:
    lines = [line((61, 53), (62, 53), name=f"Spur {i}") for i in range(8)]
    later = [line((61, 53), (62, 53), name=f"Late {i}", opening_year=2050) for i in range(7)]
    study = scenario(made(), add={"railways": pd.concat(lines + later)}, year=2040)
    assert sum(s.startswith("Added: Spur") for s in study.sentences) == 5
    assert any(s.startswith("Added: 3 more") for s in study.sentences)
    late = [s for s in study.sentences if s.startswith("Not counted")]
    assert late == [
        "Not counted: Late 0, Late 1, Late 2, Late 3, Late 4 and 2 more: it opens in 2050, after 2040."
    ]


def test_tonnes_keep_inferred_apart_and_name_what_is_unknown(made: Made, line: Line) -> None:
    near_both = line((70, 48), (72, 46))
    study = scenario(made(), add={"railways": near_both})
    tonnes = study.tonnes.set_index("category")
    assert tonnes.loc["Measured + Indicated", "quantity_t"] == 1500.0
    assert tonnes.loc["Measured + Indicated", "statements"] == "s:1; s:2"
    assert tonnes.loc["Measured + Indicated", "figure"] == "computed"
    assert tonnes.loc["Inferred", "quantity_t"] == 250.0
    assert tonnes.loc["Inferred", "figure"] == "published"
    assert 1750.0 not in set(study.tonnes["quantity_t"])
    unknown = study.tonnes[study.tonnes["substance"] == "unknown"]
    assert unknown["deposits"].tolist() == ["Alpha"] and unknown["quantity_t"].isna().all()
    assert set(study.tonnes["change"]) == {"brought within 50 km"}
    said = "\n".join(study.sentences)
    assert "1,500 t of REO (Measured + Indicated, JORC 2012, 2020) of Beta [s:1; s:2]" in said
    assert "No quantity is published in the data for Alpha: unknown, not zero." in said
    assert "Do not add" in said


def statement(number: int, deposit: str, **study: Any) -> dict[str, Any]:
    return {
        "id": f"s:{number}",
        "deposit_id": deposit,
        "substance": "oxide",
        "system": "State registry",
        "system_kind": "state",
        "edition": None,
        "year": 2015,
        "source": "made up",
        "category": "reserve",
        "category_class": "reserve",
        "quantity_t": 100.0,
        **study,
    }


def tonnes(*rows: dict[str, Any]) -> pd.DataFrame:
    ids = ["d:a", "d:b"]
    what = pd.Series("brought within 50 km", index=ids)
    return sum_by_change(what, pd.Series(["A", "B"], index=ids), pd.DataFrame(rows))


def test_deposits_stand_in_one_row_only_where_everything_is_the_same() -> None:
    one = tonnes(statement(1, "d:a"), statement(2, "d:b", quantity_t=40.0))
    assert one["quantity_t"].tolist() == [140.0]
    assert one["deposits"].tolist() == ["A; B"] and one["statements"].tolist() == ["s:1; s:2"]
    assert one["figure"].tolist() == ["computed"]
    for name, other in (
        ("system", "Press"),
        ("year", 2016),
        ("category", "resource"),
        ("substance", "metal"),
        ("edition", "2012"),
    ):
        apart = tonnes(statement(1, "d:a"), statement(2, "d:b", **{name: other}))
        assert sorted(apart["quantity_t"]) == [100.0, 100.0], name


def test_statements_of_one_deposit_are_never_added_across_systems() -> None:
    study = tonnes(
        statement(1, "d:a"),
        statement(
            2,
            "d:a",
            system="JORC 2012",
            system_kind="reporting_code",
            edition="2012",
            category="Indicated",
            category_class="indicated",
            quantity_t=70.0,
        ),
        statement(3, "d:a", source="another made-up report", quantity_t=90.0),
        statement(4, "d:b", quantity_t=None),
    )
    own = study[study["deposits"].str.contains("A")]
    assert 70.0 in set(study["quantity_t"])
    assert not {190.0, 170.0, 260.0} & set(own["quantity_t"].dropna())
    unknown = study[study["statements"].str.contains("s:4")]
    assert unknown["quantity_t"].isna().all() and (unknown["figure"] == "unknown").all()


def test_a_category_that_would_count_twice_is_not_added() -> None:
    code = {"system": "JORC 2012", "system_kind": "reporting_code", "edition": "2012"}
    study = tonnes(
        statement(
            1,
            "d:a",
            category="Measured + Indicated",
            category_class="measured_indicated",
            quantity_t=150.0,
            **code,
        ),
        statement(
            2, "d:a", category="Indicated", category_class="indicated", quantity_t=60.0, **code
        ),
    )
    assert sorted(study["quantity_t"].dropna()) == [60.0, 150.0]


def test_no_statements_at_all() -> None:
    study = sum_by_change(pd.Series({"d:a": "x"}), pd.Series({"d:a": "A"}), pd.DataFrame())
    assert study["substance"].tolist() == ["unknown"]
    none = sum_by_change(pd.Series(dtype=object), pd.Series(dtype=object), pd.DataFrame())
    assert none.empty and "quantity_t" in none


@pytest.mark.parametrize(
    ("asked", "error", "parts"),
    [
        ({}, SettingsError, ("changes nothing", "give add or remove")),
        (
            {"remove": {"railways": "Gone"}},
            SettingsError,
            (
                "no feature of the layer railways matches 'Gone'",
                "Old Line, South Line",
                "kind=WORD (rail)",
            ),
        ),
        ({"remove": {"railways": "kind=tram"}}, SettingsError, ("'kind=tram'",)),
        ({"remove": {"deposits": "x"}}, SettingsError, ("cannot change the layer 'deposits'",)),
        (
            {"remove": {"power_lines": "x"}},
            SettingsError,
            ("no source of the layer power_lines is available", "fetch one"),
        ),
        ({"remove": {"railways": "r:1"}, "within_km": 0}, SettingsError, ("within_km is 0",)),
        ({"remove": {"railways": "r:1"}, "within_km": float("inf")}, SettingsError, ("inf",)),
        ({"add": {"railways": "gone.geojson"}}, SchemaError, ("gone.geojson", "check the path")),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    made: Made, asked: dict[str, Any], error: type[Exception], parts: tuple[str, ...]
) -> None:
    with pytest.raises(error) as study:
        scenario(made(), **asked)
    for part in parts:
        assert part in str(study.value)


def test_another_reach_is_named_with_its_kilometres(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((69, 48.9), (71, 48.9))}, within_km=120)
    assert study.table.loc["d:alpha", "reached_after"] == "yes"
    assert any("Brought within 120 km of a railway" in s for s in study.sentences)


def test_it_shows_itself_with_everything_escaped(made: Made, line: Line) -> None:
    study = scenario(made(), add={"railways": line((69, 48), (71, 48), name="<script>x</script>")})
    shown = study._repr_html_()
    assert repr(study) == "<Scenario: 1 features added, 0 removed, 3 of 4 deposits change>"
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "Alpha" in shown and "<table" in shown
    assert "p_route_cheaper" not in shown, "no route becomes cheaper"
    routes = pd.DataFrame(1.0, index=range(3), columns=list(COLUMNS))
    routes[["p_route_cheaper", "p_access_cheaper"]] = [[0.0, 0.0], [0.4, 0.4], [np.nan, np.nan]]
    cheaper = replace(study, routes=routes)._repr_html_()
    assert cheaper.count("<tr") == shown.count("<tr") + 2, "a head and the one that may be cheaper"
    quiet = scenario(made(), add={"railways": line((86, 47), (90, 47))})._repr_html_()
    assert "Nothing changes" in quiet and "<table" not in quiet


def test_files_are_whole_and_say_how_they_came(made: Made, line: Line, tmp_path: Path) -> None:
    study = scenario(
        made(),
        add={"railways": line((70, 48), (72, 46), name="=1+1")},
        remove={"railways": "Old Line"},
    )
    write_scenario(study, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "scenario.csv")
    assert table["id"].tolist() == study.table["id"].tolist()
    assert table["near_railway_after"].dropna().str.startswith("'=1+1").any()
    document = json.loads(
        (tmp_path / "out" / "scenario.json").read_text("utf-8"), parse_constant=_no
    )
    assert document["sentences"] == list(study.sentences)
    assert document["added"][0]["geometry"]["type"] == "LineString"
    assert document["added"][0]["why_not"] == "" and document["added"][0]["source"] == "made up"
    assert document["removed"][0]["id"] == "r:1"
    assert {r["id"] for r in document["changed"]} == set(study.changed["id"])
    assert document["tonnes"][0]["statements"] == "s:1; s:2"
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_scenario(study, tmp_path / "file" / "out")


def _no(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")


def test_out_of_reach_is_a_word_in_json(made: Made, tmp_path: Path) -> None:
    write_scenario(scenario(made(), remove={"railways": "Old Line"}), tmp_path)
    document = json.loads((tmp_path / "scenario.json").read_text("utf-8"), parse_constant=_no)
    rows = {r["id"]: r for r in document["changed"]}
    assert rows["d:alpha"]["dist_railway_km_after"] == "out of reach"


def railways_with(kind: str, made: Made) -> gpd.GeoDataFrame:
    """The made-up railways and one through alpha that is not in use."""
    old = gpd.GeoDataFrame(
        {
            "id": ["r:9"],
            "source_id": "r",
            "name": [None],
            "kind": kind,
            "country": "KAZ",
            "lateral_error_km": 0.02,
        },
        geometry=[shapely.LineString([(69, 48), (70, 48), (71, 48)])],
        crs=4326,
    )
    rails = made().layers.frames["railways"]
    return pd.concat([rails, check_layer(old, "railways")], ignore_index=True)


@pytest.mark.parametrize("kind", ["disused", "building", "planned"])
def test_what_is_not_in_use_counts_only_when_it_is_reopened(made: Made, kind: str) -> None:
    rails = railways_with(kind, made)
    base = made(railways=rails)
    again = closed_features(rails, "railways", f"kind={kind}")
    alpha = scenario(base, add={"railways": again}).table.loc["d:alpha"]
    assert alpha["dist_railway_km_before"] > 250
    assert alpha["dist_railway_km_after"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("layer", "wanted", "told"),
    [
        ("railways", "kind=rail", "no feature of the layer railways matches 'kind=rail'"),
        ("railway", "kind=disused", "cannot open features of the layer 'railway'; did you mean"),
        ("gateways", "Aktau", "cannot open features of the layer 'gateways'"),
    ],
)
def test_only_what_is_not_in_use_can_be_reopened(
    made: Made, layer: str, wanted: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        closed_features(railways_with("disused", made), layer, wanted)
    with pytest.raises(SettingsError, match="all known features of the layer roads are in use"):
        closed_features(made().layers.frames["railways"], "roads", "kind=disused")
