"""A deposit's score in words: what carries it, what holds it back, what would change it."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.schema.html import table_html
from geo_ree.scoring.breakdown import (
    break_down,
    check_scored,
    distance_words,
    find_row,
    listed,
    on_the_spot,
    tabulate,
)
from geo_ree.scoring.contributions import read_compared
from geo_ree.scoring.model import ScoreModel

_CARRY = 3
_HOLD_BACK = 2
_WORTH_SAYING = 0.5
"""Points below which a gain or loss is not spoken of."""


def describe(
    row_or_id: pd.Series | Hashable,
    scores: pd.DataFrame,
    model: ScoreModel,
    *,
    ranked: pd.Series | None = None,
    compared: pd.Series | None = None,
) -> str:
    """Say why a deposit scores as it does, and what would change it.

    Parameters
    ----------
    row_or_id
        A row of `scores`, its label in the index, or its ``id``.
    scores
        The table of distances together with what `score` gave for it.
    model
        The model it was scored by.
    ranked
        On the index of `scores`: the rows that ranks are among; all when left out.
    compared
        The rows that `score` compared, where it was told.

    Returns
    -------
    str
        One to three sentences, the deposit called by its ``name`` where the table has one: score
        and rank with the (at most three) criteria that win most points and the (at most two)
        known ones that lose most, each on one side only: where it wins more than it loses it
        carries. What is unknown. The one change that lifts the deposit furthest, with the rank
        it would lead to.

    Raises
    ------
    ScoreError
        When there is no such deposit, or the table was not scored by this model.

    Examples
    --------
    >>> from geo_ree.scoring.model import Criterion
    >>> from geo_ree.scoring.decay import Exponential
    >>> from geo_ree.scoring.contributions import score
    >>> model = ScoreModel((
    ...     Criterion("rail", "dist_railway_km", Exponential(50), 0.6, label="railway"),
    ...     Criterion("road", "dist_road_km", Exponential(15), 0.4, label="road"),
    ... ))
    >>> table = pd.DataFrame({"dist_railway_km": [150.0, 50.0], "dist_road_km": [0.0, 30.0]},
    ...                      index=["near the road", "between"])
    >>> print(describe("near the road", table.join(score(table, model)), model))
    near the road scores 48 of 100, rank 1 of 2, carried by road under 0.1 km (40 points), held back by \
railway 150 km (52 points short). Most would change with railway on the spot: 100 points, rank 1.
    """
    place = find_row(row_or_id, scores)
    row = scores.iloc[place]
    check_scored(row, model)
    spots = on_the_spot(place, scores, model, compared=compared)
    why = tabulate(place, scores, model, spots)
    among = read_compared(ranked, scores)
    own = float("nan") if pd.isna(row["score"]) else float(row["score"])
    name = row.get("name")
    label = name if isinstance(name, str) and name else str(scores.index[place])
    weighted = why[why["weight"] > 0]
    if math.isnan(own):
        return f"{label} has no score: {listed(list(weighted['label']))} unknown."
    everyone = scores["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    veto = row.get("veto")
    if isinstance(veto, str) and veto:
        told = f"{label} is ruled out and scores 0 of 100: {veto}."
    else:
        told = (
            f"{label} scores {own:.0f} of 100, {_rank(place, everyone, among)}{_interval(row)}, "
            f"{_carried(weighted, model)}, {_held_back(weighted, model)}."
        )
    unknown = list(weighted.loc[weighted["distance_km"].isna(), "label"])
    if unknown:
        told += f" Unknown: {listed(unknown)}."
    return f"{told} {_change(place, why, spots, among)}"


def _interval(row: pd.Series) -> str:
    """The interval of the rank where the draws gave one: no rank stands bare."""
    low, high = row.get("rank_p5"), row.get("rank_p95")
    if low is None or pd.isna(low) or high is None or pd.isna(high):
        return ""
    return f" ({low:.0f} to {high:.0f} in nine draws of ten)"


def _rank(place: int, everyone: Floats, among: NDArray[np.bool_]) -> str:
    ahead = int((everyone[among] > everyone[place]).sum())
    return f"rank {1 + ahead} of {int((~np.isnan(everyone[among])).sum())}"


def _carried(why: pd.DataFrame, model: ScoreModel) -> str:
    most = why[(why["points"] >= _WORTH_SAYING) & ~_pulls_down(why)]
    most = most.sort_values("points", ascending=False, kind="stable").head(_CARRY)
    return f"carried by {_listed(most, 'points', 'points', model)}"


def _held_back(why: pd.DataFrame, model: ScoreModel) -> str:
    most = why[why["distance_km"].notna() & (why["gain"] >= _WORTH_SAYING) & _pulls_down(why)]
    most = most.sort_values("gain", ascending=False, kind="stable").head(_HOLD_BACK)
    return f"held back by {_listed(most, 'gain', 'points short', model)}"


def _pulls_down(why: pd.DataFrame) -> pd.Series:
    """What would gain more than it has now holds a deposit back; the rest carries it."""
    return why["gain"] > why["points"]


def _listed(why: pd.DataFrame, column: str, unit: str, model: ScoreModel) -> str:
    criteria = {c.name: c for c in model.criteria}
    words = [
        f"{distance_words(criteria[str(name)], float(row['distance_km']))} ({row[column]:.0f} {unit})"
        for name, row in why.iterrows()
    ]
    return listed(words) if words else "nothing"


def _change(place: int, why: pd.DataFrame, spots: list[Floats], among: NDArray[np.bool_]) -> str:
    gains = why["gain"].to_numpy(dtype=np.float64)
    best = int(gains.argmax())
    if gains[best] < _WORTH_SAYING:
        return "No single change would lift it."
    after = spots[best]
    return (
        f"Most would change with {why['label'].iloc[best]} on the spot: {after[place]:.0f} points, "
        f"{_rank(place, after, among).rsplit(' of ', 1)[0]}."
    )


_SHOWN = ("label", "distance_km", "value", "weight", "points", "gain", "reason", "source")


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why one deposit scores as it does.

    Parameters
    ----------
    table
        A row per criterion, of `geo_ree.scoring.break_down`.
    sentence
        What carries the score, what holds it back, what would change it; of `describe`.
    """

    table: pd.DataFrame
    sentence: str

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        head = (
            "criterion",
            "km",
            "worth",
            "weight",
            "points",
            "gain on the spot",
            "reason of the weight",
            "source",
        )
        rows = self.table[list(_SHOWN)].itertuples(index=False, name=None)
        return f"<p>{escape(self.sentence)}</p>{table_html(head, rows)}"


def explain(
    row_or_id: pd.Series | Hashable,
    scores: pd.DataFrame,
    model: ScoreModel,
    *,
    ranked: pd.Series | None = None,
    compared: pd.Series | None = None,
) -> Explanation:
    """Say where the points of one deposit come from, and what would change its score.

    Parameters
    ----------
    row_or_id
        A row of `scores`, its label in the index, or its ``id``.
    scores
        The table of distances together with what `score` gave for it.
    model
        The model it was scored by.
    ranked, compared
        On the index of `scores`: the rows that ranks are among, and those that `score` compared.
        Left out, they are those of a run where `scores` is the table of one (it has ``role`` and
        ``rank``): ranked are the rows of the same role that have a rank, compared the
        candidates. All rows otherwise.

    Returns
    -------
    Explanation

    Raises
    ------
    ScoreError
        When there is no such deposit, or the table was not scored by this model.

    Examples
    --------
    >>> from geo_ree.scoring.model import Criterion
    >>> from geo_ree.scoring.decay import Exponential
    >>> from geo_ree.scoring.contributions import score
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> table = pd.DataFrame({"dist_railway_km": [50.0]}, index=["x:1"])
    >>> why = explain("x:1", table.join(score(table, model)), model)
    >>> print(why)
    x:1 scores 50 of 100, rank 1 of 1, carried by rail 50 km (50 points), held back by nothing. Most \
would change with rail on the spot: 100 points, rank 1.
    >>> float(why.table.loc["rail", "points"])
    50.0
    """
    if ranked is None and compared is None and {"role", "rank"} <= {*scores.columns}:
        role = scores["role"].iloc[find_row(row_or_id, scores)]
        ranked = scores["rank"].notna() & (scores["role"] == role)
        compared = scores["role"] == "candidate"
    return Explanation(
        table=break_down(row_or_id, scores, model, compared=compared),
        sentence=describe(row_or_id, scores, model, ranked=ranked, compared=compared),
    )
