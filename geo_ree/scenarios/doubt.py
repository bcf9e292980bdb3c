"""How sure it is that a ranking changes: before and after, drawn with the same chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats, destination
from geo_ree.options import Options
from geo_ree.proximity import NearestIndex, Proximity, Target
from geo_ree.scoring import Sampler, ScoreModel
from geo_ree.scoring.draws import draw_parts
from geo_ree.scoring.ranks import rank_draws, summarize

_SUMMARY = ("score_p5", "score_p95", "rank_p5", "rank_p95")


@dataclass(frozen=True)
class Addition:
    """What one feature adds within one country.

    Attributes
    ----------
    index
        Of its pieces.
    country
        ISO alpha-3 of the deposits that it counts for; None for all.
    error_km
        How far its true course or place may be from the drawn one.
    """

    index: NearestIndex
    country: str | None
    error_km: float

    def measure(self, lon: Floats, lat: Floats, country: np.ndarray) -> Floats:
        """Kilometres from places, shape (n,); NaN from those in a country it does not count for.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,).
        country
            ISO alpha-3 of the deposit at each place, shape (n,).
        """
        out = np.full(len(lon), np.nan)
        at = np.flatnonzero((country == self.country) | (self.country is None))
        if len(at):
            out[at] = self.index.query_lonlat(lon[at], lat[at])[0] / 1000.0
        return out


class Additions:
    """What a scenario adds, made ready to be measured to.

    Unlike the network, in which a line of unknown course counts only where its farthest course
    beats every better line, each feature is measured here by itself: a distance and how far the
    true one may be from it.

    Parameters
    ----------
    pieces
        Layer -> canonical rows with ``feature``.
    targets
        What is measured to; a feature that a target does not choose adds nothing to it.
    """

    def __init__(
        self, pieces: Mapping[str, gpd.GeoDataFrame], targets: Mapping[str, Target]
    ) -> None:
        self._of: dict[str, list[Addition]] = {}
        for name, target in targets.items():
            rows = pieces.get(target.layer)
            chosen = None if rows is None else target.choose(rows)
            if chosen is not None and len(chosen):
                self._of[name] = _prepared(chosen, own_country=target.same_country)

    def of(self, target: str) -> Sequence[Addition]:
        """Give what counts for a target, perhaps nothing."""
        return self._of.get(target, ())


def _prepared(rows: gpd.GeoDataFrame, *, own_country: bool) -> list[Addition]:
    keys = ["feature", "country"] if own_country else ["feature"]
    known = rows[rows["country"].notna()] if own_country else rows
    out = []
    for key, part in known.groupby(keys):
        doubt = [float(part[c].fillna(0.0).max()) / per
                 for c, per in (("lateral_error_km", 1.0), ("position_error_m", 1000.0))
                 if c in part]  # fmt: skip
        out.append(
            Addition(NearestIndex(part.geometry), str(key[1]) if own_country else None, sum(doubt))
        )
    return out


@dataclass(frozen=True)
class Draw:
    """Draws distances before or after: positions and courses as `analyse` has them.

    An addition's course is drawn for itself, and the nearer of it and the network counts: what
    is added never makes anything farther. Before and after take the same numbers from the
    generator, whatever is added.

    Parameters
    ----------
    table
        Located deposits, with the distances before or after.
    proximity
        The network, without what is added.
    additions
        What is added.
    counted
        Whether it counts: false before, true after.
    columns
        Columns that are wanted; names of others are passed over.
    """

    table: gpd.GeoDataFrame
    proximity: Proximity
    additions: Additions
    counted: bool
    columns: Collection[str]

    def __call__(self, rng: np.random.Generator, draws: int, /) -> dict[str, Floats]:
        """Draw ``draws`` times: column -> kilometres of shape (draws, deposits)."""
        shape = (draws, len(self.table))
        points = self.table.geometry
        radius = pd.to_numeric(self.table["position_error_m"]).fillna(0.0).to_numpy(np.float64)
        length = radius * np.sqrt(rng.random(shape))
        x, y = destination(
            points.x.to_numpy(), points.y.to_numpy(), rng.random(shape) * 360.0, length
        )
        sides = {name: rng.uniform(-1.0, 1.0, shape) for name in self.proximity.targets}
        country = self.table["country"].astype(object).to_numpy()
        codes = np.broadcast_to(country, shape).ravel()
        out: dict[str, Floats] = {}
        for name in self.proximity.targets:
            column = f"dist_{name}_km"
            wanted = column in self.columns
            drawn = np.full(shape, np.nan)
            if wanted:
                reach = self.proximity.reach(name, x.ravel(), y.ravel(), codes)
                network = reach.distance_km + sides[name].ravel() * reach.error_km
                drawn = np.abs(network).reshape(shape)
            for one in self.additions.of(name):
                side = rng.uniform(-1.0, 1.0, shape)  # taken whether or not it counts
                if wanted and self.counted:
                    away = one.measure(x.ravel(), y.ravel(), codes).reshape(shape)
                    drawn = np.fmin(drawn, np.abs(away + side * one.error_km))
            if wanted:
                told = self.table[column].to_numpy(np.float64)
                out[column] = np.where(np.isfinite(told), drawn, told)  # unknown stays, and inf
        return out


def draw_changes(
    before: Draw, after: Draw, model: ScoreModel, missing: Sampler, compared: pd.Series,
    options: Options,
) -> pd.DataFrame:  # fmt: skip
    """Rank before and after draw by draw.

    Parameters
    ----------
    before, after
        Of the same deposits, with the column ``role``; their tables have the columns of `model`.
    model
        What is scored by.
    missing
        Draws the lines that no source has: the same before and after.
    compared
        On the index of the deposits: those among which TOPSIS finds its best and worst.
    options
        Draws, seed and concentration.

    Returns
    -------
    pandas.DataFrame
        On the index of the deposits: ``score_p5``, ``score_p95``, ``rank_p5`` and ``rank_p95``
        with ``_before`` and ``_after``, and ``p_rank_improves`` and ``p_rank_worsens``: the share
        of the draws in which the rank within the role is better, or worse, than before.
    """
    among = compared.to_numpy(dtype=np.bool_)
    drawn = []
    for side in (before, after):
        parts = draw_parts(
            side.table, model, side, missing, draws=options.draws, seed=options.seed,
            concentration=options.concentration,
        )  # fmt: skip
        drawn.append(np.concatenate([part.scores(model, among) for _, part in parts]))
    ranks = [np.zeros(d.shape, dtype=np.int32) for d in drawn]
    roles = before.table["role"].astype(object).to_numpy()
    for role in dict.fromkeys(roles):
        rows = np.flatnonzero(roles == role)
        for scores, places in zip(drawn, ranks, strict=True):
            places[:, rows] = rank_draws(scores[:, rows])
    out: dict[str, Floats] = {}
    for word, scores, places in zip(("before", "after"), drawn, ranks, strict=True):
        told = summarize(places, scores)
        out |= {f"{name}_{word}": told[name] for name in _SUMMARY}
    out["p_rank_improves"] = (ranks[1] < ranks[0]).mean(axis=0)
    out["p_rank_worsens"] = (ranks[1] > ranks[0]).mean(axis=0)
    return pd.DataFrame(out, index=before.table.index)


def chance_within(draw: Draw, column: str, limit_km: float, options: Options) -> Floats:
    """Share of the draws in which a distance is at most a limit.

    Parameters
    ----------
    draw
        Before or after; one seed gives both the same numbers.
    column
        Of the distance.
    limit_km
        Kilometres.
    options
        Draws and seed.

    Returns
    -------
    numpy.ndarray of float64
        Shape (deposits,); NaN where the distance is unknown.
    """
    rng = np.random.default_rng(options.seed)
    drawn = draw(rng, options.draws)[column]
    return np.where(np.isnan(drawn[0]), np.nan, (drawn <= limit_km).mean(axis=0))
