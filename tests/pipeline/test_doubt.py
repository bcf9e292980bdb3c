"""The tables that stand behind the intervals."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo_ree.outputs.tables import DOUBT_FILES, influence_rows, summarize_doubt, write_doubt
from geo_ree.pipeline.analysis import Analysis
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
def analysis():
    doubt = uncertainty(TABLE, MODEL, None, draws=200, concentration=5.0)
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
    return Analysis(
        scored=gpd.GeoDataFrame(),
        scenarios=pd.DataFrame(),
        acceptability=doubt.acceptability,
        central_weights=doubt.central_weights,
        influence=influence(TABLE, MODEL, samples=16),
        omission=omission,
        unplaced=pd.DataFrame(),
        areas=gpd.GeoDataFrame(),
        criteria=[],
        preset="mine",
        aggregate="weighted_sum",
        warnings=[],
        models=[],
        model=MODEL,
        targets={},
    )


def test_assumptions_and_takeovers_are_one_table(analysis):
    rows = influence_rows(analysis.influence)
    totals = [row["total"] for row in rows if row["total"] is not None]
    assert totals == sorted(totals, reverse=True)
    by_name = {row["assumption"]: row for row in rows}
    rail = by_name["weight of rail"]
    assert (rail["weight"], rail["weight_needed"], rail["change"]) == (0.6, 0.5, -0.1)
    assert rail["new_leader"] == "by road"
    assert by_name["kilometres of rail"]["weight"] is None
    last = rows[-1]
    assert (last["assumption"], last["total"], last["weight"]) == ("weight of line", None, 0.0)
    assert last["new_leader"] is None


def test_each_table_is_written_and_read_back(analysis, tmp_path):
    unranked = pd.DataFrame(
        {"id": ["x:1"], "name": ["=1+1"], "p_lead": [0.12345], "score_best": [9.87654]}
    )
    write_doubt(analysis, unranked, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == set(DOUBT_FILES)
    read = {name: pd.read_csv(tmp_path / name) for name in DOUBT_FILES}
    assert read["unranked.csv"].loc[0].tolist() == ["x:1", "'=1+1", 0.123, 9.8765]
    shares = read["acceptability.csv"]
    assert list(shares) == ["id", "rank", "share"]
    assert (shares["share"] > 0).all()
    for (deposit, rank), share in shares.set_index(["id", "rank"])["share"].items():
        assert share == pytest.approx(analysis.acceptability.loc[deposit, rank], abs=1e-4)
    central = read["central_weights.csv"].set_index("id")
    assert "far" not in central.index
    assert central.sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert read["influence.csv"]["assumption"].is_unique
    assert read["omission.csv"]["basis"].tolist() == ["'=unknown", "assumed (judgement)"]


def test_one_candidate_has_no_influence(analysis, tmp_path):
    alone = SimpleNamespace(**{**vars(analysis), "influence": None})
    write_doubt(alone, pd.DataFrame({"id": []}), tmp_path)
    assert pd.read_csv(tmp_path / "influence.csv").empty
    assert summarize_doubt(alone)["influence"] is None


def test_the_report_says_the_strongest_and_the_smallest(analysis):
    told = summarize_doubt(analysis)
    assert told["influence"]["leader"] == "by rail"
    change = told["influence"]["smallest_change"]
    assert (abs(change["change"]), change["new_leader"]) == (0.1, "by road")
    assert told["omission"] == {
        "road": {
            "KAZ": {"rate": 0.2, "rate_low": 0.1, "rate_high": 0.3, "basis": "assumed (judgement)"}
        }
    }
    nothing = SimpleNamespace(influence=None, omission=pd.DataFrame(columns=["target", "layer"]))
    assert summarize_doubt(nothing) == {"influence": None, "omission": {}}
