"""What the page tells of heights, and of what stands behind the ranks."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo_ree.maps.page_values import page_values
from tests.maps.conftest import changed, written


def omitted():
    rows = [
        ("road", "roads", "s", "*", np.nan, "unknown: too short", "short"),
        ("road", "roads", "s", "KAZ", 0.3, "measured on t", "measured"),
        ("road", "roads", "*", "KAZ", 0.3, "product of the rates of 1 sources", "together"),
        ("road", "roads", "*", "MNG", 0.2, "assumed (judgement)", "assumed"),
        ("road", "roads", "*", "*", 0.2, "assumed (judgement)", "assumed"),
    ]
    frame = pd.DataFrame(
        rows, columns=["target", "layer", "source_id", "country", "rate", "basis", "state"]
    )
    return frame.assign(rate_low=frame["rate"] / 2, rate_high=frame["rate"] * 2)


def with_uncertainty(data):
    weights = pd.DataFrame({"rail": [0.25, np.nan, 0.5]}, index=["a", "b", "c"])
    moved = [
        {
            "kind": "weight",
            "criterion": "rail",
            "total": 0.36,
            "total_conf": 0.1,
            "weight": 0.25,
            "weight_needed": 0.75,
            "new_leader": "b",
        },
        {"kind": "kilometres", "criterion": "rail", "total": 0.1234, "total_conf": None},
    ]
    shares = pd.DataFrame([[0.996, 0.004], [0.004, 0.996]], index=["a", "b"], columns=[1, 2])
    return changed(
        data,
        central_weights=weights,
        influence=pd.DataFrame(moved),
        omission=omitted(),
        acceptability=shares,
    )


def uncertainty_values(**tables):
    land = gpd.GeoDataFrame({"country": [], "name": []}, geometry=[], crs=4326)
    tables["scores"] = pd.DataFrame(columns=["id", "role", "rank_in_role"])
    return page_values(tables, {"countries": land}, (), {})["uncertainty"]


def rows(seen, heading):
    script = (
        "([...document.querySelectorAll('#method h3')].find(h => h.textContent === "
        f"'{heading}').nextElementSibling.nextElementSibling)"
    )
    return seen.value(f"[...{script}.querySelectorAll('tbody tr')].map(r => r.innerText)")


def test_of_the_omission_what_was_compared_is_kept():
    kept = uncertainty_values(omission=omitted())["omission"]
    at = [kept["columns"].index(name) for name in ("source_id", "country", "rate")]
    assert [[row[i] for i in at] for row in kept["rows"]] == [
        ["s", "*", None],
        ["*", "KAZ", 0.3],
        ["*", "*", 0.2],
    ]


def test_without_a_run_the_tables_are_empty():
    assert uncertainty_values() == {
        "central_weights": {"columns": ["id"], "rows": []},
        "influence": [],
        "omission": {"columns": [], "rows": []},
    }


@pytest.mark.browser
def test_the_method_says_what_to_believe_what_moves_and_what_is_left_out(data, tmp_path, visit):
    seen = visit(written(with_uncertainty(data), tmp_path))
    seen.page.evaluate("document.getElementById('method-box').open = true")
    believed = rows(seen, "Weights under which it leads")
    assert [r.split() for r in believed] == [
        ["Kutessay", "II", "100", "%", "25", "%"],
        ["Melovoye", "by-product", "host", "under", "1", "%", "50", "%"],
    ]
    moves = rows(seen, "What moves the ranking")
    assert moves[0].startswith("weight: railway\t0.36 ± 0.10\t75 % instead of 25 %: <img")
    assert moves[1].split("\t")[:2] == ["distances: railway", "0.12"]
    left = [" ".join(r.split()) for r in rows(seen, "Lines missing from the maps")]
    assert left == [
        "Main roads A source unknown unknown: too short",
        "Main roads Kazakhstan all sources 30 % 15 % to 60 % product of the rates of 1 sources",
        "Main roads all sources 20 % 10 % to 40 % assumed (judgement)",
    ]
    seen.page.evaluate("geoRee.set({language: 'ru'})")
    assert "допущение (экспертная оценка)" in rows(seen, "Линии, которых нет на картах")[2]
    assert rows(seen, "Что меняет места")[0].startswith("вес: железная дорога")
    assert seen.value("geoRee.untranslated") == []
    assert seen.trouble == []


@pytest.mark.browser
def test_without_them_the_method_has_no_such_headings(data, tmp_path, visit):
    seen = visit(written(data, tmp_path))
    assert seen.page.locator("#method h3").count() == 0


@pytest.mark.browser
def test_heights_stand_in_the_dossier_and_the_unknown_is_said(data, tmp_path, visit):
    scored = data["tables"]["scores"].assign(
        elevation_m=[2166.4, np.nan, 10.0, 10.0, 10.0],
        err_elevation_m=[136.2, np.nan, 1, 1, 1],
        near_elevation="heights, 5 arc-minutes",
        terrain_cell_m=9256.7,
        slope_deg=np.nan,
        climb_railway_m=np.nan,
    )
    seen = visit(written(changed(data, scores=scored), tmp_path))
    seen.page.evaluate("() => { geoRee.open('a'); }")
    text = " ".join(seen.page.inner_text("#dossier .terrain").split())
    assert text.startswith("Elevation 2,166 m ± 136 assumed")
    assert "Unknown: slope" in seen.page.inner_text("#dossier .terrain + .unknown")
    assert "heights, 5 arc-minutes; cells of 9.3 km. Slope, ruggedness" in (
        " ".join(seen.page.inner_text("#dossier").split())
    )
    seen.page.evaluate("() => { geoRee.open('b'); }")
    assert "Unknown: elevation" in seen.page.inner_text("#dossier .terrain + .unknown")
    seen.page.evaluate("() => { geoRee.set({language: 'ru'}); }")
    assert "Неизвестно: высота" in seen.page.inner_text("#dossier .terrain + .unknown")
    assert seen.value("geoRee.untranslated") == []
    assert seen.trouble == []


@pytest.mark.browser
def test_without_heights_there_is_no_terrain(data, tmp_path, visit):
    seen = visit(written(data, tmp_path))
    seen.page.evaluate("() => { geoRee.open('a'); }")
    assert seen.page.locator("#dossier .terrain").count() == 0


@pytest.mark.browser
def test_labels_of_the_lines_lie_under_no_control(starter_page, visit):
    for size in ((390, 844), (1440, 900)):
        seen = visit(starter_page[1], *size)
        seen.page.evaluate("() => { geoRee.open(geoRee.ranked('candidate')[0].id); }")
        over = seen.value(
            "[...document.querySelectorAll('.measure')].filter(m => m.style.visibility === 'visible')"
            ".map(m => m.getBoundingClientRect()).filter(a => [...document.querySelectorAll("
            "'.folium-map .leaflet-control')].map(c => c.getBoundingClientRect()).some(b => b.width "
            "&& a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length"
        )
        assert over == 0
        assert seen.page.locator(".measure").count() >= 5
