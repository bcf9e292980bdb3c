"""Distances to the features that a scenario adds, and joint draws before and after."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats, destination
from geo_ree.pipeline.sampling import draw_rasters
from geo_ree.proximity import NearestIndex, Target, TargetIndex
from geo_ree.scoring import Sampler, ScoreModel
from geo_ree.scoring.draws import draw_parts
from geo_ree.scoring.ranks import rank_draws, summarize
from geo_ree.settings import Options

_SUMMARY = ("score_p5", "score_p95", "rank_p5", "rank_p95")


@dataclass(frozen=True)
class Addition:
    """One added feature within one country.

    ``country`` is the ISO alpha-3 code of the deposits it counts for, or None for all;
    ``error_km`` is how far its true course or place may be from the drawn one.
    """

    index: NearestIndex
    country: str | None
    error_km: float

    def measure(self, lon: Floats, lat: Floats, country: np.ndarray) -> Floats:
        """Kilometres from points, shape (n,); NaN in a country the feature does not count for."""
        out = np.full(len(lon), np.nan)
        at = np.flatnonzero((country == self.country) | (self.country is None))
        if len(at):
            out[at] = self.index.query_lonlat(lon[at], lat[at])[0] / 1000.0
        return out


class Additions:
    """All added features by target, each with a spatial index.

    In the network of a run, a line of uncertain course counts only where its farthest course is
    nearer than every better line. Here each feature is measured by itself: its distance as drawn,
    and the error of that.
    """

    def __init__(
        self, pieces: Mapping[str, gpd.GeoDataFrame], targets: Mapping[str, Target]
    ) -> None:
        self._by_target: dict[str, list[Addition]] = {}
        for name, target in targets.items():
            rows = pieces.get(target.layer)
            chosen = None if rows is None else target.choose(rows)
            if chosen is not None and len(chosen):
                self._by_target[name] = _prepared(chosen, own_country=target.same_country)

    def for_target(self, target: str) -> Sequence[Addition]:
        """The additions that count for a target, possibly none."""
        return self._by_target.get(target, ())


def _prepared(rows: gpd.GeoDataFrame, *, own_country: bool) -> list[Addition]:
    keys = ["feature", "country"] if own_country else ["feature"]
    known = rows[rows["country"].notna()] if own_country else rows
    out = []
    for key, part in known.groupby(keys):
        errors_km = [
            float(part[column].fillna(0.0).max()) / per_km
            for column, per_km in (("lateral_error_km", 1.0), ("position_error_m", 1000.0))
            if column in part
        ]
        country = str(key[1]) if own_country else None
        out.append(Addition(NearestIndex(part.geometry), country, sum(errors_km)))
    return out


@dataclass(frozen=True)
class ScenarioSampler:
    """Draws distances before or after the changes, with positions and courses as in a run.

    The course of each addition is drawn by itself, and the nearer of it and the network counts.
    Before and after take the same random numbers, whatever is added.

    Parameters
    ----------
    table
        Located deposits, with the distances before or after.
    proximity
        The network, without the additions.
    additions
        The added features.
    counted
        Whether the additions count: False before, True after.
    columns
        Columns to draw.
    model
        Its rasters are read at the drawn positions too.
    """

    table: gpd.GeoDataFrame
    proximity: TargetIndex
    additions: Additions
    counted: bool
    columns: Collection[str]
    model: ScoreModel

    def __call__(self, rng: np.random.Generator, draws: int, /) -> dict[str, Floats]:
        """Draw column -> kilometres of shape (draws, deposits)."""
        shape = (draws, len(self.table))
        points = self.table.geometry
        radius = pd.to_numeric(self.table["position_error_m"]).fillna(0.0).to_numpy(np.float64)
        length = radius * np.sqrt(rng.random(shape))
        x, y = destination(
            points.x.to_numpy(), points.y.to_numpy(), rng.random(shape) * 360.0, length
        )
        beside = rng.spawn(1)[0]
        sides = {
            name: (rng.uniform(-1.0, 1.0, shape).ravel(), beside.uniform(-1.0, 1.0, shape).ravel())
            for name in self.proximity.targets
        }
        country = self.table["country"].astype(object).to_numpy()
        codes = np.broadcast_to(country, shape).ravel()
        out: dict[str, Floats] = {}
        for name in self.proximity.targets:
            column = f"dist_{name}_km"
            wanted = column in self.columns
            drawn = np.full(shape, np.nan)
            if wanted:
                reach = self.proximity.nearest(name, x.ravel(), y.ravel(), codes)
                drawn = reach.draw(*sides[name]).reshape(shape)
            for addition in self.additions.for_target(name):
                side = rng.uniform(-1.0, 1.0, shape)  # drawn whether or not it counts
                if wanted and self.counted:
                    away = addition.measure(x.ravel(), y.ravel(), codes).reshape(shape)
                    drawn = np.fmin(drawn, np.abs(away + side * addition.error_km))
            if wanted:
                own = self.table[column].to_numpy(np.float64)
                out[column] = np.where(np.isfinite(own), drawn, own)  # keep unknown and infinite
        return out | draw_rasters(self.table, self.model, x, y)


def draw_changes(
    before: ScenarioSampler,
    after: ScenarioSampler,
    model: ScoreModel,
    missing: Sampler,
    compared: pd.Series,
    options: Options,
) -> pd.DataFrame:
    """Rank the same deposits before and after, draw by draw.

    `missing` draws the lines that no source has, the same before and after. The result has
    ``score_p5``, ``score_p95``, ``rank_p5`` and ``rank_p95`` with ``_before`` and ``_after``, and
    ``p_rank_improves`` and ``p_rank_worsens``: the share of the draws in which the rank within the
    role is better, or worse, than before.
    """
    among = compared.to_numpy(dtype=np.bool_)
    drawn = []
    for sampler in (before, after):
        parts = draw_parts(
            sampler.table,
            model,
            sampler,
            missing,
            draws=options.draws,
            seed=options.seed,
            concentration=options.concentration,
        )
        drawn.append(np.concatenate([part.scores(model, among) for _, part in parts]))
    ranks = [np.zeros(d.shape, dtype=np.int32) for d in drawn]
    roles = before.table["role"].astype(object).to_numpy()
    for role in dict.fromkeys(roles):
        rows = np.flatnonzero(roles == role)
        for scores, out_ranks in zip(drawn, ranks, strict=True):
            out_ranks[:, rows] = rank_draws(scores[:, rows])
    out: dict[str, Floats] = {}
    for word, scores, its_ranks in zip(("before", "after"), drawn, ranks, strict=True):
        summary = summarize(its_ranks, scores)
        out |= {f"{name}_{word}": summary[name] for name in _SUMMARY}
    out["p_rank_improves"] = (ranks[1] < ranks[0]).mean(axis=0)
    out["p_rank_worsens"] = (ranks[1] > ranks[0]).mean(axis=0)
    return pd.DataFrame(out, index=before.table.index)
