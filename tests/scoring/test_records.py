"""What the records show: one line in a console, escaped tables in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from geo_ree.scoring import (
    Criterion,
    Exponential,
    ScoreModel,
    Veto,
    explain,
    html_table,
    influence,
    load_preset,
    score,
    score_range,
    uncertainty,
)
from geo_ree.scoring.aggregates import METHODS
from geo_ree.settings import AGGREGATES, SEED, Options

BOMB = "<img src=x onerror=alert(1)>"
MODEL = ScoreModel(
    (
        Criterion("rail", "rail_km", Exponential(50), 3.0, label=BOMB, reason="why"),
        Criterion("road", "road_km", Exponential(15), 1.0, source="somebody"),
    ),
    vetoes=(Veto("road_km", 300.0, "no way in"),),
)
TABLE = pd.DataFrame({"rail_km": [150.0, 50.0], "road_km": [0.0, 30.0]}, index=[BOMB, "other"])


class _Parsed(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_an_html_table_escapes_texts_and_names_unknown_values() -> None:
    table = pd.DataFrame({BOMB: ["a&b", None], "km": [1234.5, np.nan]}, index=[BOMB, "x"])
    parsed = _Parsed(html_table(table, caption=BOMB, index=True))
    assert "img" not in parsed.tags
    assert parsed.texts.count(BOMB) == 3
    assert {"a&b", "1,234", "unknown"} <= {*parsed.texts}


def test_a_model_shows_every_criterion_with_its_reason_and_its_vetoes() -> None:
    parsed = _Parsed(MODEL._repr_html_())
    assert {"75 %", "25 %", BOMB, "why", "somebody", "no way in"} <= {*parsed.texts}


def test_influence_shows_the_assumptions_and_what_ends_the_lead() -> None:
    found = influence(TABLE, MODEL, samples=64)
    parsed = _Parsed(found._repr_html_())
    assert "weight of rail" in parsed.texts
    sure = influence(TABLE.assign(rail_km=[1.0, 50.0]), MODEL, samples=64)
    assert _Parsed(sure._repr_html_()).texts.count("none changes the leader") == 2


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (lambda: MODEL, "<ScoreModel custom: 2 criteria, weighted_sum>"),
        (
            lambda: load_preset("bulk"),
            "<ScoreModel bulk (default): 7 criteria, weighted_sum>",
        ),
        (
            lambda: uncertainty(TABLE, MODEL, None, draws=20),
            f"<Uncertainty: 2 deposits, 20 draws, seed {SEED}>",
        ),
        (
            lambda: explain("other", TABLE.join(score(TABLE, MODEL)), MODEL),
            "<Explanation: 2 of 2 criteria known, points 6.2 to 37.5>",
        ),
        (
            lambda: influence(TABLE, MODEL, samples=4),
            "<Influence: 4 assumptions, strongest: ",
        ),
        (
            lambda: score_range(
                TABLE,
                TABLE,
                MODEL,
                drawn=uncertainty(TABLE, MODEL, None, draws=20, keep_draws=True).drawn,  # type: ignore[arg-type]
                sample=lambda rng, draws: {c: np.zeros((draws, 1)) for c in TABLE},
            ),
            "<ScoreRange: score 34.4 to 43.8, rank 1 to 2>",
        ),
    ],
)
def test_a_record_is_one_line_and_its_notebook_view_escapes(record, line) -> None:  # type: ignore[no-untyped-def]
    made = record()
    assert repr(made).startswith(line)
    assert "\n" not in repr(made) and len(repr(made)) < 150
    parsed = _Parsed(made._repr_html_())
    assert "table" in parsed.tags
    assert "img" not in parsed.tags


def test_draws_say_how_many_they_are() -> None:
    drawn = uncertainty(TABLE, MODEL, None, draws=20, keep_draws=True).drawn
    assert repr(drawn) == "<Drawn: 20 draws of 2 deposits>"


def test_aggregates_and_seed_are_those_of_the_settings() -> None:
    assert tuple(METHODS) == AGGREGATES
    assert uncertainty(TABLE, MODEL, None, draws=1).seed == SEED == Options().seed
