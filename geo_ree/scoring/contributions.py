"""The score of a table of distances, and the contribution of each criterion."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError, suggest_words
from geo_ree.scoring.aggregates import METHODS, leave_one_out
from geo_ree.scoring.criteria import Criterion
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.raster_columns import add_raster_columns

_ROUNDING = 1e-9
"""Weights that add up to half may miss it by the rounding of their shares."""


def score(
    table: pd.DataFrame, model: ScoreModel, *, compared: pd.Series | None = None
) -> pd.DataFrame:
    """Score a table of distances.

    With weights ``w`` (adding up to 1) and values ``v`` from 0 to 1, the score is 100 times

    - ``weighted_sum``: the sum of ``w v / W``. The points of a criterion, ``100 w v / W``, add
      up to the score.
    - ``weighted_product``: the product of ``v ** (w / W)``.
    - ``topsis``: the relative closeness to the ideal of the table. It depends on the other rows:
      adding one changes the scores. Vetoed rows are not compared.

    ``W`` is the weight of the criteria that are known in that row: an unknown one is left out
    (value and points NaN) and its weight is shared among the others in proportion;
    ``unknown_weight_pct`` is the weight left out. Where less than `ScoreModel.least_known` of the
    weight is known, by default half, there is no score: what is left would be no measure of access.
    The points of the product and of TOPSIS are leave-one-out: the score less the score without the
    criterion. They can be negative and do not add up.

    Parameters
    ----------
    table
        A row per deposit, with the columns of the model (kilometres, or metres in a column whose
        name ends in ``_m``; NaN for unknown, infinity for out of reach). A criterion of a raster
        needs points instead of its column.
    model
        The model to score by, with its present weights; see `ScoreModel.choose`.
    compared
        On the index of `table`, True for the rows that TOPSIS takes its ideal and anti-ideal
        from; by default all. Other aggregates ignore it.

    Returns
    -------
    pandas.DataFrame
        On the index of `table`: ``value_<criterion>`` (0..1) and ``points_<criterion>``, then
        ``score`` (0..100, NaN when too little is known), ``unknown_weight_pct``, ``score_note`` (why
        there is no score, or None) and ``veto`` (the reasons, or None). Without a score there are
        no points. A criterion of weight 0 has a value and 0 points; a vetoed row has
        a score and points of 0.

    Raises
    ------
    ScoreError
        When a column is missing, is not numeric, or has a negative distance, or when
        `compared` does not fit the table.

    References
    ----------
    Malczewski, J. (2000), On the use of weighted linear combination method in GIS, Transactions
    in GIS 4(1), 5-22. Triantaphyllou, E. (2000), Multi-criteria decision making methods: a
    comparative study, Kluwer. Hwang, C.-L. and Yoon, K. (1981), Multiple attribute decision making:
    methods and applications, Springer.

    Examples
    --------
    >>> from geo_ree.scoring import Exponential
    >>> model = ScoreModel((
    ...     Criterion("rail", "dist_railway_km", Exponential(50), 0.75),
    ...     Criterion("road", "dist_road_km", Exponential(15), 0.25),
    ... ))
    >>> table = pd.DataFrame({"dist_railway_km": [50.0, 50.0], "dist_road_km": [0.0, None]})
    >>> score(table, model)[["points_rail", "points_road", "score", "unknown_weight_pct"]]
       points_rail  points_road  score  unknown_weight_pct
    0         37.5         25.0   62.5                 0.0
    1         50.0          NaN   50.0                25.0
    """
    table = add_raster_columns(table, model)
    check_columns(table, model)
    values = read_values(table, model)
    known, unknown = known_weights(values, model)
    reasons = _veto_reasons(table, model)
    vetoed = np.array([reason is not None for reason in reasons], dtype=np.bool_)
    among = read_compared(compared, table) & ~vetoed
    total, points = _total_and_points(values, model, known, vetoed, among)
    scored = enough_known(known, model) | vetoed
    points[np.ix_(model.shares > 0, ~scored)] = np.nan
    out: dict[str, object] = {}
    for criterion, value, its_points in zip(model.criteria, values, points, strict=True):
        out[f"value_{criterion.name}"] = value
        out[f"points_{criterion.name}"] = its_points
    out["score"] = np.where(scored, np.minimum(total, 100.0), np.nan)
    out["unknown_weight_pct"] = np.minimum(100.0 * unknown, 100.0)
    out["score_note"] = pd.Series(
        _score_notes(values, unknown, scored, model), table.index, dtype=object
    )
    out["veto"] = pd.Series(reasons, index=table.index, dtype=object)
    return pd.DataFrame(out, index=table.index)


def known_weights(values: Floats, model: ScoreModel) -> tuple[Floats, Floats]:
    """Share of the weights whose criterion is known, and unknown, in each row: shape (rows,) each."""
    known, unknown = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for share, value in zip(model.shares, values, strict=True):
        gaps = np.isnan(value)
        known += np.where(gaps, 0.0, share)
        unknown += np.where(gaps, share, 0.0)
    return known, unknown


def enough_known(known: Floats, model: ScoreModel) -> NDArray[np.bool_]:
    """Mask of the rows of which enough is known for a score: the one rule of all aggregates."""
    return np.asarray((known > 0) & (known >= model.least_known - _ROUNDING), dtype=np.bool_)


def _score_notes(
    values: Floats, unknown: Floats, scored: NDArray[np.bool_], model: ScoreModel
) -> NDArray[np.object_]:
    """Why a row has no score, None where it has one."""
    out = np.full(len(scored), None, dtype=object)
    for row in np.flatnonzero(~scored):
        lost = [
            criterion.label
            for criterion, share, value in zip(model.criteria, model.shares, values, strict=True)
            if share > 0 and np.isnan(value[row])
        ]
        out[row] = (
            f"no score: {100 * unknown[row]:.0f} % of the weight is unknown ({', '.join(lost)})"
        )
    return out


def read_values(table: pd.DataFrame, model: ScoreModel) -> Floats:
    """Values of all criteria of a model, shape (criteria, rows)."""
    return np.stack(
        [
            criterion_values(c, read_column(table, c.column, model), model, table.index)
            for c in model.criteria
        ]
    )


def read_vetoed(table: pd.DataFrame, model: ScoreModel) -> NDArray[np.bool_]:
    """Mask of the rows of a table that any veto of a model excludes."""
    out = np.zeros(len(table), dtype=np.bool_)
    for veto in model.vetoes:
        out |= veto.applies(read_column(table, veto.column, model))
    return out


def read_compared(compared: pd.Series | None, table: pd.DataFrame) -> NDArray[np.bool_]:
    """The mask of the rows that TOPSIS compares; all by default."""
    if compared is None:
        return np.ones(len(table), dtype=np.bool_)
    if not compared.index.equals(table.index) or not pd.api.types.is_bool_dtype(compared.dtype):
        raise ScoreError(
            f"compared has {len(compared)} rows of {compared.dtype}, expected True or False for each "
            f"of the table's {len(table)}",
            "give a column of the same table, for instance table['role'] == 'candidate'",
        )
    return compared.to_numpy(dtype=np.bool_)


def check_columns(table: pd.DataFrame, model: ScoreModel) -> None:
    """Raise a ScoreError that names all columns of the model that a table lacks."""
    paths = {f"criteria.{c.name}.column": c.column for c in model.criteria}
    paths |= {f"vetoes.{i}.column": v.column for i, v in enumerate(model.vetoes)}
    lost = [f"{path} is {name!r}" for path, name in paths.items() if name not in table.columns]
    if lost:
        names = [str(c) for c in table.columns]
        wrong = dict.fromkeys(c for c in paths.values() if c not in table.columns)
        near = suggest_words(next(iter(wrong)), names) if len(wrong) == 1 else ""
        there = [n for n in names if n.startswith("dist_")] or names
        raise ScoreError(
            f"{model.origin or model.name}: {', '.join(lost)}, but the table has no such column",
            near or f"use one of {', '.join(there) or 'none (the table has no columns)'}",
        )


def read_column(table: pd.DataFrame, column: str, model: ScoreModel) -> Floats:
    """A column as float64, NaN where unknown."""
    try:
        numbers = pd.to_numeric(table[column])
    except (TypeError, ValueError) as error:
        raise ScoreError(
            f"{model.origin or model.name}: column {column!r} is not numeric ({error})",
            "give kilometres, empty where unknown",
        ) from None
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def criterion_values(
    criterion: Criterion, distance: Floats, model: ScoreModel, index: pd.Index
) -> Floats:
    """Values of one criterion from distances in the unit of its column; the last axis is that of `index`.

    The model and the index name the file and the row in the error for a negative distance.
    """
    if criterion.unit:
        distance = np.maximum(distance, 0.0)  # no distance: what is below 0 is as good as 0
    wrong = np.argwhere(distance < 0)
    if wrong.size:
        row = index[wrong[0][-1]]
        raise ScoreError(
            f"{model.origin or model.name}: row {row!r}: {criterion.column} is "
            f"{distance[tuple(wrong[0])]:g}, expected 0 or more",
            "give kilometres (metres in a column ending in _m), empty where unknown",
        )
    value = criterion.value(distance if criterion.unit_km == 1.0 else distance * criterion.unit_km)
    if criterion.missing == "unknown":
        return value
    return np.where(np.isnan(value), float(criterion.missing), value)


def _total_and_points(
    values: Floats,
    model: ScoreModel,
    known: Floats,
    vetoed: NDArray[np.bool_],
    among: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Score (rows) and points (criteria, rows), unknown scores as 0."""
    shares = model.shares
    if model.aggregate == "weighted_sum":
        points = np.stack(
            [_points(v, float(s), known) for v, s in zip(values, shares, strict=True)]
        )
        total = None
    else:
        method = METHODS[model.aggregate]
        total = np.nan_to_num(100.0 * method(values, shares, among))
        points = 100.0 * leave_one_out(values, shares, method, among)
    points[:, vetoed] = np.where(np.isnan(points[:, vetoed]), np.nan, 0.0)
    if total is None:
        total = np.zeros(values.shape[1])
        for its_points in points:
            total += np.nan_to_num(its_points)
    return np.where(vetoed, 0.0, total), points


def _points(value: Floats, share: float, known: Floats) -> Floats:
    if share == 0:
        return np.zeros(len(value))
    rest = np.where(known > 0, known, 1.0)
    return np.asarray(100.0 * (share / rest) * value, dtype=np.float64)


def _veto_reasons(table: pd.DataFrame, model: ScoreModel) -> list[str | None]:
    found: list[list[str]] = [[] for _ in range(len(table))]
    for veto in model.vetoes:
        for i in np.flatnonzero(veto.applies(read_column(table, veto.column, model))):
            found[i].append(veto.reason)
    return ["; ".join(reasons) or None for reasons in found]
