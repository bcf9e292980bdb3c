from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import ScoreError, SettingsError
from geo_ree.scoring import (
    ScoreModel,
    Veto,
    explain,
    load_preset,
    score,
    strengths_and_weaknesses,
)
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.criteria import Criterion
from geo_ree.scoring.decay import Exponential

MODEL = load_preset("infrastructure")


def scored(model: ScoreModel = MODEL, **distances: float | None) -> pd.DataFrame:
    km = {c.column: distances.get(c.name, 1e5) for c in model.criteria}
    table = pd.DataFrame([km], index=["facts:1"], dtype=np.float64).assign(id="facts:one")
    return table.join(score(table, model))


def test_the_table_carries_the_score() -> None:
    frame = scored(rail=12, road=3, power_plant=None, settlement=40, water=5, gateway=1500)
    why = explain("facts:1", frame, MODEL).table
    assert why.index.tolist() == [c.name for c in MODEL.criteria]
    assert list(why) == [
        "label",
        "distance_km",
        "value",
        "weight",
        "points",
        "measured_to",
        "reason",
        "source",
        "gain",
    ]
    assert why["points"].sum() == pytest.approx(frame["score"].iloc[0])
    assert why["weight"].sum() == pytest.approx(1.0)
    assert why.loc["rail", "distance_km"] == 12
    assert why.loc["rail", "value"] == pytest.approx(2 ** (-12 / 50))
    assert why.loc["power_plant", ["distance_km", "value", "points"]].isna().all()
    assert why.loc["road", "source"] == "judgement"
    assert "trunk" in str(why.loc["road", "measured_to"])


def test_a_row_a_label_and_an_id_mean_the_same() -> None:
    frame = scored(rail=12)
    by_label = explain("facts:1", frame, MODEL).table
    pd.testing.assert_frame_equal(by_label, explain("facts:one", frame, MODEL).table)
    pd.testing.assert_frame_equal(by_label, explain(frame.iloc[0], frame, MODEL).table)


def test_who_is_not_there_cannot_be_explained() -> None:
    frame = scored(rail=12)
    with pytest.raises(
        SettingsError, match="no deposit is called 'facts:9'; did you mean facts:one"
    ):
        explain("facts:9", frame, MODEL)
    with pytest.raises(ScoreError, match="no rows are called 9, expected one"):
        explain(9, frame, MODEL)
    with pytest.raises(ScoreError, match="there is no model to explain by"):
        explain("facts:1", frame)
    with pytest.raises(ScoreError, match="2 rows are called 'facts:1'"):
        explain("facts:1", pd.concat([frame, frame]), MODEL)
    with pytest.raises(ScoreError, match="the row has no value_road"):
        explain("facts:1", frame.drop(columns="value_road"), MODEL)
    with pytest.raises(ScoreError, match="the row has no dist_railway_km"):
        strengths_and_weaknesses(frame.drop(columns="dist_railway_km").iloc[0], MODEL)


@pytest.mark.parametrize(
    ("distances", "words"),
    [
        (
            {
                "rail": 12,
                "road": 3,
                "power_plant": 60,
                "settlement": 30,
                "water": 15,
                "gateway": 900,
            },
            ("railway 12 km, road 3 km, settlement 30 km", "none"),
        ),
        (
            {
                "rail": 240,
                "road": 3,
                "power_plant": None,
                "settlement": 49.6,
                "water": 4.4,
                "gateway": 500,
            },
            (
                "road 3 km, settlement 50 km, gateway 500 km",  # water has no weight
                "railway 240 km; power plant unknown",
            ),
        ),
        (
            {
                "rail": 1240.4,
                "road": 80,
                "power_plant": 300,
                "settlement": None,
                "water": None,
                "gateway": None,
            },
            (
                "none",
                "railway 1,240 km, road 80 km, power plant 300 km; settlement and gateway unknown",
            ),
        ),
        (
            {
                "rail": 0.0,
                "road": 0.44,
                "power_plant": math.inf,
                "settlement": 1.2,
                "water": None,
                "gateway": None,
            },
            (
                "railway under 0.1 km, road 0.4 km, settlement 1 km",
                "power plant out of reach; gateway unknown",
            ),
        ),
        (
            dict.fromkeys(["rail", "road", "power_plant", "settlement", "water", "gateway"]),
            ("none", "railway, road, power plant, settlement and gateway unknown"),
        ),
    ],
)
def test_strengths_and_weaknesses(
    distances: dict[str, float | None], words: tuple[str, str]
) -> None:
    assert strengths_and_weaknesses(scored(**distances).iloc[0], MODEL) == words


def test_a_criterion_without_weight_is_not_spoken_of() -> None:
    frame = scored(power_line=None)
    assert "power line" not in " ".join(strengths_and_weaknesses(frame.iloc[0], MODEL))
    grid = MODEL.with_variant("power_lines")
    assert strengths_and_weaknesses(scored(grid, power_line=None).iloc[0], grid)[1].endswith(
        "; power line unknown"
    )


def test_a_veto_comes_first() -> None:
    rail = Criterion("rail", "dist_railway_km", Exponential(50), 1.0, label="railway")
    model = ScoreModel((rail,), vetoes=(Veto("dist_railway_km", 500, "no railway in reach"),))
    assert strengths_and_weaknesses(scored(model, rail=600.0).iloc[0], model) == (
        "none",
        "no railway in reach; railway 600 km",
    )


def test_an_assumed_value_is_still_called_unknown() -> None:
    rail = Criterion("rail", "dist_railway_km", Exponential(50), 1.0, label="railway", missing=0.8)
    model = ScoreModel((rail,))
    assert strengths_and_weaknesses(scored(model, rail=None).iloc[0], model) == (
        "none",
        "railway unknown",
    )


# What would change it

TWO = ScoreModel(
    (
        Criterion("rail", "dist_railway_km", Exponential(50), 0.6, label="railway"),
        Criterion("road", "dist_road_km", Exponential(15), 0.4, label="road"),
    )
)


def two_scored(
    model: ScoreModel, *rows: tuple[float | None, float | None], names: str = "abcdef"
) -> pd.DataFrame:
    table = pd.DataFrame(
        list(rows),
        columns=["dist_railway_km", "dist_road_km"],
        dtype=np.float64,
        index=list(names[: len(rows)]),
    )
    return table.join(score(table, model))


@pytest.mark.parametrize("aggregate", list(METHODS))
def test_the_gain_is_what_scoring_anew_gives(aggregate: str) -> None:
    model = replace(TWO, aggregate=aggregate)
    rows = [(150.0, 30.0), (50.0, 60.0), (200.0, None)]
    frame = two_scored(model, *rows)
    for i, name in enumerate("abc"):
        why = explain(name, frame, model).table
        for j, criterion in enumerate(("rail", "road")):
            moved = [list(row) for row in rows]
            moved[i][j] = 0.0
            again = two_scored(model, *map(tuple, moved))  # type: ignore[arg-type]
            expected = again.loc[name, "score"] - frame.loc[name, "score"]
            assert why.loc[criterion, "gain"] == pytest.approx(expected, abs=1e-9)


def test_points_and_gains_of_a_sum_make_the_weight() -> None:
    frame = scored(rail=12, road=3, power_plant=60, settlement=40, water=5, gateway=1500)
    why = explain("facts:1", frame, MODEL).table
    np.testing.assert_allclose(why["points"] + why["gain"], 100 * why["weight"], atol=1e-9)


def test_without_a_score_there_is_no_gain() -> None:
    assert explain("a", two_scored(TWO, (None, None)), TWO).table["gain"].isna().all()


def test_a_gain_may_lift_a_veto() -> None:
    model = replace(TWO, vetoes=(Veto("dist_road_km", 100, "no road within 100 km"),))
    why = explain("a", two_scored(model, (50, 200)), model).table
    assert why["gain"].tolist() == [0.0, pytest.approx(70.0)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [(50, 15), (100, 30), (0, 0)],
            "a scores 50 of 100, rank 2 of 3. Strengths: railway 50 km (30 points) and road 15 km "
            "(20 points). Weaknesses: none. Largest possible gain: railway nearby (80 points, rank 2).",
        ),
        (
            [(0, None), (0, 0)],
            "a scores 100 of 100, rank 1 of 2. Strengths: railway under 0.1 km (100 points). "
            "Weaknesses: none. Unknown: road. No single criterion would raise the score.",
        ),
        (
            [(500, None), (100, 100)],
            "a scores 0 of 100, rank 2 of 2. Strengths: none. Weaknesses: railway 500 km (100 points "
            "lost). Unknown: road. Largest possible gain: railway nearby (100 points, rank 1).",
        ),
        ([(None, None), (1, 1)], "a has no score: railway and road unknown."),
        (
            [(60, 45), (60, 1)],
            "a scores 31 of 100, rank 2 of 2. Strengths: none. Weaknesses: road 45 km (35 points lost) "
            "and railway 60 km (34 points lost). Largest possible gain: road nearby (66 points, rank 1).",
        ),
        (
            [(math.inf, 0), (50, 0)],
            "a scores 40 of 100, rank 2 of 2. Strengths: road under 0.1 km (40 points). Weaknesses: "
            "railway out of reach (60 points lost). Largest possible gain: railway nearby "
            "(100 points, rank 1).",
        ),
    ],
)
def test_the_sentence(rows: list[tuple[float | None, float | None]], words: str) -> None:
    assert explain("a", two_scored(TWO, *rows), TWO).sentence == words


def test_the_sentence_of_what_is_ruled_out() -> None:
    model = replace(TWO, vetoes=(Veto("dist_road_km", 100, "no road within 100 km"),))
    assert explain("a", two_scored(model, (50, 200), (60, 60)), model).sentence == (
        "a is excluded and scores 0 of 100: no road within 100 km. "
        "Largest possible gain: road nearby (70 points, rank 1)."
    )


def test_under_topsis_the_others_move_too() -> None:
    model = replace(TWO, aggregate="topsis")
    words = explain("b", two_scored(model, (20, 20), (90, 10), (10, 90)), model).sentence
    assert words.startswith("b scores ")
    assert "railway 90 km" in words
    assert words.endswith(", rank 1).")


def test_a_row_a_label_and_an_id_are_described_alike() -> None:
    frame = scored(rail=12)
    words = explain("facts:1", frame, MODEL).sentence
    assert (
        words
        == explain("facts:one", frame, MODEL).sentence
        == explain(frame.iloc[0], frame, MODEL).sentence
    )
    with pytest.raises(SettingsError, match="no deposit is called 'facts:9'"):
        explain("facts:9", frame, MODEL)


def test_a_name_and_an_alias_mean_the_deposit_too() -> None:
    frame = scored(rail=12).assign(name="Kutessay II", aliases="Kutessai-2;Кутессай II")
    by_id = explain("facts:one", frame, MODEL).sentence
    for word in ("Kutessay II", " kutessay ii", "KUTESSAI-2", "кутессай ii"):
        assert explain(word, frame, MODEL).sentence == by_id
    with pytest.raises(
        SettingsError, match=r"no deposit is called 'Kutesay II'; did you mean Kutessay II"
    ):
        explain("Kutesay II", frame, MODEL)


@pytest.mark.parametrize("aggregate", list(METHODS))
def test_the_sentence_ranks_among_the_given_rows(aggregate: str) -> None:
    """Candidates and hosts in one table: compared with the candidates, ranked within its own."""
    model = replace(TWO, aggregate=aggregate)
    table = pd.DataFrame(
        {
            "dist_railway_km": [10.0, 60.0, 5.0, 90.0],
            "dist_road_km": [20.0, 9.0, 5.0, 50.0],
            "role": ["candidate", "candidate", "host", "host"],
            "name": ["A", "B", "C", None],
        },
        index=["x:1", "x:2", "x:3", "x:4"],
    )
    candidates = table["role"] == "candidate"
    scores = table.join(score(table, model, compared=candidates))
    alone = table[candidates].join(score(table[candidates], model))
    for label in ("x:1", "x:2"):
        assert (
            explain(label, scores, model, ranked=candidates, compared=candidates).sentence
            == explain(label, alone, model).sentence
        )
        why = explain(label, scores, model, compared=candidates).table
        pd.testing.assert_frame_equal(why, explain(label, alone, model).table)
    host = explain("x:3", scores, model, ranked=~candidates, compared=candidates).sentence
    assert host.startswith("C scores ") and "rank 1 of 2" in host
    nameless = explain("x:4", scores, model, ranked=~candidates, compared=candidates).sentence
    assert nameless.startswith("x:4 scores ") and "rank 2 of 2" in nameless


@pytest.mark.parametrize("aggregate", list(METHODS))
def test_table_and_sentence_tell_what_carries_what_holds_back_and_what_would_change(
    aggregate: str,
) -> None:
    model = replace(TWO, aggregate=aggregate)
    table = pd.DataFrame(
        {"dist_railway_km": [2.0, 80.0, 40.0], "dist_road_km": [70.0, 3.0, 20.0]},
        index=["by rail", "by road", "between"],
    )
    scores = table.join(score(table, model))
    why = explain("by rail", scores, model).table
    assert list(why.columns) == [
        "label",
        "distance_km",
        "value",
        "weight",
        "points",
        "measured_to",
        "reason",
        "source",
        "gain",
    ]
    assert why["points"].idxmax() == "rail"
    assert why["gain"].idxmax() == "road"
    words = explain("by rail", scores, model).sentence
    carried, held, change = (
        words.split("Strengths: ")[1]
        .replace("Weaknesses: ", "|")
        .replace("Largest possible gain: ", "|")
        .split("|")
    )
    assert carried.startswith("railway 2 km (")
    assert held.startswith("road 70 km (")
    assert change.startswith("road nearby (")


def test_an_explanation_has_table_and_sentence_and_shows_both_escaped() -> None:
    frame = two_scored(TWO, (50, 200)).rename(index={"a": "<img src=x>"})
    why = explain("<img src=x>", frame, TWO)
    assert str(why) == why.sentence
    shown = why._repr_html_()
    assert "&lt;img src=x&gt; scores" in shown
    assert "<img" not in shown
    assert shown.count("<tr") == 1 + len(TWO.criteria)


def test_a_sentence_gives_the_interval_of_the_rank_where_there_is_one() -> None:
    frame = two_scored(TWO, (50, 200), (150, 300)).assign(rank_p5=1, rank_p95=[2, None])
    assert "rank 1 of 2 (90 % interval 1-2)." in explain("a", frame, TWO).sentence
    assert "interval" not in explain("b", frame, TWO).sentence


def test_in_the_table_of_a_run_ranks_are_among_the_ranked_of_the_same_role() -> None:
    frame = two_scored(TWO, (50, 200), (10, 20), (1, 1), (150, 300)).assign(
        role=["candidate", "context", "by_product_host", "candidate"], rank_in_role=[1, None, 1, 2]
    )
    assert "rank 1 of 2." in explain("a", frame, TWO).sentence
    assert "rank 1 of 1." in explain("c", frame, TWO).sentence
    topsis = replace(TWO, aggregate="topsis")
    compared = frame["role"] == "candidate"
    run = frame.drop(columns=score(frame, TWO).columns)
    run = run.join(score(run, topsis, compared=compared))
    pd.testing.assert_frame_equal(
        explain("a", run, topsis).table, explain("a", run, topsis, compared=compared).table
    )


def test_an_upper_limit_is_said_as_one():
    """The layer of roads lacks roads, that of gateways lacks none."""
    model = ScoreModel(
        (
            Criterion("road", "dist_road_km", Exponential(15), 0.5, label="road"),
            Criterion("gateway", "dist_gateway_km", Exponential(1000), 0.5, label="gateway"),
        )
    )
    table = pd.DataFrame(
        {"dist_road_km": [99.0], "dist_gateway_km": [10.0], "upper_limits": ["railway;road"]}
    )
    scored = table.join(score(table, model))
    strengths, weaknesses = strengths_and_weaknesses(scored.iloc[0], model)
    assert (strengths, weaknesses) == ("gateway 10 km", "road at most 99 km")
    assert "road at most 99 km" in explain(0, scored, model).sentence
    without = scored.assign(upper_limits="")
    assert strengths_and_weaknesses(without.iloc[0], model)[1] == "road 99 km"
