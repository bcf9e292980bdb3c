import pytest

from geo_ree import Options, Settings, pipeline
from geo_ree.maps import render

pytestmark = pytest.mark.browser


@pytest.fixture
def small(data, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(render(data), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    result = pipeline.run(
        Settings(data_root=folder / "data"), Options(draws=50), out=folder / "out"
    )
    return result, folder / "out" / "map.html"


def test_hostile_names_are_shown_and_do_not_run(small, visit):
    seen = visit(small)
    assert seen.trouble == []
    seen.page.evaluate("geoRee.open('b')")
    assert "<img src=x onerror=alert(1)>" in seen.page.inner_text(".leaflet-popup h3")
    seen.page.wait_for_timeout(100)
    assert seen.trouble == []


def test_only_web_addresses_become_links(small, visit):
    seen = visit(small)
    seen.page.evaluate("geoRee.open('a')")
    targets = seen.value("[...document.querySelectorAll('.dossier a')].map(a => a.href)")
    assert targets == ["https://example.org/a?b=1"]


def test_unknown_is_said_not_shown_as_a_number(small, visit):
    seen = visit(small)
    seen.page.evaluate("geoRee.open('a')")
    rows = seen.value("[...document.querySelectorAll('.dossier tr')].map(r => r.innerText)")
    assert any("power line" in r and "unknown" in r for r in rows)
    assert any("railway" in r and "12.3 km ± 2.0" in r for r in rows)


def test_the_real_page_is_quiet_and_asks_for_nothing(real, visit):
    _, path = real
    seen = visit(path)
    assert seen.trouble == []
    assert seen.asked == [path.as_uri()]
    assert path.stat().st_size < 3_000_000


def test_every_candidate_is_drawn_where_it_lies(real, visit):
    result, path = real
    seen = visit(path)
    drawn = seen.value(
        "geoRee.deposits.filter(d => d.role === 'candidate').map(d => "
        "[d.id, geoRee.markers[d.id].getLatLng().lat, geoRee.map().hasLayer(geoRee.markers[d.id])])"
    )
    table = result.table[result.table["role"] == "candidate"]
    expected = sorted(zip(table["id"], table["latitude"].round(3), strict=True))
    assert sorted((i, round(lat, 3)) for i, lat, _ in drawn) == expected
    assert all(there for *_, there in drawn)


def test_the_context_starts_switched_off(real, visit):
    seen = visit(real[1])
    script = ("geoRee.deposits.filter(d => d.role === 'context')"
              ".some(d => geoRee.map().hasLayer(geoRee.markers[d.id]))")  # fmt: skip
    assert seen.value(script) is False


def test_a_click_on_the_table_opens_the_right_numbers(real, visit):
    result, path = real
    seen = visit(path)
    best = result.table[result.table["role"] == "candidate"].iloc[0]
    seen.page.click("#ranking tbody tr >> nth=0")
    text = seen.page.inner_text(".leaflet-popup-content")
    assert best["name"] in text
    assert f"{best['score']:.1f} of 100" in text
    assert f"interval {best['rank_p5']} to {best['rank_p95']}" in text
    assert f"{best['dist_railway_km']:.1f} km ± {best['err_railway_km']:.1f}" in text
    assert best["near_railway"] in text
    assert f"{best['points_rail']:.1f} of 30" in text


def test_a_click_on_a_marker_opens_its_dossier(real, visit):
    result, path = real
    seen = visit(path)
    best = result.table[result.table["name"] == "Kundybai"].iloc[0]
    at = seen.value(
        "(() => { const m = geoRee.map(); m.setView(["
        f"{best['latitude']}, {best['longitude']}], 9, {{animate: false}});"
        f"const p = m.latLngToContainerPoint([{best['latitude']}, {best['longitude']}]);"
        "const b = m.getContainer().getBoundingClientRect(); return [b.left + p.x, b.top + p.y]; })()"
    )
    seen.page.mouse.click(*at)
    seen.page.wait_for_selector(".leaflet-popup")
    assert "Kundybai" in seen.page.inner_text(".leaflet-popup h3")


def test_the_page_answers_the_five_questions(real, visit):
    result, path = real
    seen = visit(path)
    text = seen.page.inner_text("#panel")
    assert "19 of 38 candidates ranked" in text
    for question in ("Which three to visit", "not ranked?", "nearest what exactly?",
                     "without the exits through China and Russia", "Whose tonnage is this?"):  # fmt: skip
        assert question in text
    for name in result.report["without_coordinate"]:
        assert name in text
    for one in result.report["inputs"]:
        assert one["attribution"] in text
        assert one["edition"] in text


def test_a_narrow_screen_does_not_scroll_sideways(real, visit):
    seen = visit(real[1], 390, 800)
    assert seen.value("document.documentElement.scrollWidth") <= 390
    assert seen.trouble == []


def test_a_layer_can_be_switched_off(real, visit):
    seen = visit(real[1])
    seen.page.hover(".leaflet-control-layers")
    boxes = seen.page.locator(".leaflet-control-layers-overlays input")
    assert boxes.count() >= 8
    before = seen.value("Object.keys(geoRee.map()._layers).length")
    boxes.nth(0).uncheck()
    assert seen.value("Object.keys(geoRee.map()._layers).length") < before
