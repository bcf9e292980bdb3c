"""Routes and costs of a scenario, on made-up routes whose answer is known."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.crs import distance_m
from geo_ree.studies.scenarios import route_changes
from geo_ree.studies.scenarios.planned_features import read_features
from geo_ree.studies.scenarios.route_changes import COLUMNS, COURSES, compare_routes, draw_courses
from geo_ree.studies.scenarios.scenario_sentences import describe_routes

NONE = dict.fromkeys(("truck_km", "rail_km", "ferry_km", "sea_km", "days_mid", "usd"), np.nan)


def deposits() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": ["d:a", "d:b"], "name": ["Alpha", "Beta"], "country": "KAZ"},
        geometry=[shapely.Point(70, 48), shapely.Point(72, 46)],
        crs=4326,
    )


def planned(line, **properties) -> gpd.GeoDataFrame:
    given = {"lateral_error_km": 10.0, **properties}
    return read_features(line((69.0, 48.0), (71.0, 48.0), **given), "railways")


@pytest.fixture
def made(monkeypatch):
    """Routes by the number of the network: 0 before, 1 as drawn, then the courses; see `costs`."""
    costs: dict[str, list[float | None]] = {}
    asked: list[tuple[int, tuple[str, ...]]] = []
    networks: list[SimpleNamespace] = []

    def with_lines(course):
        networks.append(SimpleNamespace(number=len(networks) + 1, course=course))
        return networks[-1]

    def find(table, network, *, avoid, draws, seed):
        asked.append((network.number, tuple(avoid)))
        rows = []
        for deposit in table["id"]:
            own = costs[deposit]
            usd = own[min(network.number, len(own) - 1)]
            row = NONE if usd is None else dict.fromkeys(NONE, 0.0) | {"rail_km": 10.0 * usd}
            rows.append(
                {"deposit_id": deposit, "corridor": "none" if usd is None else "north"}
                | {"port": "" if usd is None else "Poti", **row, "usd": usd, "days_mid": usd}
            )
        return pd.DataFrame(rows)

    noise = np.random.default_rng(1).uniform(0.5, 2.0, route_changes.DRAWS)
    haulage = lambda rows, draws, seed: rows["usd"].to_numpy(float)[:, None] * noise  # noqa: E731

    def terms(table, *, routes, draws, seed):
        limits = pd.DataFrame({"limit_t_a": [100.0, np.nan]})
        return SimpleNamespace(deposits=limits, haulage=haulage(routes, draws, seed))

    def evaluate(found):
        treo = 4.0 * found.haulage
        return SimpleNamespace(usd_t_treo={"total": treo}, product_t=np.full(treo.shape, 2.0))

    first = SimpleNamespace(number=0, with_lines=with_lines)
    monkeypatch.setattr(route_changes, "load_network", lambda: first)
    monkeypatch.setattr(route_changes, "find_corridors", find)
    monkeypatch.setattr(route_changes, "haulage_draws", haulage)
    monkeypatch.setattr(route_changes, "access_terms", terms)
    monkeypatch.setattr(route_changes, "evaluate", evaluate)
    return SimpleNamespace(costs=costs, asked=asked, networks=networks)


def compared(made, lines, **costs) -> pd.DataFrame:
    made.costs.update({f"d:{name}": list(own) for name, own in costs.items()})
    return compare_routes(deposits(), deposits(), lines, 1)


def test_an_unchanged_route_has_the_same_figures_and_no_chance(made, line):
    found = compared(made, planned(line), a=[200.0], b=[300.0])
    for name in ("km", "days", "usd_t_p10", "usd_t_p90", "access_usd_t_product_p50", "corridor"):
        same = found[f"{name}_before"].rename("x").equals(found[f"{name}_after"].rename("x"))
        assert same, name
    assert (found[["p_route_cheaper", "p_access_cheaper"]] == 0.0).all(axis=None)
    assert any("no route becomes cheaper" in s for s in describe_routes(found))


def test_draws_are_shared_so_a_small_gain_is_sure_where_its_interval_is_wide(made, line):
    found = compared(made, planned(line), a=[200.0, 199.0], b=[300.0]).set_index(["question", "id"])
    alpha = found.loc[("any", "d:a")]
    assert alpha["usd_t_p90_after"] - alpha["usd_t_p10_after"] > 100.0
    assert (alpha["p_route_cheaper"], alpha["p_access_cheaper"]) == (1.0, 1.0)
    assert (alpha["km_before"], alpha["km_after"]) == (2000.0, 1990.0)
    assert found.loc[("any", "d:b"), "p_route_cheaper"] == 0.0


def test_a_gain_by_some_courses_has_their_share_of_the_draws(made, line):
    by_course = [250.0 if number % 2 else 300.0 for number in range(COURSES)]
    found = compared(made, planned(line), a=[300.0, *by_course], b=[300.0])
    alpha = found.set_index("id").loc["d:a"].iloc[0]
    assert alpha["p_route_cheaper"] == pytest.approx(0.4, abs=0.01)
    assert alpha["km_after"] == 3000.0, "the line as drawn"
    assert alpha["usd_t_p50_after"] < alpha["usd_t_p50_before"]
    (sentence, _) = describe_routes(found)
    assert (
        "perhaps cheaper for Alpha (with the line as drawn the route stays north, 3,000" in sentence
    )


def test_a_way_where_there_was_none_is_cheaper_and_none_at_all_is_unknown(made, line):
    found = compared(made, planned(line), a=[None, 100.0], b=[None]).set_index("id")
    alpha, beta = found.loc["d:a"].iloc[0], found.loc["d:b"].iloc[0]
    assert (alpha["corridor_before"], alpha["corridor_after"]) == ("none", "north")
    assert alpha["p_route_cheaper"] == 1.0
    assert np.isnan(beta["p_route_cheaper"]) and np.isnan(beta["usd_t_p50_after"])
    (sentence, _) = describe_routes(found.reset_index())
    assert "By any route, cheaper for Alpha (none to north, unknown to 1,000 km" in sentence


def test_a_sure_gain_and_a_perhaps_are_said_apart(made, line):
    found = compared(made, planned(line), a=[300.0, 250.0], b=[300.0, 300.0, 250.0])
    (sentence, _) = describe_routes(found)
    assert "cheaper for Alpha (north, 3,000 to 2,500 km, 300 to 250 days;" in sentence
    assert "; perhaps cheaper for Beta (" in sentence


def test_cost_per_tonne_of_oxide_needs_a_published_quantity(made, line):
    found = compared(made, planned(line), a=[100.0], b=[100.0]).set_index("id")
    assert found.loc["d:a", "access_usd_t_treo_p50_before"].notna().all()
    assert found.loc["d:b", "access_usd_t_treo_p50_before"].isna().all()
    assert found.loc["d:b", "access_usd_t_product_p50_before"].notna().all()


def test_each_network_is_asked_both_questions_once(made, line):
    found = compared(made, planned(line), a=[100.0], b=[100.0])
    assert found["question"].tolist() == ["any"] * 2 + ["no_chn_rus_irn"] * 2
    assert len(made.networks) == COURSES
    assert len(made.asked) == len(set(made.asked)) == 2 * (1 + COURSES)
    numbers = [number for number, _ in made.asked]
    assert numbers == sorted(numbers), "what a network holds is kept for the second question"
    assert tuple(found.columns) == COLUMNS


def test_a_surveyed_line_has_one_course(made, line):
    compared(made, planned(line, lateral_error_km=0.0), a=[100.0], b=[100.0])
    assert len(made.networks) == 1


def test_a_narrow_gauge_line_and_no_line_give_no_row(made, line):
    nothing_added = gpd.GeoDataFrame({"layer": []}, geometry=[], crs=4326)
    narrow = planned(line, kind="narrow_gauge")
    for lines in (narrow, planned(line).iloc[:0], nothing_added):
        found = compared(made, lines, a=[100.0], b=[100.0])
        assert found.empty and tuple(found.columns) == COLUMNS
        assert list(describe_routes(found)) == []
    assert not made.asked


def test_courses_keep_their_ends_and_stay_within_the_error(line):
    lines = planned(line, lateral_error_km=40.0)
    drawn, *others = draw_courses(lines, 21, seed=3)
    ends = [(69.0, 48.0), (71.0, 48.0)]
    assert list(map(tuple, shapely.get_coordinates(drawn.geometry[0])[[0, -1]])) == ends
    away = []
    for course in others:
        xy = shapely.get_coordinates(course.geometry.iloc[0])
        assert list(map(tuple, xy[[0, -1]])) == ends
        steps = distance_m(*xy[:-1].T, *xy[1:].T) / 1000.0
        assert steps.max() < 1.5 * route_changes.STEP_KM
        middle = xy[len(xy) // 2]
        side = np.sign(middle[1] - 48.0)
        away.append(side * distance_m([70.0], [48.0], [middle[0]], [middle[1]])[0] / 1000.0)
    assert np.abs(away).max() <= 40.5
    strips = np.floor((np.asarray(away) / 40.0 + 1.0) / 2.0 * 21)
    assert sorted(np.unique(strips)) == [n for n in range(21) if n != 10], "one in each strip"


def test_courses_of_a_line_do_not_depend_on_the_other_lines(line):
    lines = planned(line)
    other = lines.set_geometry([shapely.LineString([(69, 44), (71, 44)])], crs=4326)
    both = pd.concat([other, lines], ignore_index=True)
    pairs = zip(draw_courses(lines, 5, 3), draw_courses(both, 5, 3), strict=True)
    for number, (alone, beside) in enumerate(pairs):
        assert alone.geometry.iloc[0].equals(beside.geometry.iloc[1]), number


def test_parts_of_a_line_have_no_published_length_of_their_own(made, line):
    lines = planned(line, length_km=180.0)
    halves = shapely.MultiLineString([[(69, 48), (70, 48)], [(70, 48), (71, 48)]])
    compared(made, lines, a=[100.0], b=[100.0])
    compared(made, lines.set_geometry([halves], crs=4326), a=[100.0], b=[100.0])
    whole, parts = made.networks[0].course, made.networks[COURSES].course
    assert whole["length_km"].tolist() == [180.0]
    assert len(parts) == 2 and parts["length_km"].isna().all()
