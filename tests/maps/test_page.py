import base64
import hashlib
import re
from itertools import pairwise

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree import Options
from geo_ree.errors import RenderError
from geo_ree.maps import feature_groups as layers
from geo_ree.maps import render
from geo_ree.maps.document import assemble
from geo_ree.maps.packing import columnar, compressed, decompressed, packed, plain
from geo_ree.maps.page_values import rank_shares
from geo_ree.maps.style import OXIDE_SIZES, RING_PX, SCORE_RAMP, TILES, oxide_radius, score_colour
from geo_ree.proximity import load_targets
from tests.maps.conftest import changed


def values(html):
    text = re.search(r'id="geo-ree-data">(.*?)</script>', html).group(1)
    return decompressed(text)


def column(packed):
    if isinstance(packed, dict):
        return [None if at < 0 else packed["words"][at] for at in packed["at"]]
    return packed


def rows(table):
    if "packed" in table:
        columns = [column(c) for c in table["packed"].values()]
        return [dict(zip(table["packed"], row, strict=True)) for row in zip(*columns, strict=True)]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def test_nothing_in_the_page_asks_the_network(data):
    html = render(**data)
    assert not re.search(r"<(script|img|iframe)[^>]*\bsrc=", html.split("<body>")[0])
    assert not re.search(r"<link\b(?![^>]*\bhref=\"data:image/svg)", html)
    assert not re.search(r"@import|url\(\s*['\"]?(?!data:)", html.split("<script")[0])
    assert not re.search(r"url\(\s*['\"]?https?:", html)
    assert not re.search(r"https?://[^\s\"']*(cdn|unpkg|jquery)", html)


def test_text_from_data_never_becomes_markup(data):
    html = render(**data)
    assert "<img src=x" not in html
    assert "alert(2)</script>" not in html
    assert "\u2028" not in html


@pytest.mark.parametrize("text", ["{{ 6 * 7 }}", "{% for i in x %}", "{# gone #}", "{{ 1/0 }}"])
def test_text_from_data_is_never_run_as_a_template(data, text):
    data["layers"]["settlements"]["name"] = text
    data["tables"]["scores"]["name"] = text
    inside = values(render(**data))
    assert rows(inside["layers"]["settlements"][1])[0]["name"] == text
    assert {d["name"] for d in rows(inside["deposits"])} == {text}


def test_the_same_data_give_the_same_page(data):
    assert render(**data) == render(**data)


def test_the_data_inside_are_the_data_given(data):
    inside = values(render(**data))
    by_id = {d["id"]: d for d in rows(inside["deposits"])}
    assert by_id["a"]["score"] == 61.5
    assert by_id["b"]["name"] == data["tables"]["scores"]["name"][1]
    assert "dist_power_line_km" not in by_id["a"]  # nothing known of it anywhere
    assert by_id["d"]["rank_in_role"] is None
    assert rows(inside["unranked"])[0]["name"] == "Kuirektykol"
    assert inside["unsure"] == {"railways": 1}
    assert inside["missing"] == ["water", "roads", "power_lines", "power_plants", "gateways"]


def test_the_headline_counts_the_rows_themselves(data):
    html = render(**changed(data, report={"disclaimer": "d", "ranked": 99, "candidates": 99}))
    assert values(html)["headline"][0][1] == {"ranked": 2, "all": 3}


def test_a_table_that_is_missing_is_a_part_the_page_lacks(data):
    html = render({"scores": data["tables"]["scores"]}, layers=data["layers"], report={})
    assert values(html)["headline"][0][1] == {"ranked": 2, "all": 2}
    html = render({}, layers=data["layers"], report={})
    assert values(html)["headline"][0][1] == {"ranked": 0, "all": 0}


def test_weights_are_drawn_with_the_concentration_of_the_run(data):
    assert values(render(**data))["scoring"]["concentration"] == Options().concentration
    report = {**data["report"], "concentration": 12.5}
    assert values(render(**changed(data, report=report)))["scoring"]["concentration"] == 12.5


def test_without_countries_there_is_no_page(data):
    bare = {k: v for k, v in data["layers"].items() if k != "countries"}
    with pytest.raises(RenderError, match="no countries to draw; give the layer countries"):
        render(**changed(data, layers=bare))


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://example.org/a.png">',
        "<style>@import 'a.css';</style>",
        "<style>p { background: url(a.png) }</style>",
        '<iframe src="a.html"></iframe>',
    ],
)
def test_a_page_that_would_load_something_is_refused(markup):
    html = f"<html><head></head><body>{markup}</body></html>"
    with pytest.raises(RenderError, match="would load from the network"):
        assemble(html, values={}, title="t", chart="c")


def test_a_document_of_another_shape_is_refused():
    with pytest.raises(RenderError, match="has no <head>"):
        assemble("<html><body></body></html>", values={}, title="t", chart="c")


def test_every_layer_is_a_feature_group(data):
    for name in ("countries", "railways", "settlements", "capitals"):
        made = getattr(layers, name)(data["layers"][name if name != "capitals" else "settlements"])
        assert isinstance(made, folium.FeatureGroup)
    assert not layers.context(data["tables"]["scores"]).show
    assert layers.deposits(data["tables"]["scores"]).show


def test_lines_are_drawn_by_how_certain_their_course_is(data):
    lines = data["layers"]["railways"].copy()
    payload = layers.railways(lines).payload
    assert [len(payload[k]) for k in ("sure", "unsure", "building")] == [1, 1, 0]
    payload = layers.railways(lines.assign(kind=["building", "rail"])).payload
    assert [len(payload[k]) for k in ("sure", "unsure", "building")] == [0, 1, 1]


def test_substations_are_points_of_the_power_lines():
    grid = gpd.GeoDataFrame(
        {"kind": ["line", "substation"], "lateral_error_km": 0.0, "name": ["a", "b"]},
        geometry=[shapely.LineString([(70, 45), (72, 46)]), shapely.Point(72, 46)],
        crs=4326,
    )
    payload = layers.power_lines(grid).payload
    assert len(payload["sure"]) == 1
    assert [r["name"] for r in rows(payload["points"])] == ["b"]


def test_small_towns_and_plants_are_left_off(data):
    towns = pd.concat([data["layers"]["settlements"]] * 2, ignore_index=True)
    towns["population"] = [4_999, 5_000]
    targets = load_targets()
    assert len(layers.settlements(towns, targets["settlement"]).payload["rows"]) == 1
    plants = towns.assign(capacity_mw=[49.0, np.nan], kind="operating")
    assert layers.power_plants(plants, targets["power_plant"]).payload["rows"] == []


def test_the_size_that_counts_is_drawn_and_named_as_the_targets_of_the_run_have_it(data):
    towns = pd.concat([data["layers"]["settlements"]] * 2, ignore_index=True)
    towns["population"] = [19_000, 21_000]
    stated = {"settlement": {"layer": "settlements", "label": "x", "at_least": {"population": 2e4}}}
    other = {**data["report"], "targets": stated}
    made = values(
        render(**changed(data, report=other, layers={**data["layers"], "settlements": towns}))
    )
    assert made["measures"]["settlement"][0] == "town of 20,000 people or more"
    assert made["labels"]["settlements"] == "Towns of 20,000 people or more"
    assert len(made["layers"]["settlements"][1]["rows"]) == 1
    usual = values(render(**data))
    assert usual["measures"]["settlement"][0] == "town of 5,000 people or more"
    assert usual["measures"]["power_plant"][0] == "power plant of 50 MW or more"
    assert usual["measures"]["railway"][0] == "railway"


def test_lines_are_grouped_by_country_and_error_and_none_is_lost():
    lines = gpd.GeoDataFrame(
        {
            "name": None,
            "kind": ["rail", "rail", "rail", "building", "disused"],
            "country": ["KAZ", "KAZ", "CHN", "KAZ", "KAZ"],
            "source_id": "x",
            "lateral_error_km": [0.0, 18.0, 40.0, 0.0, 0.0],
        },
        geometry=[shapely.LineString([(70 + i, 45), (70.5 + i, 46)]) for i in range(5)],
        crs=4326,
    )
    payload = layers.railways(lines, target=load_targets()["railway"]).payload
    assert sorted(payload["groups"]["sure"]) == [[1, "KAZ", 0.0], [1, "KAZ", 18.0]]
    assert payload["groups"]["unsure"] == [[1, "CHN", 40.0]]
    for part in ("sure", "unsure"):
        assert sum(n for n, _, _ in payload["groups"][part]) == len(payload[part])
    by_default = layers.railways(lines).payload  # nothing counts where no target says so
    assert {error for _, _, error in by_default["groups"]["sure"]} == {None}


STATED = [
    {"deposit_id": "a", "substance": "ore", "quantity_t": 350e6, "grade_text": "0.96 % REO"},
    {"deposit_id": "a", "substance": "oxide", "quantity_t": 9e6},
    {"deposit_id": "c", "substance": "metal", "quantity_t": 9e6},
]


def test_table_and_symbol_have_the_size_of_the_leading_statement(data):
    stated = pd.DataFrame(STATED).assign(system=["JORC 2004", "state registry", "press"])
    found = values(render(**changed(data, resources=stated)))
    shown = rows(found["resources"])
    assert [row["shown"] for row in shown] == [True, False, True]
    assert [row["oxide_t"] for row in shown] == [3.36e6, 9e6, None]
    assert [row["oxide_figure"] for row in shown] == ["computed", "published", None]
    sizes = {row["id"]: (row["oxide_t"], row["radius_px"]) for row in rows(found["deposits"])}
    assert sizes["a"] == (3.36e6, oxide_radius(3.36e6))
    assert sizes["c"] == (None, RING_PX)


def test_symbols_are_sized_by_class_and_hollow_without_a_statement():
    assert oxide_radius(None) == RING_PX
    assert [oxide_radius(low) for low, _ in OXIDE_SIZES] == [r for _, r in OXIDE_SIZES]
    assert [r for _, r in OXIDE_SIZES] == sorted(r for _, r in OXIDE_SIZES)


def test_colours_follow_the_score_and_darken_at_every_step():
    assert [score_colour(low) for low, _ in SCORE_RAMP] == [c for _, c in SCORE_RAMP]
    assert score_colour(100.0) == SCORE_RAMP[-1][1]
    assert score_colour(14.999) == SCORE_RAMP[0][1]
    light = [
        np.dot((0.2126, 0.7152, 0.0722), [(int(c[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)])
        for _, c in SCORE_RAMP
    ]
    assert all(below > 1.3 * above for below, above in pairwise(light))


def test_plain_values():
    assert [plain(v) for v in (None, pd.NA, pd.NaT, np.nan, np.inf)] == [None] * 5
    assert plain(np.bool_(True)) is True
    assert plain("a\x00b") == "ab"
    assert columnar(pd.DataFrame({"a": [1]}), ["b"]) == {"columns": [], "rows": []}


@pytest.mark.parametrize(
    "text", ["</script>", "<!--", "a & b", "\u2028\u2029", "\ud800", "x" * 10_000]
)
def test_data_in_a_script_close_nothing(text):
    inside = compressed([text])
    assert not set("<>&\"'/ \n") & set(inside) and inside.isascii()
    whole = text.replace("\ud800", "?")  # half a pair of surrogates is no text
    assert decompressed(inside) == [whole]
    assert compressed([text]) == inside


def test_columns_keep_what_they_can_mean():
    table = pd.DataFrame(
        {
            "latitude": [45.1234567],
            "score": [50.123456],
            "dist_x_km": [1.23456],
            "rank_in_role": pd.array([pd.NA], dtype="Int64"),
            "flag": [True],
        }
    )
    table = pd.concat([table, table.assign(rank_in_role=3, flag=None)], ignore_index=True)
    got = packed(table, [*table.columns, "absent"])
    assert got["length"] == 2
    assert {k: column(v) for k, v in got["packed"].items()} == {
        "latitude": [45.12346] * 2,
        "score": [50.1235] * 2,
        "dist_x_km": [1.235] * 2,
        "rank_in_role": [None, 3],
        "flag": [True, None],
    }


def test_a_word_that_comes_again_is_kept_once():
    many = packed(pd.DataFrame({"country": ["KAZ", None, "KAZ", "KAZ"]}), ["country"])
    assert many["packed"]["country"] == {"words": ["KAZ"], "at": [0, -1, 0, 0]}


def test_a_page_of_real_size_stays_below_three_megabytes(data):
    rng = np.random.default_rng(1)
    start = np.column_stack([rng.uniform(42, 118, 25_000), rng.uniform(30, 55, 25_000)])
    ends = start + rng.normal(0, 0.4, start.shape)
    chords = gpd.GeoDataFrame(
        {"kind": ["main"] * len(start), "lateral_error_km": 1.0},
        geometry=list(shapely.linestrings(np.stack([start, ends], axis=1))),
        crs=4326,
    )
    many = pd.concat([data["tables"]["scores"]] * 60, ignore_index=True)
    many["id"] = [f"d{i}" for i in range(len(many))]
    html = render(**changed(data, scores=many, layers={**data["layers"], "roads": chords}))
    assert len(html.encode()) < 3_000_000


def test_the_audit_ties_other_positions_to_the_chosen_one_and_draws_areas():
    places = [shapely.Point(70, 45), shapely.Point(70.5, 45), shapely.Point(70, 45)]
    positions = gpd.GeoDataFrame(
        {
            "record": ["a:1", "b:1", "c:1"],
            "deposit": "a:1",
            "from_chosen_km": [0.0, 39.4, 0.0],
            "verdict": ["chosen", "refuted", "supports"],
        },
        geometry=places,
        crs=4326,
    )
    areas = gpd.GeoDataFrame(
        {"deposit": "a:1", "kind": ["feasible", "country", "admin_area"]},
        geometry=[shapely.box(69, 44, 71, 46), shapely.box(50, 40, 80, 55), None],
        crs=4326,
    )
    drawn = layers.audit(positions, areas)
    assert not drawn.show
    assert len(drawn.payload["unsure"]) == 1  # one at the chosen place needs no tie
    assert len(drawn.payload["areas"]) == 1  # not whole countries, nor what has no polygon
    names = [r["name"] for r in rows(drawn.payload["points"])]
    assert names == [
        "b:1: refuted, 39 km from the chosen position",
        "c:1: supports, 0 km from the chosen position",
    ]


def test_the_policy_allows_the_scripts_and_styles_of_the_page_and_nothing_else(data):
    html = render(**data)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html).group(1)
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    assert rules["default-src"] == ["'none'"]
    assert rules["img-src"] == ["data:", TILES["host"]]
    assert rules["base-uri"] == rules["form-action"] == ["'none'"]
    for kind, attributes in (("script", ""), ("style", "")):
        texts = re.findall(rf"<{kind}{attributes}>(.*?)</{kind}>", html, re.DOTALL)
        hashes = {
            "'sha256-" + base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() + "'"
            for t in texts
        }
        assert set(rules[f"{kind}-src"]) == hashes
        assert len(hashes) >= 5
    assert html.index("Content-Security-Policy") < html.index("<script")
    assert not re.search(r"unsafe|\*", policy)


@pytest.mark.parametrize(
    "markup", ['<b style="color: red">', '<b onclick="f()">', "<svg\nonload=f()>"]
)
def test_code_in_the_markup_is_refused(markup):
    html = f"<html><head></head><body>{markup}</body></html>"
    with pytest.raises(RenderError, match="has code in its markup"):
        assemble(html, values={}, title="t", chart="c")


def test_feet_are_joined_to_their_deposits_and_left_out_where_there_are_none(data):
    feet = pd.DataFrame(
        {"foot_road_lon": [70.123456789], "foot_road_lat": [45.0]}, index=pd.Index(["b"])
    )
    by_id = {d["id"]: d for d in rows(values(render(**changed(data, feet=feet)))["deposits"])}
    assert by_id["b"]["foot_road_lon"] == 70.12346
    assert by_id["a"]["foot_road_lon"] is None
    assert not any(k.startswith("foot_") for k in rows(values(render(**data))["deposits"])[0])


def test_rank_distributions_keep_only_the_ranks_that_occur():
    draws = pd.DataFrame(
        [[0.0, 0.1234, 0.0, 0.8766], [0.0] * 4], index=["a", "b"], columns=[1, 2, 3, 4]
    )
    assert rank_shares(draws) == {"a": [2, [123, 0, 877]]}
    assert rank_shares(pd.DataFrame()) == {}


def test_areas_of_unranked_deposits_keep_their_holes_and_countries_go_by_code():
    ring = shapely.box(60, 45, 64, 49).difference(shapely.box(61, 46, 63, 48))
    areas = gpd.GeoDataFrame(
        {
            "deposit": ["u", "u", "w", "other"],
            "kind": ["feasible", "admin_area", "country", "feasible"],
            "evidence": ["d", "x", "KAZ", "y"],
        },
        geometry=[ring, None, shapely.box(50, 40, 80, 55), ring],
        crs=4326,
    )
    drawn = layers.unranked(areas, pd.DataFrame({"id": ["u", "w"]}))
    assert drawn.show
    (area,) = drawn.payload["areas"]
    assert (area["id"], area["kind"], [len(r) for r in area["polygons"]]) == ("u", "feasible", [2])
    assert ring.contains(shapely.Point(area["label"][::-1]))
    assert drawn.payload["countries"] == {"w": "KAZ"}


def test_imagery_starts_switched_off():
    drawn = layers.tiles()
    assert not drawn.show
    assert drawn.payload["url"].startswith(TILES["host"] + "/")
    assert drawn.payload["attribution"]
