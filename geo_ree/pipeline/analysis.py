"""Layers into measures, and measures into scores with their uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.errors import SettingsError
from geo_ree.pipeline.earthquakes import earthquake_columns
from geo_ree.pipeline.elevation import ElevationSource, terrain_columns
from geo_ree.pipeline.gateways import choose_gateways, compare_gateways, to_the_metre
from geo_ree.pipeline.layers import Layers
from geo_ree.pipeline.sampling import (
    measure_omission,
    missing_lines,
    missing_sampler,
    position_sampler,
)
from geo_ree.pipeline.unplaced import possible_areas, score_unplaced
from geo_ree.pipeline.water_notes import water_notes
from geo_ree.proximity import MissingLines, Target, TargetIndex, load_targets, measure
from geo_ree.proximity.omission import ALL
from geo_ree.schema import RANKED_ROLES, SCORED_ROLES
from geo_ree.scoring import (
    Influence,
    ScoreModel,
    explain,
    influence,
    load_evidence,
    load_preset,
    models_for_table,
    score,
    strengths_and_weaknesses,
    uncertainty,
)
from geo_ree.settings import Options

_INFLUENCE_SAMPLES = 128
"""Base samples of the influence: enough to tell the strong assumptions from the weak."""

_UNSURE_KM = 25.0
"""Lateral error above which a line counts as one of unknown course in the warnings."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What was measured of the deposits.

    Parameters
    ----------
    table
        A row per deposit of a scored role with a coordinate, on its id: the deposit's columns,
        distances, nearest features and terrain.
    targets
        The targets by name, with the chosen gateways.
    proximity
        The layers, indexed for further measuring.
    omission_rates
        Target -> what each source of its layer omits; see `geo_ree.proximity.omission_rates`.
    missing
        The model of lines that no source has.
    areas
        On the id of each ranked deposit without a coordinate: the area where it may be.
    """

    table: gpd.GeoDataFrame
    targets: Mapping[str, Target]
    proximity: TargetIndex
    omission_rates: Mapping[str, pd.DataFrame]
    missing: MissingLines
    areas: gpd.GeoDataFrame

    @cached_property
    def omission(self) -> pd.DataFrame:
        """The omission rates as one table, with ``target`` and ``layer``."""
        parts = [
            rates.assign(target=name, layer=self.targets[name].layer)
            for name, rates in self.omission_rates.items()
        ]
        if not parts:
            return pd.DataFrame(columns=["target", "layer"])
        out = pd.concat(parts, ignore_index=True)
        return out[["target", "layer", *(c for c in out.columns if c not in ("target", "layer"))]]

    def __repr__(self) -> str:
        return f"Measures({len(self.table)} deposits, targets {', '.join(self.targets)})"


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What scoring gave.

    Parameters
    ----------
    table
        The table of `Measures` with points, score, ranks, intervals and, for ranked deposits, a
        ``sentence``.
    model
        The model, its set of weights in force.
    models
        The model and the other presets as plain values, so that the page can score by them.
    gateways
        Rank and score of each candidate under other choices of gateway.
    pairwise
        The chance of the order of each pair of ranked deposits of a role: ``a, b, p_a_above_b``.
    acceptability
        Share of the draws in which a ranked deposit takes each rank of its role.
    central_weights
        Deposits by criteria: mean weights of the draws in which a deposit leads; NaN where it
        never does.
    influence
        Which assumption moves the ranking of the candidates most, and what changes the leader;
        None with fewer than two candidates.
    unplaced
        On the ids of ranked deposits without a coordinate: the range of their scores, see
        `geo_ree.pipeline.unplaced.RANGE_COLUMNS`.
    warnings
        What a reader has to know of this run.
    """

    table: gpd.GeoDataFrame
    model: ScoreModel
    models: list[dict[str, Any]]
    gateways: pd.DataFrame
    pairwise: pd.DataFrame
    acceptability: pd.DataFrame
    central_weights: pd.DataFrame
    influence: Influence | None
    unplaced: pd.DataFrame
    warnings: list[str]

    @property
    def preset(self) -> str:
        """Name of the preset and of its set of weights."""
        return f"{self.model.name} ({self.model.variant})"

    @property
    def criteria(self) -> pd.DataFrame:
        """The criteria with their weights, decays, reasons and sources, a row each."""
        return pd.DataFrame([_criterion(self.model, at) for at in range(len(self.model.criteria))])

    def __repr__(self) -> str:
        ranked = int(self.table["rank"].notna().sum())
        return f"Scores({len(self.table)} deposits, {ranked} ranked by {self.preset})"


def measure_deposits(
    layers: Layers, options: Options, rasters: tuple[ElevationSource, ...] = ()
) -> Measures:
    """Measure every deposit of a scored role that has a coordinate.

    Parameters
    ----------
    layers
        With resolved deposits.
    options
        Targets, gateways and seed.
    rasters
        Elevation, from `geo_ree.pipeline.elevation`.

    Raises
    ------
    SettingsError
        When no deposit can be scored, or a gateway is unknown.
    """
    frames = layers.frames
    deposits = _scorable(frames["deposits"])
    targets = choose_gateways(load_targets(options.targets), frames, options)
    proximity = TargetIndex(frames, targets, coverage=layers.coverage)
    distances = measure(deposits, frames, labels=layers.labels, index=proximity, feet=True)
    terrain = terrain_columns(deposits, rasters, proximity)
    limits = upper_limits(distances, targets)
    shocks = earthquake_columns(deposits, frames)
    table = pd.concat([deposits, to_the_metre(distances), limits, terrain, shocks], axis=1)
    rates = measure_omission(proximity)
    located = layers.located
    areas = gpd.GeoDataFrame() if located is None else located.areas
    return Measures(
        table=pd.concat([table, water_notes(table, proximity)], axis=1),
        targets=targets,
        proximity=proximity,
        omission_rates=rates,
        missing=missing_lines(proximity, rates, frames["countries"], options.seed),
        areas=possible_areas(frames["deposits"], areas, frames["countries"]),
    )


def upper_limits(distances: pd.DataFrame, targets: Mapping[str, Target]) -> pd.Series:
    """Name, per deposit, the targets whose known distance is an upper limit, separated by ``;``."""
    names = [n for n, t in targets.items() if t.upper_limit]
    known = distances[[f"dist_{n}_km" for n in names]].notna().to_numpy()
    found = [";".join(n for n, here in zip(names, row, strict=True) if here) for row in known]
    return pd.Series(found, index=distances.index, name="upper_limits", dtype=object)


def score_deposits(measures: Measures, layers: Layers, options: Options) -> Scores:
    """Score and rank what was measured, and draw the uncertainty of the ranks.

    Parameters
    ----------
    measures
        From `measure_deposits`.
    layers
        From which they were measured.
    options
        Preset, aggregate, draws, concentration and seed.

    Notes
    -----
    TOPSIS compares the candidates with each other; the other deposits are scored against them,
    so that none of them changes how the candidates rank.
    """
    table, proximity = measures.table, measures.proximity
    model = load_preset(options.preset).choose(table)
    if options.aggregate:
        model = replace(model, aggregate=options.aggregate)
    compared = _compared(table["role"])
    points = score(table, model, compared=compared)
    ranked = table["role"].isin(RANKED_ROLES) & points["score"].notna()
    drawn = uncertainty(
        table[ranked],
        model,
        position_sampler(table[ranked], proximity, model),
        missing=missing_sampler(table[ranked], measures.missing, model),
        compared=compared[ranked],
        groups=table.loc[ranked, "role"],
        stages=table.loc[ranked, "stage"],
        draws=options.draws,
        seed=options.seed,
        concentration=options.concentration,
        keep_draws=True,
    )
    scored = _with_ranks(pd.concat([table, points, drawn.table], axis=1), ranked, compared, model)
    candidates = scored[(scored["role"] == "candidate") & ranked]
    frames = layers.frames
    return Scores(
        table=gpd.GeoDataFrame(scored, geometry="geometry", crs=table.crs),
        model=model,
        models=models_for_table(model, table),
        gateways=compare_gateways(candidates, frames, measures.targets, model, layers.labels),
        pairwise=drawn.pairwise,
        acceptability=drawn.acceptability,
        central_weights=drawn.central_weights,
        influence=_influence(candidates, model, options.seed),
        unplaced=score_unplaced(
            measures.areas,
            frames["deposits"].set_index("id")["role"],
            scored[ranked],
            model,
            proximity=proximity,
            lines=measures.missing,
            drawn=drawn,
            compared=compared[ranked],
            seed=options.seed,
        ),
        warnings=[*_unknown_distances(measures, frames), *_assumed_omission(measures)],
    )


def _scorable(deposits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    located = deposits.geometry.notna() & ~deposits.geometry.is_empty
    rows = deposits[located & deposits["role"].isin(SCORED_ROLES)]
    if rows.empty:
        raise SettingsError(
            "no deposit has both a coordinate and a role that is scored",
            "choose another source of deposits",
        )
    return rows.set_index("id", drop=False).rename_axis(None)


def _compared(roles: pd.Series) -> pd.Series:
    """What TOPSIS compares: the candidates; without any, every ranked deposit."""
    candidates = roles == "candidate"
    return candidates if candidates.any() else roles.isin(RANKED_ROLES)


def _with_ranks(
    table: pd.DataFrame, ranked: pd.Series, compared: pd.Series, model: ScoreModel
) -> gpd.GeoDataFrame:
    """Add ranks within the role and the stage, reasons and, for ranked deposits, a sentence."""
    scores = table["score"].where(ranked)
    ranks = scores.groupby(table["role"]).rank(ascending=False, method="first").astype("Int64")
    same = scores.groupby([table["role"], table["stage"]])
    in_stage = same.rank(ascending=False, method="first").astype("Int64")
    reasons = [strengths_and_weaknesses(row, model) for _, row in table.iterrows()]
    out = table.assign(
        rank=ranks,
        rank_in_stage=in_stage,
        reasons_for=[strengths for strengths, _ in reasons],
        reasons_against=[weaknesses for _, weaknesses in reasons],
    )
    among = out[ranked]
    sentences = {
        label: explain(
            label, among, model, ranked=among["role"] == role, compared=compared[ranked]
        ).sentence
        for label, role in among["role"].items()
    }
    return out.assign(sentence=pd.Series(sentences, dtype=object).reindex(out.index))


def _influence(candidates: pd.DataFrame, model: ScoreModel, seed: int) -> Influence | None:
    if len(candidates) < 2:
        return None
    return influence(candidates, model, samples=_INFLUENCE_SAMPLES, seed=seed)


def _criterion(model: ScoreModel, at: int) -> dict[str, Any]:
    criterion = model.criteria[at]
    evidence = load_evidence().of(criterion.column)
    auc, adds = (found or (None,) * 3 for found in (evidence.auc, evidence.adds))
    return {
        "name": criterion.name,
        "label": criterion.label,
        "column": criterion.column,
        "weight": round(float(model.shares[at]), 6),
        "decay": str(criterion.value),
        "half_km": getattr(criterion.value, "half_km", None),
        "measured_to": criterion.measured_to,
        "reason": criterion.reason,
        "source": criterion.source,
        "decay_reason": criterion.decay_reason,
        "decay_source": criterion.decay_source,
        "evidence": evidence.grade,
        **dict(zip(("auc", "auc_low", "auc_high"), auc, strict=True)),
        **dict(zip(("adds", "adds_low", "adds_high"), adds, strict=True)),
    }


def _unknown_distances(measures: Measures, frames: Mapping[str, gpd.GeoDataFrame]) -> list[str]:
    """Warn of targets that are unknown, and of lines whose course is."""
    out = []
    for name, target in measures.targets.items():
        unknown = int(measures.table[f"dist_{name}_km"].isna().sum())
        if target.layer not in frames:
            out.append(
                f"no source of the layer {target.layer} is available: {target.label} is unknown"
            )
        elif unknown:
            out.append(f"{target.label}: unknown for {unknown} of {len(measures.table)} deposits")
    for layer in ("railways", "roads"):
        if layer in frames:
            unsure = int((frames[layer]["lateral_error_km"] > _UNSURE_KM).sum())
            if unsure:
                out.append(f"{layer}: the course of {unsure} pieces is unknown by over 25 km")
    return out


def _assumed_omission(measures: Measures) -> list[str]:
    """Warn of layers whose omission rate is assumed."""
    out = []
    for name, rates in measures.omission_rates.items():
        row = rates[(rates["source_id"] == ALL) & (rates["country"] == ALL)].iloc[0]
        if row["state"] == "assumed":
            out.append(
                f"{measures.targets[name].layer}: no second source to estimate omission from; "
                f"{100 * row['rate']:.0f} % of the lines are assumed to be missing"
            )
    return out
