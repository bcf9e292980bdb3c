"""With weights moved, exits chosen or prices changed, the dossier is of that state as a whole."""

import json
import re

import pytest

pytestmark = pytest.mark.browser

MOVED = "geoRee.set({weights: {road: 1, settlement: 0.5}})"
DRAWN = "geoRee.intervalOf(geoRee.ranked('candidate')[0]).basis === 'page'"
DOSSIER = "document.querySelector('#dossier .dossier').innerText"


def ranked(result):
    table = result.table
    return table[table["rank_in_role"].notna()]


def plain(text):
    return text.replace(" (straight line)", "").replace("–", "-")


def test_the_words_of_the_page_are_those_of_the_run_while_nothing_is_changed(starter_page, visit):
    result, path = starter_page
    said = visit(path).value(
        "geoRee.deposits.filter(geoRee.isRanked).map(d => [d.id, geoRee.sentenceOf(d),"
        " geoRee.strengthsOf(d), geoRee.weaknessesOf(d)])"
    )
    run = ranked(result).set_index("id")
    assert len(said) == len(run)
    for label, sentence, strengths, weaknesses in said:
        assert plain(sentence) == run["sentence"][label]
        assert plain(strengths) == run["reasons_for"][label]
        assert plain(weaknesses) == run["reasons_against"][label]


def test_moved_weights_move_the_whole_dossier(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    seen.page.evaluate(MOVED)
    seen.until(DRAWN)
    label = seen.value(
        "geoRee.ranked('candidate').find(d => geoRee.rankOf(d) !== d.rank_in_role).id"
    )
    seen.page.evaluate(f"geoRee.open({label!r})")
    row = ranked(result).set_index("id").loc[label]
    rank = seen.value(f"geoRee.rankOf(geoRee.byId[{label!r}])")
    score = seen.value(f"geoRee.scoreOf(geoRee.byId[{label!r}])")
    words = seen.page.evaluate(DOSSIER)
    assert rank != row["rank_in_role"]
    assert row["sentence"] not in words
    assert f"scores {score:.0f} of 100, rank {rank} of" in words
    for name in ("railway", "water", "gateway"):  # criteria without weight are no reason any more
        sentence = seen.page.inner_text("#dossier .sentence")
        assert name not in sentence.split("Largest possible gain")[0]
    shares = seen.value(f"geoRee.rankSharesOf(geoRee.byId[{label!r}])")
    assert sum(shares[1]) == pytest.approx(1000, abs=len(shares[1]))
    shown = seen.page.get_attribute("#dossier .histogram", "aria-label")
    assert shown.count("rank ") == sum(s > 0 for s in shares[1])
    assert "never narrower than in the run" in words
    assert seen.trouble == []


def test_a_chosen_exit_moves_the_whole_dossier(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("geoRee.chooseGateways('every exit')")
    seen.until(DRAWN)
    for label in seen.value("geoRee.ranked('candidate').map(d => d.id)"):
        seen.page.evaluate(f"geoRee.open({label!r})")
        score, rank = seen.value(
            f"[geoRee.scoreOf(geoRee.byId[{label!r}]), geoRee.rankOf(geoRee.byId[{label!r}])]"
        )
        sentence = seen.page.inner_text("#dossier .sentence")
        assert f"scores {score:.0f} of 100, rank {rank} of" in sentence
        assert f"Rank {rank} of" in seen.page.evaluate(DOSSIER)


def test_changed_prices_say_what_is_still_of_the_run(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    label = seen.value("geoRee.ranked('candidate').find(d => geoRee.accessOf(d).p50).id")
    seen.page.evaluate(f"geoRee.open({label!r})")
    assert "You changed unit costs" not in seen.page.evaluate(DOSSIER)
    seen.page.evaluate("geoRee.set({access: {treo_t_a: 2000}})")
    words = seen.page.evaluate(DOSSIER)
    assert "You changed unit costs" in words
    cost = seen.value(f"geoRee.plainNumber(geoRee.accessOf(geoRee.byId[{label!r}]).p50, 0)")
    assert cost in words


@pytest.mark.parametrize(
    "weights",
    [{"rail": 1}, {"road": 3, "water": 1}, {"settlement": 1}, {"gateway": 1, "rail": 0.2}],
)
def test_no_interval_shrinks_because_a_slider_was_moved(starter_page, visit, weights):
    result, path = starter_page
    seen = visit(path)
    seen.page.evaluate(f"geoRee.set({{weights: {json.dumps(weights)}}})")
    seen.until(DRAWN)
    run = ranked(result).set_index("id")
    shown = seen.value(
        "geoRee.deposits.filter(geoRee.isRanked).map(d => ({id: d.id, rank: geoRee.rankOf(d),"
        " all: geoRee.ranked(d.role).length, ...geoRee.intervalOf(d), score: geoRee.scoreOf(d)}))"
    )
    assert shown
    for now in shown:
        was = run.loc[now["id"]]
        width = was["rank_p95"] - was["rank_p5"]
        assert now["rank_p95"] - now["rank_p5"] >= min(width, now["all"] - 1)
        assert 1 <= now["rank_p5"] <= now["rank"] <= now["rank_p95"] <= now["all"]
        before = was["score_p95"] - was["score_p5"]
        assert now["score_p95"] - now["score_p5"] >= min(before, 100) - 0.01
        assert 0 <= now["score_p5"] <= now["score"] <= now["score_p95"] <= 100


def test_the_rule_of_widening_holds_for_any_figures(data, tmp_path, visit):
    """Never narrower than the run, always round the figure and what was drawn, never off the list."""
    from tests.maps.conftest import written

    seen = visit(written(data, tmp_path))
    wrong = seen.page.evaluate(
        """(() => {
          let seed = 7; const next = n => { seed = (seed * 48271) % 2147483647; return seed % n; };
          const out = [];
          for (let k = 0; k < 5000; k++) {
            const last = 1 + next(30), a = 1 + next(last), b = a + next(last - a + 1);
            const run = 1 + next(last), reach = geoRee.reach(run, a, b), now = 1 + next(last);
            const low = 1 + next(last), high = low + next(last - low + 1);
            const got = geoRee.widened({rank_p5: low, rank_p95: high},
              {rank: {now: now, reach: reach, first: 1, last: last}});
            const ok = got.rank_p5 >= 1 && got.rank_p95 <= last && got.rank_p95 - got.rank_p5 >= b - a
              && got.rank_p5 <= Math.min(low, now) && got.rank_p95 >= Math.max(high, now);
            if (!ok) out.push([last, a, b, run, now, low, high, got]);
          }
          return out;
        })()"""
    )
    assert wrong == []


def test_distances_within_their_error_move_the_draws(data, tmp_path, visit):
    """The page draws distances too: with a wide error two deposits of near scores change places."""
    import numpy as np
    import pandas as pd

    from tests.maps.test_scores_in_page import model, page_of

    table = pd.DataFrame(
        {"dist_railway_km": [40.0, 45.0], "dist_road_km": 10.0, "dist_water_km": 10.0},
    ).assign(dist_settlement_km=10.0, slope_deg=5.0)
    chances = []
    for error in (0.0, 40.0):
        path = tmp_path / f"{error}.html"
        page_of(table.assign(err_railway_km=np.full(2, error)), [model("weighted_sum")], path)
        seen = visit(path)
        seen.page.evaluate("geoRee.set({weights: {c0: 1}})")
        seen.until(DRAWN)
        chances.append(seen.value("geoRee.rankSharesOf(geoRee.deposits[0])"))
    assert chances[0] == [1, [1000]]
    assert chances[1][0] == 1 and 300 < chances[1][1][0] < 900


def test_unchanged_texts_keep_to_letters(starter_page, visit):
    """No key of the page's words is shown in place of a sentence, in any language."""
    seen = visit(starter_page[1])
    for code in seen.value("geoRee.languages"):
        seen.page.evaluate(f"geoRee.set({{language: {code!r}}})")
        for sentence in seen.value(
            "geoRee.deposits.filter(geoRee.isRanked).map(geoRee.sentenceOf)"
        ):
            assert not re.search(r"\w_\w|[{}]|undefined|NaN", sentence)


def test_a_link_with_changed_weights_says_so_under_the_headline(tmp_path, visit):
    """Whoever opens it sees that the state is not the run's, and can set it back."""
    import pandas as pd

    from tests.maps.test_scores_in_page import model, page_of

    table = pd.DataFrame(
        {"dist_railway_km": [40.0, 45.0], "dist_road_km": 10.0, "dist_water_km": 10.0},
    ).assign(dist_settlement_km=10.0, slope_deg=5.0)
    path = tmp_path / "map.html"
    page_of(table, [model("weighted_sum")], path)
    plain = visit(path)
    note = "#changed-note"
    assert not plain.page.is_visible(note)
    plain.page.evaluate("geoRee.set({weights: {c0: 1}})")
    assert "Weights changed on this page." in plain.page.inner_text(note)
    linked = visit(path, link="#" + plain.value("geoRee.setting()"))
    assert "Weights changed by whoever made this link." in linked.page.inner_text(note)
    linked.page.evaluate("geoRee.set({weights: {c1: 1}})")
    assert "on this page" in linked.page.inner_text(note)
    linked.page.click("#set-back")
    assert not linked.page.is_visible(note)
    assert linked.value("geoRee.published()") and "w=" not in linked.value("geoRee.setting()")
