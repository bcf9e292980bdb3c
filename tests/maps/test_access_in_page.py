"""The cost of access in the page: the same figures as Python's when tonnage or a unit cost moves."""

import re

import numpy as np
import pandas as pd
import pytest

from geo_ree.routing.cost_terms import COMPONENTS, AccessTerms, Term, evaluate
from tests.maps.conftest import changed, page_data, written
from tests.maps.route_frames import access, corridors

pytestmark = pytest.mark.browser

SETTINGS = (
    {"treo_t_a": 5000.0},
    {"treo_t_a": 640.0},
    {"treo_t_a": 50_000.0, "factors": {"rail": 2.1}},
    {"factors": {"gravel_road": 0.4, "truck": 1.8}},
)
IDS = ("a", "b", "none stated", "nothing known")


def random_terms(count=200):
    """Terms of every kind: shared and own draws, capital, choices, unknown components."""
    rng = np.random.default_rng(5)
    names = ("rail", "truck", "gravel_road", "power_line", "own_power", "grade", "paid")
    draws = {name: np.exp(0.5 * rng.standard_normal(count)).round(5) for name in names}
    draws |= {f"km_{i}": rng.uniform(5, 90, count).round(3) for i in IDS}
    terms = tuple(
        (
            Term("road", "gravel_road", 1.3e5, (f"km_{i}", "gravel_road"), True, True),
            Term(
                "power", "power_line", 2e4, (f"km_{i}", "power_line"), True, True, "power", "line"
            ),
            Term("power", "own_power", 150.0, ("own_power",), choice="power", option="own"),
            Term("power", "own_power", 20.0, ("own_power", "grade"), choice="power", option="own"),
            Term("haulage", "truck", 90.0, ("grade", "truck"), choice="leg", option="truck"),
            Term("rail_spur", "spur", 9e5, (f"km_{i}",), True, True, "leg", "spur"),
            Term("haulage", "rail", 4.0, ("grade", "rail"), choice="leg", option="spur"),
            Term("haulage", "rail", 130.0, ("grade", "rail")),
            Term("border_transhipment", "gauge", 11.0, ("grade",)),
            Term("inbound", "rail", 30.0, ("rail",)),
        )
        for i in IDS
    )
    deposits = pd.DataFrame(
        {
            "deposit_id": IDS,
            "limit_t_a": [1719.2, 60_000.0, np.nan, 900.0],
            "product_t": "grade",
            "payable": "paid",
            "missing": ["", "", "", "haulage;border_transhipment;inbound"],
        }
    )
    sliders = tuple(
        {"name": n, "unit": "US cents per t-km", "p10": 0.5, "p50": 1.0, "p90": 2.0, "year": "2022"}
        for n in ("rail", "truck", "gravel_road")
    )
    return AccessTerms(
        deposits=deposits,
        terms=terms,
        draws=draws,
        sliders=sliders,
        annuity=0.1315,
        treo_t_a=5000.0,
    )


@pytest.fixture(scope="module")
def terms():
    return random_terms()


@pytest.fixture
def seen(terms, tmp_path, visit):
    data = changed(page_data(), corridors=corridors(), access=access())
    return visit(written({**data, "access_terms": terms.to_dict()}, tmp_path), 1700, 900)


def quantiles(values):
    return np.quantile(values, (0.1, 0.5, 0.9)).tolist()


def near(expected):
    """Within 0.1 %; unknown where Python has NaN."""
    return pytest.approx(expected, rel=1e-3, nan_ok=True)


def numbers(found):
    return [np.nan if value is None else value for value in found]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_page_computes_the_cost_as_python_does(seen, terms, setting):
    drawn = evaluate(terms, treo_t_a=setting.get("treo_t_a"), factors=setting.get("factors"))
    for at, deposit in enumerate(IDS):
        found = seen.value(
            f"(() => {{ const f = geoRee.evaluateAccess({deposit!r}, {setting}); const q = geoRee.p10p50p90;"
            "const own = list => Object.fromEntries(Object.entries(list).map(([k, v]) => [k, q(v)]));"
            "return {rate: f.rate, cost: own(f.usd_t_treo), capital: own(f.capital_musd),"
            "share: q(f.usd_t_treo.total.map((v, k) => 100 * v / f.payable[k]))}; })()"
        )
        assert found["rate"] == pytest.approx(drawn.rate[at])
        for name in (*COMPONENTS, "total"):
            for kind, all_of_it in (("cost", drawn.usd_t_treo), ("capital", drawn.capital_musd)):
                expected = quantiles(all_of_it[name][at])
                assert numbers(found[kind][name]) == near(expected), (deposit, name, kind)
        share = quantiles(100 * drawn.usd_t_treo["total"][at] / drawn.payable[at])
        assert numbers(found["share"]) == near(share)


def test_a_slider_moves_the_figures_of_table_and_dossier(seen, terms):
    seen.page.evaluate("document.getElementById('access-box').open = true; geoRee.open('a')")
    assert "350 USD per t of oxides" in seen.page.inner_text("#dossier").replace("\n", " ")
    seen.page.evaluate(
        "(() => { const s = document.getElementById('access-treo'); s.value = -100;"
        "s.dispatchEvent(new Event('input')); })()"
    )
    assert "500 t a year" in seen.page.inner_text("#access-box")
    total = np.quantile(evaluate(terms, treo_t_a=500.0).usd_t_treo["total"][0], 0.5)
    said = seen.value(f"geoRee.about({total})")  # as people say it: the parts have every digit
    assert f"{said} USD per t of oxides" in seen.page.inner_text("#dossier").replace("\n", " ")
    assert said in seen.page.inner_text("#ranking")
    assert "At 500 t of oxides a year" in seen.page.inner_text("#dossier")
    seen.page.click("#reset-access")
    assert "350 USD per t of oxides" in seen.page.inner_text("#dossier").replace("\n", " ")
    assert not seen.page.is_visible("#reset-access")
    assert seen.trouble == []


def test_the_ends_of_a_slider_are_p10_and_p90(seen):
    got = [
        seen.value(
            f"(() => {{ const s = document.getElementById('access-rail'); s.value = {step};"
            "s.dispatchEvent(new Event('input')); return (geoRee.state.access.factors || {}).rail || 1; })()"
        )
        for step in (-100, 0, 100)
    ]
    assert got == pytest.approx([0.5, 1.0, 2.0])


def test_the_address_holds_the_sliders(seen):
    seen.page.evaluate("geoRee.set(geoRee.readSetting('#a=treo:-100,rail:50,evil:1,truck:900'))")
    setting = seen.value("geoRee.state.access")
    assert setting["treo_t_a"] == pytest.approx(500.0)
    assert setting["factors"] == {"rail": pytest.approx(2**0.5)}
    assert "a=treo:-100,rail:50" in seen.value("geoRee.setting()")
    seen.page.evaluate("geoRee.set(geoRee.readSetting(''))")
    assert seen.value("geoRee.state.access") == {}


def test_without_a_published_quantity_the_cost_is_per_tonne_of_product(seen):
    seen.page.evaluate("geoRee.set({columns: ['access']}); geoRee.open('b')")
    text = seen.page.inner_text("#dossier")
    assert "Cost per tonne of oxides unknown: no quantity published" in text
    assert "USD per t of product" in text
    seen.page.evaluate("geoRee.set({columns: ['access']})")
    cell = seen.page.locator("#ranking tr[data-id='b'] .unknown").first
    assert "no quantity published" in cell.get_attribute("title")


def test_the_dossier_says_what_the_dollars_are_for(seen):
    seen.page.evaluate("geoRee.open('a')")
    text = seen.page.inner_text("#dossier")
    assert "it does not tell which deposit becomes a mine" in text
    assert "380 t of ore per tonne of oxides, 7,000 to 21,000 USD" in text
    assert "5.0 % (3.0–9.0) of the payable value of what is shipped" in text


def test_without_terms_there_is_no_slider(tmp_path, visit):
    seen = visit(written(changed(page_data(), corridors=corridors(), access=access()), tmp_path))
    assert seen.page.locator("#access-box").count() == 0
    assert seen.page.locator("#routes-box .answer").is_visible()
    assert seen.trouble == []


def test_the_terms_of_a_run_add_up_to_its_published_cost(starter_page, visit):
    table = starter_page[0].tables["access"].set_index(["deposit_id", "component"])
    seen = visit(starter_page[1])
    names = [f"usd_t_product_p{share}" for share in (10, 50, 90)]
    total = table.xs("total", level="component")[names].dropna()
    assert len(total) > 5
    for deposit, published in total.iterrows():
        found = seen.value(
            f"(() => {{ const f = geoRee.evaluateAccess({str(deposit)!r}, {{}});"
            "return geoRee.p10p50p90(f.usd_t_treo.total.map((v, k) => v / f.product_t[k])); })()"
        )
        assert found == pytest.approx(published.tolist(), rel=1e-3, abs=0.06)


def test_both_distances_to_a_stated_line_stand_wherever_one_of_them_counts(starter_page, visit):
    result, path = starter_page
    table = result.access
    stated = table.dropna(subset=["stated_km"])
    assert len(stated)
    seen = visit(path, 1440, 900)
    names = seen.value("Object.fromEntries(geoRee.deposits.map(d => [d.id, d.name]))")
    for deposit, rows in stated.groupby("deposit_id"):
        total = table[(table["deposit_id"] == deposit) & (table["component"] == "total")].iloc[0]
        other = seen.value(f"geoRee.about({total['measured_usd_t_treo_p50']})")
        own = seen.value(f"geoRee.about({total['usd_t_treo_p50']})")
        seen.page.evaluate("id => geoRee.open(id)", deposit)
        notes = seen.page.locator("#dossier .site-access")
        assert notes.count() == 1  # below the sentence: what else needs it leads there
        box = seen.page.locator("#dossier")
        seen.page.click("#dossier .site-access-link button")
        assert notes.bounding_box()["y"] - box.bounding_box()["y"] < 100
        for note in notes.all_inner_texts():
            assert f"Access costs about {own} (" in note
            assert f"and about {other} (" in note and note.index("if not") > note.index(other)
            for row in rows.itertuples():
                assert f"{row.stated_km:.0f} km by a source of {row.stated_in}" in note
                if row.assumed_km > 0:
                    assert f"the cost assumes {row.assumed_km:.0f} km, a share of the" in note
        head = seen.page.locator("#dossier .big").nth(1)
        assert head.locator("b").all_inner_texts() == [own, other]
        measured = rows["measured_km"].dropna()
        assert seen.page.inner_text("#dossier").count(
            "The score takes the measured distance; the cost of access stands for both cases"
        ) == len(measured)
        for card in seen.page.locator("#cards .card", has_text=names[deposit]).all():
            if card.locator("h3").inner_text() == names[deposit]:
                assert (
                    f"about {own} (" in card.inner_text() and f" or {other} (" in card.inner_text()
                )
                assert "the first if the road" in card.inner_text()
        seen.page.evaluate("geoRee.set({access: {treo_t_a: 900}})")
        seen.page.evaluate("id => geoRee.open(id)", deposit)
        moved = seen.page.locator("#dossier .site-access").first.inner_text()
        assert "is not calculated for the sliders" in moved and other not in moved
        seen.page.evaluate("geoRee.set({access: {}})")
    rest = next(i for i in result.table["id"] if i not in set(stated["deposit_id"]))
    seen.page.evaluate("id => geoRee.open(id)", rest)
    assert seen.page.locator("#dossier .site-access").count() == 0


def test_the_tonnage_asked_and_that_of_a_deposit_are_told_apart(starter_page, visit):
    result, path = starter_page
    totals = result.access[result.access["component"] == "total"].set_index("deposit_id")
    limited = totals.index[totals["treo_t_a"] < 4999]
    seen = visit(path, 1440, 900)
    for deposit in (limited[0], totals.index[totals["treo_t_a"] > 4999][0]):
        seen.page.evaluate("id => geoRee.open(id)", deposit)
        text = seen.page.inner_text("#dossier")
        assert ("lasts 15 years at this rate" in text) == (deposit in limited)
        assert "t of it for each tonne of oxides" in text
        assert "the lines do not add up to the total" in text


def with_stated_road():
    """Costs in which a source of 2009 places a road at a, and b is charged for its road."""
    table = access()
    road = (table["deposit_id"] == "a") & (table["component"] == "road")
    total = table["component"] == "total"
    table.loc[road, ["stated_km", "measured_km", "quantity"]] = 0.0, 27.0, 0.0
    table.loc[road, ["stated_in", "stated_source"]] = "2009", "A paper of 2009"
    table.loc[road, "stated_note"] = "140 km by paved road from a town"
    for share, usd in ((10, 1500.0), (50, 2788.0), (90, 6700.0)):
        table.loc[total & (table["deposit_id"] == "a"), f"measured_usd_t_treo_p{share}"] = usd
    table.loc[total, "measured_share_pct_p50"] = 17.0
    table.loc[total & (table["deposit_id"] == "a"), "measured_pays_pct"] = 30.0
    table.loc[total & (table["deposit_id"] == "a"), "pays_pct"] = 40.0
    for share, usd in ((10, 9000.0), (50, 16_000.0), (90, 30_000.0)):
        table.loc[total, f"payable_usd_t_treo_p{share}"] = usd
    return table


@pytest.fixture
def stated(tmp_path, visit):
    costs = {f"access_usd_t_treo_p{share}": 350.0 for share in (10, 50, 90)}
    scores = page_data()["tables"]["scores"].assign(**costs)
    data = changed(page_data(), scores=scores, corridors=corridors(), access=with_stated_road())
    seen = visit(written(data, tmp_path), 1700, 900)
    seen.page.evaluate("geoRee.set({columns: ['score', 'route', 'access', 'oxide']})")
    return seen


def test_a_cost_that_rests_on_one_source_is_marked_wherever_it_stands(stated):
    mark = "or 2,800 (1,500–6,700) if the lines of a source of 2009 are not there"
    assert mark in stated.page.inner_text("#ranking tr[data-id='a']")
    assert mark not in stated.page.inner_text("#ranking tr[data-id='b']")
    static = stated.page.locator("#board tbody tr").first.text_content()
    assert mark in static
    stated.page.evaluate("geoRee.toggleShortlist('a'); geoRee.toggleShortlist('b')")
    assert "are there, about 2,800 if not" in stated.page.inner_text("#comparison")
    stated.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert mark in stated.page.locator("#board tbody tr").first.text_content()
    stated.page.evaluate("geoRee.open('a'); window.dispatchEvent(new Event('afterprint'))")
    stated.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    whole = stated.page.locator("#dossiers .site-access")
    assert whole.count() == 1 and "and about 2,800 (1,500–6,700) if not" in whole.text_content()
    assert stated.trouble == []


def test_the_nearest_deposit_that_is_charged_for_the_line_is_named(stated):
    km = stated.value(
        "(() => { const [a, b] = [geoRee.byId.a, geoRee.byId.b];"
        "return geoRee.geodesicLength([a.latitude, a.longitude], [b.latitude, b.longitude]) / 1000; })()"
    )
    assert km > 25
    stated.page.evaluate("geoRee.open('a')")
    assert "is charged for" not in stated.page.inner_text("#dossier")
    stated.page.evaluate(
        "geoRee.byId.a.district = geoRee.byId.b.district = 'A field'; geoRee.open('b'); geoRee.open('a')"
    )
    said = stated.page.inner_text("#dossier .site-access >> nth=0")
    assert f"{km:,.0f} km away in the same ore field, is charged for road" in said
    assert "assumed" not in said


@pytest.mark.parametrize(
    ("paid", "pays", "verdict", "words"),
    [
        (9000.0, 24.0, "loses", "At the middle of each it loses money"),
        (30_000.0, 93.0, "gains", "At the middle of each it pays: about 13,000–16,000 spent"),
        (14_000.0, 61.0, "depends", "it pays only if the lines that a source states are there"),
    ],
)
def test_whether_it_pays_is_said_by_the_middles_and_by_the_simulations(
    tmp_path, visit, paid, pays, verdict, words
):
    """Mining and milling 13,000 in the middle, access 350 with the stated and 2,788 without those lines."""
    table = with_stated_road()
    total = table["component"] == "total"
    table.loc[total, "payable_usd_t_treo_p50"] = paid
    table.loc[total, ["pays_pct", "measured_pays_pct"]] = pays, 0.4
    table.loc[total, ["price_years", "prices", "mix"]] = "2021-2025", "deck", "monazite;xenotime"
    table.loc[total, ["paid_pct_p10", "paid_pct_p90"]] = 26.3, 41.8
    seen = visit(
        written(changed(page_data(), corridors=corridors(), access=table), tmp_path), 1700, 900
    )
    assert seen.value("geoRee.valueLeft(geoRee.byId.a).verdict") == verdict
    assert seen.value("geoRee.valueLeft(geoRee.byId.b)") is None
    seen.page.evaluate("geoRee.open('a')")
    said, chance = seen.page.inner_text("#dossier .value-left"), f"in about {pays:.0f} of 100 simu"
    assert words in said and chance in said
    assert "states: <1)" in said and "The plant itself" in said
    basis = seen.page.inner_text("#dossier .value-basis")
    assert "deck, 2021–2025" in basis and "26–42 %" in basis and "monazite, xenotime" in basis
    short = seen.value("geoRee.valueLeftShort(geoRee.byId.a).join(' ')")
    assert words in short and chance in short and "at prices of 2021–2025" in short
    seen.page.evaluate("geoRee.accessMoved = () => true")
    assert "of 100" not in seen.value("geoRee.valueLeftWords(geoRee.byId.a)")


def test_a_cost_that_was_not_computed_for_the_chosen_routes_is_not_shown_as_if_it_were(stated):
    """The run's cost is for its own question; where the page shows other routes it is folded and named."""
    hidden = "not computed for this choice of routes"
    stated.page.evaluate("geoRee.open('a')")
    assert hidden not in stated.page.inner_text("#dossier")
    stated.page.evaluate("geoRee.set({question: 'any'})")
    assert stated.page.inner_text("#dossier h4 + .not-computed") == hidden
    assert "Payable value" not in stated.page.inner_text("#dossier")
    folded = stated.page.locator("#dossier .not-computed + details")
    assert "not through" in folded.locator("> summary").inner_text()
    assert "Payable value" in folded.text_content()
    assert stated.value("geoRee.accessOf(geoRee.byId.b).reason") == hidden
    stated.page.evaluate("geoRee.set({question: geoRee.firstQuestion()})")
    assert hidden not in stated.page.inner_text("#dossier")


def test_a_line_of_one_source_stands_alone_with_its_unit_and_without_a_claim_on_others(stated):
    said = stated.value("geoRee.siteAccessShort(geoRee.byId.a)")
    assert re.match(r"Access costs about [\d,]+ USD per t of oxides if the road", said)
    stated.page.evaluate("geoRee.open('a')")
    whole = stated.page.text_content("#dossier .site-access")
    for words in (said, whole):
        assert "our data do not show" in words and "no newer source was found" in words
        assert "nobody" not in words
    assert "The same source also says: 140 km by paved road" in whole


def test_a_case_elsewhere_that_reports_its_cost_stands_beside_the_cost(stated):
    stated.page.evaluate("geoRee.open('a')")
    said = stated.page.inner_text("#dossier .reported-cases")
    assert "Gakara: model" in said and "reported 261 and 381 USD per t of product" in said
    cases = stated.value(
        "geoRee.rows(geoRee.data.routes.comparables).filter(p => p.reported).map(p => [p.p50, p.reported])"
    )
    lower = all(model < reported for model, reported in cases)
    assert ("The model reads lower than what is reported" in said) == lower


def test_an_unknown_capital_is_unknown_and_a_spur_that_is_not_built_says_so(tmp_path, visit):
    table = access()
    own = table["deposit_id"] == "a"
    figures = [c for c in table if c.startswith(("usd_t", "capital"))]
    table.loc[own & table["component"].isin(["haulage", "total"]), figures] = np.nan
    spur = table["component"] == "rail_spur"
    table.loc[spur & ~own, figures] = 0.0
    seen = visit(written(changed(page_data(), corridors=corridors(), access=table), tmp_path))

    def cells(deposit):
        seen.page.evaluate("id => geoRee.open(id)", deposit)
        rows = seen.page.locator("#dossier .costs tbody tr").all()
        return [[td.inner_text().split("\n")[0] for td in row.locator("td").all()] for row in rows]

    rows = {row[0]: row[1:] for row in cells("a")}
    assert rows["Haulage"] == rows["Total"] == ["unknown", "unknown"]
    assert rows["Road to build"][1] == "4.0"
    assert {row[0]: row[1:] for row in cells("b")}["Rail spur"] == ["not built", "–"]


def test_the_cost_in_a_row_names_its_routes_when_the_table_asks_for_others(stated):
    row = "#ranking tr[data-id='a']"
    assert "for the routes" not in stated.page.inner_text(row)
    stated.page.evaluate("geoRee.set({question: 'any'})")
    assert "for the routes not through" in stated.page.inner_text(row)
    stated.page.evaluate("geoRee.toggleShortlist('a'); geoRee.toggleShortlist('b')")
    assert "for the routes not through" in stated.page.inner_text("#comparison")
