"""The page's own scoring beside Python's, in the browser."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree import uncertainty
from geo_ree.maps import render
from geo_ree.maps.style import score_colour
from geo_ree.scoring import (
    Criterion,
    Exponential,
    Linear,
    Logistic,
    ScoreModel,
    Step,
    Veto,
    score,
)
from geo_ree.settings import AGGREGATES

pytestmark = pytest.mark.browser

ROWS = 48
DECAYS = (
    Exponential(50),
    Linear(200),
    Logistic(100, 20),
    Step((10, 50), (1.0, 0.6, 0.0)),
    Exponential(10),
)
COLUMNS = ("dist_railway_km", "dist_road_km", "dist_water_km", "dist_settlement_km", "slope_deg")


def model(aggregate, weights=(0.3, 0.25, 0.2, 0.15, 0.1), *, name=None):
    criteria = tuple(
        Criterion(f"c{i}", column, decay, weight, missing=0.3 if i == 3 else "unknown")
        for i, (column, decay, weight) in enumerate(zip(COLUMNS, DECAYS, weights, strict=True))
    )
    vetoes = (Veto("dist_road_km", 260, "no road"), Veto("slope_deg", 0.5, "flat", op="<="))
    return ScoreModel(criteria, vetoes=vetoes, aggregate=aggregate, name=name or aggregate)


def distances(rng, *, gaps=0.2):
    table = pd.DataFrame(
        {c: rng.uniform(0, 300, ROWS).round(3) for c in COLUMNS[:4]}, index=range(ROWS)
    )
    table["slope_deg"] = rng.uniform(0, 20, ROWS)  # no distance: shipped whole
    if gaps:
        table = table.mask(rng.random(table.shape) < gaps)
        table.iloc[0] = np.nan  # nothing known
        table.iloc[1, 0] = np.inf  # out of reach
        table.iloc[2] = 0.0
    return table


def page_of(table, models, path):
    roles = np.where(np.arange(len(table)) % 6 == 5, "by_product_host", "candidate")
    points = score(table, models[0])
    frame = pd.DataFrame(
        {
            "id": [f"d{i}" for i in range(len(table))],
            "name": [f"Deposit {i}" for i in table.index],
            "role": roles,
            "country": "KAZ",
            "longitude": 60.0,
            "latitude": 45.0,
            "score": points["score"],
        }
    ).join(table)
    ranks = frame["score"].groupby(frame["role"]).rank(ascending=False, method="first")
    frame["rank_in_role"] = ranks.astype("Int64")
    frame["rank_p5"], frame["rank_p95"] = frame["rank_in_role"], frame["rank_in_role"]
    frame["geometry"] = gpd.points_from_xy(frame["longitude"], frame["latitude"])
    land = gpd.GeoDataFrame(
        {"country": ["KAZ"], "name": ["Kazakhstan"]},
        geometry=[shapely.box(50, 42, 85, 55)],
        crs=4326,
    )
    page = render(
        {"scores": frame},
        layers={"countries": land},
        models=[m.to_dict() for m in models],
        report={"seed": 7},
    )
    path.write_text(page, encoding="utf-8")
    return frame


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("scores") / "map.html"
    table = distances(np.random.default_rng(11))
    page_of(table, [model(a) for a in AGGREGATES], path)
    return table, path


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    path = tmp_path_factory.mktemp("complete") / "map.html"
    table = distances(np.random.default_rng(12), gaps=0.0).clip(1, 250)
    frame = page_of(table, [model(a) for a in AGGREGATES], path)
    return table, frame, path


def numbers(seen, script):
    """A script's numbers; NaN, which JSON does not know, as null."""
    return np.array(
        [
            np.nan if v is None else v
            for v in json.loads(
                seen.page.evaluate(
                    f"JSON.stringify(Array.from({script}, v => isNaN(v) ? null : v))"
                )
            )
        ],
        dtype=float,
    )


def weight_sets(rng):
    yield from (rng.dirichlet(np.ones(5)) * 10 ** rng.uniform(-3, 3) for _ in range(6))
    for only in range(5):
        yield np.eye(5)[only]
    yield np.array([1.0, 0.0, 0.0, 2.0, 0.0])


def test_a_column_in_metres_and_one_of_a_raster_score_alike_in_the_page(tmp_path, visit):
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {"climb_railway_m": rng.uniform(0, 900, 9), "raster_height": rng.uniform(-40, 400, 9)}
    )
    both = ScoreModel(
        (
            Criterion("climb", "climb_railway_m", Exponential(0.3), 0.5),
            Criterion("height", "raster_height", Logistic(100, 60), 0.5, unit="m"),
        )
    )
    page_of(table, [both], tmp_path / "map.html")
    seen = visit(tmp_path / "map.html")
    seen.page.evaluate("window.out = geoRee.scoring.score(geoRee.models[0], [1, 2]); 0")
    expected = score(table, both.with_weight("height", 1.0))["score"]
    np.testing.assert_allclose(numbers(seen, "out.score"), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_scores_in_the_page_are_those_of_python(made, visit, aggregate):
    table, path = made
    seen = visit(path)
    at = AGGREGATES.index(aggregate)
    checked = 0
    for weights in weight_sets(np.random.default_rng(3)):
        expected = score(table, model(aggregate, weights))
        seen.page.evaluate(
            f"window.out = geoRee.scoring.score(geoRee.models[{at}], {weights.tolist()}); 0"
        )
        found = numbers(seen, "out.score")
        np.testing.assert_allclose(found, expected["score"].to_numpy(), rtol=0, atol=1e-9)
        np.testing.assert_allclose(
            numbers(seen, "out.unknown"), expected["unknown_weight_pct"], rtol=0, atol=1e-9
        )
        struck = numbers(seen, "out.vetoed").astype(bool)
        assert (struck == expected["veto"].notna()).all()
        checked += np.isfinite(found).sum()
    assert checked > 300
    assert seen.trouble == []


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_points_in_the_page_are_those_of_python(made, visit, aggregate):
    table, path = made
    seen = visit(path)
    at = AGGREGATES.index(aggregate)
    for weights in weight_sets(np.random.default_rng(4)):
        expected = score(table, model(aggregate, weights))
        for j in range(5):
            script = f"geoRee.scoring.points(geoRee.models[{at}], {weights.tolist()})[{j}]"
            np.testing.assert_allclose(
                numbers(seen, script), expected[f"points_c{j}"].to_numpy(), rtol=0, atol=1e-9
            )


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_ranks_follow_the_scores_within_each_role(made, visit, aggregate):
    table, path = made
    seen = visit(path)
    weights = {f"c{i}": w for i, w in enumerate((5.0, 0.0, 1.0, 3.0, 0.5))}
    seen.page.evaluate(f"geoRee.set({{model: '{aggregate}', weights: {json.dumps(weights)}}})")
    found = pd.DataFrame(
        seen.value(
            "geoRee.deposits.map(d => [d.role, geoRee.scoreOf(d) ?? null, "
            "geoRee.rankOf(d) ?? null])"
        ),
        columns=["role", "score", "rank_in_role"],
    )
    expected = score(table, model(aggregate, tuple(weights.values())))["score"]
    np.testing.assert_allclose(found["score"].astype(float), expected, rtol=0, atol=1e-9)
    ranks = expected.groupby(found["role"].to_numpy()).rank(ascending=False, method="first")
    assert found["rank_in_role"].astype("Float64").tolist() == ranks.astype("Float64").tolist()


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_intervals_of_chosen_weights_are_those_of_python_with_all_else_held(
    complete, visit, aggregate
):
    table, frame, path = complete
    weights = (0.1, 0.4, 0.2, 0.05, 0.25)
    kept = frame["score"].notna()
    sure = uncertainty(
        table[kept], model(aggregate, weights), None, groups=frame.loc[kept, "role"], draws=1000
    )
    drawn = sure.table
    seen = visit(path)
    chosen = {f"c{i}": w for i, w in enumerate(weights)}
    seen.page.evaluate(f"geoRee.set({{model: '{aggregate}', weights: {json.dumps(chosen)}}})")
    seen.until("geoRee.intervalOf(geoRee.deposits[0]).basis === 'page'")
    found = pd.DataFrame(seen.value("geoRee.deposits.map(d => geoRee.intervalOf(d))"))[kept]
    assert (found["draws"] == 1000).all()
    for name in ("rank_p5", "rank_p95"):
        apart = (found[name].to_numpy() - drawn[name].astype(float).to_numpy()).astype(float)
        assert np.abs(apart).max() <= 2
        assert np.abs(apart).mean() < 0.5
    assert np.abs(found["p_top3"].to_numpy() - drawn["p_top3"].to_numpy()).max() < 0.07
    for name in ("score_p5", "score_p95"):
        assert np.abs(found[name].to_numpy() - drawn[name].to_numpy()).max() < 2.0
    assert (found["rank_p5"] <= found["rank_p95"]).all()
    assert found["rank_p95"].max() > found["rank_p5"].min()
    ahead = seen.value(
        "geoRee.deposits.map((d, i) => (geoRee.rivalsOf(d) ?? [])"
        ".map(one => [i, geoRee.rowOf(one.d), one.ahead])).flat()"
    )
    shown = {(frame.index[i], frame.index[j]): p for i, j, p in ahead}
    assert shown
    pairs = sure.pairwise.set_index(["a", "b"])["p_a_above_b"].to_dict()
    pairs |= {(b, a): 1 - p for (a, b), p in pairs.items()}
    assert max(abs(pairs[pair] - p) for pair, p in shown.items()) < 0.07
    assert all(0.05 < p < 0.95 for p in shown.values())
    assert {pair for pair, p in pairs.items() if 0.12 < p < 0.88} <= set(shown)


def test_the_same_weights_draw_the_same_intervals(complete, visit):
    seen = visit(complete[2])
    script = "JSON.stringify(geoRee.deposits.map(d => geoRee.intervalOf(d)))"
    shown = []
    for _ in range(2):
        seen.page.evaluate("geoRee.set({model: 'weighted_sum', weights: {c0: 1, c1: 2}})")
        seen.until("geoRee.intervalOf(geoRee.deposits[0]).basis === 'page'")
        shown.append(seen.page.evaluate(script))
        seen.page.evaluate("geoRee.set({model: 'weighted_sum'})")
    assert shown[0] == shown[1]


def test_the_weights_of_the_run_bring_back_its_own_ranks_and_intervals(made, visit):
    seen = visit(made[1])
    script = "geoRee.deposits.map(d => [geoRee.rankOf(d) ?? null, geoRee.intervalOf(d).basis])"
    before = seen.value(script)
    seen.page.evaluate("geoRee.set({model: 'topsis', weights: {c4: 1}})")
    assert seen.value(script) != before
    seen.page.evaluate("geoRee.set({model: 'weighted_sum'})")
    assert seen.value(script) == before
    assert {basis for _, basis in before} == {"run"}


def test_weights_that_are_all_zero_leave_the_last_scores_with_a_warning(made, visit):
    seen = visit(made[1])
    seen.page.evaluate("geoRee.set({model: 'weighted_sum', weights: {c0: 1}})")
    script = "geoRee.deposits.map(d => [geoRee.scoreOf(d) ?? null, geoRee.rankOf(d) ?? null])"
    before = seen.value(script)
    assert not seen.page.is_visible("#weights-warning")
    seen.page.evaluate("geoRee.set({weights: {c0: 0}})")
    assert seen.value(script) == before
    assert "All weights are zero" in seen.page.inner_text("#weights-warning")
    seen.page.evaluate("geoRee.set({weights: {c1: 1}})")
    assert not seen.page.is_visible("#weights-warning")
    assert seen.value(script) != before


def test_colours_follow_the_score_in_force(made, visit):
    table, path = made
    seen = visit(path)
    seen.page.evaluate("geoRee.set({model: 'weighted_sum', weights: {c1: 1}})")
    expected = score(table, model("weighted_sum", (0, 1, 0, 0, 0)))["score"].fillna(0.0)
    rows = seen.value(
        "[...document.querySelectorAll('#ranking tr.row')].map(r => "
        "[Number(r.dataset.id.slice(1)), r.querySelector('.dot').style.background])"
    )
    assert len(rows) > 20
    for row, colour in rows:
        wanted = score_colour(float(expected[row]))
        rgb = ", ".join(str(int(wanted[i : i + 2], 16)) for i in (1, 3, 5))
        assert colour == f"rgb({rgb})"


def test_a_page_without_a_model_offers_no_weights(visit, tmp_path, data):
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    seen = visit(path)
    assert not seen.page.is_visible("#weights-box")
    assert seen.value("geoRee.deposits.map(d => geoRee.scoreOf(d))")[0] == 61.5
    assert seen.value("geoRee.ranked('candidate').map(d => d.id)") == ["a", "b"]
    assert seen.trouble == []
