"""Why a deposit scores as it does: a table and a sentence, side by side."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from html import escape

import pandas as pd

from geo_ree.html import table_html
from geo_ree.scoring.breakdown import break_down, find_row
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.sentences import describe

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
        head = ("criterion", "km", "worth", "weight", "points", "gain on the spot", "reason of the weight",
                "source")  # fmt: skip
        rows = self.table[list(_SHOWN)].itertuples(index=False, name=None)
        return f"<p>{escape(self.sentence)}</p>{table_html(head, rows)}"


def explain(
    row_or_id: pd.Series | Hashable, scores: pd.DataFrame, model: ScoreModel, *,
    ranked: pd.Series | None = None, compared: pd.Series | None = None,
) -> Explanation:  # fmt: skip
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
    >>> from geo_ree.scoring import Criterion, Exponential, score
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
