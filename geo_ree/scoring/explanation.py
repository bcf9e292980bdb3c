"""Explanations of a score: points by criterion, strengths and weaknesses, the largest gain."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from html import escape
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.schema.deposit_lookup import find_deposit
from geo_ree.scoring.contributions import read_compared, score
from geo_ree.scoring.criteria import distance_words
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.notebook import html_table
from geo_ree.scoring.raster_columns import add_raster_columns

_STRENGTHS = 3
_WEAKNESSES = 2
_LEAST_POINTS = 0.5
"""Points below which a gain or loss is not mentioned."""


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why one deposit scores as it does.

    Parameters
    ----------
    table
        A row per criterion, on an index ``criterion``, in the model's order: ``label``,
        ``distance_km``, ``value`` (0..1), ``weight`` (share, before the weight of unknown
        criteria is shared among the others), ``points``, ``measured_to``, ``reason``, ``source``
        and ``gain``: the points gained if the distance were 0 km and all else equal; NaN without
        a score.
    sentence
        Score, rank and rank within the stage; the (at most three) criteria that win most points and the (at most two)
        known ones that lose most, each listed once; the unknown ones; and the largest possible
        gain from one criterion, with the score and rank it would give.
    note
        Where a source places a road, railway or power line at the deposit: both distances, what
        takes which, and the cost of access with the measured ones. Where a line of unknown course
        may be nearer than what was measured to: its name and how far it may be. Else "".
    """

    table: pd.DataFrame
    sentence: str
    note: str = ""

    def __repr__(self) -> str:
        points = self.table["points"]
        known = f"{points.notna().sum()} of {len(points)} criteria known"
        return f"<Explanation: {known}, points {points.min():.1f} to {points.max():.1f}>"

    def __str__(self) -> str:
        return f"{self.sentence} {self.note}".rstrip()

    def _repr_html_(self) -> str:
        columns = ["label", "distance_km", "value", "weight", "points", "gain", "reason", "source"]
        return f"<p>{escape(str(self))}</p>{html_table(self.table[columns])}"


class Explainable(Protocol):
    """A result of a run, which explains its own deposits."""

    def explain(self, deposit: str, model: ScoreModel | None = None) -> Explanation:
        """Explain the score of one deposit."""


def explain(
    deposit: pd.Series | Hashable,
    scores: pd.DataFrame | Explainable,
    model: ScoreModel | None = None,
    *,
    ranked: pd.Series | None = None,
    compared: pd.Series | None = None,
) -> Explanation:
    """Explain the score of one deposit, and what would change it.

    Parameters
    ----------
    deposit
        A row of `scores`, its label in the index, its ``id``, or a name or alias of the deposit in
        any case. Of several deposits with a name, ranked ones come first, then those that do not
        have it as an alias; a log message says so.
    scores
        The table of distances joined with the result of `score`; or a result of `geo_ree.run`.
    model
        The model it was scored by. Not needed with a result; another model scores it again.
    ranked, compared
        On the index of `scores`: the rows to rank among, and the rows that `score` compared.
        By default all rows; in the table of a run (with ``role`` and ``rank_in_role``) the ranked
        rows of the same role, and the candidates.

    Returns
    -------
    Explanation

    Raises
    ------
    SettingsError
        When no deposit has the name, or several that nothing sets apart.
    ScoreError
        When the table was not scored by this model.

    Examples
    --------
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> model = ScoreModel((
    ...     Criterion("rail", "dist_railway_km", Exponential(50), 0.6, label="railway"),
    ...     Criterion("road", "dist_road_km", Exponential(15), 0.4, label="road"),
    ... ))
    >>> table = pd.DataFrame({"dist_railway_km": [150.0, 50.0], "dist_road_km": [0.0, 30.0]},
    ...                      index=["west", "east"])
    >>> explanation = explain("west", table.join(score(table, model)), model)
    >>> for sentence in explanation.sentence.split(". "):
    ...     print(sentence)
    west scores 48 of 100, rank 1 of 2
    Strengths: road under 0.1 km (40 points)
    Weaknesses: railway 150 km (52 points lost)
    Largest possible gain: railway nearby (100 points, rank 1).
    >>> explanation.table["gain"].round(1).to_dict()
    {'rail': 52.5, 'road': 0.0}
    """
    if not isinstance(scores, pd.DataFrame):
        return scores.explain(str(deposit), model)
    if model is None:
        raise ScoreError("there is no model to explain by", "give the model of the scores")
    scores = add_raster_columns(scores, model)
    place = _find_row(deposit, scores)
    row = scores.iloc[place]
    _check_scored(row, model)
    if ranked is None and compared is None and {"role", "rank_in_role"} <= {*scores.columns}:
        ranked = scores["rank_in_role"].notna() & (scores["role"] == row["role"])
        compared = scores["role"] == "candidate"
    moved = _scores_at_zero_km(place, scores, model, compared)
    criteria = model.criteria
    table = pd.DataFrame(
        {
            "label": [c.label for c in criteria],
            "distance_km": [_number(row[c.column]) * c.unit_km for c in criteria],
            "value": [_number(row[f"value_{c.name}"]) for c in criteria],
            "weight": model.shares,
            "points": [_number(row[f"points_{c.name}"]) for c in criteria],
            "measured_to": [c.measured_to for c in criteria],
            "reason": [c.reason for c in criteria],
            "source": [c.source for c in criteria],
            "gain": [m[place] - _number(row["score"]) for m in moved],
        },
        index=pd.Index([c.name for c in criteria], name="criterion"),
    )
    sentence = _sentence(place, scores, model, table, moved, read_compared(ranked, scores))
    stated = row.get("site_access_note")
    notes = [*([stated] if isinstance(stated, str) else []), *_lines_beside(row, model)]
    return Explanation(table=table, sentence=sentence, note=" ".join(notes))


def strengths_and_weaknesses(row: pd.Series, model: ScoreModel) -> tuple[str, str]:
    """List the near and the far criteria of a scored row, at most three each, for a table.

    A criterion with at least half of its value is a strength, listed by the points it wins; the
    others are weaknesses, listed by the points they lose, followed by all unknown criteria.
    """
    _check_scored(row, model)
    won: list[tuple[float, str]] = []
    lost: list[tuple[float, str]] = []
    unknown: list[str] = []
    limits = row.get("upper_limits")
    for criterion, share in zip(model.criteria, model.shares, strict=True):
        if share == 0:
            continue
        value = _number(row[f"value_{criterion.name}"])
        distance = _number(row[criterion.column]) * criterion.unit_km
        if math.isnan(distance):
            unknown.append(criterion.features)
        elif value >= 0.5:
            won.append((-share * value, distance_words(criterion, distance, limits)))
        else:
            lost.append((-share * (1.0 - value), distance_words(criterion, distance, limits)))
    strengths, weaknesses = (
        [text for _, text in sorted(found, key=lambda pair: pair[0])[:3]] for found in (won, lost)
    )
    parts = [", ".join(weaknesses)] if weaknesses else []
    parts += [f"{_join(unknown)} unknown"] if unknown else []
    if isinstance(veto := row.get("veto"), str) and veto:
        parts.insert(0, veto)
    return ", ".join(strengths) or "none", "; ".join(parts) or "none"


def _lines_beside(row: pd.Series, model: ScoreModel) -> list[str]:
    """Say which lines of unknown course may be nearer than what was measured to, a sentence each."""
    out = []
    for criterion, share in zip(model.criteria, model.shares, strict=True):
        target = criterion.column.removeprefix("dist_").removesuffix("_km")
        km, error = (_number(row.get(f"{k}_{target}_km")) for k in ("unsure", "err_unsure"))
        if share == 0 or criterion.column != f"dist_{target}_km" or math.isnan(km + error):
            continue
        out.append(
            f"A line of unknown course may be nearer ({criterion.label}): {row[f'near_unsure_{target}']}, "
            f"{max(0.0, km - error):,.0f} to {km + error:,.0f} km; the draws take the nearer of both."
        )
    return out


def _find_row(deposit: pd.Series | Hashable, scores: pd.DataFrame) -> int:
    """Position of the one row with this label, ``id`` or name."""
    label = deposit.name if isinstance(deposit, pd.Series) else deposit
    rows = np.flatnonzero(scores.index == label)
    if not rows.size and isinstance(label, str):
        return find_deposit(label, scores)
    if rows.size != 1:
        raise ScoreError(
            f"{rows.size or 'no'} rows are called {label!r}, expected one",
            "use a label of the index, or an id or name of the table",
        )
    return int(rows[0])


def _check_scored(row: pd.Series, model: ScoreModel) -> None:
    wanted = [c.column for c in model.criteria]
    wanted += [f"{p}_{c.name}" for c in model.criteria for p in ("value", "points")]
    lost = [name for name in (*wanted, "score") if name not in row.index]
    if lost:
        raise ScoreError(
            f"the row has no {', '.join(lost)}",
            "join the table of distances with the result of score() for the same model",
        )


def _scores_at_zero_km(
    place: int, scores: pd.DataFrame, model: ScoreModel, compared: pd.Series | None
) -> list[Floats]:
    """For each criterion, the scores of all rows if that distance of one row were 0 km.

    Only TOPSIS changes the other rows, so only it scores the whole table again.
    """
    columns = [c.column for c in model.criteria]
    if model.aggregate == "topsis":
        table = scores[list(model.columns)].apply(pd.to_numeric).astype(np.float64)
        out = []
        for column in columns:
            near = table.copy()
            near.iloc[place, near.columns.get_loc(column)] = 0.0
            out.append(score(near, model, compared=compared)["score"].to_numpy())
        return out
    own = scores.iloc[place][list(model.columns)].apply(pd.to_numeric).astype(np.float64)
    near = pd.DataFrame([own] * len(columns), index=pd.RangeIndex(len(columns)))
    for i, column in enumerate(columns):
        near.loc[i, column] = 0.0
    everyone = scores["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    out = [everyone.copy() for _ in columns]
    for moved, points in zip(out, score(near, model)["score"], strict=True):
        moved[place] = points
    return out


def _sentence(
    place: int,
    scores: pd.DataFrame,
    model: ScoreModel,
    table: pd.DataFrame,
    moved: list[Floats],
    among: NDArray[np.bool_],
) -> str:
    row = scores.iloc[place]
    own, name, veto = _number(row["score"]), row.get("name"), row.get("veto")
    limits = row.get("upper_limits")
    label = name if isinstance(name, str) and name else str(scores.index[place])
    weighted, features = table[table["weight"] > 0], {c.name: c.features for c in model.criteria}
    if math.isnan(own):
        return f"{label} has no score: {_join([features[n] for n in weighted.index])} unknown."
    if isinstance(veto, str) and veto:
        parts = [f"{label} is excluded and scores 0 of 100: {veto}."]
    else:
        everyone = scores["score"].to_numpy(dtype=np.float64, na_value=np.nan)
        rank, count = _rank(place, everyone, among), int((~np.isnan(everyone[among])).sum())
        # A criterion that would gain more points than it has is a weakness, else a strength.
        weak = weighted["gain"] > weighted["points"]
        parts = [
            f"{label} scores {own:.0f} of 100, rank {rank} of {count}{_interval(row)}"
            f"{_in_stage(row, scores, among)}.",
            f"Strengths: {_largest(weighted[~weak], 'points', 'points', _STRENGTHS, model, limits)}.",
            f"Weaknesses: {_largest(weighted[weak], 'gain', 'points lost', _WEAKNESSES, model, limits)}.",
        ]
    unknown = [features[n] for n in weighted.index[weighted["distance_km"].isna()]]
    if unknown:
        parts.append(f"Unknown: {_join(unknown)}.")
    gains = table["gain"].to_numpy(dtype=np.float64)
    best = int(gains.argmax())
    if gains[best] < _LEAST_POINTS:
        parts.append("No single criterion would raise the score.")
    else:
        criterion, after = model.criteria[best], moved[best]
        near = criterion.unit_km == 1 and not criterion.unit
        change = f"{criterion.features} nearby" if near else f"no {criterion.features}"
        rank = _rank(place, after, among)
        parts.append(f"Largest possible gain: {change} ({after[place]:.0f} points, rank {rank}).")
    return " ".join(parts)


def _rank(place: int, everyone: Floats, among: NDArray[np.bool_]) -> int:
    return 1 + int((everyone[among] > everyone[place]).sum())


def _in_stage(row: pd.Series, scores: pd.DataFrame, among: NDArray[np.bool_]) -> str:
    """The rank within the stage, where the table has one."""
    rank = row.get("rank_in_stage")
    if rank is None or pd.isna(rank):
        return ""
    count = int((scores["stage"][among] == row["stage"]).sum())
    name = str(row["stage"]).replace("_", " ")
    return f", rank {rank} of {count} at the stage {name}{_interval(row, 'rank_in_stage')}"


def _interval(row: pd.Series, rank: str = "rank") -> str:
    """The interval of a rank, where the table has one."""
    low, high = row.get(f"{rank}_p5"), row.get(f"{rank}_p95")
    if low is None or pd.isna(low) or high is None or pd.isna(high):
        return ""
    return f" (90 % interval {low:.0f}-{high:.0f})"


def _largest(
    table: pd.DataFrame, column: str, unit: str, count: int, model: ScoreModel, limits: object
) -> str:
    """The criteria with the largest figures of a column, each with its distance."""
    known = table[table["distance_km"].notna() | (column == "points")]
    most = known[known[column] >= _LEAST_POINTS]
    most = most.sort_values(column, ascending=False, kind="stable").head(count)
    criteria = {c.name: c for c in model.criteria}
    texts = [
        f"{distance_words(criteria[str(name)], float(row['distance_km']), limits)} "
        f"({row[column]:.0f} {unit})"
        for name, row in most.iterrows()
    ]
    return _join(texts) if texts else "none"


def _number(value: object) -> float:
    return float("nan") if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]


def _join(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
