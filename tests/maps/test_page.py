import json
import re

import folium
import geopandas as gpd
import pytest
import shapely

from geo_ree.errors import RenderError
from geo_ree.maps import layers, render
from geo_ree.maps.data import line_coordinates, polygon_coordinates, script_json
from geo_ree.maps.style import SCORE_RAMP, score_colour


def test_nothing_in_the_page_asks_the_network(data):
    html = render(data)
    assert not re.search(r"<(script|img|iframe)[^>]*\bsrc=", html.split("<body>")[0])
    assert not re.search(r"<link\b", html)
    assert not re.search(r"@import|url\(\s*['\"]?https?:", html)
    assert not re.search(r"https?://[^\s\"']*(cdn|unpkg|jquery)", html)


def test_text_from_data_never_becomes_markup(data):
    html = render(data)
    assert "<img src=x" not in html
    assert "alert(2)</script>" not in html
    assert "\u2028" not in html


def test_the_data_inside_are_the_data_given(data):
    text = re.search(r'id="geo-ree-data">(.*?)</script>', render(data)).group(1)
    inside = json.loads(text)
    by_id = {d["id"]: d for d in inside["deposits"]}
    assert by_id["a"]["score"] == 61.5
    assert by_id["b"]["name"] == data.scored["name"][1]
    assert "dist_power_line_km" not in by_id["a"]
    assert "rank" not in by_id["d"]
    assert inside["unranked"][0]["name"] == "Kuirektykol"
    assert inside["unsure"] == {"railways": 1}


def test_without_countries_there_is_no_page(data):
    bare = {k: v for k, v in data.layers.items() if k != "countries"}
    changed = type(data)(**{**vars(data), "layers": bare})
    with pytest.raises(RenderError, match="no countries to draw; give the layer countries"):
        render(changed)


def test_every_layer_is_a_feature_group(data):
    for name in ("countries", "railways", "settlements"):
        assert isinstance(getattr(layers, name)(data.layers[name]), folium.FeatureGroup)
    assert not layers.context(data.scored).show
    assert layers.deposits(data.scored).show


def test_lines_are_clipped_joined_and_rounded():
    frame = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(39, 45), (41, 45)]), shapely.LineString([(41, 45), (43, 45)])],
        crs=4326)  # fmt: skip
    assert line_coordinates(frame) == [[45.0, 40.0, 45.0, 43.0]]
    assert line_coordinates(frame.iloc[:0]) == []


def test_shared_borders_stay_shared(data):
    first, second = polygon_coordinates(data.layers["countries"])
    assert first["country"], second["country"] == ("KAZ", "CHN")
    assert len(first["rings"]) == 1


def test_colours_rise_with_the_score():
    assert [score_colour(low) for low, _ in SCORE_RAMP] == [c for _, c in SCORE_RAMP]
    assert score_colour(100.0) == SCORE_RAMP[-1][1]


def test_json_in_a_script_closes_nothing():
    for text in ("</script>", "<!--", "a & b", "\u2028\u2029"):
        inside = script_json([text])
        assert not set("<>&\u2028\u2029") & set(inside)
        assert json.loads(inside) == [text]
