"""Where the points of a deposit come from, criterion by criterion, and a phrase for either side."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.contributions import score
from geo_ree.scoring.model import Criterion, ScoreModel

_MOST = 3
"""Distances that a phrase names."""


def break_down(
    row_or_id: pd.Series | Hashable,
    scores: pd.DataFrame,
    model: ScoreModel,
    *,
    compared: pd.Series | None = None,
) -> pd.DataFrame:
    """Tabulate where the points of one deposit come from.

    Parameters
    ----------
    row_or_id
        A row of `scores`, its label in the index, or its ``id``.
    scores
        The table of distances together with what `score` gave for it.
    model
        The model it was scored by.
    compared
        The rows that `score` compared, where it was told.

    Returns
    -------
    pandas.DataFrame
        A row per criterion, on an index ``criterion``, in the model's order: ``label``,
        ``distance_km``, ``value`` (0..1), ``weight`` (share, before the weight of unknown
        criteria is shared out), ``points``, ``measured_to``, ``reason``, ``source`` and ``gain``:
        the points that the score would gain with the criterion on the spot (0 km) and all else
        as it is; NaN without a score.

    Raises
    ------
    ScoreError
        When there is no such deposit, or the table was not scored by this model.

    Examples
    --------
    >>> from geo_ree.scoring.decay import Exponential
    >>> from geo_ree.scoring.contributions import score
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> table = pd.DataFrame({"dist_railway_km": [50.0]}, index=["x:1"])
    >>> scores = table.join(score(table, model))
    >>> why = break_down("x:1", scores, model)
    >>> why.loc["rail", ["distance_km", "value", "weight", "points", "gain"]].tolist()
    [50.0, 0.5, 1.0, 50.0, 50.0]
    """
    place = find_row(row_or_id, scores)
    check_scored(scores.iloc[place], model)
    return tabulate(place, scores, model, on_the_spot(place, scores, model, compared=compared))


def tabulate(
    place: int, scores: pd.DataFrame, model: ScoreModel, spots: list[Floats]
) -> pd.DataFrame:
    """Tabulate where the points of the deposit at a position of the table come from.

    Parameters
    ----------
    place, scores, model
        As for `on_the_spot`.
    spots
        What that gave for it.

    Returns
    -------
    pandas.DataFrame
        As `explain` gives it.

    Examples
    --------
    >>> from geo_ree.scoring.decay import Exponential
    >>> from geo_ree.scoring.contributions import score
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> table = pd.DataFrame({"dist_railway_km": [50.0]})
    >>> scores = table.join(score(table, model))
    >>> tabulate(0, scores, model, on_the_spot(0, scores, model))["gain"].tolist()
    [50.0]
    """
    row, criteria = scores.iloc[place], model.criteria
    return pd.DataFrame(
        {
            "label": [c.label for c in criteria],
            "distance_km": [_number(row[c.column]) * c.unit_km for c in criteria],
            "value": [_number(row[f"value_{c.name}"]) for c in criteria],
            "weight": model.shares,
            "points": [_number(row[f"points_{c.name}"]) for c in criteria],
            "measured_to": [c.measured_to for c in criteria],
            "reason": [c.reason for c in criteria],
            "source": [c.source for c in criteria],
            "gain": [s[place] - _number(row["score"]) for s in spots],
        },
        index=pd.Index([c.name for c in criteria], name="criterion"),
    )


def phrase(scores_row: pd.Series, model: ScoreModel) -> tuple[str, str]:
    """Say in a phrase each what speaks for a deposit and what against it.

    A criterion speaks for a deposit when it keeps at least half of its worth there, and is named
    the sooner the more points it wins; the others speak against it, the sooner the more they
    lose. At most three distances are named on either side, and every criterion that is unknown.

    Parameters
    ----------
    scores_row
        A row of the table of distances together with what `score` gave for it.
    model
        The model it was scored by.

    Returns
    -------
    tuple of str
        For and against.

    Raises
    ------
    ScoreError
        When the row was not scored by this model.

    Examples
    --------
    >>> from geo_ree.scoring.decay import Exponential
    >>> from geo_ree.scoring.contributions import score
    >>> model = ScoreModel((
    ...     Criterion("rail", "dist_railway_km", Exponential(50), 0.5, label="railway"),
    ...     Criterion("road", "dist_road_km", Exponential(15), 0.3, label="road"),
    ...     Criterion("plant", "dist_power_plant_km", Exponential(75), 0.2, label="power plant"),
    ... ))
    >>> table = pd.DataFrame({"dist_railway_km": [240.0], "dist_road_km": [3.0],
    ...                       "dist_power_plant_km": [None]})
    >>> phrase(table.join(score(table, model)).iloc[0], model)
    ('road 3 km', 'railway 240 km; power plant unknown')
    """
    check_scored(scores_row, model)
    won: list[tuple[float, str]] = []
    lost: list[tuple[float, str]] = []
    unknown: list[str] = []
    for criterion, share in zip(model.criteria, model.shares, strict=True):
        if share == 0:
            continue
        value = _number(scores_row[f"value_{criterion.name}"])
        distance = _number(scores_row[criterion.column]) * criterion.unit_km
        if math.isnan(distance):
            unknown.append(criterion.label)
        elif value >= 0.5:
            won.append((-share * value, distance_words(criterion, distance)))
        else:
            lost.append((-share * (1.0 - value), distance_words(criterion, distance)))
    against = [", ".join(_foremost(lost))] if lost else []
    against += [f"{listed(unknown)} unknown"] if unknown else []
    veto = scores_row.get("veto")
    if isinstance(veto, str) and veto:
        against.insert(0, veto)
    return ", ".join(_foremost(won)) or "nothing near", "; ".join(against) or "nothing far"


def on_the_spot(
    place: int, scores: pd.DataFrame, model: ScoreModel, *, compared: pd.Series | None = None
) -> list[Floats]:
    """Score a table anew for each criterion, with one deposit at 0 km of it.

    Parameters
    ----------
    place
        Position of the deposit in the table.
    scores
        The table of distances together with what `score` gave for it.
    model
        The model it was scored by.
    compared
        The rows that `score` compared, where it was told.

    Returns
    -------
    list of numpy.ndarray
        For each criterion the scores of all rows; all but one stay as they are, except under
        TOPSIS, which compares.

    Examples
    --------
    >>> from geo_ree.scoring.decay import Exponential
    >>> from geo_ree.scoring.contributions import score
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> table = pd.DataFrame({"dist_railway_km": [50.0, 100.0]})
    >>> on_the_spot(1, table.join(score(table, model)), model)[0].tolist()
    [50.0, 100.0]
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
    for spot, points in zip(out, score(near, model)["score"], strict=True):
        spot[place] = points
    return out


def find_row(row_or_id: pd.Series | Hashable, scores: pd.DataFrame) -> int:
    """Find the position of a deposit by a row of the table, its label or its ``id``.

    Raises
    ------
    ScoreError
        When there is none, or more than one.

    Examples
    --------
    >>> find_row("x:2", pd.DataFrame({"id": ["x:1", "x:2"]}))
    1
    """
    label = row_or_id.name if isinstance(row_or_id, pd.Series) else row_or_id
    found = scores.index == label
    if not found.any() and "id" in scores.columns:
        found = (scores["id"] == label).to_numpy()
    rows = np.flatnonzero(found)
    if rows.size != 1:
        raise ScoreError(
            f"{rows.size or 'no'} rows are called {label!r}, expected one",
            "use a label of the index or an id of the table",
        )
    return int(rows[0])


def check_scored(row: pd.Series, model: ScoreModel) -> None:
    """Refuse a row that was not scored by a model.

    Raises
    ------
    ScoreError
        With the columns that it lacks.
    """
    wanted = [c.column for c in model.criteria]
    wanted += [f"{p}_{c.name}" for c in model.criteria for p in ("value", "points")]
    wanted += ["score"]
    lost = [name for name in wanted if name not in row.index]
    if lost:
        raise ScoreError(
            f"the row has no {', '.join(lost)}",
            "join the table of distances with what score() gave for the same model",
        )


def _number(value: object) -> float:
    return float("nan") if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]


def _foremost(found: list[tuple[float, str]]) -> list[str]:
    return [words for _, words in sorted(found, key=lambda pair: pair[0])[:_MOST]]


def listed(words: list[str]) -> str:
    """Write words as a list: commas, and an "and" before the last.

    Examples
    --------
    >>> listed(["road", "rail", "water"])
    'road, rail and water'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def distance_words(criterion: Criterion, distance_km: float) -> str:
    """Say how far what a criterion measures to is.

    Examples
    --------
    >>> from geo_ree.scoring.presets import load_preset
    >>> distance_words(load_preset("infrastructure").criteria[0], 1240.4)
    'railway 1,240 km'
    >>> distance_words(load_preset("infrastructure").optional[0], 0.8564)
    'climb to the railway 860 m'
    """
    if math.isnan(distance_km):
        return f"{criterion.label} unknown"
    if math.isinf(distance_km):
        return f"{criterion.label} out of reach"
    if criterion.unit_km != 1.0:
        return f"{criterion.label} {1000.0 * round(distance_km, 2):,.0f} m"
    if distance_km < 0.95:
        near = f"{distance_km:.1f}" if distance_km >= 0.05 else "under 0.1"
        return f"{criterion.label} {near} km"
    return f"{criterion.label} {distance_km:,.0f} km"
