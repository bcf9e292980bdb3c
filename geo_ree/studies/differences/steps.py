"""From one run to another in steps: after each, the scores and ranks that it moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import distance_m
from geo_ree.pipeline.gateways import to_the_metre
from geo_ree.pipeline.records import Result
from geo_ree.proximity import measure
from geo_ree.schema import RANKED_ROLES
from geo_ree.scoring import ScoreModel, score

_PLACE = ("country", "position_error_m", "precision_class")
_MOVED_M = 1.0

STEP_COLUMNS = ("id", "step", "kind", "score_change", "rank_change", "what")


@dataclass(frozen=True)
class _State:
    """The deposits of the first run on their way to the second, and the model in force."""

    table: gpd.GeoDataFrame
    model: ScoreModel

    def scored(self) -> pd.DataFrame:
        """Score and rank within the role, on the ids of the first run."""
        table = self.table.reindex(columns=[*dict.fromkeys([*self.table, *self.model.columns])])
        roles = table["role"]
        candidates = roles == "candidate"
        compared = candidates if candidates.any() else roles.isin(RANKED_ROLES)
        points = score(table, self.model, compared=compared)["score"]
        ranked = points.where(roles.isin(RANKED_ROLES))
        ranks = ranked.groupby(roles).rank(ascending=False, method="first")
        return pd.DataFrame({"score": points, "rank": ranks})


def trace_steps(before: Result, after: Result, matches: pd.DataFrame) -> pd.DataFrame:
    """Change one thing after another from a run to the next, and note what each moves.

    The steps, in this order: the positions of the second run; its layers, one target at a time; its
    other columns; its weights and decays; its deposits and roles.

    Parameters
    ----------
    before, after
        Two runs.
    matches
        From `geo_ree.studies.differences.matching.match_deposits`.

    Returns
    -------
    pandas.DataFrame
        A row per step that changes the score or the rank of a deposit ranked in both runs: ``id``
        (of the second run), ``step``, ``kind`` (position, layer, column, model or deposits),
        ``score_change``, ``rank_change`` (negative is better) and ``what``. The changes of a deposit
        add up to its whole change.

    Notes
    -----
    How a change is shared out depends on the order of the steps; the sum does not. A deposit that
    only the first run ranks keeps its values until the last step. Cost: one score of the table a
    step, and one index of the first run's layers where a position moved.
    """
    pairs = _ranked_pairs(before, after, matches)
    state = _State(before.scores.table, before.scores.model)
    now = _published(before, pairs["before"])
    rows: list[pd.DataFrame] = []
    for step, kind, changed, words in _states(before, after, pairs, state):
        then = changed.scored().loc[pairs["before"]]
        rows.append(_step_rows(pairs, now, then, step, kind, words))
        now = then
    end = _published(after, pairs["after"]).set_axis(pairs["before"])
    rows.append(_step_rows(pairs, now, end, "deposits", "deposits", _ranked_words(before, after)))
    return pd.concat(rows, ignore_index=True).sort_values("id", kind="stable", ignore_index=True)


def moved_km(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> np.ndarray:
    """Geodesic kilometres between the positions of the same rows."""
    a, b = before.geometry, after.geometry
    return distance_m(a.x, a.y, b.x, b.y) / 1000.0


def _ranked_pairs(before: Result, after: Result, matches: pd.DataFrame) -> pd.DataFrame:
    """Pairs of ids that both runs rank in the same role."""
    pairs = matches.dropna()
    roles = [
        run.scores.table["role"]
        .where(run.scores.table["rank_in_role"].notna())
        .reindex(pairs[side])
        for run, side in ((before, "before"), (after, "after"))
    ]
    same = roles[0].notna().to_numpy() & (roles[0].to_numpy() == roles[1].to_numpy())
    return pairs[same].reset_index(drop=True)


def _published(run: Result, ids: pd.Series) -> pd.DataFrame:
    table = run.scores.table.loc[ids, ["score", "rank_in_role"]]
    return table.astype(np.float64).set_axis(["score", "rank"], axis=1)


def _states(
    before: Result, after: Result, pairs: pd.DataFrame, state: _State
) -> Iterator[tuple[str, str, _State, pd.Series]]:
    """Each step's name, kind, state after it, and what changed of each pair."""
    old = before.scores.table.loc[pairs["before"]]
    new = after.scores.table.loc[pairs["after"]].set_axis(pairs["before"])
    moved = _moved_rows(old, new)
    if moved.any():
        state = replace(state, table=_at_new_places(before, state.table, new[moved]))
        far = zip(moved, moved_km(old, new), strict=True)
        words = pd.Series([f"{km:.1f} km" if m else "" for m, km in far], index=new.index)
        yield "position", "position", state, words
    columns = dict.fromkeys((*before.scores.model.columns, *after.scores.model.columns))
    targets = {f"dist_{n}_km": n for n in {**before.measures.targets, **after.measures.targets}}
    for column in columns:
        held = state.table.get(column, pd.Series(np.nan, state.table.index))[new.index]
        found = new.get(column, pd.Series(np.nan, new.index))
        if np.array_equal(held.to_numpy(np.float64), found.to_numpy(np.float64), equal_nan=True):
            continue
        name = targets.get(column, "")
        words = _distance_words(old, new, held, name) if name else _words(held, found)
        table = state.table.assign(**{column: state.table.get(column, np.nan)})
        table.loc[new.index, column] = found
        state = replace(state, table=table)
        yield name or column, "layer" if name else "column", state, words
    if str(before.scores.model) != str(after.scores.model):
        state = replace(state, model=after.scores.model)
        yield "weights and decays", "model", state, pd.Series("", index=new.index)


def _moved_rows(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> np.ndarray:
    """Whether the position, its error, its class or the country of each pair differ."""
    moved = moved_km(old, new) * 1000.0 > _MOVED_M
    for name in _PLACE:
        a, b = old[name].astype(object), new[name].astype(object)
        moved |= ~((a == b) | (a.isna() & b.isna())).to_numpy(dtype=bool)
    return np.asarray(moved)


def _at_new_places(
    before: Result, table: gpd.GeoDataFrame, places: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """The table of the first run, with some deposits measured again from their new places."""
    again = to_the_metre(
        measure(
            places,
            before.layers.frames,
            labels=before.layers.labels,
            index=before.measures.proximity,
        )
    )
    out = table.copy()
    for name in again.columns.intersection(out.columns):
        out.loc[again.index, name] = again[name]
    return out


def _step_rows(
    pairs: pd.DataFrame,
    now: pd.DataFrame,
    then: pd.DataFrame,
    step: str,
    kind: str,
    words: pd.Series,
) -> pd.DataFrame:
    ids = pairs["before"]
    out = pd.DataFrame(
        {
            "id": pairs["after"].to_numpy(),
            "step": step,
            "kind": kind,
            "score_change": (then["score"] - now["score"]).loc[ids].to_numpy(),
            "rank_change": (then["rank"] - now["rank"]).loc[ids].to_numpy(),
            "what": words.reindex(ids, fill_value="").to_numpy(),
        }
    )
    changed = (out["score_change"].abs() >= 5e-5) | (out["rank_change"] != 0)
    return out[changed.fillna(False)]


def _distance_words(
    old: pd.DataFrame, new: pd.DataFrame, held: pd.Series, target: str
) -> pd.Series:
    """``17.2 km to A -> 103.0 km to B`` for each deposit, blank where nothing differs."""
    column, near = f"dist_{target}_km", f"near_{target}"
    blank = pd.Series(None, index=new.index, dtype=object)
    parts = zip(
        held,
        old.get(near, blank),
        new.get(column, blank.astype(np.float64)),
        new.get(near, blank),
        strict=True,
    )
    words = [
        "" if a == b else f"{_to(a, where)} -> {_to(b, there)}" for a, where, b, there in parts
    ]
    return pd.Series(words, index=new.index)


def _to(km: float, feature: object) -> str:
    if not np.isfinite(km):
        return "unknown"
    return f"{km:.1f} km" + (f" to {feature}" if isinstance(feature, str) else "")


def _words(held: pd.Series, found: pd.Series) -> pd.Series:
    words = [
        "" if a == b else f"{a:g} -> {b:g}"
        for a, b in zip(held.astype(np.float64), found.astype(np.float64), strict=True)
    ]
    return pd.Series(words, index=found.index)


def _ranked_words(before: Result, after: Result) -> pd.Series:
    """What the last step changes: how many deposits are ranked in each role."""
    counts = [
        run.scores.table.loc[run.scores.table["rank_in_role"].notna(), "role"].value_counts()
        for run in (before, after)
    ]
    old = before.scores.table
    words = {
        role: f"{counts[0].get(role, 0)} -> {counts[1].get(role, 0)} ranked deposits of the role"
        for role in RANKED_ROLES
    }
    return old["role"].map(words).fillna("")
