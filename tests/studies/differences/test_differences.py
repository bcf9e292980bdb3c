"""Two runs compared: every change of a rank has its cause, and the causes add up."""

import json
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree import Options, load_preset
from geo_ree.errors import SettingsError
from geo_ree.pipeline.deposit_measures import measure_deposits
from geo_ree.pipeline.deposit_scores import score_deposits
from geo_ree.pipeline.report import make_report
from geo_ree.pipeline.result import Result
from geo_ree.pipeline.run_tables import run_tables
from geo_ree.settings import Settings
from geo_ree.studies.differences import compare, write_difference
from geo_ree.studies.differences.matching import match_deposits

KUNDYBAI = "starter_deposits:kundybai"


@pytest.fixture(scope="module")
def again(starter_run):
    """Gives a function that measures and scores the layers of the starter run once more."""

    def run(change=None, options=None):
        options = options or Options(draws=30)
        layers = starter_run.result.layers
        if change is not None:
            layers = replace(layers, frames={**layers.frames, **change(layers.frames)})
        measures = measure_deposits(layers, options)
        scores = score_deposits(measures, layers, options)
        tables = run_tables(layers, measures, scores)
        report = make_report(Settings(), options, layers, scores, tables, {}, measures.targets)
        return Result(layers=layers, measures=measures, scores=scores, tables=tables, report=report)

    return run


@pytest.fixture(scope="module")
def first(again):
    return again()


def with_deposits(edit):
    def change(frames):
        return {"deposits": edit(frames["deposits"].copy())}

    return change


def move(km_north):
    def edit(deposits):
        row = deposits.index[deposits["id"] == KUNDYBAI][0]
        place = deposits.geometry[row]
        deposits.loc[row, "geometry"] = shapely.Point(place.x, place.y + km_north / 111.2)
        return deposits

    return edit


def assert_adds_up(found):
    sums = found.steps.groupby("id")[["score_change", "rank_change"]].sum()
    both = found.table.dropna(subset=["rank_before", "rank_after"]).set_index("id")
    both = both[both["role_before"] == both["role_after"]]
    sums = sums.reindex(both.index).fillna(0.0)
    assert (sums["score_change"] - both["score_change"]).abs().max() < 1e-3
    assert (sums["rank_change"] == both["rank_change"].astype(float)).all()


def test_a_run_does_not_differ_from_itself(first):
    found = compare(first, first)
    assert found.steps.empty and found.changes.empty and found.changed.empty
    assert found.flags.empty
    assert found.sentences == ("No rank of any role differs.",)
    assert set(found.table["match"]) == {"same"}
    assert found.table["within_interval"].all()


def test_a_moved_deposit_is_the_cause_of_its_own_change(first, again):
    found = compare(first, again(with_deposits(move(200.0))))
    rows = found.steps[found.steps["kind"] == "position"].set_index("id")
    assert float(rows.loc[KUNDYBAI, "what"].removesuffix(" km")) == pytest.approx(200, abs=0.5)
    others = rows.drop(index=KUNDYBAI)
    assert (others["score_change"].abs() < 1e-4).all()  # they are passed, nothing else
    assert set(found.steps["kind"]) == {"position"}
    row = found.table.set_index("id").loc[KUNDYBAI]
    assert row["moved_km"] == pytest.approx(200, abs=0.5)
    assert row["main_step"] == "position"
    assert_adds_up(found)


def test_a_removed_line_is_named_with_the_distances_before_and_after(first, again):
    def without_kazakh_railways(frames):
        lines = frames["railways"]
        return {"railways": lines[lines["country"] != "KAZ"]}

    found = compare(first, again(without_kazakh_railways))
    assert set(found.steps["step"]) == {"railway"}
    assert set(found.steps["kind"]) == {"layer"}
    near = first.scores.table.loc[KUNDYBAI, "near_railway"]
    what = found.steps.set_index("id").loc[KUNDYBAI, "what"]
    assert what.endswith(f" km to {near} -> unknown")
    assert_adds_up(found)


def test_other_weights_are_a_step_of_their_own_and_are_listed(first, again):
    model = load_preset("infrastructure")
    rail = replace(model.criteria[0], weight=model.criteria[0].weight * 3)
    other = replace(model, criteria=(rail, *model.criteria[1:]), variants=())
    found = compare(first, again(options=Options(draws=30, preset=other)))
    assert set(found.steps["step"]) == {"weights and decays"}
    weights = found.changes[found.changes["kind"] == "weight"].set_index("name")
    assert rail.name in weights.index
    assert float(weights.loc[rail.name, "before"][:-2]) < float(
        weights.loc[rail.name, "after"][:-2]
    )
    assert_adds_up(found)


def test_a_deposit_that_is_gone_moves_the_others_in_the_last_step(first, again):
    leader = first.table.iloc[0]["id"]
    found = compare(first, again(with_deposits(lambda d: d[d["id"] != leader])))
    assert found.table.set_index("id").loc[leader, "match"] == "gone"
    assert set(found.steps["kind"]) == {"deposits"}
    assert (found.steps["rank_change"] == -1).all()
    assert any(s.startswith("Only in the first run") for s in found.sentences)
    assert_adds_up(found)


def test_several_changes_at_once_still_add_up(first, again):
    def change(frames):
        roads = frames["roads"]
        deposits = move(120.0)(frames["deposits"].copy())
        return {
            "deposits": deposits[deposits["id"] != first.table.iloc[1]["id"]],
            "roads": roads[roads["country"] != "KGZ"],
        }

    found = compare(first, again(change, Options(draws=30, preset="remote_small")))
    assert {"position", "layer", "model", "deposits"} <= set(found.steps["kind"])
    assert_adds_up(found)


def test_a_new_leading_record_hides_no_deposit():
    before = pd.Series({"a:1": "a:1;b:1", "c:1": "c:1;c:2", "d:1": "d:1"})
    after = pd.Series({"b:1": "b:1;a:1", "c:1": "c:1", "c:2": "c:2;d:1"})
    found = match_deposits(before, after).set_index("before")
    assert found["after"].to_dict() == {"a:1": "b:1", "c:1": "c:1", "d:1": "c:2"}
    assert found["match"].to_dict() == {"a:1": "same", "c:1": "split", "d:1": "merged"}


def test_a_changed_role_is_said_and_has_no_change_of_rank(first, again):
    def demote(deposits):
        deposits.loc[deposits["id"] == KUNDYBAI, "role"] = "by_product_host"
        return deposits

    found = compare(first, again(with_deposits(demote)))
    row = found.table.set_index("id").loc[KUNDYBAI]
    assert pd.isna(row["rank_change"]) and pd.isna(row["within_interval"])
    assert "Kundybai: its role was candidate and is by_product_host." in found.sentences


def test_the_files_hold_the_same_as_the_tables(first, again, tmp_path):
    found = compare(first, again(with_deposits(move(200.0))))
    write_difference(found, tmp_path / "d")
    names = ["diff.csv", "diff.json", "diff_changes.csv", "diff_flags.csv", "diff_steps.csv"]
    assert sorted(p.name for p in (tmp_path / "d").iterdir()) == names
    assert pd.read_csv(tmp_path / "d" / "diff.csv")["id"].tolist() == found.table["id"].tolist()
    said = json.loads((tmp_path / "d" / "diff.json").read_text(encoding="utf-8"))
    assert said["sentences"] == list(found.sentences)
    assert len(said["steps"]) == len(found.steps)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_difference(found, tmp_path / "file")
    assert isinstance(first.scores.table, gpd.GeoDataFrame)


def test_flags_that_are_new_gone_or_of_another_severity_are_listed(first):
    ranked = first.tables["scores"]["id"].iloc[0]
    name = first.tables["scores"]["name"].iloc[0]
    held = first.tables["flags"]
    other = held.drop_duplicates(["deposit_id", "flag"])
    gone, softer = other[other["deposit_id"] == ranked].iloc[:2].to_dict("records")
    changed = held[~((held["deposit_id"] == ranked) & (held["flag"] == gone["flag"]))].copy()
    same = (changed["deposit_id"] == ranked) & (changed["flag"] == softer["flag"])
    changed.loc[same, "severity"] = "note" if softer["severity"] != "note" else "stop"
    assert "protest" not in set(other.loc[other["deposit_id"] == ranked, "flag"])
    added = {**gone, "flag": "protest", "severity": "stop", "fact": "People protest."}
    changed = pd.concat([changed, pd.DataFrame([added])], ignore_index=True)
    found = compare(first, replace(first, tables={**first.tables, "flags": changed}))
    rows = found.flags.set_index("flag")
    assert rows["change"].to_dict() == {
        gone["flag"]: "gone",
        softer["flag"]: "severity",
        "protest": "new",
    }
    assert (rows["id"] == ranked).all() and (rows["name"] == name).all()
    assert rows.loc["protest", "fact_after"] == "People protest."
    assert pd.isna(rows.loc["protest", "severity_before"])
    assert rows.loc[softer["flag"], "severity_before"] == softer["severity"]
    said = found.sentences[-1]
    assert said.startswith("Flags: ") and f"{name}: protest is new (stop)" in said
    assert len(compare(first, first).sentences) == 1


def test_a_flag_of_a_near_border_goes_when_the_deposit_moves_inland(again, first):
    found = compare(first, again(with_deposits(move(-230.0))))
    rows = found.flags[found.flags["id"] == KUNDYBAI].set_index("flag")
    assert set(rows["change"]) <= {"new", "gone", "severity"}
    assert rows.loc["near_border", "change"] == "gone"
    assert any("Kundybai" in sentence for sentence in found.sentences if "Flags" in sentence)
