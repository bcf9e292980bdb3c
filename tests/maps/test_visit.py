"""The site-visit sheet and the KML that the page makes by itself."""

from xml.etree import ElementTree as ET

import pytest
from pyproj import Geod

from geo_ree.maps import render
from tests.maps.conftest import written

pytestmark = pytest.mark.browser
KML = {"k": "http://www.opengis.net/kml/2.2"}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def page(data, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    return path


def test_the_button_opens_a_sheet_of_the_best(page, visit):
    seen = visit(page)
    seen.page.click("#visit-tools button")
    assert seen.page.inner_text("#visit-sheet h2").startswith("Site visit: Kutessay II, ")
    text = seen.page.inner_text("#visit-sheet")
    assert "42.86° N, 76.12° E" in text
    assert "42° 51′ 36″ N" in text
    assert "± 2.0 km" in text
    assert "Border zone: unknown" in text
    rows = seen.value("[...document.querySelectorAll('#visit-sheet tr')].map(r => r.innerText)")
    assert any(r.startswith("airport") and "unknown" in r for r in rows)
    assert any(r.startswith("road") and "about 12 km (10–14): Kemin (KGZ), OSM" in r for r in rows)
    assert seen.trouble == []
    assert seen.asked == [page.as_uri()]


def test_the_sheet_of_the_page_names_the_worst_flags(starter_page, visit):
    seen = visit(starter_page[1])
    label = seen.value("geoRee.ranked('candidate')[0].id")
    seen.page.evaluate(f"geoRee.visitSheet([{label!r}])")
    flags = starter_page[0].tables["flags"]
    (stop,) = flags.loc[(flags["deposit_id"] == label) & (flags["severity"] == "stop"), "fact"]
    sheet = seen.page.inner_text("#visit-sheet")
    assert stop.split(";")[0].removesuffix(".") in sheet


def test_a_surveyed_position_keeps_its_metres(data, tmp_path, visit):
    path = tmp_path / "surveyed.html"
    scores = data["tables"]["scores"].assign(position_error_m=30.0)
    tables = {**data["tables"], "scores": scores}
    path.write_text(render(**{**data, "tables": tables}), encoding="utf-8")
    seen = visit(path)
    seen.page.click("#visit-tools button")
    assert "± 30 m" in seen.page.inner_text("#visit-sheet")
    assert seen.trouble == []


def test_choosing_and_closing_work_from_the_keyboard(page, visit):
    seen = visit(page)
    seen.page.focus("#visit-tools button")
    seen.page.keyboard.press("Enter")
    assert seen.value("document.activeElement.textContent") == "Close"
    assert seen.value("document.querySelector('#panel').inert") is True
    box = seen.page.locator("#visit-choice input[value=b]")
    box.focus()
    seen.page.keyboard.press("Space")
    assert seen.page.inner_text("#visit-sheet h2") == "Site visit: Kutessay II"
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("#visit").count() == 0
    assert seen.value("document.querySelector('#panel').inert") is False
    assert seen.value("document.activeElement.textContent") == "Site visit sheet"


def test_the_sheet_speaks_russian_and_follows_weights_and_filters(page, visit):
    seen = visit(page)
    seen.page.evaluate("geoRee.set({language: 'ru', filters: {text: 'kutessay'}})")
    assert seen.page.inner_text("#visit-tools button") == "Полевой лист"
    assert seen.value("geoRee.visitSheet()") == 1
    text = seen.page.inner_text("#visit")
    assert (
        text.count("Кутессай II") >= 3
        and "Kutessay" not in text
        and "Пограничная зона: неизвестно" in text
    )
    where = text[text.index("около 12 км (10–14)") :].splitlines()[0]
    assert where == "около 12 км (10–14): Кемин (KGZ), OSM"
    assert "61,5 из 100" in seen.value("geoRee.kmlText(['a'])")
    assert seen.value("geoRee.untranslated") == []
    seen.page.keyboard.press("Escape")
    seen.page.evaluate("geoRee.set({language: 'en'})")
    assert seen.page.inner_text("#visit-tools button") == "Site visit sheet"
    assert seen.trouble == []


def test_hostile_names_do_not_run_on_the_sheet(page, visit):
    seen = visit(page)
    assert seen.value("geoRee.visitSheet(['b'])") == 1
    seen.page.wait_for_timeout(100)
    assert HOSTILE in seen.page.inner_text("#visit-sheet h2")
    assert seen.page.locator("#visit img").count() == 0
    assert seen.trouble == []


def test_an_unplaced_deposit_is_not_on_the_sheet(page, visit):
    assert visit(page).value("geoRee.visitSheet(['u', 'a', 'nothing'])") == 1


def test_the_print_is_the_sheet_alone(page, visit):
    seen = visit(page)
    seen.page.evaluate("geoRee.visitSheet(['a'])")
    seen.page.emulate_media(media="print")
    assert seen.page.is_visible("#visit-sheet")
    for hidden in ("#panel", ".folium-map", ".visit-bar", "#visit-choice"):
        assert not seen.page.is_visible(hidden)
    assert seen.page.pdf(format="A4")[:5] == b"%PDF-"


def test_trips_are_as_in_python(page, visit):
    import numpy as np

    from geo_ree.studies.visits import group_trips

    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(70, 78, 22), rng.uniform(40, 44, 22)
    lon[20:], lat[20:] = (51.0, 110.0), (43.0, 50.0)
    places = [{"longitude": x, "latitude": y} for x, y in zip(lon, lat, strict=True)]
    seen = visit(page)
    orders = seen.page.evaluate(
        "places => geoRee.trips(places).map(t => t.map(d => places.indexOf(d)))", places
    )
    trips = group_trips(lon, lat)
    assert [sorted(o) for o in orders] == [sorted(t.places) for t in trips]
    assert [o[0] for o in orders] == [t.places[0] for t in trips]
    few = seen.page.evaluate(
        "places => geoRee.trips(places).map(t => t.map(d => places.indexOf(d)))", places[:5]
    )
    for order, trip in zip(few, group_trips(lon[:5], lat[:5]), strict=True):
        assert order in (list(trip.places), [trip.places[0], *trip.places[:0:-1]])


def test_deposits_of_one_ore_field_are_one_trip_as_for_the_command(page, visit):
    import numpy as np

    from geo_ree.deposits.districts import FIELD_KM
    from geo_ree.studies.visits import group_trips

    steps = np.cumsum([0, 0.99 * FIELD_KM, 300, 0.5 * FIELD_KM, 300]) * 1000
    lon, lat, _ = Geod(ellps="WGS84").fwd([60.0] * 5, [42.0] * 5, [90.0] * 5, steps)
    field = ["A", "A", "B", "B", "B"]  # the last shares a name only: no field is 300 km wide
    sites = [
        {"longitude": x, "latitude": y, "district": f}
        for x, y, f in zip(lon, lat, field, strict=True)
    ]
    seen = visit(page)
    on_page = seen.page.evaluate(
        "sites => geoRee.trips(sites).map(t => t.map(d => sites.indexOf(d)))", sites
    )
    command = group_trips(lon, lat, within_km=1.0, districts=field)
    assert on_page == [list(trip.places) for trip in command] == [[0, 1], [2, 3], [4]]
    seen.page.evaluate("geoRee.byId.a.district = 'Aktyuz'; geoRee.visitSheet(['a'])")
    text = seen.page.inner_text("#visit-sheet")
    assert "so do those of one ore field" in text
    assert "ore field or group of mines\tAktyuz" in text
    assert seen.trouble == []


def test_straight_lines_agree_with_karney(page, visit):
    geod, seen = Geod(ellps="WGS84"), visit(page)
    for lon1, lat1, lon2, lat2 in (
        (76, 42, 76.5, 42.2),
        (51, 43.7, 110, 49),
        (60, 35, 60, 55),
        (60, 35, 60, 35),
    ):
        got = seen.page.evaluate(
            "p => geoRee.straightKm({longitude: p[0], latitude: p[1]}, {longitude: p[2], latitude: p[3]})",
            [lon1, lat1, lon2, lat2],
        )
        assert got == pytest.approx(geod.inv(lon1, lat1, lon2, lat2)[2] / 1000, abs=0.05)


def test_the_kml_is_downloaded_whole_and_escaped(page, visit, tmp_path):
    seen = visit(page)
    seen.page.evaluate("geoRee.visitSheet(['a', 'b'])")
    with seen.page.expect_download() as waiting:
        seen.page.click(".visit-bar button:nth-child(2)")
    assert waiting.value.suggested_filename == "visit.kml"
    waiting.value.save_as(tmp_path / "visit.kml")
    root = ET.parse(tmp_path / "visit.kml").getroot()
    marks = root.findall(".//k:Placemark", KML)
    assert [m.findtext("k:name", namespaces=KML)[:11] for m in marks] == [
        "Kutessay II",
        HOSTILE[:11],
    ]
    assert marks[0].findtext("k:Point/k:coordinates", namespaces=KML) == "76.12,42.86"
    texts = [d.text for d in root.iter(f"{{{KML['k']}}}description")]
    assert "A &amp; B &lt;i&gt;" in texts[0]
    assert "61.5 of 100, rank 1 (90 % of the simulations: 1 to 2)" in texts[1]
    assert not any("<img" in t for t in texts)
    assert seen.trouble == []


def test_a_strict_policy_stops_none_of_it(page, visit):
    """No style attribute and no handler in markup: what the policy of the page forbids."""
    policy = (
        "default-src 'none'; script-src-elem 'unsafe-inline'; script-src-attr 'none'; "
        "style-src-elem 'unsafe-inline'; style-src-attr 'none'; img-src data:"
    )
    mark = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    page.write_text(
        page.read_text(encoding="utf-8").replace("<head>", "<head>" + mark, 1), encoding="utf-8"
    )
    seen = visit(page)
    seen.trouble.clear()  # of the other assets
    seen.page.click("#visit-tools button")
    seen.page.click("#visit-choice label:last-child")
    with seen.page.expect_download() as waiting:
        seen.page.click(".visit-bar button:nth-child(2)")
    assert waiting.value.failure() is None
    assert seen.trouble == []
    assert seen.value("getComputedStyle(document.querySelector('#visit')).position") == "fixed"


def test_control_characters_do_not_break_the_kml(data, tmp_path, visit):
    scores = data["tables"]["scores"]
    scores["name"] = scores["name"].where(scores["id"] != "a", "x\x01\x00\u202ey")
    seen = visit(written(data, tmp_path))
    root = ET.fromstring(seen.page.evaluate("geoRee.kmlText(['a'])"))
    assert root.findtext(".//k:Placemark/k:name", namespaces=KML) == "x\u202ey"
