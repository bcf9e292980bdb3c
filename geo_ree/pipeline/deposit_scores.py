"""Measures into scores: points, ranks, their uncertainty and what the ranking rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.pipeline.deposit_measures import Measures, measure_warnings
from geo_ree.pipeline.gateways import compare_gateways
from geo_ree.pipeline.layers import Layers
from geo_ree.pipeline.sampling import missing_sampler, position_sampler
from geo_ree.pipeline.unplaced import score_unplaced
from geo_ree.schema import RANKED_ROLES
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
        ranked = int(self.table["rank_in_role"].notna().sum())
        return f"Scores({len(self.table)} deposits, {ranked} ranked by {self.preset})"


def score_deposits(measures: Measures, layers: Layers, options: Options) -> Scores:
    """Score and rank what was measured, and draw the uncertainty of the ranks.

    Parameters
    ----------
    measures
        From `geo_ree.pipeline.deposit_measures.measure_deposits`.
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
        warnings=measure_warnings(measures, frames),
    )


def rescore(table: pd.DataFrame, model: ScoreModel) -> tuple[pd.DataFrame, ScoreModel]:
    """Score the table of a run by another model: its points and score, without ranks and intervals.

    ``rank_in_role`` stays as it was: its blanks say which deposits are not ranked.
    """
    model = model.choose(table)
    points = score(table, model, compared=_compared(table["role"]))
    old = table.filter(regex="^(value|points)_|^rank_(p|in_stage)").columns
    plain = table.drop(columns=[*old, *points.columns], errors="ignore")
    return plain.join(points), model


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
        rank_in_role=ranks,
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
