"""The tables that stand behind the intervals."""

import numpy as np
import pandas as pd
import pytest

from geo_ree.outputs.table_files import write_tables
from geo_ree.pipeline.report import summarize_uncertainty
from geo_ree.pipeline.run_tables import (
    acceptability_table,
    central_weights_table,
    influence_table,
)
from geo_ree.schema.columns import arrange
from geo_ree.scoring import Criterion, Exponential, ScoreModel, influence, uncertainty

MODEL = ScoreModel(
    (
        Criterion("rail", "dist_rail_km", Exponential(50), 0.6),
        Criterion("road", "dist_road_km", Exponential(20), 0.4),
        Criterion("line", "dist_line_km", Exponential(20), 0.0),
    )
)
TABLE = pd.DataFrame(
    {
        "dist_rail_km": [0.0, 50.0, 300.0],
        "dist_road_km": [20.0, 0.0, 200.0],
        "dist_line_km": np.nan,
    },
    index=["by rail", "by road", "far"],
)


@pytest.fixture
def drawn():
    return uncertainty(TABLE, MODEL, None, draws=200, concentration=5.0)


@pytest.fixture
def tables(drawn):
    """The tables behind the intervals, as a run publishes them."""
    found = influence(TABLE, MODEL, samples=16)
    omission = pd.DataFrame(
        {
            "target": "road",
            "layer": "roads",
            "source_id": ["a", "*"],
            "country": "KAZ",
            "rate": [np.nan, 0.2],
            "rate_low": [np.nan, 0.1],
            "rate_high": [np.nan, 0.3],
            "basis": ["=unknown", "assumed (judgement)"],
        }
    )
    unranked = pd.DataFrame(
        {"id": ["x:1"], "name": ["=1+1"], "p_lead": [0.12345], "score_best": [9.87654]}
    )
    return {
        "unranked": arrange(unranked, "unranked"),
        "acceptability": acceptability_table(drawn.acceptability),
        "central_weights": central_weights_table(drawn.central_weights),
        "influence": influence_table(found),
        "omission": arrange(omission, "omission"),
    }


def test_assumptions_and_takeovers_are_one_table(tables):
    rows = tables["influence"]
    totals = rows["total"].dropna().tolist()
    assert totals == sorted(totals, reverse=True)
    by_name = rows.set_index("assumption")
    rail = by_name.loc["weight of rail"]
    assert (rail["weight"], rail["weight_needed"], rail["change"]) == (0.6, 0.5, -0.1)
    assert rail["new_leader"] == "by road"
    assert np.isnan(by_name.loc["kilometres of rail", "weight"])
    last = rows.iloc[-1]
    assert (last["assumption"], last["weight"]) == ("weight of line", 0.0)
    assert np.isnan(last["total"]) and pd.isna(last["new_leader"])


def test_each_table_is_written_and_read_back(tables, drawn, tmp_path):
    write_tables(tables, tmp_path, tuple(tables))
    read = {name: pd.read_csv(tmp_path / f"{name}.csv") for name in tables}
    row = read["unranked"].loc[0]
    assert row[["id", "name", "p_lead", "score_best"]].tolist() == ["x:1", "'=1+1", 0.123, 9.8765]
    shares = read["acceptability"]
    assert list(shares) == ["id", "rank_in_role", "share"]
    assert (shares["share"] > 0).all()
    for (deposit, rank), share in shares.set_index(["id", "rank_in_role"])["share"].items():
        assert share == pytest.approx(drawn.acceptability.loc[deposit, rank], abs=1e-4)
    central = read["central_weights"].set_index("id")
    assert "far" not in central.index
    assert central.sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert read["influence"]["assumption"].is_unique
    assert read["omission"]["basis"].tolist() == ["'=unknown", "assumed (judgement)"]


def test_one_candidate_has_no_influence(tables, tmp_path):
    alone = {**tables, "influence": influence_table(None)}
    write_tables(alone, tmp_path, ("influence",))
    assert pd.read_csv(tmp_path / "influence.csv").empty
    assert summarize_uncertainty(alone, None)["influence"] is None


def test_the_report_says_the_strongest_and_the_smallest(tables):
    summary = summarize_uncertainty(tables, "by rail")
    assert summary["influence"]["leader"] == "by rail"
    change = summary["influence"]["smallest_change"]
    assert (abs(change["change"]), change["new_leader"]) == (0.1, "by road")
    assert summary["omission"] == {
        "road": {
            "KAZ": {"rate": 0.2, "rate_low": 0.1, "rate_high": 0.3, "basis": "assumed (judgement)"}
        }
    }
    nothing = {
        "influence": influence_table(None),
        "omission": pd.DataFrame(columns=["target", "layer"]),
    }
    assert summarize_uncertainty(nothing, None) == {"influence": None, "omission": {}}
