from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geo_ree.errors import ScoreError
from geo_ree.scoring import (
    Criterion,
    Exponential,
    ScoreModel,
    Veto,
    explain,
    load_preset,
    score,
    strengths_and_weaknesses,
    uncertainty,
)

GOOD = """
schema_version = "1.0"
name = "mine"
[criteria.rail]
column = "dist_railway_km"
decay = { kind = "exponential", half_km = 50 }
weight = 1
"""

AGREED = {  # name: column, half-distance, weight without and with grid lines
    "rail": ("dist_railway_km", 50, 0.30, 0.25),
    "road": ("dist_road_km", 15, 0.25, 0.20),
    "power_line": ("dist_power_line_km", 40, 0.0, 0.25),
    "power_plant": ("dist_power_plant_km", 75, 0.15, 0.0),
    "settlement": ("dist_settlement_km", 50, 0.15, 0.10),
    "water": ("dist_water_km", 20, 0.0, 0.0),
    "gateway": ("dist_gateway_km", 1000, 0.05, 0.05),
}

EVERY = pytest.mark.parametrize("preset", ["bulk", "infrastructure", "remote_small"])


def preset_with(tmp_path: Path, text: str, name: str = "mine.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def complaint(tmp_path: Path, text: str) -> str:
    path = preset_with(tmp_path, text)
    with pytest.raises(ScoreError) as caught:
        load_preset(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_infrastructure_is_the_agreed_table() -> None:
    model = load_preset("infrastructure")
    grid = model.with_variant("power_lines")
    found = {
        c.name: (c.column, c.value.half_km, c.weight, g.weight)  # type: ignore[attr-defined]
        for c, g in zip(model.criteria, grid.criteria, strict=True)
    }
    assert found == AGREED
    assert all(isinstance(c.value, Exponential) for c in model.criteria)
    assert model.title == "infrastructure access score"
    for variant, whole in zip(model.variants, (0.90, 0.85), strict=True):
        assert sum(variant.weights) == pytest.approx(whole, abs=1e-12)
        assert variant.reason


@EVERY
def test_every_weight_and_half_distance_has_reason_and_source(preset: str) -> None:
    model = load_preset(preset)
    for criterion in (*model.criteria, *model.optional):
        for text in (
            criterion.label,
            criterion.measured_to,
            criterion.reason,
            criterion.source,
            criterion.decay_reason,
            criterion.decay_source,
        ):
            assert text
            assert "\n" not in text
        assert "judgement" in criterion.source or "(20" in criterion.source
        assert "judgement" in criterion.decay_source or "(20" in criterion.decay_source


@EVERY
def test_presets_share_columns_and_have_whole_sets_of_weights(preset: str) -> None:
    """So that one table of distances serves them all, with the grid known or not."""
    model = load_preset(preset)
    assert model.name == preset
    assert {c.name: c.column for c in model.criteria} == {n: row[0] for n, row in AGREED.items()}
    assert [v.name for v in model.variants] == ["default", "power_lines"]
    for variant in model.variants:
        assert sum(model.with_variant(variant.name).shares) == pytest.approx(1.0, abs=1e-12)
        assert variant.reason
    power = {c.name: c.weight for c in model.criteria if c.name.startswith("power")}
    grid = {c.name: c.weight for c in model.with_variant("power_lines").criteria}
    assert power["power_line"] == 0 < power["power_plant"]
    assert grid["power_plant"] == 0 < grid["power_line"]


def test_presets_say_what_they_are_for() -> None:
    """Rail decides for a bulk operation, the road for a small one far out."""
    rail_only = {"rail": 5.0, "road": 120.0, "settlement": 150.0}
    road_only = {"rail": 400.0, "road": 2.0, "settlement": 40.0}
    rows = [
        {c: km.get(name, 30.0) for name, (c, *_) in AGREED.items()} for km in (rail_only, road_only)
    ]
    table = pd.DataFrame(rows, index=["on the railway", "on the road"])
    best = {p: score(table, load_preset(p))["score"].idxmax() for p in ("bulk", "remote_small")}
    assert best == {"bulk": "on the railway", "remote_small": "on the road"}


def test_the_grid_counts_once_any_line_is_known() -> None:
    model = load_preset("infrastructure")
    columns = {column: [10.0, 20.0] for column, *_ in AGREED.values()}
    table = pd.DataFrame(columns).assign(dist_power_line_km=[None, None])
    without = score(table, model.choose(table))
    assert without["unknown_weight_pct"].tolist() == [0.0, 0.0]
    assert without["points_power_line"].tolist() == [0.0, 0.0]
    known = table.assign(dist_power_line_km=[None, 40.0])
    assert model.choose(known).variant == "power_lines"
    grid = score(known, model.choose(known))
    # 0.25 of 0.85: water has no weight, and the others keep theirs
    assert grid["unknown_weight_pct"].tolist() == pytest.approx([25.0 / 0.85, 0.0])
    assert grid["points_power_line"].iloc[1] == pytest.approx(12.5 / 0.85)
    assert grid["points_power_plant"].tolist() == [0.0, 0.0]


@EVERY
def test_the_climb_plays_no_part_until_it_is_known(preset: str) -> None:
    model = load_preset(preset)
    (climb,) = model.optional
    assert (climb.name, climb.column, climb.unit_km) == ("climb", "climb_railway_m", 0.001)
    columns = {column: [10.0, 20.0] for column, *_ in AGREED.values()}
    table = pd.DataFrame(columns).assign(dist_power_line_km=[None, None])
    without = score(table, model.choose(table))
    unknown = table.assign(climb_railway_m=[None, None])
    assert model.choose(unknown) == model.choose(table)
    pd.testing.assert_frame_equal(score(unknown, model.choose(unknown)), without)
    assert "value_climb" not in without

    known = table.assign(climb_railway_m=[0.0, 1000.0])
    chosen = model.choose(known)
    assert [c.name for c in chosen.criteria] == [*AGREED, "climb"]
    assert chosen.optional == ()
    assert chosen.shares[-1] == pytest.approx(
        climb.weight / (sum(c.weight for c in model.criteria) + climb.weight)
    )
    points = score(known, chosen)
    assert points["value_climb"].tolist() == [1.0, 0.5]
    share = chosen.shares[-1]
    expected = (1 - share) * without["score"] + 100 * share * points["value_climb"]
    assert points["score"].tolist() == pytest.approx(expected.tolist())


def test_the_climb_joins_whatever_set_of_weights_is_in_force() -> None:
    model = load_preset("infrastructure")
    columns = {column: [10.0, 20.0] for column, *_ in AGREED.values()}
    table = pd.DataFrame(columns).assign(climb_railway_m=[300.0, None])
    grid = model.choose(table)
    assert grid.variant == "power_lines"
    weights = {c.name: c.weight for c in grid.criteria}
    assert weights["power_line"] == 0.25
    assert weights["climb"] == 0.10
    assert grid.with_variant("default").criteria[-1].weight == 0.10
    assert grid.choose(table) == grid
    points = score(table, grid)
    assert points["unknown_weight_pct"].tolist() == pytest.approx([0.0, 100 * 0.10 / 0.95])
    assert points["value_climb"].isna().tolist() == [False, True]


def test_the_uncertainty_of_a_climb_moves_the_ranks_and_its_absence_moves_nothing() -> None:
    columns = {column: [10.0, 10.0] for column, *_ in AGREED.values()}
    table = pd.DataFrame(columns, index=["low", "high"]).assign(climb_railway_m=[800.0, 900.0])
    model = load_preset("infrastructure").choose(table)
    sure = uncertainty(table, model, None, draws=200).table
    assert sure.loc["low", ["rank_p5", "rank_p95"]].tolist() == [1, 1]

    def sample(rng, draws):
        return {
            "climb_railway_m": table["climb_railway_m"].to_numpy()
            + rng.uniform(-400, 400, (draws, 2))
        }

    vague = uncertainty(table, model, sample, draws=200).table
    assert vague.loc["low", ["rank_p5", "rank_p95"]].tolist() == [1, 2]
    flat = table.drop(columns="climb_railway_m")
    before = load_preset("infrastructure")
    pd.testing.assert_frame_equal(
        uncertainty(flat, before.choose(flat), None, draws=200).table,
        uncertainty(flat, before.with_variant("power_lines"), None, draws=200).table,
    )


def test_a_climb_is_given_in_metres() -> None:
    model = load_preset("infrastructure")
    columns = {column: [10.0] for column, *_ in AGREED.values()}
    table = pd.DataFrame(columns, index=["x:1"]).assign(climb_railway_m=[2344.0])
    model = model.choose(table)
    scored = table.join(score(table, model))
    assert explain("x:1", scored, model).table.loc["climb", "distance_km"] == pytest.approx(2.344)
    assert "climb to the railway 2,340 m" in strengths_and_weaknesses(scored.iloc[0], model)[1]
    assert "climb to the railway 2,340 m" in explain("x:1", scored, model).sentence
    flat = scored.assign(climb_railway_m=0.0)
    flat = flat[["climb_railway_m", *columns]].join(score(flat, model))
    assert strengths_and_weaknesses(flat.iloc[0], model)[1].count("climb") == 0
    with pytest.raises(ScoreError, match=r"climb_railway_m is -5.*metres in a column ending in _m"):
        score(table.assign(climb_railway_m=-5.0), model)


def test_a_model_from_a_file_equals_one_from_python(tmp_path: Path) -> None:
    text = GOOD + (
        'label = "railway"\nmissing = 0.1\nreason = "why"\nsource = "judgement"\n'
        '[[vetoes]]\ncolumn = "dist_road_km"\nlimit = 300\nreason = "no road"\n'
    )
    path = preset_with(tmp_path, text)
    expected = ScoreModel(
        (
            Criterion(
                "rail",
                "dist_railway_km",
                Exponential(50),
                1.0,
                label="railway",
                missing=0.1,
                reason="why",
                source="judgement",
            ),
        ),
        vetoes=(Veto("dist_road_km", 300, "no road"),),
        name="mine",
        title="mine",
    )
    assert load_preset(path) == load_preset(str(path)) == expected
    assert "veto: dist_road_km > 300: no road" in str(expected)


def test_one_weight_may_serve_all_variants(tmp_path: Path) -> None:
    text = GOOD + (
        '[criteria.road]\ncolumn = "dist_road_km"\n'
        'decay = { kind = "step", limits_km = [10, 50], values = [1, 0.5, 0] }\n'
        "weight = { default = 1, grid = 3 }\n[variants.grid]\nwhen_known = 'dist_power_line_km'\n"
    )
    model = load_preset(preset_with(tmp_path, text))
    assert [c.weight for c in model.criteria] == [1, 1]
    assert [c.weight for c in model.with_variant("grid").criteria] == [1, 3]


def test_printed_it_is_a_small_table() -> None:
    lines = str(load_preset("infrastructure")).splitlines()
    assert lines[0] == "infrastructure access score (infrastructure, weights default)"
    assert lines[2].split() == [
        "rail",
        "33.33",
        "%",
        "halves",
        "every",
        "50",
        "km",
        "dist_railway_km",
    ]
    assert len(lines) == 2 + len(AGREED) + 1
    assert lines[-1] == "when climb_railway_m is known: climb, halves every 1 km"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("weight = 1", "weight = -0.3", "criteria.rail.weight is -0.3: expected greater than or"),
        ("weight = 1", "weight = nan", "criteria.rail.weight is nan: expected a finite number"),
        ("weight = 1", "weight = inf", "criteria.rail.weight is inf: expected a finite number"),
        ("weight = 1", "weight = true", "criteria.rail.weight is True: expected a valid number"),
        ("weight = 1", 'weight = "much"', "criteria.rail.weight is 'much': expected a valid"),
        ("weight = 1", "weight = 0", "criteria: all weights are zero"),
        ("weight = 1", "", "criteria.rail.weight is missing"),
        ("weight = 1", "weight = { grid = 1 }", "criteria.rail.weight.default is missing"),
        (
            "weight = 1",
            "weight = { default = 1, grid = 1 }",
            "criteria.rail.weight.grid belongs to no variant (there are default)",
        ),
        ("weight = 1", "weight = { default = -1 }", "criteria.rail.weight.default is -1"),
        (
            "weight = 1",
            "weight = 1\n[variants.grid]\nwhen = 'x'",
            "variants.grid.when is not a key",
        ),
        (
            "weight = 1",
            "weight = { default = 1, grid = 0 }\n[variants.grid]",
            "criteria: all weights are zero in the variant grid",
        ),
        ("weight = 1", "weight = 1\noptional = true", "criteria: all are optional, expected"),
        ("weight = 1", "weight = 1\noptional = 'yes'", "criteria.rail.optional is 'yes': expected"),
        (
            "weight = 1",
            "weight = 1\n[criteria.climb]\ncolumn = 'climb_railway_m'\noptional = true\n"
            'decay = { kind = "exponential", half_km = 1 }\nweight = { default = 1 }',
            "criteria.climb.weight: an optional criterion has one weight for all variants",
        ),
        (
            "weight = 1",
            "weight = 1\nmissing = 'far'",
            "criteria.rail.missing: 'far'; give \"unknown\" or the value to assume",
        ),
        ("weight = 1", "weight = 1\nmissing = 1.5", "criteria.rail.missing: 1.5; give"),
        ("weight = 1", "weight = 1\ncolour = 'red'", "criteria.rail.colour is not a key"),
        (
            "weight = 1",
            "weight = 1\n[[vetoes]]\ncolumn = 'x'\nlimit = 3",
            "vetoes.0.reason is missing",
        ),
        (
            "weight = 1",
            "weight = 1\n[[vetoes]]\ncolumn = 'x'\nlimit = nan\nreason = 'why'",
            "vetoes.0.limit is nan",
        ),
        ("weight = 1", "weight = 1\n[criteria.rail]", "is not TOML: Cannot declare"),
        ("weight = 1", "weight =", "is not TOML: Invalid value (at line 7"),
        ("half_km = 50", "half_km = -5", "criteria.rail.decay: Exponential: half_km is -5"),
        ("half_km = 50", "half_km = nan", "criteria.rail.decay.half_km is nan"),
        ("half_km = 50", "half = 50", "the exponential decay has no parameter 'half'"),
        (", half_km = 50", "", "criteria.rail.decay: the exponential decay lacks half_km"),
        ("exponential", "gauss", "no decay is called 'gauss'; use one of exponential, linear"),
        ('{ kind = "exponential", half_km = 50 }', "50", "criteria.rail.decay: give a table"),
        ('column = "dist_railway_km"', 'column = ""', "criteria.rail.column is ''"),
        ('column = "dist_railway_km"', "", "criteria.rail.column is missing"),
        ('schema_version = "1.0"', 'schema_version = "9"', "schema_version is '9': expected '1.0'"),
        ('name = "mine"', 'aggregate = "guess"', "aggregate is 'guess': expected 'weighted_sum'"),
        ('name = "mine"', "", "name is missing"),
    ],
)
def test_mistakes_are_named_with_file_and_path(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in GOOD
    assert says in complaint(tmp_path, GOOD.replace(old, new))


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("half_km = 50", "half_km = 0").replace("weight = 1", "weight = -1")
    message = complaint(tmp_path, text + "colour = 1\n[variants.grid]\nwhen_known = 3\n")
    for says in ("half_km is 0", "criteria.rail.weight is -1", "rail.colour", "variants.grid.when"):
        assert says in message


def test_a_flood_of_mistakes_is_cut_short(tmp_path: Path) -> None:
    keys = "\n".join(f"key{i} = {i}" for i in range(20))
    assert "(and 12 more)" in complaint(tmp_path, GOOD + keys)


@pytest.mark.parametrize("text", ["", "criteria = 5", "criteria = { rail = 3 }", "[criteria]"])
def test_a_preset_without_criteria_is_refused(tmp_path: Path, text: str) -> None:
    assert "criteria" in complaint(tmp_path, text)


def test_what_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="no preset or file 'bulk_by_air'; use one of bulk, infra"):
        load_preset("bulk_by_air")
    with pytest.raises(ScoreError, match="cannot be read"):
        load_preset(tmp_path)
    with pytest.raises(ScoreError, match=r"no preset or file .*gone\.toml'; use one of bulk"):
        load_preset(tmp_path / "gone.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(ScoreError, match="not UTF-8 text"):
        load_preset(tmp_path / "latin.toml")


def test_a_wrong_column_names_the_preset(tmp_path: Path) -> None:
    path = preset_with(tmp_path, GOOD.replace("dist_railway_km", "dist_rail_km"))
    with pytest.raises(ScoreError) as caught:
        score(pd.DataFrame({"dist_railway_km": [1.0]}), load_preset(path))
    assert str(caught.value) == (
        f"{path}: criteria.rail.column is 'dist_rail_km', but the table has no such column; "
        "did you mean dist_railway_km?"
    )
