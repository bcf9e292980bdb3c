"""The measured point: its distances are geodesics to what the page draws, by every way to choose it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree import nearest
from geo_ree.crs import GEOD
from geo_ree.maps.style import MEASURES
from tests.maps.test_shapes import unpack

pytestmark = pytest.mark.browser

POINTS = [(42.861, 76.12), (51.994, 60.83), (39.417, 70.733), (47.0, 67.5), (44.118, 104.67)]


@pytest.fixture
def seen(starter_page, visit):
    return visit(starter_page[1], 1440, 900)


def lines_of(payload):
    paths = [unpack(p)[:, ::-1] for p in payload["sure"] + payload["unsure"]]
    return gpd.GeoDataFrame(geometry=[shapely.LineString(p) for p in paths], crs=4326)


def test_the_length_is_that_of_the_geodesic(seen):
    rng = np.random.default_rng(7)
    for _ in range(60):
        lat1, lat2 = rng.uniform(-60, 60, 2)
        lon1, lon2 = rng.uniform(20, 120, 2)
        got = seen.value(f"geoRee.geodesicLength([{lat1}, {lon1}], [{lat2}, {lon2}])")
        assert got == pytest.approx(GEOD.inv(lon1, lat1, lon2, lat2)[2], abs=0.001)
    assert seen.value("geoRee.geodesicLength([42, 70], [42, 70])") == 0


@pytest.mark.parametrize("slug", ["railways", "roads"])
def test_distances_to_lines_are_those_of_python(seen, slug):
    """To the lines as the page has them; over long edges its great ellipses are off by some metres."""
    payload = seen.value(f"geoRee.data.layers.{slug}[1]")
    targets = lines_of(payload)
    points = gpd.GeoSeries([shapely.Point(lon, lat) for lat, lon in POINTS], crs=4326)
    expected = nearest(gpd.GeoDataFrame(geometry=points), targets)["distance_m"]
    for (lat, lon), metres in zip(POINTS, expected, strict=True):
        one = seen.value(
            "(g => { const p = g.data.layers." + slug + "[1]; return g.nearestOnLines("
            f"[{lat}, {lon}], p.sure.concat(p.unsure).map(g.unpack)); }})(geoRee)"
        )
        assert one["m"] == pytest.approx(metres, abs=5.0)
        back = GEOD.inv(lon, lat, one["place"][1], one["place"][0])[2]
        assert back == pytest.approx(one["m"], abs=10.0)


def interval(d, measure):
    """The ends (km) that the page shows of a distance, and whether a nearer feature may exist."""
    km, error = d[f"dist_{measure}_km"], d.get(f"err_{measure}_km") or 0.0
    low, high = km - error, km + error
    if f"unsure_{measure}_km" in d:
        other, more = d[f"unsure_{measure}_km"], d.get(f"err_unsure_{measure}_km") or 0.0
        low, high = min(low, other - more), min(high, other + more)
    return max(0.0, low), high, measure in (d.get("upper_limits") or "").split(";")


def test_a_measured_deposit_has_at_least_the_errors_of_its_dossier(seen):
    """At its rounded place: for each layer the interval holds that of the dossier, "or nearer" as there."""
    compared = 0
    for d in seen.value("geoRee.deposits.filter(d => geoRee.isRanked(d))"):
        lat, lon = round(d["latitude"], 3), round(d["longitude"], 3)
        at = seen.value(f"(geoRee.measurePoint({lat}, {lon}), geoRee.measuredAsDeposit())")
        for measure in MEASURES:
            if d.get(f"dist_{measure}_km") is None:
                continue
            (low, high, nearer), (own_low, own_high, own) = (
                interval(at, measure),
                interval(d, measure),
            )
            where = f"{d['name']}, {measure}: {low}-{high} beside {own_low}-{own_high}"
            assert low <= own_low + 0.01 and high >= own_high - 0.01, where
            assert nearer == own, where
            assert high - low < own_high - own_low + 30.0, where
            compared += 1
    assert compared > 100


def test_the_intervals_hold_off_the_rounded_place_too(seen):
    """The place of a deposit is known to its position error only: so is what is measured within it."""
    for d in seen.value("geoRee.ranked('candidate').slice(0, 3)"):
        for bearing in (20, 140, 260):
            metres = 0.9 * d["position_error_m"]
            lon, lat, _ = GEOD.fwd(d["longitude"], d["latitude"], bearing, metres)
            at = seen.value(f"(geoRee.measurePoint({lat}, {lon}), geoRee.measuredAsDeposit())")
            for measure in ("railway", "road", "power_plant"):
                (low, high, _), (own_low, own_high, _) = interval(at, measure), interval(d, measure)
                assert low <= own_low + 0.01 and high >= own_high - 0.01, (d["name"], measure)


def test_the_gateway_is_that_of_the_choice_in_force(seen):
    choices = seen.value("geoRee.gatewaySets()")
    assert len(choices) > 2
    for choice in choices:
        seen.page.evaluate("name => { geoRee.chooseGateways(name); }", choice)
        for d in seen.value(
            "geoRee.ranked('candidate').slice(0, 16).filter((d, i) => i % 5 === 0)"
        ):
            found = seen.value(
                f"geoRee.measureAt([{d['latitude']}, {d['longitude']}]).find(f => f.measure === 'gateway')"
            )
            assert d["near_gateway"].startswith(found["name"]), (choice, d["name"])
            assert found["km"] == pytest.approx(d["dist_gateway_km"], abs=0.1)


def test_an_open_measurement_follows_the_choice_of_gateways(seen):
    seen.page.evaluate("geoRee.measurePoint(50.142, 62.278)")
    before = seen.page.inner_text(".measured")
    seen.page.evaluate("geoRee.chooseGateways('every exit')")
    after = seen.page.inner_text(".measured")
    assert "Petropavl" not in before
    assert "Gateways: every exit" in after and before != after


def test_a_line_of_uncertain_course_never_has_a_narrow_range(seen):
    """A point in the steppe whose nearest lines are known to 25 km or worse."""
    found = seen.value("geoRee.measurePoint(50.142, 62.278)")
    for one in found:
        for km, error in ([one["km"], one["error"]], one.get("beside") or [0, 99]):
            assert km is None or error > 0.05
        if one.get("unsure"):
            assert one["error"] > 25
        if one.get("beside"):
            assert one["beside"][1] > 25
    assert any(one.get("beside") or one.get("unsure") for one in found)


def test_power_plants_and_towns_are_those_of_the_target(starter_page, seen):
    table = starter_page[0].scores.table
    for _, d in table[table["role"] == "candidate"].iterrows():
        found = seen.value(f"geoRee.measureAt([{d.geometry.y}, {d.geometry.x}])")
        for measure in ("power_plant", "settlement"):
            one = next(f for f in found if f.get("measure") == measure)
            if not np.isnan(d[f"dist_{measure}_km"]):
                assert one["km"] == pytest.approx(d[f"dist_{measure}_km"], abs=0.1)
                assert one["country"] == d["country"]


def test_typed_coordinates_are_measured_and_said_with_names(seen):
    seen.page.click("#measure-point")
    seen.page.fill("input[name=latitude_n]", "42,861")
    seen.page.fill("input[name=longitude_e]", "76.12")
    seen.page.keyboard.press("Enter")
    text = " ".join(seen.page.inner_text(".measured").split())
    assert (
        "nearest feature of each layer in Kyrgyzstan, to gateways of any country, by the rules"
        in text
    )
    assert "within the position error of Kutessay II" in text
    assert "drawn here to about 1 km" in text
    for words in ("railway", "road", "town of 5,000 people or more", "Kemin", "gateway", "water"):
        assert words in text
    assert "planned railway" in text and "being built, about" in text and "away" in text
    assert seen.page.locator(".measure").count() >= 5
    assert seen.trouble == []


def test_a_click_a_context_click_and_the_keyboard_measure(seen):
    frame = seen.value("geoRee.map().getContainer().getBoundingClientRect()")
    x, y = frame["left"] + 0.62 * frame["width"], frame["top"] + 0.3 * frame["height"]
    seen.page.mouse.click(x, y, button="right")
    assert seen.page.is_visible(".measured table")
    first = seen.value("geoRee.measuredPoint()")
    seen.page.keyboard.press("Escape")
    assert not seen.page.is_visible(".measured")
    assert seen.value("geoRee.measuredPoint()") is None
    assert seen.page.locator(".measure").count() == 0
    seen.page.click("#measure-point")
    seen.page.click("#whole-region")
    seen.page.mouse.click(x, y)
    assert seen.value("geoRee.measuredPoint()") is not None
    assert first is not None
    seen.page.keyboard.press("Escape")
    seen.page.focus("#measure-point")
    seen.page.keyboard.press("Enter")
    seen.page.evaluate("() => { geoRee.map().getContainer().focus(); }")
    seen.page.keyboard.press("Enter")
    middle = seen.value("geoRee.measuredPoint()")
    assert middle is not None
    assert seen.value("geoRee.opened()") is None  # a measured mark does not open
    assert seen.trouble == []


@pytest.mark.parametrize(
    ("typed", "words"), [(("10", "70"), "No data here"), (("north", "70"), "decimal degrees")]
)
def test_a_point_without_data_and_a_text_that_is_no_coordinate_are_said(seen, typed, words):
    seen.page.click("#measure-point")
    for name, text in zip(("latitude_n", "longitude_e"), typed, strict=True):
        seen.page.fill(f"input[name={name}]", text)
    seen.page.keyboard.press("Enter")
    assert words in seen.page.inner_text(".measured") + seen.page.inner_text("#note")
    assert seen.page.locator(".measured table").count() == 0
    assert seen.trouble == []


def test_lines_that_are_being_built_are_said_as_such_in_the_dossier(starter_page, seen):
    table = starter_page[0].scores.table
    one = table[table["name"] == "Kyzyl-Ompol"].iloc[0]
    seen.page.evaluate("id => { geoRee.open(id); }", one["id"])
    text = seen.page.inner_text(".dossier .planned")
    assert "Balykchy" in text
    assert "being built, about" in text and "away; not in the score" in text


def test_the_box_of_a_point_at_the_edge_is_whole(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("geoRee.measurePoint(44.84, 73.74)")
    assert (
        seen.value("(b => b.scrollHeight - b.clientHeight)(document.querySelector('.measured'))")
        <= 1
    )
    assert seen.page.locator(".measured").bounding_box()["y"] > 0


def test_labels_keep_off_the_place_and_its_marks(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    for one in seen.value("geoRee.ranked('candidate').slice(0, 4).map(d => d.id)"):
        seen.page.evaluate("id => geoRee.open(id)", one)
        near = seen.value(
            "(g => { const d = g.byId[g.opened()], p = g.map().latLngToContainerPoint([d.latitude, d.longitude]);"
            " return g.measureBoxes().map(b => Math.hypot(Math.max(b[0] - p.x, 0, p.x - b[2]),"
            " Math.max(b[1] - p.y, 0, p.y - b[3]))); })(geoRee)"
        )
        assert len(near) >= 3
        assert min(near) > 40


def test_the_point_is_kept_in_the_link(starter_page, visit, seen):
    seen.page.evaluate("geoRee.measurePoint(41.234, 70.1)")
    seen.until("location.hash.includes('p=41.2')")
    again = visit(starter_page[1], 1440, 900, link=seen.value("location.hash"))
    assert again.value("geoRee.measuredPoint()") == [41.234, 70.1]
    assert again.page.is_visible(".measured table")
    again.page.keyboard.press("Escape")
    again.until("!location.hash.includes('p=')")
