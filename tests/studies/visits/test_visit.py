"""What a visit needs: known figures with their errors, and unknown said to be unknown."""

import html
import re
from dataclasses import replace
from itertools import pairwise, permutations
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from geo_ree.errors import SettingsError
from geo_ree.studies.visits import group_trips, plan_visit, render_sheet, round_trip, write_visit
from geo_ree.studies.visits.trips import distances_km

KUTESSAY, AKTYUZ, KUNDYBAI = (
    f"starter_deposits:{n}" for n in ("kutessay-ii", "aktyuz", "kundybai")
)
HOSTILE = "<img src=x onerror=alert(1)></style><script>alert(2)</script>"


@pytest.fixture(scope="module")
def result(starter_run):
    return starter_run.result


@pytest.fixture(scope="module")
def plan(result):
    return plan_visit(result, ["Kutessay II", "aktyuz", KUNDYBAI])


def _with_layer(result, name, layer):
    layers = {**result.layers.frames, name: layer}
    return replace(result, layers=replace(result.layers, frames=layers))


def test_names_and_ids_find_the_deposits_in_the_order_given(plan):
    assert plan.sites["id"].tolist() == [KUTESSAY, AKTYUZ, KUNDYBAI]
    assert [t.places for t in plan.trips] == [(0, 1), (2,)]
    assert repr(plan) == "<VisitPlan: 3 deposits, 2 trips>"
    assert "Kutessay II" in plan._repr_html_() and "trip 2: 0 km" in plan._repr_html_()


def test_deposits_of_one_ore_field_are_one_trip_however_short_the_steps(result):
    plan = plan_visit(result, ["Kutessay II", "aktyuz", KUNDYBAI], within_km=0.1)
    assert plan.sites["district"].tolist()[:2] == ["Aktyuz", "Aktyuz"]
    assert [t.places for t in plan.trips] == [(0, 1), (2,)]
    sheet = render_sheet(plan)
    assert "or in one ore field" in sheet and "<th>Ore field</th><td>Aktyuz</td>" in sheet
    apart = group_trips([76.1, 77.0], [42.8, 42.8], within_km=1.0, districts=["A", "A"])
    assert len(apart) == 2  # 73 km: a field is not that large
    assert len(group_trips([76.1, 76.2], [42.8, 42.8], within_km=1.0, districts=[None, None])) == 2


def test_a_wrong_name_gets_the_likely_ones(result):
    with pytest.raises(SettingsError, match=r"'Kutesay II'; did you mean .*Kutessay II"):
        plan_visit(result, ["Kutesay II"])


def test_a_deposit_without_a_coordinate_is_no_place_to_go_to(result):
    with pytest.raises(SettingsError, match="no available source gives 'Kuirektykol' a coordinate"):
        plan_visit(result, ["Kuirektykol"])


def test_several_deposits_of_one_name_are_listed(result):
    table = result.table.assign(name="Same", role="candidate")
    with pytest.raises(SettingsError, match=r"deposits are called 'same'; name one of starter"):
        plan_visit(replace(result, tables={**result.tables, "scores": table}), ["same"])


def test_without_a_source_of_airports_the_nearest_is_unknown(result):
    frames = {name: f for name, f in result.layers.frames.items() if name != "airports"}
    without = replace(result, layers=replace(result.layers, frames=frames))
    plan = plan_visit(without, [KUTESSAY])
    assert plan.sites["dist_airport_km"].isna().all()
    assert "geo-ree fetch ourairports" in render_sheet(plan)


def test_the_nearest_airport_is_measured_and_named(result):
    airports = gpd.GeoDataFrame(
        {
            "id": ["a:1", "a:2", "a:3"],
            "source_id": "ourairports",
            "code": ["ZZ01", None, None],
            "name": ["Made-up", "Made-up Hospital", "Far"],
            "country": ["KAZ", "KGZ", "KGZ"],
            "kind": ["small", "heliport", "large"],
        },
        geometry=[shapely.Point(77, 43), shapely.Point(76.1, 42.9), shapely.Point(70, 40)],
        crs=4326,
    )
    plan = plan_visit(_with_layer(result, "airports", airports), [KUTESSAY])
    row = plan.sites.iloc[0]
    expected = Geod(ellps="WGS84").inv(row["longitude"], row["latitude"], 77, 43)[2] / 1000
    assert row["dist_airport_km"] == pytest.approx(expected, abs=0.1)
    assert row["err_airport_km"] == row["position_error_m"] / 1000
    assert row["near_airport"] == "Made-up (KAZ), ZZ01, ourairports"
    assert re.search(rf"about {expected:,.0f} km \([\d,]+–[\d,]+\)", render_sheet(plan))


def test_the_nearest_airport_of_the_starter_has_its_iata_code(plan, result):
    airports = result.layers.frames["airports"]
    for site in plan.sites.to_dict("records"):
        away = Geod(ellps="WGS84").inv(
            np.full(len(airports), site["longitude"]),
            np.full(len(airports), site["latitude"]),
            airports.geometry.x,
            airports.geometry.y,
        )[2]
        best = airports.iloc[away.argmin()]
        assert site["dist_airport_km"] == pytest.approx(away.min() / 1000, abs=0.01)
        assert f"IATA {best['iata']}, " in site["near_airport"]


def test_a_closed_airport_is_none_even_with_a_code(result):
    airports = gpd.GeoDataFrame(
        {
            "source_id": "own",
            "code": None,
            "iata": ["AAA", "BBB", None],
            "name": ["Closed", "Open", "Field"],
            "country": "KGZ",
            "kind": ["closed", "unknown", "unknown"],
        },
        geometry=[shapely.Point(76.1, 42.8), shapely.Point(74.5, 43.1), shapely.Point(76.1, 42.7)],
        crs=4326,
    )
    plan = plan_visit(_with_layer(result, "airports", airports), [KUTESSAY])
    assert plan.sites.loc[0, "near_airport"] == "Open (KGZ), IATA BBB, own"


def test_legacy_tailings_nearby_are_named_with_their_source(plan):
    kutessay, _, kundybai = plan.sites["tailings"]
    assert "Ak-Tyuz tailings, about" in kutessay and "December 1964" in kutessay
    assert "https://www.istc.int/" in kutessay
    assert kundybai == ""
    assert render_sheet(plan).count("Legacy tailings within 30 km") == 2  # Kutessay II and Aktyuz


def test_the_sheet_lists_what_speaks_against_each_deposit(plan, result):
    sheet = html.unescape(render_sheet(plan))
    flags = result.tables["flags"]
    for label in (KUTESSAY, AKTYUZ, KUNDYBAI):
        grave = flags[(flags["deposit_id"] == label) & flags["severity"].isin(["stop", "caution"])]
        assert not grave.empty
        assert all(fact in sheet for fact in grave["fact"])


def test_the_nearest_border_is_that_of_the_layer(plan, result):
    countries = result.layers.frames["countries"].set_index("country").geometry
    row = plan.sites.iloc[0]
    outline = shapely.get_coordinates(countries["KAZ"].segmentize(0.01))
    far = Geod(ellps="WGS84").inv(
        np.full(len(outline), row["longitude"]),
        np.full(len(outline), row["latitude"]),
        outline[:, 0],
        outline[:, 1],
    )[2]
    assert row["near_border"].startswith("Kazakhstan (KAZ), ")
    assert row["dist_border_km"] == pytest.approx(far.min() / 1000, abs=0.5)


def test_the_sheet_gives_both_coordinates_with_their_error(plan):
    sheet = render_sheet(plan)
    site = plan.sites.iloc[0]
    assert f"{site['latitude']:.4f}° N, {site['longitude']:.4f}° E" in sheet
    degrees, minutes, seconds = 42, 51, 40
    assert f"{degrees}° {minutes}′ {seconds}″ N" in sheet
    assert site["latitude"] == pytest.approx(degrees + minutes / 60 + seconds / 3600, abs=1 / 7200)
    assert f"± {site['position_error_m'] / 1000:,.1f} km" in sheet
    surveyed = plan.sites.assign(position_error_m=30.0)
    assert "± 30 m: " in render_sheet(replace(plan, sites=surveyed))
    assert "Border zone: unknown" in sheet
    assert "Season: unknown" in sheet
    nowhere = plan.sites.assign(elevation_m=None, err_elevation_m=None, near_elevation=None)
    blank = render_sheet(replace(plan, sites=nowhere))
    assert '<th>Elevation</th><td><span class="unknown">unknown</span>' in blank


def test_a_known_height_is_shown_with_its_error_and_source(plan):
    sites = plan.sites.assign(elevation_m=1850.4, err_elevation_m=36.0, near_elevation="a model")
    sheet = render_sheet(replace(plan, sites=sites))
    assert "1,850 m ± 36" in sheet
    assert "<small>a model</small>" in sheet


def test_the_sheet_names_its_sources_and_its_run(plan, result):
    sheet = render_sheet(plan)
    assert result.report["run_id"] in sheet
    assert "© OpenStreetMap contributors" in sheet
    assert "GeoNames (CC BY 4.0)" in sheet


def test_hostile_texts_stay_texts(plan):
    sites = plan.sites.assign(
        name=HOSTILE, status=HOSTILE, near_road=HOSTILE, position_basis=HOSTILE
    )
    sheet = render_sheet(replace(plan, sites=sites))
    assert "<script" not in sheet
    assert "<img" not in sheet
    assert sheet.count("</style>") == 1
    assert sheet.count("&lt;img src=x onerror=alert(1)&gt;") > 6


def test_the_files_are_written_together_and_the_kml_has_the_places(plan, tmp_path):
    files = write_visit(plan, tmp_path / "out")
    assert [f.name for f in files] == ["visit.html", "visit.kml"]
    space = {"k": "http://www.opengis.net/kml/2.2"}
    marks = ET.parse(files[1]).getroot().findall(".//k:Placemark", space)
    assert {m.findtext("k:name", namespaces=space) for m in marks} == {
        "Kutessay II",
        "Aktyuz",
        "Kundybai",
    }


@pytest.mark.parametrize("seed", range(5))
def test_up_to_eight_places_get_the_shortest_way_round(seed):
    rng = np.random.default_rng(seed)
    far = distances_km(rng.uniform(60, 80, 7), rng.uniform(38, 50, 7))
    trip = round_trip(far, range(7))
    ways = [(0, *p, 0) for p in permutations(range(1, 7))]
    shortest = min(sum(far[a, b] for a, b in pairwise(w)) for w in ways)
    assert trip.shortest
    assert trip.length_km == pytest.approx(shortest)
    assert trip.places[0] == 0


def test_many_places_get_a_way_without_crossings_worth_undoing():
    rng = np.random.default_rng(3)
    far = distances_km(rng.uniform(60, 80, 30), rng.uniform(38, 50, 30))
    trip = round_trip(far, range(30))
    assert not trip.shortest
    assert sorted(trip.places) == list(range(30))
    order = trip.places
    for i in range(1, 30):
        for j in range(i + 1, 31):
            other = (*order[:i], *order[i:j][::-1], *order[j:])
            length = sum(far[a, b] for a, b in zip(other, (*other[1:], other[0]), strict=True))
            assert length >= trip.length_km - 1e-6


def test_a_chain_of_near_steps_is_one_trip_and_a_gap_is_not():
    lon = [70.0, 71.5, 73.0, 80.0]
    assert [t.places for t in group_trips(lon, [45.0] * 4, within_km=150)] == [(0, 1, 2), (3,)]
    assert len(group_trips(lon, [45.0] * 4, within_km=100)) == 4
    assert group_trips([], []) == []


@pytest.mark.browser
def test_the_sheet_opens_quietly_and_prints_on_a4(plan, tmp_path, require):
    from pathlib import Path

    chromium = Path("/usr/bin/chromium")
    require(chromium.exists(), f"{chromium} is missing")
    from playwright.sync_api import sync_playwright

    path, _ = write_visit(plan, tmp_path)
    trouble, asked = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=str(chromium), args=["--headless", "--no-sandbox"]
        )
        page = browser.new_context(offline=True).new_page()
        page.on("console", lambda m: trouble.append(m.text))
        page.on("request", lambda r: asked.append(r.url))
        page.goto(path.as_uri())
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert (
            page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "22.6667px"
        )
        assert page.pdf(prefer_css_page_size=True)[:5] == b"%PDF-"
        browser.close()
    assert trouble == []
    assert asked == [path.as_uri()]
