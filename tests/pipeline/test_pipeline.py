import json
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo_ree.catalog import load_catalog
from geo_ree.errors import SettingsError
from geo_ree.fetching import fetch_snapshot
from geo_ree.outputs.table_files import RUN_TABLES
from geo_ree.pipeline.deposit_measures import measure_deposits
from geo_ree.pipeline.deposit_scores import score_deposits
from geo_ree.pipeline.layers import load_layers
from geo_ree.pipeline.result import run
from geo_ree.routing.route_answers import AVOIDED
from geo_ree.scoring import explain, load_preset, score
from geo_ree.settings import DISCLAIMER, Options, Settings

LAYERS = ("railway", "road", "power_line", "power_plant", "settlement", "gateway", "water")
CRITERIA = ("rail", "road", "power_line", "power_plant", "settlement", "water", "gateway")


@pytest.fixture(scope="module")
def done(starter_run):
    return starter_run.result, starter_run.out.parent


def test_all_files_are_written_and_nothing_else(done):
    _, folder = done
    names = {p.name for p in (folder / "out").iterdir()}
    assert names == {
        *(f"{n}.csv" for n in RUN_TABLES),
        "scores.gpkg",
        "scores.parquet",
        "corridors.gpkg",
        "corridors.parquet",
        "map.html",
        "run.json",
    }


def test_who_scores_the_published_table_gets_the_published_scores(done):
    table = pd.read_csv(done[1] / "out" / "scores.csv")
    again = score(table, load_preset("infrastructure").choose(table))
    np.testing.assert_allclose(again["score"], table["score"], rtol=0, atol=0.5e-4 + 1e-9)
    for name in CRITERIA:
        values = f"value_{name}"
        np.testing.assert_allclose(again[values], table[values], rtol=0, atol=0.5e-6 + 1e-12)
    assert [m["name"] for m in done[0].scores.models] == [
        "infrastructure",
        "bulk",
        "remote_small",
    ]


def test_the_table_has_what_it_promises(done):
    table = pd.read_csv(done[1] / "out" / "scores.csv")
    for layer in LAYERS:
        assert {f"dist_{layer}_km", f"err_{layer}_km", f"near_{layer}"} <= set(table.columns)
    for name in CRITERIA:
        assert {f"value_{name}", f"points_{name}"} <= set(table.columns)
        assert table[f"value_{name}"].dropna().between(0, 1).all()
    assert table["id"].is_unique
    assert (table["disclaimer"] == DISCLAIMER).all()
    assert table["schema_version"].notna().all()
    assert table["score"].dropna().between(0, 100).all()


def test_points_add_up_to_the_score(done):
    table = done[0].table
    points = table[[f"points_{c}" for c in CRITERIA]].sum(axis=1)
    assert np.allclose(points, table["score"].fillna(0.0), atol=1e-3)


def test_candidates_and_hosts_are_ranked_apart_and_nobody_else(done):
    table = done[0].table
    for role in ("candidate", "by_product_host"):
        ranks = table.loc[table["role"] == role, "rank_in_role"].astype(int)
        assert ranks.tolist() == list(range(1, len(ranks) + 1))
        assert table.loc[table["role"] == role, "score"].is_monotonic_decreasing
    others = ~table["role"].isin(["candidate", "by_product_host"])
    assert table.loc[others, "rank_in_role"].isna().all()
    assert {"reference", "context"} <= set(table.loc[others, "role"])


def test_every_rank_has_its_interval(done):
    ranked = done[0].table.dropna(subset=["rank_in_role"])
    assert (ranked["rank_p5"] <= ranked["rank_p95"]).all()
    assert (
        ranked[["rank_p5", "rank_p95", "p_top3", "p_top5", "not_separable_from"]]
        .notna()
        .all()
        .all()
    )
    candidates = ranked[ranked["role"] == "candidate"]
    assert candidates["p_top3"].sum() == pytest.approx(3.0, abs=0.05)


def test_what_has_no_coordinate_is_named(done):
    missing = done[0].report["without_coordinate"]
    assert {"Kuirektykol", "Akbulak", "Talairyk"} <= set(missing)
    assert not set(done[0].unranked["id"]) & set(done[0].table["id"])
    table = done[0].layers.frames["deposits"]
    assert done[0].report["candidates"] == (table["role"] == "candidate").sum()
    assert done[0].report["ranked"] + len(missing) == done[0].report["candidates"]


def test_bayan_obo_is_scored_but_never_ranked(done):
    row = done[0].table.set_index("name").loc["Bayan Obo"]
    assert row["role"] == "reference"
    assert pd.isna(row["rank_in_role"])
    assert row["dist_railway_km"] > 50


def test_a_deposit_in_both_tables_stands_once(done):
    table = done[0].table
    kundybai = table[table["sources"].str.contains("usgs_major_deposits:1445")]
    assert kundybai["name"].tolist() == ["Kundybai"]


def test_power_lines_are_unknown_and_said_to_be(done):
    assert done[0].table["dist_power_line_km"].isna().all()
    assert any("power_lines" in w for w in done[0].report["warnings"])


def test_distances_go_to_the_own_country(done):
    table = done[0].table.dropna(subset=["near_road"])
    for country, near in zip(table["country"], table["near_road"], strict=True):
        assert f"({country})" in near


def test_a_town_coordinate_leaves_the_settlement_unknown(done):
    row = done[0].table.set_index("name").loc["Khan Bogdo"]
    assert pd.isna(row["dist_settlement_km"])
    assert row["unknown_weight_pct"] > 0


def test_run_json_accounts_for_every_input(done):
    report = json.loads((done[1] / "out" / "run.json").read_text(encoding="utf-8"))
    assert report["disclaimer"] == DISCLAIMER
    assert {"geo_ree", "gdal", "proj", "numba"} <= set(report["versions"])
    for one in report["inputs"]:
        assert len(one["sha256"]) == 64
        assert one["licence"]
        assert one["edition"]
        assert one["rows"] > 0
        assert one["came_from"] == "starter"
    assert report["timings_s"]["sources to layers"] > 0


def test_the_other_formats_hold_the_same(done):
    out = done[1] / "out"
    geopackage = gpd.read_file(out / "scores.gpkg")
    parquet = gpd.read_parquet(out / "scores.parquet")
    assert geopackage["id"].tolist() == parquet["id"].tolist()
    assert geopackage["score"].tolist() == parquet["score"].tolist()
    assert parquet.crs.to_epsg() == geopackage.crs.to_epsg() == 4326
    with sqlite3.connect(out / "scores.gpkg") as db:
        tables = {r[0] for r in db.execute("select name from sqlite_master")}
    db.close()
    assert "gpkg_geometry_columns" in tables


def test_twice_gives_the_same_bytes(done, tmp_path):
    run(Settings(data_root=tmp_path / "data"), Options(draws=200), out=tmp_path / "out", page=False)
    for name in (f"{table}.csv" for table in RUN_TABLES):
        assert (tmp_path / "out" / name).read_bytes() == (done[1] / "out" / name).read_bytes()
    assert not (tmp_path / "out" / "map.html").exists()


def test_another_seed_moves_intervals_not_scores(done, lent_measures):
    other = run(Settings(), Options(draws=200, seed=1)).table.set_index("id")
    first = done[0].table.set_index("id")
    assert other["score"].equals(first["score"])
    assert not other["p_top3"].equals(first["p_top3"])


def test_every_ranked_deposit_has_a_sentence_and_nobody_else(done):
    table = done[0].table
    ranked = table["rank_in_role"].notna()
    assert table.loc[~ranked, "sentence"].isna().all()
    for role, rows in table[ranked].groupby("role"):
        columns = (rows[c] for c in ("name", "rank_in_role", "rank_p5", "rank_p95", "sentence"))
        for name, rank, low, high, sentence in zip(*columns, strict=True):
            assert sentence.startswith(f"{name} scores ")
            expected = f"rank {rank} of {len(rows)} (90 % interval {low}-{high})"
            assert expected in sentence and ". Strengths: " in sentence, role
        staged = rows[rows["stage"].notna()]
        for _, row in staged.iterrows():
            low, high = row["rank_in_stage_p5"], row["rank_in_stage_p95"]
            stage, count = row["stage"], (rows["stage"] == row["stage"]).sum()
            expected = (
                f", rank {row['rank_in_stage']} of {count} at the stage {stage.replace('_', ' ')} "
                f"(90 % interval {low}-{high}). "
            )
            assert expected in row["sentence"]
    first = table.loc[table["name"] == "Kyzyl-Ompol", "sentence"].item()
    assert "railway at most 13 km" in first and "Weaknesses: " in first and "nearby (" in first


def test_ranks_within_stages_follow_the_scores_and_are_within_their_intervals(done):
    table = done[0].table
    staged = table[table["rank_in_role"].notna() & table["stage"].notna()]
    assert set(staged["stage"]) > {"produced", "registry"}
    for (role, stage), rows in staged.groupby(["role", "stage"]):
        ordered = rows.sort_values("rank_in_role")
        assert ordered["rank_in_stage"].tolist() == list(range(1, len(rows) + 1)), (role, stage)
        assert ordered["score"].is_monotonic_decreasing
        low, high = rows["rank_in_stage_p5"], rows["rank_in_stage_p95"]
        assert (low >= 1).all() and (low <= high).all() and (high <= len(rows)).all()
        assert (low <= rows["rank_p5"]).all() and (high <= rows["rank_p95"]).all()
    assert table.loc[table["rank_in_role"].isna(), "rank_in_stage"].isna().all()


def test_flags_are_published_beside_the_score(done):
    written = pd.read_csv(done[1] / "out" / "flags.csv")
    assert set(written["deposit_id"]) <= set(done[0].layers.frames["deposits"]["id"])
    known = written[written["severity"] != "unknown"]
    assert known["source"].notna().all() and known["fact"].notna().all()
    named = done[0].table.set_index("name").loc["Kutessay II"]
    assert named["first_flag"] == "park" and named["flags_stop"] >= 1
    facts = written[written["deposit_id"] == named["id"]].set_index("flag")
    assert facts.loc["park", "date"] == "2024-03-15"
    assert facts.loc["thorium_uranium", "value"] == "monazite;xenotime"
    tomak = written[written["deposit_id"] == "starter_deposits:tomak"]
    assert {"uranium_law", "no_position", "not_measured"} <= set(tomak["flag"])


def test_the_counts_of_flags_are_those_of_the_table(done):
    found = done[0].tables["flags"]
    for table in (done[0].table, done[0].unranked):
        for severity in ("stop", "caution", "note", "unknown"):
            own = found[found["severity"] == severity]["deposit_id"].value_counts()
            counted = table.set_index("id")[f"flags_{severity}"]
            assert (counted == own.reindex(counted.index, fill_value=0)).all()


def test_flags_are_no_part_of_the_score(done):
    """The criteria read no column of a flag, nor does a flag read points."""
    from geo_ree.flagging.flag_rules import read_rules

    assert not [c for c in done[0].scores.model.columns if c.startswith("flag")]
    assert not [
        r for r in read_rules() if r.column.startswith(("score", "points", "rank", "value"))
    ]


def test_what_has_no_coordinate_has_the_range_of_its_area(done):
    unranked = pd.read_csv(done[1] / "out" / "unranked.csv").set_index("name")
    told = done[0].unranked.set_index("name")
    assert unranked.index.tolist() == told.index.tolist()
    candidates = unranked[unranked["role"] == "candidate"]
    deposits = done[0].layers.frames["deposits"]
    blank = deposits[deposits.geometry.isna() & (deposits["role"] == "candidate")]
    assert len(candidates) == len(blank) > 10
    assert candidates[["score_worst", "score_best", "p_lead", "area_basis"]].notna().all(axis=None)
    assert (candidates["score_worst"] <= candidates["score_best"]).all()
    assert candidates["rank_best"].between(1, 20).all()
    assert (candidates["rank_best"] <= candidates["rank_worst"]).all()
    assert candidates["p_lead"].between(0, 1).all()
    near = unranked.loc["Akbulak"]
    assert near["area_basis"].startswith("where its published distance holds: 35 km SW of Arkalyk")
    assert 200 < near["area_km2"] < 500
    assert near["score_best"] - near["score_worst"] < 20
    field = unranked.loc["Kuperlisai, Kutessay I and Kutessay III"]
    assert field["area_basis"].endswith("of the ore field Aktyuz, within Chuy")
    assert 1_500 < field["area_km2"] < 2 * np.pi * 40**2
    wide = unranked.loc["Karajilga"]
    assert wide["area_basis"] == "all of Kyrgyzstan: nothing narrower is published"
    assert wide["area_km2"] == pytest.approx(198_600, rel=0.01)
    oblast = unranked.loc["Talairyk"]
    assert oblast["area_basis"] == 'all of Kostanay: the source names "East Kostanay region"'
    assert wide["score_best"] - wide["score_worst"] > 60
    assert "contradict" in unranked.loc["Kuirektykol", "area_basis"]
    same = unranked[unranked["area_km2"] == wide["area_km2"]]
    assert (same.groupby("role")["p_lead"].nunique() == 1).all(), "one area, one answer"
    others = unranked[unranked["role"].isin(["area", "none"])]
    assert others["score_best"].isna().all()
    areas = done[0].measures.areas
    assert set(areas.index) == set(told["id"][told["area_basis"].notna()])
    assert areas.geometry.is_valid.all() and not areas.geometry.is_empty.any()


def test_what_cannot_be_told_apart_follows_from_the_pairs(done):
    pairs = pd.read_csv(done[1] / "out" / "pairwise.csv")
    assert list(pairs) == ["a", "b", "p_a_above_b"]
    assert done[0].tables["pairwise"]["p_a_above_b"].to_numpy() == pytest.approx(
        pairs["p_a_above_b"]
    )
    table = done[0].table.dropna(subset=["rank_in_role"]).set_index("id")
    sizes = table["role"].value_counts()
    assert len(pairs) == sum(n * (n - 1) // 2 for n in sizes)
    assert not pairs.duplicated(["a", "b"]).any()
    first, second = table.loc[pairs["a"]], table.loc[pairs["b"]]
    assert (first["role"].to_numpy() == second["role"].to_numpy()).all()
    assert (first["rank_in_role"].to_numpy() < second["rank_in_role"].to_numpy()).all()
    close = pairs[pairs["p_a_above_b"].between(0.05, 0.95, inclusive="neither")]
    expected = {label: set() for label in table.index}
    for a, b in zip(close["a"], close["b"], strict=True):
        expected[a].add(b)
        expected[b].add(a)
    found = table["not_separable_from"].map(lambda ids: set(filter(None, ids.split(";"))))
    assert found.to_dict() == expected
    for joined in table["not_separable_from"]:
        ranks = [int(table.loc[i, "rank_in_role"]) for i in filter(None, joined.split(";"))]
        assert ranks == sorted(ranks)


def test_acceptability_and_central_weights_agree_with_the_table(done):
    out = done[1] / "out"
    shares = pd.read_csv(out / "acceptability.csv")
    table = done[0].table.dropna(subset=["rank_in_role"]).set_index("id")
    assert shares.groupby("id")["share"].sum().to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert set(shares["id"]) == set(table.index)
    for k in (3, 5):
        top = shares[shares["rank_in_role"] <= k].groupby("id")["share"].sum()
        wanted = table[f"p_top{k}"].astype(float)
        assert np.allclose(top.reindex(table.index).fillna(0.0), wanted, atol=2e-3)
    central = pd.read_csv(out / "central_weights.csv").set_index("id")
    assert list(central) == list(CRITERIA)
    assert central.sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert set(central.index) == set(shares.loc[shares["rank_in_role"] == 1, "id"])


def test_influence_and_omission_are_told_in_table_and_report(done):
    out = done[1] / "out"
    report = json.loads((out / "run.json").read_text(encoding="utf-8"))
    moved = pd.read_csv(out / "influence.csv")
    assert moved["total"].dropna().is_monotonic_decreasing
    without = {c.name for c in done[0].scores.model.criteria if c.weight == 0}
    assert without == {"power_line", "water"}
    assert set(moved.loc[moved["kind"] == "weight", "criterion"].tolist()[-2:]) == without
    assert report["influence"]["strongest"]["assumption"] == moved["assumption"].iloc[0]
    change = report["influence"]["smallest_change"]
    assert abs(change["change"]) == moved["change"].abs().min()
    table = done[0].table
    first = table[(table["role"] == "candidate") & (table["rank_in_role"] == 1)]
    assert [report["influence"]["leader"]] == first["id"].tolist()
    omission = pd.read_csv(out / "omission.csv")
    assert set(omission["target"]) == {"railway", "road", "water"}
    water = omission["target"] == "water"
    rates = omission[water]
    assert rates["rate"].between(0, 1).all(), "rivers and wide rivers test each other"
    assert set(rates["source_id"]) == {"starter_rivers", "starter_water_bodies", "*"}
    omission = omission[~water]
    single = omission[omission["source_id"] != "*"]
    assert single["rate"].isna().all(), "the starter has one source of each"
    assert single["basis"].str.startswith("unknown").all()
    assert set(omission.loc[omission["source_id"] == "*", "basis"]) == {"assumed (judgement)"}
    assert report["omission"]["road"]["KAZ"]["rate"] == pytest.approx(0.2)
    for layer in ("railways", "roads"):
        (line,) = [w for w in report["warnings"] if w.startswith(f"{layer}: no second source")]
        assert "20 %" in line
    assert (report["concentration"], report["aggregate"]) == (50.0, "weighted_sum")


def again(done, **options):
    """Scores of the same layers under other options."""
    layers, asked = done[0].layers, Options(**options)
    return score_deposits(measure_deposits(layers, asked), layers, asked)


def test_missing_lines_widen_what_is_far_from_lines(done, monkeypatch):
    """Nobody's score moves, intervals do; with no line missing they are those of before."""
    monkeypatch.setattr("geo_ree.proximity.omission.ASSUMED", (1e-9, 1e9))
    complete = again(done, draws=200).table
    uncertain = done[0].scores.table
    assert complete["score"].equals(uncertain["score"])
    width = (uncertain["score_p95"] - complete["score_p95"]).dropna()
    assert (width >= 0).all() and width.median() > 1.0
    near = uncertain["name"] == "Kyzyl-Ompol"  # 13 km from its railway
    assert width[near].item() < width.median()


MINE = """
schema_version = "1.0"
name = "mine"
title = "made up"
aggregate = "{aggregate}"
[criteria.rail]
label = "railway"
column = "dist_railway_km"
decay = {{ kind = "exponential", half_km = 50 }}
weight = 2
[criteria.road]
label = "road"
column = "dist_road_km"
decay = {{ kind = "linear", zero_km = 300 }}
weight = 1
"""


@pytest.mark.parametrize("aggregate", ["topsis", "weighted_product"])
def test_a_preset_with_another_aggregate_runs_to_the_end(tmp_path, aggregate, lent_measures):
    preset = tmp_path / "mine.toml"
    preset.write_text(MINE.format(aggregate=aggregate), encoding="utf-8")
    options = Options(draws=100, preset=str(preset), concentration=20.0)
    result = run(Settings(data_root=tmp_path / "data"), options, out=tmp_path / "out")
    table, model = result.table, load_preset(str(preset))
    report = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert (report["aggregate"], report["concentration"]) == (aggregate, 20.0)
    assert report["settings"]["aggregate"] is None
    for name in ("unranked.csv", "central_weights.csv", "influence.csv"):
        assert (tmp_path / "out" / name).stat().st_size > 0
    assert table["score"].dropna().between(0, 100).all()
    candidates = table[table["role"] == "candidate"]
    alone = score(candidates, model)
    # What is ranked is scored together, and what is not ranked changes nothing of it.
    assert np.allclose(candidates["score"], alone["score"], atol=2e-3)
    for name in ("rail", "road"):
        assert np.allclose(candidates[f"points_{name}"], alone[f"points_{name}"], atol=2e-3)
    assert candidates["rank_in_role"].tolist() == list(range(1, len(candidates) + 1))
    assert (candidates["rank_p5"] <= candidates["rank_in_role"]).mean() > 0.8
    sentence = candidates["sentence"].iloc[0]
    assert f"rank 1 of {len(candidates)} (" in sentence
    by_name = candidates.set_index("name", drop=False)
    assert sentence == explain(candidates["name"].iloc[0], by_name, model).sentence
    told = result.unranked[result.unranked["role"] == "candidate"]
    assert told["score_best"].between(0, 100).all() and told["p_lead"].between(0, 1).all()
    ranked = table["rank_in_role"].notna()
    assert table.loc[ranked & (table["role"] == "by_product_host"), "score"].notna().all()
    assert (tmp_path / "out" / "map.html").stat().st_size > 100_000


def test_a_result_explains_its_deposits_by_name(done):
    result = done[0]
    table, model = result.scores.table, result.scores.model
    row = table[table["rank_in_role"] == 1].iloc[0]
    words = result.explain(row["name"]).sentence
    assert (
        words == explain(row["name"], result).sentence == explain(row["id"], table, model).sentence
    )
    assert words == row["sentence"]
    with pytest.raises(SettingsError, match="no available source gives"):
        result.explain(result.unranked["name"].iloc[0])


def test_a_result_explains_by_another_model_too(done):
    result = done[0]
    name = result.table.loc[result.table["role"] == "candidate", "name"].iloc[0]
    bulk = load_preset("bulk")
    why = result.explain(name, bulk)
    assert why.table.index.tolist() == [c.name for c in bulk.choose(result.scores.table).criteria]
    assert "interval" not in why.sentence and "at the stage" not in why.sentence
    candidates = result.scores.table[result.scores.table["role"] == "candidate"]
    best = score(candidates, bulk.choose(result.scores.table))["score"].idxmax()
    assert f"rank 1 of {candidates['score'].notna().sum()}." in explain(best, result, bulk).sentence


def test_an_aggregate_may_take_the_place_of_the_presets(done):
    first = done[0].scores.table
    other = again(done, draws=50, aggregate="weighted_product", concentration=1e6)
    assert other.model.aggregate == "weighted_product"
    assert not other.table["score"].equals(first["score"])
    values, points = (first[[f"{kind}_{c}" for c in CRITERIA]] for kind in ("value", "points"))
    assert (points.sum(axis=1) - first["score"].fillna(0.0)).abs().max() < 1e-9
    shares = other.criteria["weight"].to_numpy()
    known = values.notna().to_numpy() & (shares > 0)
    logs = np.where(known, np.log(np.where(known, values, 1.0)), 0.0)
    product = np.exp((logs * shares).sum(axis=1) / (known * shares).sum(axis=1))
    assert np.allclose(other.table["score"], 100.0 * product)


def test_weights_drawn_closely_keep_to_the_presets(done):
    central = again(done, draws=50, concentration=1e6).central_weights.dropna()
    shares = [c["weight"] for c in done[0].tables["criteria"].to_dict("records")]
    assert np.allclose(central, shares, atol=2e-3)
    assert not np.allclose(done[0].scores.central_weights.dropna(), shares, atol=2e-2)


@pytest.mark.slow
def test_sources_can_be_left_out(tmp_path):
    settings = Settings(data_root=tmp_path)
    got = load_layers(settings, Options(without=("starter_roads",)))
    assert "roads" not in got.frames
    with pytest.raises(SettingsError, match="no source is called 'roads'; geo-ree sources"):
        load_layers(settings, Options(without=("roads",)))
    with pytest.raises(SettingsError, match="usgs_ree has not been fetched"):
        load_layers(settings, Options(only=("usgs_ree",)))
    with pytest.raises(SettingsError, match="no deposits are left"):
        load_layers(settings, Options(only=("starter_roads",)))


def test_other_gateways_are_the_users_choice(lent_layers):
    table = run(Settings(), Options(draws=20, avoid=("CHN", "RUS"))).table
    near = table["near_gateway"].dropna()
    assert not near.str.contains("Alashankou|Naushki|Khorgos").any()
    with pytest.raises(SettingsError, match="no gateway is called Rotterdam; use some of"):
        run(Settings(), Options(draws=20, gateways=("Rotterdam",)))


def test_the_feet_of_the_measures_go_to_the_page_and_not_into_the_tables(done):
    result = done[0]
    feet = result.scores.table.filter(regex="^foot_")
    assert feet["foot_railway_lon"].notna().sum() > 10
    assert not [c for c in result.table.columns if c.startswith("foot_")]


def test_the_scenarios_answer_for_every_candidate(done):
    scenarios = done[0].scores.gateways
    assert scenarios["scenario"].nunique() == 3 + len(AVOIDED)  # preset, every exit, none of them
    count = int((done[0].table["role"] == "candidate").sum())
    assert (scenarios.groupby("scenario").size() == count).all()


@pytest.mark.slow
def test_what_was_fetched_by_an_entry_that_is_not_given_now_is_named(tmp_path):
    entry, table = tmp_path / "my.toml", tmp_path / "mine.csv"
    entry.write_text('[[source]]\nid = "mine"\nlike = "uzbekistan_geology"\n', encoding="utf-8")
    table.write_text("name,latitude,longitude,commodities\nMade-up Ridge,45,70,Ce\n")
    settings = Settings(data_root=tmp_path / "data")
    fetch_snapshot(load_catalog(entry)["mine"], settings, provided=table)
    told: list[str] = []
    note = "warning: mine has been fetched, but no catalogue has it: give --catalog"
    load_layers(settings, Options(), told.append)
    assert note in told
    told.clear()
    layers = load_layers(settings, Options(catalog=entry), told.append).frames
    assert "mine:2" in set(layers["deposits"]["id"])
    assert note not in told


def test_one_statement_of_a_deposit_comes_first_and_the_others_stay_beside_it(done):
    table = pd.read_csv(done[1] / "out" / "scores.csv").set_index("name")
    row = table.loc["Kutessay II"]
    assert (row["stated_quantity_t"], row["stated_substance"]) == (42_980.0, "oxide")
    assert (row["stated_system"], row["stated_year"]) == ("JORC, 2011 (Stans Energy)", 2011)
    assert row["stated_category"] == "Measured + Indicated" and pd.isna(row["stated_edition"])
    assert row["statements"] == 3
    inferred, ore = row["statements_beside"].split(" | ")
    assert inferred.startswith("3,560 t oxide (Inferred, ") and "not comparable" in inferred
    assert ore.startswith("13,548,000 t ore (") and "1.2 times as much, computed from" in ore
    assert table.loc["Khotgor", "stated_edition"] == 2004
    assert (table.loc[table["stated_quantity_t"].isna(), "statements"] == 0).all()
    layer = done[0].layers.frames["resources"]
    assert sorted(done[0].statements["id"]) == sorted(layer["id"])
    assert done[0].statements["shown"].sum() == layer["deposit_id"].nunique()
    assert done[0].statements["quantity_t"].sum() == layer["quantity_t"].sum()
