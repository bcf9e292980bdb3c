"""The stages on the page: two tables, ranks within stages, role, stage and flags in the dossier."""

import pandas as pd
import pytest

from geo_ree.maps import render
from geo_ree.schema import FIRST_STAGES, STAGES

pytestmark = pytest.mark.browser

ROWS = "[...document.querySelectorAll('#{table} tr.row')].map(r => r.dataset.id)"


def rows(seen, table):
    return seen.value(ROWS.format(table=table))


def candidates(result):
    return result.table[result.table["role"] == "candidate"]


def test_the_first_stages_come_first_and_the_others_behind_one_click(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    table = candidates(result)
    first = table["stage"].isin(FIRST_STAGES)
    assert rows(seen, "ranking") == table.loc[first, "id"].tolist()
    assert rows(seen, "later") == table.loc[~first, "id"].tolist()
    assert seen.page.inner_text("#first-stages") == (
        "Produced, code resource or registry; rank (#) among all candidates"
    )
    assert not seen.page.is_visible("#later tr.row >> nth=0")
    assert f"({(~first).sum()})" in seen.page.inner_text("#later-summary")
    seen.page.click("#later-summary")
    assert seen.page.is_visible("#later tr.row >> nth=0")
    assert seen.trouble == []


def test_a_deposit_of_a_later_stage_opens_its_table_when_it_is_chosen(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    table = candidates(result)
    later = table[~table["stage"].isin(FIRST_STAGES)].iloc[0]
    seen.page.evaluate(f"geoRee.open({later['id']!r})")
    assert seen.page.locator("#later tr[aria-selected='true']").is_visible()


def test_a_rank_within_a_stage_stands_with_its_interval(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    table = candidates(result)
    for _, row in table[table["stage"].isin(FIRST_STAGES)].iterrows():
        count = (table["stage"] == row["stage"]).sum()
        low, high = row["rank_in_stage_p5"], row["rank_in_stage_p95"]
        cell = seen.page.locator(f"#ranking tr[data-id='{row['id']}'] td >> nth=8").inner_text()
        assert row["stage"].replace("_", " ") in cell
        assert f"rank {row['rank_in_stage']} of {count} (90\u00a0%: {low}–{high})" in cell


def test_other_weights_rank_within_the_stages_too(starter_page, visit):
    seen = visit(starter_page[1])
    seen.page.evaluate("geoRee.set({weights: {rail: 1}})")
    seen.until("geoRee.intervalOf(geoRee.ranked('candidate')[0]).basis === 'page'")
    script = (
        "geoRee.ranked('candidate').map(d => [d.stage, geoRee.scoreOf(d), geoRee.rankInStageOf(d),"
        "geoRee.intervalOf(d).rank_in_stage_p5, geoRee.intervalOf(d).rank_in_stage_p95])"
    )
    frame = pd.DataFrame(seen.value(script), columns=["stage", "score", "at", "low", "high"])
    for _, same in frame.groupby("stage"):
        assert same["at"].tolist() == list(range(1, len(same) + 1))
        assert same["score"].is_monotonic_decreasing
        # the run's uncertainty stays: moving a weight makes no interval a single rank
        assert (same["low"] <= same["at"]).all() and (same["at"] <= same["high"]).all()


def test_the_answers_speak_of_the_first_stages_first(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    answers = seen.page.locator("#questions .answer").all_inner_texts()
    assert answers[0].startswith("Of the candidates whose rare earths were produced, have")
    assert answers[1].startswith("Over all stages")
    table = candidates(result)
    first = table[table["stage"].isin(FIRST_STAGES)]
    assert any(name in answers[0] for name in first["name"].head(3))
    assert not any(name in answers[0] for name in set(table["name"]) - set(first["name"]))


def test_the_dossier_gives_role_stage_and_flags_with_their_sources(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("geoRee.open('starter_deposits:kutessay-ii')")
    text = seen.page.inner_text(".dossier")
    assert "Stage: produced." in text and "Role: candidate." in text
    assert "Chon-Kemin national park" in text and "2024-03-15" in text
    assert "never part of the score" in text
    assert seen.page.locator(".dossier .flags a").count() > 3
    seen.page.evaluate("geoRee.open('starter_deposits:tomak')")
    text = seen.page.inner_text(".dossier")
    assert "Stage: registry." in text and "law on uranium and thorium" in text
    assert seen.trouble == []


def test_without_any_stage_all_candidates_stand_in_one_table(data, tmp_path, visit):
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    seen = visit(path)
    assert rows(seen, "ranking") == ["a", "b"]
    assert not seen.page.is_visible("#first-stages")
    assert not seen.page.is_visible("#later-box")
    assert "Most often among the top three" in seen.page.inner_text("#questions")
    assert seen.trouble == []


def test_hostile_texts_of_flags_stay_texts(data, tmp_path, visit):
    bad = "<img src=x onerror=alert(1)>"
    data["tables"]["scores"]["stage"] = STAGES[0]
    data["tables"]["scores"]["why_role"] = bad
    data["tables"]["flags"] = pd.DataFrame(
        {"deposit_id": ["a"], "flag": [bad], "severity": [bad], "fact": [bad], "date": [bad]}
    )
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    seen = visit(path)
    seen.page.evaluate("geoRee.open('a')")
    assert bad in seen.page.inner_text(".dossier .flags")
    assert seen.page.locator(".dossier img").count() == 0
    assert seen.trouble == []
