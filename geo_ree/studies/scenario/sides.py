"""Two sides of one comparison: the layers, targets and distances before and after."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats, destination
from geo_ree.pipeline.gateways import to_the_metre
from geo_ree.pipeline.result import Result
from geo_ree.proximity import NearestIndex, Target, TargetIndex, measure
from geo_ree.schema import RANKED_ROLES
from geo_ree.scoring import Sampler, ScoreModel
from geo_ree.scoring.draws import draw_parts
from geo_ree.scoring.ranks import rank_draws, summarize
from geo_ree.settings import Options
from geo_ree.studies.scenario.changes import SOURCE_ID, Added, Changes, Removed, make_changes


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything that both sides of a comparison share.

    Attributes
    ----------
    before
        The scored table of the run.
    layers, coverage, labels
        Of the run; the labels with that of the scenario.
    changes
        What is added and removed.
    targets, targets_after
        What is measured to; after, with the gateways that are added.
    additions
        What is added, made ready to be measured to.
    model, options
        Those of the run.
    """

    before: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    coverage: Mapping[str, frozenset[str]]
    labels: Mapping[str, str]
    changes: Changes
    targets: Mapping[str, Target]
    targets_after: Mapping[str, Target]
    additions: Additions
    model: ScoreModel
    options: Options

    @property
    def compared(self) -> pd.Series:
        """What TOPSIS compares: the candidates; without any, whatever is ranked."""
        candidates = self.before["role"] == "candidate"
        return candidates if candidates.any() else self.before["role"].isin(RANKED_ROLES)

    @property
    def moved(self) -> list[str]:
        """Targets whose layer is changed."""
        return [n for n, t in self.targets.items() if t.layer in self.changes.layers]


def make_case(
    result: Result, add: Mapping[str, Added], remove: Mapping[str, Removed], year: int | None
) -> Case:
    """Make the changes, and gather what the run was done with.

    Raises
    ------
    SchemaError, SettingsError
        As `geo_ree.scenario` has them.
    """
    told = result.report["settings"]
    options = Options(**{f.name: told[f.name] for f in fields(Options) if f.name in told})
    layers = result.layers.frames
    changes = make_changes(layers, add=add, remove=remove, year=year)
    before = result.scores.table
    targets = result.measures.targets
    after = _with_added_gateways(targets, changes)
    return Case(
        before=before,
        layers=layers,
        coverage=result.layers.coverage,
        labels=result.layers.labels | {SOURCE_ID: "scenario"},
        changes=changes,
        targets=targets,
        targets_after=after,
        additions=Additions(changes.pieces, after),
        model=result.scores.model,
        options=options,
    )


def _with_added_gateways(targets: Mapping[str, Target], changes: Changes) -> dict[str, Target]:
    new = changes.pieces.get("gateways")
    if new is None:
        return dict(targets)
    return {
        n: t.model_copy(update={"names": (*t.names, *new["name"])})
        if t.layer == "gateways" and t.names
        else t
        for n, t in targets.items()
    }


def measure_after(case: Case) -> gpd.GeoDataFrame:
    """Give the table before with the distances of the changed layers after.

    Returns
    -------
    geopandas.GeoDataFrame
        A distance that was known and is not after a removal is infinite: out of reach.
    """
    out = case.before.copy()
    beside = {n: case.layers[n] for n in ("countries", "settlements") if n in case.layers}
    kept = beside | dict(case.changes.kept)
    full = beside | {n: f for n, f in case.changes.after(case.layers).items() if n in kept}
    for name in case.moved:
        layer = case.targets[name].layer
        network = (
            _measured(case, kept, {name: case.targets[name]})
            if (case.changes.removed["layer"].eq(layer).any())
            else case.before[_columns_of(name, case.before)]
        )
        whole = _measured(case, full, {name: case.targets_after[name]})
        distance = f"dist_{name}_km"
        # what is added never makes anything farther: a sure line may lie beyond an unsure one
        nearer = ~(network[distance] <= whole[distance]) & whole[distance].notna()
        for column in network.columns:
            out[column] = whole[column].where(nearer, network[column])
        lost = case.before[distance].notna() & out[distance].isna()
        out.loc[lost, distance] = np.inf
    return out


def _columns_of(name: str, table: pd.DataFrame) -> list[str]:
    told = (
        f"dist_{name}_km",
        f"err_{name}_km",
        f"near_{name}",
        f"abroad_{name}_km",
        f"near_abroad_{name}",
    )
    return [c for c in told if c in table.columns]


def _measured(
    case: Case, layers: Mapping[str, gpd.GeoDataFrame], targets: Mapping[str, Target]
) -> pd.DataFrame:
    """Measured as the run does: to the metre, so that what does not change scores alike."""
    return to_the_metre(
        measure(case.before, layers, targets=targets, coverage=case.coverage, labels=case.labels)
    )


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
        doubt = [
            float(part[c].fillna(0.0).max()) / per
            for c, per in (("lateral_error_km", 1.0), ("position_error_m", 1000.0))
            if c in part
        ]
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
    proximity: TargetIndex
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
                reach = self.proximity.nearest(name, x.ravel(), y.ravel(), codes)
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
    before: Draw,
    after: Draw,
    model: ScoreModel,
    missing: Sampler,
    compared: pd.Series,
    options: Options,
) -> pd.DataFrame:
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
            side.table,
            model,
            side,
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
