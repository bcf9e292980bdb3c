"""Question 4 is answered for its own words: without the gateways in China, Russia and Iran."""

import re

import pytest

pytestmark = pytest.mark.browser

WITHOUT, ALL = "no exit through China, Russia or Iran", "every exit"


@pytest.fixture
def answered(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    box = seen.page.locator("#questions .question").nth(3)
    box.evaluate("box => box.querySelectorAll('details').forEach(part => { part.open = true; })")
    return result.tables["gateways"], box, seen


def test_one_sentence_answers_the_question_that_is_asked(answered):
    gateways, box, seen = answered
    ranks = gateways.pivot(index="id", columns="scenario", values="rank_in_role").dropna()
    scores = gateways.pivot(index="id", columns="scenario", values="score")
    movers = ranks[ranks[WITHOUT] != ranks[ALL]]
    said = box.locator(".answer").inner_text()
    first = said.split(". ")[0]
    assert first.startswith("The score: without the gateways to China, Russia and Iran")
    assert f"{len(movers)} of {len(ranks)} candidates" in first
    names = seen.value("Object.fromEntries(geoRee.deposits.map(d => [d.id, d.name]))")
    for label, row in movers.iterrows():
        assert f"{names[label]} {row[ALL]} → {row[WITHOUT]}" in first
    assert first.count("→") == len(movers)
    assert f"{(scores[ALL] - scores[WITHOUT]).max():.1f} points at most" in said


def test_the_country_behind_a_gateway_is_said(answered):
    _, box, _ = answered
    table = box.locator("table").inner_text()
    assert re.search(r"Khorgos \(Kazakhstan\), to China", table)
    assert re.search(r"\(Turkmenistan\), to Iran", table)
    assert "to Iran" not in box.locator(".answer").inner_text()


def test_routes_and_gateways_answer_the_same_question_in_one_place(answered):
    _, box, seen = answered
    heading = box.locator("h3").inner_text()
    routes = seen.value("geoRee.answerText(geoRee.firstQuestion())")
    assert routes in box.inner_text()
    for country in ("China", "Russia", "Iran"):
        assert country in heading
        assert country in routes
        assert f"no exit through {country}" in seen.value("geoRee.gatewaySets()")
    assert seen.value("geoRee.questions()") == ["any", "no_chn_rus_irn"]
    seen.page.click(".gateways summary")
    assert "not through China, Russia, Iran" in seen.page.inner_text(".gateways")


def test_every_candidate_that_moves_is_in_the_table(answered):
    gateways, box, seen = answered
    ranks = gateways.pivot(index="id", columns="scenario", values="rank_in_role")
    movers = ranks[ranks.nunique(axis=1) > 1].index
    names = seen.value("Object.fromEntries(geoRee.deposits.map(d => [d.id, d.name]))")
    shown = box.locator("table tbody tr td:first-child").all_inner_texts()
    assert {names[i] for i in movers} <= set(shown)
    assert f"({len(movers)})" in box.inner_text()


def test_that_the_ranking_already_goes_by_the_caspian_is_said(answered):
    gateways, box, _ = answered
    first = gateways[gateways["scenario"] == "the preset's gateways"]
    assert first["foot_gateway_lon"].between(46, 55).all()
    said = box.locator(".answer").inner_text()
    assert "already leaves all three out: it measures to ports on the Caspian" in said
    for port, rows in first.groupby(first["near_gateway"].str.extract(r"^(.*?) \(")[0]):
        assert re.search(rf"{re.escape(port)} \(\w+\): {len(rows)}", said)


def test_without_these_choices_nothing_is_claimed(data, tmp_path, visit):
    from tests.maps.conftest import changed, written

    gateways = data["tables"]["gateways"]
    one = gateways[gateways["scenario"] == "the preset's gateways"]
    box = visit(written(changed(data, gateways=one), tmp_path)).page.locator(".question").nth(3)
    assert "China, Russia and Iran" not in box.locator(".answer").inner_text()
    assert "Caspian" not in box.locator(".answer").inner_text()
